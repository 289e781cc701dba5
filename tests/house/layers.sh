#!/usr/bin/env bash
# Who may include whom, and which names a file may export.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
cd "$TOP" || exit 1

layers=(base io la data graph stat rank fold nn knn whiten models engine train api)
rank() { # rank LAYER: its place, lower layers first; tools are on top
	local i
	for i in "${!layers[@]}"; do
		[ "${layers[i]}" != "$1" ] || { echo "$i" && return; }
	done
	echo 99
}
known=$(find lib -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')
same "the layers are the folders of lib/" "$known" "$(printf '%s\n' "${layers[@]}" | sort | tr '\n' ' ')"

upward=$(grep -oE '^#include "(lib/[a-z]+|tools|tests)/' -r lib --include='*.[ch]' |
	sed -E 's/:#include "(lib\/)?/ /; s/\/$//' | sort -u |
	while read -r file to; do
		from=${file#lib/}
		[ "$(rank "$to")" -le "$(rank "${from%%/*}")" ] || echo "$file includes $to"
	done)
same "no file includes a higher layer" "$upward" ""
same "includes name their folder" "$(grep -nE '^#include "' -r lib tools --include='*.[ch]' |
	grep -vE '"(lib/[a-z]+|tools)/')" ""
same "kernels do no input or output" "$(grep -lE '"lib/io/|<(stdio|fcntl|unistd)\.h>' \
	lib/*/*_isa.c lib/*/*/*_isa.c lib/*/*/kernels.[ch] lib/*/*_kernel.[ch] lib/la/topk.[ch] lib/la/blas.[ch] 2>/dev/null)" ""
same "the library neither exits nor prints" "$(nm -A --undefined-only "$BUILD"/libstair.a 2>/dev/null |
	grep -wE 'exit|_exit|printf|puts|putchar|perror|stdout|stderr|getopt_long')" ""

# File x_y.o may export x_y*, or x_* as one of several files of module x.
wrong=$(for o in "$BUILD"/lib/*/*.o "$BUILD"/lib/*/*/*.o; do
	file=$(basename "$o" .o)
	file=${file%%.*}
	nm --defined-only --extern-only "$o" | while read -r _ _ name; do
		stem=$file
		while :; do
			[[ $name != "$stem" && $name != "$stem"_* ]] || continue 2
			[[ $stem == *_* ]] || break
			stem=${stem%_*}
		done
		[[ $name == __odr_asan* ]] || echo "$file exports $name"
	done
done)
same "exported names begin with the file's" "$wrong" ""
unit=$(for o in "$BUILD"/tools/stair-*.o; do
	nm --defined-only --extern-only "$o" | grep -vE ' main$' | sed "s|^|$(basename "$o") |"
done)
same "tools export main alone" "$unit" ""
done_testing
