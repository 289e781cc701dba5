#!/usr/bin/env bash
# Little address space: a tool does its work or says in one sentence that it
# cannot; none hangs, dies of a signal or ends without a word.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
if [ "$SANITIZED" = 1 ]; then
	skip "little address space" "the sanitizers want more"
	done_testing
fi

stair-synth -q --users 200 --items 100 --interactions 2400 --topics 8 --image-dim 80 --text-dim 70 -o raw
stair-ingest -q --core 5 -o data.npz raw/interactions.csv.gz
for f in text image; do stair-features -q --data data.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy; done
stair-whiten -q -d 16 -o init.npz text.npz:5 image.npz
stair-knn -q -o items.npz text.npz:5 image.npz:1
stair-train -q --data data.npz --init init.npz --items items.npz --epochs 1 -o model.npz
stair-eval -q --data data.npz -o metrics.tsv model.npz
for mb in 10 30 60 80 100 120 150; do
	while read -r line; do
		read -ra command <<<"$line"
		(
			ulimit -v $((mb * 1000))
			exec timeout 60 "${command[@]}"
		) >out 2>err </dev/null
		rc=$?
		case $rc:$(wc -l <err):$(head -c 40 err) in
		0:0:) ;;
		1:1:"${command[0]}: "*) ;;
		*) echo "$mb MB: $line: exit $rc: $(head -3 err)" ;;
		esac
	done >wrong <<-END
		stair-synth -q --users 200 --items 100 --interactions 2400 --topics 8 -o raw2
		stair-ingest -q --core 5 -o x.npz raw/interactions.csv.gz
		stair-features -q --data data.npz --ids raw/item_ids.txt -o x.npz raw/text.npy
		stair-whiten -q -d 16 -o x.npz text.npz:5 image.npz
		stair-knn -q -t 8 -o x.npz text.npz:5 image.npz:1
		stair-train -q --data data.npz --init init.npz --items items.npz --epochs 1 -o x.npz
		stair-train -q --model freedom --data data.npz --features text=text.npz --epochs 1 -o x.npz
		stair-eval -q --data data.npz -o x.tsv model.npz
		stair-recommend -q --data data.npz -o x.tsv model.npz
		stair-similar -q -o x.tsv model.npz
		stair-uncertainty -q --data data.npz --clusters 8 -o x.tsv text.npz
		stair-compare -o x.tsv metrics.tsv metrics.tsv
		stair-info model.npz
		stair-cat -o x.tsv data.npz
		stair-cmp model.npz model.npz
	END
	same "$mb MB" "$(cat wrong)" ""
done
(
	ulimit -v 60000
	stair-train -q --model lightgcn --data data.npz --epochs 1 -t 1 -o x.npz
) 2>err
same "what needs no BLAS runs in 60 MB" "$? $(cat err)" "0 "
done_testing
