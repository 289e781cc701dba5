#!/usr/bin/env bash
# The paper's tables and figures, made again, as one page on standard output:
#   paper.sh DIRECTORY "DATASETS" "PARTS" BIN
# Reads what paper-data.mk left in DIRECTORY/DATASET. Tables (.tsv) and pictures
# (.svg, .png) stay in DIRECTORY.
set -euo pipefail
dir=$1 datasets=$2 parts=$3 bin=$4
PNG=1
# shellcheck source=pipelines/page/page.inc
. "$(dirname "$0")/page.inc"
awk -v dir="$dir" -v datasets="$datasets" -v page="$page" -f "$page/common.awk" -f "$page/paper-tables.awk"
has() { [[ " $parts " == *" $1 "* ]]; }

figure() { # figure PART FILE 'gnuplot assignments'
	draw paper.gp "$dir/$2" "PART = '$1'; $3"
	picture "$dir/$2" "$2; the numbers are below"
}
rows() { # rows DATASET PART COLUMN: the values there
	awk -F'\t' -v p="$2" -v c="$3" '$2 == p && !seen[$c]++ { printf "%s ", $c }' "$dir/$1/paper.tsv"
}
of_dataset() { # of_dataset DATASET PART
	local label table="TABLE = '$dir/$1/paper.tsv'" entropy="TABLE = '$dir/$1/uncertainty.tsv'" m
	label="LABEL = \"$(name "$1")\""
	case $2 in
	fig2)
		entropy+="; CLUSTERS = '$(cut -f2 "$dir/$1/uncertainty.tsv" | grep '[0-9]' | uniq | sort -nu | tr '\n' ' ')'"
		entropy+="; SERIES = '$(tail -n +2 "$dir/$1/uncertainty.tsv" | cut -f1 | uniq | tr '\n' ' ')'; $label"
		figure fig2 "fig2-$1" "$entropy; COLUMN = 4; METRIC = 'behaviour uncertainty [nats]'"
		figure fig2 "fig2-$1-relative" "$entropy; COLUMN = 0; METRIC = 'uncertainty / that of shuffled labels'"
		;;
	fig5)
		figure fig5 "fig5-$1" "$label; TABLE = '$dir/$1/paper.curves.tsv'; SERIES = '$(rows "$1" fig5 6)'; \
			METRIC = 'correlation with the initialisation'"
		;;
	*)
		for m in recall20:8:Recall@20 ndcg20:10:NDCG@20; do
			IFS=: read -r m column metric <<<"$m"
			figure "$2" "$2-$1-$m" "$label; $table; COLUMN = $column; METRIC = '$metric (test)'; \
				KT = '$(rows "$1" fig7k 3)'; KV = '$(rows "$1" fig7k 4)'"
		done
		;;
	esac
}
numbers() { # numbers DATASET PART: as a table that opens
	case $2 in
	fig2) table <"$dir/$1/uncertainty.tsv" ;;
	fig5) grep -wF -e training -f <(rows "$1" fig5 6 | tr ' ' '\n' | grep .) "$dir/$1/paper.curves.tsv" | table ;;
	*) awk -F'\t' -v OFS='\t' -v p="$2" 'NR == 1 || $2 == p { print $3, $4, $5, $7, $8, $9, $10, $11 }' "$dir/$1/paper.tsv" | table ;;
	esac | details "Numbers: $(name "$1")$3"
}
figures() { # figures PART...: what a figure's parts show, for each dataset
	local d p
	for d in $datasets; do
		awk -F'\t' -v p="${1:0:4}" -v d="$(name "$d")" '$1 == p { gsub(/</, "\\&lt;"); printf "<p class=found><b>%s:</b> %s</p>\n", d, $2 }' \
			"$dir/found-$d.tsv"
		[ "$1" != fig2 ] || ! grep -q stand-ins "$dir/$d/about.opts" ||
			printf '<p class="note"><b>%s:</b> text and image are the stand-ins, not the published features.</p>\n' "$(name "$d")"
	done
	echo '<div class="figures">'
	for d in $datasets; do for p; do of_dataset "$d" "$p"; done; done
	echo '</div>'
	for d in $datasets; do for p; do
		numbers "$d" "$p" "$(case $p in fig7g) echo ', gamma' ;; fig7k) echo ', neighbours' ;; fig7w) echo ', neighbours of the graph alone' ;; esac)"
	done; done
}

section() { # section PART HEADING TEXT
	has "$1" || return 1
	printf '<h2 id="%s">%s</h2>\n<p>%s</p>\n' "$1" "$2" "$3"
}
page_begin "STAIR: the paper's tables and figures, made again"
cat <<END
<p>Every number under <em>ours</em> was computed by the programs of stair $("$bin/stair-train" --version | sed -n '1s/.* //p'); every number under
<em>paper</em> is printed in the paper (STAIR, AAAI 2025). Test metrics are those of the best epoch by valid NDCG@20.</p>
END
for d in $datasets; do
	awk -F'\t' -v d="$d" -v name="$(name "$d")" -v note="$(head -n 1 "$dir/$d/about.opts")" '
		NR > 1 && $13 + 0 > epochs { epochs = $13 }
		NR > 1 && !seen[$5]++ { seeds++ }
		END {
			printf "<p class=note><b>%s:</b> ", name
			printf epochs ? epochs " epochs, " seeds " seed" (seeds > 1 ? "s" : "") "." : "nothing was trained."
			if (d == "demo" || d == "large") printf " The paper has no such numbers."
			else if (d == "tiktok") printf " The paper does not use this set."
			else if (epochs && epochs != 500) printf " The paper trains 500 epochs."
			if (d == "large") printf " In Table 3 it stands beside Electronics, whose size it has."
			print (note ? " " note : "") "</p>"
		}' "$dir/$d/paper.tsv"
