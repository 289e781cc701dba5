# Shell side of the test harness: sourced by every test script. The runner sets
# BIN (the tools), TOP (the source tree), DATA (real data, may not exist) and a
# scratch working directory.
# shellcheck shell=bash
set -u
PATH=$BIN:$PATH
tap_n=0
tap_bad=0

ok() { # ok STATUS NAME
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $tap_n - $2"; else
		echo "not ok $tap_n - $2"
		tap_bad=1
	fi
}

skip() { # skip NAME WHY
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

same() { # same NAME GOT WANTED
	if [ "$2" = "$3" ]; then ok 0 "$1"; else
		ok 1 "$1"
		printf '# got:    %s\n# wanted: %s\n' "$2" "$3"
	fi
}

# fails CODE 'exact stderr' COMMAND...: a clean failure, never a crash; nothing
# is printed on stdout.
fails() {
	local code=$1 msg=$2 rc
	shift 2
	"$@" >fails.out 2>fails.err </dev/null
	rc=$?
	if [ $rc -eq "$code" ] && [ "$(cat fails.err)" = "$msg" ] && [ ! -s fails.out ]; then
		ok 0 "exit $code: $msg"
	else
		ok 1 "$*"
		printf '# exit %s (wanted %s)\n# got:    %s\n# wanted: %s\n' "$rc" "$code" "$(head -c 600 fails.err)" "$msg"
	fi
}

runs() { # runs NAME COMMAND...: exit 0
	local name=$1
	shift
	if "$@" >runs.out 2>runs.err; then ok 0 "$name"; else
		ok 1 "$name (exit $?)"
		sed 's/^/# /' runs.err | head -5
	fi
}

equal_files() { # equal_files NAME A B
	if cmp -s "$2" "$3"; then ok 0 "$1"; else ok 1 "$1: $2 and $3 differ"; fi
}

# A Python that has NumPy (and SciPy), or nothing: PY is empty then.
PY=
# shellcheck disable=SC2034 # for the scripts that source this
for p in /usr/bin/python3 python3; do
	if $p -c 'import numpy, scipy.sparse' 2>/dev/null; then PY=$p && break; fi
done

done_testing() {
	echo "1..$tap_n"
	exit $tap_bad
}
