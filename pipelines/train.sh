#!/usr/bin/env bash
# Makes one model: train.sh MODEL.npz "FILES" COMMAND...
# The command is that of stair-train, without outputs; FILES are what it depends
# on. A training that was cut off goes on from its checkpoint if that is newer than
# all of FILES. LOUD=1 shows the progress, which is kept beside the model in any
# case. A signal is passed on: make alone would leave the training running.
set -euo pipefail
model=$1 files=$2
shift 2
stem=${model%.npz} saved=${model%.npz}.saved.npz
if [[ " $* " != *" --epochs="* ]]; then # nothing to train
	echo "$* -o $model"
	exec "$@" -o "$model"
fi
resume=
if [ -e "$saved" ]; then
	resume=yes
	for f in $files; do [ "$f" -ot "$saved" ] || resume=; done
fi
[ "$resume" ] || : >"$stem.err"
set -- "$@" --checkpoint "$saved" ${resume:+--resume "$saved"} --log "$stem.jsonl" -o "$model"
echo "$*"
if [ "${LOUD:-}" ]; then exec 3> >(tee -a "$stem.err" >&2); else exec 3>>"$stem.err"; fi
"$@" -v 2>&3 &
pid=$!
trap 'kill $pid; wait $pid || :' INT TERM HUP
wait $pid || {
	rc=$?
	[ "${LOUD:-}" ] || tail -n 1 "$stem.err" >&2
	exit $rc
}
rm -f "$saved"
