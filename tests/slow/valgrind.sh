#!/usr/bin/env bash
# The demonstration with every program under valgrind: no read of what was not
# written, no access out of bounds. What a program has not freed when it ends is
# not counted.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS
if ! command -v valgrind >/dev/null; then
	skip "valgrind" "valgrind is not installed"
	done_testing
fi
mkdir watched
for tool in "$BIN"/stair-*; do
	cat >"watched/${tool##*/}" <<-END
		#!/bin/sh
		exec valgrind -q --error-exitcode=99 --leak-check=no --log-file='$PWD/watched/${tool##*/}.%p.log' '$tool' "\$@"
	END
	chmod +x "watched/${tool##*/}"
done
runs "make demo under valgrind" make -f "$TOP/pipelines/demo.mk" BIN="$PWD/watched" R=demo EPOCHS=2 EVERY=1 \
	USERS=1000 ITEMS=500 INTERACTIONS=9000 TOPICS=16 IMAGE_DIM=128
cd demo || exit 1
PATH=$PWD/../watched:$PATH
model=model.npz
for sys in lightgcn mf jgcf; do
	runs "train $sys" stair-train -q -t 2 --model $sys --data data.npz --epochs 1 --eval-every 1 --dim 16 --log log.jsonl \
		--checkpoint ck.npz -o $sys.npz
done
for sys in mmgcn lattice bm3 freedom mmssl; do
	runs "train $sys" stair-train -q -t 2 --model $sys --data data.npz --features text=text.npz \
		--features image=image.npz --epochs 1 --batch 2048 --dim 16 -o $sys.npz
done
runs "resume" stair-train -q -t 2 --model jgcf --data data.npz --epochs 2 --eval-every 1 --dim 16 --log log.jsonl \
	--resume ck.npz -o two.npz
runs "eval" stair-eval -q --data data.npz --strata --per-user users.tsv -o metrics.tsv "$model"
runs "compare" stair-compare a= users.tsv b= users.tsv
runs "recommend" stair-recommend -q --data data.npz --json -o top.jsonl "$model"
runs "similar" stair-similar -q --data data.npz --json -o similar.jsonl "$model"
runs "uncertainty" stair-uncertainty -q --data data.npz --clusters 5 --restarts 1 "x=$model"
runs "info" stair-info data.npz "$model" items.npz
runs "cat" stair-cat -o data.tsv data.npz
runs "cmp" stair-cmp "$model" "$model"
cd ..
same "valgrind has nothing to say" "$(cat watched/*.log | head -20)" ""
done_testing
