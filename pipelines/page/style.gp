# The style of all figures. The colours are those of Okabe and Ito, which
# colour-blind readers tell apart; every series has a mark of its own as well.
set encoding utf8
set linetype 1 lc rgb "#0072B2" lw 2 pt 7 ps 1 dt 1
set linetype 2 lc rgb "#D55E00" lw 2 pt 5 ps 1 dt (10,4)
set linetype 3 lc rgb "#009E73" lw 2 pt 9 ps 1.2 dt (3,3)
set linetype 4 lc rgb "#CC79A7" lw 2 pt 13 ps 1.3 dt (10,4,2,4)
set linetype 5 lc rgb "#000000" lw 2 pt 11 ps 1.2 dt (2,5)
set linetype 6 lc rgb "#E69F00" lw 2 pt 6 ps 1 dt (6,3)
set linetype 7 lc rgb "#56B4E9" lw 2 pt 4 ps 1 dt (2,2)
set linetype 8 lc rgb "#888888" lw 2 pt 8 ps 1.2 dt (4,2)
set border 3 lc rgb "#444444"
set tics nomirror out
set grid ytics lc rgb "#dddddd" lt 1 lw 1 dt 1
set key top left outside horizontal samplen 3 spacing 1.2
set datafile separator "\t"
set datafile missing "-"
set lmargin 12
set rmargin 3
