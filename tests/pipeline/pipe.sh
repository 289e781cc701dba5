#!/usr/bin/env bash
# pipelines/pipe.sh: one shell pipeline gives the bytes of the Make pipeline,
# and a failure inside it is not lost.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS
export DIM=16 EPOCHS=7
make -f "$TOP/pipelines/demo.mk" BIN="$BIN" R=run USERS=200 ITEMS=100 INTERACTIONS=1600 TOPICS=8 IMAGE_DIM=48 \
	DIM=$DIM EPOCHS=$EPOCHS run/stair-1.npz >log 2>&1 || sed 's/^/# /' log
bash "$TOP/pipelines/pipe.sh" run/raw >model.npz
ok $? "the pipeline succeeds"
equal_files "same bytes as with Make" model.npz run/stair-1.npz

# straight into evaluation, as nothing needs a file
want=$(stair-eval --data run/data.npz run/stair-1.npz)
same "a model is evaluated from a pipe" \
	"$(bash "$TOP/pipelines/pipe.sh" run/raw | stair-eval --data run/data.npz -)" "$want"

cp -r run/raw cut
head -c 9000 run/raw/image.npy >cut/image.npy
if bash "$TOP/pipelines/pipe.sh" cut >no.npz 2>err; then ok 1 "a cut input fails"; else ok 0 "a cut input fails"; fi
grep -q '^stair-features: ' err
ok $? "stair-features says so"
same "no model is written" "$(wc -c <no.npz | tr -d ' ')" 0

# installed, the programs are found by PATH
mkdir far && cp -r "$TOP"/pipelines/*.* "$TOP"/pipelines/page far/
(unset BIN && make -f far/demo.mk R=demo USERS=200 ITEMS=100 INTERACTIONS=1600 TOPICS=8 DIM=16 EPOCHS=2) >log 2>&1
ok $? "pipelines run from another directory with the programs in PATH"
grep -q '^STAIR ' demo/report.txt
ok $? "and report"
done_testing
