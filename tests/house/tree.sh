#!/usr/bin/env bash
# The tree is what the README says; no file does two jobs; nothing of one
# machine is in it.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
scratch=$PWD
cd "$TOP" || exit 1

if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	git ls-files -co --exclude-standard
else
	find . -type f -not -path './build/*' -not -path './bin/*' -not -path './runs/*' | sed 's|^\./||'
fi | while read -r f; do [ ! -e "$f" ] || echo "$f"; done >"$scratch/files"

of() { # of PATTERN COMMAND...: the command over the files whose names match
	local pattern=$1
	shift
	grep -E "$pattern" "$scratch/files" | xargs -d '\n' "$@"
}
same "top level" "$(cut -d/ -f1 "$scratch/files" | sort -u | tr '\n' ' ')" \
	".ci .clang-format .gitignore LICENSE Makefile README.md config.mk data lib man pipelines tests tools "
same "source files have at most 500 lines" "$(of '\.(c|h|cu|cuh|sh|mk|py)$|Makefile$' wc -l |
	awk '$1 > 500 && $2 != "total"')" ""
same "no large files" "$(of . stat -c '%s %n' | awk '$1 > 200000')" ""
words='TODO|FIXME|XXX:|/home/|/root/|/work/|/workspace|/Users/|style-anchors|architecture\.md|models\.md|\bLLM\b|ChatGPT|Claude|OpenAI|Anthropic'
same "no left-over words or paths" "$(of . grep -nIE "$words" | grep -v '^tests/house/tree.sh:' | cut -c1-100)" ""
same "no blanks at the ends of lines" "$(of '\.([ch157]|mk|md)$|Makefile$' grep -nIE '[ 	]+$' | head -5)" ""
same "C files begin with their own header" "$(grep -E '^lib/.*\.c$' "$scratch/files" | while read -r f; do
	h=${f%.c}.h
	[ ! -e "$h" ] || [ "$(grep -m1 '^#include' "$f")" = "#include \"$h\"" ] || echo "$f"
done)" ""
same "headers have guards" "$(of '\.h$' grep -LE '^#ifndef [A-Z0-9_]+_H$' | grep -v '_template\.h$')" ""
done_testing
