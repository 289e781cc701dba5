#!/usr/bin/env bash
# stair-similar: lists worked out by hand, masks, titles, messages, streams.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

cat >in.csv <<END
user,item
a,x
a,y
a,z
b,x
b,y
c,x
c,w
END
stair-ingest -q --split ratio:1:0:0 -o d.npz in.csv
# bought together: x y 2, x z 1, y z 1, x w 1; sold: x 3, y 2, z 1, w 1
stair-train -q --model itemknn --shrink 0 --data d.npz -o g.npz
s() { stair-similar "$@"; }

same "a graph: nothing that has score 0" "$(s g.npz)" "x	1	y	0.816496611
x	2	z	0.577350259
x	3	w	0.577350259
y	1	x	0.816496611
y	2	z	0.707106769
z	1	y	0.707106769
z	2	x	0.577350259
w	1	x	0.577350259"
same "-n, --item" "$(s -n 1 --item z --item x g.npz)" "z	1	y	0.707106769
x	1	y	0.816496611"
printf 'w\nno\nx\n' >some
same "--items" "$(s -n 1 --items some --skip-unknown g.npz 2>err)" "w	1	x	0.577350259
x	1	y	0.816496611"
same "unknown items are counted" "$(cat err)" "stair-similar: skipped 1 unknown items"
printf 'x\tBib "X"\ny\tCup\n' >titles
same "--titles" "$(s --item z --titles titles g.npz)" 'z	1	y	0.707106769	Cup
z	2	x	0.577350259	Bib "X"'
same "--json" "$(s --json --item z --titles titles g.npz)" \
	'{"item": "z", "similar": [{"item": "y", "score": 0.707106769, "title": "Cup"}, {"item": "x", "score": 0.577350259, "title": "Bib \"X\""}]}'
same "of equal score the popular one first" "$(s --data d.npz --item x g.npz | cut -f 3 | tr '\n' ' ')" "y z w "
list() { s "$@" g.npz | cut -f 3 | tr '\n' ' '; }
same "--only" "$(list -q --item x --only some)" "w "
same "--exclude" "$(list -q --item x --exclude some)" "y z "
printf 'x\tz\nq\tx\n' >pairs
same "--exclude-pairs" "$(list -q --item x --exclude-pairs pairs)" "y w "
printf 'y\tred\nz\tred\n' >groups
same "--cap" "$(list -n 2 --item x --cap 1:groups)" "y w "
s --json --item w --exclude some g.npz >out 2>err
same "an item without similar ones" "$(cat out err)" '{"item": "w", "similar": []}
stair-similar: '"'some': passed over 1 rows of unknown items"'
stair-similar: nothing is similar to 1 of 1 items'

# vectors: x (3, 4), y (6, 8), z (0, 1), w (0, 0)
if [ "$PY" ]; then
	$PY -c 'import numpy as np
v = np.array([[3, 4], [6, 8], [0, 1], [0, 0]], "f4")
np.savez("v.npz", user=np.ones((3, 2)), item=v, item_ids=np.array([b"x", b"y", b"z", b"w"]))
np.savez("three.npz", user=np.ones((3, 2)), item=v[:3], item_ids=np.array([b"x", b"y", b"z", b"w"]))
np.savez("bare.npz", user=np.ones((3, 2)), item=v)'
	same "cosines; a zero vector is like nothing" "$(s v.npz 2>/dev/null)" "x	1	y	1
x	2	z	0.800000012
y	1	x	1
y	2	z	0.800000012
z	1	x	0.800000012
z	2	y	0.800000012"
	same "inner products" "$(s --inner --item x v.npz)" "x	1	y	50
x	2	z	4"
	fails 1 "stair-similar: 'three.npz' has 3 items, but 4 item_ids" s three.npz
	fails 1 "stair-similar: 'three.npz' has 3 items, but 'd.npz' has 4" s --data d.npz three.npz
	fails 1 "stair-similar: 'bare.npz' has no item_ids: name the dataset with --data" s bare.npz
	same "ids of the dataset" "$(s --inner --data d.npz --item x bare.npz)" "x	1	y	50
x	2	z	4"
else
	skip "vectors by hand" "NumPy is not there"
fi

stair-synth -q --users 200 --items 150 --interactions 3000 --topics 5 --text-dim 12 -o raw
stair-ingest -q --core 3 --catalogue raw/items.tsv -o data.npz raw/interactions.csv.gz
stair-features -q --data data.npz --ids raw/item_ids.txt -o text.npz raw/text.npy
stair-knn -q --values cosine -o knn.npz text.npz:5
stair-train -q --model mf -d 8 --epochs 2 --data data.npz -o mf.npz
stair-blend -q --data data.npz -o blend.npz mf.npz:1 knn.npz:0.5
for m in mf knn blend; do
	for t in 1 3; do s -t $t --data data.npz --json --cold 2 --titles raw/items.tsv -o $m$t $m.npz; done
	equal_files "$m: -t 3" ${m}1 ${m}3
	same "$m: every item" "$(wc -l <${m}1)" "$(stair-cat -m item_ids data.npz | wc -l)"
	s --data data.npz $m.npz >file
	s --data data.npz <$m.npz >pipe
	equal_files "$m: from a pipe" file pipe
done
same "a graph: the row, best first" "$(s --data data.npz -n 100 knn.npz | wc -l)" "$(stair-info knn.npz | sed -nE 's/^size.*nnz=//p')"

stair-ingest -q --core 8 -o other.npz raw/interactions.csv.gz
fails 2 "stair-similar: options '--item' and '--items' exclude each other" s --item x --items some g.npz
fails 2 "stair-similar: option '--skip-unknown' needs '--items'" s --skip-unknown g.npz
fails 2 "stair-similar: option '--cold' needs '--data', which says what nobody bought" s --cold 1 g.npz
fails 2 "stair-similar: only one input can be standard input" s --items - -
fails 2 "stair-similar: only one input can be standard input" s --cap 1:- -
fails 1 "stair-similar: option '--item': unknown item 'no' (the first of the model is 'x')" s --item no g.npz
fails 1 "stair-similar: 'some' line 2: unknown item 'no' (the first of the dataset is 'x')" s --data d.npz --items some g.npz
fails 1 "stair-similar: option '--item': 'a' is a user, not an item" s --data d.npz --item a g.npz
fails 1 "stair-similar: 'g.npz' is a graph of items, whose values are the scores: --inner is for vectors" s --inner g.npz
fails 1 "stair-similar: 'pairs' line 1: unknown item 'x' (the first of the dataset is '$(stair-cat -m item_ids data.npz | head -1)')" \
	s --data data.npz --items pairs mf.npz
fails 1 "stair-similar: no item is left to list" s -q --only /dev/null g.npz
fails 1 "stair-similar: 'some' line 1: a tab between item and group is missing" s --cap 1:some g.npz
fails 1 "stair-similar: 'text.npz' is a dense matrix, not a model: see stair-train(1)" s --data data.npz text.npz
s --data other.npz mf.npz 2>&1 >/dev/null | sed 's/: the first.*(/ (/' >err
same "items of another dataset" "$(cat err)" \
	"stair-similar: 'mf.npz' belongs to other items than 'other.npz' (--foreign takes it all the same)"
done_testing
