# The paper's tables with its numbers beside ours, and sentences for the figures:
#   awk -v dir=P -v datasets="..." -v page=. -f common.awk -f paper-tables.awk
# Reads paper-numbers.tsv and, of P/DATASET, paper.tsv, data.info, compare.tsv,
# users.tsv and uncertainty.tsv. Writes table1.tsv, table2-DATASET.tsv, .. into P.
BEGIN {
	read(page "/paper-numbers.tsv")
	while (next_row())
		paper[f[1], f[2], f[3], f[4]] = f[5]
	count = split(datasets, dataset, " ")
	for (at = 1; at <= count; at++) {
		d = dataset[at]
		table1(dir "/table1.tsv")
		table2(dir "/table2-" d ".tsv")
		found(dir "/found-" d ".tsv")
	}
	table3(dir "/table3.tsv")
}
function printed(t, d, s, q) { return (t, d, s, q) in paper ? paper[t, d, s, q] : "-" }
function has_paper(s) { return (2, d, s, "recall@10") in paper }

function table1(file,   size) {
	if (at == 1)
		print "", "users", "items", "interactions", "sparsity", "train", "valid", "test" >file
	read_sizes(dir "/" d "/data.info", size)
	print name(d), grouped(size["users"]), grouped(size["items"]), grouped(size["interactions"]), size["sparsity"], \
		grouped(size["train"]), grouped(size["valid"]), grouped(size["test"]) >file
	if ((1, d, "-", "users") in paper)
		print "in the paper", grouped(printed(1, d, "-", "users")), grouped(printed(1, d, "-", "items")), \
			grouped(printed(1, d, "-", "interactions")), printed(1, d, "-", "sparsity") " %", "", "", "" >file
}

# Means and deviations are those of stair-compare; also the first system against
# the best of all others, and MMSSL's own metric where the paper has that system.
function table2(file,   i, s, m, k, both, line, text, n, mean, sd, test, runs, top, best, epochs, took, counted, first, other, quality) {
	read(dir "/" d "/paper.tsv")
	while (next_row())
		if (f[2] == "table2") {
			best[f[3]] += f[11]
			epochs[f[3]] += f[13]
			took[f[3]] += f[18]
			counted[f[3]]++
		} else if (f[2] == "table3" && f[14] != "-") {
			measured[f[3]] = 1
			seconds[d, f[3]] = f[14]
			memory[d, f[3]] = f[15]
		}
	read(dir "/" d "/compare.tsv")
	next_row()
	while (next_row()) {
		k = f[1] "@" f[2]
		s = f[3]
		if (!first)
			first = s
		runs[s] = f[4]
		mean[k, s] = f[5]
		sd[k, s] = f[6]
		test[k, s] = f[7] OFS f[10] OFS f[13]
		if (!(k in top) || f[5] > mean[k, top[k]])
			top[k] = s
		if (s != first && (!(k in other) || f[5] > mean[k, other[k]]))
			other[k] = s
	}
	read(dir "/" d "/users.tsv")
	while (next_row())
		test[f[1] "@" f[2], f[3]] = test[f[1] "@" f[2], f[3]] OFS f[10]

	n = split("recall@10 recall@20 ndcg@10 ndcg@20", m, " ")
	both = has_paper("stair")
	line = ""
	for (k = 1; k <= n; k++)
		line = line OFS label(m[k]) (both ? OFS "paper" : "")
	print line, "best epoch", "seconds", "runs" >file
	quality = dir "/quality-" d ".tsv"
	print "system", "seconds", "recall@20", "ndcg@20" >quality
	for (i = 1; i <= names; i++) {
		s = known[i]
		if (!(s in runs) && !has_paper(s))
			continue
		line = name(s)
		for (k = 1; k <= n; k++) {
			text = fixed(mean[m[k], s], 4) (s in runs && runs[s] > 1 ? " ±" fixed(sd[m[k], s], 4) : "")
			line = line OFS (top[m[k]] == s ? "*" : "") text
			if (both)
				line = line OFS printed(2, d, s, m[k]) (s == "mmssl" && k > 2 ? " †" : "")
		}
		print line, epochs[s] ? fixed(best[s] / runs[s], 0) " of " fixed(epochs[s] / runs[s], 0) : "-", \
			took[s] ? sprintf("%.3g", took[s] / counted[s]) : "-", s in runs ? runs[s] : "-" >file
		if (took[s] && s in runs)
			print name(s), sprintf("%.4g", took[s] / counted[s]), mean["recall@20", s], mean["ndcg@20", s] >quality
	}
	close(quality)
	file = dir "/tests-" d ".tsv"
	if (other[m[1]])
		print name(first) " against", "the best other", "improvement", "paired t-test by seed: p", "Welch: p", \
			"over users, first seed: p" >file
	for (k = 1; k <= n && other[m[1]]; k++) {
		split(test[m[k], other[m[k]]], f, OFS)
		print label(m[k]), name(other[m[k]]), sprintf("%+.1f %%", f[1]), p_value(f[2]), p_value(f[3]), p_value(f[4]) >file
	}
	file = dir "/mmssl-" d ".tsv"
	if (both)
		print "", "MMSSL-NDCG@10", "MMSSL-NDCG@20" >file
	for (i = 1; i <= names && both; i++)
		if (known[i] in runs)
			print name(known[i]), fixed(mean["mmssl-ndcg@10", known[i]], 4), fixed(mean["mmssl-ndcg@20", known[i]], 4) >file
	if (both)
		print "MMSSL, paper", printed(2, d, "mmssl", "ndcg@10"), printed(2, d, "mmssl", "ndcg@20") >file
}
function p_value(v) { return v == "-" || v == "" ? "-" : v < 0.0001 ? sprintf("%.1e", v) : sprintf("%.4f", v) }

