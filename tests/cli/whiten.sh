#!/usr/bin/env bash
# stair-whiten: files, streams, determinism, refusals.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth --users 300 --items 300 --interactions 2500 --fringe 0 --text-dim 24 --image-dim 20 -o raw >/dev/null 2>&1
text=raw/text.npy image=raw/image.npy

runs "two operands" stair-whiten -d 8 -o w.npz $text:5 $image
for t in 1 2 4; do
	stair-whiten -d 8 -t $t -o t.npz $text:5 $image
	equal_files "same bytes with -t $t" w.npz t.npz
done
cat $text | stair-whiten -d 8 -:5 $image:1 | cat >p.npz
equal_files "a pipe is as good as a file" w.npz p.npz
stair-knn --values cosine --self -o g.npz $text:9
runs "similarities" stair-whiten -d 8 -o s.npz g.npz:5 $image
for t in 1 4; do
	stair-whiten -d 8 -t $t -o t.npz g.npz:5 $image
	equal_files "similarities: same bytes with -t $t" s.npz t.npz
done
same "history" "$(stair-info s.npz | grep '^history' | cut -f 2,4)" "stair-npz 1
stair-knn	--self --values=cosine
stair-whiten	--dim=8 --tol=1e-06"
stair-whiten -d 8 -v -o t.npz $text 2>err
same "-v tells the residual" "$(grep -cE "^stair-whiten: 'raw/text.npy': 300 x 24, residual [0-9.e-]+ after [0-9]+ products$" err)" 1

if [ -n "$PY" ]; then
	$PY -c "
import numpy as np, scipy.sparse as sp
x = np.random.default_rng(1).standard_normal((40, 6)).astype('f4')
np.save('x.npy', x)
np.savez('x.npz', note=np.arange(3), x=x)
y = x.copy(); y[3, 2] = np.inf
np.save('inf.npy', y)
np.save('flat.npy', np.ones((40, 6), 'f4'))
y = x.copy(); y[7, 4] = 3e9
np.save('damaged.npy', y)
y = x.copy(); y[:, 2:] = 0
np.save('two.npy', y)
np.save('short.npy', x[:5])
sp.save_npz('wide.npz', sp.csr_matrix(x))
sp.save_npz('void.npz', sp.csr_matrix((40, 40), dtype='f4'))
"
	stair-whiten -d 3 -o a.npz x.npy
	stair-whiten -d 3 -o b.npz x.npz
	same "other members are skipped" "$(stair-cmp a.npz b.npz >/dev/null && echo same)" same
	fails 1 "stair-whiten: 'inf.npy': value at row 3, column 2 is not finite (inf)" stair-whiten -d 3 -o x.out inf.npy
	fails 1 "stair-whiten: 'flat.npy': 3 dimensions wanted, but only 0 directions are not zero" stair-whiten -d 3 -o x.out flat.npy
	$PY -c "
import numpy as np
x = np.load('x.npy'); m = [3, 11, 12]
np.savez('some.npz', missing=m, x=x)
np.savez('late.npz', x=x, missing=m)
np.save('rest.npy', np.delete(x, m, 0))
y = x.copy(); y[4] = np.nan
np.save('gone.npy', y)"
	stair-whiten -d 3 -o some.out some.npz 2>err
	same "missing items are counted" "$(cat err)" "stair-whiten: 'some.npz': 3 of 40 items are missing: rows of zeros"
	stair-whiten -q -d 3 -o rest.out rest.npy
	runs "the others are as without them, they are 0" "$PY" -c "
