#!/usr/bin/env bash
# stair-eval: numbers worked out by hand, masks, messages, streams.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

cat >in.csv <<END
user,item,label
a,x,0
a,y,1
a,z,2
b,x,0
b,y,0
b,z,1
b,w,2
c,z,0
c,x,0
c,y,2
END
stair-ingest -q --split label --label label -o d.npz in.csv
# item vector = train degree: x 3, y 1, z 1, w 0
stair-train -q --model popularity --data d.npz -o m.npz

# a: x y z w, target z; b: target w; c: target y
same "nothing masked" "$(stair-eval --data d.npz --mask none --top 1,2,3 m.npz | grep -E '^(users|recall|hit|coverage|mrr)')" \
	"users	-	3
recall	1	0
recall	2	0.3333333333333333
recall	3	0.6666666666666666
hit	1	0
hit	2	0.3333333333333333
hit	3	0.6666666666666666
mrr	1	0
mrr	2	0.16666666666666666
mrr	3	0.27777777777777773
coverage	1	0.25
coverage	2	0.5
coverage	3	0.75"
# a: y z w -> 2nd; b: z w -> 2nd; c: y w -> 1st
same "train masked" "$(stair-eval --data d.npz --mask train --top 1,2 m.npz | grep -E '^recall')" \
	"recall	1	0.3333333333333333
recall	2	1"
same "test masks train and valid" "$(stair-eval --data d.npz --top 1 m.npz | grep -E '^(users|ndcg|map)')" \
	"users	-	3
ndcg	1	1
map	1	1"
same "valid masks train, and skips users without targets" "$(stair-eval --data d.npz --split valid --top 1 m.npz | grep -E '^(users|ndcg|precision)')" \
	"users	-	2
ndcg	1	1
precision	1	1"
same "the same with the mask spelled out" "$(stair-eval --data d.npz --split valid --mask train m.npz)" "$(stair-eval --data d.npz --split valid m.npz)"
# what the metrics are about: the digests in the history, as numbers
digests() { # digests FORM: of d.npz
	local part hex names=(users items train)
	for part in "${names[@]}"; do
		hex=$(stair-info d.npz | sed -nE "s/^belongs.*$part=([0-9a-f]*).*/\1/p")
		[ "$1" = json ] && printf ', "digest:%s": %d' "$part" "0x$hex" || printf 'digest:%s\t-\t%d\n' "$part" "0x$hex"
	done
	hex=$(stair-eval --data d.npz m.npz | sed -n 's/^digest:test\t-\t//p')
	[ "$1" = json ] && printf ', "digest:test": %d' "$hex" || printf 'digest:test\t-\t%d\nmask\t-\t2\n' "$hex"
}
same "what the metrics are about" "$(stair-eval --data d.npz m.npz | tail -5)" "$(digests tsv)"
same "of valid, another mask" "$(stair-eval --data d.npz --split valid --mask none m.npz | tail -2 | cut -f1,2 | tr '\n' ' ') \
$(stair-eval --data d.npz --split valid --mask none m.npz | tail -1 | cut -f3)" "digest:valid	- mask	-  0"
same "JSON" "$(stair-eval --data d.npz --mask none --top 2 --json m.npz)" \
	'{"split": "test", "users": 3, "recall": {"2": 0.3333333333333333}, "ndcg": {"2": 0.21030991785715247}, "precision": {"2": 0.16666666666666666}, "hit": {"2": 0.3333333333333333}, "mrr": {"2": 0.16666666666666666}, "map": {"2": 0.16666666666666666}, "coverage": {"2": 0.5}, "popularity": {"2": 2}, "novelty": {"2": 0.7924812503605781}, "gini": {"2": 0.5}, "tail": {"2": 0}, "mask": "none"'"$(digests json)"'}'
same "MMSSL's NDCG on request" "$(stair-eval --data d.npz --mask none --top 2 --mmssl-ndcg --per-user u.tsv m.npz | grep mmssl; head -1 u.tsv | tr '\t' '\n' | grep mmssl)" \
	"mmssl-ndcg	2	0.21030991785715247
mmssl-ndcg@2"
stair-eval --data d.npz --mask none --strata --top 3 m.npz >strata
same "strata" "$(grep -E 'degree:.*(users|recall)' strata)" "user-degree:1-4:users	-	3
user-degree:1-4:recall	3	0.6666666666666666
item-degree:0:users	-	1
item-degree:0:recall	3	0
item-degree:1-4:users	-	2
item-degree:1-4:recall	3	1"
# x 3, y 1, z 1 purchases by 3 users: the head is x and y, 4 of 5; lists x y, x y, x y
same "what the lists show" "$(stair-eval --data d.npz --mask none --top 1,2,3 m.npz | grep -E '^(novelty|gini|tail)')" \
	"novelty	1	0
novelty	2	0.7924812503605781
novelty	3	1.0566416671474377
gini	1	0.75
gini	2	0.5
gini	3	0.25
tail	1	0
tail	2	0
tail	3	0.3333333333333333"
# w alone is cold, the target of b
same "cold and warm items" "$(stair-eval --data d.npz --cold --mask none --top 1 m.npz | grep -E '^(cold|warm):(users|recall)')" \
	"warm:users	-	2
