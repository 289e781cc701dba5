#!/usr/bin/env bash
# stair-knn: graphs, streams, determinism, refusals.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth --users 300 --items 300 --interactions 2500 --fringe 0 --text-dim 12 --image-dim 20 -o raw >/dev/null 2>&1
text=raw/text.npy image=raw/image.npy

runs "two operands" stair-knn -o g.npz $text:5 $image:1
for t in 1 2 4; do
	stair-knn -t $t -o t.npz $text:5 $image:1
	equal_files "same bytes with -t $t" g.npz t.npz
done
stair-knn $text:5 - <$image >p.npz 2>/dev/null
same "standard input needs its number too" "$? $(wc -c <p.npz)" "2 0"
cat $image | stair-knn $text:5 -:1 | cat >p.npz
equal_files "a pipe is as good as a file" g.npz p.npz
stair-knn --low-memory -o m.npz $text:5 $image:1
equal_files "--low-memory gives the same bytes" g.npz m.npz
for isa in portable avx2 avx512 avx512vnni; do
	for o in "" --low-memory; do
		# shellcheck disable=SC2086 # nothing, or a word
		if STAIR_ISA=$isa stair-knn $o -o isa.npz $text:5 $image:1 2>isa.err; then
			equal_files "$isa kernels${o:+ $o}: same bytes" g.npz isa.npz
		elif grep -q 'no kernels' isa.err; then skip "$isa kernels" "this processor lacks them"; else ok 1 "$isa kernels"; fi
	done
done
STAIR_ISA=abacus fails 1 "stair-knn: no kernels 'abacus' for this processor" stair-knn -o x.npz $text:5
stair-knn --low-memory -o f.npz $text:5
same "history" "$(stair-info f.npz | grep '^history' | cut -f 4- | tail -1)" \
	"--values=count	k=5:$(stair-info $text | sed -n 's/^id\t//p')"
stair-knn --values cosine --directed -o near.npz $text:9
stair-knn -o from-dense.npz $text:5
stair-knn -o from-csr.npz near.npz:5
same "the best of a CSR file are those of the features" \
	"$(stair-cmp from-dense.npz from-csr.npz >/dev/null && echo same)" same

# cells: all of them are exact search; a part is the same for any number of threads
stair-knn --cells 12 --probe 12 -o all.npz $text:5 $image:1 2>err
same "all cells: recall" "$(head -1 err)" "stair-knn: '$text': recall@5 is 1.0000 in 12 of 12 cells, measured on 300 of 300 rows"
stair-knn -o exact.npz $text:5 $image:1
same "all cells: exact search's graph" "$(stair-cmp exact.npz all.npz >/dev/null && echo same)" same
same "recall in the history" "$(stair-info all.npz | grep '^history' | cut -f 4 | tail -1)" \
	"--cells=12 --probe=12 --values=count recall=1.0000,1.0000"
for t in 1 2 3; do
	stair-knn -t $t --cells 12 --probe 2 -o some$t.npz $text:5 2>err$t
	equal_files "2 cells of 12 with -t $t: same bytes" some1.npz some$t.npz
	equal_files "2 cells of 12 with -t $t: same recall" err1 err$t
