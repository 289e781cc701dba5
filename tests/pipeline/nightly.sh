#!/usr/bin/env bash
# nightly.mk through ten days of a made-up shop that grows: users and items that are
# new, items that nobody bought, items that are delisted, a day without data, one that
# is killed in the middle, one that is given up, one whose lists are too bad. Every day:
# numbers stay, what was held out stays held out, lists hold what they may; at the end
# all days again give the same bytes.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS DATA

# -- the shop -------------------------------------------------------------------------
stair-synth -q --users 240 --items 160 --interactions 5200 --topics 5 --text-dim 24 -o raw
gzip -dc raw/interactions.csv.gz | awk -F, '
	FNR == NR { item[$1] = FNR; next } # the order of the vectors numbers the items
	FNR == 1 { next }
	!($1 in user) { user[$1] = ++users }
	{
		u = user[$1]; i = item[$2]
		day = $3 * 7 % 19; day = day < 9 ? 1 : day - 8
		if (u % 4 == 0 && day < 1 + u % 9) day = 1 + u % 9 # a quarter of the users is new
		if (i % 5 == 0 && day < 1 + i % 9) day = 1 + i % 9 # a fifth of the items
		gone = i % 11 == 3 ? 5 + i % 4 : 99
		if (i % 17 && day < gone && day <= 10) print > sprintf("d%02d.rows", day)
	}' raw/item_ids.txt -
