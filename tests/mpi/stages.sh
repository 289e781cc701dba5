#!/usr/bin/env bash
# The stages around training over ranks: the bytes of one process.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/mpi/lib.bash
. "$TOP/tests/mpi/lib.bash"
lacks=$(mpi_lacks)
[ -z "$lacks" ] || { skip "stages over ranks" "$lacks" && done_testing; }
mpi_shop 20 2>setup.err
ok $? "inputs"
# wider than a Gram matrix is: products are passes over the features
stair-synth -q --items 300 --users 400 --interactions 4000 --topics 6 --what image --image-dim 1100 -o wide.npy
# vectors with hundreds of nearly equal neighbours each, more than a row keeps
# as candidates: two topics, little else
stair-synth -q --items 2000 --users 2000 --interactions 20000 --topics 2 --what text --text-dim 6 --text-signal 1 -o ties.npy
stair-knn -q --values cosine -o graph.npz text.npz:6
stair-knn -q --values cosine -o alike.npz text.npz:8

stage() { # stage NAME TOOL OPTION...: one process, then several ranks
	local name=$1 tool=$2 n
	shift 2
	"$tool" "$@" -o one 2>one.err
	for n in 2 3; do
		ranks $n "$tool" "$@" -o several 2>several.err
		equal_files "$name, $n ranks" one several
		same "$name, $n ranks: what is said" "$(said several.err)" "$(said one.err)"
	done
}
stage "neighbours" stair-knn text.npz:5 image.npz:2
stage "neighbours, two threads" stair-knn -t 2 --self --values cosine wide.npy:20
stage "neighbours of many ties" stair-knn -t 1 ties.npy:9
stage "neighbours, files read again" stair-knn --low-memory ties.npy:9
stage "neighbours in cells" stair-knn --cells 20 --probe 3 ties.npy:5
stage "neighbours in cells, for the recall" stair-knn --cells 40 --recall .9 text.npz:5
stage "neighbours of a graph" stair-knn graph.npz:3
stage "whitening" stair-whiten -d 16 -q text.npz:5 image.npz:1
stage "whitening, two threads" stair-whiten -t 2 -d 8 wide.npy
stage "whitening of a graph" stair-whiten -d 8 graph.npz
stair-train -q --model mf --epochs 2 --data data.npz -o model.npz
stage "similar items" stair-similar --data data.npz -n 7 model.npz
stage "itemknn" stair-train --model itemknn --data data.npz --neighbors 40
stage "itemknn with content" stair-train -t 2 --model itemknn --data data.npz --items alike.npz

# --- pipelines -------------------------------------------------------------------
unset MAKEFLAGS MFLAGS MAKELEVEL
plan() { # plan MPI: the stages that mpirun starts, of a report with a net
	make -n -f "$TOP/pipelines/demo.mk" BIN="$MPI" MPI="$1" R="$PWD/run" SYSTEMS="stair freedom itemknn" report 2>&1 |
		grep -oE 'mpirun -n 2 [^ ]*/stair-[a-z]+|--model=[a-z]+ .*mpirun' | sed 's|.*/||' | sort -u | tr '\n' ' '
}
same "a pipeline starts what ranks share" "$(plan "mpirun -n 2")" "stair-eval stair-knn stair-recommend stair-train stair-whiten "
same "and nothing otherwise" "$(plan 1)" ""
same "no net is among it" "$(make -n -f "$TOP/pipelines/demo.mk" BIN="$MPI" MPI="mpirun -n 2" R="$PWD/run" \
	SYSTEMS="stair freedom itemknn" report 2>&1 | grep -c 'mpirun.*--model=freedom')" 0

cat >two.sh <<'END'
[ "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" = 0 ] || export OPENBLAS_CORETYPE=Prescott
exec "$@"
END
if OPENBLAS_CORETYPE=Prescott stair-whiten --version | cmp -s - <(stair-whiten --version); then
	skip "another BLAS on a rank" "the variable does not change it here"
else
	timeout 60 mpirun -n 2 bash two.sh "$MPI/stair-whiten" -q -d 8 -o x.npz text.npz >blas.out 2>blas.err
	same "another BLAS on a rank" "$(said blas.err | sed 's/on [^ ]*/on HOST/g')" \
		"stair-whiten: rank 1 on HOST multiplies with another BLAS than rank 0 on HOST"
fi
done_testing
