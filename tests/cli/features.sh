#!/usr/bin/env bash
# stair-features: formats, alignment, messages, streams.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

printf 'user,item\nu,b\nu,a\nv,c\nv,d\n' | stair-ingest -q -o d.npz
cat >v.csv <<'END'
id,v1,v2
a,1,-2
x,9,9
b,3.5,1e1
c,0.1,-0
END
runs "a CSV" stair-features --data d.npz -o f.npz v.csv
same "what it says" "$(cat runs.err)" \
	"stair-features: 4 items x 2 values; 1 items without a vector are marked as missing, 1 vectors are of unknown items"
same "rows in the dataset's order, d the mean of the others" "$(stair-cat f.npz)" \
	"3.5	10
1	-2
0.1	-0
1.5333333	2.6666667"
cp f.npz want.npz
like() { # like NAME COMMAND...: writes the same values
	local name=$1
	shift
	if "$@" -q --data d.npz -o g.npz >like.out 2>&1 && stair-cmp -q want.npz g.npz >>like.out 2>&1; then ok 0 "$name"; else
		ok 1 "$name"
		head -3 like.out | sed 's/^/# /'
	fi
}
tail -n +2 v.csv >bare.csv
like "no header" stair-features bare.csv
(head -n 1 v.csv && tail -n +2 v.csv | tac) >tac.csv
like "another order" stair-features tac.csv
tr , '\t' <v.csv >v.tsv
like "TSV" stair-features v.tsv
tr , ';' <v.csv >semicolons.csv
like "semicolons" stair-features semicolons.csv
like "TSV told by content" sh -c 'stair-features "$@" <v.tsv' sh
sed 's/$/\r/; s/^a/"a"/' v.csv | gzip -n >v.csv.gz
like "gzip, CRLF and quotes" stair-features v.csv.gz
like "from a slow pipe" sh -c '(head -c 3 v.csv; sleep .1; tail -c +4 v.csv) | stair-features "$@" -' sh
like "dataset from a pipe" sh -c 'shift 3; stair-features -q --data - -o g.npz v.csv <d.npz' sh

printf 'a 1 -2\nx 9 9\nb  3.5 1e1 \nc 0.1 -0\n' >blank.txt
like "blanks" stair-features blank.txt
(echo 4 2 && cat blank.txt) >word2vec.txt
like "blanks after word2vec's sizes" stair-features word2vec.txt
sed 's/ /\t/' blank.txt >one.tsv
like "a vector in one cell" stair-features one.tsv
printf 'id,embedding\na,"[1, -2]"\nb,"[3.5,1e1]"\nc,"[ 0.1  -0]"\n' >list.csv
like "a list in one cell" stair-features list.csv
cat >v.jsonl <<'END'
{"title": "t", "parent_asin": "zz", "id": "a", "vector": [1, -2]}
{"vector": [3.5, 1e1], "id": "b", "more": {"id": "c", "vector": [[]]}}
{"id": "c", "embedding": [0.1, -0], "score": NaN, "note": "\ud800"}
END
like "JSON lines" stair-features v.jsonl
printf '[{"k": "a", "e": [1, -2]}, {"k": "b", "e": [3.5, 10]},\n{"k": "c", "e": [0.1, 0]}, {"k": "d", "e": null}]' >v.json
like "a JSON array, keys by option" stair-features --id k --vector e v.json
printf '7 8\n9 1\n' >pairs.txt
printf 'u,i\nu,7\nu,9\n' | stair-ingest -q --user u --item i -o pairs.npz
same "two numbers need not be sizes" "$(stair-features -q --data pairs.npz pairs.txt | stair-cat | tr '\n' ' ')" "8 1 "

