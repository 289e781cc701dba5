#!/usr/bin/env bash
# A rank that is killed, stopped or fails ends all of them: mpirun fails within
# seconds, outputs stay as they were, the last checkpoint is whole and any number of
# ranks continues it to the bytes of a run that nothing happened to.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/mpi/lib.bash
. "$TOP/tests/mpi/lib.bash"
lacks=$(mpi_lacks)
[ -z "$lacks" ] || { skip "faults of ranks" "$lacks" && done_testing; }
mpi_shop 40 2>setup.err # three panels
ok $? "inputs"

run=(--data data.npz --init init.npz --items items.npz --batch 256 --eval-every 2)
cat >rank.sh <<'END'
# the rank and its process; what a rank has of its own
r=${OMPI_COMM_WORLD_RANK:-$PMI_RANK}
echo $$ >pid.$r
[ ! -e own.$r ] || . ./own.$r
exec "$@"
END

start() { # start N OPTION...: ranks in the background, until there is a checkpoint
	local n=$1
	shift
	rm -f pid.* ck.npz .stair-*
	echo "what was there before" >out.npz
	mpirun -n "$n" bash rank.sh "$MPI/stair-train" "${run[@]}" --checkpoint ck.npz "$@" -o out.npz >start.out 2>start.err </dev/null &
	job=$!
	for _ in $(seq 1000); do
		[ ! -e ck.npz ] && kill -0 $job 2>/dev/null || break
		sleep 0.02
	done
}

ended() { # ended NAME N: how the ranks ended, N of them, and what they left
	local t0=$SECONDS left=0 rc
	(sleep 20 && kill -KILL $job) 2>/dev/null &
	local watch=$!
	wait $job
	rc=$?
	kill $watch 2>/dev/null
	[ $rc -ne 0 ] && [ $((SECONDS - t0)) -le 10 ]
	ok $? "$1: mpirun fails (status $rc) within 10 seconds ($((SECONDS - t0)))"
	for _ in $(seq 100); do # the last ones are being ended
		left=0
		for ((r = 0; r < $2; r++)); do
			kill -0 "$(cat pid.$r)" 2>/dev/null && left=$((left + 1))
		done
		[ $left -gt 0 ] || break
		sleep 0.1
	done
	same "$1: no rank is left" $left 0
	same "$1: the output is the old one" "$(cat out.npz)" "what was there before"
	runs "$1: the checkpoint is whole" stair-info ck.npz
}

goes_on() { # goes_on NAME N: from ck.npz some epochs more, wherever the fault found it
	local at
	at=$(stair-train "${run[@]}" --epochs 0 --resume ck.npz -q -o end.npz 2>&1 | sed -n 's/.* is at epoch \([0-9]*\),.*/\1/p')
	rm -f end.npz
	stair-train "${run[@]}" --epochs $((at + 10)) -q -o straight.npz
	ranks "$2" stair-train "${run[@]}" --epochs $((at + 10)) --resume ck.npz -q -o end.npz 2>end.err
	equal_files "$1: $2 ranks continue to the same bytes" straight.npz end.npz
}

long=(--epochs 100000)
for victim in 1 0; do
	start 3 "${long[@]}"
	kill -KILL "$(cat pid.$victim)"
	ended "rank $victim is killed" 3
	goes_on "rank $victim is killed" $((victim + 1))
done

start 2 "${long[@]}"
kill -TERM $job
ended "SIGTERM to mpirun" 2
goes_on "SIGTERM to mpirun" 3

start 3 "${long[@]}"
kill -TERM "$(cat pid.1)"
ended "SIGTERM to one rank" 3
same "SIGTERM to one rank: says how to go on, once" \
	"$(grep -c 'to go on, run the same command with --resume ck.npz' start.err)" 1
goes_on "SIGTERM to one rank" 2

# --- rank 0 cannot write -------------------------------------------------------
run=("${run[@]:0:6}" --batch 256 --epochs 2 -q)
full="cannot write '/dev/full': No space left on device"
mpi_refuses 2 "stair-train: $full" stair-train "${run[@]}" -o /dev/full
mpi_refuses 3 "stair-train: $full" stair-train "${run[@]}" --checkpoint /dev/full -o out.npz
echo 'ulimit -f 40' >own.0
timeout 30 mpirun -n 2 bash rank.sh "$MPI/stair-train" "${run[@]}" -o out.npz >full.out 2>full.err
rc=$?
same "a full disk: status $rc, said once" "$([ $rc -ne 0 ] && said full.err)" "stair-train: cannot write 'out.npz': File too large"
same "the output is the old one" "$(cat out.npz)" "what was there before"
same "no temporary file is left" "$(find . -name '.stair-*')" ""
rm own.0

# --- one rank alone fails --------------------------------------------------------
echo 'export STAIR_ISA=abacus' >own.1
timeout 30 mpirun -n 3 bash rank.sh "$MPI/stair-train" "${run[@]}" -o out.npz >alone.out 2>alone.err
rc=$?
same "an error of one rank: status $rc, said by it" "$([ $rc -ne 0 ] && said alone.err | sed 's/on [^ ]*:/on HOST:/')" \
	"stair-train: rank 1 on HOST: no kernels 'abacus' for this processor"
same "the output is the old one" "$(cat out.npz)" "what was there before"
rm own.1

# --- ranks that cannot be started -------------------------------------------------
timeout 30 mpirun -n 2 --host nowhere.invalid:2 "$MPI/stair-train" "${run[@]}" -o out.npz >host.out 2>host.err
rc=$?
[ $rc -ne 0 ] && [ $rc -ne 124 ] && [ $rc -ne 137 ]
ok $? "a machine that cannot be reached: status $rc"
same "the output is the old one" "$(cat out.npz)" "what was there before"
done_testing
