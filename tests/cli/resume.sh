#!/usr/bin/env bash
# stair-train killed, stopped, resumed: the same bytes as a run left alone.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ -n "$PY" ] || { skip "resuming" "no NumPy to make its inputs" && done_testing; }
"$PY" "$TOP/tests/make_toy.py" . 200 150 32
kills=10 epochs=45
[ "$SANITIZED" = 1 ] && kills=3 epochs=15
long=(--data data.npz --init init.npz --items items.npz --batch 64 --eval-every 3)
run=("${long[@]}" --epochs "$epochs")
start=$(date +%s%N)
stair-train "${run[@]}" -q -o straight.npz
span=$((($(date +%s%N) - start) / 1000000))

# SIGKILL at moments spread over the run, again and again until it ends.
bad=0 killed=0
for k in $(seq $kills); do
	rm -f ck.npz out.npz log.jsonl
	for try in $(seq 40); do
		resume=()
		[ -e ck.npz ] && resume=(--resume ck.npz)
		stair-train "${run[@]}" "${resume[@]}" --checkpoint ck.npz --log log.jsonl -q -o out.npz &
		pid=$!
		# kill early at first, later with more patience, so that it ends
		ms=$((span * (k * 7919 % 100) * try / 100 / 4 + 5))
		(sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))" && kill -KILL $pid) 2>/dev/null &
		wait $pid 2>/dev/null && break
		killed=$((killed + 1))
	done
	cmp -s straight.npz out.npz || bad=$((bad + 1))
	[ "$(wc -l <log.jsonl)" = $((epochs + 1)) ] || bad=$((bad + 1))
done
wait
same "$kills runs killed $killed times: same bytes, complete logs" $bad 0
ok $((killed == 0)) "kills hit"

# SIGTERM and SIGINT: finish the step, save, say how to go on. (SIGKILL may have
# left temporary files, nothing can prevent that.)
for sig in TERM INT; do
	rm -f ck.npz out.npz .stair-*
	stair-train "${long[@]}" --epochs 100000 --checkpoint ck.npz -o out.npz 2>stop.err &
	pid=$!
	while kill -0 $pid && [ ! -e ck.npz ]; do sleep 0.01; done
	kill -$sig $pid
	wait $pid
	rc=$?
	same "SIG$sig: exit status" $rc $((128 + $(kill -l $sig)))
	same "SIG$sig: says how to go on" "$(tail -1 stop.err | grep -c 'to go on, run the same command with --resume ck.npz')" 1
	[ ! -e out.npz ] && [ -z "$(find . -name '.stair-*')" ]
	ok $? "SIG$sig: no model, no temporary file"
done 2>/dev/null

# While the model is written nothing is left to finish: a reader that does not
# come back must not keep the program.
mkfifo slow
stair-train "${long[@]}" --epochs 3 -v >slow 2>slow.err &
pid=$!
exec 3<slow
while kill -0 $pid && ! grep -q 'best valid' slow.err; do sleep 0.01; done
sleep 0.1
kill -TERM $pid
(sleep 5 && kill -KILL $pid) 2>/dev/null &
wait $pid 2>/dev/null
same "SIGTERM ends the writing of a model" $? 143
exec 3<&-

# A stop within an epoch, resumed with other threads and kernels.
rm -f ck.npz
stair-train "${run[@]}" -q --checkpoint ck.npz -o out.npz &
pid=$!
while kill -0 $pid && [ ! -e ck.npz ]; do sleep 0.005; done
kill -TERM $pid
wait $pid 2>/dev/null
STAIR_ISA=portable stair-train "${run[@]}" -q -t 1 --resume ck.npz -o out.npz
equal_files "stopped, resumed with one thread and portable kernels" straight.npz out.npz
runs "a checkpoint is a model file" stair-eval --data data.npz ck.npz

# Without valid items: saved at the same epochs, and where the run ended.
"$PY" -c '
import numpy as np
d = dict(np.load("data.npz"))
np.savez("novalid.npz", **dict(d, valid_indptr=d["valid_indptr"] * 0, valid_indices=d["valid_indices"][:0]))'
bare=(--data novalid.npz "${long[@]:2}" -q)
stair-train "${bare[@]}" --epochs 7 -o bare.npz
for epochs in 3 5; do
	rm -f bare-ck.npz
	stair-train "${bare[@]}" --epochs $epochs --checkpoint bare-ck.npz -o bare-cut.npz
	runs "no valid items: a model is saved at epoch $epochs" stair-eval --data data.npz bare-ck.npz
	stair-train "${bare[@]}" --epochs 7 --resume bare-ck.npz -o bare-cut.npz
	equal_files "and resumed: same bytes" bare.npz bare-cut.npz
done
fails 1 "stair-train: the run is at epoch 5, step 0, beyond its last epoch, 4" \
	stair-train "${bare[@]}" --epochs 4 --resume bare-ck.npz -o bad.npz