# A made-up shop of Electronics' size stands beside Electronics.
function table3(file,   i, j, s, alike, line, some) {
	line = ""
	for (j = 1; j <= count; j++)
		line = line OFS name(dataset[j]) ", s / epoch" OFS "paper" OFS "MB" OFS "paper"
	print line >file
	for (i = 1; i <= names; i++) {
		s = known[i]
		line = name(s)
		some = s in measured
		for (j = 1; j <= count; j++) {
			d = dataset[j]
			alike = d == "large" ? "electronics" : d
			some = some || (3, alike, s, "seconds") in paper
			line = line OFS ((d, s) in seconds ? sprintf("%.3g", seconds[d, s]) : "-") OFS printed(3, alike, s, "seconds") \
				OFS fixed(memory[d, s], 0) OFS printed(3, alike, s, "mb")
		}
		if (some)
			print line >file
	}
}

# What the figures' numbers say: part, sentence.
function found(file,   v, x, n, text, l, last, series) {
	read(dir "/" d "/uncertainty.tsv", "sort -t'\t' -k2,2n -k4,4g")
	for (text = ""; next_row(); last = f[2])
		if (f[2] + 0)
			text = text (f[2] == last ? " < " : (last + 0 ? "; " : "") f[2] " clusters: ") name(f[1]) " " fixed(f[4], 3)
	if (text)
		print "fig2", text "." >file
	read(dir "/" d "/paper.tsv")
	while (next_row()) {
		v[f[2], f[3], f[4]] += f[8]
		n[f[2], f[4]]++
		x[f[2], f[4]] = f[3]
		if (f[2] == "fig5")
			series[f[6]] = f[3]
		if (f[2] ~ /^fig7/ && f[10] > v[f[2], "best"]) {
			v[f[2], "best"] = f[10]
			v[f[2], "at"] = (f[2] == "fig7g" ? "" : f[3] ", ") f[4] " (" fixed(f[10], 4) ")"
		}
	}
	text = ""
	for (l = 0; l < 100; l++)
		if (n["fig3", l] && v["fig3", "random", l])
			text = text (text ? ", " : "") l (l == 1 ? " layer" : " layers") \
				sprintf(" %+.1f %%", 100 * (v["fig3", "MI", l] / v["fig3", "random", l] - 1))
	if (text)
		print "fig3", text " Recall@20 by MI." >file
	text = ""
	for (l = 1; l <= 7; l++)
		if (n["fig6", l])
			text = text (l == 1 ? "" : l == 5 ? "; " : ", ") x["fig6", l] " " fixed(v["fig6", x["fig6", l], l] / n["fig6", l], 4)
	if (text)
		print "fig6", text " (Recall@20)." >file
	if (v["fig7g", "at"])
		print "fig7", "Best by NDCG@20: gamma " v["fig7g", "at"] "; k_t, k_v " v["fig7k", "at"] ", in the graph alone " \
			v["fig7w", "at"] "." >file
	read(dir "/" d "/paper.curves.tsv")
	while (next_row())
		if (f[1] in series) {
			v["correlation", series[f[1]]] = f[4]
			last = f[2]
		}
	if (v["correlation", "STAIR"])
		print "fig5", sprintf("After %d epochs %.3f with BSC and %.3f without.", last, v["correlation", "STAIR"], \
			v["correlation", "without BSC"]) >file
}
