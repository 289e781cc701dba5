#!/usr/bin/env bash
# stair-train --model bm3 on a small shop: what it learns, equal bytes, misuse.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
runs "a shop" stair-synth --users 200 --items 100 --interactions 2400 --topics 6 --fringe 0 --image-dim 40 \
	--text-dim 24 -q -o raw
runs "its dataset" stair-ingest -q --core 3 -o shop.npz raw/interactions.csv.gz
for f in image text; do stair-features -q --data shop.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy; done
shop=(--model bm3 --data shop.npz --features text=text.npz --features image=image.npz)
short=("${shop[@]}" --batch 128 --lr 1e-2 --eval-every 1)
recall() { stair-eval -q --data shop.npz --top 20 "$1" | awk '$1 == "recall" { print $3 }'; }

runs "trains" stair-train "${short[@]}" --epochs 8 -t 1 --log run.jsonl -o one.npz
same "the loss falls" "$(sed -n 's/.*"epoch": \([0-9]*\), "loss": \([0-9.]*\),.*/\2/p' run.jsonl |
	awk 'NR == 1 { first = $1 } { last = $1 } END { print (last < 0.8 * first) }')" 1
stair-train -q --model popularity --data shop.npz -o popular.npz
same "ranks better than popularity" "$(echo "$(recall one.npz) $(recall popular.npz)" |
	awk '{ print ($1 > 1.15 * $2) }')" 1
stair-train -q "${short[@]}" --epochs 8 -t 3 -o three.npz
equal_files "-t 1 and -t 3: same bytes" one.npz three.npz
stair-train -q "${short[@]}" --epochs 3 -t 2 --checkpoint ck.npz -o cut.npz
stair-train -q "${short[@]}" --epochs 8 -t 2 --resume ck.npz -o cut.npz
equal_files "continued: same bytes" one.npz cut.npz
stair-train -q "${shop[@]}" --epochs 2 -o usual.npz
stair-train -q "${shop[@]}" --epochs 2 --layers 1 --dropout 0.5 --modal-loss 2 --penalty 0.1 --lr 1e-3 \
	--weight-decay 1e-4 --batch 2048 --eval-every 5 -o both.npz
equal_files "the usual settings" usual.npz both.npz
stair-train -q "${shop[@]}" --epochs 2 --train-features --layers 2 --dropout 0 -d 16 --checkpoint trained.npz -o other.npz
same "trained features are part of the run" "$(stair-info trained.npz | grep -oE 'now_feature_(image|text)' | sort -u | wc -l)" 2

one=(stair-train --model bm3 --data shop.npz)
fails 2 "stair-train: model 'bm3' needs '--features NAME=FILE'" "${one[@]}"
fails 2 "stair-train: model 'bm3' takes no '--init'" "${one[@]}" --features text=text.npz --init init.npz
fails 2 "stair-train: model 'bm3' takes no '--keep-edges'" "${one[@]}" --features text=text.npz --keep-edges .5
fails 2 "stair-train: option '--dropout': '1' is not in 0..0.99" "${one[@]}" --features text=text.npz --dropout 1
done_testing
