#!/usr/bin/env bash
# Every variable of every pipeline, given empty and as two words: it is refused in
# one line that names it, or it is one of those that may be so.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS DATA
mkdir data
: >data/baby.inter.gz && : >data/text_knn10.npz && : >data/image_knn10.npz
: >data/tiktok.inter.gz && : >data/image_feat.npy && : >data/audio_feat.npy
echo user,item >orders.csv

# what may be empty, and what may have several words
empty=" DATA SYNTH THREADS TITLES TITLES_ITEM TITLES_TITLE TITLES_PICTURE text_ids image_ids NOTE INGEST INGEST_OPTIONS
USER_COLUMN ITEM_COLUMN TIME_COLUMN WHERE FEATURES itemknn contentknn ALIKE_FROM stairplus lightgcn jgcf mf freedom bm3 lattice shares TOO_LARGE text_vectors image_vectors
LOG CATALOGUE STOCK MODEL OPTIONS RECOMMEND "
words=" SYNTH NOTE INGEST INGEST_OPTIONS SYSTEMS itemknn contentknn ALIKE_FROM stairplus lightgcn jgcf mf freedom bm3 lattice shares TOO_LARGE
USER_COLUMN ITEM_COLUMN TIME_COLUMN WHERE TITLES_ITEM TITLES_TITLE TITLES_PICTURE text_vectors image_vectors
LOG OPTIONS RECOMMEND "
variables() { # variables PIPELINE: what its file sets, and what all have
	sed -nE 's/^([A-Za-z][A-Za-z0-9_]*) *[?:]?=.*/\1/p' "$TOP/pipelines/$1.mk" |
		grep -vE '^(NAME|DATA_NAME|DATA_FILES|INTER_FROM|SETTINGS|PROGRAMS|PLAN|POINTS|MEASURED|all_parts|tables|dir_of|passed|.*_opts|earlier|brought|plan_uses|parameters|grid_words|amount|unit|best_mk|knn|learner|alike.*|counted|.*_start|longest|chosen_cmd|tuned_from|.*_k|complete|before|later|todays|earlier_logs|todays_logs|logs_of|system|graphs|how|items|content|reads.*|epochs|trained_from|was|train|model_.*|valid_cmd|top_.*|width|column|guard|Y|.*_hint)$'
	echo BIN R THREADS EPOCHS SEED | tr ' ' '\n'
}
bad=
try() { # try PIPELINE VARIABLE VALUE ALLOWED ARGUMENTS...
	local name=$1 v=$2 value=$3 allowed=$4
	shift 4
	make -n -f "$TOP/pipelines/$name.mk" BIN="$BIN" R="$PWD/r" P="$PWD/p" "$@" "$v=$value" >out 2>err
	local rc=$?
	n=$((n + 1))
	if [[ " $allowed " == *[[:space:]]"$v"[[:space:]]* && $rc = 0 ]]; then return; fi
	[ $rc = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -qE "\*\*\* .*$v.*Stop\.$" err && [ ! -s out ] ||
		bad="$bad$name $v='$value': exit $rc, $(head -n 2 err | tr '\n' ' ')"$'\n'
}
n=0
for name in demo baby tiktok own sweep paper cold best nightly; do
	args=(DATA=data)
	[ $name != own ] || args=(INTER=orders.csv)
	[ $name != nightly ] || args=(RUNS=nights DAY=one LOG=orders.csv)
	[[ $name != paper && $name != cold ]] || args=(DATA=data DATASETS=baby)
	[[ $name != demo && $name != sweep && $name != best ]] || args=()
	for v in $(variables $name | sort -u); do
		[ "$name $v" = "paper SYSTEMS" ] || [ "$name $v" = "paper COST_SYSTEMS" ] || try $name "$v" "" "$empty" "${args[@]}" # Table 2 of no system
		try $name "$v" "x y" "$words" "${args[@]}"
	done
done
for v in text_k FEATURES; do
	for value in '' 'x y' 0 x -1; do
		[ "$v$value" = FEATURES ] || try own $v "$value" "" INTER=orders.csv FEATURES=text text_vectors=orders.csv
	done
done
for v in EPOCHS EVERY DIM; do try own $v 0 "" INTER=orders.csv; done
same "empty and of two words: one line each" "$bad" ""
[ $n -gt 150 ]
ok $? "$n of them"

# from the top, before anything is built
for v in "EPOCHS=" "BIN=" "BIN=a b" "R=" "DATA=a b" "GAMMA=x"; do
	make --no-print-directory -C "$TOP" demo "$v" >out 2>&1
	same "make demo $v" "$? $(wc -l <out | tr -d ' ') $(grep -cE "\*\*\* ${v%%=*} is .*, not '${v#*=}'\.  Stop\.$" out)" "2 1 1"
done
make --no-print-directory -C "$TOP" demo EPOCH=5 GRID="a=1 b=2" >out 2>&1
same "a variable that no pipeline has" "$? $(wc -l <out | tr -d ' ') $(sed 's/^[^*]*//' out)" "2 1 *** no pipeline has a variable 'EPOCH'.  Stop."
make -n -f "$TOP/pipelines/demo.mk" BIN="$BIN" R="$PWD/r" GAMA=1 >out 2>&1
same "also without the top" "$? $(sed 's/^[^*]*//' out)" "2 *** no pipeline has a variable 'GAMA'.  Stop."
done_testing
