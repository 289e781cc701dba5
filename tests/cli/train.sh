#!/usr/bin/env bash
# stair-train on a toy: equal bytes, replayed triples, bad input.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ -n "$PY" ] || { skip "stair-train" "no NumPy to make its inputs" && done_testing; }
"$PY" "$TOP/tests/make_toy.py" .
toy=(--data data.npz --init init.npz --items items.npz --epochs 12 --batch 50)

# --- what it makes -----------------------------------------------------------
runs "trains" stair-train "${toy[@]}" -t 1 -o one.npz
same "a plain line per evaluation" "$(grep -c 'epoch=.* recall@20=.* ndcg@20=' runs.err)" 4
same "which names the loss once there is one" "$(grep -c "epoch=.* loss=[0-9.]* recall" runs.err) $(grep -c "nan" runs.err)" "3 0"
runs "trains with 4 threads" stair-train "${toy[@]}" -t 4 -o four.npz
equal_files "-t 1 and -t 4: same bytes" one.npz four.npz
for isa in portable avx2 avx512; do
	if STAIR_ISA=$isa stair-train "${toy[@]}" -q -o isa.npz 2>isa.err; then
		equal_files "$isa kernels: same bytes" one.npz isa.npz
	elif grep -q 'no kernels' isa.err; then skip "$isa kernels" "this processor lacks them"; else ok 1 "$isa kernels"; fi
done
stair-train --data <(cat data.npz) --init <(cat init.npz) --items - --epochs 12 --batch 50 -q <items.npz | cat >piped.npz
equal_files "through pipes: same bytes" one.npz piped.npz
stair-train "${toy[@]}" --seed 2 -q -o seed2.npz
cmp -s one.npz seed2.npz
same "another seed: another model" $? 1
stair-train "${toy[@]}" --log run.jsonl --log-test -q -o logged.npz
equal_files "a log changes nothing" one.npz logged.npz
same "log: one JSON object per epoch label" "$("$PY" -c '
import json
rows = [json.loads(l) for l in open("run.jsonl")]
print([r["epoch"] for r in rows] == list(range(13)),
      [r["epoch"] for r in rows if "valid" in r],
      all(r["loss"] > 0 and r["seconds"] > 0 for r in rows[1:]),
      rows[12]["loss"] < rows[1]["loss"], "test" in rows[5])')" "True [0, 5, 10, 12] True True True"
