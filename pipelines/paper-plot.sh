#!/usr/bin/env bash
# Draws the figures, as SVG and PNG beside the tables they come from:
#   paper-plot.sh DIRECTORY "DATASETS" "PARTS"
# Colours are those of Okabe and Ito, which colour-blind readers tell apart;
# every series has a mark of its own as well.
set -euo pipefail
dir=$1 datasets=$2 parts=$3
command -v gnuplot >/dev/null || {
	echo "$0: gnuplot is not installed: the report has tables but no figures" >&2
	exit 0
}
work=$(mktemp -d "$dir/.plot.XXXXXX")
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 LC_NUMERIC=C LC_COLLATE=C

has() { [[ " $parts " == *" $1 "* ]]; }
# shellcheck source=pipelines/paper-names.inc
. "$(dirname "$0")/paper-names.inc"

# draw NAME: the gnuplot commands on standard input
draw() {
	{
		cat <<-'END'
			set encoding utf8
			set linetype 1 lc rgb "#0072B2" lw 2 pt 7 ps 1 dt 1
			set linetype 2 lc rgb "#D55E00" lw 2 pt 5 ps 1 dt (10,4)
			set linetype 3 lc rgb "#009E73" lw 2 pt 9 ps 1.2 dt (3,3)
			set linetype 4 lc rgb "#CC79A7" lw 2 pt 13 ps 1.3 dt (10,4,2,4)
			set linetype 5 lc rgb "#000000" lw 2 pt 11 ps 1.2 dt (2,5)
			set border 3 lc rgb "#444444"
			set tics nomirror out
			set grid ytics lc rgb "#dddddd" lt 1 lw 1 dt 1
			set key top left outside horizontal samplen 3 spacing 1.2
			set datafile separator "\t"
			set datafile missing "-"
			set lmargin 12
			set rmargin 3
		END
		cat
	} >"$work/$1.gp"
	gnuplot -e "set terminal svg size 480,360 font 'Helvetica,Arial,sans-serif,14' background '#ffffff'; set output '$dir/$1.svg'" "$work/$1.gp"
	gnuplot -e "set terminal pngcairo size 960,720 font 'DejaVu Sans,20' linewidth 1.6 pointscale 1.8; set output '$dir/$1.png'" "$work/$1.gp"
}

# Mean and standard deviation over seeds: part -> series x n mean sd, of column $2
over_seeds() { # over_seeds RESULTS PART COLUMN
	awk -F'\t' -v OFS='\t' -v part="$2" -v col="$3" '
		$2 == part { k = $3 OFS $4; if (!(k in n)) order[++keys] = k
			n[k]++; s[k] += $col; q[k] += $col * $col }
		END { for (i = 1; i <= keys; i++) { k = order[i]; m = s[k] / n[k]
			v = n[k] > 1 ? (q[k] - n[k] * m * m) / (n[k] - 1) : 0
			print k, n[k], m, (v > 0 ? sqrt(v) : 0) } }' "$1" | sort -t$'\t' -k2,2g -s
}

fig2() { # fig2 DATASET: entropy, and entropy relative to shuffled labels
	local in=$dir/$1/uncertainty.tsv series s plots='' ratio=''
	mapfile -t series < <(tail -n +2 "$in" | cut -f1 | awk '!($0 in s) { s[$0] = 1; print }')
	local i=0 label ticks
	ticks=$(tail -n +2 "$in" | cut -f2 | awk '!($0 in s) { s[$0] = 1; printf "%s\"%s\" %d", n++ ? ", " : "", $0, n }')
	for s in "${series[@]}"; do
		i=$((i + 1))
		awk -F'\t' -v OFS='\t' -v s="$s" '$1 == s { print ++n, $4, $4 / $6 }' "$in" >"$work/fig2-$1-$i"
		case $s in
		mf) label=MF-BPR ;;
		*) label=${s^} ;;
		esac
		plots+=" '$work/fig2-$1-$i' using 1:2 with linespoints lt $i title '$label',"
		ratio+=" '$work/fig2-$1-$i' using 1:3 with linespoints lt $i title '$label',"
	done
	draw "fig2-$1" <<-END
		set title "$(title "$1")"
		set xlabel "clusters"
		set ylabel "behaviour uncertainty [nats]"
		set xtics ($ticks)
		set offsets 0.2, 0.2, graph 0.05, graph 0.05
		plot ${plots%,}
	END
	draw "fig2-$1-relative" <<-END
		set title "$(title "$1")"
		set xlabel "clusters"
		set ylabel "uncertainty / that of shuffled labels"
		set xtics ($ticks)
		set offsets 0.2, 0.2, graph 0.05, graph 0.05
		plot ${ratio%,}
	END
}

