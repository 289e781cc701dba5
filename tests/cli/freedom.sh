#!/usr/bin/env bash
# stair-train --model freedom on a small shop: what it learns, equal bytes, misuse.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/nets.inc
. "$TOP/tests/cli/nets.inc"
net_shop 40
shop=(--model freedom --data shop.npz --features text=text.npz:9 --features image=image.npz)
short=("${shop[@]}" --batch 128 --lr 1e-2 --eval-every 1)
net_learns "${short[@]}"
stair-train -q "${shop[@]}" --epochs 2 -o usual.npz
stair-train -q "${shop[@]}" --epochs 2 --layers 2 --item-layers 1 --neighbors 10 --keep-edges 0.2 --modal-loss 1e-3 \
	--lr 1e-3 --weight-decay 1e-6 --batch 2048 --eval-every 5 -o both.npz
equal_files "the usual settings" usual.npz both.npz
features_trained "${shop[@]}" --layers 1 --item-layers 2 --keep-edges 1
stair-train -q --model freedom --data shop.npz --features a=text.npz:.9 --features b=image.npz:.1 --epochs 1 -o tenths.npz
stair-train -q --model freedom --data shop.npz --features a=text.npz:9 --features b=image.npz --epochs 1 -o whole.npz
stair-cat --member item -f tsv tenths.npz >tenths.tsv
stair-cat --member item -f tsv whole.npz >whole.tsv
equal_files "weights of modalities are relative" tenths.tsv whole.tsv

one=(stair-train --model freedom --data shop.npz)
fails 2 "stair-train: model 'freedom' needs '--features NAME=FILE'" "${one[@]}"
fails 2 "stair-train: model 'freedom' takes no '--items'" "${one[@]}" --features text=text.npz --items items.npz
fails 2 "stair-train: model 'freedom' takes no '--dropout'" "${one[@]}" --features text=text.npz --dropout .5
fails 2 "stair-train: option '--keep-edges': '0' is not in 0 (excluded)..1" "${one[@]}" --features text=text.npz --keep-edges 0
fails 1 "stair-train: 1000 neighbours wanted of 100 items" "${one[@]}" --features text=text.npz --neighbors 1000
fails 1 "stair-train: all features have weight 0" "${one[@]}" --features text=text.npz:0
# The second moments overflow long before a loss does: the run ends before its
# next evaluation, and the checkpoint is the one from before.
if [ -n "$PY" ]; then
	"$PY" -c '
import numpy as np
huge = np.random.default_rng(0).normal(size=np.load("text.npz")["x"].shape) * 1e30
np.save("huge.npy", huge.astype("f4"))'
	why="is not finite at row 0, column 0 after step 32; the input vectors or --lr may be too large"
	fails 1 "stair-train: user second moment $why" \
		"${one[@]}" --features text=huge.npy --batch 128 --eval-every 2 --checkpoint ck.npz -q -o bad.npz
	runs "the checkpoint is read" stair-eval --data shop.npz ck.npz
else
	skip "features that are too large" "no NumPy to make them"
fi
# OpenBLAS alone would wait for memory for ever.
if [ "$SANITIZED" != 1 ]; then
	cramped() { (ulimit -v 1000000 && OPENBLAS_NUM_THREADS=1 timeout -s KILL 60 stair-train -q -t 16 "${shop[@]}" --epochs 1 -o cramped.npz); }
	fails 1 "stair-train: out of memory: BLAS wants 129 MB of address space for each of 16 threads" cramped
else
	skip "no memory for BLAS" "the sanitizer has its own"
fi
done_testing
