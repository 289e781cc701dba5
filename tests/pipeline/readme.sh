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

make -f "$TOP/pipelines/best.mk" DATASET=demo BUDGET=30s BIN="$BIN" R=demo >log 2>&1
ok $? "make demo succeeds"
awk '/^User/ && ++n == 2 {exit} {if (NR > 1) print last; last = $0} END {if (last != "") print last}' demo/report.txt >begin
if [ -n "${README_UPDATE:-}" ]; then
	awk -v file=begin '{print} /^<!-- demo:/ {getline; print; while ((getline line <file) > 0) print line
		do getline; while ($0 !~ /^```/); print}' "$readme" >new && cat new >"$readme"
fi

# Numbers may differ in their last digits on another kind of processor. Those of
# ItemKNN + content, STAIR+ and the blend depend on how far the time reaches.
metrics() { awk '/^(most|ItemKNN|STAIR|blend)/ && $(NF - 3) + 0 {for (i = NF - 3; i <= NF; i++) print $i}' "$1"; }
block demo >wanted
same "README shows as many lines" "$(wc -l <wanted)" "$(wc -l <begin)"
paste <(metrics wanted) <(metrics begin) | awk '{d = $1 - $2; if (d < 0) d = -d
	if (d > (NR <= 8 || (NR > 12 && NR <= 16) ? 0.02 : 0.1)) bad++} END {exit bad || NR != 24}'
ok $? "README shows these metrics"
metrics begin | awk 'NR == 2 {pop = $1} NR == 14 {un = $1} NR == 18 {stair = $1} NR == 22 {blend = $1}
	END {exit !(stair > 1.2 * un && un > pop && blend > stair)}'
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
