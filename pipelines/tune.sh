#!/usr/bin/env bash
# Chooses settings by valid NDCG@20 and writes them to DIR/chosen.mk. best.mk runs
# this as tune.sh FILE..., FILE being all that the result depends on, with
#   KNN      a system, its model and the options that the search starts from
#   LEARNER  the same of the system that is trained
#   ALIKE    graphs of what is alike to choose from, may be empty
#   EPOCHS   of the training, at most
#   STARTED  when the time began, in microseconds; GIVEN is how many seconds there are
#
# A search goes over the options, tries the next larger and smaller values of each,
# and keeps what is better, until nothing is or its time is over: a quarter of all
# for KNN, half for both. The points of LEARNER are trainings of 20 epochs, and tried
# where there is time for four. Each point is kept in DIR/tune, and known when the
# search runs again.
set -euo pipefail
export LC_ALL=C
tune=$DIR/tune
for file; do
	[ ! -e "$tune/of" ] || [ ! "$file" -nt "$tune/of" ] || rm -rf "$tune"
done
mkdir -p "$tune"
[ -e "$tune/of" ] || : >"$tune/of"

now() { echo "${EPOCHREALTIME/./}"; }
over() { echo $((STARTED + GIVEN * 10000 * $1)); } # over PERCENT: when so much of the time is
shown() { awk -v v="$1" 'BEGIN { printf "%.4f", v / 1e9 }'; }

pid=
trap '[ -z "$pid" ] || kill "$pid" || :; exit 143' INT TERM HUP
run() { # a signal to this script ends the program, too
	"$@" &
	pid=$!
	wait $pid
	pid=
}

# try OPTIONS...: a point. Sets value to its valid NDCG@20 in 1e-9, cost to the
# microseconds that it took, and judged to those of its ranking.
try() {
	local point begin made
	point=$tune/$(cksum <<<"$*" | tr ' ' -)
	if [ ! -s "$point" ]; then
		begin=$(now)
		# shellcheck disable=SC2086 # options
		run "$BIN/stair-train" -q $THREADS --data="$DIR/data.npz" "$@" -o "$tune/model.npz"
		made=$(now)
		# shellcheck disable=SC2086
		run "$BIN/stair-eval" -q $THREADS --data "$DIR/data.npz" --split valid --top 20 -o "$tune/metrics" "$tune/model.npz"
		awk -v judged=$(($(now) - made)) -v cost=$(($(now) - begin)) -v what="$*" \
			'$1 == "ndcg" { printf "%.0f %d %d %s\n", $3 * 1e9, cost, judged, what }' "$tune/metrics" >"$point.new"
		rm "$tune/model.npz"
		mv "$point.new" "$point"
	fi
	read -r value cost judged _ <"$point"
}

