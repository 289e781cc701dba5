# Sourced by the tests of programs that mpirun starts: which are there, and how to
# run some ranks of them on one machine, also as root and on few processors.
# shellcheck shell=bash
MPI=$BIN/mpi
mpi_lacks() { # what is missing, or nothing
	command -v mpirun >/dev/null || { echo "no mpirun" && return; }
	[ -x "$MPI/stair-train" ] || { echo "not built: make MPI=1" && return; }
	[ ! "$BUILD/libstair.a" -nt "$BUILD/mpi/libstair.a" ] || echo "older than the plain programs: make MPI=1"
}
unset MALLOC_PERTURB_ # with which mpirun of Open MPI 4 crashes when a rank fails
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_base_warn_component_unused=0

ranks() { # ranks N TOOL...
	local n=$1 tool=$2
	shift 2
	timeout -k 5 180 mpirun -n "$n" "$MPI/$tool" "$@"
}

# What mpirun itself says of a failed rank differs between versions.
said() { # said FILE: the lines of our programs
	grep -a '^stair-' "$1"
}

mpi_refuses() { # mpi_refuses N 'what is said' TOOL...: by rank 0 alone
	local n=$1 msg=$2 rc
	shift 2
	ranks "$n" "$@" >refuses.out 2>refuses.err </dev/null
	rc=$?
	same "$n ranks: $msg" "$([ $rc -ne 0 ] && [ $rc -lt 124 ] && said refuses.err)" "$msg"
}

mpi_shop() { # data.npz, init.npz, items.npz, text.npz, image.npz
	stair-synth -q --users 300 --items 150 --interactions 4000 --topics 6 --text-dim 80 --image-dim 72 -o raw &&
		stair-ingest -q -o data.npz raw/interactions.csv.gz &&
		stair-features -q --data data.npz --ids raw/item_ids.txt -o text.npz raw/text.npy &&
		stair-features -q --data data.npz --ids raw/item_ids.txt -o image.npz raw/image.npy &&
		stair-whiten -q -d "$1" -o init.npz text.npz:5 image.npz:1 &&
		stair-knn -q -o items.npz text.npz:5 image.npz:1
}