same "log: the correlation with the start, at the end as computed from the models" "$("$PY" -c '
import json, subprocess
import numpy as np
r = {x["epoch"]: x["init_correlation"] for x in map(json.loads, open("run.jsonl")) if "init_correlation" in x}
subprocess.run(["stair-train"] + "'"${toy[*]}"' --keep last -q -o kept.npz".split(), check=True)
a, b = np.load("init.npz")["x"], np.load("kept.npz")["item_param"]
rho = np.mean([np.corrcoef(x, y)[0, 1] for x, y in zip(a.T, b.T)])
print(sorted(r), abs(r[0] - 1) < 1e-12, r[12] < r[5] < 1, abs(r[12] - rho) < 1e-5)')" "[0, 5, 10, 12] True True True"
stair-train "${toy[@]}" --epochs 0 -q -o zero.npz 2>/dev/null
same "--epochs given twice is refused" $? 2
stair-train --data data.npz --init init.npz --items items.npz --epochs 0 -q -o zero.npz
same "untrained: item parameters are --init, users the mean of theirs" "$("$PY" -c '
import numpy as np
m, d, x = np.load("zero.npz"), np.load("data.npz"), np.load("init.npz")["x"]
mean = np.array([x[d["train_indices"][a:b]].mean(0) for a, b in zip(d["train_indptr"], d["train_indptr"][1:])])
print((m["item_param"] == x).all(), abs(m["user_param"] - mean).max() < 1e-6, m["name"].item())')" "True True b'stair'"
stair-train "${toy[@]}" --keep last -q -o last.npz
stair-train "${toy[@]}" --patience 1 --lr 0 -q --log patient.jsonl -o patient.npz
same "--patience ends a run that does not improve" "$(tail -1 patient.jsonl | cut -c1-11)" '{"epoch": 5'
stair-train --data data.npz --init init.npz --items items.npz --epochs 100000000 --seconds 0.3 -o timed.npz 2>err
ended=$(sed -n 's/^stair-train: ended at epoch \([0-9]*\) because of --seconds; --epochs \1 makes the same model$/\1/p' err)
stair-train --data data.npz --init init.npz --items items.npz --epochs "${ended:-0}" -q -o straight.npz
[ "${ended:-0}" -gt 1 ] && stair-cmp -q timed.npz straight.npz
ok $? "--seconds: the model of as many epochs ($ended)"
same "the last of which is evaluated" "$(tail -n 2 err | sed -n 's/^stair-train: epoch=\([0-9]*\) .*ndcg.*/\1/p')" "$ended"
runs "popularity" stair-train --model popularity --data data.npz -o pop.npz
same "popularity is the train degree" "$("$PY" -c '
import numpy as np
m, d = np.load("pop.npz"), np.load("data.npz")
print((m["item"][:, 0] == np.bincount(d["train_indices"], minlength=40)).all(), (m["user"] == 1).all())')" "True True"
runs "itemknn" stair-train --model itemknn --data data.npz --neighbors 7 --shrink 2 -t 1 -o knn.npz
stair-train --model itemknn --data data.npz --neighbors 7 --shrink 2 -t 4 -q | cat >knn4.npz
equal_files "itemknn: -t 1 and -t 4, file and pipe: same bytes" knn.npz knn4.npz
same "itemknn is a graph with a name" "$("$PY" -c '
import numpy as np, scipy.sparse as sp
a = sp.load_npz("knn.npz")
print(a.shape, (np.diff(a.indptr) == 7).all(), a.diagonal().any(), np.load("knn.npz")["name"].item())')" "(40, 40) True False b'itemknn'"
stair-train -q --model itemknn --data data.npz -o usual.npz
stair-train -q --model itemknn --data data.npz --neighbors 100 --shrink 100 -o both.npz
equal_files "itemknn: 100 and 100 unless given" usual.npz both.npz
same "its options are in its history" "$(stair-info knn.npz | grep -c 'model=itemknn.*--neighbors=7 --shrink=2')" 1
same "and in no other's" "$(stair-info pop.npz | grep -cE 'neighbors|shrink')" 0
content=(--model itemknn --data data.npz --shrink 2 --items items.npz --content 4 --power 4 --smooth 2 --smooth-both 1)
runs "itemknn with content" stair-train "${content[@]}" -t 1 -o smooth.npz
stair-train "${content[@]}" -t 4 -q -o smooth4.npz
equal_files "itemknn with content: -t 1 and -t 4: same bytes" smooth.npz smooth4.npz
same "its settings are in its history" "$(stair-info smooth.npz | grep -c -- '--content=4 --power=4 --smooth=2 --smooth-both=1 --row=')" 1
stair-train "${content[@]}" --row 3 -q -o few.npz
same "itemknn with content: Q by its definition, and its largest entries" "$("$PY" -c '
import numpy as np, scipy.sparse as sp
data = np.load("data.npz")
c = sp.load_npz("items.npz").toarray().astype(float)
np.fill_diagonal(c, 0)
s = c / np.maximum(c.sum(1, keepdims=True), 1e-30)
r = sp.csr_matrix((np.ones(len(data["train_indices"])), data["train_indices"], data["train_indptr"]), (len(data["user_ids"]), 40))
both = (r.T @ r).toarray()
n = np.diag(both).copy()
np.fill_diagonal(both, 0)
p = both / (np.sqrt(np.outer(n, n)) + 2)
p /= p[p > 0].mean()
q = p + 4 * c ** 4 + s @ p + p @ s.T + s @ p @ s.T
got, few = sp.load_npz("smooth.npz").toarray(), sp.load_npz("few.npz").toarray()
print(np.allclose(got, q, rtol=1e-5, atol=1e-7), (np.diff(sp.load_npz("few.npz").indptr) == 3).all(),
      np.allclose(np.sort(few)[:, -3:], np.sort(q)[:, -3:], rtol=1e-5))')" "True True True"
