#!/usr/bin/env bash
# The report as one self-contained page on standard output:
#   paper-page.sh DIRECTORY "DATASETS" "PARTS" BIN
# Reads what paper-collect.sh and paper-plot.sh left in DIRECTORY, and the
# paper's numbers in paper-numbers.tsv beside this script.
set -euo pipefail
dir=$1 datasets=$2 parts=$3 bin=$4
here=$(dirname "$0")
numbers=$here/paper-numbers.tsv
export LC_ALL=C

has() { [[ " $parts " == *" $1 "* ]]; }
escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
# shellcheck source=pipelines/paper-names.inc
. "$here/paper-names.inc"
order="popularity itemknn mf lightgcn jgcf mmgcn lattice bm3 freedom mmssl stair"

# What the awk programs below share: names, and the paper's numbers in
# paper[table, dataset, system, quantity]; - where it has none.
common='
	function name(s) {
		return s == "mf" ? "MF-BPR" : s == "lightgcn" ? "LightGCN" : s == "popularity" ? "most popular" : \
			s == "itemknn" ? "ItemKNN" : toupper(s)
	}
	function fixed(v, digits) { return v == "" || v == "-" ? "&ndash;" : sprintf("%." digits "f", v) }
	function printed(t, d, s, q) { return (t, d, s, q) in paper ? paper[t, d, s, q] : "&ndash;" }
	function grouped(v) { while (v ~ /[0-9][0-9][0-9][0-9]/) sub(/[0-9][0-9][0-9]($|,)/, ",&", v); return v }
	function read_paper(file, l, f) {
		while ((getline l <file) > 0)
			if (l !~ /^#/ && split(l, f, "\t") == 5) paper[f[1], f[2], f[3], f[4]] = f[5]
	}
	BEGIN { FS = "\t"; read_paper(numbers) }'

table1() {
	echo '<h2 id="table1">Table 1. Datasets</h2><div class="scroll"><table><thead><tr><th></th><th>users</th><th>items</th>'
	echo '<th>interactions</th><th>sparsity</th><th>train</th><th>valid</th><th>test</th></tr></thead><tbody>'
	local d
	for d in $datasets; do
		awk -v numbers="$numbers" -v d="$d" -v label="$(title "$d")" "$common"'
			{ n[$1] = $2 }
			END {
				printf "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%.2f&nbsp;%%</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
					label, grouped(n["users"]), grouped(n["items"]), grouped(n["interactions"]),
					100 * (1 - n["interactions"] / n["users"] / n["items"]),
					grouped(n["train"]), grouped(n["valid"]), grouped(n["test"])
				if ((1, d, "-", "users") in paper)
					printf "<tr><td class=paper>&ensp;paper</td><td class=paper>%s</td><td class=paper>%s</td><td class=paper>%s</td><td class=paper>%s&nbsp;%%</td><td></td><td></td><td></td></tr>\n",
						grouped(paper[1, d, "-", "users"]), grouped(paper[1, d, "-", "items"]),
						grouped(paper[1, d, "-", "interactions"]), paper[1, d, "-", "sparsity"]
			}' "$dir/$d/counts.tsv"
	done
	echo '</tbody></table></div>'
}

table2() { # table2 DATASET
	echo "<h3>$(title "$1")</h3>"
	awk -v numbers="$numbers" -v d="$1" -v systems="$order" "$common"'
		function sd(s, q, n) { return n > 1 && q - s * s / n > 0 ? sqrt((q - s * s / n) / (n - 1)) : 0 }
		BEGIN { split("recall@10 recall@20 ndcg@10 ndcg@20", metric, " ")
			k = split(systems, order, " ") }
		$2 == "table2" { n[$3]++; best[$3] += $11; epochs[$3] += $13; for (m = 1; m <= 4; m++) { s[$3, m] += $(6 + m); q[$3, m] += $(6 + m) ^ 2 } }
		END {
			for (m = 1; m <= 4; m++) for (i = 1; i <= k; i++)
				if (order[i] in n && s[order[i], m] / n[order[i]] > top[m]) top[m] = s[order[i], m] / n[order[i]]
			for (i = 1; i <= k; i++) if ((2, d, order[i], "recall@10") in paper) both = 1
			print "<div class=scroll><table><thead><tr><th></th>"
			for (m = 1; m <= 4; m++) print "<th" (both ? " colspan=2" : "") ">" (m < 3 ? "Recall@" : "NDCG@") (m % 2 ? 10 : 20) "</th>"
			print "<th>best epoch</th><th>runs</th></tr>"
			if (both) {
				print "<tr><th></th>"
				for (m = 1; m <= 4; m++) print "<th>ours</th><th class=paper>paper</th>"
				print "<th></th><th></th></tr>"
			}
			print "</thead><tbody>"
			for (i = 1; i <= k; i++) {
				o = order[i]
				if (!(o in n) && !((2, d, o, "recall@10") in paper)) continue
				printf "<tr><td>%s</td>", name(o)
				for (m = 1; m <= 4; m++) {
					mean = o in n ? s[o, m] / n[o] : ""
					text = fixed(mean, 4)
					if (o in n && mean >= top[m]) text = "<b>" text "</b>"
					if (o in n && n[o] > 1) text = text " <small>&plusmn;" sprintf("%.4f", sd(s[o, m], q[o, m], n[o])) "</small>"
					own = (o == "mmssl" && m > 2 && (2, d, o, metric[m]) in paper) ? "*" : ""
					printf "<td class=first>%s</td>", text
					if (both) printf "<td class=paper>%s%s</td>", printed(2, d, o, metric[m]), own
				}
				printf "<td>%s</td><td>%s</td></tr>\n", epochs[o] ? sprintf("%.0f of %.0f", best[o] / n[o], epochs[o] / n[o]) : "&ndash;", o in n ? n[o] : "&ndash;"
			}
			print "</tbody></table></div>"
		}' "$dir/$1/results.tsv"
	mmssl_ndcg "$1"
	[ -s "$dir/$1/compare.tsv" ] || return 0
	# the first system against the best of the others
	awk -v numbers="$numbers" "$common"'
		function p(v) { return v == "-" ? "&ndash;" : v < 0.0001 ? sprintf("%.1e", v) : sprintf("%.4f", v) }
		$1 !~ /^(recall|ndcg)$/ { next }
		{ k = $1 "@" $2 }
		FNR != NR { users[k, $3] = $10; next }
		{
			if (!(k in seen)) { seen[k] = 1; order[++n] = k; first[k] = $3; mean[k] = $5; next }
			if (!(k in best) || $5 > best[k]) { best[k] = $5; line[k] = $0 }
		}
		END {
			print "<p>" name(first[order[1]]) " against the best of the other systems that were trained here:</p>"
			print "<div class=scroll><table><thead><tr><th></th><th>best other</th><th>improvement</th><th>paired t-test by seed: p</th><th>Welch: p</th><th>over users, first seed: p</th></tr></thead><tbody>"
			for (i = 1; i <= n; i++) {
				k = order[i]; split(line[k], f, "\t")
				test = p(users[k, f[3]])
				sub(/^recall/, "Recall", k); sub(/^ndcg/, "NDCG", k)
				printf "<tr><td>%s</td><td>%s</td><td>%+.1f&nbsp;%%</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
					k, name(f[3]), f[7], p(f[10]), p(f[13]), test
			}
			print "</tbody></table></div>"
		}' "$dir/$1/compare.tsv" "$dir/$1/users.tsv"
}

# The metric of one system, where the paper has that system.
mmssl_ndcg() { # mmssl_ndcg DATASET
	awk -v numbers="$numbers" -v d="$1" -v systems="$order" "$common"'
		$2 == "table2" { n[$3]++; a[$3] += $16; b[$3] += $17 }
		END {
			if (!((2, d, "mmssl", "ndcg@20") in paper)) exit
			print "<p>* MMSSL&rsquo;s code computes an NDCG of its own: it divides by the best order of the hits in the list, not of all held-out items, and so is larger where users have several of these. The paper&rsquo;s row of MMSSL is probably in that metric. In it:</p>"
			print "<div class=scroll><table><thead><tr><th></th><th>MMSSL-NDCG@10</th><th>MMSSL-NDCG@20</th></tr></thead><tbody>"
			k = split(systems, order, " ")
			for (i = 1; i <= k; i++) if (order[i] in n) printf "<tr><td>%s</td><td>%.4f</td><td>%.4f</td></tr>\n",
				name(order[i]), a[order[i]] / n[order[i]], b[order[i]] / n[order[i]]
			printf "<tr><td class=paper>MMSSL, paper</td><td class=paper>%s</td><td class=paper>%s</td></tr>\n",
				printed(2, d, "mmssl", "ndcg@10"), printed(2, d, "mmssl", "ndcg@20")
			print "</tbody></table></div>"
		}' "$dir/$1/results.tsv"
}

table3() {
	cat <<-END
		<h2 id="table3">Table 3. Cost</h2>
		<p>Seconds per epoch: mean after the first, sampling included and evaluation not, in trainings of a few epochs one
		after another. Memory: peak of the process. The paper measured on a GPU with a data loader in another language, so
		that only the order of the systems compares. What else the machine did is in our times.</p>
		<div class="scroll"><table><thead><tr><th></th>
	END
	local d
	for d in $datasets; do echo "<th colspan=2>$(title "$d"), s / epoch</th><th colspan=2>MB</th>"; done
	echo '</tr><tr><th></th>'
	for d in $datasets; do echo '<th>ours</th><th class=paper>paper</th><th>ours</th><th class=paper>paper</th>'; done
	echo '</tr></thead><tbody>'
	for d in $datasets; do cat "$dir/$d/results.tsv"; done | awk -v numbers="$numbers" -v datasets="$datasets" -v systems="$order" "$common"'
		function like(d) { return d == "large" ? "electronics" : d }
		$2 == "table3" && $14 != "-" { n[$1, $3]++; s[$1, $3] += $14; if ($15 > mb[$1, $3]) mb[$1, $3] = $15; ran[$3] = 1 }
		END {
			k = split(systems, order, " ")
			w = split(datasets, d, " ")
			for (i = 1; i <= k; i++) {
				o = order[i]; row = ""; some = o in ran
				for (j = 1; j <= w; j++) {
					x = n[d[j], o]
					row = row "<td class=first>" (x ? sprintf("%.3g", s[d[j], o] / x) : "&ndash;") "</td><td class=paper>" printed(3, like(d[j]), o, "seconds") \
						"</td><td class=first>" (x ? sprintf("%.0f", mb[d[j], o]) : "&ndash;") "</td><td class=paper>" printed(3, like(d[j]), o, "mb") "</td>"
					if ((3, like(d[j]), o, "seconds") in paper) some = 1
				}
				if (some) print "<tr><td>" name(o) "</td>" row "</tr>"
			}
		}'
	echo '</tbody></table></div>'
}

picture() { # picture FILE ALT
	[ -e "$dir/$1.svg" ] || return 0
	printf '<figure><img alt="%s" width="480" height="360" src="data:image/svg+xml;base64,' "$2"
	base64 -w0 "$dir/$1.svg"
	printf '"></figure>\n'
}

values() { # values CAPTION <TSV with a header: as a table that opens
	printf '<details><summary>%s</summary><div class="scroll"><table>' "$1"
	escape | awk -F'\t' '{ tag = NR == 1 ? "th" : "td"; row = ""
		for (i = 1; i <= NF; i++) row = row "<" tag ">" ($i ~ /^-?[0-9]+\.[0-9]{5,}/ ? sprintf("%.4f", $i) : $i) "</" tag ">"
		print (NR == 1 ? "<thead>" : "") "<tr>" row "</tr>" (NR == 1 ? "</thead><tbody>" : "") }'
	echo '</tbody></table></div></details>'
}

