#!/usr/bin/env bash
# stair-synth: files, determinism, refusals.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

small=(--users 200 --items 80 --interactions 1500 --topics 9 --text-dim 16 --image-dim 20)

runs "writes a directory" stair-synth "${small[@]}" -o raw
same "its files" "$(cd raw && printf '%s ' *)" "image.npy interactions.csv.gz item_ids.txt items.tsv text.npy "
runs "again with one thread" stair-synth "${small[@]}" -t 1 -o again
runs "again with four" stair-synth "${small[@]}" -t 4 -o four
runs "and over old files" stair-synth "${small[@]}" -o again
for f in raw/*; do
	equal_files "same bytes twice: ${f#raw/}" "$f" "again/${f#raw/}"
	equal_files "same bytes for -t 4: ${f#raw/}" "$f" "four/${f#raw/}"
done
runs "another seed" stair-synth "${small[@]}" --seed 2 -o other
for f in raw/*; do
	cmp -s "$f" "other/${f#raw/}"
	same "the seed changes ${f#raw/}" $? 1
done

stair-synth "${small[@]}" --what interactions | cmp -s - <(gzip -dc raw/interactions.csv.gz)
ok $? "--what interactions pipes the same rows"
stair-synth "${small[@]}" --what interactions -o x.csv.gz
equal_files "--what interactions -o x.csv.gz is compressed" x.csv.gz raw/interactions.csv.gz
for what in text image; do
	stair-synth "${small[@]}" --what $what | cmp -s - raw/$what.npy
	ok $? "--what $what pipes the same bytes"
done
stair-synth "${small[@]}" --what items | cmp -s - raw/items.tsv
ok $? "--what items pipes the same bytes"
stair-synth "${small[@]}" --what ids | cmp -s - <(tail -n +2 raw/items.tsv | cut -f1)
ok $? "--what ids is the first column of items.tsv"
same "the header of the log" "$(gzip -dc raw/interactions.csv.gz | head -1)" "user,item,time"
same "every item of the log is listed" \
	"$(gzip -dc raw/interactions.csv.gz | tail -n +2 | cut -d, -f2 | sort -u | comm -23 - <(sort raw/item_ids.txt))" ""
stair-synth "${small[@]}" --what interactions | head -c1 >first
same "a closed pipe is silent" "$(cat first)" u

# the documented promise: a 5-core of the log has exactly the sizes asked for
core() {
	awk -F, 'NR>1 {u[NR]=$1; i[NR]=$2}
	END {
		do {
			delete cu; delete ci; n=0
			for (k in u) {cu[u[k]]++; ci[i[k]]++}
			for (k in u) if (cu[u[k]]<5 || ci[i[k]]<5) {delete u[k]; delete i[k]; n++}
		} while (n)
		print length(cu), length(ci), length(u)
	}'
}
same "the 5-core has the sizes asked for" "$(gzip -dc raw/interactions.csv.gz | core)" "200 80 1500"
runs "fringe 0 has nothing else" stair-synth "${small[@]}" --fringe 0 --what ids -o ids
same "only core items" "$(wc -l <ids | tr -d ' ')" 80
if [ "$SANITIZED" = 0 ]; then
	same "--like baby has Baby's sizes" "$(stair-synth --like baby --what interactions | core)" "19445 7050 160792"
fi

if [ -n "$PY" ]; then
	stair-synth "${small[@]}" --type float16 --what image -o half.npy
	$PY - <<-'P'
		import numpy as np
		t, v, h = np.load("raw/text.npy"), np.load("raw/image.npy"), np.load("half.npy")
		assert t.shape == (100, 16) and v.shape == (100, 20) and t.dtype == v.dtype == np.float32
		assert h.dtype == np.float16 and np.array_equal(h, v.astype(np.float16))
		assert np.allclose(np.linalg.norm(t, axis=1), 1, atol=1e-6) and (v >= 0).all()
	P
	ok $? "NumPy reads the vectors; float16 is NumPy's rounding"
else
	skip "NumPy reads the vectors" "no NumPy"
fi

sizes=(--users 200 --items 80)
fails 2 "stair-synth: name a directory with -o, or one thing with --what" stair-synth
fails 2 "stair-synth: 9 interactions are too few for 200 users and 80 items of at least 5 each" stair-synth "${sizes[@]}" --interactions 9 -o no
fails 2 "stair-synth: 90000 interactions are too many for 200 users and 80 items (at most 23 per user and 52 per item)" stair-synth "${sizes[@]}" --interactions 90000 -o no
fails 2 "stair-synth: 81 topics are too many for 80 items" stair-synth "${sizes[@]}" --interactions 1500 --topics 81 -o no
fails 2 "stair-synth: more than 2147483647 users or items, the fringe included, are not supported" \
	stair-synth --users 100000000 --interactions 500000000 --fringe 21 -o no
fails 2 "stair-synth: option '--taste': '1.5' is not in 0..1" stair-synth --taste 1.5 -o no
fails 2 "stair-synth: option '--popularity': '1' is not in 1 (excluded)..20" stair-synth --popularity 1 -o no
fails 2 "stair-synth: option '--like': 'books' is none of demo|baby|sports|electronics" stair-synth --like books -o no
fails 2 "stair-synth: unexpected operand 'raw' (see --help)" stair-synth raw
fails 1 "stair-synth: cannot create 'none/raw': No such file or directory" stair-synth "${small[@]}" -o none/raw
echo x >file
fails 1 "stair-synth: cannot create 'file/interactions.csv.gz': Not a directory" stair-synth "${small[@]}" -o file
if [ -e /dev/full ]; then
	fails 1 "stair-synth: cannot write '/dev/full': No space left on device" stair-synth "${small[@]}" --what text -o /dev/full
fi
same "nothing is left behind" "$(ls -d no none 2>/dev/null; find . -name '*.stair-*')" ""

done_testing
