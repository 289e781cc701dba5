#!/usr/bin/env bash
# Servers of vectors, loaded for real with what stair-cat writes: they find the lists of
# stair-recommend. PGBIN names the folder of PostgreSQL's programs if they are elsewhere.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

cut=7
stair-synth -q --users 120 --items 90 --interactions 2400 --topics 4 -o raw
stair-ingest -q --core 3 -o data.npz raw/interactions.csv.gz
stair-train -q --model mf -d 12 --lr 0.01 --epochs 40 --data data.npz -o model.npz
stair-recommend -q --data data.npz --keep-seen -n $cut -o lists.tsv model.npz
for m in user item; do
	stair-cat -f npy -m $m --ids $m.ids -o $m.npy model.npz
	stair-cat -f npy -m $m --cosine -o wide-$m.npy model.npz
	stair-cat -f pgvector -m $m -o $m.copy model.npz
	stair-cat -f pgvector -m $m --cosine -o wide-$m.copy model.npz
done
stair-cat -f fvecs -o item.fvecs model.npz

for library in faiss hnswlib; do
	python=
	for p in "$PY" python3; do
		[ -z "$p" ] || ! "$p" -c "import numpy, $library" 2>/dev/null || python=$p
	done
	if [ "$python" ]; then
		runs "$library finds the lists of stair-recommend" "$python" "$TOP/tests/interop/serve.py" $library lists.tsv $cut
	else
		skip "$library" "no Python has $library"
	fi
done

# -- PostgreSQL with pgvector ---------------------------------------------------------
pg=
for d in "${PGBIN:-}" "$(dirname "$(command -v initdb)" 2>/dev/null)" /usr/lib/postgresql/*/bin; do
	[ -x "$d/initdb" ] && [ -x "$d/psql" ] && [ -e "$("$d/pg_config" --sharedir 2>/dev/null)/extension/vector.control" ] && pg=$d && break
done
if [ -z "$pg" ]; then
	skip "PostgreSQL" "PostgreSQL with pgvector is not installed"
	done_testing
fi
# It refuses to run as root.
as=()
home=$(mktemp -d "${TMPDIR:-/tmp}/stair-pg.XXXXXX")
trap '"${as[@]}" "$pg/pg_ctl" -D "$home/db" -m immediate stop >/dev/null 2>&1; rm -rf "$home"' EXIT
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$home")
	chown nobody:nogroup "$home"
fi
cp ./*.copy "$home"
chmod a+r "$home"/*.copy
unset MALLOC_PERTURB_
cd "$home" || exit 1
if ! "${as[@]}" "$pg/initdb" -D "$home/db" -U stair -A trust --no-sync >log 2>&1 ||
	! "${as[@]}" "$pg/pg_ctl" -D "$home/db" -w -o "-k '$home' -c listen_addresses= -c fsync=off" -l "$home/db/log" start >>log 2>&1; then
	skip "PostgreSQL" "it does not start here: $(tail -1 log)"
	done_testing
fi
sql() { "$pg/psql" -h "$home" -U stair -d postgres -v ON_ERROR_STOP=1 -qAt -F ' '; }
lists=$(cut -f1,3 "$OLDPWD/lists.tsv" | tr '\t' ' ')
ask() { # ask OPERATOR PREFIX: the lists by an operator over tables of that prefix
	echo "SELECT u.id, i.id FROM (SELECT *, row_number() OVER () AS n FROM ${2}users) u, LATERAL
		(SELECT id, v $1 u.v AS distance FROM ${2}items ORDER BY distance LIMIT $cut) i ORDER BY u.n, i.distance;" | sql
}
sql <<END >load.log 2>&1
CREATE EXTENSION vector;
CREATE TABLE users (id text PRIMARY KEY, v vector(12));
CREATE TABLE items (id text PRIMARY KEY, v vector(12));
CREATE TABLE wide_users (id text PRIMARY KEY, v vector(13));
CREATE TABLE wide_items (id text PRIMARY KEY, v vector(13));
\copy users FROM 'user.copy'
\copy items FROM 'item.copy'
\copy wide_users FROM 'wide-user.copy'
\copy wide_items FROM 'wide-item.copy'
END
same "PostgreSQL loads vectors" "$? $(cat load.log)" "0 "
same "pgvector finds the lists of stair-recommend" "$(ask '<#>' '')" "$lists"
same "by the cosine of --cosine, too" "$(ask '<=>' wide_)" "$lists"
same "lists are loaded as a table" "$({
	echo 'CREATE TABLE top (u text, place int, i text, score float4, PRIMARY KEY (u, place));'
	echo "COPY top FROM STDIN;"
	cat "$OLDPWD/lists.tsv"
	echo '\.'
	echo 'SELECT count(*), count(DISTINCT u), max(place) FROM top;'
} | sql)" "$(wc -l <"$OLDPWD/lists.tsv") $(wc -l <"$OLDPWD/user.ids") $cut"
cd "$OLDPWD" || exit 1
done_testing
