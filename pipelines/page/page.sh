# Pieces of a page, for the scripts that write one: a page needs no other file.
# shellcheck shell=bash
page=$(dirname "${BASH_SOURCE[0]}")
export LC_ALL=C.UTF-8 LC_NUMERIC=C LC_COLLATE=C

escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'; }
name() { awk -F'\t' -v s="$1" '$1 == s { found = 1; print $2 } END { if (!found) print s }' "$page/names.tsv"; } # name SYSTEM or DATASET
table() { awk -f "$page/table.awk"; } # table <tsv

page_begin() { # page_begin TITLE
	local title
	title=$(escape <<<"$1")
	cat <<-END
		<!DOCTYPE html>
		<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
		<title>$title</title><style>
		$(cat "$page/page.css")
		</style></head><body>
		<h1>$title</h1>
	END
}

details() { # details SUMMARY <content
	printf '<details><summary>%s</summary>\n' "$1"
	cat
	echo '</details>'
}

# draw SCRIPT FILE 'gnuplot assignments': FILE.svg, and with PNG=1 also FILE.png
draw() {
	command -v gnuplot >/dev/null || return 0
	plot "$1" "$3; set terminal svg size 480,360 font 'Helvetica,Arial,sans-serif,14' background '#ffffff'; set output '$2.svg'"
	[ -z "${PNG:-}" ] || plot "$1" \
		"$3; set terminal pngcairo size 960,720 font 'DejaVu Sans,20' linewidth 1.6 pointscale 1.8; set output '$2.png'"
}
plot() { gnuplot -e "$2" "$page/style.gp" "$page/$1" 2> >(grep -v '^Warning: empty\|^$' >&2); }

picture() { # picture FILE ALT: FILE.svg in the page
	[ -e "$1.svg" ] || return 0
	printf '<figure><img alt="%s" width="480" height="360" src="data:image/svg+xml;base64,' "$(escape <<<"$2")"
	base64 -w0 "$1.svg"
	printf '"></figure>\n'
}

# settings PLAN BIN: what each system of a comparison was trained with, as a table
# that opens; where no option says otherwise, that is stair-train's default
settings() {
	"$2/stair-train" --list | awk -F'\t' -v OFS='\t' '
		NR == FNR { name[$1, ++count[$1]] = $2; usual[$1, $2] = $3; meaning[$1, $2] = $6; next }
		BEGIN { print "system", "parameter", "value", "default", "meaning" }
		$1 ~ /^table2?$/ && !seen[$2]++ {
			if ($6 ~ /^blend /)
				next
			model = match($6, /--model=[a-z+]*/) ? substr($6, RSTART + 8, RLENGTH - 8) : "stair"
			split("", given)
			n = split($6, w, " ")
			for (i = 1; i <= n; i++)
				if (split(w[i], pair, "=") == 2)
					given[substr(pair[1], 3)] = pair[2]
			for (i = 1; i <= count[model]; i++) {
				k = name[model, i]
				print $2, k, (k in given) ? given[k] : usual[model, k], usual[model, k], meaning[model, k]
			}
		}' - "$1" | table | details "Settings of every system"
}

# made DIRECTORY INPUT...: where the results of a dataset come from
made() {
	local dir=$1 f
	shift
	if [ $# -gt 0 ]; then
		{
			printf 'input\tbytes\tSHA-256\n'
			for f; do printf '%s\t%s\t%s\n' "${f##*/}" "$(stat -Lc %s "$f")" "$(sha256sum <"$f" | cut -d' ' -f1)"; done
		} | table
	fi
	grep -hE '^stair-' "$dir"/*.opts | sort -u >"$dir/commands.txt"
	{
		echo '<pre>'
		escape <"$dir/commands.txt"
		echo '</pre>'
	} | details "$(wc -l <"$dir/commands.txt") commands"
}

page_end() { # page_end BIN
	echo '<h3>Programs</h3><pre>'
	{
		"$1/stair-train" --version
		make --version | sed -n 1p
		gnuplot --version 2>/dev/null || echo 'no gnuplot'
	} | escape
	echo '</pre></body></html>'
}
