#!/usr/bin/env bash
# The paper's tables and figures on a tiny shop, and sweeps.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS
small=(USERS=150 ITEMS=80 INTERACTIONS=1100 TOPICS=8 IMAGE_DIM=32 DIM=8 EPOCHS=4 EVERY=2 THREADS=1 'CLUSTERS=3,6'
	SEEDS="1 2" LAYER_SWEEP="0 1" GAMMA_SWEEP="0.1 0.2" KT_SWEEP="1 5" KV_SWEEP="1")
paper() { # paper DIR ARGUMENTS...: prints how many trainings ran
	local dir=$1
	shift
	make -f "$TOP/pipelines/paper.mk" BIN="$BIN" P="$dir" DATA= "${small[@]}" "$@" >log 2>&1 || { sed 's/^/# /' log | tail -3 && return 1; }
	grep -c '/stair-train .* -o .*-[12]\.npz' log
}
SECONDS=0
same "everything is trained" "$(paper one -j4)" 46
[ $SECONDS -lt 60 ]
ok $? "in less than a minute ($SECONDS s)"
same "nothing again" "$(paper one)" 0
same "a line for each place of a training" "$(tail -n +2 one/demo/paper.tsv | cut -f2 | uniq -c | awk '{printf "%s %s;", $2, $1}')" \
	"table2 25;table3 9;fig2 1;fig3 4;fig5 2;fig6 14;fig7g 2;fig7k 2;fig7w 2;"
same "the cost of nine systems, after all else and one after another" \
	"$(awk -F'\t' '$2 == "table3" { sub(/.epochs3.*/, "", $6); printf "%s %s %s;", $3, $6, $13 }' one/demo/paper.tsv) $(find one/demo -name '*.npz' -printf '%T@ %f\n' | sort -n |
		sed -n 's/.*\.cost\..*/cost/p; s/.*-[12].npz/other/p' | uniq | tr '\n' ' ')" \
	"stair stair.cost 3;freedom freedom.cost 3;bm3 bm3.cost 3;mmssl mmssl.cost 3;lattice lattice.cost 3;mmgcn mmgcn.cost 3;lightgcn lightgcn.cost 3;jgcf jgcf.cost 3;mf mf.cost 3; other cost "
same "is in the page" "$(sed -n '/id="table3"/,/<\/table>/s/<tr><td>\([A-Za-z0-9-]*\)<.*/\1/p' one/report.html | tr '\n' ' ')" \
	"MF-BPR LightGCN JGCF MMGCN LATTICE BM3 FREEDOM MMSSL STAIR "
same "Table 2 says which epoch was the best" "$(sed -n '/id="table2"/,/<\/table>/s/<tr><td>STAIR<.*<td>\([0-9]* of [0-9]*\)<.*/\1/p' one/report.html)" \
	"$(awk -F'\t' '$2 == "table2" && $3 == "stair" { b += $11; e += $13; n++ } END { printf "%.0f of %.0f", b / n, e / n }' one/demo/paper.tsv)"
same "and the seconds to each model: those of the blend hold those of its parts" "$(awk -F'\t' '$2 == "table2" && $5 == 1 { s[$3] = $18; n += $18 > 0 }
	END { print n, (s["blend"] > s["stairplus"] + s["contentknn"] - 0.2 && s["stairplus"] > s["popularity"]) }' one/demo/paper.tsv)" "14 1"
same "in the page too" "$(sed -n '/id="table2"/,/<\/table>/s/<tr><td>blend<.*<td>\([0-9.e+]*\)<.td><td>[0-9]*<.*/\1/p' one/report.html)" \
	"$(awk -F'\t' '$2 == "table2" && $3 == "blend" { s += $18; n++ } END { printf "%.3g", s / n }' one/demo/paper.tsv)"
same "and no gaps" "$(awk -F'\t' 'NR > 1 && $3 !~ /popularity|knn|blend/ { for (i = 7; i <= NF; i++) if ($i !~ /^[0-9.e-]+$/ || $i == "-") print }' one/demo/paper.tsv)" ""
same "metrics are those of the models" "$(awk -F'\t' '$6 == "stair-2" {print $8; exit}' one/demo/paper.tsv)" \
	"$(stair-eval --data one/demo/data.npz --top 20 one/demo/stair-2.npz | awk '$1 == "recall" {print $3}')"