runs "stair+" stair-train --model stair+ "${toy[@]}" -t 1 -o plus.npz
stair-train --model stair+ "${toy[@]}" -t 3 -q -o plus3.npz
equal_files "stair+: -t 1 and -t 3: same bytes" plus.npz plus3.npz
stair-train "${toy[@]}" --lr 0.005 --co-purchase 0.5 --negatives 4 -q -o by-hand.npz
stair-train "${toy[@]}" --lr 0.005 -q -o rate.npz
for m in user item; do for f in plus by-hand rate; do stair-cat -f npy -m $m -o $f.$m.npy $f.npz; done; done
cmp -s plus.user.npy by-hand.user.npy && cmp -s plus.item.npy by-hand.item.npy
ok $? "stair+ is stair with --lr 0.005, --co-purchase 0.5 and --negatives 4"
cmp -s plus.item.npy rate.item.npy
same "--co-purchase changes the graph" $? 1
# 12 epochs of the rate and 12 that fall: as it was, then another model; the same
# when it was interrupted.
hold=(--model stair --data data.npz --init init.npz --items items.npz --batch 50 --eval-every 3 --lr 0.02 -q)
stair-train "${hold[@]}" --epochs 12 --lr-hold 12 -o held.npz
stair-train "${hold[@]}" --epochs 12 -o never.npz
stair-train "${hold[@]}" --epochs 12 --lr-hold 3 --keep last -o fell.npz
stair-train "${hold[@]}" --epochs 12 --keep last -o flat.npz
for m in held never fell flat; do stair-cat -f npy -m item -o $m.npy $m.npz; done
cmp -s held.npy never.npy
ok $? "--lr-hold: until then nothing changes"
cmp -s fell.npy flat.npy
same "--lr-hold: then the rate falls" $? 1
stair-train "${hold[@]}" --epochs 6 --lr-hold 3 --keep last --checkpoint fell.saved.npz -o part.npz
stair-train "${hold[@]}" --epochs 12 --lr-hold 3 --keep last --resume fell.saved.npz -o resumed.npz
stair-cmp -q resumed.npz fell.npz
ok $? "--lr-hold: resumed is the same"
stair-train --model stair+ --data data.npz --init init.npz --items items.npz --epochs 6 --batch 50 --eval-every 3 --checkpoint plus.saved.npz -q -o part.npz
stair-train --model stair+ --data data.npz --init init.npz --items items.npz --epochs 12 --batch 50 --eval-every 3 --resume plus.saved.npz -q -o resumed.npz
stair-train --model stair+ --data data.npz --init init.npz --items items.npz --epochs 12 --batch 50 --eval-every 3 -q -o whole.npz
stair-cmp -q resumed.npz whole.npz
ok $? "stair+: resumed is the same"
fails 2 "stair-train: option '--co-purchase' needs '--items' (see stair-knn)" stair-train --data data.npz --init init.npz --no-bsc --co-purchase 1
against=(--model stair --data data.npz --init init.npz --items items.npz --batch 50 --eval-every 3 -q --keep last)
stair-train "${against[@]}" --epochs 12 --negatives 4 -t 1 -o four.npz
stair-train "${against[@]}" --epochs 12 --negatives 4 -t 3 -o four3.npz
equal_files "--negatives: -t 1 and -t 3: same bytes" four.npz four3.npz
stair-train "${against[@]}" --epochs 6 --negatives 4 --checkpoint four.saved.npz -o part.npz
stair-train "${against[@]}" --epochs 12 --negatives 4 --resume four.saved.npz -o resumed.npz
stair-cmp -q resumed.npz four.npz
ok $? "--negatives: resumed is the same"
fails 1 "stair-train: 'four.saved.npz' is a checkpoint of another run: it has --negatives=4, this run has --negatives=1" \
	stair-train "${against[@]}" --epochs 12 --resume four.saved.npz