bad() { # bad 'file content' 'message' OPTION...
	printf '%b' "$1" >bad.in
	local msg=$2
	shift 2
	echo old >old.npz
	fails 1 "stair-features: $msg" stair-features --data d.npz -o old.npz "$@" bad.in
	echo old | cmp -s - old.npz || ok 1 "the old output is gone"
}
bad 'a,1,2\nb,1\n' "'bad.in', line 2: the row has 1 values, the first 2"
bad 'a,1,2\n\nb,1,2,3\n' "'bad.in', line 3: the row has 3 values, the first 2"
bad 'a\n' "'bad.in', line 1: the row has no values"
# a first row with an item's id is no header, whatever its values
bad 'a,nan,nan\nb,1,2\n' "'bad.in', line 1: value 1, 'nan', is not a finite number"
bad 'a,,\nb,1,2\n' "'bad.in', line 1: value 1, '', is not a finite number"
bad 'a,x,y\nb,1,2\n' "'bad.in', line 1: value 1, 'x', is not a finite number"
bad 'a,1,2\nb,1,x\n' "'bad.in', line 2: value 2, 'x', is not a finite number"
bad 'a,1,2\nb,inf,1\n' "'bad.in', line 2: value 1, 'inf', is not a finite number"
bad 'a,1,2\nx,1,nan\n' "'bad.in', line 2: value 2, 'nan', is not a finite number"
bad 'a,1,2\nb,1,1e39\n' "'bad.in', line 2: value 2 is not finite"
bad 'a,1,2\nb,1,\n' "'bad.in', line 2: value 2, '', is not a finite number"
bad 'a,1,2\nb,1,2\na,1,2\n' "'bad.in', line 3: a second vector for id 'a'"
bad 'x,1,2\nx,1,2\n' "'bad.in', line 2: a second vector for id 'x'"
bad 'id,1,2\n,1,2\n' "'bad.in', line 2: the id is empty"
bad 'x,1,2\n' "no item of the dataset has a vector (1 vectors are of unknown items: the ids of 'bad.in' are such as 'x', the dataset's such as 'b')"
bad 'id,v\n' "no item of the dataset has a vector (0 vectors are of unknown items)"
bad '' "'bad.in' is empty"
bad 'id;v1;v2\na;1,5;2\n' "'bad.in', line 2: value 1, '1,5', is not a finite number"
bad '{"id": "a", "vector": [NaN, 1]}\n' "'bad.in', line 1: value 1 is not a finite number"
bad '{"id": "a\\udc00", "vector": [1]}\n' "'bad.in', line 1: the id: half of a surrogate pair"
bad 'PAR1\0\0\0\0' "'bad.in' is a Parquet file, not text; read it with: python3 -c 'import pandas, sys; pandas.read_parquet(sys.argv[1]).to_csv(sys.stdout, index=False)' 'bad.in' | stair-features [options]"
bad 'PK\03\04xxxxxxx.csv' "'bad.in' is a zip archive, not text; read it with: unzip -p 'bad.in' | stair-features [options]"
bad '1 2\na \0000\0000\0000?\0000\0000\0000?\n' "'bad.in' is word2vec's binary format, not text; read it with: python3 -c 'import sys; from gensim.models import KeyedVectors as K; K.load_word2vec_format(sys.argv[1], binary=True).save_word2vec_format(\"/dev/stdout\")' 'bad.in' | stair-features [options]"
bad '1 2 \0000' "'bad.in' is neither .npy, .npz nor text (see --format)"
bad 'a\0000b' "'bad.in' is neither .npy, .npz nor text (see --format)"
bad 'a,1,2\n' "'bad.in' holds its own ids: --ids is for .npy and .npz" --ids v.csv
bad '{"id": "a", "vector": [1, "x"]}\n' "'bad.in', line 1: value 2 is not a finite number"
bad '{"id": "a", "vector": []}\n' "'bad.in', line 1: the vector is empty"
bad '{"id": "a", "vector": 1}\n' "'bad.in', line 1: the vector is no array"
bad '{"id": 1.5, "vector": [1]}\n' "'bad.in', line 1: the id is neither a string nor a whole number"
bad '{"vector": [1]}\n' "'bad.in', line 1: the object has no id (key 'id, item_id, ..; see --id')"
bad '{"id": "a", "v": [1]}\n' "'bad.in', line 1: the object has no vector (key 'vector, embedding, ..; see --vector')"
bad '{"id": "a", "vector": [1]}\n\n{"id": "a", "vector": [1]}\n' "'bad.in', line 3: a second vector for id 'a'"
bad '{"id": "a", "vector": [1\n' "'bad.in', line 1: the input ends inside a value"
bad 'a 1 2\nb 1\n' "'bad.in', line 2: the row has 1 values, the first 2"
bad '3 2\na 1 2 3\n' "'bad.in', line 2: the row has 3 values, the first 1"
bad 'a\t1 x\n' "'bad.in', line 1: value 2, 'x', is not a finite number"
bad 'a,1,2\n' "'bad.in' is no .npz, which --member is for" --member x
bad 'a,1,2\n' "'bad.in' is not JSON, which --id and --vector are for" --vector x
bad 'a,1,2\n' "cannot read 'bad.in': not an npz or npy file" --format npz
bad 'a,1,2\n' "'bad.in' ends inside record 1" --format amazon
head -c 40 v.csv.gz >cut.csv.gz
fails 1 "stair-features: cannot read 'cut.csv.gz': gzip stream ends early" stair-features --data d.npz cut.csv.gz
fails 1 "stair-features: cannot open 'none': No such file or directory" stair-features --data d.npz none
fails 1 "stair-features: cannot open 'none': No such file or directory" stair-features --data none v.csv
fails 1 "stair-features: cannot write '/dev/full': No space left on device" stair-features --data d.npz -o /dev/full v.csv
fails 2 "stair-features: option '--data' is missing" stair-features v.csv
fails 2 "stair-features: only one input can be standard input" stair-features --data -
fails 2 "stair-features: unexpected operand 'w.csv' (see --help)" stair-features --data d.npz v.csv w.csv

