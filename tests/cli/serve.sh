#!/usr/bin/env bash
# stair-cat for servers: what is written reads back exactly, by whoever loads it.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth -q --users 60 --items 40 --interactions 900 --topics 4 -o raw
stair-ingest -q --core 3 -o data.npz raw/interactions.csv.gz
stair-train -q --model mf -d 8 --epochs 2 --data data.npz -o model.npz
stair-cat -m item_ids data.npz >ids
stair-cat -m item model.npz >item.tsv

runs "npy with ids" stair-cat -f npy -m item --ids got.ids -o item.npy model.npz
equal_files "the ids" got.ids ids
same "the array" "$(stair-cat item.npy | cksum)" "$(cksum <item.tsv)"
same "jsonl" "$(stair-cat -f jsonl model.npz | sed -E 's/.*\[(.*)\]\}/\1/' | tr , '\t' | cksum)" "$(cksum <item.tsv)"
same "its ids" "$(stair-cat -f jsonl model.npz | sed -E 's/\{"id": "(.*)", "vector".*/\1/' | cksum)" "$(cksum <ids)"
same "pgvector" "$(stair-cat -f pgvector model.npz | tr -d '[]' | tr , '\t' | cksum)" "$(paste ids item.tsv | cksum)"
same "users" "$(stair-cat -f pgvector -m user model.npz | cut -f1 | cksum)" "$(stair-cat -m user_ids data.npz | cksum)"
stair-cat -f fvecs -o item.fvecs model.npz
same "fvecs" "$(od -An -v -t u4 -w36 item.fvecs | awk '{print $1}' | uniq -c | tr -s ' ')" " $(wc -l <ids) 8"
stair-cat -f npy -m item model.npz | tail -c $(($(wc -l <ids) * 32)) | od -An -v -t x4 -w32 >want
same "its values" "$(od -An -v -t x4 -w36 item.fvecs | cut -c10- | cksum)" "$(cksum <want)"
first=$(head -1 ids) vector="[$(head -1 item.tsv | tr '\t' ,)]"
line() { stair-cat -f jsonl --template "$1" model.npz | head -"${2:-1}"; }
same "qdrant" "$(line qdrant)" "{\"id\": 0, \"vector\": $vector, \"payload\": {\"id\": \"$first\"}}"
same "elasticsearch" "$(line elasticsearch 2)" "{\"index\": {\"_id\": \"$first\"}}
{\"vector\": $vector}"
same "milvus" "$(line milvus)" "{\"id\": \"$first\", \"vector\": $vector}"
same "vespa" "$(line vespa)" "{\"put\": \"id:stair:item::$first\", \"fields\": {\"vector\": {\"values\": $vector}}}"
same "a template" "$(line '%n %i 100%% %v')" "0 $first 100% $vector"
fails 2 "stair-cat: option '--template': a % in '%x' is not one of %i (id), %v (vector), %n (row) and %%" \
	stair-cat -f jsonl --template %x model.npz
fails 2 "stair-cat: option '--template': a % in 'a%' is not one of %i (id), %v (vector), %n (row) and %%" \
	stair-cat -f jsonl --template a% model.npz
fails 2 "stair-cat: option '--template' goes with -f jsonl" stair-cat -f fvecs --template plain model.npz
fails 2 "stair-cat: vectors and ids cannot both go to standard output" stair-cat -f fvecs --ids - model.npz
fails 2 "stair-cat: '--ids new' and '--output new' are the same file" stair-cat -f fvecs --ids new -o new model.npz

# ids of a file without any come from the dataset
stair-whiten -q -d 4 -o init.npz item.npy
fails 1 "stair-cat: 'init.npz' has no item_ids: name the dataset with --data" stair-cat -f jsonl init.npz
same "--data" "$(stair-cat -f pgvector --data data.npz init.npz | cut -f1 | cksum)" "$(cksum <ids)"
stair-ingest -q --core 8 -o other.npz raw/interactions.csv.gz
stair-cat -f pgvector --data other.npz model.npz 2>&1 >/dev/null | sed 's/: the first.*(/ (/' >err
same "ids of another dataset" "$(cat err)" \
	"stair-cat: 'model.npz' belongs to other items than 'other.npz' (--foreign takes it all the same)"
stair-train -q --model itemknn --data data.npz -o graph.npz
fails 1 "stair-cat: 'graph.npz' is a sparse matrix, not vectors: see stair-train(1)" stair-cat -f jsonl graph.npz
fails 1 "stair-cat: 'data.npz' is a dataset, not vectors: see stair-train(1)" stair-cat -f fvecs data.npz

# escapes
printf 'user,item\n' >odd.csv
for u in a b c; do for i in '"x\y"' '"q""r"' z; do echo "$u,$i"; done; done >>odd.csv
stair-ingest -q --split ratio:1:0:0 -o odd.npz odd.csv
stair-train -q --model popularity --data odd.npz -o odd-model.npz
same "COPY escapes" "$(stair-cat -f pgvector odd-model.npz | cut -f1 | tr '\n' ' ')" 'x\\y q"r z '
same "JSON escapes" "$(stair-cat -f jsonl odd-model.npz | sed -E 's/, "vector.*//' | tr '\n' ' ')" \
	'{"id": "x\\y" {"id": "q\"r" {"id": "z" '

# all rows of the items get one norm, users a zero
stair-cat --cosine -m item model.npz >wide.tsv
same "--cosine keeps the vectors" "$(cut -f1-8 wide.tsv | cksum)" "$(cksum <item.tsv)"
same "and makes one norm of all" "$(awk '{s = 0; for (i = 1; i <= NF; i++) s += $i * $i
	if (NR == 1) first = s; if ((s - first) ^ 2 > (1e-6 * first) ^ 2) bad++} END {print NF, bad + 0}' wide.tsv)" "9 0"
same "users get 0" "$(stair-cat --cosine -m user model.npz | cut -f9 | sort -u)" 0

# loaded for real
lists=$(stair-recommend --data data.npz --keep-seen -n 5 model.npz | awk -F'\t' '{print $1, $3}')
if command -v sqlite3 >/dev/null; then
	for m in user item; do stair-cat -f pgvector -m $m -o $m.copy model.npz; done
	got=$(sqlite3 :memory: <<-'END'
		create table user(id text, v text);
		create table item(id text, v text);
		.mode tabs
		.import user.copy user
		.import item.copy item
		.mode list
		.separator " "
		create table u as select user.rowid as n, user.id as id, j.key as k, j.value as x from user, json_each(user.v) j;
		create table i as select item.rowid as n, item.id as id, j.key as k, j.value as x from item, json_each(item.v) j;
		create index ik on i(k);
		select uid, iid from (select u.id as uid, u.n as un, i.id as iid, row_number() over
			(partition by u.n order by sum(u.x * i.x) desc, i.n) as place
			from u, i where u.k = i.k group by u.n, i.n) where place <= 5 order by un, place;
	END
	)
	same "SQLite finds the lists of stair-recommend" "$got" "$lists"
else
	skip "SQLite" "sqlite3 is not installed"
fi
done_testing
