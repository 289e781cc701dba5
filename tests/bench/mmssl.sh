#!/usr/bin/env bash
# MMSSL: the parts of a step at the sizes of two public data sets, then one epoch
# and its memory on real data where DATA has them, else on a made-up shop.
# SIZES="baby" chooses; EPOCHS=0 leaves the epochs out.
set -eu
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
threads=${THREADS:-$(nproc)}

epoch() { # epoch DATASET FEATURES...
	echo "  an epoch of $(($(train_pairs "$1") / 1024 + 1)) steps:"
	stair-train -v -t "$threads" --model mmssl --data "$1" "${@:2}" --epochs 1 --keep last -o model.npz 2>&1 |
		sed -n 's/^stair-train: \(epoch=1 .*\)/  \1/p; s/^stair-train: version.*, \([0-9.]* s wall.*\)/  \1/p'
}
for size in ${SIZES:-baby}; do
	items=$(items_of "$size") from=$DATA/amazon-$size
	echo "-- $size: bench_critic $items 1024 $threads"
	"$BUILD/tests/bench/bench_critic" "$items" 1024 "$threads"
	[ "${EPOCHS:-1}" != 0 ] || continue
	features=()
	if [ -d "$from" ]; then
		stair-ingest -q --split label -o "$size.npz" "$from/$size.inter.gz"
		for f in image text; do features+=(--features "$f=$from/${f}_feat_derived.npy"); done
	else
		stair-synth -q --like "$size" --text-dim 96 --image-dim 64 -o "$size"
		stair-ingest -q --core 5 -o "$size.npz" "$size/interactions.csv.gz"
		for f in image text; do
			stair-features -q --data "$size.npz" --ids "$size/item_ids.txt" -o "$size/$f.npz" "$size/$f.npy"
			features+=(--features "$f=$size/$f.npz")
		done
	fi
	epoch "$size.npz" "${features[@]}"
done