awk 'BEGIN { for (u = 0; u < 200; u++) for (i = 0; i < 100; i++) print u "\t" (u + i) % 300 }' |
	stair-ingest -q --no-header --split ratio:1:0:0 -o many.npz
fails 1 "stair-train: steps of 20480000 triples are too large: --batch times --negatives is at most 16777216" \
	stair-train --model stair --no-mi --no-bsc --data many.npz --batch 16777216 --negatives 1024 --epochs 0
fails 1 "stair-train: 'knn.npz': item graph is not symmetric: entries (0, 4) and (4, 0) differ" \
	stair-train --model stair+ --data data.npz --init init.npz --items knn.npz -o bad.npz
ndcg=$(stair-eval --data data.npz --split valid --top 20 usual.npz | awk '$1 == "ndcg" { print ($3 > 0.4) }')
same "itemknn learns the toy" "$ndcg" 1

for model in mf lightgcn jgcf; do
	other=(--model "$model" --data data.npz --batch 50 -d 20 --lr 0.01 -q)
	stair-train "${other[@]}" --epochs 40 -t 1 -o a.npz && stair-train "${other[@]}" --epochs 40 -t 4 -o b.npz
	equal_files "$model: -t 1 and -t 4: same bytes" a.npz b.npz
	stair-train "${other[@]}" --epochs 20 --checkpoint ck.npz -o c.npz
	stair-train "${other[@]}" --epochs 40 --resume ck.npz -o c.npz
	equal_files "$model: resumed: same bytes" a.npz c.npz
	ndcg=$(stair-eval --data data.npz --split valid --top 20 a.npz | awk '$1 == "ndcg" { print ($3 > 0.4) }')
	same "$model learns the toy" "$ndcg" 1
done
for part in mi fsc bsc; do
	case $part in mi) less=(--items items.npz -d 20) ;; bsc) less=(--init init.npz) ;; *) less=(--init init.npz --items items.npz) ;; esac
	runs "stair --no-$part" stair-train --data data.npz "${less[@]}" --no-$part --epochs 3 --batch 50 -q -o part.npz
	cmp -s one.npz part.npz
	same "is another model" $? 1
done


# --- what the note line holds -------------------------------------------------
"$PY" - <<-'P'
	import numpy as np
	np.savez("large.npz", x=np.load("init.npz")["x"] * np.float32(1e17))
P
runs "a large loss" stair-train --data data.npz --init large.npz --items items.npz --batch 50 --epochs 1 --lr 0 -o large_model.npz
same "keeps its place in the line" "$(grep -cE '^stair-train: epoch=1 loss=[0-9.]+e\+[0-9]+ recall@20=' runs.err)" 1

# --- replayed triples ---------------------------------------------------------
"$PY" - <<-'P'
	import numpy as np
	rng = np.random.default_rng(1)
	t = np.stack([rng.integers(0, 60, 130), rng.integers(0, 20, 130), rng.integers(20, 40, 130)], 1)
	np.save("triples.npy", t)
	np.savez("triples.npz", x=t.astype(np.int32))
	bad = t.copy(); bad[7, 2] = bad[7, 1]; np.save("same.npy", bad)
	bad = t.copy(); bad[9, 0] = 60; np.save("user.npy", bad)
	bad = t.copy(); bad[11, 1] = -1; np.save("item.npy", bad)
	np.save("two.npy", t[:, :2]); np.save("real.npy", t * 1.0); np.save("none.npy", t[:0])
