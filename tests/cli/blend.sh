#!/usr/bin/env bash
# stair-blend: scores worked out by hand, weights, messages, streams.
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
# popularity: x 3, y 1, z 1, w 0: mean 1.25, deviation 1.0897
stair-train -q --model popularity --data d.npz -o pop.npz
# x-y by b, x-z by c, each 1 / sqrt(3): a gets y and z, mean and deviation half of it
stair-train -q --model itemknn --shrink 0 --data d.npz -o g.npz
blend() { stair-blend -q --data d.npz "$@"; }
lists() { stair-recommend --data d.npz --keep-seen "$@" | awk '{printf "%s%s %s %.4f", (NR > 1 ? ", " : ""), $1, $3, $4}'; }

runs "two models" blend -o b.npz pop.npz:1 g.npz:1
same "z-scores of a, added" "$(lists b.npz | tr ',' '\n' | grep a | tr '\n' ' ')" "a y 0.7706  a z 0.7706  a x 0.6059  a w -2.1471 "
blend -o b3.npz pop.npz:3 g.npz:0.5
same "with weights" "$(lists b3.npz | cut -d, -f 1-2)" "a x 4.3177, a y -0.1882"
same "what the file holds" "$(stair-info b3.npz | grep -E '^(kind|size|text|values	blend)')" "kind	blend
size	users=3	items=4	parts=2
text	name	blend
values	blend	min=0.5	max=3	mean=1.75
text	part1_name	popularity
text	part2_format	csr
text	part2_name	itemknn"
same "and where it is from" "$(stair-cat -m history.txt b3.npz | tail -1 | cut -f 1,4 | sed -E 's/:[0-9a-f]{8}/:/g')" \
	"stair-blend	data: model=3: model=0.5:"
same "the trained parameters stay" "$(stair-info b3.npz | cut -f 1,2 | grep -c 'member	part1_item_param')" 1
blend -o scaled.npz pop.npz:6 g.npz:1
same "only the ratio of weights orders" "$(lists b3.npz | sed -E 's/ -?[0-9.]+(,|$)/,/g')" "$(lists scaled.npz | sed -E 's/ -?[0-9.]+(,|$)/,/g')"
for m in pop g; do
	blend -o one.npz $m.npz:0.7
	same "one part ranks and scores as it does: $m" "$(stair-recommend --data d.npz --keep-seen one.npz)" "$(stair-recommend --data d.npz --keep-seen $m.npz)"
	blend -o one.npz $m.npz
	same "one part, no weight: $m" "$(stair-eval --data d.npz one.npz)" "$(stair-eval --data d.npz $m.npz)"
done
blend -o zero.npz pop.npz:2 g.npz:0
same "a model of weight 0 is no part" "$(stair-info zero.npz | grep -E '^size') $(lists zero.npz | cut -d, -f 1)" "size	users=3	items=4	parts=1 a x 3.0000"
stair-eval --data d.npz b.npz >file
stair-eval --data d.npz <b.npz >pipe
equal_files "from a pipe" file pipe
blend pop.npz:1 g.npz:1 | cat >piped.npz
equal_files "to a pipe" b.npz piped.npz
blend -o - - g.npz:1 <pop.npz 2>err
same "a model from a pipe needs a weight, too" "$? $(cat err)" "2 stair-blend: 'g.npz' has a weight and '-' has none"
blend -o piped.npz -:1 g.npz:1 <pop.npz
equal_files "a model from a pipe" b.npz piped.npz

# a user of whom no part knows anything
cat >few.csv <<END
user,item,label
a,x,0
a,y,1
b,x,0
b,y,0
c,y,2
c,x,2
END
stair-ingest -q --split label --label label -o few.npz few.csv
stair-train -q --model itemknn --shrink 0 --data few.npz -o fg.npz
stair-train -q --model popularity --data few.npz -o fp.npz
stair-blend -q --data few.npz -o fb.npz fg.npz:1 fp.npz:1
same "a part that knows nothing of a user adds nothing" "$(stair-eval --data few.npz fb.npz | grep -E '^(users|mrr)')" \
	"$(stair-eval --data few.npz fp.npz | grep -E '^(users|mrr)')"

# weights that are chosen
stair-synth -q --users 300 --items 150 --interactions 3600 --topics 8 --image-dim 16 --text-dim 16 -o raw
stair-ingest -q --core 3 -o s.npz raw/interactions.csv.gz
stair-features -q --data s.npz --ids raw/item_ids.txt -o text.npz raw/text.npy
stair-train -q --model mf --data s.npz --epochs 5 --batch 256 -d 8 -o mf.npz
stair-train -q --model itemknn --data s.npz -o knn.npz
stair-knn -q --values cosine -o near.npz text.npz:5
stair-blend --data s.npz -o chosen.npz mf.npz knn.npz near.npz 2>err
ok $? "weights are chosen"
ndcg() { stair-eval --data s.npz --split valid --top 20 "$1" | awk '$1 == "ndcg" {print $3}'; }
same "the valid NDCG@20 that was told is the file's" "$(sed -nE 's/.*valid NDCG@20 //p' err)" "$(printf %.6f "$(ndcg chosen.npz)")"
same "no part is better" "$(for m in mf knn near chosen; do echo "$(ndcg $m.npz) $m"; done | sort -k1,1gr -k2 | head -1 | cut -d' ' -f2)" chosen
for t in 1 3; do
	stair-blend -q --data s.npz -t $t -o t.npz mf.npz knn.npz near.npz
	equal_files "-t $t" chosen.npz t.npz
	stair-eval --data s.npz -t $t --strata chosen.npz >t$t
	stair-recommend --data s.npz -t $t chosen.npz >r$t
