#!/usr/bin/env bash
# stair-whiten against NumPy, and STAIR's untrained scores on real data.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "NumPy twin" "NumPy is not there" && done_testing; }

w() { stair-whiten --tol 1e-8 -d 12 "$@"; }
$PY "$TOP/tests/interop/whiten.py" make || exit 1
runs "text" w -o text.out text.npy
runs "more columns than one block" w -o wide.out wide.npz
runs "more columns than rows" w -o few.out few.npy
runs "a weighted average" w -o both.out text.npy:5 wide.npz
runs "similarities" w -o graph.out graph.npz
runs "all are NumPy's" "$PY" "$TOP/tests/interop/whiten.py" check

# valid R@10, R@20, N@20 of the model that is not trained yet
untrained() { # untrained NAME GAMMA WANTED
	local b=$DATA/amazon-$1
	if [ ! -e "$b/text_feat_derived.npy" ]; then
		skip "amazon-$1, untrained" "no data"
	elif [ "$SANITIZED" = 1 ]; then
		skip "amazon-$1, untrained" "too slow for this build"
	else
		stair-whiten -o init.npz "$b/text_feat_derived.npy:5" "$b/image_feat_derived.npy:1"
		same "amazon-$1, untrained" "$($PY "$TOP/tests/interop/whiten.py" untrained "$b" "$1" init.npz "$2")" "$3"
	fi
}
untrained baby .1 "0.0195 0.0301 0.0130"
done_testing
