#!/usr/bin/env bash
# Systems are declared once: what stair-models(7) and the pipelines say of them
# agrees with stair-train --list. MODELS_UPDATE=1 renews the page's tables.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
page=$TOP/man/man7/stair-models.7

stair-train --list >list
# The page with the tables that --list asks for: in the section of a system the
# rows of the one .Bl -column.
awk -F'\t' '
	NR == FNR {
		range = $4 == "off" ? "" : $4 ".." $5
		rows[$1] = rows[$1] ".It Fl -" $2 " Ta " $3 " Ta " range (range ? " " : "") "Ta\n" $6 "\n"
		next
	}
	/^\.Ss / { system_ = substr($0, 5) }
	!skip { print }
	/^\.Bl -column/ && system_ in rows { printf "%s", rows[system_]; delete rows[system_]; skip = 1 }
	/^\.El/ && skip { skip = 0; print }
	END { for (s in rows) print "no table of " s }' list "$page" >wanted
[ -z "${MODELS_UPDATE:-}" ] || cp wanted "$page"
same "stair-models(7): the settings of every system" "$(diff "$page" wanted)" ""
same "stair-models(7): a section for every system" \
	"$(comm -23 <(stair-train --help | sed -n '/^systems/,/^$/s/^  \([a-z0-9+]*\).*/\1/p' | sort) <(sed -n 's/^\.Ss //p' "$page" | sort))" ""

# --- where STAIR's equations are computed ------------------------------------------
# A line for each: file, function.
sed -nE 's/^ \*   (start|\([1-6]\)) +(lib\/[^ ]+) +(.*)/\2 \3/p' "$TOP/lib/models/stair.c" >front
sed -nE 's/^\|[^|]*\|[^|]*\| `(lib\/[^`]+)` \| (.*) \|$/\1 \2/p' "$TOP/README.md" | tr -d '`' >readme
same "README has the table of stair.c" "$(diff front readme)" ""
same "all six equations and the start" "$(sed -nE 's/^ \*   (start|\([1-6]\)) +lib.*/\1/p' "$TOP/lib/models/stair.c" | uniq | tr '\n' ' ')" \
	"start (1) (2) (3) (4) (5) (6) "
absent=$(tr -d , <front | while read -r file functions; do
	for f in $functions; do grep -qsE "^$f\(" "$TOP/$file" || echo "$file: $f"; done
done)
same "files and functions are there" "$absent" ""
done_testing