P
runs "--triples" stair-train "${toy[@]}" --triples triples.npy --keep last -o replay.npz
stair-train "${toy[@]}" --triples triples.npz --keep last -q -t 3 -o replay2.npz
same "replayed from npy and npz: same parameters" "$("$PY" -c '
import numpy as np
a, b = np.load("replay.npz"), np.load("replay2.npz")
print((a["item_param"] == b["item_param"]).all())')" True

fails 1 "stair-train: 'triples.npy': row 1: each 5 rows, one for each negative, have the same user and positive" \
	stair-train "${toy[@]}" --triples triples.npy --negatives 5

# --- bad input ----------------------------------------------------------------
in=(--data data.npz --init init.npz --items items.npz)
fails 2 "stair-train: option '--data' is missing" stair-train --init init.npz
fails 2 "stair-train: model 'stair' needs '--init' (see stair-whiten)" stair-train --data data.npz
stair-train --list >list 2>err
same "--list: six fields a line" "$? $(awk -F'\t' 'NF != 6' list) $(cat err)" "0  "
same "--list: a line" "$(grep '^stair	gamma' list)" "stair	gamma	0.2	>0	100	exponent of the stepwise layer weights"
same "--list: every trained system" "$(cut -f1 list | uniq | tr '\n' ' ')" \
	"stair stair+ mf lightgcn jgcf mmgcn lattice bm3 freedom mmssl itemknn "
same "--list: of one system" "$(stair-train --list --model lattice)" "$(grep ^lattice list)"
same "--list: also of the default, if named" "$(stair-train --model stair --list)" "$(grep "^stair	" list)"
same "--list: a default that the system chooses" "$(awk -F'\t' '$3 == "-" {print $1, $2}' list)" "mmssl neighbors"
same "--list: what --help says" "$(awk -F'\t' '{print "--" $2}' list | sort -u)" \
	"$(stair-train --help | grep -oE -- '^ .{0,6}--[a-z-]+' | grep -oE -- '--.*' | sort -u | comm -12 - <(awk -F'\t' '{print "--" $2}' list | sort -u))"
fails 2 "stair-train: model 'popularity' takes no '--lr'" stair-train --model popularity --data data.npz --lr 1
fails 2 "stair-train: model 'mf': option '--layers': '1' is not in 0..0" stair-train --model mf --data data.npz --layers 1
fails 2 "stair-train: model 'stair' needs '--items' (see stair-knn)" stair-train --data data.npz --init init.npz
fails 2 "stair-train: option '--batch': '0' is not in 1..1.67772e+07" stair-train "${in[@]}" --batch 0
fails 2 "stair-train: option '--lr': '-1' is not in 0..100" stair-train "${in[@]}" --lr -1
fails 2 "stair-train: option '--model': 'nosuch' is none of stair|stair+|mf|lightgcn|jgcf|mmgcn|lattice|bm3|freedom|mmssl|itemknn|popularity" stair-train "${in[@]}" --model nosuch
fails 2 "stair-train: model 'mf' takes no '--init'" stair-train --model mf --data data.npz --init init.npz
fails 2 "stair-train: model 'stair' with '--no-mi' takes no '--init'" stair-train --no-mi "${in[@]}"
fails 2 "stair-train: model 'jgcf' takes no '--no-fsc'" stair-train --model jgcf --data data.npz --no-fsc
fails 2 "stair-train: model 'jgcf': option '--layers': '9' is not in 0..8" stair-train --model jgcf --data data.npz --layers 9
fails 2 "stair-train: model 'popularity' is not trained: it takes no '--triples', '--start', '--resume' or '--checkpoint'" stair-train --model popularity --data data.npz --checkpoint ck
fails 2 "stair-train: model 'itemknn' is not trained: it takes no '--triples', '--start', '--resume' or '--checkpoint'" stair-train --model itemknn --data data.npz --resume ck
fails 2 "stair-train: model 'itemknn' takes no '--init'" stair-train --model itemknn --data data.npz --init init.npz
fails 2 "stair-train: option '--content' needs '--items' (see stair-knn)" stair-train --model itemknn --data data.npz --content 4
fails 2 "stair-train: model 'stair' takes no '--content'" stair-train "${in[@]}" --content 4
fails 1 "stair-train: 'knn.npz': item graph is not symmetric: entries (0, 4) and (4, 0) differ" \
	stair-train --model itemknn --data data.npz --items knn.npz
