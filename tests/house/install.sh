#!/usr/bin/env bash
# What make install puts beside the programs is of use: the library for other
# programs, completion for three shells.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
root=$PWD/root
runs "make install" make --no-print-directory -C "$TOP" -o all install PREFIX="$root"

# libstair: one header, one name
same "one header is installed" "$(cd "$root" && find include -type f)" "include/stair.h"
same "the library exports the header's functions alone" \
	"$(nm --defined-only --extern-only "$root/lib/libstair.a" | awk 'NF == 3 {print $3}' | sort)" \
	"$(grep -oE '\bstair_[a-z_]+\(' "$root/include/stair.h" | tr -d '(' | sort -u)"
same "they are in libstair(3)" "$(sed -nE 's/^\.Fn (stair_[a-z_]+) .*/\1/p' "$root/share/man/man3/libstair.3" | sort -u)" \
	"$(grep -oE '\bstair_[a-z_]+\(' "$root/include/stair.h" | tr -d '(' | sort -u)"
(
	stair-synth -q --users 60 --items 40 --interactions 900 --topics 4 --text-dim 12 -o raw
	stair-ingest -q --core 3 -o data.npz raw/interactions.csv.gz
	stair-ingest -q --core 8 -o other.npz raw/interactions.csv.gz
	stair-features -q --data data.npz --ids raw/item_ids.txt -o text.npz raw/text.npy
	stair-knn -q -o items.npz text.npz:4
	stair-train -q --model mf -d 8 --epochs 2 --data data.npz -o mf.npz
	stair-blend -q --data data.npz -o blend.npz mf.npz:1 items.npz:0.5
) 2>setup.err
sed 's/^/# /' setup.err
strict=(-Wall -Wextra -Wshadow -Werror)
if command -v pkg-config >/dev/null; then
	flags=$(PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --cflags --libs stair)
	# shellcheck disable=SC2086 # words
	runs "the example in C" "${CC:-cc}" -std=c11 -Wvla -Wmissing-prototypes "${strict[@]}" -pedantic -o recommend \
		"$root/share/stair/examples/recommend.c" $flags
	for m in mf items blend; do
		stair-recommend -q --data data.npz -n 5 $m.npz >want
		stair-cat -m user_ids data.npz | ./recommend data.npz $m.npz >got 2>err
		equal_files "recommends as stair-recommend, $m" got want
	done
	same "an unknown user" "$(echo nobody | ./recommend data.npz mf.npz 2>&1)" "recommend: unknown user 'nobody'"
	same "files that do not belong together" "$(./recommend other.npz mf.npz 2>&1 </dev/null | sed 's/: the first.*//')" \
		"recommend: 'mf.npz' belongs to other users and items than 'other.npz'"
	same "a file that is missing" "$(./recommend none mf.npz 2>&1 </dev/null)" \
		"recommend: cannot open 'none': No such file or directory"
	# shellcheck disable=SC2086 # words
	runs "every function, in C" "${CC:-cc}" -std=c11 "${strict[@]}" -g -o every "$TOP/tests/api/every.c" $flags
	runs "they do what the page says" ./every data.npz mf.npz items.npz
	# shellcheck disable=SC2086 # words
	runs "histories, in C" "${CC:-cc}" -std=c11 "${strict[@]}" -o history "$TOP/tests/api/history.c" $flags
	stair-cat data.npz | awk '$3 == 0 {print "new " $1 "\t" $2}' >had.tsv
	for m in mf items blend; do
		stair-recommend -q --data data.npz -n 5 --history had.tsv $m.npz >want
		./history data.npz $m.npz <had.tsv >got 2>err
		equal_files "recommends as stair-recommend --history, $m" got want
	done
	grep '^not ok' runs.out runs.err
	if command -v "${CXX:-c++}" >/dev/null; then
		# shellcheck disable=SC2086 # words
		runs "the example in C++" "${CXX:-c++}" -std=c++11 -pedantic "${strict[@]}" -o similar \
			"$root/share/stair/examples/similar.cc" $flags
		for m in mf items blend; do
			stair-similar -q --data data.npz -n 3 $m.npz >want
			./similar data.npz $m.npz >got
			equal_files "lists as stair-similar, $m" got want
		done
		same "throws" "$(./similar data.npz none 2>&1)" "similar: cannot open 'none': No such file or directory"
	else
		skip "the example in C++" "no C++ compiler is installed"
	fi
else
	skip "a program with libstair" "pkg-config is not installed"
fi

# bash: a table of what is typed and what is offered
PATH=$root/bin:$PATH
complete_bash() { # complete_bash WORD...: the last is being completed
	bash -c '. "$0"/share/bash-completion/completions/"$1"
		COMP_WORDS=("${@:1}") COMP_CWORD=$(($# - 1))
		_stair "$1" "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "' "$root" "$@"
}
echo >one.npz
same "bash: options" "$(complete_bash stair-eval --s)" "--segments --split --strata "
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
	same "fish: options" "$(fish_offers 'stair-eval --s')" "--segments --split --strata "
	same "fish: choices" "$(fish_offers 'stair-eval --split ')" "test valid "
else
	skip "fish" "fish is not installed"
fi
done_testing