done
same "2 cells of 12 do not find all" "$(grep -c 'recall@5 is 0\.[1-9]' err1)" 1
# --recall: few rows are compared with all; of many, cells are enough for it
stair-knn --recall .9 -o few.npz $text:5 2>err
same "few rows are searched exactly" "$(head -1 err)" "stair-knn: '$text': searched exactly, as cells would not be faster"
stair-knn -o exact.npz $text:5
same "and give exact search's graph" "$(stair-cmp exact.npz few.npz >/dev/null && echo same)" same
stair-synth -q --items 12000 --users 12000 --interactions 100000 --topics 120 --fringe 0 --what text --text-dim 48 --text-signal 2 -o many.npy
for t in 1 2; do stair-knn -t $t --recall .9 -o many$t.npz many.npy:5 2>err$t; done
same "many rows: recall, cells" "$(sed -nE 's/.*recall@5 is 0?(1\.0|\.9)[0-9]* in [0-9]+ of 240 cells, measured on 1000 of 12000 rows/enough/p' err1)" enough
equal_files "--recall with two threads: same bytes" many1.npz many2.npz
stair-knn --cells 240 --probe "$(sed -nE 's/.* in ([0-9]+) of .*/\1/p' err1)" -o many3.npz many.npy:5 2>err
same "the cells that it tells of give the same graph" "$(stair-cmp many1.npz many3.npz >/dev/null && echo same)" same
stair-knn -q --cells 200 -o many.npz $text:5 2>err
same "--quiet says nothing of the recall" "$(cat err)" ""
fails 1 "stair-knn: '$text': 301 cells are more than the 300 rows" stair-knn --cells 301 -o x.npz $text:5
fails 2 "stair-knn: option '--probe': 13 of only 12 cells" stair-knn --cells 12 --probe 13 -o x.npz $text:5
fails 2 "stair-knn: options '--probe' and '--recall' exclude each other" stair-knn --probe 3 --recall .9 -o x.npz $text:5
for o in "--cells 2" "--probe 2" "--recall .9"; do
	# shellcheck disable=SC2086 # two words
	fails 2 "stair-knn: option '--low-memory' searches exactly: it cannot be used with '--recall', '--cells' or '--probe'" stair-knn $o --low-memory -o x.npz $text:5
done
fails 2 "stair-knn: option '--recall': '1.5' is not in 0 (excluded)..1" stair-knn --recall 1.5 -o x.npz $text:5
fails 1 "stair-knn: 'near.npz' holds similarities, but '--cells' is for features" stair-knn --cells 2 -o x.npz near.npz:5

# by hand: 0 and 1 equal, 2 between, 3 zero, 4 opposite to 0
printf '1,0\n1,0\n1,1\n0,0\n-1,0\n' >five.csv
if [ -n "$PY" ]; then
	$PY -c "
import numpy as np
x = np.loadtxt('five.csv', delimiter=',', dtype='f4')
np.save('five.npy', x)
np.save('five64.npy', x.astype('f8'))
np.save('five16.npy', x.astype('f2'))
np.savez_compressed('five.npz', x=x)
x[2, 1] = np.nan
np.save('nan.npy', x)
np.save('line.npy', np.ones(5, 'f4'))
z = np.arange(35).reshape(5, 7) % 11 - 4.
np.save('plain.npy', z)
np.save('order.npy', np.asfortranarray(z.astype('>f8')))
import scipy.sparse as sp
g = sp.random(5, 5, .6, 'csr', 'f8', np.random.default_rng(1))
sp.save_npz('graph.npz', g)
np.savez('foreign.npz', format='csr', shape=np.array(g.shape, '>i4'), indptr=g.indptr.astype('>i8'), indices=g.indices.astype('>i2'), data=g.data.astype('>f8'))
np.save('words.npy', np.array([['a', 'b']], 'S1'))
np.savez('other.npz', y=x)
np.save('none.npy', np.ones((7, 0), 'f4'))
"
	stair-knn -o five.out five.npy:2 2>err
	same "zero rows are reported" "$(cat err)" "stair-knn: 'five.npy': 1 zero rows have no neighbours"
	same "by hand" "$($PY -c "
import scipy.sparse as sp
print(sp.load_npz('five.out').toarray().astype(int).tolist())")" \
		"[[0, 1, 1, 0, 1], [1, 0, 1, 0, 0], [1, 1, 0, 0, 1], [0, 0, 0, 0, 0], [1, 0, 1, 0, 0]]"
	stair-knn -q --directed --self --values cosine -o five.out five.npy:2
	same "by hand, directed, with itself, cosines" "$($PY -c "
