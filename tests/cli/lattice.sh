#!/usr/bin/env bash
# stair-train --model lattice on a small shop: what it learns, equal bytes, misuse.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/nets.inc
. "$TOP/tests/cli/nets.inc"
net_shop 40
shop=(--model lattice --data shop.npz --features image=image.npz --features text=text.npz --batch 128 --lr 3e-3)
net_learns "${shop[@]}"
features_trained "${shop[@]}" --layers 1 --item-layers 2 --neighbors 4 --origin 0.5 --weight-decay 1e-4

one=(stair-train --model lattice --data shop.npz)
fails 2 "stair-train: model 'lattice' needs '--features NAME=FILE'" "${one[@]}"
fails 2 "stair-train: model 'lattice' takes no '--init'" "${one[@]}" --features image=image.npz --init text.npz
fails 2 "stair-train: model 'lattice' takes no '--penalty'" "${one[@]}" --features image=image.npz --penalty 1
fails 2 "stair-train: option '--origin': '1.5' is not in 0..1" "${one[@]}" --features image=image.npz --origin 1.5
fails 1 "stair-train: 101 neighbours wanted of 100 items" "${one[@]}" --features image=image.npz --neighbors 101
if [ -n "$PY" ]; then
	"$PY" -c '
import numpy as np
np.save("huge.npy", np.full(np.load("text.npz")["x"].shape, 3e38, "f4"))'
	stair-train -q --model lattice --data shop.npz --features text=huge.npy -o bad.npz 2>bad.err
	same "features that are too large are named" "$? $(sed 's/vector .*/vector/' bad.err)" \
		"1 stair-train: output vectors after step 0: features times 'weight_text': vector"
else
	skip "features that are too large" "no NumPy to make them"
fi
done_testing