fig3() {
	over_seeds "$dir/$1/results.tsv" fig3 "$3" >"$work/fig3-$1-$2"
	for s in random MI; do
		awk -F'\t' -v s=$s '$1 == s' "$work/fig3-$1-$2" >"$work/fig3-$1-$2-$s"
	done
	draw "fig3-$1-$2" <<-END
		set title "$(title "$1")"
		set xlabel "layers"
		set ylabel "$4 (test)" noenhanced
		set xtics 1
		set autoscale xfix
		set offsets 0.2, 0.2, graph 0.05, graph 0.05
		plot '$work/fig3-$1-$2-random' using 2:4 with linespoints lt 2 title 'LightGCN', \\
		     '$work/fig3-$1-$2-MI' using 2:4 with linespoints lt 1 title 'LightGCN + MI'
	END
}

fig4() {
	awk -v OFS='\t' 'BEGIN { d = 5; L = 3; g = 1
		for (j = 1; j <= d; j++) {
			b = 0.9 * (1 - ((j - 1) / d) ^ g); c = 1 - b
			for (l = 0; l <= L; l++)
				print j, l, b ^ l * (1 - b) / (1 - b ^ (L + 1)), c ^ l * (1 - c) / (1 - c ^ (L + 1))
		} }' >"$dir/fig4.tsv"
	local k name what
	for k in 3 4; do
		name=forward what="α_{jl}"
		[ $k = 3 ] || name=backward what="α'_{jl}"
		draw "fig4-$name" <<-END
			set title "${name^}, γ = 1, d = 5, L = 3"
			set style data histogram
			set style histogram clustered gap 1
			set style fill solid 1 noborder
			set xlabel "dimension j"
			set ylabel "layer weight $what"
			set yrange [0:1]
			plot for [l=0:3] '$dir/fig4.tsv' using (\$2 == l ? \$$k : NaN):xtic(1) every 4::l title sprintf("l = %d", l)
		END
	done
}

fig5() {
	for s in STAIR "without BSC"; do
		awk -F'\t' -v s="$s" '$2 == s' "$dir/$1/curves.tsv" >"$work/fig5-$1-${s// /-}"
	done
	draw "fig5-$1" <<-END
		set title "$(title "$1")"
		set xlabel "epoch"
		set ylabel "correlation with the initialisation"
		set yrange [:1.02]
		set xrange [0:]
		every = $(wc -l <"$work/fig5-$1-STAIR") / 10 + 1
		plot '$work/fig5-$1-STAIR' using 3:6 with linespoints lt 1 pi every title 'STAIR', \\
		     '$work/fig5-$1-without-BSC' using 3:6 with linespoints lt 2 pi every title 'without BSC'
	END
}

