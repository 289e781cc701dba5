#!/usr/bin/env bash
# The CUDA engine compiles without a warning and links where the compiler is,
# its arithmetic is what was asked for, and its program starts without a GPU.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
knob() { sed -nE "s/^$1 = //p" "$TOP/config.mk"; }
home=$(knob CUDA_HOME)
nvcc=$home/bin/nvcc
if [ ! -x "$nvcc" ]; then
	skip "make CUDA=1" "no $nvcc"
	done_testing
fi

# One kind of GPU, and its portable code, are enough to see that it compiles.
mkdir kept bin
runs "make CUDA=1" make --no-print-directory -C "$TOP" CUDA=1 WERROR=1 CUDA_ARCH=90 \
	CUDA_EXTRA="--keep --keep-dir $PWD/kept" BIN="$PWD/bin" "$PWD/bin/stair-train"
cp bin/stair-train . || done_testing
runs "the program starts" ./stair-train --version
same "and needs no library of CUDA or C++" "$(readelf -d stair-train | grep NEEDED | grep -E 'cuda|stdc\+\+|libgcc')" ""
fails 2 "stair-train: option '--data' is missing" ./stair-train --device cuda
if [ ! -e /dev/nvidiactl ]; then
	fails 1 "stair-train: this machine has no NVIDIA driver" \
		./stair-train --model mf --data data.npz --device cuda -o model.npz
	same "it writes nothing" "$(ls model.npz 2>/dev/null)" ""
else
	skip "no GPU" "this machine has one"
fi

# The portable code: every float operation is the correctly rounded one of IEEE
# 754, and none is made by many threads at one place.
ptx=kept/cuda_gpu.ptx
same "all kernels are there" "$(grep -c '^\.visible \.entry\|^\.entry' $ptx)" \
	"$(sed -n '/define CUDA_KERNELS/,/X(copy)/p' "$TOP/lib/engine/cuda/cuda_device.h" | grep -cE '^    X\(')"
same "no approximation, no flushing, no atomic floats" \
	"$(grep -oE '\.(approx|ftz)\.?[a-z0-9.]*|(atom|red)[a-z.:]*\.f[0-9]+|(div|sqrt|rcp)\.full[a-z0-9.]*' $ptx | sort | uniq -c)" ""
same "divisions and roots are rounded to nearest" "$(grep -oE '^\s*(div|sqrt|rcp)\.[a-z0-9.]+' $ptx | awk '{print $1}' | sort -u | grep -v '\.rn\.' | grep -vE '^div\.[su](32|64)')" ""
done_testing
