#!/usr/bin/env bash
# make cold: the table of items that nobody had in training, on a small made-up shop.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS DATA
cold() { # cold VARIABLE=VALUE...: commands in log, the tables in out
	make -f "$TOP/pipelines/cold.mk" BIN="$BIN" P=cold EPOCHS=2 USERS=200 ITEMS=100 INTERACTIONS=2500 \
		IMAGE_DIM=80 TOPICS=8 CORE=3 SYSTEMS="stair lightgcn contentknn" "$@" >out 2>log
}
runs "make cold" cold
table=cold/demo/table.tsv
# three systems, two of which are folded twice, alone and mixed, and the graph
same "a row for each" "$(tail -n +2 $table | cut -f 7 | sort | tr '\n' ' ')" \
	"alike contentknn lightgcn-1 lightgcn-1.fold1 lightgcn-1.fold1.6 lightgcn-1.fold1.6.mixed lightgcn-1.fold1.mixed stair-1 stair-1.fold1 stair-1.fold1.6 stair-1.fold1.6.mixed stair-1.fold1.mixed "
same "the best with cold items first" "$(tail -n +2 $table | cut -f 1 | sort -c -r -g 2>&1)" ""
value() { sed -n "s/^$1	20	//p" "cold/demo/$2.cold.metrics" | xargs printf '%.4f\n'; }
same "what stair-eval measures" "$(grep -P '\tstair-1.fold1$' $table | cut -f 1,4,5)" \
	"$(value cold:recall stair-1.fold1)	$(value warm:ndcg stair-1.fold1)	$(value recall stair-1.fold1)"
same "a fifth of the items is cold" "$(stair-cat cold/demo/data.npz | awk -F'\t' '$3 == 0 {print $2}' | sort -u | wc -l)" 80
cold
same "nothing to do" "$(grep -c /stair- out log | tr '\n' ' ')" "out:0 log:0 "
cold BOOSTS="1 1.6 2"
same "one more boost" "$(grep -c '/stair-\(fold\|train\)' out)" 2
done_testing
