#!/usr/bin/env bash
# stair-train --start: parameters by id, fresh moments, the rest as in any training.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth -q --users 120 --items 60 --interactions 1500 --topics 4 --image-dim 12 --text-dim 10 -o raw
gzip -dc raw/interactions.csv.gz >log.csv
awk -F, 'NR == 1 || NR % 40 && $1 !~ /7$/' log.csv >old.csv
stair-ingest -q --split hash:8:1:1 --catalogue <(sed 9,12d raw/item_ids.txt) -o d1.npz <(grep -vf <(sed -n 9,12p raw/item_ids.txt | sed 's/^/,/; s/$/(,|$)/') -E old.csv)
stair-ingest -q --split hash:8:1:1 --ids-from d1.npz --catalogue raw/item_ids.txt -o d2.npz log.csv
for d in d1 d2; do
	for f in text image; do stair-features -q --data $d.npz --ids raw/item_ids.txt -o $d-$f.npz raw/$f.npy; done
	stair-whiten -q -d 8 -o $d-init.npz $d-text.npz:5 $d-image.npz:1
	stair-knn -q -o $d-items.npz $d-text.npz:3 $d-image.npz:1
done
first=(stair-train -q --data d1.npz --init d1-init.npz --items d1-items.npz --batch 128)
"${first[@]}" --epochs 5 -o m1.npz
train() { stair-train --data d2.npz --items d2-items.npz --batch 128 "$@"; }

"${first[@]}" --epochs 0 --start m1.npz -o same.npz
for m in user item user_param item_param; do
	same "nothing is new, no epochs: $m" "$(stair-cat -m $m same.npz | md5sum)" "$(stair-cat -m $m m1.npz | md5sum)"
done
stair-train -q --data d1.npz --items d1-items.npz --batch 128 --epochs 0 --start m1.npz -o bare.npz
same "--init is not needed" "$(stair-cat -m item_param bare.npz | md5sum)" "$(stair-cat -m item_param m1.npz | md5sum)"
train --epochs 0 --start m1.npz -o m2.npz 2>err
new=$(($(stair-cat -m user_ids d2.npz | wc -l) - $(stair-cat -m user_ids d1.npz | wc -l)))
same "who is new" "$(grep starting err)" "stair-train: starting from $(stair-cat -m user_ids d1.npz | wc -l) users and $(stair-cat -m item_ids d1.npz | wc -l) items; new: $new users, 4 items by content, 0 by users, 0 at 0"
n=$(stair-cat -m user_ids d1.npz | wc -l)
same "old users keep their parameters" "$(stair-cat -m user_param m2.npz | head -"$n" | md5sum)" "$(stair-cat -m user_param m1.npz | md5sum)"
[ "$(stair-cat -m user_param m2.npz | tail -"$new" | grep -cvE '^(0	)*0$')" -gt 0 ]
ok $? "new ones who have train items are not 0"
same "the history says what it started from" "$(stair-cat -m history.txt m2.npz | tail -1 | cut -f 4 | grep -c ' start:')" 1
train -q --epochs 3 --start m1.npz -t 1 -o a.npz
train -q --epochs 3 --start m1.npz -t 3 -o b.npz
equal_files "any number of threads" a.npz b.npz
train -q --epochs 3 --start m1.npz --checkpoint ck.npz --eval-every 1 -o a.npz
train -q --epochs 1 --start m1.npz --checkpoint ck.npz --eval-every 1 -o b.npz
train -q --epochs 3 --start m1.npz --resume ck.npz --eval-every 1 -o b.npz
equal_files "a run that was interrupted" a.npz b.npz
train -q --epochs 1 --start - -o b.npz <m1.npz
ok $? "from standard input"
train -q --epochs 1 --start ck.npz -o b.npz
ok $? "a checkpoint is a model"
fails 1 "stair-train: 'ck.npz' is a checkpoint of another run: it has --eval-every=1, this run has --eval-every=5" \
	train -q --epochs 3 --start m1.npz --resume ck.npz -o b.npz
train -q --epochs 3 --resume ck.npz --eval-every 1 --init d2-init.npz -o b.npz 2>err
same "a resumed run needs the same start" "$? $(grep -c 'another run' err)" "1 1"

for s in lightgcn mf jgcf; do
	stair-train -q --model $s -d 6 --data d1.npz --epochs 2 --batch 128 -o $s.npz
	stair-train --model $s --data d2.npz --epochs 0 --start $s.npz -o $s-2.npz 2>err
	same "$s: of the model's width" "$? $(stair-info $s-2.npz | sed -nE 's/.*d=([0-9]+)$/\1/p') $(stair-cat -m user_param $s-2.npz | head -"$n" | md5sum)" \
		"0 $(stair-info $s.npz | sed -nE 's/.*d=([0-9]+)$/\1/p') $(stair-cat -m user_param $s.npz | md5sum)"
