# The paper's figures, PART says which. TABLE is the dataset's paper.tsv; COLUMN and
# METRIC what is shown; LABEL how the dataset is called; SERIES the series of Figure
# 2 and the layer weights of Figure 4.
only(part, series) = strcol(2) eq part && (series eq "" || strcol(3) eq series)
set datafile missing NaN
if (exists("LABEL")) { set title LABEL }
if (exists("METRIC")) { set ylabel METRIC noenhanced }
set offsets graph 0.04, graph 0.04, graph 0.06, graph 0.06
set autoscale xfix

if (PART eq "fig2") {
	set xlabel "clusters"
	set logscale x
	set xtics ()
	set for [k in CLUSTERS] xtics add (k real(k))
	plot for [s in SERIES] TABLE using (strcol(1) eq s ? column(2) : NaN):(COLUMN == 4 ? column(4) : column(4) / column(6)) \
		with linespoints title s eq "mf" ? "MF-BPR" : s
}
if (PART eq "fig3") {
	set xlabel "layers"
	set xtics 1
	plot TABLE using (only(PART, "random") ? column(4) : NaN):COLUMN with linespoints lt 2 title "LightGCN", \
		TABLE using (only(PART, "MI") ? column(4) : NaN):COLUMN with linespoints lt 1 title "LightGCN + MI"
}
if (PART eq "fig4") {
	b(j) = 0.9 * (1 - (j - 1) / 5.)
	share(j) = SERIES eq "forward" ? b(j) : 1 - b(j)
	weight(x, l) = x ** l * (1 - x) / (1 - x ** 4)
	set title (SERIES eq "forward" ? "Forward" : "Backward").", γ = 1, d = 5, L = 3"
	set xlabel "dimension j"
	set ylabel "layer weight ".(SERIES eq "forward" ? "α_{jl}" : "α'_{jl}")
	set yrange [0:1]
	set samples 5
	set xtics 1
	set boxwidth 0.18
	set style fill solid 1 noborder
	plot for [l=0:3] [j=1:5] '+' using ($1 + 0.2 * (l - 1.5)):(weight(share($1), l)) with boxes title sprintf("l = %d", l)
}
if (PART eq "fig5") {
	set xlabel "epoch"
	set yrange [:1.02]
	set xrange [0:]
	plot for [s in SERIES] TABLE using (strcol(1) eq s ? column(2) : NaN):4 with linespoints pn 10 \
		title s eq word(SERIES, 1) ? "STAIR" : "without BSC"
}
if (PART eq "fig6") { # dots are the seeds, marks their means
	set xtics rotate by -35 left
	set xrange [0.5:7.5]
	set bmargin 6
	set arrow from 4.5, graph 0 to 4.5, graph 1 nohead lc rgb "#888888" dt 2
	set label "one part more each" at graph 0.02, graph 1.04
	set label "one part less" at graph 0.98, graph 1.04 right
	set xtics ("LightGCN" 1, "+MI" 2, "+FSC" 3, "+BSC=STAIR" 4, "-BSC" 5, "-FSC" 6, "-MI" 7)
	x(from, to) = only(PART, "") && column(4) >= from && column(4) <= to ? column(4) : NaN
	plot TABLE using (x(1, 4)):COLUMN smooth unique with points lt 1 notitle, \
		TABLE using (x(5, 7)):COLUMN smooth unique with points lt 2 notitle, \
		TABLE using (x(1, 7)):COLUMN with points pt 7 ps 0.4 lc rgb "#888888" notitle
}
if (PART eq "fig7g") {
	set xlabel "γ"
	plot TABLE using (only(PART, "") ? column(4) : NaN):COLUMN smooth unique with linespoints lt 1 notitle
}
if (PART eq "fig7k" || PART eq "fig7w") {
	set title LABEL.(PART eq "fig7k" ? ", k sets graph and initialisation" : ", k sets the graph alone")
	unset key
	unset grid
	set xlabel "k_t (text)"
	set ylabel "k_v (image)"
	set cblabel METRIC noenhanced
	set palette defined (0 "#f7fbff", 1 "#56B4E9")
	set rmargin 14
	set offsets 0.5, 0.5, 0.5, 0.5
	place(k, list) = sum [i=1:words(list)] (word(list, i) eq k ? i : 0)
	set for [i=1:words(KT)] xtics add (word(KT, i) i)
	set for [i=1:words(KV)] ytics add (word(KV, i) i)
	cell(c) = only(PART, "") ? column(c) : NaN
	plot TABLE using (place(strcol(3), KT)):(place(strcol(4), KV)):(0.5):(0.5):(cell(COLUMN)) with boxxyerror fc palette fs solid noborder, \
		TABLE using (place(strcol(3), KT)):(place(strcol(4), KV)):(sprintf("%.4f", cell(COLUMN))) \
		with labels notitle
}
if (PART eq "quality") {
	unset key
	set xlabel "seconds from data to model, on this machine"
	set logscale x
	set format x "10^{%L}"
	set autoscale
	set offsets graph 0.06, graph 0.3, graph 0.08, graph 0.04
	plot TABLE using 2:COLUMN with points lt 1, TABLE using 2:COLUMN:1 with labels left offset 0.8, 0.3 font ",11" noenhanced
}