fails 2 "stair-train: model 'itemknn' takes no '--no-mi'" stair-train --model itemknn --data data.npz --no-mi
fails 2 "stair-train: model 'mf' takes no '--neighbors'" stair-train --model mf --data data.npz --neighbors 100
fails 2 "stair-train: model 'stair' takes no '--shrink'" stair-train "${in[@]}" --shrink 0
for model in mmgcn lattice bm3 mmssl; do
	fails 2 "stair-train: model '$model' takes no weight in '--features a=init.npz:1'" stair-train --model $model --data data.npz --features a=init.npz:1
done
fails 2 "stair-train: model 'mmssl' takes no '--train-features'" stair-train --model mmssl --data data.npz --features a=init.npz --train-features
freedom=(stair-train --model freedom --data data.npz --features)
long=$(printf %064d 0)
fails 2 "stair-train: '--features =init.npz' is not NAME=FILE" "${freedom[@]}" =init.npz
fails 2 "stair-train: '--features a-b=init.npz': a name has letters, digits and '_' only" "${freedom[@]}" a-b=init.npz
fails 2 "stair-train: '--features ${long}0=init.npz': a name has at most 64 characters" "${freedom[@]}" "${long}0=init.npz"
fails 2 "stair-train: 'init.npz:-1': '-1' is not a number of at least 0" "${freedom[@]}" a=init.npz:-1
fails 2 "stair-train: features 'a' are given twice" "${freedom[@]}" a=init.npz --features a=items.npz
fails 2 "stair-train: only one input can be standard input" "${freedom[@]}" a=- --features b=-:2
for model in mmgcn mmssl; do
	runs "$model: a name of 64 characters" stair-train --model $model --data data.npz --features "$long=init.npz" --epochs 1 --checkpoint long_ck.npz -o long.npz
done
fails 2 "stair-train: option '--neighbors': '0' is not in 1..1e+06" stair-train --model itemknn --data data.npz --neighbors 0
fails 2 "stair-train: option '--shrink': '-1' is not in 0..1e+09" stair-train --model itemknn --data data.npz --shrink -1
fails 2 "stair-train: only one input can be standard input" stair-train --data - --init - --items items.npz

# A log and a checkpoint are written while others are still to be read or written.
: >empty
before=$(cat data.npz init.npz | cksum)
ln -s data.npz link.npz
for o in log checkpoint; do
	fails 2 "stair-train: option '--$o': standard output is for the model" stair-train "${in[@]}" --$o - -o new.npz
	fails 2 "stair-train: '--$o data.npz' and '--data data.npz' are the same file" stair-train "${in[@]}" --$o data.npz -o new.npz
	fails 2 "stair-train: '--$o ./init.npz' and '--init init.npz' are the same file" stair-train "${in[@]}" --$o ./init.npz -o new.npz
	fails 2 "stair-train: '--$o link.npz' and '--data data.npz' are the same file" stair-train "${in[@]}" --$o link.npz -o new.npz
	fails 2 "stair-train: '--$o init.npz' and '--features init.npz' are the same file" "${freedom[@]}" a=init.npz:2 --$o init.npz -o new.npz
	fails 2 "stair-train: '--$o new.npz' and '--output new.npz' are the same file" stair-train "${in[@]}" --$o new.npz -o new.npz
	fails 2 "stair-train: '--$o one.npz' and '--output ./one.npz' are the same file" stair-train "${in[@]}" --$o one.npz -o ./one.npz
	into_itself() { stair-train "${in[@]}" --$o both >both; }
	fails 2 "stair-train: '--$o both' and '--output -' are the same file" into_itself