of_part() { # of_part DATASET PART: the lines and columns to show
	awk -F'\t' -v part="$2" -v OFS='\t' 'NR == 1 || $2 == part { print $3, $4, $5, $7, $8, $9, $10, $11 }' "$dir/$1/results.tsv"
}

figure() { # figure PART HEADING CLAIM: with the pictures and findings of each dataset
	local part=$1 d f
	printf '<h2 id="%s">%s</h2>\n<p>%s</p>\n' "$part" "$2" "$3"
	if [ "$part" = fig4 ]; then
		echo '<div class="figures">'
		picture fig4-forward "Forward layer weights by dimension"
		picture fig4-backward "Backward layer weights by dimension"
		echo '</div>'
		return
	fi
	for d in $datasets; do
		f=$("found_$part" "$d" | escape)
		[ -z "$f" ] || printf '<p class="found"><b>%s:</b> %s</p>\n' "$(title "$d")" "$f"
		if [ "$part" = fig2 ] && grep -q stand-ins "$dir/$d/about.opts"; then
			printf '<p class="note"><b>%s:</b> text and image are the stand-ins, not the published features.</p>\n' "$(title "$d")"
		fi
	done
	echo '<div class="figures">'
	for d in $datasets; do
		for f in "$dir/$part-$d.svg" "$dir/$part-$d-"*.svg "$dir/$part-gamma-$d-"*.svg "$dir/${part}k-$d-"*.svg "$dir/${part}w-$d-"*.svg; do
			[ ! -e "$f" ] || picture "$(basename "$f" .svg)" "$(title "$d"): $2; the numbers are below"
		done
	done
	echo '</div>'
	for d in $datasets; do
		case $part in
		fig2) values "Numbers: $(title "$d")" <"$dir/$d/uncertainty.tsv" ;;
		fig5) cut -f2- "$dir/$d/curves.tsv" | values "Numbers: $(title "$d")" ;;
		fig7)
			of_part "$d" fig7g | values "Numbers: $(title "$d"), gamma"
			of_part "$d" fig7k | values "Numbers: $(title "$d"), neighbours"
			of_part "$d" fig7w | values "Numbers: $(title "$d"), neighbours of the graph alone"
			;;
		*) of_part "$d" "$part" | values "Numbers: $(title "$d")" ;;
		esac
	done
}

