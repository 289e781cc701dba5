#!/usr/bin/env bash
# stair-eval, stair-recommend and stair-similar on models that NumPy wrote, against the
# definitions in NumPy.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "NumPy twin" "NumPy is not there" && done_testing; }

$PY "$TOP/tests/interop/rank.py" make || exit 1
runs "itemknn" stair-train -q --model itemknn --data data.npz --neighbors 12 --shrink 3 -o knn.npz
e="stair-eval -q --mmssl-ndcg --data data.npz --strata --cold --segments segments.tsv --segments items=shelves.tsv --top"
for how in "test f32.npz 1,10,20,400" "valid f32.npz 1,10,20,400 --split valid" "none ties.npz 1,2,300 --mask none" "short f32.npz 10,20" \
	"graph graph.npz 1,10,20,400" "knn knn.npz 5,20 --split valid"; do
	read -r name model rest <<<"$how"
	# shellcheck disable=SC2086
	runs "$name as lines" $e $rest -o "$name.tsv" "$model"
	# shellcheck disable=SC2086
	runs "$name as JSON" $e $rest --json -o "$name.json" --per-user "users-$name" "$model"
done
mv users-test users.tsv
for m in f32.npz ties.npz graph.npz; do
	runs "lists of $m" stair-recommend --data data.npz -n 7 -o $m.top $m
	runs "lists of $m with seen items" stair-recommend --data data.npz -n 7 --keep-seen -o ${m}all.top $m
done
printf 'user "9"\nuser "0"\r\nuser "9"\n' >some.txt
runs "lists of some" stair-recommend --data data.npz --json -n 5 --users some.txt --titles titles.tsv -o some.json f32.npz
runs "a blend" stair-blend -q --data data.npz -o mixed.npz f64.npz:1 graph.npz:0.7
for m in f32.npz graph.npz mixed.npz; do
	runs "what is similar by $m" stair-similar --data data.npz -n 9 -o $m.similar $m
done
runs "inner products" stair-similar --inner --data data.npz -n 9 -o ties.npz.similar ties.npz
runs "of some" stair-similar --inner --data data.npz -n 9 --only even.txt -o f32.npzonly.similar f32.npz
runs "all equal the definitions" "$PY" "$TOP/tests/interop/rank.py" check

for m in f16 f64; do
	$e 1,10,20,400 $m.npz | cat >$m.tsv
	equal_files "$m scores as the same numbers in f32 do" $m.tsv test.tsv
done
$e 1,10,20,400 reversed.npz >reversed.tsv
equal_files "a graph whose rows are not sorted" reversed.tsv graph.tsv
fails 1 "stair-eval: 'coo.npz' is sparse but not csr (convert it with .tocsr())" stair-eval --data data.npz coo.npz
fails 1 "stair-eval: 'narrow.npz' is a graph of 310 x 309, but 'data.npz' has 310 items" stair-eval --data data.npz narrow.npz
fails 1 "stair-eval: 'steep.npz': the scores of user 0 may overflow: the largest values of his items' rows add up to 3.83e+39" stair-eval --data data.npz steep.npz
fails 1 "stair-similar: 'narrow.npz' is a graph of 310 x 309, not of items" stair-similar --data data.npz narrow.npz
fails 1 "stair-similar: 'large.npz': the inner products of item 0 may overflow: its vector has norm 2.24e+20" stair-similar --inner --data data.npz large.npz
runs "cosines of large vectors" stair-similar --data data.npz -o large.similar large.npz
fails 1 "stair-eval: 'infinite.npz': value at row 0, column 189 is not finite (inf)" stair-eval --data data.npz infinite.npz
fails 1 "stair-eval: 'nan.npz' member 'user': value at row 3, column 2 is not finite (nan)" stair-eval --data data.npz nan.npz
fails 1 "stair-eval: 'flat.npz': member 'user' has 1 dimensions, not 2" stair-eval --data data.npz flat.npz
fails 1 "stair-eval: 'wide.npz': user vectors have 11 columns and item vectors 12" stair-eval --data data.npz wide.npz
fails 1 "stair-eval: 'large.npz': the score of user 172 and item 178 may overflow: their vectors have norms 5.88e+20 and 5.41e+20" stair-eval --data data.npz large.npz
fails 1 "stair-eval: 'double.npz' member 'user': value at row 0, column 0 is not finite (inf)" stair-eval --data data.npz double.npz
for m in fortran big; do
	same "$m: vectors in any layout" "$(stair-eval -q --data data.npz $m.npz)" "$(stair-eval -q --data data.npz plain.npz)"
done
fails 1 "stair-eval: 'one.npz' has no member 'item', so it is not a model: see stair-train(1)" stair-eval --data data.npz one.npz
fails 1 "stair-eval: cannot read 'words.npz': member 'user': dtype '<U1' is not supported" stair-eval --data data.npz words.npz
fails 1 "stair-recommend: 'twice.npz': users 4 and 7 have the same id 'user \"4\"'" stair-recommend --data twice.npz --users some.txt f32.npz
done_testing
