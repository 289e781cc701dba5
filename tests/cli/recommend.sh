#!/usr/bin/env bash
# stair-recommend: lists worked out by hand, users, titles, messages, streams.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

cat >in.csv <<END
user,item,label
a,x,0
a,y,1
a,z,2
b,x,0
b,y,0
b,v,1
c,z,0
c,x,0
c,y,0
c,w,0
c,v,0
END
stair-ingest -q --split label --label label -o d.npz in.csv
# scores: x 3, y 2, z 1, v 1, w 1; indices x 0, y 1, z 2, v 3, w 4
stair-train -q --model popularity --data d.npz -o m.npz
r() { stair-recommend --data d.npz "$@"; }

same "seen items left out, ties to the smaller index" "$(r m.npz)" "a	1	v	1
a	2	w	1
b	1	z	1
b	2	w	1"
same "seen items kept" "$(r --keep-seen -n 3 m.npz | grep ^b)" "b	1	x	3
b	2	y	2
b	3	z	1"
same "JSON" "$(r --json -n 1 m.npz)" '{"user": "a", "items": [{"item": "v", "score": 1}]}
{"user": "b", "items": [{"item": "z", "score": 1}]}
{"user": "c", "items": []}'
# a has x alone in train, whose nearest is y: 2 / (sqrt(3 2) + 1)
stair-train -q --model itemknn --neighbors 1 --shrink 1 --data d.npz -o g.npz
same "a graph of items" "$(r --keep-seen -n 2 g.npz | grep ^a)" "a	1	y	0.579795897
a	2	x	0"
# c's scores: nothing leads to z, which stands behind by popularity
same "places that no score fills: the popular first" "$(r --keep-seen g.npz | awk '$1 == "a" {print $3}' | tr '\n' ' ')" "y x z v w "
cat >cold.csv <<END
user,item,label
a,x,0
a,q,1
b,y,0
b,y2,1
b,z,0
c,z,0
d,q,2
END
stair-ingest -q --split label --label label -o cold.npz cold.csv
stair-train -q --model mf --epochs 1 --batch 4 -d 4 --data cold.npz -o mf.npz
stair-train -q --model itemknn --shrink 0 --data cold.npz -o knn.npz
c() { stair-recommend --data cold.npz "$@"; }
list() { awk -v u="$1" '$1 == u {printf "%s ", $3}'; }
same "a user without history gets the popular items, with vectors too" "$(c mf.npz | list d) $(c mf.npz | awk '$1 == "d" {print $4}' | sort -u)" "z x y y2  0"
same "and with a graph" "$(c knn.npz | list d)" "z x y y2 "
same "and no cold item by its number" "$(c --cold 1 -n 3 mf.npz | list d)" "z x y "
same "a place for a cold item" "$(c --cold 1 -n 2 mf.npz | awk '$1 == "a"' | cut -f 3 | grep -cE '^(y2|q)$')" 1
same "two places" "$(c --keep-seen --cold 2 -n 2 mf.npz | awk '$1 == "a"' | cut -f 3 | sort | tr '\n' ' ')" "q y2 "
printf 'x\ny\nnothing\n' >stock
same "--only" "$(c --keep-seen --only stock knn.npz 2>err | list d)" "x y "
same "unknown items are counted" "$(cat err)" "stair-recommend: 'stock': passed over 1 rows of unknown items"
echo elsewhere >other
c --exclude other knn.npz 2>&1 >/dev/null | tail -n 1 >err
same "none of them known" "$(cat err)" "stair-recommend: none is left: the ids of 'other' are such as 'elsewhere', the dataset's such as '$(stair-cat -m item_ids cold.npz | head -n 1)'"
printf 'nobody\tx\n' >other
same "no user known" "$(c --exclude-pairs other knn.npz 2>&1 >/dev/null | tail -n 1)" "stair-recommend: none is left: the ids of 'other' are such as 'nobody', the dataset's such as 'a'"
printf 'x\nz\n' >warm
same "no cold item is left" "$(c --only warm --cold 1 knn.npz 2>&1 >/dev/null)" "stair-recommend: all items that may be in lists have train interactions"
for in in "--cap 1:- --only -" "--titles - --cap 1:-" "--cap 1:- -" "--history - --exclude -"; do
	fails 2 "stair-recommend: only one input can be standard input" c $in
