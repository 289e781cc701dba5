# The titles and pictures of items from a table with a header:
#   awk -v file=NAME -v item=COL -v title=COL -v picture=COL -f titles.awk <TABLE >titles.tsv
# The table has tabs, commas or semicolons; with the latter two, fields may be quoted
# as in RFC 4180. COL is a column's name, or its number from 1; without one the item
# is in the first column, the title in the second, and there are no pictures. The
# first row of an item counts. Writes item, title, picture, with a header.
function column(col, usual, what,   i) {
	if (col == "")
		return usual
	for (i = 1; i <= n; i++)
		if (f[i] == col)
			return i
	if (col ~ /^[0-9]+$/ && col >= 1 && col <= n)
		return col + 0
	printf "'%s' has no column '%s' (%s)\n", file, col, what >"/dev/stderr"
	exit failed = 1
}
# Splits line into f[1..n]; joins what quotes hold together.
function split_quoted(line,   i, m, part, open, field) {
	m = split(line, part, separator)
	n = 0
	for (i = 1; i <= m; i++) {
		field = open ? field separator part[i] : part[i]
		open = field ~ /^"/ && gsub(/"/, "\"", field) % 2
		if (open && i < m)
			continue
		if (field ~ /^".*"$/) {
			field = substr(field, 2, length(field) - 2)
			gsub(/""/, "\"", field)
		}
		f[++n] = field
		open = 0
	}
}
function clean(text) {
	gsub(/[\t\n\r]+/, " ", text)
	return text
}
NR == 1 {
	sub(/^\357\273\277/, "")
	separator = /\t/ ? "\t" : /;/ && !/,/ ? ";" : ","
}
{
	sub(/\r$/, "")
	row = more ? row "\n" $0 : $0
	quotes = row
	more = separator != "\t" && gsub(/"/, "", quotes) % 2 && length(row) < 100000
	if (more)
		next
	if (separator == "\t" || row !~ /"/)
		n = split(row, f, separator)
	else
		split_quoted(row)
	if (!header++) {
		at_item = column(item, 1, "of the item's id")
		at_title = column(title, 2, "of its title")
		at_picture = column(picture, 0, "of its picture's address")
		print "item\ttitle\tpicture"
	} else if (f[at_item] != "" && !(f[at_item] in seen)) {
		seen[f[at_item]] = 1
		print clean(f[at_item]) "\t" clean(f[at_title]) "\t" (at_picture ? clean(f[at_picture]) : "")
	}
	split("", f)
}
END {
	if (!header && !failed)
		print "item\ttitle\tpicture"
	exit failed
}