done
echo '<nav>'
for p in table1 table2 table3 fig2 fig3 fig4 fig5 fig6 fig7; do
	if has $p; then echo "<a href=\"#$p\">$(sed 's/table/Table /; s/fig/Figure /' <<<$p)</a>"; fi
done
echo '<a href="#made">How it was made</a></nav>'

section table1 "Table 1. Datasets" "" && table <"$dir/table1.tsv"
if section table2 "Table 2. Recommendation" "Mean and standard deviation over seeds; of best epochs and of epochs trained, the mean. Seconds are those \
from the dataset and the features to the model, evaluation on valid included. \
The best of ours is bold. Seeds of two systems share nothing: the paired test over them is the convention of the paper, and Welch&rsquo;s \
the sounder one. The paired test over users says whether two single models differ."; then
	for d in $datasets; do
		echo "<h3>$(name "$d")</h3>"
		table <"$dir/table2-$d.tsv"
		if [ -s "$dir/mmssl-$d.tsv" ]; then
			echo '<p>&dagger; MMSSL&rsquo;s code computes an NDCG of its own: it divides by the best order of the hits in the list, not of all held-out'
			echo 'items, and so is larger where users have several of these. The paper&rsquo;s row of MMSSL is probably in that metric. In it:</p>'
			table <"$dir/mmssl-$d.tsv"
		fi
		if [ -s "$dir/tests-$d.tsv" ]; then table <"$dir/tests-$d.tsv"; fi
		if [ "$(wc -l <"$dir/quality-$d.tsv")" -gt 2 ]; then
			echo '<p>What the seconds buy:</p><div class="figures">'
			figure quality "quality-$d" "LABEL = \"$(name "$d")\"; TABLE = '$dir/quality-$d.tsv'; COLUMN = 4; METRIC = 'NDCG@20 (test)'"
			echo '</div>'
			table <"$dir/quality-$d.tsv" | details "Numbers: $(name "$d"), quality and seconds"
		fi
	done
fi
section table3 "Table 3. Cost" "Seconds per epoch: mean after the first, sampling included and evaluation not, in trainings of a few epochs one \
after another. Memory: peak of the process. The paper measured on a GPU with a data loader in another language, so only the order of the systems \
compares. Whatever else the machine did is in our times." && table <"$dir/table3.tsv"
section fig2 "Figure 2. Behaviour uncertainty" "Entropy of a user&rsquo;s items over k-means groups of each kind of item vectors. The paper: lowest \
for vectors trained by MF-BPR, then text, then images, which come close to noise; lower on Sports than on Baby. Second picture: divided by what the \
same groups give when their labels are shuffled among the items, which takes out the sizes of the groups." && figures fig2
section fig3 "Figure 3. Modality erasure" "LightGCN with and without modality initialisation (MI) by number of layers; both with the optimiser, \
sampling and weight decay of STAIR, so that nothing else differs. The paper: the gain by MI shrinks quickly as layers are added." && figures fig3
if section fig4 "Figure 4. Layer weights" "Equations 2 and 5 as they are."; then
	echo '<div class="figures">'
	for d in forward backward; do figure fig4 "fig4-$d" "SERIES = '$d'"; done
	echo '</div>'
fi
section fig5 "Figure 5. Modality forgetting" "Pearson correlation of the item parameters with their initialisation, mean over the columns. The \
paper: it falls fast, and much slower with backward stepwise convolution (BSC)." && figures fig5
section fig6 "Figure 6. Ablation" "From LightGCN to STAIR, a part at a time, and STAIR without one part each; bars are standard deviations over \
seeds. LightGCN here is STAIR without its three parts, with its optimiser; Table 2 has the usual one. The paper: every part helps, MI also against \
spread, BSC is essential." && figures fig6
section fig7 "Figure 7. Sensitivity" "The exponent gamma, and the numbers of text and image neighbours. The paper: a smallish gamma is best; more \
text neighbours help, more image neighbours do not. In the released code these numbers also weigh the two initialisations; a second sweep keeps \
those weights." && figures fig7g fig7k fig7w

echo '<h2 id="made">How it was made</h2>'
for d in $datasets; do
	echo "<h3>$(name "$d")</h3>"
	settings "$dir/$d/paper.plan.tsv" "$bin"
	# shellcheck disable=SC2046 # paths without spaces
	made "$dir/$d" $(tail -n +2 "$dir/$d/about.opts" | cut -d' ' -f1)
done
page_end "$bin"