same "and so are those of what is not trained" "$(awk -F'\t' '$6 == "itemknn" {print $8, $9, $17; exit}' one/demo/paper.tsv)" \
	"$(stair-train -q --model itemknn --neighbors 300 --shrink 50 --data one/demo/data.npz | stair-eval --mmssl-ndcg --data one/demo/data.npz |
		awk '{v[$1, $2] = $3} END {print v["recall", 20], v["ndcg", 10], v["mmssl-ndcg", 20]}')"
same "correlation starts at 1" "$(awk -F'\t' '$1 ~ /^stair(.no-bsc)?-1/ && $2 == 0 {printf "%.6f ", $4}' one/demo/paper.curves.tsv)" "1.000000 1.000000 "
same "the page is whole" "$(grep -c '^</body></html>\|<!DOCTYPE' <(sed 's/<\/pre>//' one/report.html))" 2
same "and needs nothing else" "$(grep -oE '(src|href)="[^"]{0,12}' one/report.html | grep -vE '"#|"data:image')" ""
same "all parts are there" "$(grep -oE '<h2 id="[a-z0-9]*"' one/report.html | cut -d'"' -f2 | tr '\n' ' ')" \
	"table1 table2 table3 fig2 fig3 fig4 fig5 fig6 fig7 made "
if command -v gnuplot >/dev/null; then
	same "pictures" "$(grep -c '<img alt' one/report.html)" 16
	same "as files too" "$(find one -maxdepth 1 -name '*.svg' | wc -l) $(find one -maxdepth 1 -name '*.png' -size +4k | wc -l)" "16 16"
else
	skip "pictures" "gnuplot is not installed"
	skip "as files too" "gnuplot is not installed"
fi

same "Table 2 has all systems" "$(awk -F'\t' '$2 == "table2" && $8 > 0 {print $3}' one/demo/paper.tsv | sort -u | tr '\n' ' ')" \
	"blend bm3 contentknn freedom itemknn jgcf lattice lightgcn mf mmgcn mmssl popularity stair stairplus "
same "or those that are asked for" "$(paper nets PARTS=table2 SEEDS=1 SYSTEMS="freedom mmgcn itemknn")" 2

# killed and run again
set -m
make -f "$TOP/pipelines/paper.mk" BIN="$BIN" P=two DATA= "${small[@]}" PARTS="table2 fig6" -j2 >/dev/null 2>&1 &
pid=$!
set +m
sleep 0.4
kill -KILL -- -"$pid" 2>/dev/null
wait "$pid" 2>/dev/null
paper two PARTS="table2 fig6" >/dev/null
same "killed and run again: the same models" "$(for f in two/demo/*-[12].npz; do cmp -s "$f" "one/${f#two/}" || echo "$f"; done)" ""
same "and logs" "$(cut -f1-13 two/demo/paper.tsv)" "$(awk -F'\t' '$2 ~ /part|table2|fig6/' one/demo/paper.tsv | cut -f1-13)"
rm two/demo/raw/image.npy two/demo/data.npz
paper two PARTS="table2 fig6" -j2 >/dev/null
same "killed while the shop is made up, run twice: nothing to do" "$(paper two PARTS="table2 fig6")" 0
# make alone is told to stop: its trainings stop too, and can go on
make -f "$TOP/pipelines/paper.mk" BIN="$BIN" P="$PWD/three" DATA= "${small[@]}" EPOCHS=100000 EVERY=50 PARTS=fig5 -j2 >/dev/null 2>&1 &
pid=$!
for ((k = 0; k < 400; k++)); do
	[ ! -e three/demo/stair-1.saved.npz ] || break
	sleep 0.05
done
kill -TERM "$pid"
wait "$pid"
sleep 0.2
same "a stopped make leaves no training behind" "$(pgrep -f "stair-train --data=$PWD/three")" ""
same "but a checkpoint" "$(find three/demo -name 'stair-1*npz' -printf '%f')" stair-1.saved.npz
same "a part is a target" "$(paper two fig6) $(grep -oE '<h2 id="[a-z0-9]*"' two/report.html | cut -d'"' -f2 | tr '\n' ' ')" "0 fig6 made "
same "another seed: its trainings alone" "$(paper two PARTS=fig6 SEEDS="1 2 3")" 0
same "of which there are six" "$(find two/demo -name '*-3.npz' | wc -l)" 6

planned() { # planned ARGUMENTS...: the trainings of Table 2, without their files' folder
	make -f "$TOP/pipelines/paper-data.mk" BIN="$BIN" R=r SEEDS=1 PARTS=table2 COST_SYSTEMS= "$@" r/paper.plan.tsv >/dev/null && cut -f6 r/paper.plan.tsv | sed -E 's|[^ =]*/||g'
}
# the systems' settings, also of those that are only asked for
same "systems with features get every modality" "$(planned DATASET=demo SYSTEMS="freedom" "${small[@]:0:8}")" \
	"--model=freedom --features=text=text.npz:0.9 --features=image=image.npz:0.1 --dim=8 --epochs=4 --eval-every=2 --seed=1"
same "where the paper could not run a system, it is left out" "$(planned DATASET=large SYSTEMS="lattice mf mmssl")" \
	"--model=mf --epochs=500 --batch=4096 --seed=1"

# values that are refused, each in one line
says() { # says TEXT NAME ARGUMENTS...
	local text=$1 name=$2
	shift 2
	make -n -f "$TOP/pipelines/$name.mk" BIN="$BIN" DATA= "$@" >out 2>&1
	same "$name $*" "$? $(sed 's/^[^*]*//' out)" "2 *** $text.  Stop."
}
datasets="some of baby sports tiktok demo large" parts="some of table1 table2 table3 fig2 fig3 fig4 fig5 fig6 fig7"
trained="stair stairplus lightgcn jgcf mf freedom bm3 lattice mmgcn mmssl"
says "DATASETS are $datasets, not 'nosuch'" paper DATASETS="demo nosuch"
says "DATASETS are $datasets, not ''" paper DATASETS=
says "PARTS are $parts, not 'nosuch'" paper PARTS=nosuch
says "PARTS are $parts, not ''" paper PARTS=
for seeds in "" abc -1 "1 2x" 1,2 "%"; do
	says "SEEDS are whole numbers, not '$seeds'" paper SEEDS="$seeds"
done
says "SYSTEMS are some of $trained itemknn contentknn popularity blend, not 'nosuch'" paper-data DATASET=demo R=r SEEDS=1 SYSTEMS="stair nosuch"
says "COST_SYSTEMS are some of $trained, not 'popularity'" paper-data DATASET=demo R=r SEEDS=1 COST_SYSTEMS=popularity
says "DATASET is one of ${datasets#some of } FILE.mk, not 'stage'" sweep DATASET=stage
says "DATASET is one of ${datasets#some of } FILE.mk, not 'demo baby'" sweep DATASET="demo baby"
says "DATASET: there is no file 'nosuch.mk'" sweep DATASET=nosuch.mk
says "SYSTEM is one of $trained itemknn contentknn, not 'popularity'" sweep SYSTEM=popularity
says "GRID holds NAME=VALUE,VALUE words, not 'gamma'" sweep GRID=gamma
says "GRID holds NAME=VALUE,VALUE words, not ''" sweep GRID=
says "itemknn has no parameter 'gamma', only seed $(stair-train --list --model itemknn | cut -f2 | paste -sd' ')" sweep SYSTEM=itemknn GRID=gamma=1
for path in "a b" "a " ""; do
	says "P is a path without spaces, not '$path'" paper P="$path"
	says "R is a path without spaces, not '$path'" demo R="$path"
done
says "P is a path without spaces, not 'a b'" paper P="a b" clean
says "R is a path without spaces, not 'a b'" demo R="a b" clean
mkdir -p "a b" && : >"a b/baby.inter.gz"
for name in paper baby sports tiktok; do
	says "DATA is a path without spaces, not 'a b'" "$name" DATA="a b"
done
says "BIN is a path without spaces, not 'a b'" paper BIN="a b"
says "BIN is a path without spaces, not 'a b'" demo BIN="a b"
says "set BIN to the directory of stair-train, which is not in PATH" demo BIN=

# words given twice count once, and the first system stays the first
same "words given twice" "$(paper nets PARTS="table2 table2" DATASETS="demo demo" SEEDS="1 1" SYSTEMS="freedom mmgcn freedom itemknn") $(grep -c warning log)" "0 0"
same "in their order" "$(sed -n 's/^stair-compare \(.*\)=nets.* mmgcn=.*/\1/p' nets/demo/users.opts)" freedom
paper again -n PARTS="table3 fig7" COST_SYSTEMS="mf mf" GAMMA_SWEEP="0.1 0.1" KT_SWEEP="1 1" KV_SWEEP="2 2" >/dev/null
same "of sweeps too" "$(grep -ciE 'warning|dropped' log)" 0
# parts without a training
same "Table 1 alone" "$(paper table PARTS=table1) $(wc -l <table/demo/paper.tsv) $(sed -n 's/.*shop:<.b> \([^.]*\).*/\1/p' table/report.html)" "0 1 nothing was trained"
same "Table 2 of no system" "$(paper table PARTS=table2 SYSTEMS= SEEDS=1) $(grep -c '<h2 id="table2"' table/report.html)" "0 1"

same "a sweep: the best by valid first" "$(make -s -f "$TOP/pipelines/sweep.mk" BIN="$BIN" R=swept "${small[@]}" GRID="gamma=0.1,0.4 lr=0.001,0.05" 2>&1 |
	grep -v '^[^ ]*/stair-' | awk -F'\t' '$1 + 0 {n++; if (last != "" && $1 > last) print "unsorted"; last = $1} END {print n}')" 4
same "a wider one trains what is new" "$(make -s -f "$TOP/pipelines/sweep.mk" BIN="$BIN" R=swept "${small[@]}" GRID="gamma=0.1,0.4 lr=0.001,0.05,0.1" 2>&1 | grep -c '/stair-train')" 2
same "a sweep of what is not trained: by valid" "$(make -s -f "$TOP/pipelines/sweep.mk" BIN="$BIN" R=swept2 "${small[@]}" SYSTEM=itemknn GRID="neighbors=1,50 shrink=0,10" 2>/dev/null |
	sed -n 's/^The best as a setting: itemknn = //p')" "$(awk -F'\t' 'NR == 2 {sub(/neighbors/, "--&", $5); sub(/shrink/, "--&", $5); print $5}' swept2/sweep-itemknn.tsv)"
