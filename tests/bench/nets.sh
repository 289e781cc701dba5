#!/usr/bin/env bash
# Systems with features: seconds per epoch and peak memory at the sizes of Amazon
# Baby and Sports, with made-up features of 384 and 4096 numbers, frozen.
# MODELS, SIZES, THREADS (2) and EPOCHS (2) choose. Of MMSSL, whose epochs take
# minutes, STEPS (4) steps are timed where Python has NumPy to choose them.
set -eu
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
steps=${STEPS:-4} batch=1024

# Seconds of the fastest epoch but the first, which touches all memory.
fastest() { sed -nE 's/.*"epoch": [1-9][0-9]*,.*"seconds": ([0-9.]+).*/\1/p' log.jsonl | sort -g | head -1; }

choose() { # choose DATASET FILE: triples for the steps, of distinct users
	/usr/bin/python3 - "$1" "$2" "$steps" "$batch" 2>/dev/null <<-'P'
		import sys
		import numpy as np
		d, n = np.load(sys.argv[1]), int(sys.argv[4])
		ptr, ind = d["train_indptr"].astype(np.int64), d["train_indices"]
		items = ind.max() + 1
		rng = np.random.default_rng(1)
		some = np.flatnonzero(np.diff(ptr))
		user = np.concatenate([rng.choice(some, n, False) for _ in range(int(sys.argv[3]))])
		pos = ind[ptr[user]]
		neg = [next(i for i in range(items) if i not in ind[ptr[u]:ptr[u + 1]]) for u in user]
		np.save(sys.argv[2], np.stack([user, pos, neg], 1).astype(np.int32))
	P
}
for size in ${SIZES:-baby sports}; do
	data=nets-$size/data.npz
	mkdir "nets-$size"
	(
		cd "nets-$size"
		stair-synth -q --like "$size" -o .
		stair-ingest -q --core 5 --split ratio:8:1:1 -o data.npz interactions.csv.gz
		for f in text image; do
			stair-features -q --data data.npz --ids item_ids.txt -o $f.npz $f.npy
			rm $f.npy
		done
	)
	for model in ${MODELS:-mmgcn lattice freedom bm3 mmssl}; do
		command=(stair-train -v --model "$model" --data "$data" -t "${THREADS:=2}"
			--features text="nets-$size/text.npz" --features image="nets-$size/image.npz"
			--epochs "${EPOCHS:=2}" --eval-every "$EPOCHS")
		[ "$model $size" != "lattice sports" ] || command+=(--layers 3 --item-layers 3)
		times=1
		if [ "$model" = mmssl ] && choose "$data" triples.npy; then
			command+=(--triples triples.npy --batch "$batch")
			times=$(($(train_pairs "$data") / batch + 1))/$steps
		fi
		echo "-- $size: ${command[*]}"
		"${command[@]}" --log log.jsonl -o model.npz 2>err || { tail -1 err && continue; }
		awk -v s="$(fastest)" -v times="$times" -v m="$(sed -nE 's/.*, ([0-9.]+ MB) peak.*/\1/p' err)" 'BEGIN {
			split(times, f, "/")
			printf "  %.2f s an epoch%s, %s at most\n", s * f[1] / (f[2] ? f[2] : 1),
				f[2] ? sprintf(" of %d steps of %.2f s", f[1], s / f[2]) : "", m }'
	done
done
