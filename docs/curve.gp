# Draws docs/pendulum.png from the evaluations of five runs:  gnuplot docs/curve.gp
set terminal pngcairo size 900,420 font "DejaVu Sans,11" background rgb "white"
set output "docs/pendulum.png"
set datafile separator ","
set title "sac on pendulum: mean return of 10 evaluation episodes, five seeds"
set xlabel "environment steps"
set ylabel "return"
set grid lc rgb "#dddddd"
set border 3 lc rgb "#666666"
set tics nomirror
set key right bottom
set xrange [0:20000]
set yrange [-1700:0]
set format x "%'.0f"
plot for [s=1:5] sprintf("docs/results/curves/pendulum-s%d.csv", s) using 1:4 with lines lw 2 \
    lc rgb word("#0072b2 #e69f00 #009e73 #cc79a7 #56b4e9", s) title sprintf("seed %d", s)
