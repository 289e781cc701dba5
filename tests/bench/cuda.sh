#!/usr/bin/env bash
# Training on a GPU: the rate of a copy, the floor of a step, the step, each
# kernel. Needs `make CUDA=1 bench` and a GPU. SIZES="baby electronics" chooses.
set -eu
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
rc=0
why=$("$BUILD/tests/bench/bench_cuda" 0 0 0 0 0 2>/dev/null) || rc=$?
if [ $rc -eq 77 ]; then
	echo "  skipped: ${why#  }"
	exit 0
fi
for size in ${SIZES:-baby sports electronics}; do
	shop "$size"
	echo "-- $size: bench_cuda $size/data.npz $size/init.npz $size/items.npz 1024 5"
	"$BUILD/tests/bench/bench_cuda" "$size/data.npz" "$size/init.npz" "$size/items.npz" 1024 5
done