done
stair-train -q --model bm3 -d 4 --data d1.npz --features text=d1-text.npz --epochs 1 --batch 128 -o bm3.npz
stair-train -q --model bm3 --data d2.npz --features text=d2-text.npz --epochs 1 --batch 128 --start bm3.npz -o bm3-2.npz
ok $? "a net starts from its embeddings"
net() { # net MODEL: of a checkpoint after one more epoch of none everything is as it was
	stair-train -q --model "$1" -d 4 --data d1.npz --features text=d1-text.npz --epochs 2 --keep last --batch 128 --checkpoint net.npz -o net1.npz
	stair-train --model "$1" -d 4 --data d1.npz --features text=d1-text.npz --epochs 0 --keep last --batch 128 --start net.npz -o net2.npz 2>err
	same "$1: from a checkpoint" "$? $(grep -c anew err) $(stair-cat -m item net2.npz | md5sum)" "0 0 $(stair-cat -m item net1.npz | md5sum)"
	stair-train -q --model "$1" -d 4 --data d2.npz --features text=d2-text.npz --epochs 1 --batch 128 --start net.npz -o net2.npz
	ok $? "$1: of another day"
}
for s in bm3 mmgcn freedom; do net $s; done
stair-train --model bm3 -d 4 --data d2.npz --features text=d2-text.npz --epochs 0 --start bm3.npz -o net2.npz 2>err
same "a model has no other parameters" "$(grep anew err)" \
	"stair-train: 4 of 4 matrices of parameters beside those of users and items begin anew (a checkpoint holds them)"

fails 1 "stair-train: 'lightgcn.npz' is a model of 'lightgcn', not of 'stair'" train -q --start lightgcn.npz --epochs 1 -o b.npz
fails 1 "stair-train: 'lightgcn.npz' has parameters of 6 columns, not 8" \
	stair-train -q --model lightgcn -d 8 --data d2.npz --start lightgcn.npz --epochs 1 -o b.npz
fails 1 "stair-train: 'm1.npz' has parameters of 8 columns, not 5" \
	train -q --init <(stair-whiten -q -d 5 d2-text.npz) --start m1.npz --epochs 1 -o b.npz
stair-train -q --model itemknn --data d1.npz -o knn.npz
stair-blend -q --data d1.npz -o blend.npz m1.npz:1 knn.npz:1
fails 1 "stair-train: 'knn.npz' is a graph of items, and a training starts from one model" train -q --start knn.npz --epochs 1 -o b.npz
fails 1 "stair-train: 'blend.npz' is a blend, and a training starts from one model" train -q --start blend.npz --epochs 1 -o b.npz
fails 1 "stair-train: cannot open 'none.npz': No such file or directory" train -q --start none.npz --epochs 1 -o b.npz
fails 2 "stair-train: '--checkpoint m1.npz' and '--start m1.npz' are the same file" train -q --start m1.npz --checkpoint m1.npz --epochs 1 -o b.npz
fails 2 "stair-train: model 'popularity' is not trained: it takes no '--triples', '--start', '--resume' or '--checkpoint'" \
	stair-train --model popularity --data d2.npz --start m1.npz -o b.npz
sed 's/^/u/; s/,/,x/' log.csv | sed '1s/.*/user,item/' | cut -d, -f 1,2 >other.csv
stair-ingest -q -o other.npz other.csv
fails 1 "stair-train: 'm1.npz' has none of the $(stair-cat -m item_ids other.npz | wc -l) items of 'other.npz'" \
	stair-train -q --no-bsc --data other.npz --start m1.npz --epochs 1 -o b.npz
if [ "$PY" ]; then
	$PY -c 'import numpy as np
m = dict(np.load("m1.npz"))
np.savez("vectors.npz", **{k: m[k] for k in ("user", "item", "user_ids", "item_ids")})
np.savez("numbers.npz", **{k: m[k] for k in ("user", "item", "user_param", "item_param")})'
	fails 1 "stair-train: 'vectors.npz' has vectors but no parameters to start from" train -q --start vectors.npz --epochs 1 -o b.npz
	fails 1 "stair-train: 'numbers.npz' has no ids of its users and items" train -q --start numbers.npz --epochs 1 -o b.npz
fi

# what is held out may be known to the model, unless a rule keeps it apart
stair-ingest -q -o r1.npz log.csv
stair-ingest -q --seed 2 -o r2.npz log.csv
stair-train -q --model mf --epochs 1 -d 4 --data r1.npz -o mf1.npz
leak="'mf1.npz' may have been trained on what 'r2.npz' holds out, and then metrics are too good: only the same stair-ingest --split hash for both keeps that out of training"
same "a start from another split" "$(stair-train --model mf --epochs 1 --data r2.npz --start mf1.npz -o x.npz 2>&1 | head -1)" "stair-train: $leak"
same "folding, too" "$(stair-fold --data r2.npz -o x.npz mf1.npz 2>&1 | head -1)" "stair-fold: $leak"
same "the same split" "$(stair-fold --data r1.npz -o x.npz mf1.npz 2>&1 | grep -c 'may have')" 0
stair-train -q --model mf --epochs 1 -d 4 --data d1.npz -o mfd.npz
same "a split by hash goes on" "$(stair-fold --data d2.npz -o x.npz mfd.npz 2>&1 | grep -c 'may have')" 0
stair-ingest -q --split hash:8:1:1 --seed 2 -o d3.npz log.csv
same "with its seed" "$(stair-fold --data d3.npz -o x.npz mfd.npz 2>&1 | grep -c 'may have')" 1
done_testing
