#!/usr/bin/env bash
# What make install puts beside the programs is of use: the library for other
# programs, completion for three shells.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
root=$PWD/root
runs "make install" make --no-print-directory -C "$TOP" -o all install PREFIX="$root"

cat >use.c <<'END'
#include "lib/la/store.h"
#include "lib/rank/rank.h"
#include <stdio.h>

int
main(int argc, char **argv)
{
    struct mat m;
    struct err e;
    if (argc != 2 || store_read_mat(argv[1], &m, NULL, "x", "a matrix", &e) < 0)
        return 1;
    printf("%d %d\n", (int)m.n, (int)m.d);
    mat_free(&m);
    return 0;
}
END
if command -v pkg-config >/dev/null; then
	flags=$(PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --cflags --libs stair)
	# shellcheck disable=SC2086 # words
	runs "a program with libstair" "${CC:-cc}" -std=c11 -D_GNU_SOURCE -o use use.c $flags
	same "reads a file of ours" "$(./use "$TOP/tests/fuzz/corpus/npz/dense.npz")" "2 3"
else
	skip "a program with libstair" "pkg-config is not installed"
fi
alone=$(cd "$root/include/stair" && find lib -name '*.h' | while read -r h; do
	echo "#include \"$h\"" | "${CC:-cc}" -std=c11 -D_GNU_SOURCE -I. -x c -fsyntax-only - 2>/dev/null || echo "$h"
done)
same "every installed header stands alone" "$alone" ""

# bash: a table of what is typed and what is offered
PATH=$root/bin:$PATH
complete_bash() { # complete_bash WORD...: the last is being completed
	bash -c '. "$0"/share/bash-completion/completions/"$1"
		COMP_WORDS=("${@:1}") COMP_CWORD=$(($# - 1))
		_stair "$1" "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "' "$root" "$@"
}
echo >one.npz
same "bash: options" "$(complete_bash stair-eval --s)" "--split --strata "
same "bash: choices" "$(complete_bash stair-eval --split '')" "test valid "
same "bash: choices after =" "$(complete_bash stair-cat --format = n)" "npy "
same "bash: files of an option" "$(complete_bash stair-train --data one)" "one.npz "
same "bash: files" "$(complete_bash stair-info on)" "one.npz "
for t in "$BIN"/stair-*; do
	t=${t##*/}
	same "bash: all options of $t" "$(complete_bash "$t" -- | tr ' ' '\n' | grep .)" \
		"$("$t" --help | sed '/^examples:/q' | grep -oE '^  ..... ?--[a-z0-9-]+|^ {6}--[a-z0-9-]+|^  -., --[a-z0-9-]+' | grep -oE -- '--.*' | sort)"
done
if command -v zsh >/dev/null; then
	runs "zsh: the function is well-formed" zsh -n "$root/share/zsh/site-functions/_stair"
	got=$(zsh -fc '_arguments() { print -l -- "$@"; }; words=(stair-eval); . "$0"' "$root/share/zsh/site-functions/_stair" |
		grep -E '^(--split|-o)')
	same "zsh: specifications" "$got" "--split=[the part that is compared with (test)]:choice:(valid test)
-o+[write to FILE, - is standard output (-)]:FILE:_files"
else
	skip "zsh" "zsh is not installed"
fi
if command -v fish >/dev/null; then
	export HOME=$PWD
	fish_offers() {
		fish -N -c "source $root/share/fish/vendor_completions.d/stair-eval.fish; complete -C '$1'" | cut -f1 | sort | tr '\n' ' '
	}
	same "fish: options" "$(fish_offers 'stair-eval --s')" "--split --strata "
	same "fish: choices" "$(fish_offers 'stair-eval --split ')" "test valid "
else
	skip "fish" "fish is not installed"
fi
done_testing
