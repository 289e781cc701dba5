# A table with tabs as HTML. The first line is the header. Of a cell, * before it
# makes it bold, what follows a ± is small, - is a dash; columns headed "paper" are
# grey, and long fractions are cut.
BEGIN { FS = "\t"; print "<div class=scroll><table>" }
function cell(text) {
	if (text ~ /^-?[0-9]+\.[0-9][0-9][0-9][0-9][0-9]+$/)
		text = sprintf("%.4f", text)
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	if (text == "-")
		return "&ndash;"
	if (sub(/^\*/, "", text))
		text = "<b>" text "</b>"
	if (match(text, / ±[^<]*/))
		text = substr(text, 1, RSTART - 1) "<small>" substr(text, RSTART, RLENGTH) "</small>" substr(text, RSTART + RLENGTH)
	return text
}
NR == 1 { print "<thead>" }
NR == 2 { print "<tbody>" }
{
	row = "<tr>"
	for (i = 1; i <= NF; i++) {
		if (NR == 1)
			class[i] = $i == "paper" ? " class=paper" : $(i + 1) == "paper" ? " class=first" : ""
		row = row (NR == 1 ? "<th" : "<td") class[i] ">" cell($i) (NR == 1 ? "</th>" : "</td>")
	}
	print row "</tr>" (NR == 1 ? "</thead>" : "")
}
END { print (NR > 1 ? "</tbody>" : "") "</table></div>" }
