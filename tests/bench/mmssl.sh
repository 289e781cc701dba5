#!/usr/bin/env bash
# MMSSL: the parts of a step at the sizes of two public data sets, then one epoch
# and its memory on real data where DATA has them, else on a made-up shop.
# SIZES="baby tiktok" chooses; EPOCHS=0 leaves the epochs out.
set -eu
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
threads=${THREADS:-$(nproc)}

epoch() { # epoch DATASET FEATURES...
	echo "  an epoch of $(($(train_pairs "$1") / 1024 + 1)) steps:"
	stair-train -v -t "$threads" --model mmssl --data "$1" "${@:2}" --epochs 1 --keep last -o model.npz 2>&1 |
		sed -n 's/^stair-train: \(epoch=1 .*\)/  \1/p; s/^stair-train: version.*, \([0-9.]* s wall.*\)/  \1/p'
}
for size in ${SIZES:-baby tiktok}; do
	case $size in
	baby) items=7050 from=$DATA/amazon-baby features=(--features "image=$DATA/amazon-baby/image_feat_derived.npy"
		--features "text=$DATA/amazon-baby/text_feat_derived.npy") ;;
	*) items=6710 from=$DATA/tiktok features=(--features "image=$DATA/tiktok/image_feat.npy"
		--features "audio=$DATA/tiktok/audio_feat.npy") ;;
	esac
	echo "-- $size: bench_critic $items 1024 $threads"
	"$BUILD/tests/bench/bench_critic" "$items" 1024 "$threads"
	[ "${EPOCHS:-1}" != 0 ] || continue
	if [ -d "$from" ]; then
		stair-ingest -q --split label -o "$size.npz" "$from"/*.inter.gz
	else
		stair-synth -q --like baby --text-dim 96 --image-dim 64 -o "$size"
		stair-ingest -q --core 5 -o "$size.npz" "$size/interactions.csv.gz"
		features=()
		for f in text image; do
			stair-features -q --data "$size.npz" --ids "$size/item_ids.txt" -o "$size/$f.npz" "$size/$f.npy"
			features+=(--features "$f=$size/$f.npz")
		done
	fi
	epoch "$size.npz" "${features[@]}"
done
