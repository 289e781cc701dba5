#!/usr/bin/env bash
# Reading 1.7 million gzipped rows.
set -eu
awk 'BEGIN {
	x = 12345
	print "user_id,item_id,rating,timestamp"
	for (i = 0; i < 1700000; i++) {
		x = (x * 69069 + 1) % 4294967296; u = x / 4294967296
		x = (x * 69069 + 1) % 4294967296; t = x / 4294967296
		printf "A%013dU,B%09d,%d.0,%d\n", int(192403 * u * u) * 7919,
			int(63001 * t * t * t) * 104729 % 1000000000, 1 + i % 5, 1e9 + x % 400000000
	}
}' | gzip -1n >rows.csv.gz
echo "rows.csv.gz: $(stat -c %s rows.csv.gz) bytes gzipped, $(zcat rows.csv.gz | wc -c) plain"

seconds() { # best of three of the figure that the command's last line holds
	for _ in 1 2 3; do "$@" 2>&1 | tail -n 1; done | sort -n | head -n 1
}
ingest() {
	stair-ingest -v "$@" -o data.npz rows.csv.gz 2>&1 |
		sed -nE 's/.*, ([0-9.]+) s wall, ([0-9.]+) s cpu, ([0-9.]+) MB peak/\1 \2 \3/p'
}
read -r wall cpu mb <<<"$(seconds ingest)"
echo "stair-ingest -o data.npz rows.csv.gz: $wall s, $cpu s cpu, $mb MB"
read -r wall5 cpu5 mb5 <<<"$(seconds ingest --core 5)"
echo "stair-ingest --core 5 -o data.npz rows.csv.gz: $wall5 s, $cpu5 s cpu, $mb5 MB"
