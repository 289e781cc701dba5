#!/usr/bin/env bash
# What a pipeline found, for people: report.sh DIRECTORY TITLES NOTE
# Reads the metrics and top.tsv in DIRECTORY and, on standard input, the
# interactions as `stair-cat data.npz` prints them. TITLES (item<TAB>title below
# a header) and NOTE may be empty.
set -euo pipefail
dir=$1 titles=$2 note=$3

row() { # row NAME FILE
	awk -F'\t' -v name="$1" '{v[$1, $2] = $3}
		END {printf "%-30s %9.4f %9.4f %9.4f %9.4f\n", name,
			v["recall", 10], v["recall", 20], v["ndcg", 10], v["ndcg", 20]}' "$2"
}

printf '%-30s %9s %9s %9s %9s\n' "test set, all items ranked" Recall@10 Recall@20 NDCG@10 NDCG@20
row "most popular items" "$dir/popularity.tsv"
row "STAIR before training" "$dir/untrained.tsv"
row "STAIR" "$dir/model.tsv"
[ -z "$note" ] || printf '%s\n' "$note"

# The first three users of the dataset: their train and valid items, then the
# list with the held-out test items marked.
awk -F'\t' -v titles="$titles" -v top="$dir/top.tsv" '
	function name(item) { return item in title ? title[item] : item }
	BEGIN {
		if (titles != "")
			while ((getline line <titles) > 0)
				if ((at = index(line, "\t")) > 0)
					title[substr(line, 1, at - 1)] = substr(line, at + 1)
	}
	!($1 in seen) && n < 3 { seen[$1] = 1; user[n++] = $1 }
	$1 in seen && $3 < 2 && ++count[$1] <= 8 { had[$1] = had[$1] "\n    " name($2) }
	$1 in seen && $3 == 2 { held[$1, $2] = 1; left[$1]++ }
	END {
		while ((getline <top) > 0)
			if ($1 in seen && $2 <= 10)
				list[$1] = list[$1] sprintf("\n  %s %2d  %s",
					($1, $3) in held ? "*" : " ", $2, name($3))
		for (k = 0; k < n; k++)
			printf "\nUser %s bought%s%s\n  and gets (*: one of %d that were bought and hidden)%s\n",
				user[k], had[user[k]],
				(count[user[k]] > 8 ? "\n    and " (count[user[k]] - 8) " more" : ""),
				left[user[k]], list[user[k]]
	}'
