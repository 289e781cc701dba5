#!/usr/bin/env bash
# stair-train --model mmgcn on a small shop: what it learns, equal bytes, misuse.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
runs "a shop" stair-synth --users 200 --items 100 --interactions 2400 --topics 6 --fringe 0 --image-dim 520 \
	--text-dim 24 -q -o raw
runs "its dataset" stair-ingest -q --core 3 -o shop.npz raw/interactions.csv.gz
for f in image text; do stair-features -q --data shop.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy; done
shop=(--model mmgcn --data shop.npz --features image=image.npz --features text=text.npz --batch 128 --lr 4e-3)
recall() { stair-eval -q --data shop.npz --top 20 "$1" | awk '$1 == "recall" { print $3 }'; }

runs "trains" stair-train "${shop[@]}" --epochs 8 -t 1 --checkpoint ck8.npz --log run.jsonl -o one.npz
same "the loss falls" "$(sed -n 's/.*"epoch": \([0-9]*\), "loss": \([0-9.]*\),.*/\2/p' run.jsonl |
	awk 'NR == 1 { first = $1 } { last = $1 } END { print (last < 0.8 * first) }')" 1
stair-train -q --model popularity --data shop.npz -o popular.npz
same "ranks better than popularity" "$(echo "$(recall one.npz) $(recall popular.npz)" |
	awk '{ print ($1 > 1.15 * $2) }')" 1
stair-train -q "${shop[@]}" --epochs 8 -t 2 -o three.npz
equal_files "-t 1 and -t 2: same bytes" one.npz three.npz
stair-train -q "${shop[@]}" --epochs 3 -t 1 --checkpoint ck.npz -o cut.npz
stair-train -q "${shop[@]}" --epochs 8 -t 1 --resume ck.npz -o cut.npz
equal_files "continued: same bytes" one.npz cut.npz
stair-train -q "${shop[@]}" -t 1 --epochs 2 --train-features --layers 1 -d 16 --penalty 0.1 --weight-decay 1e-4 \
	--checkpoint trained.npz -o other.npz
same "trained features are part of the run" "$(stair-info trained.npz | grep -oE 'now_feature_(image|text)' | sort -u | wc -l)" 2
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
