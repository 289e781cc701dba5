#!/usr/bin/env bash
# Training over ranks: what a step exchanges, the time of a step of one process and
# of two ranks on this machine, and what stair-mpi(7) expects of 2 and 4 hosts in
# networks of 1, 10 and 100 Gbit/s. SIZES="baby electronics" chooses.
set -euo pipefail
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
if ! command -v mpirun >/dev/null || [ ! -x "${BIN%/}/mpi/stair-train" ]; then
	echo "no mpirun, or not built: make MPI=1"
	exit 0
fi
MPI=${BIN%/}/mpi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
panels=4
step() { # step SHOP BATCH EPOCHS COMMAND...: ms of a step in the quickest epoch
	local dir=$1 batch=$2 epochs=$3
	shift 3
	"$@" -q --data "$dir/data.npz" --init "$dir/init.npz" --items "$dir/items.npz" --batch "$batch" \
		--epochs "$epochs" --eval-every "$epochs" --log "$dir/log" -o "$dir/model.npz"
	sed -n 's/.*"seconds": \([0-9.]*\).*/\1/p' "$dir/log" | sort -g |
		awk -v n=$((($(train_pairs "$dir/data.npz") + batch - 1) / batch)) 'NR == 1 {printf "%.2f\n", 1000 * $1 / n}'
}
bench() { # bench SHOP BATCH EPOCHS
	local one alone two t
	t=$(nproc)
	one=$(step "$@" stair-train -t "$t")
	alone=$(step "$@" stair-train -t 1)
	two=$(step "$@" mpirun -n 2 "$MPI/stair-train" -t 1)
	echo "-- $1, batch $2: $((panels * $2 * 4)) bytes of scores a step, each rank's own to each other one, in 1 round"
	echo "   a step takes $one ms with $t threads, $alone ms with one, $two ms with two ranks of one thread on this machine"
	awk -v batch="$2" -v one="$one" -v panels=$panels -v t="$t" 'BEGIN {
		printf "   expected of hosts like this one, %d threads each:  hosts   network   latency  ms a step  times as fast\n", t
		split("1 10 100", rate, " ")
		split("0.10 0.03 0.01", latency, " ")
		for (hosts = 2; hosts <= 4; hosts += 2)
			for (r = 1; r <= 3; r++) {
				bytes = (hosts - 1) * batch * 4 * panels / hosts
				ms = one / hosts + latency[r] + bytes * 8 / (rate[r] * 1e6)
				printf "%57d %5d Gbit/s %7s ms %10.2f %14.2f\n", hosts, rate[r], latency[r], ms, one / ms
			}
	}'
}
for size in ${SIZES:-baby electronics}; do
	shop "$size"
	case $size in
	baby) bench baby 1024 6 ;;
	*) bench "$size" 4096 2 ;;
	esac
done
