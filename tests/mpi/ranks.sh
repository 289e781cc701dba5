#!/usr/bin/env bash
# Programs over ranks write the bytes of one process, whatever the number of ranks
# and threads, and rank 0 alone needs files and speaks.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/mpi/lib.bash
. "$TOP/tests/mpi/lib.bash"
lacks=$(mpi_lacks)
[ -z "$lacks" ] || { skip "ranks of mpirun" "$lacks" && done_testing; }
mpi_shop 20 2>setup.err # two panels, one of which is not full
ok $? "inputs"

# --- alone --------------------------------------------------------------------
train=(--data data.npz --batch 256 --epochs 4 --eval-every 2)
content=(--init init.npz --items items.npz)
log() { sed 's/"seconds": [0-9.]*//' "$1"; }
stair-train "${train[@]}" "${content[@]}" --checkpoint one.ck --log one.log --log-test -o one.npz 2>one.err
"$MPI/stair-train" "${train[@]}" "${content[@]}" -q -o alone.npz
equal_files "without mpirun" one.npz alone.npz
same "it says what it is built with" "$("$MPI/stair-train" --version | sed -n 4p | grep -ciE 'mpi|mpich')" 1
same "the plain one, too" "$(stair-train --version | sed -n 4p)" "without MPI"

# --- training -----------------------------------------------------------------
for n in 1 2 3; do
	for t in 1 2; do
		out=r$n.$t
		ranks $n stair-train "${train[@]}" "${content[@]}" -t $t --checkpoint $out.ck --log $out.log --log-test -o $out.npz 2>$out.err
		equal_files "stair, $n ranks, $t threads: model" one.npz $out.npz
		equal_files "stair, $n ranks, $t threads: checkpoint" one.ck $out.ck
		same "stair, $n ranks, $t threads: log" "$(log $out.log)" "$(log one.log)"
	done
done
words() { sed 's/ sec=[0-9.]*//' "$1"; }
same "what is said is said once" "$(words r2.1.err)" "$(words one.err)"
same "idle ranks are told of once" "$(said r3.1.err | grep -v epoch=)" \
	"stair-train: 20 columns make 2 panels: only 2 of 3 ranks share the training, and all share the evaluation"
for model in mf lightgcn jgcf; do
	# 70 columns: five panels, the last one narrow
	wide=("${train[@]}" --model "$model" -q -d 70)
	stair-train "${wide[@]}" -o one.$model
	for n in 2 4; do
		ranks $n stair-train "${wide[@]}" -o $model.$n
		equal_files "$model, $n ranks" one.$model $model.$n
	done
done
stair-train "${train[@]}" "${content[@]}" --negatives 3 -q -o one.negatives
ranks 2 stair-train "${train[@]}" "${content[@]}" --negatives 3 -q -o two.negatives
equal_files "--negatives, 2 ranks" one.negatives two.negatives
for model in itemknn popularity; do
	stair-train -q --model $model --data data.npz -o one.$model
	ranks 2 stair-train -q --model $model --data data.npz -o two.$model
	equal_files "$model, 2 ranks" one.$model two.$model
done

# --- resuming with other numbers of ranks --------------------------------------
short=(--data data.npz --batch 256 --eval-every 2 "${content[@]}" -q)
from=()
epochs=0
for n in 2 1 3; do
	epochs=$((epochs + 2))
	ranks $n stair-train "${short[@]}" --epochs $epochs --checkpoint chain.ck "${from[@]}" -o chain.npz
	from=(--resume chain.ck)
done
stair-train "${short[@]}" --epochs 6 -o straight.npz
equal_files "resumed by 2, 1 and 3 ranks" straight.npz chain.npz

# --- what else may start or end a training -------------------------------------
stair-train "${short[@]}" --epochs 2 --start one.npz -o started.npz
ranks 3 stair-train "${short[@]}" --epochs 2 --start one.npz -o started.3
equal_files "started from a model" started.npz started.3
ranks 2 stair-train "${short[@]}" --epochs 1000000 --seconds 2 -o timed.npz
ok $? "ended by the clock of rank 0"