warm:recall	1	0
cold:users	-	1
cold:recall	1	1"
same "no cold targets" "$(stair-eval --data d.npz --cold --split valid --json --top 1 m.npz 2>&1 | grep -oE '("cold.{20}|stair-eval.*)')" \
	"stair-eval: all valid items have train interactions"
printf 'a\told\nc\told\nb\tnew one\nnobody\told\n' >users.seg
printf 'z\tgreen\nx\tgreen\ny\t"red"\n' >items.seg
same "segments" "$(stair-eval --data d.npz --mask none --top 3 --segments users.seg --segments items=items.seg m.npz 2>err | grep -E 'segment.*(users|recall)')" \
	'user-segment:old:users	-	2
user-segment:old:recall	3	1
user-segment:new one:users	-	1
user-segment:new one:recall	3	0
item-segment:green:users	-	1
item-segment:green:recall	3	1
item-segment:"red":users	-	1
item-segment:"red":recall	3	1'
same "unknown ids are counted" "$(cat err)" "stair-eval: 'users.seg': passed over 1 rows of unknown ids"
same "segments in JSON" "$(stair-eval --data d.npz --mask none --top 3 --json --segments items.seg m.npz | grep -oE '"item-segment.*"' | sed 's/, "ndcg[^}]*}//g; s/, "[pmh][^}]*}//g; s/, "digest.*//')" \
	'"item-segment": {"green": {"users": 1, "recall": {"3": 1}}, "\"red\"": {"users": 1, "recall": {"3": 1}}}'
stair-eval --data d.npz --cold --segments items.seg --json m.npz >seg.json
stair-eval --data d.npz --cold --segments items.seg m.npz >seg.tsv
same "stair-compare reads both" "$(stair-compare a=seg.json b=seg.json | cut -f 1,2,4,5 | sort | cksum)" "$(stair-compare a=seg.tsv b=seg.tsv | cut -f 1,2,4,5 | sort | cksum)"
printf 'a\told\nx\tgreen\n' >both.seg
fails 1 "stair-eval: 'both.seg' has ids of users and of items: say --segments users=both.seg or --segments items=both.seg" \
	stair-eval --data d.npz --segments both.seg m.npz
runs "which of them is said" stair-eval --data d.npz --segments users=both.seg m.npz
printf 'a\told\na\tnew\n' >twice.seg
fails 1 "stair-eval: 'twice.seg' line 2: 'a' is in another segment already" stair-eval --data d.npz --segments twice.seg m.npz
printf 'q\told\n' >none.seg
fails 1 "stair-eval: 'none.seg' has no segment of a user or an item that is known: the ids of 'none.seg' are such as 'q', the dataset's such as 'a'" \
	stair-eval --data d.npz --segments none.seg m.npz
fails 1 "stair-eval: 'none.seg' has no segment of a user or an item that is known: the ids of 'none.seg' are such as 'q', the dataset's such as 'x'" \
	stair-eval --data d.npz --segments items=none.seg m.npz
echo q >none.seg
fails 1 "stair-eval: 'none.seg' line 1: a tab between id and segment is missing" stair-eval --data d.npz --segments none.seg m.npz
printf 'a\t\n' >none.seg
fails 1 "stair-eval: 'none.seg' line 1: the segment is empty" stair-eval --data d.npz --segments none.seg m.npz
fails 1 "stair-eval: both files of --segments are about users" stair-eval -q --data d.npz --segments users.seg --segments users=both.seg m.npz
fails 2 "stair-eval: option '--segments' takes one file of users and one of items" \
	stair-eval --data d.npz --segments a --segments b --segments c m.npz
fails 1 "stair-eval: 'm.npz' is a model, not text" stair-eval --data d.npz --segments m.npz m.npz
stair-eval --data d.npz --mask none --top 1,3 --per-user u.tsv m.npz >/dev/null
same "single users" "$(cut -f 1-6 u.tsv)" "user	targets	recall@1	recall@3	ndcg@1	ndcg@3
a	1	0	1	0	0.5
b	1	0	0	0	0
c	1	0	1	0	0.6309297535714574"

# a graph of items: x-y by b, x-z by c, each 1 / sqrt(3)
stair-train -q --model itemknn --shrink 0 --data d.npz -o g.npz
# a: z w, target z; b: w; c: y w
same "a graph: what train items lead to, then the rest" "$(stair-eval --data d.npz --top 1 g.npz | grep -E '^(users|recall)')" \
	"users	-	3
recall	1	1"
# a: y z x w; b: x y z w; c: x y z w
same "a graph, nothing masked" "$(stair-eval --data d.npz --mask none --top 1,2,3,4 g.npz | grep -E '^recall')" \
	"recall	1	0
recall	2	0.6666666666666666
recall	3	0.6666666666666666
recall	4	1"
for t in 1 4; do
	stair-eval --data d.npz -t $t --strata --per-user g$t g.npz >t$t
done
equal_files "a graph: -t 4" t1 t4
equal_files "a graph: -t 4, single users" g1 g4
stair-eval --data d.npz --strata <g.npz >pipe
equal_files "a graph from a pipe" t1 pipe

