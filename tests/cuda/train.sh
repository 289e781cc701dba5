#!/usr/bin/env bash
# stair-train --device cuda against --device cpu: equal bytes, checkpoints that
# go from one to the other. Always with a loop in the place of a GPU; under
# make check-cuda also on the GPU, with larger data.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

shop() { # shop USERS ITEMS INTERACTIONS DIM
	(
		set -e
		stair-synth -q --users "$1" --items "$2" --interactions "$3" --topics 8 --image-dim 80 --text-dim 70 -o raw
		stair-ingest -q --core 5 -o data.npz raw/interactions.csv.gz
		for f in text image; do
			stair-features -q --data data.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy
		done
		stair-whiten -q -d "$4" -o init.npz text.npz:5 image.npz:1
		stair-knn -q -o items.npz text.npz:5 image.npz:1
	) 2>setup.err
	ok $? "$on: a shop"
	sed 's/^/# /' setup.err
}

stair=(--data data.npz --init init.npz --items items.npz)
options() { # options NAME: of a model or an ablation, in $model
	case $1 in
	stair) model=("${stair[@]}") ;;
	no-mi) model=(--data data.npz --items items.npz --no-mi -d "$dim") ;;
	no-fsc) model=("${stair[@]}" --no-fsc) ;;
	no-bsc) model=(--data data.npz --init init.npz --no-bsc) ;;
	*) model=(--model "$1" --data data.npz -d "$dim") ;;
	esac
}

both() { # both NAME OPTIONS...: the same bytes
	local name=$1
	shift
	stair-train "$@" -q -o cpu.npz && "$gpu" "$@" --device cuda -q -o cuda.npz
	ok $? "$on: $name trains"
	equal_files "$on: $name, same bytes" cpu.npz cuda.npz
	rm -f cpu.npz cuda.npz
}

suite() { # suite MODELS_OF_1000_STEPS...; a run of $long epochs is stopped
	local n tenth m
	n=$(stair-train -v --model mf --data data.npz --batch 1 --epochs 0 -o n.npz 2>&1 | sed -nE 's/.*, ([0-9]+) steps per epoch/\1/p')
	tenth=$(((n + 9) / 10))
	for m in stair no-mi no-fsc no-bsc mf lightgcn jgcf; do
		options $m
		both "$m, 1 step of $n" "${model[@]}" --epochs 1 --batch "$n"
		both "$m, 10 steps" "${model[@]}" --epochs 1 --batch "$tenth" --seed 7
	done
	for m in "$@"; do
		options "$m"
		both "$m, 1000 steps" "${model[@]}" --epochs 100 --eval-every 50 --batch "$tenth" --keep last
	done
	both "no layers" "${stair[@]}" --layers 0 --epochs 1 --batch "$tenth"
	both "one layer" "${stair[@]}" --layers 1 --epochs 1 --batch "$tenth"
	both "odd width" --model jgcf --data data.npz -d 21 --layers 2 --epochs 1 --batch "$tenth"

	# a run that ends on one device goes on on the other
	local run=("${stair[@]}" --batch "$tenth" --eval-every 2 --epochs)
	stair-train "${run[@]}" 6 -q -o straight.npz
	stair-train "${run[@]}" 2 -q --checkpoint ck.npz -o part.npz
	runs "$on: goes on where the CPU ended" "$gpu" "${run[@]}" 4 -q --device cuda --resume ck.npz --checkpoint ck.npz -o part.npz
	runs "the CPU where it ended" stair-train "${run[@]}" 6 -q --resume ck.npz -o part.npz
	equal_files "$on: same bytes as the CPU alone" straight.npz part.npz

	# a run that is stopped in the midst of an epoch
	rm -f ck.npz
	run=("${stair[@]}" --batch 64 --eval-every 2 --epochs "$long")
	"$gpu" "${run[@]}" --device cuda -q --checkpoint ck.npz -o part.npz &
	local pid=$!
	while kill -0 $pid 2>/dev/null && [ ! -e ck.npz ]; do sleep 0.005; done
	kill -TERM $pid
	wait $pid 2>/dev/null
	same "$on: stopped" $? 143
	stair-train "${run[@]}" -q -o straight.npz
	runs "the CPU goes on" stair-train "${run[@]}" --resume ck.npz -o part.npz
	grep resuming runs.err | sed 's/^/# /'
	equal_files "$on: same bytes as the CPU alone" straight.npz part.npz

	same "$on: says what it is and how much memory it takes" \
		"$("$gpu" "${stair[@]}" --epochs 1 --device cuda -v -o part.npz 2>&1 | grep -cE 'CUDA \(.*, [0-9.]+ MB\), .* steps per epoch$')" 1
	fails 2 "stair-train: model 'popularity' is computed on the CPU: it takes no '--device cuda'" \
		"$gpu" --model popularity --data data.npz --device cuda
	run=("${stair[@]}" -q --lr 100 --weight-decay 1000 --epochs 1 --batch "$tenth" -o bad.npz)
	stair-train "${run[@]}" 2>bad.err
	same "an overflow" "$(cut -d' ' -f1-5 bad.err)" "stair-train: loss is not finite"
	fails 1 "$(cat bad.err)" "$gpu" "${run[@]}" --device cuda
}

# --- a loop in the place of a GPU ---------------------------------------------
on=loop gpu=$BUILD/tests/cuda/stair-train dim=16 long=6
mkdir loop && cd loop || exit 1
shop 110 60 1300 $dim
if [ "$SANITIZED" = 1 ]; then suite; else suite stair; fi
cd .. || exit 1

# --- the GPU ------------------------------------------------------------------
on=GPU gpu=$BUILD/cuda/bin/stair-train dim=64 long=40
if [ -z "${STAIR_CUDA:-}" ]; then
	skip "on the GPU" "make check-cuda does it"
	done_testing
fi
if [ ! -x "$gpu" ]; then
	skip "on the GPU" "no CUDA compiler here"
	done_testing
fi
if ! "$gpu" --model mf --data none.npz --device cuda 2>&1 | grep -q none.npz; then
	skip "on the GPU" "$("$gpu" --model mf --data none.npz --device cuda 2>&1 | cut -d' ' -f2-)"
	done_testing
fi
mkdir gpu && cd gpu || exit 1
shop 4000 2000 60000 $dim
suite stair mf lightgcn jgcf no-bsc
CUDA_VISIBLE_DEVICES='' fails 1 "stair-train: the NVIDIA driver shows this program no GPU" \
	"$gpu" "${stair[@]}" --device cuda -o bad.npz

# Another program leaves half of what is needed.
half=$("$gpu" "${stair[@]}" --epochs 0 --device cuda -v -o part.npz 2>&1 | sed -nE 's/.*CUDA \(.*, ([0-9]+)\.[0-9] MB\).*/\1/p')
mkfifo leash
"$BUILD/cuda/tests/cuda/hog" $((${half:-1} * 500000)) <leash >hog.out 2>&1 &
exec 7>leash
for _ in $(seq 300); do
	[ ! -s hog.out ] || break
	sleep 0.1
done
"$gpu" "${stair[@]}" --device cuda -q -o bad.npz 2>full.err
same "$on: out of memory, exit status" $? 1
same "$on: out of memory, sentence" "$(sed -E 's/[0-9]+/N/g' full.err)" "stair-train: out of GPU memory: N bytes are needed, N of N are free"
exec 7>&-
wait
both "stair, after memory is free again" "${stair[@]}" --epochs 1
done_testing
