#!/usr/bin/env bash
# FREEDOM: seconds per epoch at the size of Amazon Baby, beside a plain PyTorch
# twin where it is installed; the two take turns. Features are DATA's, or made up.
# THREADS (2), EPOCHS (3) and TURNS (2) choose.
set -eu
threads=${THREADS:-2} epochs=${EPOCHS:-3}
if [ -d "$DATA/amazon-baby" ]; then
	stair-ingest -q -o data.npz "$DATA/amazon-baby/baby.inter.gz"
	text=$DATA/amazon-baby/text_feat_derived.npy image=$DATA/amazon-baby/image_feat_derived.npy
else
	stair-synth -q --like baby --image-dim 256 -o .
	stair-ingest -q --core 5 --split ratio:8:1:1 -o data.npz interactions.csv.gz
	for f in text image; do stair-features -q --data data.npz --ids item_ids.txt -o $f.npz $f.npy; done
	text=text.npz image=image.npz
fi
ours=(stair-train -v --model freedom --data data.npz --features "text=$text:.9" --features "image=$image:.1"
	-t "$threads" --epochs "$epochs" --eval-every "$epochs")
twin=(/usr/bin/python3 "$TOP/tests/bench/torch_freedom.py" data.npz "$epochs" "$threads" "$text:.9" "$image:.1")
/usr/bin/python3 -c 'import torch' 2>/dev/null || twin=()
least() { sort -g | head -1; }
for _ in $(seq "${TURNS:-2}"); do
	"${ours[@]}" --log log.jsonl -o model.npz 2>err
	sed -nE 's/.*"epoch": [1-9][0-9]*,.*"seconds": ([0-9.]+).*/\1/p' log.jsonl >>seconds
	[ ${#twin[@]} -eq 0 ] || "${twin[@]}" 2>twin.err | cat >>twin.seconds
done
echo "-- ${ours[*]}"
echo "  $(least <seconds) s an epoch, $(sed -nE 's/.*, ([0-9.]+ MB) peak.*/\1/p' err) at most"
if [ -s twin.seconds ]; then
	echo "-- ${twin[*]}"
	echo "$(least <twin.seconds) $(least <seconds)" | awk '{ printf "  PyTorch twin %.2f s an epoch, %.1f times ours\n", $1, $1 / $2 }'
else
	echo "  PyTorch twin: python3-torch is not installed"
fi
