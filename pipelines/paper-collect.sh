#!/usr/bin/env bash
# Gathers what the trainings of one dataset left into tables:
#   paper-collect.sh DATASET DIRECTORY INPUT... <interactions
# Reads DIRECTORY/plan.opts (part series x seed training) and each training's
# .tsv, .jsonl and .err; interactions as `stair-cat data.npz` prints them.
#   results.tsv   a line for each line of the plan, with metrics and costs
#   curves.tsv    dataset series epoch loss valid_ndcg correlation, of Fig. 5
#   counts.tsv    users items interactions train valid test
#   inputs.tsv    SHA-256, bytes and name of the input files
#   commands.txt  every command
set -euo pipefail
dataset=$1 dir=$2
shift 2

awk -F'\t' '{ n[$3]++; if (!($1 in u)) { u[$1] = 1; users++ } if (!($2 in i)) { i[$2] = 1; items++ } }
	END { printf "users\t%d\nitems\t%d\ninteractions\t%d\ntrain\t%d\nvalid\t%d\ntest\t%d\n",
		users, items, n[0] + n[1] + n[2], n[0], n[1], n[2] }' >"$dir/counts.tsv"

for f in "$@"; do
	printf '%s\t%s\t%s\n' "$(sha256sum <"$f" | cut -d' ' -f1)" "$(stat -Lc %s "$f")" "${f##*/}"
done >"$dir/inputs.tsv"

# The number behind a key of a JSON line, its first occurrence.
# shellcheck disable=SC2016 # a program of awk
fields='function num(key, at) {
	at = index($0, "\"" key "\": ")
	return at ? substr($0, at + length(key) + 4) + 0 : "-"
}'

tr ' ' '\n' <"$dir/plan.opts" | { grep . || :; } | sort -u >"$dir/plan.tsv"
cut -f5 "$dir/plan.tsv" | sort -u | while read -r run; do
	log=$dir/$run.jsonl
	[ -e "$log" ] || log=/dev/null
	costs=$(awk "$fields"'
		num("seconds") != "-" && num("epoch") > 1 { s += num("seconds"); n++ }
		/"best": true/ { best = num("epoch"); valid = num("ndcg@20") }
		{ last = num("epoch") }
		END { printf "%s\t%s\t%s\t%s", best == "" ? "-" : best, valid == "" ? "-" : valid,
			last == "" ? "-" : last, n ? s / n : "-" }' "$log")
	peak=-
	[ ! -e "$dir/$run.err" ] || peak=$(sed -n 's/.* \([0-9.]*\) MB peak$/\1/p' "$dir/$run.err" | sort -g | tail -n 1)
	awk -F'\t' -v run="$run" -v costs="$costs" -v peak="${peak:--}" '
		{ v[$1, $2] = $3 }
		END { printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", run, v["recall", 10], v["recall", 20],
			v["ndcg", 10], v["ndcg", 20], costs, peak "\t" v["mmssl-ndcg", 10] "\t" v["mmssl-ndcg", 20] }' "$dir/$run.tsv"
done | awk -F'\t' -v OFS='\t' -v dataset="$dataset" '
	NR == FNR { of[$1] = substr($0, length($1) + 2); next }
	BEGIN { print "dataset", "part", "series", "x", "seed", "training", "recall@10", "recall@20", "ndcg@10",
		"ndcg@20", "best_epoch", "valid_ndcg@20", "epochs", "seconds", "peak_mb", "mmssl-ndcg@10", "mmssl-ndcg@20" }
	{ gsub(/\./, " ", $2); print dataset, $0, of[$5] }' - "$dir/plan.tsv" >"$dir/results.tsv.new"

{
	printf 'dataset\tseries\tepoch\tloss\tvalid_ndcg@20\tcorrelation\n'
	awk -F'\t' '$1 == "fig5" { print $2 "\t" $5 }' "$dir/plan.tsv" | while IFS=$'\t' read -r series run; do
		awk -v OFS='\t' -v d="$dataset" -v s="${series//./ }" "$fields"'
			/"valid"/ { print d, s, num("epoch"), num("loss"), num("ndcg@20"), num("init_correlation") }' \
			"$dir/$run.jsonl"
	done
} >"$dir/curves.tsv"

# the plan and the note are no commands
grep -hE '^stair-' "$dir"/*.opts | sort -u >"$dir/commands.txt"
mv "$dir/results.tsv.new" "$dir/results.tsv"
