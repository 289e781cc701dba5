#!/usr/bin/env bash
# clang's static analyzer follows every path through the library and the tools.
# Left out: calls that it calls insecure for want of C11's Annex K, which glibc
# does not have.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
if ! command -v clang-tidy >/dev/null; then
	skip "clang's analyzer" "clang-tidy is not installed"
	done_testing
fi
files=$(cd "$TOP" && echo lib/*/*.c lib/*/*/*.c tools/*.c tools/*/*.c)
runs "clang's analyzer" make --no-print-directory -C "$TOP" tidy \
	TIDY_FILES="$(tr ' ' '\n' <<<"$files" | grep -vxE 'lib/base/(err|ranks_mpi).c' | tr '\n' ' ')" \
	TIDY="--checks=-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.* --extra-arg=-includetests/slow/analyzer.h"
grep -E '(warning|error): ' runs.out | head -20 | sed 's/^/# /'
done_testing
