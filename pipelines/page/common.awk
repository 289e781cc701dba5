# What the scripts that compute tables share. Variable page: the folder of this file.
BEGIN {
	FS = OFS = "\t"
	read(page "/names.tsv")
	while (next_row()) {
		title[f[1]] = f[2]
		known[++names] = f[1]
	}
}
# The fields of a table's next row become f[1], f[2], ..; lines that begin with # are
# passed over, and a table that is not there has no rows.
function read(file, command) { source = (command ? command : "cat") " '" file "' 2>/dev/null" }
function next_row(   line) {
	while ((source | getline line) > 0)
		if (line !~ /^#/) {
			split(line, f, "\t")
			return 1
		}
	close(source)
	return 0
}
function name(s) { return s in title ? title[s] : s }
function fixed(v, digits) { return v == "" || v == "-" ? "-" : sprintf("%." digits "f", v) }
function grouped(v) {
	while (v ~ /[0-9][0-9][0-9][0-9]/)
		sub(/[0-9][0-9][0-9]($|,)/, ",&", v)
	return v
}
function label(metric) { # recall@10 -> Recall@10
	sub(/^recall/, "Recall", metric)
	sub(/^ndcg/, "NDCG", metric)
	return metric
}
# Sizes of a dataset, from what stair-info printed: size["users"] and so on.
function read_sizes(file, size,   i, pair) {
	read(file)
	while (next_row())
		for (i = 2; f[1] == "size" && split(f[i], pair, "=") == 2; i++)
			size[pair[1]] = pair[2]
	size["interactions"] = size["train"] + size["valid"] + size["test"]
	size["sparsity"] = sprintf("%.2f %%", 100 * (1 - size["interactions"] / size["users"] / size["items"]))
}
