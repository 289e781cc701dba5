#!/usr/bin/env bash
# Training: floors, products, parts of a step, seconds per epoch, memory; on real
# data where DATA has them, on a made-up shop with Electronics' degrees, and the
# ratio to a plain PyTorch twin of the step where it is installed.
# SIZES="baby sports electronics" chooses.
set -eu
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
bench() { # bench NAME BATCH EPOCHS TORCH_STEPS: data.npz init.npz items.npz in NAME/
	echo "-- $1: bench_train $1/data.npz $1/init.npz $1/items.npz $2 $3 ${THREADS:=2}"
	"$BUILD/tests/bench/bench_train" "$1/data.npz" "$1/init.npz" "$1/items.npz" "$2" "$3" "$THREADS" | tee "$1/out"
	if /usr/bin/python3 -c 'import torch, scipy' 2>/dev/null; then
		twin=$(/usr/bin/python3 "$TOP/tests/bench/torch_step.py" "$1/data.npz" "$1/init.npz" "$1/items.npz" "$2" "$4" "$THREADS" 2>/dev/null)
		awk -v twin="$twin" '/one step/ { printf "  PyTorch twin %.1f ms a step, %.1f times ours\n", 1e3 * twin, 1e3 * twin / $3 }' "$1/out"
	else
		echo "  PyTorch twin: python3-torch is not installed"
	fi
}
for size in ${SIZES:-baby sports electronics}; do
	shop "$size"
	case $size in
	baby) bench baby 1024 12 20 ;;
	sports) bench sports 1024 5 12 ;;
	*) bench "$size" 4096 2 3 ;;
	esac
done
