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
if (PART eq "strata") {
	set xlabel XLABEL
	stats TABLE using 1 nooutput
	plot for [i=3:COLUMNS] TABLE using 0:i:xtic(1) with linespoints title columnheader(i)
}
if (PART eq "curves") {
	set xlabel "epoch"
	set ylabel "NDCG@20 (valid)" noenhanced
	set offsets 0, 0, graph 0.05, 0
	set datafile missing NaN
	plot for [i=1:words(SERIES)] TABLE using (strcol(1) eq word(SERIES, i) ? column(2) : NaN):3 with linespoints pn 10 \
		title word(TITLES, i)
}