fig6() {
	over_seeds "$dir/$1/results.tsv" fig6 "$3" >"$work/fig6-$1-$2"
	draw "fig6-$1-$2" <<-END
		set title "$(title "$1")"
		set ylabel "$4 (test)" noenhanced
		set xtics rotate by -35 left
		set xrange [0.5:7.5]
		set bmargin 6
		set offsets 0, 0, graph 0.06, graph 0.06
		set arrow from 4.5, graph 0 to 4.5, graph 1 nohead lc rgb "#888888" dt 2
		set label "one part more each" at graph 0.02, graph 1.04
		set label "one part less" at graph 0.98, graph 1.04 right
		plot '$work/fig6-$1-$2' using 2:(column(2) <= 4 ? column(4) : NaN):5:xtic(1) with yerrorbars lt 1 notitle, \\
		     '' using 2:(column(2) > 4 ? column(4) : NaN):5 with yerrorbars lt 2 notitle
	END
}

fig7g() {
	over_seeds "$dir/$1/results.tsv" fig7g "$3" | sort -gk2,2 >"$work/fig7g-$1-$2"
	draw "fig7-gamma-$1-$2" <<-END
		set title "$(title "$1")"
		set xlabel "γ"
		set ylabel "$4 (test)" noenhanced
		set autoscale xfix
		set offsets graph 0.03, graph 0.03, graph 0.06, graph 0.06
		plot '$work/fig7g-$1-$2' using 2:4 with linespoints lt 1 notitle
	END
}

# A table of k_t by k_v as coloured cells with their values.
fig7k() { # fig7k DATASET METRIC COLUMN LABEL PART HEADING
	awk -F'\t' -v OFS='\t' -v part="$5" -v col="$3" '
		$2 == part { if (!($3 in a)) { a[$3] = 1; t[++nt] = $3 + 0 }
			if (!($4 in b)) { b[$4] = 1; v[++nv] = $4 + 0 }
			val[$3 + 0, $4 + 0] = $col }
		function order(x, n, i, k, h) { for (i = 2; i <= n; i++) for (k = i; k > 1 && x[k - 1] > x[k]; k--) {
			h = x[k]; x[k] = x[k - 1]; x[k - 1] = h } }
		END { order(t, nt); order(v, nv)
			for (i = 1; i <= nt; i++) for (k = 1; k <= nv; k++) print i, k, val[t[i], v[k]], t[i], v[k] }' \
		"$dir/$1/results.tsv" >"$work/$5-$1-$2"
	draw "$5-$1-$2" <<-END
		set title "$(title "$1"), $6"
		unset key
		unset grid
		set xlabel "k_t (text)"
		set ylabel "k_v (image)"
		set cblabel "$4 (test)" noenhanced
		set palette defined (0 "#f7fbff", 1 "#0072B2")
		set rmargin 14
		set xrange [0.5:$(cut -f1 "$work/$5-$1-$2" | tail -n 1).5]
		set yrange [0.5:$(cut -f2 "$work/$5-$1-$2" | tail -n 1).5]
		mid = $(awk -F'\t' 'NR == 1 { lo = hi = $3 } $3 < lo { lo = $3 } $3 > hi { hi = $3 } END { print (lo + hi) / 2 }' "$work/$5-$1-$2")
		plot '$work/$5-$1-$2' using 1:2:(0.5):(0.5):3:xtic(4):ytic(5) with boxxyerror fc palette fs solid noborder, \\
		     '' using 1:2:(sprintf("%.4f", column(3))):(column(3) > mid ? 0xffffff : 0x000000) with labels tc rgb variable notitle
	END
}

if has fig4; then fig4; fi
for d in $datasets; do
	[ -s "$dir/$d/results.tsv" ] || continue
	if has fig2; then fig2 "$d"; fi
	if has fig5; then fig5 "$d"; fi
	for m in "recall20 8 Recall@20" "ndcg20 10 NDCG@20"; do
		read -r name column label <<<"$m"
		if has fig3; then fig3 "$d" "$name" "$column" "$label"; fi
		if has fig6; then fig6 "$d" "$name" "$column" "$label"; fi
		if has fig7; then
			fig7g "$d" "$name" "$column" "$label"
			fig7k "$d" "$name" "$column" "$label" fig7k "k sets graph and initialisation"
			fig7k "$d" "$name" "$column" "$label" fig7w "k sets the graph alone"
		fi
	done
done
