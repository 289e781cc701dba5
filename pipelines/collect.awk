# Gathers what the trainings of a plan left into one table, a row for each row of
# the plan:
#   awk -v dir=R -v name=DATASET -v metrics=SUFFIX -v curves=FILE -f collect.awk PLAN.plan.tsv
# A training's metrics are in R/TRAINING.SUFFIX, its course in .jsonl and .err. FILE
# gets the course of all of them: a row for each evaluation. The last column has the
# seconds from the dataset and the features to the model, with those of the vectors,
# the graph and, of a blend, the models that it reads.
BEGIN {
	FS = OFS = "\t"
	count = split("recall@10 recall@20 ndcg@10 ndcg@20 mmssl-ndcg@10 mmssl-ndcg@20", metric, " ")
	print "dataset", "part", "series", "x", "seed", "training", "recall@10", "recall@20", "ndcg@10", "ndcg@20", \
		"best_epoch", "valid_ndcg@20", "epochs", "seconds", "peak_mb", "mmssl-ndcg@10", "mmssl-ndcg@20", \
		"total_seconds"
	print "training", "epoch", "valid_ndcg@20", "correlation" >curves
}

# The number behind a key of a JSON line, its first occurrence.
function number(line, key,   at) {
	at = index(line, "\"" key "\": ")
	return at ? substr(line, at + length(key) + 4) + 0 : "-"
}

# The seconds of the programs that made STEM.npz, and of those that made what these
# read; epochs has those of a training's epochs, in case it was killed. Hundredths
# are told: what took less counts as one.
function total(stem, seen, epochs,   line, w, n, i, sum, inputs, input) {
	if (stem in seen)
		return 0
	seen[stem]
	while ((getline line <(stem ".err")) > 0)
		if (line ~ / MB peak$/ && match(line, /[0-9.]+ s wall/)) {
			sum += substr(line, RSTART, RLENGTH) + 0 > 0.01 ? substr(line, RSTART, RLENGTH) + 0 : 0.01
			n = split(line, w, /[ ,]+/)
			for (i = 2; i <= n; i++)
				if (w[i - 1] !~ /^-/ && (sub(/^--(init|items|features)=(.*=)?/, "", w[i]) || w[i] ~ /^[^-]/) && sub(/\.npz(:[0-9.]*)?$/, "", w[i]))
					input[w[i]]
		}
	close(stem ".err")
	if (sum < epochs)
		sum = epochs
	for (i in input)
		sum += total(i, seen, 0)
	return sum
}

function read(training,   file, line, f, value, i, best, valid, epochs, seconds, all, n, peak, seen) {
	file = dir "/" training "." metrics
	while ((getline line <file) > 0) {
		split(line, f, "\t")
		value[f[1] "@" f[2]] = f[3]
	}
	close(file)
	best = valid = epochs = peak = "-"
	file = dir "/" training ".jsonl"
	while ((getline line <file) > 0) {
		epochs = number(line, "epoch")
		if (line ~ /"best": true/) {
			best = epochs
			valid = number(line, "ndcg@20")
		}
		if (line ~ /"valid"/)
			print training, epochs, number(line, "ndcg@20"), number(line, "init_correlation") >curves
		all += number(line, "seconds")
		if (epochs > 1 && number(line, "seconds") != "-") { # the first one touches all memory
			seconds += number(line, "seconds")
			n++
		}
	}
	close(file)
	file = dir "/" training ".valid.tsv" # more digits, and of what is not trained
	while ((getline line <file) > 0)
		if (split(line, f, "\t") == 3 && f[1] f[2] == "ndcg20")
			valid = f[3]
	close(file)
	file = dir "/" training ".err"
	while ((getline line <file) > 0)
		if (sub(/ MB peak$/, "", line)) {
			sub(/.* /, "", line)
			if (peak == "-" || line + 0 > peak + 0)
				peak = line
		}
	close(file)
	for (i = 1; i <= count; i++)
		if (!(metric[i] in value))
			value[metric[i]] = "-"
	return value["recall@10"] OFS value["recall@20"] OFS value["ndcg@10"] OFS value["ndcg@20"] OFS best OFS valid OFS \
		epochs OFS (n ? seconds / n : "-") OFS peak OFS value["mmssl-ndcg@10"] OFS value["mmssl-ndcg@20"] OFS \
		((all = total(dir "/" training, seen, all)) ? all : "-")
}

{
	if (!($5 in known))
		known[$5] = read($5)
	print name, $1, $2, $3, $4, $5, known[$5]
}
