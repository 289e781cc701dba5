#!/usr/bin/env bash
# What all tools have in common, one loop over them.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

tools=()
for tool in "$BIN"/stair-*; do tools+=("${tool##*/}"); done

closed() { # closed TOOL: --help into a closed stdout
	"$1" --help >&- 2>closed.err
}
for t in "${tools[@]}"; do
	"$t" --help >out 2>err
	same "$t --help" "$? $(head -1 out | cut -d' ' -f1-2) $(cat err)" "0 usage: $t "
	"$t" -h >out2
	same "$t -h is the same" "$(cmp out out2)" ""
	same "$t --help is at most 80 wide" "$(sed '/^examples:/,$d' out | grep -nE '.{81,}')" ""
	same "$t --help has examples" "$(grep -c '^examples:' out)" 1
	"$t" --version >out 2>err
	same "$t --version" "$? $(head -1 out | grep -cE "^$t [0-9.]+$") $(cat err)" "0 1 "
	fails 2 "$t: unknown option '--no-such-option' (see --help)" "$t" --no-such-option
	fails 2 "$t: unknown option '-Z' (see --help)" "$t" -Z
	fails 2 "$t: option '--quiet=1' takes no value" "$t" --quiet=1
	closed "$t"
	same "$t --help into a closed stdout" "$? $(cat closed.err)" "1 $t: cannot write '<stdout>': Bad file descriptor"
	"$t" --help >/dev/full 2>err
	same "$t --help onto a full device" "$? $(cat err)" "1 $t: cannot write '<stdout>': No space left on device"
done

# A file that is missing is named. Tools that are not listed have no such operand.
missing() { # missing TOOL ARGS...
	[ -x "$BIN/$1" ] || return 0
	fails 1 "$1: cannot open 'none': No such file or directory" "$@"
}
missing stair-info none
missing stair-cat none
missing stair-ingest none
missing stair-whiten -d 2 none
missing stair-knn none:3
missing stair-train --model popularity --data none -o out.npz
missing stair-eval --data none none
missing stair-recommend --data none none
missing stair-similar none
missing stair-similar --data none none
missing stair-blend --data none none
missing stair-fold --data none none
missing stair-compare none none
missing stair-features --data none none
missing stair-uncertainty --data none none

# Binary output does not go to a terminal.
cp "$TOP/tests/fuzz/corpus/npz/dense.npz" .
if command -v script >/dev/null; then
	script -qec 'stair-cat -f npy dense.npz' /dev/null >tty.out </dev/null
	same "no binary data to a terminal" "$? $(tr -d '\r' <tty.out)" \
		"1 stair-cat: refusing to write binary data to a terminal (use -o FILE or a pipe)"
	script -qec 'stair-cat dense.npz' /dev/null >tty.out </dev/null
	same "text to a terminal" "$? $(tr -d '\r' <tty.out | head -1)" "0 1	2	3"
else
	skip "no binary data to a terminal" "script is not installed"
fi

# OpenBLAS starts threads with the program and wants memory for each: it is loaded
# where it is needed.
if command -v readelf >/dev/null; then
	same "no tool is linked with BLAS" \
		"$(for t in "${tools[@]}"; do readelf -d "$BIN/$t" | grep -q 'NEEDED.*blas' && echo "$t"; done)" ""
else
	skip "no tool is linked with BLAS" "readelf is not installed"
fi
same "those that multiply matrices say which" \
	"$(for t in "${tools[@]}"; do "$t" --version | grep -q '^OpenBLAS' && echo "$t"; done | tr '\n' ' ')" \
	"stair-fold stair-recommend stair-train stair-uncertainty stair-whiten "

# Signals: an unfinished file goes, an ignored signal is ignored.
mkfifo never
stair-cat -f npy -o out.npy <never &
pid=$!
exec 3>never
head -c 100 dense.npz >&3
sleep 0.2
kill -TERM "$pid"
wait "$pid"
same "killed by TERM" "$? $(find . -name '.stair-*' -o -name out.npy)" "143 "
exec 3>&-
same "SIGPIPE is a quiet death" "$(
	set -o pipefail
	(yes 1 | head -200000 | sed 's/^/x,/' | head -c 100 >/dev/null) 2>&1
	stair-cat dense.npz 2>&1 | head -c 1
)" 1
done_testing