done
fails 2 "stair-train: '--log new' and '--checkpoint new' are the same file" stair-train "${in[@]}" --log new --checkpoint new
fails 2 "stair-train: '--log empty' and '--resume empty' are the same file" stair-train "${in[@]}" --log empty --resume empty -o new.npz
same "nothing was written" "$(cat data.npz init.npz | cksum) $(ls new new.npz 2>/dev/null)" "$before "
runs "one device is no conflict" stair-train "${toy[@]}" --log /dev/null --checkpoint /dev/null -o /dev/null
runs "a log of descriptor 1" stair-train "${toy[@]}" --log /dev/stdout -o logged.npz
same "is on standard output" "$(wc -l <runs.out)" 13
fails 1 "stair-train: this program was built without CUDA" stair-train "${in[@]}" --device cuda
fails 2 "stair-train: model 'popularity' is computed on the CPU: it takes no '--device cuda'" stair-train --model popularity --data data.npz --device cuda
fails 1 "stair-train: cannot open 'nosuch.npz': No such file or directory" stair-train --data nosuch.npz --init init.npz --items items.npz
fails 1 "stair-train: 'init.npz' has 20 columns, not 64" stair-train "${in[@]}" -d 64
fails 1 "stair-train: 'same.npy': row 7: item $("$PY" -c 'import numpy as np; print(np.load("same.npy")[7,1])') is both the positive and the negative" stair-train "${in[@]}" --triples same.npy -o bad.npz
fails 1 "stair-train: 'user.npy': row 9: user 60 is outside 0..59" stair-train "${in[@]}" --triples user.npy -o bad.npz
fails 1 "stair-train: 'item.npy': row 11: item -1 is outside 0..39" stair-train "${in[@]}" --triples item.npy -o bad.npz
fails 1 "stair-train: 'two.npy': triples have 2 columns, not 3" stair-train "${in[@]}" --triples two.npy -o bad.npz
fails 1 "stair-train: 'real.npy': member 'x' is not integer" stair-train "${in[@]}" --triples real.npy -o bad.npz
fails 1 "stair-train: 'none.npy' holds no triples" stair-train "${in[@]}" --triples none.npy -o bad.npz
"$PY" - <<-'P'
	import numpy as np, scipy.sparse as sp
	x = np.load("init.npz")["x"]
	np.savez("rows.npz", x=x[:39])
	y = x.copy(); y[3, 4] = np.nan; np.savez("nan.npz", x=y)
	np.savez("inf.npz", x=x * np.float32(1e20))
	s = sp.load_npz("items.npz").tolil()
	sp.save_npz("small.npz", s[:39, :39].tocsr())
	s[2, 3] = 1; sp.save_npz("lopsided.npz", s.tocsr())
	d = dict(np.load("data.npz"))
	e = dict(d, train_indptr=d["train_indptr"] * 0, train_indices=d["train_indices"][:0]); np.savez("empty.npz", **e)
	e = dict(d, train_indices=d["train_indices"].copy()); e["train_indices"][5] = 40; np.savez("range.npz", **e)
	e = dict(d, valid_indptr=d["valid_indptr"] * 0, valid_indices=d["valid_indices"][:0]); np.savez("novalid.npz", **e)
	e = dict(d, test_indptr=d["test_indptr"] * 0, test_indices=d["test_indices"][:0]); np.savez("notest.npz", **e)
