#!/usr/bin/env bash
# What grows faster than the data: every stage at 1, 2, 4 and 8 times a shop of
# Amazon Baby's size (TIMES chooses), its seconds, and these by unit of work, which
# should stay flat. Units: rows of the log; pairs of items; items; train pairs of
# two rows of the graph that are multiplied; steps times nodes and edges, at a
# batch that grows with the data, so that an epoch has as many steps; users times
# items.
set -eu
threads=${THREADS:-$(nproc)}
seconds() { # seconds COMMAND...: of which the shortest of two counts
	for _ in 1 2; do "$@" -v -t "$threads" 2>&1 >/dev/null | sed -nE 's/.*, ([0-9.]+) s wall,.*/\1/p' | tail -1; done | sort -g | head -1
}
fact() { stair-info data.npz | sed -nE "s/^size.*$1=([0-9]+).*/\1/p"; } # fact NAME
row() { # row STAGE SECONDS WORK
	awk -v stage="$1" -v s="$2" -v w="$3" -v times="$times" 'BEGIN {
		printf "%-10s %3d times %9.2f s %12.4g ns a unit\n", stage, times, s, 1e9 * s / w }' | tee -a all
}
for times in ${TIMES:-1 2 4 8}; do
	users=$((19445 * times)) items=$((7050 * times))
	stair-synth -q --users $users --items $items --interactions $((160792 * times)) --topics $((160 * times)) \
		--image-dim 256 --text-dim 64 -o .
	rows=$(zcat interactions.csv.gz | wc -l)
	ingest=(stair-ingest --core 5 --split ratio:8:1:1 -o data.npz interactions.csv.gz)
	row ingest "$("${ingest[@]}" -v 2>&1 | sed -nE 's/.*, ([0-9.]+) s wall,.*/\1/p')" "$rows"
	for f in text image; do stair-features -q --data data.npz --ids item_ids.txt -o $f.npz $f.npy; done
	users=$(fact users) items=$(fact items) pairs=$(fact train)
	row knn "$(seconds stair-knn -o items.npz text.npz:5 image.npz:1)" $((items * items / 2 * 320))
	row whiten "$(seconds stair-whiten -o init.npz text.npz:5 image.npz:1)" $((items * 320))
	row itemknn "$(seconds stair-train --model itemknn --data data.npz -o itemknn.npz)" "$pairs"
	batch=$((1024 * times))
	stair-train -q -t "$threads" --data data.npz --init init.npz --items items.npz --batch $batch --epochs 3 \
		--eval-every 3 --log log.jsonl -o model.npz
	row train "$(sed -nE 's/.*"epoch": [1-9][0-9]*,.*"seconds": ([0-9.]+).*/\1/p' log.jsonl | sort -g | head -1)" \
		$(((pairs + batch - 1) / batch * (users + items + pairs)))
	row recommend "$(seconds stair-recommend --data data.npz -n 20 -o top.tsv model.npz)" $((users * items))
	rm -f ./*.npy ./*.npz interactions.csv.gz
done >/dev/null
sort -s -k1,1 all
