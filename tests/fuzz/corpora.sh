#!/usr/bin/env bash
# Every fuzz target over its corpus (tests/fuzz/corpus/NAME/*), damaged copies
# included; a crash or a sanitizer report fails.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
for f in "$BUILD"/tests/fuzz/fuzz_*; do
	if [ ! -x "$f" ] || [[ $f == *.[od] ]]; then continue; fi
	name=${f##*/fuzz_}
	corpus=("$TOP/tests/fuzz/corpus/$name"/*)
	[ -e "${corpus[0]}" ] || continue
	runs "$name: ${#corpus[@]} files and their damaged copies" "$f" "${corpus[@]}"
done
[ "$tap_n" -gt 0 ] || skip "fuzz corpora" "no target is built"
done_testing