done
same "--exclude" "$(c -q --keep-seen --exclude stock knn.npz | list d)" "z q y2 "
printf 'd\tz\nd\tx\nnobody\tx\nd\tz\n' >pairs
same "--exclude-pairs" "$(c -q --exclude-pairs pairs knn.npz | list d) $(c -q --exclude-pairs pairs knn.npz | list b)" "y y2  x q "
printf 'x\tred\nz\tred\ny\tblue\n' >groups
same "--cap, while ranking" "$(c -q --keep-seen -n 3 --cap 1:groups knn.npz | list d)" "z y q "
printf 'x\t\nz\t\nx\tred\ny\tblue\n' >some
same "an empty name is no group" "$(c -q --keep-seen -n 3 --cap 1:some knn.npz | list d)" "z x y "
same "all together" "$(c -q --keep-seen -n 2 --cap 1:groups --exclude-pairs pairs --only stock knn.npz | list d)" "y "
for t in 1 3; do c -q -t $t --keep-seen --cold 1 --cap 1:groups mf.npz >cold$t; done
equal_files "-t 3" cold1 cold3
same "--explain" "$(r --keep-seen --explain 2 -n 1 g.npz | grep ^a)" "a	1	y	0.579795897	x	0.579795897"
same "--explain in JSON" "$(r --keep-seen --explain 1 -n 2 --json g.npz | head -1)" \
	'{"user": "a", "items": [{"item": "y", "score": 0.579795897, "because": [{"item": "x", "part": 0.579795897}]}, {"item": "x", "score": 0, "because": []}]}'
runs "reasons of vectors" r --explain 1 m.npz
for cap in x 0:groups 2 2: :groups -1:groups; do
	fails 2 "stair-recommend: option '--cap': '$cap' is not a number of at least 1, a colon and a file, as in 2:brands.tsv" c --cap=$cap knn.npz
done
fails 1 "stair-recommend: 'stock' line 1: a tab between item and group is missing" c --cap 1:stock knn.npz
fails 1 "stair-recommend: 'stock' line 1: a tab between user and item is missing" c --exclude-pairs stock knn.npz
printf 'x\tred\nx\tblue\n' >twice
fails 1 "stair-recommend: 'twice' line 2: item 'x' is in another group already" c --cap 1:twice knn.npz
fails 1 "stair-recommend: no item is left to recommend" c --only /dev/null knn.npz
fails 1 "stair-recommend: cannot open 'no': No such file or directory" c --exclude no knn.npz
printf 'b\n\na\r\nb' >users
same "chosen users in their order" "$(r --users users -n 1 m.npz)" "b	1	z	1
a	1	v	1
b	1	z	1"
same "users from a pipe" "$(r --users - -n 1 m.npz <users)" "$(r --users users -n 1 m.npz)"
same "no users wanted" "$(r --users /dev/null m.npz)" ""
printf 'b\nnobody\na\nzorro\n' >users
fails 1 "stair-recommend: 'users' line 2: unknown user 'nobody' (the first of the dataset is 'a')" r --users users m.npz
same "unknown users passed over" "$(r --users users --skip-unknown -n 1 m.npz 2>err)" "b	1	z	1
a	1	v	1"
same "and counted" "$(cat err)" "stair-recommend: skipped 2 unknown users"
printf 'id\ttitle\tprice\nz\tA "last" one\t5\nother\tthing\nv\t\nz\tagain\n' >titles
same "titles" "$(r --titles titles -n 1 m.npz)" "a	1	v	1	
b	1	z	1	A \"last\" one"
same "titles in JSON" "$(r --titles titles -n 1 --json m.npz | sed -n 2p)" \
	'{"user": "b", "items": [{"item": "z", "score": 1, "title": "A \"last\" one"}]}'