# the manual's examples, as they stand there
sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAG/s/^\$ //p' "$TOP/man/man1/stair-features.1" | sed 's/\\e/\\/g' >examples
mkdir examples.d
runs "the manual's $(wc -l <examples) examples" sh -c 'cd examples.d && sh -e ../examples'

if [ -z "$PY" ]; then
	skip "arrays and Amazon files" "no NumPy"
	done_testing
fi
$PY - <<'END'
import numpy as np
x = np.array([[1, -2], [9, 9], [3.5, 10], [.1, -0.]])
ids = ["a", "x", "b", "c"]
open("ids.txt", "w").write("".join(i + "\n" for i in ids))
open("ids3.txt", "w").write("a\nb\nc\n")
open("twice.txt", "w").write("a\nb\nc\na\n")
np.save("x.npy", x)
np.savez("last.npz", x=x.astype("f4"), ids=np.array(ids))
np.savez("first.npz", ids=np.array(ids, "S"), other=np.arange(3), x=x.astype("f4"))
np.savez_compressed("packed.npz", ids=np.array(ids), x=x)
np.savez("twice.npz", x=x, ids=np.array(["a", "b", "c", "a"]))
np.savez("three.npz", x=x, ids=np.array(["a", "b", "c"]))
np.savez("float.npz", x=x, ids=np.arange(4.))
np.savez("no_x.npz", y=x)
np.savez("flat.npz", x=x[0], ids=np.array(["a", "b"]))
np.savez("empty_id.npz", x=x, ids=np.array(["a", "", "b", "c"]))
np.save("fortran.npy", np.asfortranarray(x))
bad = x.copy(); bad[2, 1] = np.nan
np.save("nan.npy", bad)
np.save("index.npy", x[[2, 0, 3, 1]])
np.save("rows.npy", x[:3])
np.save("none.npy", x[:, :0])
np.save("half.npy", x.astype("f2"))
gone = x.copy(); gone[2] = np.nan
np.save("gone.npy", gone)
zero = x.copy(); zero[2] = 0
np.save("zero.npy", zero)
np.savez("late.npz", x=x[:4], missing=[1])
np.savez("beyond.npz", missing=[4], x=x[:4])
np.savez("order.npz", missing=[2, 1], x=x[:4])
np.savez("all.npz", missing=np.arange(4), x=x[:4])
np.savez("real.npz", missing=[1.0], x=x[:4])
rec = b"".join(i.encode().ljust(10, b"_") + np.full(4096, k, "<f4").tobytes() for k, i in enumerate(ids))
open("image.b", "wb").write(rec)
open("cut.b", "wb").write(rec[:-5])
open("twice.b", "wb").write(rec + rec[:16394])
v = np.full(4096, 1, "<f4"); v[7] = np.inf
open("inf.b", "wb").write(rec[16394:] + b"a_________" + v.tobytes())
END
like ".npy and a list of ids" stair-features --ids ids.txt x.npy
printf 'name;asin\n1;a\n2;x\n3;b\n4;c\n' >items.csv
like ".npy and ids in a column" stair-features --ids items.csv:asin x.npy
like "by its number" stair-features --ids items.csv:2 x.npy
fails 1 "stair-features: 'items.csv', line 1: no column is called 'sku' (there are: name, asin)" stair-features --data d.npz --ids items.csv:sku x.npy
$PY -c "
import numpy as np, scipy.sparse as sp
np.savez('named.npz', ids=np.array(['a', 'x', 'b', 'c']), x=np.ones(3), emb=np.load('x.npy'))
g = sp.csr_matrix(np.array([[0, .5, .25], [.5, 0, 0], [1, 2, 3]], 'f4'))
sp.save_npz('graph.npz', g)
np.savez('own.npz', ids=['c', 'zz', 'b'], format='csr', shape=g.shape, indptr=g.indptr, indices=g.indices, data=g.data)
sp.save_npz('wide.npz', sp.csr_matrix(np.ones((3, 2), 'f4')))"
like "a member of another name" stair-features --member emb named.npz
fails 1 "stair-features: 'named.npz' has no member 'nope'" stair-features --data d.npz --member nope named.npz
fails 1 "stair-features: 'named.npz': member 'x' is not a matrix of numbers" stair-features --data d.npz named.npz
printf 'c\nzz\nb\n' >three.ids
runs "a graph" stair-features --data d.npz --ids three.ids -o g.npz graph.npz
same "in the items' order, b a c d" "$(stair-cat g.npz)" "0	0	3
0	2	1
2	0	0.25"
same "what it says of a graph" "$(cat runs.err)" \
	"stair-features: 4 items, 3 similarities; 2 items without any, 3 similarities from or to unknown items"