import scipy.sparse as sp
print(sp.load_npz('five.out').toarray().astype(float).round(4).tolist())")" \
		"[[1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0], [0.7071, 0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, -0.7071, 0.0, 1.0]]"
	for f in five64.npy five16.npy five.npz; do
		stair-knn -q --values one -o a.npz $f:2
		stair-knn -q --values one -o b.npz five.npy:2
		same "$f reads as float32" "$(stair-cmp a.npz b.npz >/dev/null && echo same)" same
	done
	fails 1 "stair-knn: 'nan.npy': value at row 2, column 1 is not finite (nan)" stair-knn -o x.npz nan.npy:1
	fails 1 "stair-knn: 'nan.npy': value at row 2, column 1 is not finite (nan)" stair-knn --low-memory -o x.npz nan.npy:1
	fails 1 "stair-knn: 'line.npy': member 'x' has 1 dimensions, not 2" stair-knn -o x.npz line.npy:1
	fails 1 "stair-knn: 'words.npy': member 'x' is not numeric" stair-knn -o x.npz words.npy:1
	fails 1 "stair-knn: 'other.npz' has no member 'x', so it is not item features or a graph of items: see stair-features(1)" stair-knn -o x.npz other.npz:1
	fails 1 "stair-knn: 'none.npy': matrix of 7 x 0 is empty" stair-knn -o x.npz none.npy:1
	fails 1 "stair-knn: 'five.npy' has 5 rows, '$text' has 300" stair-knn -q -o x.npz $text:1 five.npy:1
	fails 1 "stair-knn: 'five.npy': 5 neighbours wanted, but there are only 5 items" stair-knn -o x.npz five.npy:5
	stair-knn -q -o x.npz plain.npy:1
	stair-knn -q -o y.npz order.npy:1
	same "Fortran order and big-endian numbers" "$(stair-cmp x.npz y.npz && echo same)" same
	stair-knn -q -o x.npz graph.npz:2
	stair-knn -q -o y.npz foreign.npz:2
	same "a graph of big-endian numbers, its format in Unicode" "$(stair-cmp x.npz y.npz && echo same)" same
else
	skip "by hand" "no NumPy"
fi

fails 2 "stair-knn: expected FILE:K... (see --help)" stair-knn
fails 2 "stair-knn: '$text' lacks the number of neighbours, as in $text:5" stair-knn $text
fails 2 "stair-knn: '$text:0': '0' is not a number of at least 1" stair-knn $text:0
fails 2 "stair-knn: '$text:1.5': the number of neighbours is not a whole number" stair-knn $text:1.5
fails 2 "stair-knn: only one input can be standard input" stair-knn -:1 -:2
fails 2 "stair-knn: option '--values': 'all' is none of count|cosine|one" stair-knn --values all $text:1
fails 1 "stair-knn: cannot open 'missing.npy': No such file or directory" stair-knn -o x.npz missing.npy:1
: >empty.npy
fails 1 "stair-knn: cannot read 'empty.npy': file is empty" stair-knn -o x.npz empty.npy:1
head -c 5000 $text >cut.npy
fails 1 "stair-knn: cannot read 'cut.npy': unexpected end of file at byte 5000" stair-knn -o x.npz cut.npy:1
fails 1 "stair-knn: 'cut.npy' cannot be read twice: not a plain regular file" stair-knn --low-memory -o x.npz cut.npy:1
head -c 2000 from-dense.npz >cut.npz
stair-knn -o x.npz cut.npz:1 2>err
same "a cut CSR file is refused" "$? $(grep -c "stair-knn: cannot read 'cut.npz': " err)" "1 1"
stair-knn -o x.npz $text:1
cp x.npz old.npz
printf 'X' | dd of=from-dense.npz bs=1 seek=3000 conv=notrunc 2>/dev/null
stair-knn -o x.npz from-dense.npz:1 2>err
same "a flipped byte is noticed" "$? $(grep -c 'CRC-32 mismatch' err)" "1 1"
equal_files "a failure leaves the old output alone" x.npz old.npz
fails 1 "stair-knn: cannot create 'nowhere/x.npz': No such file or directory" stair-knn -o nowhere/x.npz $text:1
if [ -e /dev/full ]; then
	fails 1 "stair-knn: cannot write '/dev/full': No space left on device" stair-knn -o /dev/full $text:1
fi
same "nothing is left behind" "$(find . -name '.stair-*')" ""

for d in baby:59848 sports:157758; do
	b=$DATA/amazon-${d%:*}
	if [ -e "$b/text_knn10.npz" ]; then
		stair-knn -o g.npz "$b/text_knn10.npz:5" "$b/image_knn10.npz:1"
		same "amazon-${d%:*}: the paper's graph" "$(stair-info g.npz | grep -o 'nnz=.*')" "nnz=${d#*:}"
	else
		skip "amazon-${d%:*}: the paper's graph" "no data"
	fi
done
done_testing
