#!/usr/bin/env bash
# Systems with features: seconds per epoch and peak memory at the sizes of Amazon
# Baby and Sports, with made-up features of 384 and 4096 numbers, frozen.
# MODELS, SIZES, THREADS (2) and EPOCHS (2) choose.
set -eu
for size in ${SIZES:-baby sports}; do
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
		command=(stair-train -v --model "$model" --data "nets-$size/data.npz" -t "${THREADS:=2}"
			--features text="nets-$size/text.npz" --features image="nets-$size/image.npz"
			--epochs "${EPOCHS:=2}" --eval-every "$EPOCHS")
		[ "$model $size" != "lattice sports" ] || command+=(--layers 3 --item-layers 3)
		echo "-- $size: ${command[*]}"
		"${command[@]}" --log log.jsonl -o model.npz 2>err || { tail -1 err && continue; }
		# the first epoch also touches all memory for the first time
		sed -nE 's/.*"epoch": [1-9][0-9]*,.*"seconds": ([0-9.]+).*/\1/p' log.jsonl | sort -g |
			awk -v m="$(sed -nE 's/.*, ([0-9.]+ MB) peak.*/\1/p' err)" \
				'NR == 1 { printf "  %.2f s an epoch, %s at most\n", $1, m }'
	done
done
