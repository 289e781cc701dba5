#!/usr/bin/env bash
# What a pipeline found: report.sh DIRECTORY NAME BIN
# Writes report.txt in DIRECTORY, for the terminal, and the page to standard output.
# Reads what report.mk left in DIRECTORY. Its tables (.tsv) and pictures (.svg) stay in
# DIRECTORY/report.
set -euo pipefail
dir=$1 name=$2 bin=$3
out=$dir/report
mkdir -p "$out"
# shellcheck source=pipelines/page/page.inc
. "$(dirname "$0")/page.inc"
awk -v dir="$dir" -v page="$page" -f "$page/common.awk" -f "$page/report.awk"
# The examples: the first users with test items, and their lists with these hidden,
# whereas top.tsv leaves out what is in test, as bought.
e=$out/examples
"$bin/stair-cat" "$dir/data.npz" | awk -F'\t' '$3 == 2 && n < 3 && !($1 in met) { met[$1]; n++; print $1 }' >"$e.users"
"$bin/stair-cat" "$dir/data.npz" | awk -F'\t' 'NR == FNR { met[$1]; next } $1 in met' "$e.users" - >"$e.pairs"
awk 'BEGIN { FS = OFS = "\t" } $3 < 2 { print $1, $2 }' "$e.pairs" >"$e.had"
"$bin/stair-recommend" -q --data "$dir/data.npz" --keep-seen --exclude-pairs "$e.had" --users "$e.users" -n 10 \
	-o "$e.lists" "$dir/model.npz"
awk -v lists="$e.lists" -v titles="$dir/titles.tsv" -f "$page/examples.awk" "$e.pairs" >"$e.tsv"
note=$(head -n 1 "$dir/about.opts")

# -- the text -----------------------------------------------------------------------
{
	cat "$out/metrics.txt"
	cat "$out/summary.txt"
	[ -z "$note" ] || fold -s -w 80 <<<"$note"
	awk -F'\t' '
		function shown(item, title) { return title == "" ? item : title }
		$2 == "had" && $3 == 1 { printf "\nUser %s bought\n", $1 }
		$2 == "had" { print "    " shown($4, $5) }
		$2 == "held" {
			if ($4) printf "    and %d more\n", $4
			printf "  and gets (*: one of %d that were bought and hidden)\n", $3
		}
		$2 == "top" || $2 == "hit" { printf "  %s %2d  %s\n", $2 == "hit" ? "*" : " ", $3, shown($4, $5) }' "$out/examples.tsv"
} >"$dir/report.txt"

# -- the page -----------------------------------------------------------------------
cards() { # the items of the examples; pictures are the only thing that is elsewhere
	awk -F'\t' '
		function escaped(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); gsub(/"/, "\\&quot;", s); return s }
		function close_row() { if (row) print "</ol>"; row = "" }
		{ kind = $2 == "hit" ? "top" : $2 }
		$2 == "had" && $3 == 1 { close_row(); printf "<h3>User %s</h3><p class=small>bought:</p>\n", escaped($1) }
		$2 == "held" {
			close_row()
			printf "<p class=small>%sand gets (green: among the hidden purchases, of which there are %d):</p>\n", ($4 ? "and " $4 " more, " : ""), $3
			next
		}
		kind != row { print "<ol class=cards>"; row = kind }
		{
			picture = $6 ~ /^(https?:|file:)?\/\// ? "<img alt=\"\" loading=lazy src=\"" escaped($6) "\">" : ""
			printf "<li%s>%s<span>%s</span></li>\n", $2 == "hit" ? " class=hit" : "", picture, escaped($5 == "" ? $4 : $5)
		}
		END { close_row() }' "$out/examples.tsv"
}
figure() { # figure FILE ALT 'gnuplot assignments'
	draw report.gp "$out/$1" "$3"
	picture "$out/$1" "$2; the numbers are in the tables"
}
sizes() { # the dataset's sizes as a table
	awk -v dir="$dir" -v page="$page" -f "$page/common.awk" -f <(echo 'BEGIN {
		read_sizes(dir "/data.info", size)
		print "users", "items", "interactions", "sparsity", "train", "valid", "test"
		print grouped(size["users"]), grouped(size["items"]), grouped(size["interactions"]), size["sparsity"], \
			grouped(size["train"]), grouped(size["valid"]), grouped(size["test"]) }') | table
}

page_begin "$(name "$name"): what is recommended, and how well"
printf '<p class="found">%s</p>\n' "$(escape <"$out/summary.txt")"
[ -z "$note" ] || printf '<p class="note">%s</p>\n' "$(escape <<<"$note")"
echo '<nav><a href="#data">Data</a> <a href="#systems">Systems</a> <a href="#strata">For whom</a> <a href="#examples">Examples</a>'
echo '<a href="#made">How it was made</a></nav>'
echo '<h2 id="data">Data</h2>'
sizes
cat "$dir/ingest.log" "$dir"/*.log 2>/dev/null | awk '!seen[$0]++' | escape | sed '1s/^/<pre>/; $s/$/<\/pre>/' |
	details 'What stair-ingest and stair-features said'
echo '<h2 id="systems">Systems</h2>'
cat <<END
<p>All items are ranked for each user, and the hidden test items are looked for in the list. &plusmn; is half of a 95&nbsp;% interval over the
users; of differences it is that of the paired differences. The system in bold is the best by valid NDCG@20: its lists are in
<code>top.tsv</code>.</p>
END
table <"$out/systems.tsv"
cat <<END
<p>What the first 20 places of all lists show. The tail is all items but the most bought ones, as few as have 80&nbsp;% of the purchases. Gini is 0
where all items are shown equally often, nearly 1 where few items are. Novelty is the mean of log<sub>2</sub>(users / users who bought the item).</p>
END
table <"$out/lists.tsv"
echo '<div class="figures">'
figure scores "NDCG@20 by system with 95 % intervals" "PART = 'scores'; TABLE = '$out/scores.tsv'"
awk -F'\t' 'NR > 1 && $13 > 0 { print $6, $3 }' "$dir/report.tsv" >"$out/trained"
[ ! -s "$out/trained" ] || figure curves "valid NDCG@20 by epoch" "PART = 'curves'; TABLE = '$dir/report.curves.tsv'; \
	SERIES = '$(cut -d' ' -f1 "$out/trained" | tr '\n' ' ')'; TITLES = '$(cut -d' ' -f2 "$out/trained" | while read -r s; do name "$s"; done | tr '\n' ' ')'"
echo '</div>'
echo '<h2 id="strata">For whom, and for which items</h2>'
echo '<p>Left: users by how much they had bought; right: test items by how often they had been bought. Groups of fewer than 20 users are in the tables alone.</p><div class="figures">'
for kind in user item; do
	figure "strata-$kind" "NDCG@20 by purchases of the $kind" "PART = 'strata'; TABLE = '$out/strata-$kind.tsv'; \
		COLUMNS = $(head -n 1 "$out/strata-$kind.tsv" | awk -F'\t' '{ print NF }'); XLABEL = 'purchases of the $kind in train'"
done
echo '</div>'
for kind in user item; do table <"$out/strata-$kind.tsv" | details "Numbers: by purchases of the $kind"; done
echo '<h2 id="examples">Examples</h2>'
echo '<p>Lists as they are with the test items hidden; <code>top.tsv</code> leaves these out, as bought.</p>'
cards
echo '<h2 id="made">How it was made</h2>'
settings "$dir/report.plan.tsv" "$bin"
# shellcheck disable=SC2046 # paths without spaces
made "$dir" $(tail -n +2 "$dir/about.opts" | cut -d' ' -f1)
page_end "$bin"
