#!/usr/bin/env bash
# stair-train --model mmgcn on a small shop: what it learns, equal bytes, misuse.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/nets.inc
. "$TOP/tests/cli/nets.inc"
net_shop 520
shop=(--model mmgcn --data shop.npz --features image=image.npz --features text=text.npz --batch 128 --lr 4e-3)
net_learns "${shop[@]}"
features_trained "${shop[@]}" -t 1 --layers 1 --penalty 0.1 --weight-decay 1e-4
same "evaluated after every epoch" "$(grep -c '"valid"' run.jsonl)" 9

one=(stair-train --model mmgcn --data shop.npz)
fails 2 "stair-train: model 'mmgcn' needs '--features NAME=FILE'" "${one[@]}"
fails 2 "stair-train: model 'mmgcn' takes no '--init'" "${one[@]}" --features image=image.npz --init text.npz
fails 2 "stair-train: model 'mmgcn' takes no '--gamma'" "${one[@]}" --features image=image.npz --gamma 1
fails 2 "stair-train: model 'mmgcn' takes no '--neighbors'" "${one[@]}" --features image=image.npz --neighbors 3
fails 1 "stair-train: model 'mmgcn' needs at least 1 layer" "${one[@]}" --features image=image.npz --layers 0
mapfile -t many < <(seq -f '--features=text%g=text.npz' 11)
fails 1 "stair-train: a model has at most 1024 tensors" "${one[@]}" "${many[@]}" --layers 16
runs "five modalities" "${one[@]}" "${many[@]:0:5}" -t 1 --batch 500 --epochs 1 --checkpoint five.npz -o five-model.npz
runs "continued" "${one[@]}" "${many[@]:0:5}" -t 1 --batch 500 --epochs 2 --resume five.npz -o five-model.npz
head -c 3000 text.npz >short.npz
fails 1 "stair-train: cannot read 'short.npz': member 'x.npy': unexpected end of file" "${one[@]}" --features image=short.npz
done_testing