# What the numbers say, in a sentence that the numbers themselves make.
found_fig2() {
	sort -t$'\t' -k2,2n -k4,4g "$dir/$1/uncertainty.tsv" | awk -F'\t' '$2 + 0 {
		if ($2 != k) { if (k) print ""; printf "%s clusters: ", k = $2; sep = "" }
		printf "%s%s %.3f", sep, $1 == "mf" ? "MF-BPR" : $1, $4; sep = " < " }' | awk '{ printf "%s%s", (NR > 1 ? "; " : ""), $0 } END { if (NR) print "." }'
}
found_fig3() {
	awk -F'\t' '$2 == "fig3" { v[$3, $4] = $8; x[$4] = 1 }
		END { for (l = 0; l < 100; l++) if (l in x) {
			printf "%s%d layer%s %+.1f %%", sep, l, l == 1 ? "" : "s", 100 * (v["MI", l] / v["random", l] - 1); sep = ", " }
			print " Recall@20 by MI." }' "$dir/$1/results.tsv"
}
found_fig5() {
	awk -F'\t' 'NR > 1 { last[$2] = $6; at = $3 }
		END { printf "after %d epochs %.3f with BSC and %.3f without.\n", at, last["STAIR"], last["without BSC"] }' "$dir/$1/curves.tsv"
}
found_fig6() {
	awk -F'\t' '$2 == "fig6" { s[$4] += $8; n[$4]++; name[$4] = $3 }
		END { for (x = 1; x <= 7; x++) if (n[x]) { printf "%s%s %.4f", sep, name[x], s[x] / n[x]; sep = x == 4 ? "; " : ", " }
			print " (Recall@20)." }' "$dir/$1/results.tsv"
}
found_fig7() {
	awk -F'\t' '
		$2 == "fig7g" && $10 > g { g = $10; at = $4 }
		$2 == "fig7k" && $10 > k { k = $10; t = $3; v = $4 }
		$2 == "fig7w" && $10 > w { w = $10; wt = $3; wv = $4 }
		END { if (at != "") printf "by NDCG@20 best gamma %s (%.4f); best k_t, k_v: %d, %d (%.4f); in the graph alone: %d, %d (%.4f).\n", at, g, t, v, k, wt, wv, w }' "$dir/$1/results.tsv"
}