read -r ndcg recall _ _ k h < <(sed -n '2s/neighbors=\|shrink=//gp' swept2/sweep-itemknn.tsv)
same "with the metrics on valid" "$(stair-train -q --model itemknn --neighbors "$k" --shrink "$h" --data swept2/data.npz | stair-eval --data swept2/data.npz --split valid |
	awk '{v[$1, $2] = $3} END {printf "%.6f %.6f", v["ndcg", 20], v["recall", 20]}')" "$ndcg $recall"
make -s -f "$TOP/pipelines/sweep.mk" BIN="$BIN" R=swept2 "${small[@]}" SYSTEM=contentknn GRID="content=0,3 smooth=0,8" >/dev/null 2>&1
same "a sweep of options that a system is not given otherwise" "$(tail -n +2 swept2/sweep-contentknn.tsv | while IFS='	' read -r ndcg _ _ _ settings; do
	# shellcheck disable=SC2046 # options
	[ "$(stair-train -q --model itemknn --neighbors 1000 --shrink 50 --power 2 --items swept2/alike.npz $(sed -E 's/(^| )/ --/g' <<<"$settings") --data swept2/data.npz |
		stair-eval --data swept2/data.npz --split valid | awk '$1 == "ndcg" && $2 == 20 {printf "%.6f", $3}')" = "$ndcg" ] && echo yes
