#!/usr/bin/env bash
# Files of other users, items or splits: every reader refuses them with both
# files and both origins, takes them with --foreign, and takes what fits.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth -q --users 200 --items 100 --interactions 4000 --topics 8 --image-dim 20 --text-dim 16 -o raw
gzip -dc raw/interactions.csv.gz >log.csv
sed '2,$s/,/x,/' log.csv >users.csv                  # the same with other user ids
sed -E '2,$s/^([^,]*),([^,]*)/\1,\2x/' log.csv >items.csv # with other item ids
ingest() { stair-ingest -q --core 5 "$@"; }
ingest -s 1 -o a.npz log.csv
ingest -s 2 -o split.npz log.csv
ingest -s 1 -o users.npz users.csv
ingest -s 1 -o items.npz items.csv
ingest --split ratio:1:0:0 -o all.npz log.csv
raw() { stair-info "$1" | sed -nE 's/.*interactions:([0-9a-f]*).*/\1/p' | tail -1; } # the id of its interactions
belongs() { stair-info "$1" | sed -n 's/^belongs\t//p'; }
same "a split changes the train digest alone" "$(belongs a.npz | cut -f1,2)" "$(belongs split.npz | cut -f1,2)"
same "and does" "$([ "$(belongs a.npz)" != "$(belongs split.npz)" ] && echo yes)" yes
same "other users, same items and pairs" "$(belongs a.npz | cut -f2,3)" "$(belongs users.npz | cut -f2,3)"
same "other items, same users and pairs" "$(belongs a.npz | cut -f1,3)" "$(belongs items.npz | cut -f1,3)"

for d in a split users items all; do
	stair-train -q --model itemknn --data $d.npz -o $d-knn.npz
	stair-train -q --model mf -d 8 --epochs 1 --data $d.npz -o $d-mf.npz
done
same "a model belongs to its data" "$(belongs a-mf.npz) $(belongs a-knn.npz)" "$(belongs a.npz) $(belongs a.npz)"
same "and holds its ids" "$(stair-cat -m user_ids a-mf.npz | cksum) $(stair-cat -m item_ids a-knn.npz | cksum)" \
	"$(stair-cat -m user_ids a.npz | cksum) $(stair-cat -m item_ids a.npz | cksum)"

# refused 'MESSAGE' COMMAND...: MODEL belongs elsewhere; --foreign takes it with a note
refused() {
	local message=$1 note
	shift
	fails 1 "${1##*/}: $message (--foreign takes it all the same)" "$@"
	"$@" --foreign >foreign.out 2>foreign.err
	note="$? $(grep ' belongs to ' foreign.err)"
	same "--foreign: $message" "$note" "0 ${1##*/}: $message"
}
splits='belongs to another train split than'
others="the first is from stair-ingest --seed=2, the second from stair-ingest --seed=1"
for m in mf knn; do
	refused "'split-$m.npz' $splits 'a.npz': $others" stair-eval --data a.npz split-$m.npz
	refused "'all-$m.npz' $splits 'a.npz': the first is from stair-ingest --split=ratio:1:0:0, the second from stair-ingest --format=auto --core=5 --ids=auto --seed=1 interactions:$(raw a.npz)" \
		stair-eval --data a.npz all-$m.npz
	refused "'items-$m.npz' belongs to other items than 'a.npz': the first is from stair-ingest interactions:$(raw items.npz), the second from stair-ingest interactions:$(raw a.npz)" \
		stair-eval --data a.npz items-$m.npz
	for d in a split all; do
		stair-recommend --data a.npz $d-$m.npz >top.tsv 2>err
		same "recommend: a model of $d" "$? $(cat err)" "0 "
	done
	refused "'items-$m.npz' belongs to other items than 'a.npz': the first is from stair-ingest interactions:$(raw items.npz), the second from stair-ingest interactions:$(raw a.npz)" \
		stair-recommend --data a.npz items-$m.npz
done
refused "'users-mf.npz' belongs to other users than 'a.npz': the first is from stair-ingest interactions:$(raw users.npz), the second from stair-ingest interactions:$(raw a.npz)" \
	stair-recommend --data a.npz users-mf.npz
runs "recommend: a graph of items serves other users" stair-recommend --data users.npz a-knn.npz
same "without a word" "$(cat runs.err)" ""