cat <<END
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>STAIR: the paper's tables and figures, made again</title><style>
$(cat "$here/paper-page.css")
</style></head><body>
<h1>STAIR: the paper's tables and figures, made again</h1>
<p>Every number under <em>ours</em> was computed by the programs of stair $("$bin/stair-train" --version | sed -n '1s/.* //p'); every number under
<em>paper</em> is printed in the paper (STAIR, AAAI 2025). Test metrics are those of the best epoch by valid NDCG@20.</p>
END
for d in $datasets; do
	epochs=$(awk -F'\t' 'NR > 1 && $13 != "-" && $13 > m { m = $13 } END { print m }' "$dir/$d/results.tsv")
	seeds=$(awk -F'\t' 'NR > 1 && !($5 in s) { s[$5] = 1; n++ } END { print n }' "$dir/$d/results.tsv")
	note=$(head -n 1 "$dir/$d/about.opts")
	trained='nothing was trained'
	[ -z "$epochs" ] || trained="$epochs epochs, $seeds seed$([ "$seeds" = 1 ] || echo s)"
	printf '<p class="note"><b>%s:</b> %s.' "$(title "$d")" "$trained"
	case $d in
	demo | large) printf ' Random purchases with made-up features: the paper has no such numbers.' ;;
	tiktok) printf ' The paper does not use this set.' ;;
	*) [ "${epochs:-500}" = 500 ] || printf ' The paper trains 500 epochs.' ;;
	esac
	[ "$d" != large ] || printf ' In Table 3 it stands beside Electronics, whose size it has.'
	[ -z "$note" ] || printf ' %s' "$(escape <<<"$note")"
	printf '</p>\n'
