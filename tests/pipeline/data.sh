#!/usr/bin/env bash
# The pipelines for public datasets on tiny files of the same form: which inputs
# they want, what INIT chooses, and that a replaced input is noticed.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS DATA

# a small shop in the files that baby.mk and tiktok.mk read
stair-synth --users 200 --items 100 --interactions 1600 --topics 8 --fringe 0 --text-dim 32 --image-dim 32 -o raw
stair-ingest -q --core 5 -o shop.npz raw/interactions.csv.gz
mkdir a t
{
	printf 'userID\titemID\tx_label\n'
	stair-cat shop.npz | awk -F'\t' '{
		if (!($1 in u)) u[$1] = nu++
		if (!($2 in i)) i[$2] = ni++
		print u[$1] "\t" i[$2] "\t" $3
	}'
} | gzip -n >a/baby.inter.gz
for f in text image; do
	stair-features -q --data shop.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy
	stair-cat -f npy $f.npz >$f.npy # as published: it does not say which items these are
	stair-knn --directed --self --values cosine -o a/${f}_knn10.npz $f.npy:10
done
cp a/baby.inter.gz t/tiktok.inter.gz
cp text.npy t/image_feat.npy
cp image.npy t/audio_feat.npy

made() { # made NAME ARGUMENTS...: run the pipeline, print what it made
	local name=$1
	shift
	if ! make -f "$TOP/pipelines/$name.mk" BIN="$BIN" R="$name" DIM=16 EPOCHS=5 THREADS=1 "$@" "${goal:-$name/top.tsv}" >log 2>&1; then
		sed 's/^/# /' log >&2
		echo failed
		return 1
	fi
	sed -nE 's/^[^ ]*\/stair-.* (--per-user|-o) ([^ ]*).*/\2/p' log | sed 's|.*/||; /null/d; s/[^ ]*tsv$//' | grep . | LC_ALL=C sort | tr '\n' ' '
}
fold_has() { tr '\n' ' ' <"$2" | tr -s ' ' | grep -q "$1"; } # fold_has TEXT FILE: over lines
models="stair-1.npz stair.epochs0-1.npz "
all="data.npz init.npz itemknn.npz items.npz popularity.npz $models"
same "everything is made from graphs" "$(made baby DATA=a)" "$all"
same "nothing is made again" "$(goal=report made baby DATA=a)" ""
fold_has 'The initial vectors come from the neighbour graphs' baby/report.txt
ok $? "the report says where the initial vectors come from"
cp t/image_feat.npy a/text_feat_derived.npy
cp t/audio_feat.npy a/image_feat_derived.npy
same "dense files are preferred" "$(goal=report made baby DATA=a)" "init.npz $models"
fold_has 'The initial vectors come from stand-ins that were fitted' baby/report.txt
ok $? "the report calls them stand-ins"
same "INIT=knn goes back" "$(made baby DATA=a INIT=knn)" "init.npz $models"
same "KV changes both" "$(made baby DATA=a INIT=knn KV=2)" "init.npz items.npz $models"
made baby DATA=a INIT=knn >/dev/null

# new content under an old date
stair-knn --directed --self --values cosine -o new.npz text.npy:9
touch -d 2001-01-01 new.npz
mv new.npz a/text_knn10.npz
same "a graph replaced by an older one" "$(made baby DATA=a INIT=knn)" "init.npz items.npz $models"
{ gzip -dc a/baby.inter.gz | sed '$d' | gzip -n; } >new.gz && mv new.gz a/baby.inter.gz
same "other interactions" "$(made baby DATA=a INIT=knn)" "data.npz itemknn.npz popularity.npz $models"
same "the same data elsewhere is other data" "$(cp -r a b && made baby DATA=b INIT=knn)" "$all"

same "dense features with rows in item order" "$(made tiktok DATA=t)" \
	"audio.npz data.npz image.npz ${all#data.npz }"
same "nothing is made again" "$(made tiktok DATA=t)" ""

says() { # says TEXT NAME ARGUMENTS...: make refuses, in one line that ends so
	local text=$1 name=$2
	shift 2
	make -f "$TOP/pipelines/$name.mk" BIN="$BIN" R=no "$@" >out 2>&1
	same "$name $*" "$? $(sed 's/^[^*]*//' out)" "2 *** $text.  Stop."
}
graphs="text_knn10.npz image_knn10.npz"
says "set DATA to the directory that holds baby.inter.gz $graphs, as in: make baby DATA=path/to/amazon-baby" baby
says "set DATA to the directory that holds sports.inter.gz, as in: make sports DATA=path/to/amazon-sports" sports DATA=a
says "set DATA to the directory that holds tiktok.inter.gz image_feat.npy audio_feat.npy, as in: make tiktok DATA=path/to/tiktok" tiktok
says "INIT is one of auto derived knn, not 'random'" baby DATA=a INIT=random

# MMRec's split where it is there
cp b/baby.inter.gz b/baby.mmrec.inter.gz
same "MMRec's split is preferred" "$(goal=report made baby DATA=b INIT=knn)" "data.npz itemknn.npz popularity.npz $models"
fold_has 'The split is that of MMRec' baby/report.txt
ok $? "the report says so"
rm a/image_knn10.npz
says "set DATA to the directory that holds image_knn10.npz, as in: make baby DATA=path/to/amazon-baby" baby DATA=a
runs "clean needs no data" make -f "$TOP/pipelines/baby.mk" BIN="$BIN" R=baby clean
same "and removes the results" "$(ls -d baby no 2>/dev/null)" ""
done_testing
