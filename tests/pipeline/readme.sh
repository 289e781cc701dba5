#!/usr/bin/env bash
# README.md keeps its word: the demonstration's output, the one pipeline, the
# commands for one's own data, and every program is listed.
# README_UPDATE=1 renews the output instead of comparing.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS
readme=$TOP/README.md

block() { # block MARK: the fenced lines after the comment that begins with MARK
	awk -v mark="<!-- $1:" 'index($0, mark) == 1 {on = 1; next}
		on && /^```/ {if (++fence == 2) exit; next} on && fence' "$readme"
}

make -f "$TOP/pipelines/best.mk" DATASET=demo BUDGET=90s EPOCHS=60 BIN="$BIN" R=demo >log 2>&1
ok $? "make demo succeeds"
awk '/^User/ && ++n == 2 {exit} {if (NR > 1) print last; last = $0} END {if (last != "") print last}' demo/report.txt >begin
if [ -n "${README_UPDATE:-}" ]; then
	make -f "$TOP/pipelines/best.mk" DATASET=demo BUDGET=30s BIN="$BIN" R=shown >log 2>&1
	awk '/^User/ && ++n == 2 {exit} {if (NR > 1) print last; last = $0} END {if (last != "") print last}' shown/report.txt >begin
	awk -v file=begin '{print} /^<!-- demo:/ {getline; print; while ((getline line <file) > 0) print line
		do getline; while ($0 !~ /^```/); print}' "$readme" >new && cat new >"$readme"
fi

# How far the time reaches decides the settings, and so all rows but the first two.
# The test has more of it and compares the numbers of these two, which may differ
# in their last digits on another kind of processor.
rows() { grep -E '^(most|ItemKNN|STAIR|blend).* 0\.[0-9]+$' "$1"; }
block demo >wanted
same "README shows these systems" "$(rows wanted | cut -c1-25)" "$(rows begin | cut -c1-25)"
fixed() { rows "$1" | head -n 2 | awk '{for (i = NF - 3; i <= NF; i++) print $i}'; }
paste <(fixed wanted) <(fixed begin) | awk '{d = $1 - $2; if (d < 0) d = -d; if (d > 0.02) bad++} END {exit bad || NR != 8}'
ok $? "README shows these metrics"
rows begin | awk '{v[NR] = $(NF - 2)} END {exit !(v[5] > 1.2 * v[4] && v[4] > v[1] && v[6] > v[5])}'
ok $? "trained STAIR+ is clearly better than untrained, and the blend than both"

block pipe >lines
same "README has the pipeline of pipelines/pipe.sh" "$(grep -vxFf "$TOP/pipelines/pipe.sh" lines)" ""

cp demo/raw/image.npy image_vectors.npy
cp demo/raw/item_ids.txt image_ids.txt
cp demo/raw/items.tsv titles.tsv
gzip -dc demo/raw/interactions.csv.gz >ratings.csv
stair-cat -f tsv demo/raw/text.npy | tr '\t' ',' | paste -d, image_ids.txt - >text_vectors.csv
block own | sed 's/--epochs 50/--epochs 1/' >own.sh
bash -e own.sh >out 2>err
ok $? "the commands for one's own data run"
same "and end in recommendations with titles" "$(awk -F'\t' 'NF == 5' top.tsv | wc -l | tr -d ' ')" 20000

block seconds >seconds.sh
bash -e seconds.sh >out 2>err
ok $? "the commands for a list in seconds run"
same "and end in metrics" "$(awk '$1 == "ndcg" && $3 > 0' out | wc -l | tr -d ' ')" 2

for tool in "$BIN"/stair-*; do
	grep -q "^| \`${tool##*/}\` |" "$readme"
	ok $? "README lists ${tool##*/}"
done
done_testing
