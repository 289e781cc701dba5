#!/usr/bin/env bash
# Every tool has a page that names its options, no more and no fewer. Those of
# stair-train's systems are in stair-models(7).
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

for tool in "$BIN"/stair-*; do
	t=${tool##*/}
	page=$TOP/man/man1/$t.1
	if [ ! -e "$page" ]; then
		ok 1 "$t has a manual page"
		continue
	fi
	# one word a line: letters, then long names with a dash before
	"$t" --help | sed '/^examples:/,$d' | sed -nE 's/^  (-(.), |    )--([a-z0-9-]+).*/\2\n-\3/p' |
		grep . | sort >help
	models=
	[ $t != stair-train ] || models=$TOP/man/man7/stair-models.7
	# shellcheck disable=SC2086 # none or one
	sed -nE 's/^\.It Fl //p' "$page" $models | sed -E 's/ , (Fl )?/\n/g' | sed -E 's/ .*//' | sort -u >paged
	same "$t: options in --help and in the page" "$(diff help paged)" ""
	wanted="NAME SYNOPSIS DESCRIPTION EXIT_STATUS EXAMPLES DIAGNOSTICS SEE_ALSO"
	got=$(sed -nE 's/^\.Sh (.*)/\1/p' "$page" | tr ' ' '_' | grep -vE '^(ENVIRONMENT|FILES|CAVEATS|STANDARDS)$' | tr '\n' ' ')
	same "$t: sections" "${got% }" "$wanted"
	same "$t: summary line" "$(sed -nE 's/^\.Nm //p' "$page" | head -1)" "$t"
done
for page in "$TOP"/man/man1/*.1; do
	t=$(basename "$page" .1)
	[ -x "$BIN/$t" ] || ok 1 "$t.1 belongs to a tool"
done
if command -v mandoc >/dev/null; then
	same "mandoc -T lint" "$(cd "$TOP" && mandoc -T lint -W warning man/man*/*.[1357] 2>&1)" ""
	absent=$(
		sed -nE 's/^\.Xr (stair[a-z-]*) ([1357]).*/\1 \2/p' "$TOP"/man/man*/*.[1357] | sort -u |
			while read -r name section; do
				[ -e "$TOP/man/man$section/$name.$section" ] || echo "$name($section)"
			done
	)
	# named rather than failed: a program may be built without one of the others
	if [ -z "$absent" ]; then
		ok 0 "pages refer to pages that exist"
	else
		skip "pages refer to pages that exist" "absent: ${absent//$'\n'/ }"
	fi
else
	skip "mandoc -T lint" "mandoc is not installed"
fi
if command -v shellcheck >/dev/null; then
	cd "$TOP" || exit 1
	runs "shellcheck" shellcheck -x -S warning tests/run tests/*.sh tests/*/*.sh pipelines/*.sh pipelines/page/*.sh pipelines/debian/tests/smoke
	[ ! -e runs.out ] || head -20 runs.out | sed 's/^/# /'
	rm -f runs.out runs.err
else
	skip "shellcheck" "shellcheck is not installed"
fi
done_testing
