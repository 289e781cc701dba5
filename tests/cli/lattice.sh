#!/usr/bin/env bash
# stair-train --model lattice on a small shop: what it learns, equal bytes, misuse.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
runs "a shop" stair-synth --users 200 --items 100 --interactions 2400 --topics 6 --fringe 0 --image-dim 40 \
	--text-dim 24 -q -o raw
runs "its dataset" stair-ingest -q --core 3 -o shop.npz raw/interactions.csv.gz
for f in image text; do stair-features -q --data shop.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy; done
shop=(--model lattice --data shop.npz --features image=image.npz --features text=text.npz --batch 128 --lr 3e-3)
recall() { stair-eval -q --data shop.npz --top 20 "$1" | awk '$1 == "recall" { print $3 }'; }

runs "trains" stair-train "${shop[@]}" --epochs 8 -t 1 --checkpoint ck8.npz --log run.jsonl -o one.npz
same "the loss falls" "$(sed -n 's/.*"epoch": \([0-9]*\), "loss": \([0-9.]*\),.*/\2/p' run.jsonl |
	awk 'NR == 1 { first = $1 } { last = $1 } END { print (last < 0.8 * first) }')" 1
stair-train -q --model popularity --data shop.npz -o popular.npz
same "ranks better than popularity" "$(echo "$(recall one.npz) $(recall popular.npz)" |
	awk '{ print ($1 > 1.15 * $2) }')" 1
stair-train -q "${shop[@]}" --epochs 8 -t 3 -o three.npz
equal_files "-t 1 and -t 3: same bytes" one.npz three.npz
stair-train -q "${shop[@]}" --epochs 5 -t 2 --checkpoint ck.npz -o cut.npz
stair-train -q "${shop[@]}" --epochs 8 -t 2 --resume ck.npz -o cut.npz
equal_files "continued: same bytes" one.npz cut.npz
stair-train -q "${shop[@]}" --epochs 2 --train-features --layers 1 --item-layers 2 --neighbors 4 --origin 0.5 -d 16 \
	--weight-decay 1e-4 --checkpoint trained.npz -o other.npz
same "trained features are part of the run" "$(stair-info trained.npz | grep -oE 'now_feature_(image|text)' | sort -u | wc -l)" 2

one=(stair-train --model lattice --data shop.npz)
fails 2 "stair-train: model 'lattice' needs '--features NAME=FILE'" "${one[@]}"
fails 2 "stair-train: model 'lattice' takes no '--init'" "${one[@]}" --features image=image.npz --init text.npz
fails 2 "stair-train: model 'lattice' takes no '--penalty'" "${one[@]}" --features image=image.npz --penalty 1
fails 2 "stair-train: option '--origin': '1.5' is not in 0..1" "${one[@]}" --features image=image.npz --origin 1.5
fails 1 "stair-train: 101 neighbours wanted of 100 items" "${one[@]}" --features image=image.npz --neighbors 101
done_testing