# --- files are rank 0's ----------------------------------------------------------
# The others lie elsewhere, see no file, and have no standard input.
mkdir -p elsewhere
cat >apart.sh <<'END'
[ "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" = 0 ] || cd elsewhere
exec "$@"
END
timeout 60 mpirun -n 2 bash apart.sh "$MPI/stair-train" "${train[@]}" "${content[@]}" -q --checkpoint apart.ck --log apart.log -o apart.npz
equal_files "only rank 0 sees files" one.npz apart.npz
same "the others write none" "$(ls elsewhere)" ""
timeout 60 mpirun -n 2 "$MPI/stair-train" "${short[@]:2}" --epochs 6 --data - <data.npz >piped.npz
equal_files "from standard input to standard output" straight.npz piped.npz

# --- lists ------------------------------------------------------------------------
stair-cat -m item_ids data.npz | awk '{print $1 "\t" NR % 3}' >segments.tsv
parts=(-q --strata --cold --segments segments.tsv)
stair-eval "${parts[@]}" --json --per-user users.tsv --data data.npz -o eval.json one.npz
stair-recommend --data data.npz -o top.tsv one.npz
stair-cat -m user_ids data.npz | sed -n '3,40p;2p' >some.txt
stair-recommend --data data.npz --users some.txt --json --cold 2 -n 300 -o some.json one.npz
for n in 2 3; do
	ranks $n stair-eval "${parts[@]}" --json --per-user users.$n --data data.npz one.npz >eval.$n
	equal_files "stair-eval, $n ranks" eval.json eval.$n
	equal_files "stair-eval --per-user, $n ranks" users.tsv users.$n
	ranks $n stair-recommend --data data.npz one.npz >top.$n
	equal_files "stair-recommend, $n ranks" top.tsv top.$n
	ranks $n stair-recommend --data data.npz --users some.txt --json --cold 2 -n 300 one.npz >some.$n
	equal_files "stair-recommend --users, $n ranks" some.json some.$n
done

# --- what is refused ----------------------------------------------------------------
net=(--model freedom --data data.npz --features text=text.npz --features image=image.npz -o x.npz)
mpi_refuses 2 "stair-train: model 'freedom' is trained by one process: start it without mpirun" stair-train "${net[@]}"
mpi_refuses 2 "stair-info: works in one process: start it without mpirun" stair-info data.npz
mpi_refuses 2 "stair-train: cannot open 'none.npz': No such file or directory" stair-train --data none.npz --model mf -o x.npz
mpi_refuses 2 "stair-train: option '--data' is missing" stair-train --model mf
timeout 60 mpirun -n 1 "$MPI/stair-train" --model mf --data data.npz -o x.npz : \
	-n 1 "$MPI/stair-train" --model mf --data data.npz -o y.npz >odd.out 2>odd.err
same "other options on a rank" "$(said odd.err | sed 's/on [^ ]*/on HOST/g')" \
	"stair-train: rank 1 on HOST has other options than rank 0 on HOST"
cp "$MPI/stair-train" other && printf x >>other
timeout 60 mpirun -n 1 "$MPI/stair-train" --model mf --data data.npz -o x.npz : \
	-n 1 ./other --model mf --data data.npz -o x.npz >odd.out 2>odd.err
same "another program on a rank" "$(said odd.err | sed 's/on [^ ]*/on HOST/g')" \
	"stair-train: rank 1 on HOST runs another program than rank 0 on HOST"
timeout 60 mpirun -n 2 "$BIN/stair-train" --model mf --data data.npz -o x.npz >odd.out 2>odd.err
same "programs without MPI" "$(said odd.err | sort -u)" \
	"stair-train: mpirun started 2 processes, but this program is built without MPI, and each would do all the work (see stair-mpi(7))"
for other in mpirun.mpich mpirun.openmpi; do
	command -v $other >/dev/null || continue
	! $other --version | grep -qi "$("$MPI/stair-train" --version | sed -n '4s/[ 0-9].*//p')" || continue
	timeout 60 $other -n 2 "$MPI/stair-train" --model mf --data data.npz -o x.npz >odd.out 2>odd.err
	same "the mpirun of another MPI" "$(said odd.err | sort -u | sed 's/MPI, .*/MPI/')" \
		"stair-train: mpirun started 2 processes, but they do not find each other: this program is built with another MPI"
done
[ ! -e x.npz ] && [ ! -e y.npz ]
ok $? "nothing is written then"
done_testing
