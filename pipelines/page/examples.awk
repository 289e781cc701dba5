# A few users, what they had and what is recommended to them, one item a row:
#   awk -v lists=FILE -v titles=FILE -f examples.awk PAIRS
# Reads their pairs, as stair-cat prints them of a dataset, their lists by
# stair-recommend, and the titles of all items. Columns: user, had (in train or valid), top (in
# the list) or hit (in the list and in test), rank, item, title, picture; the
# line "user held N more" tells how many items of test there were, and how many of
# what was had are not shown.
BEGIN { FS = OFS = "\t"; shown = 8 }
$3 < 2 { had[$1, ++number[$1]] = $2 }
$3 == 2 {
	if (!left[$1]++)
		user[++taken] = $1
	held[$1, $2] = 1
}
END {
	while ((getline line <titles) > 0)
		if (split(line, f, "\t") >= 2)
			about[f[1]] = f[2] OFS f[3]
	while ((getline line <lists) > 0) {
		split(line, f, "\t")
		if (f[1] in left)
			list[f[1], f[2]] = f[3]
	}
	for (k = 1; k <= taken; k++) {
		u = user[k]
		for (i = 1; i <= number[u] && i <= shown; i++)
			row(u, "had", i, had[u, i])
		print u, "held", left[u], (number[u] > shown ? number[u] - shown : 0)
		for (i = 1; (u, i) in list; i++)
			row(u, (u, list[u, i]) in held ? "hit" : "top", i, list[u, i])
	}
}
function row(u, kind, rank, item) { print u, kind, rank, item, item in about ? about[item] : item OFS }
