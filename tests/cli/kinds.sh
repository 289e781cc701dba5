#!/usr/bin/env bash
# A file of another kind than the one that is wanted: every reader says what it
# is, what should be there, and which page tells of it.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth -q --users 60 --items 40 --interactions 900 --topics 4 --image-dim 300 --text-dim 12 -o raw
gzip -dc raw/interactions.csv.gz >log.csv
stair-ingest -q --core 3 -o data.npz log.csv
for f in text image; do stair-features -q --data data.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy; done
stair-whiten -q -d 6 -o init.npz text.npz
stair-knn -q -o items.npz text.npz:4
stair-train -q --data data.npz --init init.npz --items items.npz --epochs 1 --checkpoint ck.npz -o model.npz
stair-blend -q --data data.npz -o blend.npz model.npz:1 items.npz:1
for f in text image; do stair-cat -f npy -o $f.npy $f.npz; done
train() { stair-train -q --data data.npz --epochs 1 -o x.npz "$@"; }
graph=(--init init.npz --items items.npz)

wrong() { # wrong TOOL FILE WHAT WANTED ARGS...
	fails 1 "stair-$1: '$2' is $3, not $4" "stair-$1" "${@:5}"
}
dataset="a dataset: see stair-ingest(1)" model="a model: see stair-train(1)"
operand="item features or a graph of items: see stair-features(1)"
for file in "text.npz:a dense matrix" "items.npz:a sparse matrix" "model.npz:a model" "ck.npz:a checkpoint" "blend.npz:a blend"; do
	what=${file#*:} file=${file%:*}
	wrong eval $file "$what" "$dataset" --data $file model.npz
	wrong recommend $file "$what" "$dataset" --data $file model.npz
	wrong similar $file "$what" "$dataset" --data $file model.npz
	wrong features $file "$what" "$dataset" --data $file raw/text.npy
	wrong uncertainty $file "$what" "$dataset" --data $file text.npz
	wrong train $file "$what" "$dataset" --data $file -o x.npz "${graph[@]}"
done
for file in "text.npz:a dense matrix" "data.npz:a dataset"; do
	what=${file#*:} file=${file%:*}
	wrong eval $file "$what" "$model" --data data.npz $file
	wrong recommend $file "$what" "$model" --data data.npz $file
	wrong similar $file "$what" "$model" --data data.npz $file
done
for file in "model.npz:a model" "data.npz:a dataset" "blend.npz:a blend"; do
	what=${file#*:} file=${file%:*}
	wrong whiten $file "$what" "$operand" -o x.npz $file
	wrong knn $file "$what" "$operand" -o x.npz $file:3
	wrong features $file "$what" "item vectors: see stair-features(1)" --data data.npz $file
	wrong train $file "$what" "item vectors: see stair-whiten(1)" --data data.npz --init $file --items items.npz -o x.npz
	wrong train $file "$what" "an item graph: see stair-knn(1)" --data data.npz --init init.npz --items $file -o x.npz
	wrong train $file "$what" "item features: see stair-features(1)" --data data.npz --model bm3 --features a=$file -o x.npz
done
for file in "text.npz:a dense matrix" "items.npz:a sparse matrix"; do
	wrong ingest ${file%:*} "${file#*:}" "$dataset" --ids-from ${file%:*} -o x.npz log.csv
	wrong fold ${file%:*} "${file#*:}" "$dataset" --data data.npz --before ${file%:*} -o x.npz model.npz
done
wrong train items.npz "a sparse matrix" "item vectors: see stair-whiten(1)" --data data.npz --init items.npz --items items.npz -o x.npz
wrong train init.npz "a dense matrix" "an item graph: see stair-knn(1)" --data data.npz --init init.npz --items init.npz -o x.npz
wrong train model.npz "a model" "a checkpoint: see --checkpoint in stair-train(1)" \
	--data data.npz "${graph[@]}" --resume model.npz -o x.npz

# no npz at all
other() { # other TOOL WANTED ARGS...
	fails 1 "stair-$1: cannot read 'log.csv': not an npz or npy file, but it should be $2" "stair-$1" "${@:3}"
}
other eval "$dataset" --data log.csv model.npz
other ingest "$dataset" --ids-from log.csv -o x.npz log.csv
other eval "$model" --data data.npz log.csv
other whiten "$operand" -o x.npz log.csv
other train "item vectors: see stair-whiten(1)" --data data.npz --init log.csv --items items.npz -o x.npz
other train "an item graph: see stair-knn(1)" --data data.npz --init init.npz --items log.csv -o x.npz

# nor text
fails 1 "stair-ingest: 'model.npz' is a model, not text" stair-ingest -o x.npz model.npz
fails 1 "stair-ingest: 'image.npy' is a NumPy array, not text" stair-ingest -o x.npz image.npy
fails 1 "stair-compare: 'data.npz' is a dataset, not text" stair-compare data.npz data.npz
fails 1 "stair-recommend: 'items.npz' is a sparse matrix, not text" stair-recommend --data data.npz --users items.npz model.npz
fails 1 "stair-similar: 'items.npz' is a sparse matrix, not text" stair-similar --items items.npz model.npz
fails 1 "stair-recommend: 'model.npz' is a model, not text" stair-recommend --data data.npz --titles model.npz model.npz

# features are no initial vectors
fails 1 "stair-train: 'text.npz' holds features that are not whitened; initial vectors are made of them by: stair-whiten -d 64 -o init.npz 'text.npz'" \
	train --init text.npz --items items.npz
fails 1 "stair-train: 'image.npy' has 300 columns, which the model would have too: if it holds features, whiten them (stair-whiten -d 64 -o init.npz 'image.npy'), else say --dim 300" \
	train --init image.npy --items items.npz
runs "--dim means it" train --init image.npy --items items.npz --dim 300
stair-cat -f npy -m x -o white.npy init.npz
runs "a narrow array may be vectors" train --init white.npy --items items.npz
stair-train -q --model popularity --data data.npz -o popular.npz
stair-cat -f npy -m item -o counts.npy popular.npz
train --init counts.npy --items items.npz >out 2>&1
same "but not of any numbers" "$(sed 's/mean of [0-9.]*:/mean of X:/' out)" \
	"stair-train: 'counts.npy' is not whitened, column 0 has a mean of X: if it holds features, whiten them (stair-whiten -d 64 -o init.npz 'counts.npy'), else say --dim 1"
runs "unless --dim means it" train --init counts.npy --items items.npz --dim 1
stair-knn -q -o near.npz image.npz:9
stair-whiten -q -d 6 -o from-graph.npz near.npz
runs "vectors of a graph are whitened" train --init from-graph.npz --items items.npz

# users and items
item=$(stair-cat -m item_ids data.npz | head -1) user=$(stair-cat -m user_ids data.npz | head -1)
printf '%s\n%s\n' "$user" "$item" >users
fails 1 "stair-recommend: 'users' line 2: '$item' is an item, not a user" stair-recommend --data data.npz --users users model.npz
echo 12345 >users
fails 1 "stair-recommend: 'users' line 1: unknown user '12345' (the first of the dataset is '$user')" \
	stair-recommend --data data.npz --users users model.npz
printf 'other\tthing\n' >titles.tsv
same "titles of other items" "$(stair-recommend --data data.npz -n 1 --titles titles.tsv -o top.tsv model.npz 2>&1)" \
	"stair-recommend: 'titles.tsv' has no title of an item of 'data.npz': the ids of 'titles.tsv' are such as 'other', the dataset's such as '$(stair-cat -m item_ids data.npz | head -n 1)'"
same "no titles" "$(stair-recommend --data data.npz -n 1 --titles /dev/null -o top.tsv model.npz 2>&1)" \
	"stair-recommend: '/dev/null' has no title of an item of 'data.npz'"
printf '%s\tThe first\n' "$item" >titles.tsv
title() { stair-recommend --data data.npz -n 40 --keep-seen --titles titles.tsv model.npz | awk -F'\t' -v i="$item" '$3 == i {print $5; exit}'; }
same "titles without a header" "$(title)" "The first"
printf 'item\ttitle\n%s\tThe second\n' "$item" >titles.tsv
same "with one" "$(title)" "The second"
printf '%s\ttitle\n%s\tThe third\n' "$item" "$item" >titles.tsv
same "with one that is called as an item" "$(title)" "The third"
done_testing
