#!/usr/bin/env bash
# Every stage beside its peers, in one sitting, with equal results: a table of
# seconds and memory. The peers of peers.txt are installed in build/peers (once;
# torch is large). PEERS=1 makes `make bench` run this, too.
# SIZES="baby" chooses; STAGES="ingest knn whiten .." chooses; RUNS (3) of each
# take turns, of which the shortest counts.
set -eu
venv=$TOP/build/peers
if ! [ -e "$venv/installed" ] || ! cmp -s "$TOP/tests/bench/peers.txt" "$venv/installed"; then
	python=/usr/bin/python3
	[ -x $python ] || python=python3
	$python -m venv "$venv"
	"$venv/bin/pip" install -q -r "$TOP/tests/bench/peers.txt" || { echo "  the peers cannot be installed" && exit 1; }
	cp "$TOP/tests/bench/peers.txt" "$venv/installed"
fi
for size in ${SIZES:-baby}; do
	mkdir "$size"
	(cd "$size" && "$venv/bin/python" "$TOP/tests/bench/peers.py" "$size" "${THREADS:-$(nproc)}" "${RUNS:-3}" ${STAGES:-})
done
