#!/usr/bin/env bash
# stair-info, stair-cat and stair-cmp on files whose content is known (written
# by tests/fuzz/make_corpus.py).
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
cp "$TOP"/tests/fuzz/corpus/npz/* .

same "info: dense" "$(stair-info dense.npz)" "file	dense.npz
kind	dense
id	2789c2e0
size	n=2	d=3
member	history.txt	text	-	crc=439266ce	bytes=50
member	x	<f4	(2, 3)	crc=55c86ed3	bytes=24
values	x	min=-0.5	max=1e+10	mean=1.66666667e+09
memmap	x	np.memmap('dense.npz', '<f4', 'r', 254, (2, 3))
history	stair-npz 1
history	stair-whiten	0.1.0	--dim=3	x:0123abcd"
same "info: kinds" "$(stair-info dense.npz csr.npz dataset.npz model.npz shapes.npz bare_f8.npy |
	grep ^kind | cut -f2 | tr '\n' ' ')" "dense csr dataset model other dense "
same "info: sizes" "$(stair-info csr.npz dataset.npz model.npz | grep ^size | tr '\t' ' ')" \
	"size rows=3 cols=3 nnz=3
size users=2 items=3 train=3 valid=1 test=1
size users=2 items=2 d=3"
same "info: degrees" "$(stair-info csr.npz | grep ^degree)" "degree	indptr	min=1	max=1	mean=1	empty=0"
same "info: not finite" "$(stair-info nan.npz | grep ^warning)" "warning	x	1 values are not finite"
same "info: unsupported" "$(stair-info object.npz structured.npz unicode.npz |
	grep ^warning | cut -f3)" "object dtype is not supported
structured dtype is not supported
dtype '<U2' is not supported"
same "info: standard input, compressed: no memmap line" "$(stair-info <dense.npz | grep -c memmap) \
$(stair-info gzipped.npz.gz | grep -c memmap) $(stair-info deflated.npz | grep -c memmap)" "0 0 0"
same "info: - names it" "$(stair-info - <dense.npz | head -1)" "file	<stdin>"
same "info: same id however stored" "$(stair-info csr.npz | grep ^id)" "$(stair-info deflated.npz | grep ^id)"
fails 1 "stair-info: cannot open 'none.npz': No such file or directory" stair-info none.npz
fails 2 "stair-info: only one input can be standard input" stair-info - -
fails 1 "stair-info: cannot read '.': is a directory" stair-info .
printf hello >text
: >empty
fails 1 "stair-info: cannot read 'text': not an npz or npy file" stair-info text
fails 1 "stair-info: cannot read 'empty': file is empty" stair-info empty

bad() { # bad FILE WHY
	fails 1 "stair-info: cannot read '$1': $2" stair-info "$1"
}
bad absolute.npz "member name '/x.npy' looks like a path outside the archive at byte 36"
bad path.npz "member name '../x.npy' looks like a path outside the archive at byte 38"
bad twice.npz "two members are named 'x.npy' at byte 222"
bad encrypted.npz "member 'x.npy': is encrypted"
bad text_pipe.npz "member 'history.txt': is no array and its size is not stated"
bad object_pipe.npz "member 'x.npy': object dtype, and its length is not stated"
head -c 260 dense.npz >cut.npz
bad cut.npz "member 'x.npy': unexpected end of file"
head -c 400 dense.npz >cut.npz
bad cut.npz "unexpected end of file at byte 400"
(cat dense.npz && echo) >long.npz
bad long.npz "data after the end of the file at byte 408"
(cat bare.npy && echo) >long.npy
bad long.npy "data after the end of the array at byte 152"
head -c 151 bare.npy >short.npy
bad short.npy "unexpected end of file at byte 151"
sed 's/whiten/Whiten/' dense.npz >flip.npz
bad flip.npz "member 'history.txt': CRC-32 mismatch, the data are damaged"
head -c 200 gzipped.npz.gz >cut.gz
bad cut.gz "gzip stream ends early"

# stair-cat
same "cat: dense" "$(stair-cat dense.npz)" "1	2	3
-0.5	0.25	1e+10"
same "cat: csr" "$(stair-cat csr.npz)" "0	1	1
1	0	0.5
2	2	2"
same "cat: dataset" "$(stair-cat dataset.npz)" "ann	i1	0
ann	x	0
ann	item2	1
bob	item2	0
bob	i1	2"
same "cat: one part" "$(stair-cat -m valid dataset.npz)" "ann	item2	1"
same "cat: part as Matrix Market" "$(stair-cat -f mtx -m train dataset.npz)" \
	"%%MatrixMarket matrix coordinate pattern general
2 3 3
1 1
1 3
2 2"
same "cat: csr as Matrix Market" "$(stair-cat -f mtx csr.npz)" \
	"%%MatrixMarket matrix coordinate real general
3 3 3
1 2 1
2 1 0.5
3 3 2"
same "cat: dense as Matrix Market" "$(stair-cat -f mtx dense.npz | tr '\n' ' ')" \
	"%%MatrixMarket matrix array real general 2 3 1 -0.5 2 0.25 3 1e+10 "
same "cat: members of other shapes" "$(for m in scalar cube u8 bool half zero; do
	stair-cat -m $m shapes.npz; done)" "2.5
0	1
2	3
4	5
6	7
18446744073709551615
1
0
1
65504
5.96046448e-08
-0"
same "cat: byte strings" "$(stair-cat -m item_ids dataset.npz)" "i1
item2
x"
same "cat: history" "$(stair-cat -m history.txt dense.npz | tail -1)" "stair-whiten	0.1.0	--dim=3	x:0123abcd"
for f in bare_f8 bare_f2; do
	runs "cat: $f.npy as npy" stair-cat -f npy -o out.npy $f.npy
	equal_files "cat: $f.npy is copied byte for byte" out.npy $f.npy
done
same "cat: pipe and file" "$(stair-cat <dense.npz)" "$(stair-cat dense.npz)"
fails 1 "stair-cat: 'csr.npz' is a csr matrix: -f npy needs one member, name it with -m" stair-cat -f npy csr.npz
fails 1 "stair-cat: 'dataset.npz' is a dataset: -f mtx needs one member, name it with -m" stair-cat -f mtx dataset.npz
fails 1 "stair-cat: 'model.npz' holds 3 arrays: name one with -m (stair-info lists them)" stair-cat model.npz
fails 1 "stair-cat: 'dense.npz' has no member 'y'" stair-cat -m y dense.npz
fails 1 "stair-cat: 'dense.npz' has no member 'train'" stair-cat -m train dense.npz
for f in big_endian fortran; do
	same "$f is read as NumPy reads it" "$(stair-cat -m x $f.npz)" "$(stair-cat -m x dense.npz)"
	same "info: $f" "$(stair-info $f.npz | grep -E '^(values|warning)')" "$(stair-info dense.npz | grep ^values)"
done
fails 1 "stair-cat: member 'cube' is not a matrix of numbers" stair-cat -f mtx -m cube shapes.npz
fails 2 "stair-cat: option '--format': 'xls' is none of tsv|npy|mtx|jsonl|pgvector|fvecs" stair-cat -f xls dense.npz
fails 2 "stair-cat: unexpected operand 'csr.npz' (see --help)" stair-cat dense.npz csr.npz
echo old >old.tsv
fails 1 "stair-cat: cannot read 'cut.npz': unexpected end of file at byte 400" stair-cat -o old.tsv cut.npz
same "cat: a failure leaves the old file" "$(cat old.tsv)" old

# stair-cmp
compare() { # compare CODE 'stdout' ARGS...
	local code=$1 want=$2 got rc
	shift 2
	got=$(stair-cmp "$@" 2>&1)
	rc=$?
	same "cmp $*" "$rc $got" "$code $want"
}
compare 0 "" csr.npz deflated.npz
compare 0 "" csr.npz csr.npz --history
compare 0 "" bare.npy bare_f8.npy
compare 0 "" dense.npz zip64.npz --history
compare 1 "history.txt: texts differ" dense.npz bare.npy --history
compare 1 "x: 'nan.npz' is not finite at (0, 1): nan
x: 'nan.npz' is not finite at (0, 1): nan" nan.npz nan.npz
compare 1 "x: shapes differ" dense.npz nan.npz
compare 1 "" -q dense.npz nan.npz
compare 1 "name: only in 'model.npz'
user: only in 'model.npz'
item: only in 'model.npz'
x: only in 'dense.npz'" model.npz dense.npz
stair-cat -f npy -m x dense.npz | sed 's/\x80\x3e/\x81\x3e/' >near.npy
compare 1 "x: 1 of 6 values differ, worst at (1, 1): 0.25 and 0.251953125" bare.npy near.npy
compare 0 "" --rtol 1e-2 bare.npy near.npy
compare 0 "" --atol 2e-3 bare.npy - <near.npy
compare 1 "x: 1 of 6 values differ, worst at (1, 1): 0.25 and 0.251953125" --atol 1e-3 bare.npy near.npy
fails 2 "stair-cmp: cannot open 'none.npz': No such file or directory" stair-cmp none.npz dense.npz
fails 2 "stair-cmp: cannot read 'object.npz': member 'x': object dtype is not supported" stair-cmp object.npz object.npz
fails 2 "stair-cmp: expected A B (see --help)" stair-cmp dense.npz
fails 2 "stair-cmp: option '--atol': '-1' is not in 0..1e+30" stair-cmp --atol -1 dense.npz dense.npz
done_testing
