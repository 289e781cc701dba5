# The tables of a report, from what its systems scored:
#   awk -v dir=R -v page=. -f common.awk -f report.awk
# Reads report.tsv, users.tsv and the trainings' .tsv with strata in R. Writes into
# R/report: metrics.txt and summary.txt, and as tables systems.tsv, scores.tsv,
# lists.tsv, strata-user.tsv and strata-item.tsv.
BEGIN {
	read(dir "/report.tsv")
	next_row()
	while (next_row()) {
		of[f[3]] = f[6]
		system_of[f[6]] = f[3]
		valid[f[3]] = f[12]
		course[f[3]] = !(f[13] + 0) ? "-" : sprintf("%d epochs%s", f[13], f[14] == "-" ? "" : sprintf(", %.3g s", f[13] * f[14]))
	}
	read(dir "/users.tsv")
	next_row()
	while (next_row()) {
		s = system_of[f[3]]
		if (!best)
			best = s
		k = f[1] "@" f[2]
		mean[k, s] = f[5]
		half[k, s] = t95(f[4] - 1) * f[6] / sqrt(f[4])
		difference[k, s] = mean[k, best] - f[5]
		# the t of the paired test tells the standard error
		error[k, s] = f[8] + 0 ? t95(f[9]) * difference[k, s] / f[8] : 0
		users = f[4]
	}
	n = split("recall@10 recall@20 ndcg@10 ndcg@20", m, " ")
	out = dir "/report/"
	systems(out "systems.tsv")
	text(out "metrics.txt")
	summary(out "summary.txt")
	shown(out "lists.tsv")
	strata("user-degree", out "strata-user.tsv")
	strata("item-degree", out "strata-item.tsv")
}

# The 0.975 quantile of Student's t by its expansion (Cornish and Fisher).
function t95(df,   z) {
	z = 1.959963985
	return z + (z ^ 3 + z) / (4 * df) + (5 * z ^ 5 + 16 * z ^ 3 + 3 * z) / (96 * df ^ 2) + \
		(3 * z ^ 7 + 19 * z ^ 5 + 17 * z ^ 3 - 15 * z) / (384 * df ^ 3)
}

function systems(file,   i, s, k, line, scores) {
	line = ""
	for (k = 1; k <= n; k++)
		line = line OFS label(m[k])
	print line, "against " name(best), "on valid", "training" >file
	scores = out "scores.tsv"
	print "system", "ndcg@20", "low", "high" >scores
	for (i = 1; i <= names; i++) {
		s = known[i]
		if (!(s in of))
			continue
		line = (s == best ? "*" : "") name(s)
		for (k = 1; k <= n; k++)
			line = line OFS (mean[m[k], s] >= highest(m[k]) ? "*" : "") fixed(mean[m[k], s], 4) \
				(m[k] ~ /20/ ? " ±" fixed(half[m[k], s], 4) : "")
		k = "ndcg@20"
		print line, (s == best || !mean[k, best] ? "-" : sprintf("%+.1f ±%.1f %%", -100 * difference[k, s] / mean[k, best], \
			100 * error[k, s] / mean[k, best])), fixed(valid[s], 4), course[s] >file
		print name(s), mean[k, s], mean[k, s] - half[k, s], mean[k, s] + half[k, s] >scores
	}
	close(scores)
}
function highest(k,   s, top) {
	for (s in of)
		if (mean[k, s] > top)
			top = mean[k, s]
	return top
}

function text(file,   i, k, line) {
	line = sprintf("%-30s", "test set, all items ranked")
	for (k = 1; k <= n; k++)
		line = line sprintf(" %9s", label(m[k]))
	print line >file
	for (i = 1; i <= names; i++)
		if (known[i] in of) {
			line = sprintf("%-30s", name(known[i]))
			for (k = 1; k <= n; k++)
				line = line sprintf(" %9.4f", mean[m[k], known[i]])
			print line >file
		}
}

# The best by valid against the best of all the others on test.
function summary(file,   s, other, k, d, e, base) {
	k = "ndcg@20"
	for (s in of)
		if (s != best && (other == "" || mean[k, s] > mean[k, other]))
			other = s
	printf "The best by valid NDCG@20 is %s. On test it has %.4f; 95%% interval %.4f to %.4f.\n", name(best), \
		mean[k, best], mean[k, best] - half[k, best], mean[k, best] + half[k, best] >file
	base = mean[k, other] / 100
	if (!base)
		return
	d = difference[k, other]
	e = error[k, other]
	printf "That is %.1f%% %s the best of the others, %s; 95%% interval %+.1f%% to %+.1f%%.\n", (d < 0 ? -d : d) / base, \
		d < 0 ? "below" : "above", name(other), (d - e) / base, (d + e) / base >file
	if (d - e <= 0 && d + e >= 0)
		print "0 is in it: these users do not tell the two apart." >file
}

# Which items the first 20 places of all lists show, a row for each system.
function shown(file,   i, s, k, kinds, kind, value) {
	kinds = split("coverage tail gini novelty popularity", kind, " ")
	print "system", "items shown", "from the tail", "Gini", "novelty, bits", "purchases of an item" >file
	for (i = 1; i <= names; i++) {
		s = known[i]
		if (!(s in of))
			continue
		read(dir "/" of[s] ".tsv")
		while (next_row())
			if (f[2] == 20)
				value[f[1]] = f[3]
		print (s == best ? "*" : "") name(s), sprintf("%.1f %%", 100 * value["coverage"]), sprintf("%.1f %%", 100 * value["tail"]), \
			sprintf("%.3f", value["gini"]), sprintf("%.2f", value["novelty"]), sprintf("%.1f", value["popularity"]) >file
	}
	close(file)
}

# NDCG@20 by stratum, a column for each system.
function strata(kind, file,   i, s, k, part, order, count, value, line) {
	for (i = 1; i <= names; i++) {
		s = known[i]
		if (!(s in of))
			continue
		line = line OFS name(s)
		read(dir "/" of[s] ".tsv")
		while (next_row())
			if (split(f[1], part, ":") == 3 && part[1] == kind) {
				k = part[2]
				if (!((k, "users") in value))
					order[++count] = k
				if (part[3] == "users")
					value[k, "users"] = f[3]
				else if (part[3] == "ndcg" && f[2] == 20)
					value[k, s] = f[3]
			}
	}
	print kind == "user-degree" ? "purchases of the user" : "purchases of the item", "users" line >file
	for (k = 1; k <= count; k++) {
		line = order[k] OFS value[order[k], "users"]
		for (i = 1; i <= names; i++)
			if (known[i] in of)
				line = line OFS fixed(value[order[k], known[i]], 4)
		print line >file
	}
}