same "a list longer than the catalogue" "$(r -n 1000000000 m.npz)" "$(r m.npz)"

# streams
r m.npz >file
r <m.npz >pipe
equal_files "model from a pipe" file pipe
stair-recommend --data - m.npz <d.npz >pipe
equal_files "dataset from a pipe" file pipe
r -o out m.npz
equal_files "-o FILE" file out
for t in 1 2 4; do
	r -t $t m.npz >t$t
	equal_files "-t $t" file t$t
	r -t $t --json --keep-seen g.npz >g$t
	equal_files "-t $t, a graph" g1 g$t
done
r m.npz 2>err >/dev/full
same "a full disk" "$? $(cat err)" "1 stair-recommend: cannot write '<stdout>': No space left on device"
(r --keep-seen m.npz 2>err | head -c1 >/dev/null)
same "a closed pipe is silent" "$(cat err)" ""

# bad input
fails 2 "stair-recommend: option '--data' is missing (see --help)" stair-recommend m.npz
fails 2 "stair-recommend: only one input can be standard input" r --users -
fails 2 "stair-recommend: option '--skip-unknown' needs '--users'" r --skip-unknown m.npz
fails 2 "stair-recommend: option '--number': '0' is not in 1..1e+09" r -n 0 m.npz
fails 2 "stair-recommend: unexpected operand 'x' (see --help)" r m.npz x
fails 1 "stair-recommend: cannot open 'no': No such file or directory" r --users no m.npz
fails 1 "stair-recommend: cannot open 'no': No such file or directory" r --titles no m.npz
printf 'id\ttitle\nz\n' >titles
fails 1 "stair-recommend: 'titles' line 2: a tab between id and title is missing" r --titles titles m.npz
echo e,x,0 >>in.csv
stair-ingest -q --split label --label label -o d2.npz in.csv
fails 1 "stair-recommend: 'm.npz' has 3 users and 5 items, but 'd2.npz' has 4 users and 5 items" stair-recommend --data d2.npz m.npz
printf 'user,item,label\na,x,0\nb,z,0\n' >in4.csv
stair-ingest -q --split label --label label -o d4.npz in4.csv
fails 1 "stair-recommend: 'g.npz' is a graph of 5 x 5, but 'd4.npz' has 2 items" stair-recommend --data d4.npz g.npz
printf 'user,item,label\na,"x\ty",0\nb,z,0\n' >in3.csv
stair-ingest -q --split label --label label -o d3.npz in3.csv
stair-train -q --model popularity --data d3.npz -o m3.npz
fails 1 "stair-recommend: 'd3.npz': the id of item 0 contains a tab or a line end, which a table cannot hold" stair-recommend --data d3.npz m3.npz
same "which JSON can" "$(stair-recommend --json --data d3.npz m3.npz)" '{"user": "a", "items": [{"item": "z", "score": 1}]}
{"user": "b", "items": [{"item": "x\u0009y", "score": 1}]}'
echo old >out
fails 1 "stair-recommend: 'd.npz' is a dataset, not a model: see stair-train(1)" r -o out d.npz
same "old output survives" "$(cat out)" old
same "no temporary files" "$(find . -name 'out?*')" ""

if [ -e "$DATA/amazon-baby/baby.inter.gz" ]; then
	stair-ingest -q -o baby.npz "$DATA/amazon-baby/baby.inter.gz"
	stair-train -q --model popularity --data baby.npz -o pop.npz
	stair-recommend --data baby.npz -n 5 --titles "$DATA/amazon-baby/titles.tsv" pop.npz >top
	same "Baby: five for each" "$(wc -l <top) $(cut -f 1 top | uniq | wc -l)" "97225 19445"
	for t in 1 3; do
		stair-recommend -t $t --data baby.npz -n 5 --titles "$DATA/amazon-baby/titles.tsv" pop.npz | cmp -s - top
		ok $? "Baby: -t $t"
	done
else
	skip "Baby" "the data is not there"
fi
done_testing