rm -f bare-ck.npz
stair-train "${bare[@]}" --epochs 100000 --checkpoint bare-ck.npz -o bare-cut.npz &
pid=$!
while kill -0 $pid && [ ! -e bare-ck.npz ]; do sleep 0.01; done
kill -TERM $pid
wait $pid 2>/dev/null
runs "stopped: it is a model" stair-eval --data data.npz bare-ck.npz

# What is refused.
cp ck.npz keep.npz
fails 1 "stair-train: 'ck.npz' is a checkpoint of another run: it has --gamma=0.2, this run has --gamma=0.3" \
	stair-train "${run[@]}" --gamma .3 --resume ck.npz -q -o bad.npz
fails 1 "stair-train: 'init.npz' is a dense matrix, not a checkpoint: see --checkpoint in stair-train(1)" stair-train "${run[@]}" --resume init.npz -q -o bad.npz
fails 1 "stair-train: cannot open 'none.npz': No such file or directory" stair-train "${run[@]}" --resume none.npz -q -o bad.npz
"$PY" - <<-'P'
	import numpy as np
	x = np.load("init.npz")["x"]; np.savez("init2.npz", x=-x)
P
same "other input data are named" "$(stair-train "${run[@]/init.npz/init2.npz}" --resume ck.npz -q -o bad.npz 2>&1 |
	sed 's/:[0-9a-f]\{8\}/:CRC/g')" "stair-train: 'ck.npz' is a checkpoint of another run: it has init:CRC, this run has init:CRC"
steps=$("$PY" -c 'import numpy as np; print(-(-len(np.load("data.npz")["train_indices"]) // 64))')
all=$((6 * steps + 2))
"$PY" -c '
import numpy as np
d = dict(np.load("keep.npz")); del d["history.txt"]
d["counters"][:] = 6, 2, '$all', 6, 6, 3, 1; np.savez("ranges.npz", **d)'
edited() { # edited MEMBER INDEX VALUE: ranges.npz with another number there
	"$PY" -c '
import numpy as np, sys
d = dict(np.load("ranges.npz")); d[sys.argv[1]][int(sys.argv[2])] = float(sys.argv[3]); np.savez("edited.npz", **d)' "$@"
}
runs "counters in their ranges" stair-train "${run[@]}" --resume ranges.npz -q -o bad.npz
rm -f bad.npz
while read -r member at value sentence; do
	edited "$member" "$at" "$value"
	fails 1 "stair-train: 'edited.npz': $sentence" stair-train "${run[@]}" --resume edited.npz -q -o bad.npz
done <<-END
	counters 0 -1 epoch is -1, not in 0..4294967295
	counters 0 9e18 epoch is 9000000000000000000, not in 0..4294967295
	counters 1 -2 step is -2, not in 0..$((steps - 1))
	counters 1 $steps step is $steps, not in 0..$((steps - 1))
	counters 2 -5 number of all steps is -5, not in $all..$all
	counters 3 -2 epoch of the last evaluation is -2, not in -1..6
	counters 3 9 epoch of the last evaluation is 9, not in -1..6
	counters 4 7 epoch of the last report is 7, not in -1..6
	counters 5 7 epoch of the best evaluation is 7, not in -1..6
	counters 6 -1 number of evaluations since is -1, not in 0..3
	counters 6 4 number of evaluations since is 4, not in 0..3
	numbers 0 nan sum of the losses is not finite (nan)
	numbers 1 nan best value is nan, not in -1..1
	numbers 1 7 best value is 7, not in -1..1
END
mixed=(stair-train -q --model freedom --data data.npz --epochs 1 --features text=init2.npz --features)
"${mixed[@]}" image=init.npz:3 --checkpoint mixed.npz -o mixed_model.npz
runs "weights of features: the same run" "${mixed[@]}" image=init.npz:3.0 --resume mixed.npz -o mixed2.npz
equal_files "the same model" mixed_model.npz mixed2.npz
same "its history has the weights" "$(stair-info mixed2.npz | grep -c 'text:[0-9a-f]\{8\} image=3:[0-9a-f]\{8\}	')" 1
for weight in "" :2; do
	same "weight '$weight': another run" "$("${mixed[@]}" image=init.npz$weight --resume mixed.npz -o bad.npz 2>&1 |
		sed 's/:[0-9a-f]\{8\}/:CRC/g')" "stair-train: 'mixed.npz' is a checkpoint of another run: it has image=3:CRC, this run has image${weight/:/=}:CRC"
done
head -c 9000 keep.npz >cut.npz
stair-train "${run[@]}" --resume cut.npz -q -o bad.npz 2>cut.err
same "a cut checkpoint is refused" "$? $(grep -c "cannot read 'cut.npz'" cut.err)" "1 1"
stair-train "${run[@]}" --checkpoint /dev/full -q -o bad.npz 2>full.err
same "a checkpoint on a full disk is an error" "$? $(cat full.err)" "1 stair-train: cannot write '/dev/full': No space left on device"
[ ! -e bad.npz ]
ok $? "none of these wrote a model"
done_testing