for d in 01 02 03 04 05 06 07 08 09 10; do
	{ echo user,item,time && cat d$d.rows; } >d$d.csv
	awk -v d=$((10#$d)) '
		{ new = $1 != "" && FNR % 17 == 0 ? 3 : FNR % 5 == 0 ? 1 + FNR % 9 : 1; gone = FNR % 11 == 3 ? 5 + FNR % 4 : 99 }
		d >= new { print > "catalogue" } d >= new && d < gone { print > "stock" }' raw/item_ids.txt
	mv catalogue d$d.catalogue && mv stock d$d.stock
done
warm="fold"
! stair-train --help | grep -q -- --start || warm="warm"

nightly() { # nightly RUNS DAY LOGS [ARGS]
	local runs=$1 d=$2 log=$3
	shift 3
	make --no-print-directory -f "$TOP/pipelines/nightly.mk" BIN="$BIN" RUNS="$runs" DAY="$d" LOG="$log" CATALOGUE="$d.catalogue" \
		STOCK="$d.stock" FEATURES=text text_vectors=raw/text.npy text_ids=raw/item_ids.txt text_k=5 DIM=16 EPOCHS=12 WARM_EPOCHS=2 \
		NUMBER=6 RECOMMEND="--cold 1" "$@" >make.out 2>make.err
}

# -- what holds on every day ------------------------------------------------------------
ids() { stair-cat -m "$1_ids" "$2/data.npz"; }
day_before() { # day_before RUNS DAY: the newest complete one
	(cd "$1" && echo */complete) | tr ' ' '\n' | cut -d/ -f1 | awk -v d="$2" '$1 < d' | tail -1
}
wrong() { echo "$1"; }
promises() { # promises RUNS DAY: what is broken
	local r=$1/$2 y m n
	y=$(day_before "$1" "$2")
	[ -e "$r/complete" ] || wrong "is not complete: $(tail -2 make.err)"
	cmp -s "$r/top.tsv" "$1/served.tsv" || wrong "does not serve its lists"
	[ -z "$(find "$1" -name '.*' -type f)" ] || wrong "leaves $(find "$1" -name '.*' -type f)"
	if [ "$y" ]; then
		for m in user item; do
			ids $m "$1/$y" >before && ids $m "$r" >after
			cmp -s before <(head -n "$(wc -l <before)" after) || wrong "gives a $m another number"
		done
		# what is held out and what is learnt
		stair-cat "$1/$y/data.npz" | awk '{print $1 "\t" $2 "\t" $3}' | sort >pairs.before
		stair-cat "$r/data.npz" | awk '{print $1 "\t" $2 "\t" $3}' | sort >pairs
		[ -z "$(comm -23 pairs.before pairs)" ] || wrong "moves $(comm -23 pairs.before pairs | wc -l) pairs to another part"
	fi
	# every user has six items, in stock, none that the user has, one that nobody bought
	stair-cat "$r/data.npz" | awk '{print $1 "\t" $2}' | sort >had
	cut -f1,3 "$r/top.tsv" | sort >got
	[ -z "$(comm -12 had got)" ] || wrong "recommends what users have"
	[ -z "$(cut -f2 got | sort -u | comm -23 - <(sort "$2.stock"))" ] || wrong "recommends what is not in stock"
	n=$(cut -f1 got | uniq -c | awk '$1 == 6' | wc -l)
	[ "$n" = "$(ids user "$r" | wc -l)" ] || wrong "has $n lists of six for $(ids user "$r" | wc -l) users"
	ids item "$r" | sort | comm -23 - <(stair-cat "$r/data.npz" | awk '$3 == 0 {print $2}' | sort -u) >cold
	comm -12 cold <(sort "$2.stock") >cold.stock
	[ ! -s cold.stock ] || [ "$2" = d01 ] || [ "$(cut -f2 got | sort | uniq -c | awk 'NR == FNR {c[$1]; next} $2 in c {n += $1} END {print n + 0}' cold.stock -)" -ge "$n" ] ||
		wrong "has no places for new items"
}
day() { # day NAME RUNS DAY LOGS [ARGS]
	local name=$1
	shift
	nightly "$@"
	same "$2: $name" "$? $(promises "$1" "$2")" "0 "
}

# -- ten days ----------------------------------------------------------------------------
day "a first day trains" a d01 d01.csv
day "new users and items" a d02 d02.csv
same "it folds" "$(cat a/d02/complete)" "fold d01"
day "items that nobody bought" a d03 d03.csv
same "they are in lists" "$(cut -f3 a/d03/top.tsv | grep -cxFf <(awk 'FNR % 17 == 0' raw/item_ids.txt) | awk '{print ($1 > 9)}')" 1
day "a day without data" a d04 ""
same "keeps its users" "$(ids user a/d04 | cksum)" "$(ids user a/d03 | cksum)"
: >empty.csv
day "an empty log, delisted items" a d05 "empty.csv d05.csv d04.csv"
cp a/served.tsv served.before
# killed when the features are there, and all that it started
setsid bash -c '. "$TOP/tests/lib.sh"; '"$(declare -f nightly)"'; nightly a d06 d06.csv' &
pid=$!
for ((i = 0; i < 600; i++)); do [ ! -e a/d06/text.npz ] || break && sleep 0.02; done
kill -KILL -- -$pid
wait $pid 2>/dev/null
same "d06 is killed: yesterday's lists are served" "$(test -e a/d06/complete; echo $?) $(cmp a/served.tsv served.before)" "1 "
day "goes on" a d06 d06.csv
[ "$warm" = warm ] || skip "a warm start" "stair-train has no --start"
day "a training that goes on from yesterday's model" a d07 d07.csv TRAIN=$warm
same "as it says" "$(cat a/d07/complete)" "$warm d06"
# nothing of d08 but its log, which comes a day later
nightly a d08 d08.csv EPOCHS=none
same "d08: a wrong setting" "$? $(sed 's/^[^*]*\*\*\* //' make.err)" "2 EPOCHS is a whole number above 0, not 'none'.  Stop."
day "two days at once, after one that was given up" a d09 "d08.csv d09.csv"
same "from the last complete day" "$(cat a/d09/complete)" "fold d07"
cp a/served.tsv served.before
nightly a d10 d10.csv GUARD=2
same "d10: lists that are too bad are not served" "$? $(grep served make.err | sed -E 's/0\.[0-9]+/N/g') $(cmp a/served.tsv served.before)" \
	"2 d10 is not served: valid NDCG@20 is N, the day before N; see GUARD "
day "with a lower bound" a d10 d10.csv
nightly a d10 d10.csv
same "a day again does nothing" "$(grep -c stair- make.out) $(find a -type f -newer make.out)" "0 "
nightly a d02 d02.csv
same "nor does an earlier day serve" "$? $(head -1 make.out) $(cmp a/d10/top.tsv a/served.tsv)" "0 d10 is complete already: its lists stay "

# -- again ------------------------------------------------------------------------------
nightly b d01 d01.csv THREADS=1
nightly b d02 d02.csv THREADS=1
nightly b d03 d03.csv THREADS=2
nightly b d04 "" THREADS=3
nightly b d05 "empty.csv d05.csv d04.csv" THREADS=1
nightly b d06 d06.csv THREADS=1
nightly b d07 d07.csv THREADS=2 TRAIN=$warm
nightly b d09 "d08.csv d09.csv" THREADS=1
nightly b d10 d10.csv THREADS=1
for f in data model items; do
	same "all days again: $f" "$(for d in a/d??; do [ ! -e "$d/complete" ] || cmp "$d/$f.npz" "b/${d#a/}/$f.npz" 2>&1; done)" ""
done
same "all days again: lists and metrics" "$(for d in a/d??; do [ ! -e "$d/complete" ] || cmp "$d/top.tsv" "b/${d#a/}/top.tsv" && cmp "$d/valid.tsv" "b/${d#a/}/valid.tsv"; done 2>&1 | grep -v d08)" ""
equal_files "all days again: what is served" a/served.tsv b/served.tsv

# -- wrong settings ----------------------------------------------------------------------
refused() { # refused MESSAGE ARGS...
	local message=$1
	shift
	nightly a d11 d10.csv CATALOGUE=d10.catalogue STOCK=d10.stock "$@"
	same "refuses ${*: -1}" "$? $(sed 's/^[^*]*\*\*\* //' make.err)" "2 $message.  Stop."
}
refused "LOG: there is no file 'none.csv'" LOG=none.csv
refused "STOCK: there is no file 'none'" STOCK=none
refused "TRAIN is one of fold warm full, not 'cold'" TRAIN=cold
refused "SPLIT begins with hash:, not 'ratio:8:1:1'" SPLIT=ratio:8:1:1
refused "GUARD is a number, not 'x'" GUARD=x
nightly new d01 "" STOCK= CATALOGUE=
same "a first day without a log" "$? $(sed 's/^[^*]*\*\*\* //' make.err)" \
	"2 INTER is not set: on the first day LOG names the table of who bought what.  Stop."
nightly knn d01 d01.csv MODEL=itemknn
nightly knn d02 d02.csv MODEL=itemknn
same "a graph of items is made anew" "$? $(cat knn/d02/complete)" "0 full d01"
cp knn/d02/data.npz before.npz
nightly knn d02 "" MODEL=itemknn
same "a day that is made again has the logs that it had" "$? $(cmp before.npz knn/d02/data.npz && ls knn/d02/log | tr '\n' ' ')" "0 d01_d01.csv d02_d02.csv "
nightly knn d03 d03.catalogue MODEL=itemknn
same "a table that is no log" "$? $(grep -c "has no user column" make.err)" "2 1"
nightly knn d03 d03.csv MODEL=itemknn
same "then the right one" "$? $(tr '\n' ' ' <knn/d03/logs)" "0 d01_d01.csv d02_d02.csv d03_d03.csv "
nightly knn d03 "" MODEL=itemknn STOCK=
same "the day again: not what failed" "$? $(tr '\n' ' ' <knn/d03/logs)" "0 d01_d01.csv d02_d02.csv d03_d03.csv "
nightly knn d04 d04.csv MODEL=itemknn
same "nor on the day after" "$? $(ls knn/d04/log | tr '\n' ' ')" "0 d01_d01.csv d02_d02.csv d03_d03.csv d04_d04.csv "
nightly knn d05 d05.csv MODEL=lightgcn TRAIN=warm
same "a warm start from another system" "$? $(sed '1!d; s/^[^*]*\*\*\* //' make.err)" \
	"2 TRAIN=warm: the model of d04 is one of 'itemknn', and MODEL is now 'lightgcn': TRAIN=full trains it anew.  Stop."
# -- two runs at once --------------------------------------------------------------------
mkdir two && { flock two/lock sleep 2 & sleep 0.2; }
nightly two d01 d01.csv MODEL=itemknn
same "waits for another run" "$? $(head -1 make.err)" "0 another run is going on in two: this one waits for its end"
eval "$(declare -f nightly | sed 's/^nightly/other/; s/make\.out/other.out/; s/make\.err/other.err/')"
other two d02 d02.csv MODEL=itemknn &
nightly two d02 d02.csv MODEL=itemknn
rc=$?
wait $!
same "two runs of one day" "$rc $? $(cat two/d02/complete) $(cmp two/d02/top.tsv two/served.tsv)" "0 0 full d01 "
mkdir -p other && cp d05.csv other/d04.csv
nightly knn d05 "d04.csv other/d04.csv" MODEL=itemknn
same "two logs of one name" "$? $(sed 's/^[^*]*\*\*\* //' make.err)" \
	"2 LOG: several files are named 'd04.csv', and a day keeps its logs by name.  Stop."
done_testing
