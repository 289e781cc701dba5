#!/usr/bin/env bash
# stair-blend against its definition in NumPy, on a made-up shop and on Baby.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "NumPy twin" "NumPy is not there" && done_testing; }

blended() { # blended NAME value|weights DATA MODEL...: scores, then the weights that are chosen
	local name=$1 how=$2 data=$3 weights
	shift 3
	stair-blend --data "$data" -o b.npz "$@" 2>said
	ok $? "$name: stair-blend"
	stair-cat -m user_ids "$data" | head -1000 >some
	stair-recommend --data "$data" --keep-seen --users some -o lists.tsv b.npz
	runs "$name: scores are the sums of z-scores" $PY "$TOP/tests/interop/blend.py" scores "$data" b.npz lists.tsv
	weights=$(sed -nE 's/.*weight ([0-9.e-]+): .*/\1/p' said | tr '\n' ' ')
	[ "$how" = weights ] || set -- "$(tr ' ' , <<<"${weights% }")" "$@"
	same "$name: the $how and what they give" "$weights$(sed -nE 's/.*valid NDCG@20 //p' said)" \
		"$($PY "$TOP/tests/interop/blend.py" "$how" "$data" "$@")"
}

stair-synth -q --users 400 --items 200 --interactions 5000 --topics 8 --image-dim 16 --text-dim 16 -o raw
stair-ingest -q --core 3 -o s.npz raw/interactions.csv.gz
stair-features -q --data s.npz --ids raw/item_ids.txt -o text.npz raw/text.npy
stair-train -q --model mf --data s.npz --epochs 20 --batch 256 -d 8 -o mf.npz
stair-train -q --model itemknn --data s.npz -o knn.npz
stair-knn -q --values cosine -o near.npz text.npz:5
blended "shop, two" weights s.npz mf.npz knn.npz
blended "shop, three" weights s.npz near.npz mf.npz knn.npz

# what more rows were trained on than there are
$PY - <<'END'
import numpy as np
m = np.load("mf.npz")
m = {k: m[k] for k in m.files if k != "history.txt"}
n = 100_000
m["user_ids"] = np.array([b"u%d" % i for i in range(n)])
m["user_train"] = np.arange(n)
np.savez("more.npz", **m)
END
runs "ids that are not as many as the rows" stair-blend -q --foreign --data s.npz -o b.npz mf.npz:1 more.npz:1
same "are of no row" "$(stair-cat -m user_train b.npz | md5sum)" "$(stair-cat -m user_train mf.npz | md5sum)"

baby=$DATA/amazon-baby
if [ -e "$baby/baby.mmrec.inter.gz" ]; then
	stair-ingest -q --split label -o baby.npz "$baby/baby.mmrec.inter.gz"
	stair-whiten -q -o init.npz "$baby/text_feat_derived.npy:5" "$baby/image_feat_derived.npy:1"
	stair-knn -q -o items.npz "$baby/text_knn10.npz:5" "$baby/image_knn10.npz:1"
	stair-train -q --data baby.npz --init init.npz --items items.npz --epochs 4 --eval-every 4 -o stair.npz
	stair-train -q --model itemknn --data baby.npz -o knn.npz
	blended Baby value baby.npz stair.npz knn.npz
else
	skip "Baby" "the data is not there"
fi
done_testing
