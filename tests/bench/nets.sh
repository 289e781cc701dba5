#!/usr/bin/env bash
# Systems with features: seconds per epoch and peak memory at the sizes of Amazon
# Baby and Sports, with made-up features of 384 and 4096 numbers, frozen.
# MODELS, SIZES, THREADS (2) and EPOCHS (2) choose. Of MMSSL, whose epochs take
# minutes, STEPS (4) steps are timed where Python has NumPy to choose them.
#
# Beside the time of a step stands its floor: what its products of dense matrices
# take at the speed of large square ones, or what its memory traffic takes at
# that of a long sum of vectors, whichever is longer. count_blas.c counts the
# products of STEPS steps less those of one. The traffic is the operands of all
# products, once each, and what Adam reads and writes.
set -eu
# shellcheck source=tests/bench/shops.inc
. "$TOP/tests/bench/shops.inc"
threads=${THREADS:-2} epochs=${EPOCHS:-2} steps=${STEPS:-4}

# Seconds of the fastest epoch but the first, which touches all memory.
fastest() { sed -nE 's/.*"epoch": [1-9][0-9]*,.*"seconds": ([0-9.]+).*/\1/p' log.jsonl | sort -g | head -1; }

choose() { # choose DATASET FILE STEPS: triples for the steps, of distinct users
	/usr/bin/python3 - "$1" "$2" "$3" "$batch" 2>/dev/null <<-'P'
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

# A library that counts, and whether it and NumPy are there.
counter() {
	blas=$(ldconfig -p 2>/dev/null | sed -n 's/.*libopenblas\.so\.0 .*=> //p' | head -1)
	[ "$blas" ] && mkdir count &&
		"${CC:-cc}" -O2 -shared -fPIC -o count/libopenblas.so.0 "$TOP/tests/bench/count_blas.c" -ldl 2>/dev/null
}

# floor SECONDS COMMAND...: of a step that took so long
floor() {
	local seconds=$1 n
	shift
	for n in 1 "$steps"; do
		choose "$data" few.npy "$n" || return 0
		COUNT_BLAS=$blas COUNT_TO=counted LD_LIBRARY_PATH=count \
			"$@" --triples few.npy --epochs 1 -o counted.npz 2>err || { tail -1 err && return; }
	done
	# user and item are made of the others, which are the parameters
	stair-info counted.npz | awk '$1 == "member" && $3 == "<f4" { all += substr($NF, 7) * ($2 != "user" && $2 != "item") } END { print all }' >adam
	cat counted adam peak | awk -v s="$seconds" -v n="$steps" '
		NR <= 2 { flops = $1 - flops; bytes = $2 - bytes }
		NR == 3 { adam = 8 * $1 }
		NR == 4 {
			flops /= n - 1
			bytes = bytes / (n - 1) + adam
			products = flops / $1 / 1e9
			traffic = bytes / $2 / 1e9
			least = products > traffic ? products : traffic
			printf "  floor of a step %.3f s: %.1f GFLOP at %.0f GFLOP/s %.3f s, %.2f GB at %.1f GB/s %.3f s; measured %.3f s, ratio %.2f\n",
				least, flops / 1e9, $1, products, bytes / 1e9, $2, traffic, s, s / least }'
	rm -f counted
}

if [ "$steps" -lt 2 ] || ! counter || ! "$BUILD/tests/bench/bench_peak" "$threads" >peak; then blas=; fi
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
	pairs=$(train_pairs "$data")
	for model in ${MODELS:-mmgcn lattice freedom bm3 mmssl}; do
		case $model in mmgcn | mmssl) batch=1024 ;; *) batch=2048 ;; esac
		command=(stair-train -v --model "$model" --data "$data" -t "$threads"
			--features text="nets-$size/text.npz" --features image="nets-$size/image.npz")
		[ "$model $size" != "lattice sports" ] || command+=(--layers 3 --item-layers 3)
		times=1 some=()
		if [ "$model" = mmssl ] && choose "$data" triples.npy "$steps"; then
			some=(--triples triples.npy --batch "$batch")
			times=$((pairs / batch + 1))/$steps
		fi
		some+=(--epochs "$epochs" --eval-every "$epochs")
		echo "-- $size: ${command[*]} ${some[*]}"
		"${command[@]}" "${some[@]}" --log log.jsonl -o model.npz 2>err || { tail -1 err && continue; }
		seconds=$(fastest)
		awk -v s="$seconds" -v times="$times" -v m="$(sed -nE 's/.*, ([0-9.]+ MB) peak.*/\1/p' err)" 'BEGIN {
			split(times, f, "/")
			printf "  %.2f s an epoch%s, %s at most\n", s * f[1] / (f[2] ? f[2] : 1),
				f[2] ? sprintf(" of %d steps of %.2f s", f[1], s / f[2]) : "", m }'
		of=$(sed -nE 's/.*, ([0-9]+) steps per epoch$/\1/p' err)
		[ -z "$blas" ] || floor "$(awk -v s="$seconds" -v n="$of" 'BEGIN { print s / n }')" "${command[@]}" --batch "$batch"
	done
done
