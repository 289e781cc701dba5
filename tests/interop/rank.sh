#!/usr/bin/env bash
# stair-eval and stair-recommend on models that NumPy wrote, against the
# definitions in NumPy.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "NumPy twin" "NumPy is not there" && done_testing; }

$PY "$TOP/tests/interop/rank.py" make || exit 1
e="stair-eval --data data.npz --strata --top"
for how in "test f32.npz 1,10,20,400" "valid f32.npz 1,10,20,400 --split valid" "none ties.npz 1,2,300 --mask none" "short f32.npz 10,20"; do
	read -r name model rest <<<"$how"
	# shellcheck disable=SC2086
	runs "$name as lines" $e $rest -o "$name.tsv" "$model"
	# shellcheck disable=SC2086
	runs "$name as JSON" $e $rest --json -o "$name.json" --per-user "users-$name" "$model"
done
mv users-test users.tsv
for m in f32.npz ties.npz; do
	runs "lists of $m" stair-recommend --data data.npz -n 7 -o $m.top $m
	runs "lists of $m with seen items" stair-recommend --data data.npz -n 7 --keep-seen -o ${m}all.top $m
done
printf 'user "9"\nuser "0"\r\nuser "9"\n' >some.txt
runs "lists of some" stair-recommend --data data.npz --json -n 5 --users some.txt --titles titles.tsv -o some.json f32.npz
runs "all equal the definitions" "$PY" "$TOP/tests/interop/rank.py" check

for m in f16 f64; do
	stair-eval --data data.npz --top 1,10,20,400 --strata $m.npz | cat >$m.tsv
	equal_files "$m scores as the same numbers in f32 do" $m.tsv test.tsv
done
done_testing
