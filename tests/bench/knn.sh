#!/usr/bin/env bash
# Neighbours by cosine of features with 4096 columns: seconds and memory.
# SIZES="baby" chooses the numbers of items; N, D and K (5) choose any.
# Electronics needs 1 GB of disk and memory.
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
# shellcheck source=tests/bench/features.inc
. "$TOP/tests/bench/features.inc"
: "${D:=4096}" "${K:=5}"
knn() { # knn ITEMS
	features "$1" "$D"
	measure "stair-knn --low-memory" stair-knn -v --low-memory -o low.npz "features.npy:$K"
	measure "stair-knn, in memory" stair-knn -v -o graph.npz "features.npy:$K"
	cmp graph.npz low.npz
}
if [ "${N:-}" ]; then
	knn "$N"
else
	for size in ${SIZES:-baby}; do knn "$(items_of "$size")"; done
fi
