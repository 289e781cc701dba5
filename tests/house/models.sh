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

# --- the pipelines ------------------------------------------------------------------
# What they set for a system is an option that it takes, within its range, and no
# default: those are the program's alone. Values tuned on a dataset may equal one.
# own.mk is a form to fill in: it shows the program's defaults.
told=$(awk -F'\t' '
	NR == FNR { usual[$1, $2] = $3; min[$1, $2] = $4; max[$1, $2] = $5; known[$1]; next }
	FILENAME ~ /\/own\.mk$/ {
		if (!/^(GAMMA|DECAY|LAYERS|LR|EVERY) *=/) next
		name = /^G/ ? "gamma" : /^D/ ? "weight-decay" : /^LA/ ? "layers" : /^LR/ ? "lr" : "eval-every"
		value = $0
		sub(/.*= */, "", value)
		if (value + 0 != usual["stair", name] + 0) print FILENAME ": " $0 " is not the default"
		next
	}
	/^[a-z0-9]+(_set)? *=/ {
		system_ = $0
		sub(/(_set)? *=.*/, "", system_)
		if (!(system_ in known)) next
		n = split($0, word, /[ \t]+/)
		for (i = 1; i <= n; i++) {
			if (word[i] !~ /^--[a-z-]+=[0-9.e-]+$/) continue
			at = index(word[i], "=")
			name = substr(word[i], 3, at - 3)
			value = substr(word[i], at + 1)
			here = FILENAME ": " system_ " " word[i]
			if (!((system_, name) in usual)) print here " is no option of it"
			else if (value + 0 == usual[system_, name] + 0) print here " is the default"
			else if (value + 0 < substr(min[system_, name], min[system_, name] ~ /^>/ ? 2 : 1) + 0 ||
				value + 0 > max[system_, name] + 0) print here " is out of range"
		}
	}
	/^(BATCH|LAYERS|DIM|LR|EVERY) *\??=/ {
		name = $0 ~ /^BATCH/ ? "batch" : $0 ~ /^LAYERS/ ? "layers" : $0 ~ /^DIM/ ? "dim" : $0 ~ /^LR/ ? "lr" : "eval-every"
		value = $0
		sub(/.*= */, "", value)
		if (value != "" && value + 0 == usual["stair", name] + 0) print FILENAME ": " $0 " is the default"
	}' list "$TOP"/pipelines/*.mk)
same "pipelines: options that systems have, and no defaults" "$told" ""
same "pipelines: MMGCN has its own number of epochs" \
	"$(sed -nE 's/^mmgcn_set.*< ([0-9]+) \?.*/\1/p' "$TOP/pipelines/runs.mk")" "$(awk -F'\t' '$1 == "mmgcn" && $2 == "epochs" {print $3}' list)"

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
