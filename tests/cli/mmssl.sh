#!/usr/bin/env bash
# stair-train --model mmssl on a small shop: equal bytes, resumed runs, a ranking
# that beats popularity, what is refused.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
(
	set -e
	stair-synth -q --users 120 --items 80 --interactions 1800 --topics 6 --image-dim 24 --text-dim 20 -o raw
	stair-ingest -q -o data.npz raw/interactions.csv.gz
	for f in text image; do stair-features -q --data data.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy; done
	stair-train -q --model popularity --data data.npz -o pop.npz
) 2>setup.err
ok $? "inputs"
shop=(--model mmssl --data data.npz --features text=text.npz --features image=image.npz --batch 40 -d 16)
epochs=24
[ "$SANITIZED" = 1 ] && epochs=6

runs "trains" stair-train "${shop[@]}" --epochs $epochs -t 1 --log run.jsonl -v -o one.npz
same "the critic's size is told" "$(head -1 runs.err)" "stair-train: a critic of 0.0 million weights needs 0 MB"
same "a label per epoch, each evaluated" "$(grep -c valid run.jsonl)" $((epochs + 1))
runs "trains with 3 threads" stair-train "${shop[@]}" --epochs $epochs -t 3 -o three.npz
equal_files "-t 1 and -t 3: same bytes" one.npz three.npz
loss() { sed -n "$1p" run.jsonl | sed 's/.*"loss": \([0-9.e-]*\).*/\1/'; }
same "the loss falls" "$(awk -v a="$(loss 2)" -v b="$(loss $((epochs + 1)))" 'BEGIN { print (b < a) }')" 1
if [ "$SANITIZED" != 1 ]; then
	ndcg() { stair-eval --data data.npz --top 20 "$1" | awk '$1 == "ndcg" { print $3 }'; }
	same "ranks better than popularity" "$(awk -v a="$(ndcg pop.npz)" -v b="$(ndcg one.npz)" 'BEGIN { print (b > 1.2 * a) }')" 1
fi

# Resumed: between epochs, and within one whose first step has recorded graphs.
run=("${shop[@]}" --neighbors 3 --epochs 4 -q)
stair-train "${run[@]}" -o straight.npz
cmp -s straight.npz <(stair-train "${run[@]/3/1}" -o -)
same "recorded graphs matter" $? 1
stair-train "${shop[@]}" --neighbors 3 --epochs 2 -q --checkpoint ck.npz -o half.npz
stair-train "${run[@]}" --resume ck.npz -t 2 -o resumed.npz
equal_files "resumed between epochs: same bytes" straight.npz resumed.npz
members=$(stair-info ck.npz | awk '$1 == "member" { print $2 }' | tr '\n' ' ')
same "a checkpoint holds the critic and the graphs" "$(for m in now_critic m_critic v_critic now_graphs now_edges now_record \
	now_weight_text now_bias_image now_heads; do [[ " $members" == *" $m "* ]] || echo "no $m"; done)" ""
stops=0 bad=0
for ms in 005 020 040 070 110 160; do
	rm -f stop.npz out.npz
	stair-train "${run[@]}" --checkpoint stop.npz -o out.npz 2>/dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ ! -e stop.npz ]; do sleep 0.005; done
	sleep 0.$ms
	kill -TERM $pid 2>/dev/null && stops=$((stops + 1))
	wait $pid
	[ -e out.npz ] || stair-train "${run[@]}" --resume stop.npz -o out.npz
	cmp -s straight.npz out.npz || bad=$((bad + 1))
done 2>/dev/null
same "stopped anywhere, resumed: same bytes ($stops stops)" $bad 0

# Replayed triples may repeat users, and the last batch is smaller.
if [ -n "$PY" ]; then
	"$PY" -c '
import numpy as np
d = np.load("data.npz"); ptr, ind = d["train_indptr"], d["train_indices"]
u = np.arange(100) * 7 % 50
pos = [ind[ptr[x]] for x in u]
neg = [next(i for i in range(80) if i not in ind[ptr[x]:ptr[x + 1]]) for x in u]
np.save("triples.npy", np.stack([u, pos, neg], 1))'
	runs "--triples" stair-train "${shop[@]}" --triples triples.npy --epochs 2 --neighbors 2 -o replay.npz
else
	skip "--triples" "no NumPy"
fi

# One modality, and three.
one=(--model mmssl --data data.npz --features text=text.npz)
runs "one modality" stair-train "${one[@]}" -d 16 --batch 40 --epochs 2 --neighbors 2 -o alone.npz
three=("${one[@]}" --features image=image.npz --features more=image.npz -d 16 --batch 40 --epochs 2 --neighbors 2)
runs "three modalities" stair-train "${three[@]}" -t 1 -o more.npz
stair-train "${three[@]}" -t 3 -q -o more3.npz
equal_files "three modalities, -t 1 and -t 3: same bytes" more.npz more3.npz

# What is refused.
fails 2 "stair-train: model 'mmssl' needs '--features NAME=FILE'" stair-train --model mmssl --data data.npz
fails 2 "stair-train: model 'mmssl' takes no '--items'" stair-train "${shop[@]}" --items x
fails 2 "stair-train: model 'mmssl' takes no '--gamma'" stair-train "${shop[@]}" --gamma 1
fails 1 "stair-train: 'ck.npz' is a checkpoint of another run: it has --neighbors=3, this run has --neighbors=2" \
	stair-train "${shop[@]}" --neighbors 2 --epochs 4 --resume ck.npz -q -o bad.npz
if [ -n "$PY" ]; then
	"$PY" - <<-'P'
		import numpy as np
		def shop(name, users, items, each):
		    with open(name + ".csv", "w") as f:
		        f.write("user,item\n")
		        for u in range(users):
		            for k in range(each):
		                f.write("%d,%d\n" % (u, (u * each + k) % items))
		    np.save(name + ".npy", np.arange(2.0 * items).reshape(items, 2))
		shop("few", 9, 6, 4)
		shop("many", 40, 40000, 1000)
		shop("more", 40, 400000, 10000)
	P
	for f in few many more; do stair-ingest -q -o $f.npz $f.csv; done
	sized() { # sized NAME: a training of that shop
		stair-train -q --model mmssl --data "$1.npz" --features "a=$1.npy" --features "b=$1.npy" -t 1 -o bad.npz
	}
	fails 1 "stair-train: a critic needs at least 8 items, not 6" sized few
	fails 1 "stair-train: not enough memory for the critic: 400000 items and batches of 1024 users need 808.9 GB" sized more
	if [ "$SANITIZED" != 1 ]; then
		small() { (ulimit -v 4000000 && sized "$1"); }
		fails 1 "stair-train: not enough memory for the critic: 40000 items and batches of 1024 users need 8.9 GB" small many
	else
		skip "no memory for the critic" "the sanitizer has its own"
	fi
else
	skip "few and many items" "no NumPy"
fi
same "no output is left" "$(ls bad.npz 2>&1)" "ls: cannot access 'bad.npz': No such file or directory"
done_testing
