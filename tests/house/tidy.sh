#!/usr/bin/env bash
# clang-tidy has nothing to say; what it looks for: see the file clang-tidy. Every
# C file is as clang-format lays it out, by .clang-format.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
if command -v clang-tidy >/dev/null; then
	make --no-print-directory -C "$TOP" tidy >tidy.out 2>tidy.err
	ok $? "clang-tidy"
	grep -E '(warning|error): ' tidy.out | head -20 | sed 's/^/# /'
else
	skip "clang-tidy" "clang-tidy is not installed"
fi
if command -v clang-format >/dev/null; then
	runs "clang-format" make --no-print-directory -C "$TOP" format
	grep -E 'error: ' runs.err | head -20 | sed 's/^/# /'
else
	skip "clang-format" "clang-format is not installed"
fi
done_testing