# start SYSTEM MODEL OPTIONS...: what a search starts from, in order and at
declare -A at
start() {
	local o
	system=$1 model=$2 order=() points=0 end=
	at=()
	shift 2
	for o; do set_option "${o#--}"; done
}
set_option() { # NAME=VALUE
	[ "${at[${1%%=*}]+there}" ] || order+=("${1%%=*}")
	at[${1%%=*}]=${1#*=}
}
options() { # what at stands for, with NAME=VALUE instead where it is given
	local k
	for k in "${order[@]}"; do
		[ "$k" != "${1%%=*}" ] || at[$k]=${1#*=}
		printf -- '--%s=%s ' "$k" "${at[$k]}"
	done
}

# consider NAME=VALUE TIME MORE...: keeps it if it is better; fails if it is not,
# or sets end if the time is over
consider() {
	local change=$1 limit=$2
	shift 2
	if (($(now) + cost > limit)); then
		end=over
		return 1
	fi
	# shellcheck disable=SC2046 # options
	try --model="$model" $(options "$change") "$@"
	points=$((points + 1))
	((value > best)) || return 1
	best=$value
	set_option "$change"
	echo "$system: valid NDCG@20 $(shown "$best") with --$change" >&2
}

# search TIME GRID... -- MORE...: GRID is NAME=VALUE,VALUE.. in order, or
# NAME:VALUE,VALUE.. where there is none; MORE are options of every point
search() {
	local limit=$1 grid=() g name values before round k step
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		grid+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2046
	try --model="$model" $(options none) "$@"
	best=$value
	echo "$system: valid NDCG@20 $(shown "$best") to begin with" >&2
	for ((round = 0; round < 4 && ! ${#end}; round++)); do
		before=$best
		for g in "${grid[@]}"; do
			name=${g%%[=:]*}
			[ "${at[$name]+there}" ] || continue
			if [[ $g == *:* ]]; then
				for k in $(tr ',' ' ' <<<"${g#*:}"); do
					[ "$k" = "${at[$name]}" ] || consider "$name=$k" "$limit" "$@" || [ -z "$end" ] || return 0
				done
				continue
			fi
			mapfile -t values < <(tr ',' '\n' <<<"${g#*=},${at[$name]}" | sort -gu)
			for step in 1 -1; do
				for ((k = 0; k < ${#values[@]}; k++)); do [ "${values[k]}" != "${at[$name]}" ] || break; done
				value=$best moved=
				while ((k + step >= 0 && k + step < ${#values[@]})); do
					consider "$name=${values[k + step]}" "$limit" "$@" || break
					k=$((k + step)) moved=yes
				done
				[ -z "$end" ] || return 0
				[ -z "$moved" ] || break
			done
		done
		((best > before)) || break
	done
}

# chosen TEXT MORE...: the lines of chosen.mk
chosen() {
	printf '# %s\n' "$1"
	shift
	# shellcheck disable=SC2046 # options
	set -- $(options none) "$@"
	printf 'override %s = %s\n' "$system" "$*"
}
found() { # what a search found
	echo "valid NDCG@20 $(shown "$best"), the best of $((points + 1))${end:+ until the time for it was over}"
}

# mean_of_rankings: of all points of this search, in microseconds; a search that runs
# again also finds those of the other
mean_of_rankings() {
	cat "$tune"/*-[0-9]* | awk -v of="--model=$model" '$4 == of { sum += $3; n++ } END { printf "%.0f", sum / n }'
}

begin=$(now)
"$BIN/stair-train" --list >/dev/null
a_start=$(($(now) - begin))
{
	echo "# Settings that were chosen for this data by the valid items, BUDGET=$BUDGET."
	# shellcheck disable=SC2086 # words
	start $KNN
	usual() { # NAME=VALUE...: where nothing else is said, the default of stair-train
		local o
		for o; do [ "${at[${o%%=*}]+there}" ] || set_option "$o"; done
	}
	if [ "$ALIKE" ]; then
		usual neighbors=1000 shrink=50 content=2 power=1 smooth=3 smooth-both=0 row=2000
	else
		usual neighbors=1000 shrink=100
	fi
	search "$(over 25)" items:"$(tr -s ' ' , <<<"${ALIKE# }")" content=0,0.25,0.5,1,2,4,8,16,32,64 smooth=0,1,2,3,4,6 \
		smooth-both=0,0.25,0.5,1,2,4 shrink=0,20,50,100,200,500,1000 neighbors=50,100,300,1000,3000 power=1,2,4,8 \
		row=1000,2000,4000 --
	chosen "$(found)"
	by_knn=$(mean_of_rankings)

	# shellcheck disable=SC2086
	start $LEARNER
	unset "at[epochs]" "at[eval-every]"
	mapfile -t order < <(printf '%s\n' "${order[@]}" | grep -vxE 'epochs|eval-every')
	# shellcheck disable=SC2046
	usual $("$BIN/stair-train" --list --model "$model" | awk '$2 ~ /^(gamma|layers|lr|weight-decay|co-purchase|negatives)$/ { print $2 "=" $3 }')
	# shellcheck disable=SC2046
	try --model="$model" $(options none) --epochs=2 --eval-every=2
	# What comes behind the training, by what took how long so far: rankings by the
	# blend, three for its weights and three for the tables, those of the five other
	# systems, and as long as a hundred programs take to start.
	blended=$((13 * (by_knn + judged) / 10))
	reserve=$((6 * blended + 9 * by_knn + 6 * judged + 100 * a_start))
	((reserve <= GIVEN * 400000)) || reserve=$((GIVEN * 400000))
	echo $reserve >"$tune/reserve"
	cost=$((10 * cost))
	if (($(now) + 4 * cost < $(over 50))); then
		search "$(over 50)" gamma=0.05,0.1,0.2,0.4,0.8 layers=1,2,3,4 lr=0.001,0.002,0.005,0.01 \
			weight-decay=0.0001,0.001,0.01,0.03,0.1,0.3,1 co-purchase=0,0.25,0.5,1 negatives=1,4,16 -- --epochs=20 --eval-every=5
		text="$(found), of trainings of 20 epochs"
	else
		text="no time was left to try other settings"
	fi
	chosen "$text" --epochs="$EPOCHS" --eval-every=5 --patience=10
} >"$DIR/chosen.new"
mv "$DIR/chosen.new" "$DIR/chosen.mk"
