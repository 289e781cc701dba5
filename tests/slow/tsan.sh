#!/usr/bin/env bash
# Threads under ThreadSanitizer: the unit tests and every program that has -t.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
tsan=$TOP/build/tsan
if [ ! -x "$tsan/bin/stair-train" ]; then
	skip "ThreadSanitizer" "build/tsan is not built (make TSAN=1 tests-build)"
	done_testing
fi
# Tests ask for more memory than there is.
export TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1:exitcode=66
for t in "$tsan"/tests/unit/test_*; do
	[ -x "$t" ] && [[ $t != *.[od] ]] && runs "${t##*/}" "$t"
done
PATH=$tsan/bin:$PATH
runs "synth" stair-synth -q -t 4 --users 300 --items 200 --interactions 4000 --topics 6 --image-dim 40 --text-dim 30 -o raw
runs "ingest" stair-ingest -q --core 3 -o data.npz raw/interactions.csv.gz
for f in text image; do
	runs "features" stair-features -q --data data.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy
done
runs "whiten" stair-whiten -q -t 4 -d 16 -o init.npz text.npz:5 image.npz:1
runs "knn" stair-knn -q -t 4 -o items.npz text.npz:5 image.npz:1
runs "whiten a graph" stair-whiten -q -t 4 -d 16 -o graph.npz items.npz
for model in stair lightgcn mf jgcf; do
	graph=(--dim 16)
	[ $model != stair ] || graph=(--init init.npz --items items.npz)
	runs "train $model" stair-train -q -t 4 --model $model --data data.npz "${graph[@]}" --epochs 2 --eval-every 1 \
		--batch 256 --log log.jsonl --checkpoint ck.npz -o $model.npz
done
for model in mmgcn lattice bm3 freedom mmssl; do
	runs "train $model" stair-train -q -t 4 --model $model --data data.npz --features text=text.npz \
		--features image=image.npz --dim 16 --epochs 1 --batch 256 -o $model.npz
done
runs "eval" stair-eval -q -t 4 --data data.npz --strata --per-user users.tsv stair.npz
runs "recommend" stair-recommend -q -t 4 --data data.npz stair.npz
runs "similar" stair-similar -q -t 4 stair.npz
runs "uncertainty" stair-uncertainty -q -t 4 --data data.npz --clusters 5,8 --restarts 2 --random 8 text.npz
done_testing