import numpy as np
a, b = np.load('some.out')['x'], np.load('rest.out')['x']
assert not a[[3, 11, 12]].any() and abs(np.delete(a, [3, 11, 12], 0) - b).max() < 1e-6"
	cat some.npz | stair-whiten -q -d 3 -o pipe.out -
	equal_files "missing items in a pipe" some.out pipe.out
	fails 1 "stair-whiten: 'late.npz': member 'missing' comes after 'x', whose rows it says something about: np.savez(file, missing=.., x=..)" stair-whiten -q -d 3 -o x.out late.npz
	fails 1 "stair-whiten: 'gone.npy': value at row 4, column 0 is not finite (nan)" stair-whiten -q -d 3 -o x.out gone.npy
	stair-whiten -d 1 -o x.out damaged.npy 2>err
	same "a damaged value is named" "$(cat err)" "stair-whiten: 'damaged.npy': damaged? the value at row 7, column 4 is 3e+09, over a million times the others"
	fails 1 "stair-whiten: 'two.npy': 3 dimensions wanted, but only 2 directions are not zero" stair-whiten -d 3 -o x.out two.npy
	fails 1 "stair-whiten: 'x.npy': 7 dimensions wanted of 6 columns: see --dim, or DIM of a pipeline" stair-whiten -d 7 -o x.out x.npy
	fails 1 "stair-whiten: 'short.npy': 5 dimensions wanted of 5 centred rows, which have at most 4: see --dim, or DIM of a pipeline" stair-whiten -d 5 -o x.out short.npy
	fails 1 "stair-whiten: 'wide.npz': similarities must be square, not 40 x 6" stair-whiten -d 3 -o x.out wide.npz
	fails 1 "stair-whiten: 'void.npz': 3 dimensions wanted, but only 0 directions are not zero" stair-whiten -d 3 -o x.out void.npz
	fails 1 "stair-whiten: 'x.npy' has 40 rows, '$text' has 300" stair-whiten -d 3 -o x.out $text x.npy
else
	skip "odd matrices" "no NumPy"
fi

fails 2 "stair-whiten: expected FILE[:WEIGHT]... (see --help)" stair-whiten
fails 2 "stair-whiten: option '--dim': '0' is not in 1..1e+06" stair-whiten -d 0 $text
fails 2 "stair-whiten: option '--tol': '0' is not in 0 (excluded)..1" stair-whiten --tol 0 $text
fails 2 "stair-whiten: '$text:0': the weight must be above 0" stair-whiten $text:0
fails 2 "stair-whiten: '$text:-1': '-1' is not a number of at least 0" stair-whiten $text:-1
fails 2 "stair-whiten: only one input can be standard input" stair-whiten - -:2
fails 1 "stair-whiten: 'raw/text.npy': 64 dimensions wanted of 24 columns: see --dim, or DIM of a pipeline" stair-whiten -o x.npz $text
fails 1 "stair-whiten: cannot open 'missing.npy': No such file or directory" stair-whiten -o x.npz missing.npy
: >empty.npy
fails 1 "stair-whiten: cannot read 'empty.npy': file is empty" stair-whiten -o x.npz empty.npy
head -c 5000 $text >cut.npy
fails 1 "stair-whiten: cannot read 'cut.npy': unexpected end of file at byte 5000" stair-whiten -d 3 -o x.npz cut.npy
(cat $text && echo more) >long.npy
fails 1 "stair-whiten: cannot read 'long.npy': data after the end of the array at byte 28928" stair-whiten -d 3 -o x.npz long.npy
stair-whiten -d 8 -o x.npz $text
cp x.npz old.npz
printf 'XY' | dd of=w.npz bs=1 seek=3000 conv=notrunc 2>/dev/null
stair-whiten -d 3 -o x.npz w.npz 2>err
same "flipped bytes are noticed" "$? $(grep -c 'CRC-32 mismatch' err)" "1 1"
equal_files "a failure leaves the old output alone" x.npz old.npz
fails 1 "stair-whiten: cannot create 'nowhere/x.npz': No such file or directory" stair-whiten -d 3 -o nowhere/x.npz $text
if [ -e /dev/full ]; then
	fails 1 "stair-whiten: cannot write '/dev/full': No space left on device" stair-whiten -d 3 -o /dev/full $text
fi
same "nothing is left behind" "$(find . -name '.stair-*')" ""

stair-whiten -d 8 --tol 1e-15 --max-iter 1 -o w.npz $text 2>err
same "vectors that do not converge" "$? $(sed 's/residual is .*, not/residual is R, not/; s/in [0-9]* products/in N products/' err)" \
	"1 stair-whiten: '$text': singular vectors did not converge in N products: the worst relative residual is R, not 1e-15"
done_testing
