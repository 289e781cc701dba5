# fish completion of @TOOL@: what --help lists, when it is first asked for.
@TOOL@ --help 2>/dev/null | sed -nE '/^examples:/q
	s/^  (-(.)|  )(,| ) --([a-z0-9-]+)( ([^ ]+))?( +(.*))?$/\4\t\2\t\6\t\8/p' | while read -l row
    set -l field (string split \t -- $row)
    set -l spec -c @TOOL@ -l $field[1] -d "$field[4]"
    test -n "$field[2]"; and set -a spec -s $field[2]
    switch "$field[3]"
        case ''
        case '*FILE'
            set -a spec -r -F
        case '*|*'
            set -a spec -x -a (string replace -a '|' ' ' -- $field[3])
        case '*'
            set -a spec -x
    end
    complete $spec
end