stair-features -q --data d.npz -o h.npz own.npz
same "a graph with its ids" "$(stair-cmp g.npz h.npz && echo same)" same
stair-features -q --data d.npz -o i.npz g.npz
same "an aligned graph stays as it is" "$(stair-cmp g.npz i.npz && echo same)" same
fails 1 "stair-features: 'graph.npz' has 3 rows, the dataset 4 items (say with --ids which rows are which)" stair-features --data d.npz graph.npz
fails 1 "stair-features: 'wide.npz': a graph of items is square, not 3 x 2" stair-features --data d.npz --ids three.ids wide.npz
fails 1 "stair-features: no item of the dataset is in the graph: the ids of 'graph.npz' are such as 'c', the dataset's such as '7'" stair-features --data pairs.npz --ids three.ids graph.npz
like ".npz, ids last" stair-features last.npz
like ".npz, ids first, other members" stair-features first.npz
like ".npz, packed" stair-features packed.npz
like ".npz from a pipe, ids first" sh -c 'cat first.npz | stair-features "$@"' sh
like ".npz from a pipe, ids from a file" sh -c 'cat last.npz | stair-features --ids ids.txt "$@"' sh
gzip -nk x.npy
like ".npy, gzip" stair-features --ids ids.txt x.npy.gz
stair-features -q --data d.npz -o g.npz index.npy
same "rows are item indices" "$(stair-cat g.npz | head -n 3)" "$(head -n 3 <(stair-cat want.npz))"
stair-features --data d.npz -o g.npz index.npy 2>err
same "rows that nothing names" "$(head -n 1 err)" \
	"stair-features: nothing says which items the rows are: row i is taken for item i of the dataset (give --ids if it is not)"
same "not of a file that was aligned" "$(stair-features --data d.npz -o h.npz g.npz 2>&1 | grep -c nothing)" 0
same "nor where ids are the row numbers" "$(printf 'u,i\nu,0\nu,1\nu,2\nu,3\n' | stair-ingest -q --user u --item i -o n.npz && stair-features --data n.npz -o h.npz index.npy 2>&1 | grep -c nothing)" 0
same "integer ids that mislead are noticed" "$(printf 'u,i\nu,1\nu,0\nu,3\nu,2\n' | stair-ingest -q --ids appearance --user u --item i -o m.npz && stair-features --data m.npz -o g.npz index.npy 2>&1 | head -n 1)" \
	"stair-features: the item ids are numbers but not the row numbers: give --ids if the rows go by id"
runs "halves" stair-features --data d.npz --ids ids.txt -o g.npz half.npy
printf 'user,item\nu,b_________\nu,a_________\n' | stair-ingest -q -o da.npz
stair-features -q --data da.npz -o g.npz image.b
same "Amazon records" "$(stair-cat g.npz | cut -f 1,4096)" "2	2
0	0"
gzip -nk image.b
stair-features -q --data da.npz image.b.gz >g2.npz
equal_files "gzip and a pipe give the same bytes" g.npz g2.npz
missing() { $PY -c "import numpy as np; print(*np.load('$1')['missing'])"; }
same "the file lists the missing items" "$(missing want.npz)" 3
stair-features -q --data d.npz --ids ids.txt -o g.npz gone.npy
same "a row of NaN says that there is no vector" "$(missing g.npz)" "0 3"
stair-features --data d.npz --ids ids.txt -o g.npz zero.npy 2>err
same "a vector of zeros is one" "$(missing g.npz) $(head -n 1 err)" \
	"3 stair-features: 1 items have a vector of zeros: if that says they have none, give --zeros-missing"
