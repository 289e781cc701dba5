#!/usr/bin/env bash
# One machine and a large shop: seconds and peak memory of every stage at TIMES
# ("1") times the size of Electronics, which has 192,403 users, 63,001 items and 1.7
# million interactions. STEPS (4) steps of 40,960 triples stand for an epoch, and
# 100,000 users are ranked. Ten times takes a quarter of an hour, 5 GB of memory
# and 3 GB of disk.
set -eu
threads=${THREADS:-$(nproc)}
row() { # row STAGE WHAT COMMAND...
	local stage=$1 what=$2
	shift 2
	"$@" -v 2>err >/dev/null || { cat err && exit 1; }
	sed -nE "s/.*(recall@[0-9]+ is [0-9.]+) in.*/  \1/p" err
	sed -nE "s/.*, ([0-9.]+) s wall, ([0-9.]+) s cpu, ([0-9.]+) MB peak/\1 \2 \3/p" err | tail -1 |
		awk -v stage="$stage" -v what="$what" -v times="$times" '{
			printf "%-10s %3d times %9.1f s %9.1f s cpu %8.0f MB   %s\n", stage, times, $1, $2, $3, what }'
}
for times in ${TIMES:-1}; do
	made=(--users $((192403 * times)) --items $((63001 * times)) --interactions $((1689188 * times)) --topics $((640 * times)))
	row synth "interactions" stair-synth "${made[@]}" --what interactions -o orders.csv.gz
	stair-synth -q "${made[@]}" --what ids -o item_ids.txt
	stair-synth -q "${made[@]}" --what text --text-dim 384 -o text.npy
	row ingest "rows of the log to a dataset" stair-ingest --core 5 --split ratio:8:1:1 -o data.npz orders.csv.gz
	row features "384 columns" stair-features --data data.npz --ids item_ids.txt -o text.npz text.npy
	rm -f text.npy orders.csv.gz
	row whiten "64 of them" stair-whiten -t "$threads" -d 64 -o init.npz text.npz:1
	row knn "10 neighbours, --recall 0.95" stair-knn -t "$threads" --recall 0.95 --values cosine -o alike.npz text.npz:10
	row knn "5 neighbours, --recall 0.95" stair-knn -t "$threads" --recall 0.95 -o items.npz text.npz:5
	rm -f text.npz
	row itemknn "with content, --row 300" stair-train -t "$threads" --model itemknn --neighbors 100 --row 300 --data data.npz --items alike.npz -o knn.npz
	STEPS=${STEPS:-4} "$BUILD/tests/bench/bench_train" data.npz init.npz items.npz 40960 2 "$threads" >out
	sed -nE 's/.*  ([0-9.]+) seconds per epoch \((.*)\), ([0-9]+) MB peak/\1 \3 \2/p' out |
		awk -v times="$times" '{ t = $1; m = $2; sub(/^[^ ]+ [^ ]+ /, ""); printf "%-10s %3d times %9.1f s %15s %8.0f MB   an epoch, %s\n", "train", times, t, "", m, $0 }'
	stair-train -q -t "$threads" --init init.npz --items items.npz --data data.npz --epochs 0 -o model.npz
	stair-cat -m user_ids data.npz | sed 100000q >users.txt
	row recommend "20 of all items for $(wc -l <users.txt) users" stair-recommend -t "$threads" --users users.txt --data data.npz -n 20 -o top.tsv model.npz
	rm -f ./*.npz top.tsv
done