done | paste -sd' ')" "yes yes yes yes"

if [ -e "$DATA/amazon-baby/baby.inter.gz" ]; then
	make -f "$TOP/pipelines/paper.mk" BIN="$BIN" P=real DATA="$DATA" DATASETS="baby tiktok" PARTS="table1 table2" SYSTEMS="popularity itemknn" >log 2>&1
	same "Baby's numbers and the paper's" "$(sed -n '/id="table1"/,/<\/table>/s/<[^>]*>/ /gp' real/report.html | grep -c '19,445.*7,050.*160,792.*99.88')" 2
	same "TikTok's" "$(sed -n '/id="table1"/,/<\/table>/s/<[^>]*>/ /gp' real/report.html | grep -c 'TikTok.*9,308.*6,710.*68,722')" 1
	same "MMSSL's own NDCG, where the paper has MMSSL" "$(sed 's/<[^>]*>/ /g' real/report.html | grep -o 'MMSSL, paper.*' | tr -s ' ')" \
		"MMSSL, paper 0.0350 0.0442 "
	same "no number that is none" "$(sed 's/base64,[^"]*//' one/report.html real/report.html | grep -ciE '>(<b>)?[-+]?(nan|inf)')" 0
	same "what stood in for the features is said" "$(grep -c 'not from the published features' real/report.html)" 1
else
	skip "Baby's numbers and the paper's" "$DATA is not there"
	skip "TikTok's" "$DATA is not there"
	skip "MMSSL's own NDCG, where the paper has MMSSL" "$DATA is not there"
	skip "no number that is none" "$DATA is not there"
	skip "what stood in for the features is said" "$DATA is not there"
fi
done_testing