done
equal_files "stair-eval of a blend, -t 3" t1 t3
equal_files "stair-recommend of a blend, -t 3" r1 r3
stair-blend -v --data s.npz -o t.npz mf.npz knn.npz 2>err
same "what is tried" "$(grep -c 'weights.*: valid NDCG@20' err)" 20

# bad input
fails 2 "stair-blend: option '--data' is missing (see --help)" stair-blend pop.npz
fails 2 "stair-blend: expected --data FILE MODEL[:WEIGHT]... (see --help)" blend
fails 2 "stair-blend: 'g.npz' has a weight and 'pop.npz' has none" blend pop.npz g.npz:1
fails 2 "stair-blend: 'pop.npz' has a weight and 'g.npz' has none" blend pop.npz:1 g.npz
fails 2 "stair-blend: all weights are 0" blend pop.npz:0 g.npz:0
fails 2 "stair-blend: 'pop.npz:-1': '-1' is not a number of at least 0" blend pop.npz:-1
# shellcheck disable=SC2046 # words
fails 2 "stair-blend: 17 models are more than 16" blend $(printf 'g.npz:1 %.0s' {1..17})
fails 2 "stair-blend: only one input can be standard input" blend -:1 -:1
fails 1 "stair-blend: 'b.npz' is a blend, and a blend has no blends as parts" blend pop.npz:1 b.npz:1
fails 1 "stair-blend: 'd.npz' is a dataset, not a model: see stair-train(1)" blend d.npz:1
fails 1 "stair-blend: cannot open 'no.npz': No such file or directory" blend no.npz:1
sizes() { stair-info s.npz | sed -nE 's/^size.*users=([0-9]+).items=([0-9]+).*/\1 users and \2 items/p'; }
fails 1 "stair-blend: 'mf.npz' has $(sizes), but 'd.npz' has 3 users and 4 items" \
	blend pop.npz:1 mf.npz:1
sed 's/^a,/q,/' in.csv >other.csv
stair-ingest -q --split label --label label -o other.npz other.csv
stair-train -q --model popularity --data other.npz -o theirs.npz
stair-blend -q --data d.npz -o t.npz pop.npz:1 theirs.npz:1 2>err
same "a model of other users" "$? $(cut -c 1-61 err)" "1 stair-blend: 'theirs.npz' belongs to other users than 'd.npz'"
runs "unless it is wanted" blend --foreign -o t.npz pop.npz:1 theirs.npz:1
grep -v ',1$' in.csv >novalid.csv
stair-ingest -q --split label --label label -o nv.npz novalid.csv
stair-train -q --model popularity --data nv.npz -o nvp.npz
stair-train -q --model itemknn --data nv.npz -o nvg.npz
fails 1 "stair-blend: 'nv.npz' holds no valid interactions to choose weights by; give each model one, as in nvp.npz:1" \
	stair-blend --data nv.npz nvp.npz nvg.npz
runs "with weights none are needed" stair-blend -q --data nv.npz -o t.npz nvp.npz:1 nvg.npz:1
if [ "$PY" ]; then
	$PY - <<-END
		import numpy as np
		m = dict(np.load('b.npz'))
		for name, w in ('many', np.ones(17)), ('none', np.ones(0)), ('minus', np.array([1, -1.])), ('nan', np.array([np.nan])), ('text', b'x'):
		    np.savez(name + '.npz', **{**m, 'blend': w})
		np.savez('lacks.npz', **{k: v for k, v in m.items() if k != 'part2_indptr'})
	END
	for m in many none text; do
		fails 1 "stair-eval: '$m.npz': member 'blend' is not 1 to 16 weights" stair-eval --data d.npz $m.npz
	done
	fails 1 "stair-eval: 'minus.npz': the weight of part 2 is -1, not above 0" stair-eval --data d.npz minus.npz
	fails 1 "stair-eval: 'nan.npz': the weight of part 1 is nan, not above 0" stair-eval --data d.npz nan.npz
	fails 1 "stair-eval: 'lacks.npz' has no member 'part2_indptr'" stair-eval --data d.npz lacks.npz
else
	skip "files that NumPy wrote" "NumPy is not there"
fi
fails 1 "stair-eval: 'b.npz' has 3 users and 4 items, but 's.npz' has $(sizes)" stair-eval --foreign --data s.npz b.npz
blend pop.npz:1 g.npz:1 2>err >/dev/full
same "a full disk" "$? $(cat err)" "1 stair-blend: cannot write '<stdout>': No space left on device"
echo old >keep
fails 1 "stair-blend: 'd.npz' is a dataset, not a model: see stair-train(1)" blend -o keep pop.npz:1 d.npz:1
same "old output survives" "$(cat keep)" old
same "no temporary files" "$(find . -name '.stair-*')" ""
done_testing
