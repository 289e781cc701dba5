#!/usr/bin/env bash
# A whole training as one pipeline, without a file between the raw ones and the
# model: pipe.sh RAW >model.npz, RAW being a directory as stair-synth writes it.
# The bytes are those of demo.mk. A failure anywhere breaks a stream, and a
# broken stream is an error for whoever reads it.
set -euo pipefail
raw=$1 dim=${DIM:-64} epochs=${EPOCHS:-60}

data() { stair-ingest -q --core 5 --split ratio:8:1:1 "$raw/interactions.csv.gz"; }
vectors() { stair-features -q --data <(data) --ids "$raw/item_ids.txt" "$raw/$1.npy"; }

stair-train -q --gamma 0.2 --weight-decay 0.1 -d "$dim" --epochs "$epochs" \
	--data <(data) \
	--init <(stair-whiten -d "$dim" <(vectors text):5 <(vectors image):1) \
	--items <(stair-knn <(vectors text):5 <(vectors image):1)
