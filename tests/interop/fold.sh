#!/usr/bin/env bash
# stair-fold against its definition in NumPy: a made-up shop that grows, and Baby.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "NumPy twin" "NumPy is not there" && done_testing; }
twin() { # twin NAME BEFORE MODEL TODAY ITEMS|- BOOST
	local graph=()
	[ "$5" = - ] || graph=(--items "$5")
	runs "$1: stair-fold" stair-fold --data "$4" "${graph[@]}" --boost "$6" -o f.npz "$3"
	runs "$1: as NumPy has it" $PY "$TOP/tests/interop/fold.py" "$2" "$3" "$4" f.npz "$5" "$6"
}

stair-synth -q --users 500 --items 250 --interactions 7000 --topics 8 --image-dim 16 --text-dim 16 -o raw
gzip -dc raw/interactions.csv.gz | awk -F, 'NR == 1 || NR % 50 && $1 !~ /7$/ && $2 !~ /3$/' >old.csv
gzip -dc raw/interactions.csv.gz | awk -F, 'NR == 1 || $2 !~ /13$/' >new.csv
stair-ingest -q --split hash:8:1:1 --catalogue raw/item_ids.txt -o d1.npz old.csv
stair-ingest -q --split hash:8:1:1 --catalogue raw/item_ids.txt --ids-from d1.npz -o d2.npz new.csv
stair-features -q --data d2.npz --ids raw/item_ids.txt -o text.npz raw/text.npy
stair-knn -q -o items.npz text.npz:2
stair-train -q --model lightgcn --data d1.npz --epochs 20 --batch 256 -d 16 -o m.npz
twin "shop" d1.npz m.npz d2.npz items.npz 1
twin "shop, boost" d1.npz m.npz d2.npz items.npz 1.7
twin "shop, no graph" d1.npz m.npz d2.npz - 1

baby=$DATA/amazon-baby
if [ -e "$baby/baby.inter.gz" ]; then
	gzip -dc "$baby/baby.inter.gz" | awk 'NR == 1 || NR % 70 && $1 % 10 != 3 && $2 % 11 != 5' >old.inter
	gzip -dc "$baby/baby.inter.gz" | cut -f 2 | tail -n +2 | sort -un >ids.txt
	stair-ingest -q --split label --catalogue ids.txt -o b1.npz old.inter
	stair-ingest -q --split label -o b2.npz "$baby/baby.inter.gz"
	stair-whiten -q -o init.npz "$baby/text_feat_derived.npy:5" "$baby/image_feat_derived.npy:1"
	stair-knn -q -o knn.npz "$baby/text_knn10.npz:5" "$baby/image_knn10.npz:1"
	stair-train -q --data b1.npz --init init.npz --items knn.npz --epochs 3 --eval-every 3 -o bm.npz
	twin "Baby" b1.npz bm.npz b2.npz knn.npz 1.3
else
	skip "Baby" "the data is not there"
fi
done_testing