stair-features -q --zeros-missing --data d.npz --ids ids.txt -o g.npz zero.npy
same "or none" "$(missing g.npz)" "0 3"
stair-features -q --data d.npz -o h.npz g.npz
same "missing items stay so" "$(stair-cmp g.npz h.npz && missing h.npz)" "0 3"
npy() { # npy 'message' OPTION... FILE
	local msg=$1
	shift
	fails 1 "stair-features: $msg" stair-features --data d.npz "$@"
}
npy "'late.npz': member 'missing' comes after 'x', whose rows it says something about: np.savez(file, missing=.., x=..)" late.npz
npy "'beyond.npz': member 'missing': 4 is no row of 4, or not above the one before" beyond.npz
npy "'order.npz': member 'missing': 1 is no row of 4, or not above the one before" order.npz
npy "'all.npz': member 'missing' leaves none of the 4 rows" all.npz
npy "'real.npz': member 'missing' is not a list of row numbers" real.npz
npy "'rows.npy' has 3 rows, the dataset 4 items (say with --ids which rows are which)" rows.npy
npy "'x.npy' has 4 rows, but there are 3 ids" --ids ids3.txt x.npy
npy "'twice.txt', line 4: id 'a' is there twice" --ids twice.txt x.npy
npy "'twice.npz': member 'ids', element 3: id 'a' is there twice" twice.npz
npy "'three.npz' has 4 rows, but there are 3 ids" three.npz
npy "'float.npz': member 'ids' is not a list of strings or integers" float.npz
npy "'empty_id.npz': member 'ids', element 1: the id is empty" empty_id.npz
npy "'no_x.npz' has no member 'x': say with --member which one holds the vectors (there are: y)" no_x.npz
npy "'d.npz' is a dataset, not item vectors: see stair-features(1)" d.npz
npy "'flat.npz': member 'x' is not a matrix of numbers" flat.npz
like "Fortran order" stair-features --ids ids.txt fortran.npy
$PY -c "
import numpy as np
x = np.load('fortran.npy')
np.savez('big.npz', ids=np.array(['a', 'x', 'b', 'c'], '>U3'), x=np.asfortranarray(x.astype('>f4')))"
like "big-endian numbers and Unicode ids" stair-features big.npz
npy "'nan.npy', row 2: value 2 is not finite" nan.npy
npy "'none.npy': the vectors have 0 values, not 1 to 1048576" none.npy
npy "'cut.b' ends inside record 4" cut.b
npy "'twice.b', record 5: a second vector for id 'a_________'" twice.b
npy "'inf.b', record 4: value 8 is not finite" inf.b
fails 1 "stair-features: '<stdin>': member 'ids' comes after 'x', which a pipe cannot go back to: give the file by name or use --ids" \
	sh -c 'stair-features --data d.npz <last.npz'
head -c 400 x.npy | head -c 150 >cut.npy
npy "cannot read 'cut.npy': unexpected end of file at byte 150" --ids ids.txt cut.npy

# ids of every kind that NumPy has
$PY - <<'END'
import numpy as np
x = np.arange(8, dtype="f4").reshape(4, 2)
np.savez("unicode.npz", ids=np.array(["\U0001f600", "Ж", "字", "é\u0301"]), x=x)
for t in ["i1", "i2", "i4", "i8", "u2", "u8"]:
    np.savez(f"{t}.npz", ids=np.array([3, 100, 7, -5 if t[0] == "i" else 65535], t), x=x)
np.savez("surrogate.npz", ids=np.array([0xD800, 65], "<u4").view("<U1"), x=x[:2])
END
printf 'user,item\nu,字\nu,\360\237\230\200\nv,é\314\201\nv,Ж\n' | stair-ingest -q --ids appearance -o du.npz
same "Unicode ids" "$(stair-features -q --data du.npz unicode.npz | stair-cat | tr '\n' '\t')" "4	5	0	1	6	7	2	3	"
for t in i1 i2 i4 i8 u2 u8; do
	last=$([[ $t == i* ]] && echo -5 || echo 65535)
	printf 'user,item\nu,7\nu,%s\nv,100\nv,3\n' "$last" | stair-ingest -q --ids appearance -o di.npz
	same "ids of type $t" "$(stair-features -q --data di.npz $t.npz | stair-cat | tr '\n' '\t')" "4	5	6	7	2	3	0	1	"
done
npy "'surrogate.npz': member 'ids', element 0: the id is not Unicode text" surrogate.npz

# what is known of a file of ours goes on
stair-features -q --data d.npz -o again.npz want.npz
same "history of an .npz" "$(stair-info again.npz | grep ^history | cut -f 2 | sort | uniq -c | tr -s ' ' | tr '\n' ',')" \
	" 2 stair-features, 1 stair-ingest, 1 stair-npz 1,"
done_testing
