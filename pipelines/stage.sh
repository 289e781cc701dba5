#!/usr/bin/env bash
# Makes one file: stage.sh FILE.npz "FILES" COMMAND...
# The command is without outputs; FILES are what it depends on. What it says is kept
# in FILE.err, of which the last line has time and memory. A training that was cut
# off goes on from its checkpoint if that is newer than all of FILES. UNTIL, a time
# in seconds since 1970, is when a training has to end. LOUD=1 shows what is said. A
# signal is passed on: make alone would leave the program running.
set -euo pipefail
file=$1 files=$2
shift 2
stem=${file%.npz} saved=${file%.npz}.saved.npz
resume=
if [[ " $* " == *" --epochs="* ]]; then
	if [ -e "$saved" ]; then
		resume=yes
		for f in $files; do [ "$f" -ot "$saved" ] || resume=; done
	fi
	left=
	[ -z "${UNTIL:-}" ] || left=$(LC_ALL=C awk -v until="$UNTIL" -v now="$(date +%s.%N)" 'BEGIN {s = until - now; printf "%.2f", (s > 0.01 ? s : 0.01)}')
	set -- "$@" ${left:+--seconds "$left"} --checkpoint "$saved" ${resume:+--resume "$saved"} --log "$stem.jsonl"
fi
set -- "$@" -o "$file"
[ "$resume" ] || : >"$stem.err"
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
