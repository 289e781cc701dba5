#!/usr/bin/env bash
# stair-fold: who is kept and who is made, vectors worked out by hand, models of
# other systems, blends, messages.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
fold() { stair-fold "$@" 2>err; }
said() { # said 'a note'
	grep -qxF -- "stair-fold: $1" err
	ok $? "says: $1"
	grep -qxF -- "stair-fold: $1" err || sed 's/^/# /' err
}
row() { # row FILE MEMBER ROW: of two digits
	stair-cat -m "$2" "$1" | sed -n "$(($3 + 1))p" | tr '\t' '\n' | xargs printf '%.2f '
}
# graph FILE N PAIR...: a symmetric graph of N items, from 0
graph() {
	local out=$1 n=$2
	shift 2
	{
		printf '%%%%MatrixMarket matrix coordinate real general\n%d %d %d\n' "$n" "$n" $((2 * $#))
		for p in "$@"; do printf '%d %d 1\n%d %d 1\n' $((${p%-*} + 1)) $((${p#*-} + 1)) $((${p#*-} + 1)) $((${p%-*} + 1)); done
	} >graph.mtx
	$PY -c 'import scipy.io, scipy.sparse as sp, sys
sp.save_npz(sys.argv[1], sp.csr_matrix(scipy.io.mmread("graph.mtx")).astype("f4"), compressed=False)' "$out"
}
ingest() { stair-ingest -q --split ratio:1:0:0 "$@"; }

printf 'user,item\na,x\na,y\nb,x\nb,y\nb,z\nc,z\nc,w\nd,w\nd,z\nd,x\n' >one.csv
(cat one.csv && printf 'e,x\ne,y\na,z\nf,n3\nb,n4\nc,n4\n') >two.csv
printf 'x\ny\nz\nw\nn1\nn2\n' >catalogue.txt
ingest -o d1.npz one.csv
ingest --ids-from d1.npz --catalogue catalogue.txt -o d2.npz two.csv
same "today's items" "$(stair-cat -m item_ids d2.npz | tr '\n' ' ')" "x y z w n3 n4 n1 n2 "
stair-train -q --model mf -d 4 --epochs 3 --data d1.npz -o m.npz

# -- without a graph --------------------------------------------------------------
fold --data d2.npz -o f.npz m.npz
said "users: 1 are kept, 3 have changed, 2 are new"
said "items: 4 are kept, 0 have vectors from content, 1 from their users"
said "3 items have neither trained neighbours nor trained users: their vectors are 0"
said "1 new users have no items with vectors: theirs are 0"
same "size" "$(stair-info f.npz | sed -n 's/^size	//p')" "users=6	items=8	d=4"
same "name" "$(stair-info f.npz | sed -n 's/^text	name	//p')" mf
same "what it belongs to" "$(stair-info f.npz | grep ^belongs)" "$(stair-info d2.npz | grep ^belongs)"
same "rows that stay" "$(for m in user:3 item:0 item:1 item:2 item:3 user_param:3; do row f.npz "${m%:*}" "${m#*:}"; done)" \
	"$(for m in user:3 item:0 item:1 item:2 item:3 user_param:3; do row m.npz "${m%:*}" "${m#*:}"; done)"
same "nothing is known" "$(row f.npz item 4)$(row f.npz user 5)" "0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 "
same "marks of training" "$(stair-cat -m user_train f.npz | grep -vcx -- -1) $(stair-cat -m item_train f.npz | grep -vcx -- -1)" "1 4"
fold -q -t 3 --data d2.npz -o - - <m.npz >pipe.npz
equal_files "by a pipe, with other threads" f.npz pipe.npz
fold --data d1.npz -o same.npz m.npz
said "users: 4 are kept, 0 have changed, 0 are new"
runs "nothing is new" stair-cmp m.npz same.npz
same "users in the order of a/x/y have what e has" "$(stair-cat -m user f.npz | sed -n 5p)" \
	"$(ingest -o e.npz <(cat two.csv && printf 'g,x\ng,y\n') && fold -q --data e.npz m.npz | stair-cat -m user | tail -1)"

fold --data d1.npz -o same.npz m.npz
fold --data d1.npz --all-users -o all.npz m.npz
same "all users: items stay" "$(stair-cat -m item all.npz | md5sum)" "$(stair-cat -m item same.npz | md5sum)"
same "and users do not" "$(stair-cat -m user all.npz | cmp -s - <(stair-cat -m user same.npz); echo $?) $(stair-cat -m user_train all.npz | sort -u)" "1 -1"
same "e and a have the same items, and so the same vector" "$(ingest -o e.npz <(cat one.csv && printf 'e,x\ne,y\n') && fold -q --data e.npz --all-users m.npz | stair-cat -m user | sed -n '1p;5p' | sort -u | wc -l)" 1

# -- numbers, order and ids -------------------------------------------------------
tac one.csv | grep -v user >turned.csv
(echo user,item && cat turned.csv) >turned2.csv
ingest -o d3.npz turned2.csv
fold --data d3.npz -o turned.npz m.npz
said "users: 4 are kept, 0 have changed, 0 are new"
same "rows are found by id" "$(row turned.npz user 0)$(row turned.npz item 0)" "$(row m.npz user 3)$(row m.npz item 0)"
sed 's/^/u/; s/,/,i/; 1s/.*/user,item/' one.csv >other.csv
ingest -o other.npz other.csv
fails 1 "stair-fold: 'm.npz' has none of the 4 items of 'other.npz'" stair-fold --data other.npz m.npz
sed 's/^/u/; 1s/.*/user,item/' one.csv >other.csv
ingest -o other.npz other.csv
fails 1 "stair-fold: 'm.npz' has no trained vector of any of the 4 users of 'other.npz', so that nothing shows how vectors come from items; if it is a folded model, fold the one that was trained" \
	stair-fold --data other.npz m.npz
printf 'user,item\na,z\nb,w\nc,x\nd,y\n' >other.csv
ingest -o other.npz other.csv
fold --data other.npz -o f3.npz m.npz
said "users: 0 are kept, 4 have changed, 0 are new"

# -- what does not say whose it is ------------------------------------------------
if [ "$PY" ]; then
	$PY -c 'import numpy as np
rng = np.random.default_rng(1)
for f, u, i in ("bare.npz", 4, 4), ("six.npz", 6, 8):
    np.savez(f, user=rng.normal(size=(u, 3)), item=rng.normal(size=(i, 3)))
m = dict(np.load("m.npz"))
np.savez("ids.npz", **{k: m[k] for k in ("user", "item", "user_ids", "item_ids")})
m["user_train"] = m["user_train"][:2]
np.savez("short.npz", **m)
m = dict(np.load("m.npz"))
m["user_param"] = m["user_param"][:2]
np.savez("few.npz", **m)
m = dict(np.load("m.npz"))
m["user"][:3] = 3e38
np.savez("huge.npz", **m)'
	fails 1 "stair-fold: 'bare.npz' has no ids of its users and items; name the dataset that it was trained on by --before" \
		stair-fold --data d2.npz bare.npz
	fold --data d2.npz --before d1.npz -o f2.npz bare.npz
	said "users: 1 are kept, 3 have changed, 2 are new"
	same "a foreign model has no parameters" "$(stair-info f2.npz | grep -c '^member.*_param')" 0
	fails 1 "stair-fold: 'six.npz' has 6 users and 8 items, but 'd1.npz' has 4 users and 4 items" \
		stair-fold --data d2.npz --before d1.npz six.npz
	fold --data d2.npz -o f2.npz six.npz
	said "users: 6 are kept, 0 have changed, 0 are new"
	fold --data d2.npz -o f2.npz ids.npz
	said "users: 4 are kept, 0 have changed, 2 are new"
	said "'ids.npz' does not say what it was trained on: all its users are kept, even if they changed (name its dataset by --before)"
	fails 1 "stair-fold: 'short.npz': member 'user_train' has 2 entries, not 4" stair-fold --data d2.npz short.npz
	fails 1 "stair-fold: 'few.npz': member 'user_param' has 2 rows, not 4" stair-fold --data d2.npz few.npz
	stair-fold -q --data d2.npz -o huge2.npz huge.npz 2>err
	same "vectors near the largest float" "$? $(sed -E 's/row.*/row/' err)" "0 "
	(cat one.csv && echo d,q) >more.csv
	ingest -o d4.npz more.csv
	from() { echo "stair-ingest interactions:$(stair-info "$1" | sed -nE 's/.*interactions:([0-9a-f]*).*/\1/p')"; }
	fails 1 "stair-fold: 'm.npz' belongs to other items than 'd4.npz': the first is from $(from d1.npz), the second from $(from d4.npz) (--foreign takes it all the same)" \
		stair-fold --data d2.npz --before d4.npz m.npz

	# -- neighbours ------------------------------------------------------------
	# n1 is like x; n2 like n1 alone; n3 like n4, which is like w and z
	graph g.npz 8 0-6 6-7 4-5 5-3 5-2 0-1
	fold --data d2.npz --items g.npz --boost 2 -o f.npz m.npz
	said "items: 4 are kept, 4 have vectors from content, 0 from their users"
	fold --data d2.npz --items g.npz --boost 2 -o again.npz f.npz
	said "users: 1 are kept, 0 have changed, 5 are new"
	runs "folded again" stair-cmp f.npz again.npz
	same "no item is without" "$(grep -c 'neither' err)" 0
	cat >check.py <<-'END'
		import numpy as np
		m = np.load('f.npz')
		v, p = m['item'].astype('f8'), m['item_param'].astype('f8')
		x, y, z, w, n3, n4, n1, n2 = range(8)
		unit = lambda a: a / np.linalg.norm(a)
		median = np.sort(np.linalg.norm(v[:4], axis=1))[1]
		for a, b in (n1, v[x]), (n2, v[n1]), (n4, v[w] + v[z]), (n3, v[n4]):
		    assert np.allclose(v[a], 2 * median * unit(b), rtol=1e-5), a
		median = np.sort(np.linalg.norm(p[:4], axis=1))[1]
		assert np.allclose(p[n4], median * unit(p[w] + p[z]), rtol=1e-5)
	END
	runs "directions of neighbours, twice the median" $PY check.py
	fold --data d2.npz --items g.npz --boost 0 -o f.npz m.npz
	same "a boost of 0" "$(row f.npz item 6)" "0.00 0.00 0.00 0.00 "
	graph g4.npz 4 0-1
	fails 1 "stair-fold: 'g4.npz' is a graph of 4 x 4, but 'd2.npz' has 8 items" stair-fold --data d2.npz --items g4.npz m.npz

	# -- blends ------------------------------------------------------------------
	stair-train -q --model itemknn --data d1.npz -o knn.npz
	fails 1 "stair-fold: 'knn.npz' ranks by a graph of items, which serves new users as it is; for new items make the graph anew from 'd2.npz'" \
		stair-fold --data d2.npz knn.npz
	stair-blend -q --data d1.npz -o b.npz m.npz:1 knn.npz:0.3
	fold --data d2.npz --items g.npz -o fb.npz b.npz
	said "users: 1 are kept, 3 have changed, 2 are new"
	said "part 2 is a graph of items, in which new items have no entries: blend again with a graph from today's dataset"
	same "it is a blend" "$(stair-info fb.npz | grep -E '^(kind|size)')" "kind	blend
size	users=6	items=8	parts=2"
	fold -q --data d2.npz --items g.npz -o f.npz m.npz
	same "its vectors" "$(stair-cat -m part1_item fb.npz | md5sum)" "$(stair-cat -m item f.npz | md5sum)"
	same "its graph" "$(stair-cat -m part2_data fb.npz | sort)" "$(stair-cat -m data knn.npz | sort)"
	fold --data d2.npz --items g.npz -o again.npz fb.npz
	runs "a blend folded again" stair-cmp fb.npz again.npz
	runs "it ranks" stair-recommend -q --data d2.npz fb.npz
else
	skip "graphs and foreign models" "SciPy is not there"
fi

# -- the price --------------------------------------------------------------------
printf 'user,item,label\na,x,0\na,n,1\nb,x,0\nb,y,0\nb,z,1\nc,y,0\nc,x,2\nd,z,0\nd,y,0\n' >three.csv
stair-ingest -q --split label --label label -o d5.npz three.csv
stair-train -q --model mf -d 4 --epochs 3 --data d5.npz -o m5.npz
fold -v --data d5.npz -o f5.npz m5.npz
same "the price on valid" "$(sed -nE '/valid recall/{s/[0-9]+(\.[0-9]+)?/#/g; p}' err)" \
	"stair-fold: valid recall@# #, ndcg@# #; without the # items that have vectors from content #, #; they take # % of the places"
fold -v --data d2.npz -o f.npz m.npz
said "'d2.npz' holds no valid interactions to measure by"

# -- wrong usage ------------------------------------------------------------------
fails 2 "stair-fold: option '--data' is missing (see --help)" stair-fold m.npz
fails 2 "stair-fold: option '--boost': '-1' is not in 0..1000" stair-fold --data d2.npz --boost -1 m.npz
fails 1 "stair-fold: 'd1.npz' is a dataset, not a model: see stair-train(1)" stair-fold --data d2.npz d1.npz
fails 1 "stair-fold: 'm.npz' is a model, not an item graph: see stair-knn(1)" stair-fold --data d2.npz --items m.npz m.npz
cp f5.npz kept.npz
head -c 400 m.npz >cut.npz
stair-fold -q --data d2.npz -o kept.npz cut.npz 2>/dev/null
same "an old output survives" "$? $(cmp f5.npz kept.npz)" "1 "
done_testing
