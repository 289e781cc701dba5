#!/usr/bin/env bash
# make best: settings are chosen on valid alone, the time is kept, an interrupted run
# goes on, and it ends with a table, the settings and the lists.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS DATA STARTED
toy=(USERS=120 ITEMS=60 INTERACTIONS=1000 TOPICS=6 IMAGE_DIM=16 DIM=8 THREADS=1)
best() { make -f "$TOP/pipelines/best.mk" BIN="$BIN" "$@" >log 2>&1 || { sed 's/^/# /' log | tail -3 && return 1; }; }
made() { sed -nE 's/^[^ ]*\/stair-.* (--per-user|-o) ([^ ]*).*/\2/p' log | sed 's|.*/||'; }

best R=one BUDGET=4m "${toy[@]}"
ok $? "everything is made"
same "a table of all systems" "$(sed -nE 's/^([A-Za-z].*[a-zA-Z+])  +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+$/\1/p' log | paste -sd';')" \
	"most popular items;ItemKNN;ItemKNN + content;STAIR before training;STAIR+;blend"
same "lists, a page" "$(cut -f1 one/top.tsv | sort -u | wc -l | tr -d ' ') $(grep -c '^<!DOCTYPE' one/report.html)" "120 1"
same "the settings are said" "$(tail -n "$(wc -l <one/chosen.mk)" log | cmp - one/chosen.mk && grep -c '^override \(contentknn\|stairplus\) = --' one/chosen.mk)" 2
same "both searches ended in time" "$(grep -c 'the time for it' one/chosen.mk) $(grep -c 'the best of [0-9][0-9]' one/chosen.mk)" "0 2"
ndcg() { awk '$1 == "ndcg" && $2 == 20 {print $3}' "$1"; }
same "the blend is the best on valid" "$(for f in one/{popularity,itemknn,contentknn,stairplus-1,blend-1}.valid.tsv; do ndcg "$f"; done | sort -g | tail -n 1)" "$(ndcg one/blend-1.valid.tsv)"
same "it recommends" "$(cmp one/model.npz one/blend-1.npz && cat one/best.txt)" blend-1
# the settings that were chosen give what the search says
read -ra chosen < <(sed -n 's/^override contentknn = //p' one/chosen.mk)
same "what is chosen has the value that is said" "$(sed -n '2s/# valid NDCG@20 \([0-9.]*\),.*/\1/p' one/chosen.mk)" \
	"$(stair-train -q --model itemknn --data one/data.npz "${chosen[@]}" | stair-eval --data one/data.npz --split valid | awk '$1 == "ndcg" && $2 == 20 {printf "%.4f", $3}')"
best R=one BUDGET=4m "${toy[@]}"
same "run again: nothing" "$(made)$(grep -c 'valid NDCG@20 .* with' log)" 0
best R=one BUDGET=5m "${toy[@]}"
same "another BUDGET: the points are known" "$(made | paste -sd' ') $(find one/tune -newer one/best.txt -name '*-*' | wc -l)" " 0"
echo '0 0 999999999999 --model=stair+' >one/tune/1-1
rm one/chosen.mk
best R=one BUDGET=5m "${toy[@]}"
same "points of the other search do not count as KNN's" "$(($(cat one/tune/reserve) < 100000000))" 1

# the same with other test items: nothing else may differ
stair-cat one/data.npz | awk -F'\t' '$3 ~ /^[012]$/' | sort -s -t'	' -k3,3n | awk -F'\t' '$3 < 2 { known[$2] } $2 in known' >rows.tsv
{ printf 'userID\titemID\tx_label\n' && cat rows.tsv; } >same.inter
{
	printf 'userID\titemID\tx_label\n'
	awk -F'\t' -v OFS='\t' 'NR == FNR { has[$1, $2]; if (!seen[$2]++) all[++n] = $2; next }
		$3 == 2 { for (k = 1; k <= n; k++) if (!(($1, all[k]) in has)) { $2 = all[k]; has[$1, $2]; break } }
		{ print }' rows.tsv rows.tsv
} >other.inter
stair-cat -f tsv one/raw/text.npy | tr '\t' ',' | paste -d, one/raw/item_ids.txt - >vectors.csv
own=(DATASET="$TOP/pipelines/own.mk" CORE=1 SPLIT=label FEATURES=text text_vectors=vectors.csv DIM=8 THREADS=1 BUDGET=4m)
best R=same INTER=same.inter "${own[@]}" && best R=other INTER=other.inter "${own[@]}"
ok $? "settings of one's own"
same "test items differ" "$(stair-cat same/data.npz | diff - <(stair-cat other/data.npz) | grep '^[<>]' | cut -f3 | sort -u)" 2
same "the settings do not" "$(sed 's/other/same/g' other/chosen.mk)" "$(cat same/chosen.mk)"
for m in contentknn stairplus-1 blend-1; do
	stair-cmp -q "same/$m.npz" "other/$m.npz"
	ok $? "nor does $m"
done

# stopped at any moment
for k in 1 2 3; do
	set -m
	make -f "$TOP/pipelines/best.mk" BIN="$BIN" R=cut BUDGET=4m "${toy[@]}" >/dev/null 2>&1 &
	pid=$!
	set +m
	sleep "$k.$((RANDOM % 10))"
	kill -s "$([ $k = 2 ] && echo KILL || echo TERM)" -- -"$pid" 2>/dev/null
	wait $pid 2>/dev/null
done
best R=cut BUDGET=4m "${toy[@]}"
for f in chosen.mk blend-1.npz report.txt top.tsv; do
	same "interrupted three times: the same $f" "$(sed 's/cut/one/g' cut/$f | cksum)" "$(sed "s/BUDGET=5m/BUDGET=4m/" one/$f | cksum)"
done

# a time that is too short for anything is kept nearly
SECONDS=0
best R=short BUDGET=1s EPOCHS=1000000 "${toy[@]}" USERS=1500 ITEMS=600 INTERACTIONS=15000
ok $? "a second ($SECONDS s)"
[ $SECONDS -lt 40 ]
ok $? "does not take long"
same "the search says so" "$(grep -c 'until the time for it was over$' short/chosen.mk) $(grep -c '^# no time was left' short/chosen.mk)" "1 1"
same "so does the training" "$(grep -c '^stair-train: ended at epoch [0-9]* because of --seconds' short/stairplus-1.err)" 1

# without features
best DATASET="$TOP/pipelines/own.mk" R=bare INTER=one/raw/interactions.csv.gz DIM=8 THREADS=1 BUDGET=4m
ok $? "without features"
same "are other systems" "$(cut -f2 bare/report.plan.tsv | tail -n +1 | paste -sd' ') $(sed -n 's/^override \([a-z]*\) =.*/\1/p' bare/chosen.mk | paste -sd' ')" \
	"popularity itemknn lightgcn blend itemknn lightgcn"

says() { # says TEXT ARGUMENTS...
	local text=$1
	shift
	make -n -f "$TOP/pipelines/best.mk" BIN="$BIN" R=none "$@" >out 2>&1
	same "$*" "$? $(sed 's/^[^*]*//' out)" "2 *** $text.  Stop."
}
for b in "" 60 0s s 1d "1m 2s" -5s 1.5h; do
	says "BUDGET is a time such as 60s, 10m or 2h, not '$b'" BUDGET="$b"
done
says "SYSTEMS are those of best.mk; make report compares others" SYSTEMS=mf
says "DATASET: there is no file 'none.mk'" DATASET=none.mk
same "nothing was made" "$(find none -not -name '*.opts' -type f 2>/dev/null)" ""
done_testing
