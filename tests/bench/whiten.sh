#!/usr/bin/env bash
# Whitening of features with 4096 columns and, where DATA has them, of graphs of
# similarities: seconds and memory. SIZES="baby" chooses the numbers of items; N
# and D choose any, RANK the columns wanted (64).
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
# shellcheck source=tests/bench/features.inc
. "$TOP/tests/bench/features.inc"
: "${D:=4096}" "${RANK:=64}"
whiten() { # whiten ITEMS
	features "$1" "$D"
	measure "stair-whiten" stair-whiten -v -d "$RANK" -o init.npz features.npy
	measure "stair-whiten --tol 1e-3" stair-whiten -v --tol 1e-3 -d "$RANK" -o init.npz features.npy
}
if [ "${N:-}" ]; then
	whiten "$N"
	exit
fi
for size in ${SIZES:-baby}; do
	whiten "$(items_of "$size")"
	for f in text image; do
		graph=$DATA/amazon-$size/${f}_knn10.npz
		[ ! -e "$graph" ] ||
			measure "stair-whiten, $size, similarities of $f" stair-whiten -v -d "$RANK" -o s.npz "$graph"
	done
done