P
fails 1 "stair-train: 'rows.npz' has 39 rows, but 'data.npz' has 40 items" stair-train --data data.npz --init rows.npz --items items.npz -o bad.npz
fails 1 "stair-train: 'nan.npz': value at row 3, column 4 is not finite (nan)" stair-train --data data.npz --init nan.npz --items items.npz -o bad.npz
fails 1 "stair-train: 'small.npz': item graph is 39 x 39, but the dataset has 40 items" stair-train --data data.npz --init init.npz --items small.npz -o bad.npz
fails 1 "stair-train: 'lopsided.npz': item graph is not symmetric: entries (2, 3) and (3, 2) differ" stair-train --data data.npz --init init.npz --items lopsided.npz -o bad.npz
fails 1 "stair-train: the train split is empty" stair-train --data empty.npz --init init.npz --items items.npz -o bad.npz
same "an item out of range is named" "$(stair-train --data range.npz --init init.npz --items items.npz -o bad.npz 2>&1)" \
	"stair-train: 'range.npz' member 'train_indices': row 0: column 40 is outside 0..39"
fails 1 "stair-train: 'notest.npz' holds no test interactions" stair-train --data notest.npz --init init.npz --items items.npz --log-test -o bad.npz
fails 1 "stair-train: loss is not finite at epoch 1, step 1" stair-train --data novalid.npz --init inf.npz --items items.npz -q -o bad.npz
head -c 300 items.npz >cut.npz
same "a cut file is refused" "$(stair-train --data data.npz --init init.npz --items cut.npz -o bad.npz 2>&1 | grep -c "cannot read 'cut.npz'")" 1
same "none of these wrote a model" "$(ls bad.npz 2>/dev/null)" ""
runs "no valid items: the last model" stair-train --data novalid.npz --init init.npz --items items.npz --epochs 2 -o nv.npz
same "and it says so" "$(grep -c 'nothing is evaluated' runs.err)" 1
cp one.npz old.npz
stair-train "${toy[@]}" -q -o /dev/full 2>full.err
same "a full disk fails" "$?: $(cat full.err)" "1: stair-train: cannot write '/dev/full': No space left on device"

# What cannot be written is said before an input is opened: none of these exist.
none=(stair-train --data none --init none --items none)
fails 1 "stair-train: cannot create 'nodir/m.npz': No such file or directory" "${none[@]}" -o nodir/m.npz
fails 1 "stair-train: cannot open '.': Is a directory" "${none[@]}" -o .
fails 1 "stair-train: cannot create 'nodir/c.npz': No such file or directory" "${none[@]}" -o m.npz --checkpoint nodir/c.npz
fails 1 "stair-train: cannot create 'one.npz/m.npz': Not a directory" "${none[@]}" -o one.npz/m.npz
far=$(printf %0300d 0)
fails 1 "stair-train: cannot create '$far': File name too long" "${none[@]}" -o "$far"
ln -s nodir/m.npz astray.npz
fails 1 "stair-train: cannot create 'astray.npz': No such file or directory" "${none[@]}" -o astray.npz
fails 1 "stair-train: cannot open 'none': No such file or directory" "${none[@]}" -o one.npz --checkpoint m.npz
equal_files "an old model stays" one.npz old.npz
same "nothing is left of the attempts" "$(find . -name '.stair-*' -o -name m.npz -o -name .m.npz)" ""
mkfifo fifo
timeout 60 cat fifo >through.npz &
runs "into a FIFO" stair-train "${toy[@]}" -q -o fifo
wait
equal_files "once" one.npz through.npz
mkdir ro && chmod 555 ro
if [ "$(id -u)" = 0 ]; then skip "unwritable directory" "running as root"; else
	fails 1 "stair-train: cannot create 'ro/m.npz': Permission denied" stair-train "${toy[@]}" -q -o ro/m.npz
fi
fails 1 "stair-train: cannot create 'nodir/m.npz': No such file or directory" stair-train "${toy[@]}" -q -o nodir/m.npz
fails 1 "stair-train: cannot write '/dev/full': No space left on device" stair-train --model itemknn --data data.npz -q -o /dev/full
done_testing
