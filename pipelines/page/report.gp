# The figures of a report, PART says which; TABLE is its data.
set datafile columnheaders
set ylabel "NDCG@20 (test)" noenhanced
set offsets 0.3, 0.3, graph 0.05, 0
set yrange [0:]
set xtics noenhanced
if (PART eq "scores") {
	unset key
	set xtics rotate by -35 left
	set bmargin 7
	plot TABLE using 0:2:3:4:xtic(1) with yerrorbars lt 1
}
if (PART eq "strata") { # of few users a mean says little
	set xlabel XLABEL
	set xtics rotate by -35 left
	set bmargin 5
	plot for [i=3:COLUMNS] TABLE using 0:(column(2) >= 20 ? column(i) : NaN):xtic(1) with linespoints title columnheader(i)
}
if (PART eq "curves") {
	set xlabel "epoch"
	set ylabel "NDCG@20 (valid)" noenhanced
	set offsets 0, 0, graph 0.05, 0
	set datafile missing NaN
	plot for [i=1:words(SERIES)] TABLE using (strcol(1) eq word(SERIES, i) ? column(2) : NaN):3 with linespoints pn 10 \
		title word(TITLES, i)
}
