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
fails 2 "stair-train: model 'mmgcn': option '--layers': '0' is not in 1..16" "${one[@]}" --features image=image.npz --layers 0
mapfile -t many < <(seq -f '--features=text%g=text.npz' 11)
fails 1 "stair-train: model 'mmgcn' would have more than 338 tensors, too many for a checkpoint" \
	"${one[@]}" "${many[@]:0:4}" --layers 14 --epochs 0 --checkpoint large.npz
runs "five modalities" "${one[@]}" "${many[@]:0:5}" -t 1 --batch 500 --epochs 1 --checkpoint five.npz -o five-model.npz
runs "continued" "${one[@]}" "${many[@]:0:5}" -t 1 --batch 500 --epochs 2 --resume five.npz -o five-model.npz
# names that begin like those of a bias, of other layers, of other kinds of tensors
odd=()
for name in a bias_a weight_a 1_bias_a user feature_a; do odd+=(--features "$name=text.npz" --features "${name}_2=image.npz"); done
odd=("${one[@]}" "${odd[@]}" --train-features -t 1 --batch 500 -d 4 -q)
"${odd[@]}" --epochs 2 -o odd-whole.npz
runs "names like those of other tensors" "${odd[@]}" --epochs 1 --checkpoint odd.npz -o odd-model.npz
runs "continued" "${odd[@]}" --epochs 2 --resume odd.npz -o odd-model.npz
equal_files "same bytes" odd-whole.npz odd-model.npz
head -c 3000 text.npz >short.npz
fails 1 "stair-train: cannot read 'short.npz': member 'x.npy': unexpected end of file" "${one[@]}" --features image=short.npz
done_testing