# vectors and graphs of items
for d in a items; do
	for f in text image; do
		sed "$([ $d = items ] && echo 's/$/x/')" raw/item_ids.txt >ids.txt
		stair-features -q --data $d.npz --ids ids.txt -o $d-$f.npz raw/$f.npy
	done
	stair-whiten -q -d 8 -o $d-init.npz $d-text.npz:5 $d-image.npz
	stair-knn -q -o $d-near.npz $d-text.npz:5
done
for f in text init near; do
	same "a $f belongs to items alone" "$(belongs a-$f.npz)" "$(belongs a.npz | cut -f2)"
done
origin="the first is from stair-ingest interactions:$(raw items.npz), the second from stair-ingest interactions:$(raw a.npz)"
other="'items-text.npz' belongs to other items than"
refused "$other 'a.npz': $origin" stair-features --data a.npz -o again.npz items-text.npz
refused "$other 'a-image.npz': $origin" stair-whiten -d 8 -o x.npz a-image.npz items-text.npz
same "the first operand tells" "$(belongs x.npz)" "$(belongs a-image.npz)"
refused "$other 'a-image.npz': $origin" stair-knn -o x.npz a-image.npz:5 items-text.npz:5
refused "$other 'a.npz': $origin" stair-uncertainty --data a.npz --clusters 4 --permutations 1 -o x a=a-text.npz b=items-text.npz
train() { stair-train -q --data a.npz --epochs 1 -o x.npz "$@"; }
fit="'items-init.npz' belongs to other items than 'a.npz': $origin"
fails 1 "stair-train: $fit (--foreign takes it all the same)" train --init items-init.npz --items a-near.npz
fails 1 "stair-train: 'items-near.npz' belongs to other items than 'a.npz': $origin (--foreign takes it all the same)" \
	train --init a-init.npz --items items-near.npz
fails 1 "stair-train: $other 'a.npz': $origin (--foreign takes it all the same)" \
	train --model bm3 --features text=items-text.npz
runs "what fits" train --init a-init.npz --items a-near.npz
same "without a word" "$(cat runs.err)" ""
runs "--foreign takes what does not" stair-train --data a.npz --epochs 1 -o y.npz --init items-init.npz --items a-near.npz --foreign
same "with a note" "$(head -1 runs.err)" "stair-train: $fit"
same "the model belongs to the data" "$(belongs y.npz)" "$(belongs a.npz)"
# what was made from a split's pairs belongs to the split
stair-whiten -q -d 8 -o split-init.npz split-knn.npz
fails 1 "stair-train: 'split-init.npz' $splits 'a.npz': $others (--foreign takes it all the same)" \
	train --init split-init.npz --items a-near.npz
stair-train -q --data split.npz --model mf -d 8 --epochs 1 --checkpoint ck.npz -o x.npz
fails 1 "stair-train: 'ck.npz' $splits 'a.npz': $others" train --model mf -d 8 --resume ck.npz
same "a checkpoint recommends as its model" "$(stair-recommend --data a.npz ck.npz | cksum)" "$(stair-recommend --data a.npz x.npz | cksum)"

# files that do not say it work as ever; ids in a model are believed
if [ -n "$PY" ]; then
	"$PY" - <<'END'
import numpy as np
m, n = dict(np.load("items-mf.npz")), dict(np.load("a-mf.npz"))
h = m.pop("history.txt")
np.savez("theirs.npz", **m)                       # ids and no history
del m["user_ids"], m["item_ids"]
np.savez("bare.npz", **m)                         # neither
np.savez("old.npz", user=m["user"], item=m["item"], **{"history.txt": np.frombuffer(h, "u1")})
np.save("text.npy", np.load("items-text.npz")["x"])
del n["item_ids"], n["history.txt"]
np.savez("some.npz", **n)
END
	for f in bare old some; do
		stair-eval -q --data a.npz $f.npz >out 2>err
		same "$f.npz is taken" "$? $(cat err)" "0 "
	done
	same "ids in a foreign model" "$(stair-eval -q --data a.npz theirs.npz 2>&1 | sed 's/: the first.*//')" \
		"stair-eval: 'theirs.npz' belongs to other items than 'a.npz'"
	runs "a bare .npy is taken" stair-whiten -d 8 -o x.npz a-text.npz text.npy
	same "and belongs to what the others do" "$(belongs x.npz)" "$(belongs a-text.npz)"
else
	skip "foreign files" "no NumPy"
fi
done_testing