done
echo '<nav>'
for p in table1 table2 table3 fig2 fig3 fig4 fig5 fig6 fig7; do
	if has $p; then echo "<a href=\"#$p\">$(sed 's/table/Table /; s/fig/Figure /' <<<$p)</a>"; fi
done
echo '<a href="#made">How it was made</a></nav>'

if has table1; then table1; fi
if has table2; then
	echo '<h2 id="table2">Table 2. Recommendation</h2><p>Mean and standard deviation over seeds; of best epochs and of epochs trained, the mean. The best of ours is bold.'
	echo 'Seeds of two systems share nothing, so the paired test over them is the convention of the paper and Welch&rsquo;s the sounder one; the paired test over users says whether two single models differ.'
	[[ " $datasets " != *" baby "* && " $datasets " != *" sports "* ]] || echo 'The paper&rsquo;s split is one draw of a rule by chance; another draw moves metrics by about the spread over seeds.'
	echo '</p>'
	for d in $datasets; do table2 "$d"; done
fi
if has table3; then table3; fi
if has fig2; then figure fig2 "Figure 2. Behaviour uncertainty" "Entropy of a user&rsquo;s items over k-means groups of each kind of item vectors. The paper: lowest for vectors trained by MF-BPR, then text, then images, which come close to noise; lower on Sports than on Baby. Second picture: divided by what the same groups give when their labels are shuffled among the items, which takes out the sizes of the groups."; fi
if has fig3; then figure fig3 "Figure 3. Modality erasure" "LightGCN with and without modality initialisation (MI) by number of layers; both with the optimiser, sampling and weight decay of STAIR, so that nothing else differs. The paper: the gain by MI shrinks quickly as layers are added."; fi
if has fig4; then figure fig4 "Figure 4. Layer weights" "Equations 2 and 5 as they are."; fi
if has fig5; then figure fig5 "Figure 5. Modality forgetting" "Pearson correlation of the item parameters with their initialisation, mean over the columns. The paper: it falls fast, and much slower with backward stepwise convolution (BSC)."; fi
if has fig6; then figure fig6 "Figure 6. Ablation" "From LightGCN to STAIR, a part at a time, and STAIR without one part each; bars are standard deviations over seeds. LightGCN here is STAIR without its three parts, with its optimiser; Table 2 has the usual one. The paper: every part helps, MI also against spread, BSC is essential."; fi
if has fig7; then figure fig7 "Figure 7. Sensitivity" "The exponent gamma, and the numbers of text and image neighbours. The paper: a smallish gamma is best; more text neighbours help, more image neighbours do not. In the released code these numbers also weigh the two initialisations; a second sweep keeps those weights."; fi

echo '<h2 id="made">How it was made</h2>'
for d in $datasets; do
	echo "<h3>$(title "$d")</h3>"
	if [ -s "$dir/$d/inputs.tsv" ]; then
		echo '<div class="scroll"><table><thead><tr><th>input</th><th>bytes</th><th>SHA-256</th></tr></thead><tbody>'
		awk -F'\t' '{ printf "<tr><td>%s</td><td>%s</td><td class=hash>%s</td></tr>\n", $3, $2, $1 }' "$dir/$d/inputs.tsv"
		echo '</tbody></table></div>'
	fi
	echo "<details><summary>$(wc -l <"$dir/$d/commands.txt") commands</summary><pre>"
	escape <"$dir/$d/commands.txt"
	echo '</pre></details>'
done
echo '<h3>Programs</h3><pre>'
{
	"$bin/stair-train" --version
	make --version | sed -n 1p
	gnuplot --version 2>/dev/null || echo 'no gnuplot'
} | escape
echo '</pre></body></html>'
