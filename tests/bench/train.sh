#!/usr/bin/env bash
# Training: floors, products, parts of a step, seconds per epoch, memory; on real
# data where DATA has them, on a made-up shop with Electronics' degrees, and the
# ratio to a plain PyTorch twin of the step where it is installed.
# SIZES="baby sports electronics" chooses.
set -eu
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
real() { # real NAME INTERACTIONS: from DATA
	mkdir "$1"
	stair-ingest -q -o "$1/data.npz" "$DATA/amazon-$1/$1.inter.gz"
	stair-knn -q -o "$1/items.npz" "$DATA/amazon-$1/text_knn10.npz":5 "$DATA/amazon-$1/image_knn10.npz":1
	stair-whiten -q -o "$1/init.npz" "$DATA/amazon-$1/text_feat_derived.npy":5 "$DATA/amazon-$1/image_feat_derived.npy":1
}
made_up() { # made_up NAME: a shop with the sizes and degrees of Amazon NAME
	mkdir "$1"
	stair-synth -q --like "$1" --text-dim 96 --image-dim 64 -o "$1"
	stair-ingest -q --core 5 --split ratio:8:1:1 -o "$1/data.npz" "$1/interactions.csv.gz"
	for f in text image; do
		stair-features -q --data "$1/data.npz" --ids "$1/item_ids.txt" -o "$1/$f.npz" "$1/$f.npy"
	done
	stair-knn -q -o "$1/items.npz" "$1/text.npz":5 "$1/image.npz":1
	stair-whiten -q -d 64 -o "$1/init.npz" "$1/text.npz":5 "$1/image.npz":1
}
for size in ${SIZES:-baby sports electronics}; do
	if [ "$size" != electronics ] && [ -d "$DATA/amazon-$size" ]; then real "$size"; else made_up "$size"; fi
	case $size in
	baby) bench baby 1024 12 20 ;;
	sports) bench sports 1024 5 12 ;;
	*) bench "$size" 4096 2 3 ;;
	esac
done
