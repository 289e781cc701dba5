#!/usr/bin/env bash
# The commands in the pages' EXAMPLES and in --help run as they stand there. An
# example may name files that are not said to be made: those of a small shop lie
# there under the names that the pages use.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
top=$PWD

# --- the files that examples name ---------------------------------------------
mkdir shop && cd shop || exit 1
(
	set -e
	stair-synth -q --users 200 --items 100 --interactions 2400 --topics 8 --image-dim 80 --text-dim 70 -o raw
	gzip -dc raw/interactions.csv.gz >ratings.csv
	cp raw/interactions.csv.gz ratings.csv.gz
	{
		echo "user	item	timestamp"
		awk -F, 'NR > 1 {print $1 "\t" $2 "\t" NR}' ratings.csv
	} >events.tsv
	stair-ingest -q --core 5 -o data.npz ratings.csv
	for f in text image; do
		stair-features -q --data data.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy
		stair-cat -f npy -o $f.npy $f.npz
		stair-knn -q -o ${f}_knn.npz $f.npz:5
	done
	stair-cat text.npz | tr '\t' , | paste -d, <(stair-cat -m item_ids data.npz) - | gzip >vectors.csv.gz
	cp text.npz features.npz && cp text.npy features.npy
	stair-whiten -q -o init.npz text.npz:5 image.npz:1
	stair-knn -q -o items.npz text.npz:5 image.npz:1
	train() { stair-train -q --data data.npz --epochs 1 "$@"; }
	train --init init.npz --items items.npz -o model.npz
	train --model mf -o mf.npz
	cp data.npz today.npz
	for f in one two other cpu cuda; do cp model.npz $f.npz; done
	stair-eval -q --data data.npz --per-user stair-users.tsv -o stair-1.tsv model.npz
	stair-eval -q --data data.npz --per-user mf-users.tsv -o lightgcn-1.tsv mf.npz
	cp stair-1.tsv a1.tsv && cp lightgcn-1.tsv b1.tsv
	train --init init.npz --items items.npz -s 2 -o again.npz
	stair-eval -q --data data.npz -o stair-2.tsv again.npz
	train --model mf -s 2 -o again.npz
	stair-eval -q --data data.npz -o lightgcn-2.tsv again.npz
	cp stair-2.tsv a2.tsv && cp lightgcn-2.tsv b2.tsv
	cp raw/items.tsv items.tsv
	stair-cat -m item_ids data.npz | sed -n 1,60p >stock.txt
	awk '{print $1 "\t" NR % 7}' stock.txt >categories.tsv
	# a split that is given as files
	echo '{"u": ["a", "b"], "v": ["b"]}' >train.json
	echo '{"u": ["c"]}' >valid.json
	echo '{"v": ["a"]}' >test.json
) 2>"$top/setup.err"
ok $? "files that the examples name"
sed 's/^/# /' "$top/setup.err"
# the Amazon format: ten bytes of id, 4096 numbers
while read -r id; do
	printf '%-10.10s' "$id"
	head -c 16384 /dev/zero
done < <(stair-cat -m item_ids data.npz | cut -c1-10) >image_features_Baby.b
cd "$top" || exit 1
user=$(stair-cat -m user_ids shop/data.npz | head -1)

run_all() { # run_all NAME FILE: the commands in FILE, one after another
	mkdir "dir-$1"
	cp -r shop/. "dir-$1/"
	(cd "dir-$1" && bash -o pipefail -e ../"$2") >run.out 2>run.err
	local rc=$?
	# `| head` ends a program early, which is what is shown
	[ $rc -ne 141 ] || rc=0
	ok $rc "$1: $(grep -c stair- "$2") commands"
	[ $rc -eq 0 ] || sed 's/^/# /' run.err | head -5
}

# Lines of commands as a reader would type them: after a prompt, or a block that
# begins with a program. Trainings are cut short.
commands() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh [DSC]/p' "$1" | awk '
		{sub(/^\.Dl /, "")}
		sub(/^\$ /, "") || /^stair-/ || more {print; more = /\\e$/}' |
		sed -e 's/\\(dq/"/g' -e 's/\\e/\\/g' | shorten
}
shorten() {
	sed -E -e 's/ --epochs [0-9]+/ --epochs 1/' -e '/--epochs|itemknn/!s/^( *stair-train.* --data)/\1 data.npz --epochs 1 --data/' \
		-e "s/A1HK2FQW6KXQB2/$user/" -e 's/^  zcat/  gzip -dc/'
}
for page in "$TOP"/man/man*/*.[157]; do
	t=$(basename "$page")
	commands "$page" >"commands-$t"
	if [ -s "commands-$t" ]; then
		run_all "$t" "commands-$t"
	else
		[[ $t == *.5 ]]
		ok $? "$t has no commands"
	fi
done

# Python: of stair-npz(5), and what README has
if [ -n "$PY" ]; then
	cd shop || exit 1
	{
		cat <<-END
			import numpy as np, scipy.sparse, zlib
			from scipy.sparse import csr_matrix
			rows, u, v = np.eye(3), np.ones((2, 3)), np.ones((4, 3))
			graph = scipy.sparse.eye(4, format="csr")
		END
		sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$TOP/man/man5/stair-npz.5" | sed -n '/^\.Bd/,/^\.Ed/p' |
			sed -n '/^[^.]/p' | sed 's/\\e/\\/g; s/"model.npz"/"theirs.npz"/; s/"items.npz"/"graph.npz"/'
		echo 'assert train.shape == shape and train.nnz == len(ind)'
		echo 'print(f"{items:08x} {pairs:08x}")'
	} >npz.py
	runs "stair-npz.5: Python" "$PY" npz.py
	same "its digests are those of the history" "$(cat runs.out)" \
		"$(stair-info data.npz | sed -nE 's/^belongs.*items=(.*)\ttrain=(.*)/\1 \2/p')"
	same "writes what the programs read" "$(stair-info x.npz theirs.npz graph.npz | grep -c '^kind	[dmc]')" 3
	awk '/^```python/ {on = 1; next} /^```/ {on = 0} on' "$TOP/README.md" >readme.py
	echo 'print(*(b.decode() for b in best))' >>readme.py
	same "README: Python ranks as stair-recommend does" "$("$PY" readme.py | tr ' ' '\n')" \
		"$(stair-recommend --keep-seen --data data.npz model.npz | awk -v u="$user" '$1 == u {print $3}')"
	cd "$top" || exit 1
else
	skip "Python of stair-npz(5) and README" "no NumPy"
fi

for tool in "$BIN"/stair-*; do
	t=${tool##*/}
	"$tool" --help | sed '1,/^examples:/d' |
		shorten >"help-$t"
	run_all "$t--help" "help-$t"
done
done_testing
