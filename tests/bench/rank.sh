#!/usr/bin/env bash
# Full ranking at the sizes of two public data sets, random vectors of 64
# columns, top 20, train and valid masked; the tools around it; NumPy's sgemm
# and argpartition on the same vectors where it is installed.
set -eu
bench=$BUILD/tests/bench/bench_rank
threads=${THREADS:-$(nproc)}
PY=
for p in /usr/bin/python3 python3; do
	if $p -c 'import numpy' 2>/dev/null; then PY=$p && break; fi
done

cat >twin.py <<'END'
import sys, time
import numpy as np
d, m, most = np.load(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3])
user, item = m['user'], m['item'].T.copy()
n = min(most, len(user))
t = time.time()
for a in range(0, n, 1024):
    b = min(a + 1024, n)
    s = user[a:b] @ item
    for part in 'train', 'valid':
        p = d[part + '_indptr'][a:b + 1]
        s[np.repeat(np.arange(b - a), np.diff(p)),
          d[part + '_indices'][p[0]:p[-1]]] = -1e23
    top = np.argpartition(-s, 20, axis=1)[:, :20]
    order = np.argsort(-np.take_along_axis(s, top, 1), axis=1, kind='stable')
    top = np.take_along_axis(top, order, 1)
t = time.time() - t
print('%.2f s for %d users, %.2f s for all' % (t, n, t / n * len(user)))
END

for size in ${SIZES:-baby:19445:7050 electronics:192403:63001}; do
	IFS=: read -r like users items <<<"$size"
	stair-synth -q --like "$like" --fringe 0 --what interactions | stair-ingest -q --core 5 -o data.npz
	"$bench" model "$users" "$items" 64 model.npz
	echo "$users x $items, $threads threads"
	printf '  %-34s' "rank_run, top 20:"
	"$bench" rank data.npz model.npz 20 "$threads"
	for tool in "stair-eval" "stair-recommend -n 20"; do
		printf '  %-34s' "$tool:"
		# shellcheck disable=SC2086
		$tool -v -t "$threads" --data data.npz -o out.tsv model.npz 2>&1 | sed 's/.*model.npz, //'
	done
	[ "$PY" ] || continue
	printf '  %-34s' "NumPy, sgemm and argpartition:"
	$PY twin.py data.npz model.npz 20480
done
