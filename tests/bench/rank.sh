#!/usr/bin/env bash
# Full ranking at the sizes of two public data sets, random vectors of 64
# columns, top 20, train and valid masked; the tools around it.
# SIZES="baby electronics" chooses.
set -eu
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
bench=$BUILD/tests/bench/bench_rank
threads=${THREADS:-$(nproc)}
for size in ${SIZES:-baby electronics}; do
	users=$(users_of "$size") items=$(items_of "$size")
	stair-synth -q --like "$size" --fringe 0 --what interactions | stair-ingest -q --core 5 -o data.npz
	"$bench" model "$users" "$items" 64 model.npz
	echo "$users x $items, $threads threads"
	printf '  %-34s' "rank_run, top 20:"
	"$bench" rank data.npz model.npz 20 "$threads"
	echo "  what masks and caps add, of $users users or as many as take a second:"
	"$bench" masks data.npz model.npz 20 "$threads"
	for tool in "stair-eval" "stair-recommend -n 20"; do
		printf '  %-34s' "$tool:"
		# shellcheck disable=SC2086
		$tool -v -t "$threads" --data data.npz -o out.tsv model.npz 2>&1 | sed 's/.*model.npz, //'
	done
done
