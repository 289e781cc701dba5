#!/usr/bin/env bash
# stair-train --model bm3 on a small shop: what it learns, equal bytes, misuse.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/nets.inc
. "$TOP/tests/cli/nets.inc"
net_shop 40
shop=(--model bm3 --data shop.npz --features text=text.npz --features image=image.npz)
short=("${shop[@]}" --batch 128 --lr 1e-2 --eval-every 1)
net_learns "${short[@]}"
stair-train -q "${shop[@]}" --epochs 2 -o usual.npz
stair-train -q "${shop[@]}" --epochs 2 --layers 1 --dropout 0.5 --modal-loss 2 --penalty 0.1 --lr 1e-3 \
	--weight-decay 1e-4 --batch 2048 --eval-every 5 -o both.npz
equal_files "the usual settings" usual.npz both.npz
features_trained "${shop[@]}" --layers 2 --dropout 0

one=(stair-train --model bm3 --data shop.npz)
fails 2 "stair-train: model 'bm3' needs '--features NAME=FILE'" "${one[@]}"
fails 2 "stair-train: model 'bm3' takes no '--init'" "${one[@]}" --features text=text.npz --init init.npz
fails 2 "stair-train: model 'bm3' takes no '--keep-edges'" "${one[@]}" --features text=text.npz --keep-edges .5
fails 2 "stair-train: option '--dropout': '1' is not in 0..0.99" "${one[@]}" --features text=text.npz --dropout 1
done_testing
