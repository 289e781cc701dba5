#!/usr/bin/env bash
# All tools with -t: their threads start once, and STAIR_ISA holds for all.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/nets.inc
. "$TOP/tests/cli/nets.inc"
net_shop 40
shim=$BUILD/tests/fault/fail.so

created() { # created NAME N COMMAND...: the command creates N threads, but for those of BLAS
	local name=$1 n=$2
	shift 2
	OPENBLAS_NUM_THREADS=1 FAULT_COUNT=counts LD_PRELOAD=$shim "$@" >counted.out 2>&1
	same "$name: exit status" "$?" 0
	same "$name: $n threads are created" "$(sed -n 's/^thread //p' counts)" "$n"
}

if [ -e "$shim" ]; then
	train=(stair-train -q --data shop.npz -d 16 --batch 64 --eval-every 1 -o model.npz)
	content=(--features text=text.npz --features image=image.npz)
	created "whitening" 2 stair-whiten -q -t 3 -d 16 -o init.npz text.npz:5 image.npz:1
	created "neighbours" 2 stair-knn -q -t 3 -o items.npz text.npz:5 image.npz:1
	# one epoch and three: no step creates any
	for epochs in 1 3; do
		created "stair, $epochs epochs" 2 "${train[@]}" -t 3 --init init.npz --items items.npz --epochs $epochs
		for m in mf lightgcn jgcf; do
			created "$m, $epochs epochs" 2 "${train[@]}" -t 3 --model $m --epochs $epochs
		done
		for m in mmgcn lattice freedom bm3 mmssl; do
			created "$m, $epochs epochs" 2 "${train[@]}" -t 3 --model $m "${content[@]}" --epochs $epochs
		done
	done
	created "one thread" 0 "${train[@]}" -t 1 --model lattice "${content[@]}" --epochs 1
	created "evaluation" 2 stair-eval -q -t 3 --data shop.npz model.npz
	created "recommendation" 2 stair-recommend -q -t 3 --data shop.npz model.npz
	created "similar items" 2 stair-similar -q -t 3 model.npz
	created "uncertainty" 2 stair-uncertainty -q -t 3 --data shop.npz --clusters 3 --restarts 3 text.npz
	created "synthesis" 2 stair-synth -q -t 3 --users 50 --items 30 --interactions 300 --topics 2 -o raw2
else
	skip "threads that a command creates" "$shim is not built"
	stair-train -q --model mf --data shop.npz -d 16 --epochs 1 -o model.npz
fi

export STAIR_ISA=abacus
no="no kernels 'abacus' for this processor"
fails 1 "stair-whiten: $no" stair-whiten -q -d 16 -o isa.npz text.npz
fails 1 "stair-train: $no" stair-train -q --model mf --data shop.npz -o isa.npz
fails 1 "stair-eval: $no" stair-eval -q --data shop.npz model.npz
fails 1 "stair-recommend: $no" stair-recommend -q --data shop.npz model.npz
fails 1 "stair-similar: $no" stair-similar -q model.npz
fails 1 "stair-uncertainty: $no" stair-uncertainty -q --data shop.npz --clusters 3 text.npz
fails 1 "stair-synth: $no" stair-synth -q -o raw3
done_testing
