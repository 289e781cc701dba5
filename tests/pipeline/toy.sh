#!/usr/bin/env bash
# The demonstration's pipeline on 200 users: repeatable, and each change re-runs
# exactly what depends on it.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

# programs of our own, so that one can be changed
mkdir tools && cp "$BIN"/stair-* tools/
unset MAKEFLAGS MAKELEVEL MFLAGS
toy=(USERS=200 ITEMS=100 INTERACTIONS=1600 TOPICS=8 IMAGE_DIM=48 DIM=16 EPOCHS=8 EVERY=4 THREADS=1 SYSTEMS="popularity stair")
demo() { # demo DIR ARGUMENTS...: run the pipeline, print what it made
	local dir=$1
	shift
	if ! make -f "$TOP/pipelines/demo.mk" BIN=tools R="$dir" "${toy[@]}" "$@" >log 2>&1; then
		sed 's/^/# /' log >&2
		echo failed
		return 1
	fi
	sed -nE 's/^tools\/.* (--per-user|-o) ([^ ]*).*/\2/p' log | sed 's|.*/||; /null/d' | LC_ALL=C sort | tr '\n' ' '
}
of() { printf '%s ' "$1.npz" "$1.tsv" "$1.users.tsv" "$1.valid.tsv"; } # of TRAINING
stair="$(of stair-1)"
behind_knn="$stair$(of stair.epochs0-1)top.tsv "
all="data.npz image.npz init.npz items.npz $(of popularity)raw ${behind_knn/top/text.npz top}"
same_model="${behind_knn/top.tsv /}" # its lists are not made again
files=(data.npz image.npz init.npz items.npz text.npz popularity.npz stair-1.npz stair-1.tsv
	stair-1.users.tsv stair-1.valid.tsv stair.epochs0-1.npz model.npz best.txt users.tsv titles.tsv top.tsv report.txt
	raw/interactions.csv.gz raw/text.npy raw/image.npy raw/items.tsv raw/item_ids.txt)
equal_runs() { # equal_runs NAME A B
	local f bad=
	for f in "${files[@]}"; do
		cmp -s "$2/$f" "$3/$f" || bad="$bad $f"
	done
	same "$1" "$bad" ""
}

SECONDS=0
same "everything is made" "$(demo one)" "$all"
same "nothing is made again" "$(demo one)" ""
[ $SECONDS -lt 10 ]
ok $? "in less than 10 seconds"
grep -q '^STAIR  *[0-9.]*' one/report.txt && grep -q '^User A' one/report.txt
ok $? "the report has a table and users"
# -O: the lines of commands beside each other stay whole
same "-j8 makes everything" "$(demo two -j8 -O)" "$all"
equal_runs "-j8 and -j1 give the same bytes" one two
demo three THREADS=3 >/dev/null
equal_runs "three threads give the same bytes" one three

same "EPOCHS: only training and behind" "$(demo one EPOCHS=9)" "${stair}top.tsv "
same "EPOCHS back: again" "$(demo one)" "${stair}top.tsv "
equal_runs "and the bytes are back" one two
same "KT: both uses of the features" "$(demo one KT=4)" "init.npz items.npz $behind_knn"
same "THREADS: nothing" "$(demo one KT=4 THREADS=2)" ""
demo one >/dev/null
same "the split: all but the raw files" "$(demo one INGEST='--core 5 --split leave-one-out')" "${all/raw /}"
demo one >/dev/null
equal_runs "and the bytes are back" one two

printf '\n' >>tools/stair-knn
same "a changed stair-knn" "$(demo one)" "items.npz $same_model"
printf '\n' >>tools/stair-eval
same "a changed stair-eval" "$(demo one)" "$(tr ' ' '\n' <<<"$all" | grep tsv | grep -v top | tr '\n' ' ')"
touch one/text.npz
same "a touched feature file" "$(demo one)" "init.npz items.npz $same_model"
rm one/items.npz
same "a lost graph" "$(demo one)" "items.npz $same_model"
equal_runs "and the bytes are still the same" one two

same "as a target of the top Makefile: R says where" "$(make -n -j2 -C "$TOP" BIN="$BIN" demo R="$PWD/elsewhere" 2>&1 | grep -oE -- '-o [^ ]*/elsewhere/data.npz|jobserver unavailable' | sort -u)" "-o $PWD/elsewhere/data.npz"

# a failing stage: make fails, older results stay
cp tools/stair-whiten keep
printf '#!/bin/sh\necho "stair-whiten: no" >&2\nexit 1\n' >tools/stair-whiten
if demo one >/dev/null 2>&1; then ok 1 "a failing stage fails"; else ok 0 "a failing stage fails"; fi
equal_files "its old output survives" one/init.npz two/init.npz
mv keep tools/stair-whiten
demo one >/dev/null
equal_runs "repaired, it ends in the same bytes" one two

# killed at any moment, the next run ends in the same bytes
for k in 1 2 3 4 5 6; do
	[ $((k % 2)) = 0 ] && sig=TERM || sig=KILL
	rm -rf cut
	set -m
	make -f "$TOP/pipelines/demo.mk" BIN=tools R=cut "${toy[@]}" >/dev/null 2>&1 &
	pid=$!
	set +m
	sleep "0.$((k * 13 % 10))$((RANDOM % 10))"
	kill -s "$sig" -- -"$pid" 2>/dev/null
	wait $pid 2>/dev/null
	demo cut >/dev/null
	equal_runs "killed by $sig, run again: the same bytes" cut two
done

# a training that is cut off goes on from its checkpoint, unless it is another
long=(EPOCHS=300 EVERY=2)
cut_training() { # leaves two/ with a checkpoint and without a model
	rm -f two/stair-1.npz
	set -m
	make -f "$TOP/pipelines/demo.mk" BIN=tools R=two "${toy[@]}" "${long[@]}" "$@" >/dev/null 2>&1 &
	pid=$!
	set +m
	while kill -0 "$pid" 2>/dev/null && [ ! -e two/stair-1.saved.npz ]; do sleep 0.02; done
	kill -KILL -- -"$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ -e two/stair-1.saved.npz ] && [ ! -e two/stair-1.npz ]
}
demo one "${long[@]}" >/dev/null
demo two >/dev/null
cut_training
ok $? "a training is cut off"
same "run again" "$(demo two "${long[@]}")" "${stair}top.tsv "
grep -q '^stair-train: resuming at epoch ' log
ok $? "it goes on from the checkpoint"
equal_runs "to the same bytes" one two
same "and removes it" "$(ls two/stair-1.saved.npz 2>/dev/null)" ""
cut_training GAMMA=0.4
ok $? "another training is cut off"
demo two "${long[@]}" >/dev/null
if grep -q resuming log; then ok 1 "its checkpoint is not for this one"; else ok 0 "its checkpoint is not for this one"; fi
equal_runs "which starts anew" one two

done_testing
