#compdef -P stair-*
# zsh completion of all stair programs: what --help lists, when it is asked for.

local -a specs field
local row name letter arg help action
for row in ${(f)"$($words[1] --help 2>/dev/null | sed -nE \
	'/^examples:/q; s/^  (-(.)|  )(,| ) --([a-z0-9-]+)( ([^ ]+))?( +(.*))?$/\4\t\2\t\6\t\8/p' | tr '[]' '()')"}; do
	field=("${(@ps:\t:)row}")
	name=$field[1] letter=$field[2] arg=$field[3]
	help=$field[4]
	case $arg in
	'') action= ;;
	*FILE) action=":$arg:_files" ;;
	*'|'*) action=":choice:(${arg//|/ })" ;;
	*) action=":$arg: " ;;
	esac
	specs+=("--$name${arg:+=}[$help]$action")
	[[ -z $letter ]] || specs+=("-$letter${arg:++}[$help]$action")
done
_arguments -s -S $specs '*:file:_files'
