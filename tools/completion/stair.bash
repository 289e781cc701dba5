# bash completion of all stair programs: what --help lists, when it is asked for.
# shellcheck shell=bash

# --help as lines of "--name letter placeholder"; no letter or placeholder: "-"
_stair_options() {
	"$1" --help 2>/dev/null | sed -nE \
		'/^examples:/q; s/^  (-.|  )(,| ) --([a-z0-9-]+)( [^ ]+)?(  .*)?$/--\3 \1 \4/p' | sed -E 's/   */ - /; s/ $/ -/'
}

_stair() {
	local word=$2 before=$3 name letter arg names=
	COMPREPLY=()
	[[ $word != = ]] || word=
	[[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
	while read -r name letter arg; do
		names+="$name "
		[[ $letter == - ]] || names+="$letter "
		if [[ $arg != - && ($before == "$name" || $before == "$letter") ]]; then
			case $arg in
			*FILE)
				compopt -o filenames 2>/dev/null
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
				;;
			*'|'*) mapfile -t COMPREPLY < <(compgen -W "${arg//|/ }" -- "$word") ;;
			esac
			return
		fi
	done < <(_stair_options "$1")
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
	else
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