# streams
stair-eval --data d.npz m.npz >file
stair-eval --data d.npz <m.npz >pipe
equal_files "model from a pipe" file pipe
stair-eval --data - m.npz <d.npz >pipe
equal_files "dataset from a pipe" file pipe
stair-eval --data d.npz -o out m.npz
equal_files "-o FILE" file out
stair-eval --data d.npz --per-user - -o out m.npz | cmp -s - <(stair-eval --data d.npz --per-user /dev/stdout -o out m.npz)
ok $? "single users on standard output"
stair-eval --data d.npz -t 1 --strata --per-user u1 m.npz >t1
for t in 2 4; do
	stair-eval --data d.npz -t $t --strata --per-user u$t m.npz >t$t
	equal_files "-t $t" t1 t$t
	equal_files "-t $t, single users" u1 u$t
done
stair-eval --data d.npz m.npz 2>err >/dev/full
same "a full disk" "$? $(cat err)" "1 stair-eval: cannot write '<stdout>': No space left on device"
fails 1 "stair-eval: cannot write '/dev/full': No space left on device" stair-eval --data d.npz --per-user /dev/full m.npz
(stair-eval --data d.npz --strata --per-user - -o /dev/null m.npz 2>err | head -c1 >/dev/null)
same "a closed pipe is silent" "$(cat err)" ""

# bad input
fails 2 "stair-eval: option '--data' is missing (see --help)" stair-eval m.npz
fails 2 "stair-eval: only one input can be standard input" stair-eval --data -
fails 2 "stair-eval: only one input can be standard input" stair-eval --data d.npz --segments users=- -
cp m.npz both
ln both link
fails 2 "stair-eval: '--per-user both' and '--output link' are the same file" stair-eval --data d.npz --per-user both -o link m.npz
fails 2 "stair-eval: '--per-user new' and '--output new' are the same file" stair-eval --data d.npz --per-user new -o new m.npz
runs "one device twice" stair-eval -q --data d.npz --per-user /dev/null -o /dev/null m.npz
for top in 10,5 0 5,5 x '5,' ,5 1.5 99999999999999999999 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17; do
	fails 2 "stair-eval: option '--top': '$top' is not 1 to 16 ascending numbers, as in 10,20" stair-eval --data d.npz --top $top m.npz
done
fails 2 "stair-eval: option '--split': 'train' is none of valid|test" stair-eval --data d.npz --split train m.npz
fails 2 "stair-eval: option '--mask': the valid items are evaluated, they cannot be left out" stair-eval --data d.npz --split valid --mask train,valid m.npz
fails 2 "stair-eval: metrics and per-user metrics cannot both go to standard output" stair-eval --data d.npz --per-user - m.npz
fails 2 "stair-eval: unexpected operand 'm2.npz' (see --help)" stair-eval --data d.npz m.npz m2.npz
fails 1 "stair-eval: cannot open 'no.npz': No such file or directory" stair-eval --data d.npz no.npz
fails 1 "stair-eval: 'd.npz' is a dataset, not a model: see stair-train(1)" stair-eval --data d.npz d.npz
fails 1 "stair-eval: 'm.npz' is a model, not a dataset: see stair-ingest(1)" stair-eval --data m.npz m.npz
{
	cat in.csv
	echo d,v,0
} >in2.csv
stair-ingest -q --split label --label label -o d2.npz in2.csv
fails 1 "stair-eval: 'm.npz' has 3 users and 4 items, but 'd2.npz' has 4 users and 5 items" stair-eval --data d2.npz m.npz
fails 1 "stair-eval: 'g.npz' is a graph of 4 x 4, but 'd2.npz' has 5 items" stair-eval --data d2.npz g.npz
head -c "$(($(grep -abo shape.npy g.npz | head -1 | cut -d: -f1) + 100))" g.npz >cut.npz
fails 1 "stair-eval: cannot read 'cut.npz': member 'shape.npy': unexpected end of file" stair-eval --data d.npz cut.npz
grep -v 2$ in.csv >in3.csv
stair-ingest -q --split label --label label -o d3.npz in3.csv
stair-train -q --model popularity --data d3.npz -o m3.npz
fails 1 "stair-eval: 'd3.npz' holds no test interactions" stair-eval --data d3.npz m3.npz
printf 'user,item,label\n"a\tb",x,0\n"a\tb",y,2\n' >in4.csv
stair-ingest -q --split label --label label -o d4.npz in4.csv
stair-train -q --model popularity --data d4.npz -o m4.npz
fails 1 "stair-eval: 'd4.npz': the id of user 0 contains a tab or a line end, which a table cannot hold" stair-eval --data d4.npz --per-user u4 m4.npz
echo old >keep
echo old >each
fails 1 "stair-eval: 'd.npz' is a dataset, not a model: see stair-train(1)" stair-eval --data d.npz -o keep --per-user each d.npz
same "old output survives" "$(cat keep each)" "old
old"
same "no temporary files" "$(find . -name '*.??????' -newer keep | head -3)" ""
done_testing
