#!/usr/bin/env bash
# NumPy and SciPy read what we write and we read what they write. With
# STAIR_SLOW=1 also members and offsets beyond 4 GiB (10 GB of disk).
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ -n "$PY" ] || { skip "NumPy and SciPy" "not installed" && done_testing; }

"$PY" "$TOP/tests/make_toy.py" . 60 40 12
stair-cat data.npz | stair-ingest --user 1 --item 2 --label 3 --split label -o dataset.npz - 2>err ||
	stair-synth --what interactions --users 60 --items 40 --interactions 600 --topics 8 |
	stair-ingest -q -o dataset.npz 2>err
stair-cat -f npy init.npz | stair-knn -q -o csr.npz -:3
stair-cat -f npy init.npz | stair-whiten -q -d 4 -o dense.npz -
stair-train -q --data data.npz --init init.npz --items items.npz --epochs 5 --eval-every 5 --checkpoint checkpoint.npz \
	-o model.npz 2>>err
files=()
for f in dataset csr dense model checkpoint; do
	[ -e $f.npz ] || ok 1 "no $f.npz: $(head -1 err)"
	files+=("$f.npz")
done
"$PY" -W ignore "$TOP/tests/interop/npz.py" "${files[@]}" >out
while read -r line; do
	case $line in
	"ok - "*) ok 0 "${line#ok - }" ;;
	"not ok - "*) ok 1 "${line#not ok - }" ;;
	*) echo "$line" ;;
	esac
done <out
if command -v unzip >/dev/null; then
	for f in "${files[@]}"; do runs "unzip -t $f" unzip -t "$f"; done
else
	skip "unzip -t" "unzip is not installed"
fi
same "kinds" "$(stair-info "${files[@]}" | sed -n 's/^kind	//p' | tr '\n' ' ')" "dataset csr dense model checkpoint "

if [ "${STAIR_SLOW:-0}" != 1 ] || [ "$SANITIZED" = 1 ]; then
	skip "members over 4 GiB" "STAIR_SLOW=1 runs it"
else
	"$PY" - <<-'END'
		import numpy as np
		n = (1 << 32) // 4 + 1000
		x = np.memmap("big.dat", "f4", "w+", shape=(n, 1))
		x[::100003] = 1
		x[-1] = 2
		np.save("big.npy", x)
		np.savez("big.npz", x=x, y=np.arange(5))
	END
	rm big.dat
	runs "NumPy's member over 4 GiB" stair-info big.npz
	same "its numbers" "$(grep -E '^(member|values)	x' runs.out | cut -f3-)" "<f4	(1073742824, 1)	crc=$(
		"$PY" -c 'import zipfile; print("%08x" % zipfile.ZipFile("big.npz").getinfo("x.npy").CRC)'
	)	bytes=4294971296
min=0	max=2	mean=$("$PY" -c 'print("%.9g" % ((len(range(0, 1073742824, 100003)) + 2) / 1073742824))')"
	rm big.npz
	runs "ours" "$BUILD/tests/unit/test_npz" big.npy ours.npz
	same "zipfile reads it" "$("$PY" -c '
import zipfile
z = zipfile.ZipFile("ours.npz")
print(z.testzip(), [(i.filename, i.file_size) for i in z.infolist()])')" \
		"None [('x.npy', 4294971424), ('last.npy', 168)]"
	runs "and so do we" stair-info ours.npz
	same "both members" "$(grep -c '^member' runs.out)" 2
	runs "unzip -t" unzip -tqq ours.npz
fi
done_testing
