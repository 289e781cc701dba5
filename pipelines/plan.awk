# Expands a plan into a table with a row for each training, and into rules for Make:
#   awk -v rules=FILE.mk -f plan.awk NAME.plan >FILE.tsv
#
# A line of the plan has part, series, x, seed, system and options of stair-train,
# with tabs between; it stands for many where it has words in braces. {NAME}
# stands for each word of the variable NAME in turn, {1,2} for each of these
# values; a word that is there twice counts once. <series>, <x> and <options> stand for what these columns are. A ; in
# options is a blank.
#
# A training has the options of the variable set_SYSTEM. An option in the plan
# replaces the one of the same name, and -name takes one away. Equal options are
# one training, wherever they appear. The word cost makes a training that is
# measured: Make runs it after all others, with none beside it. Where set_SYSTEM is
# the word blend and names of systems, stair-blend joins their trainings of a seed.
#
# The variable PARTS, if it is set, says which parts count, by their beginnings. The
# table's columns are part, series, x, seed, training, options.
BEGIN {
	FS = OFS = "\t"
	R = ENVIRON["R"]
	printf "" >rules
}
/^#/ || !NF { next }
wanted($1) { expand($0) }

function wanted(part,   w, n, i, yes) {
	n = split(ENVIRON["PARTS"], w, " ")
	for (i = 1; i <= n; i++)
		yes = yes || index(part, w[i]) == 1
	return yes || !n
}

function expand(line,   at, len, list, w, n, i, seen) {
	if (!match(line, /\{[^{}]*\}/)) {
		row(line)
		return
	}
	at = RSTART
	len = RLENGTH
	list = substr(line, at + 1, len - 2)
	n = list ~ /^[A-Z_]+$/ ? split(ENVIRON[list], w, " ") : split(list, w, ",")
	for (i = 1; i <= n; i++)
		if (!seen[w[i]]++)
			expand(substr(line, 1, at - 1) w[i] substr(line, at + len))
}

function row(line,   f, i, name) {
	split(line, f, "\t")
	for (i = 2; i <= 6; i++) {
		gsub(/<series>/, f[2], f[i])
		gsub(/<x>/, f[3], f[i])
		gsub(/<options>/, f[6], f[i])
	}
	gsub(/;/, " ", f[3])
	gsub(/;/, " ", f[6])
	name = training(f[5], f[4], f[6], f[1] OFS f[2] OFS f[3])
	if (name)
		print f[1], f[2], f[3], f[4], name, options_of[name]
}

# The name of a training, whose rule is written when it is met first. A system that
# is not trained is the same with every seed, and counts once at a place.
function training(who, seed, change, place,   options, name) {
	if (ENVIRON["set_" who] ~ /^blend /)
		return blend(who, seed)
	options = merged(ENVIRON["set_" who] " --seed=" seed, change)
	name = who tags
	if (options ~ /--epochs=/)
		name = name "-" seed
	else {
		if (place != "" && once[place]++)
			return ""
		sub(/ --seed=[^ ]*/, "", options)
	}
	if (options in first)
		return first[options]
	if (name in taken) {
		print "two trainings would be called " name ": " taken[name] " and " options >"/dev/stderr"
		exit failed = 1
	}
	first[options] = name
	taken[name] = options
	rule(name, options)
	sub(/^cost /, "", options)
	options_of[name] = options
	return name
}

# A blend of the systems that are named behind the word.
function blend(who, seed,   name, n, w, i, parts) {
	name = who "-" seed
	if (name in options_of)
		return name
	n = split(ENVIRON["set_" who], w, " ")
	for (i = 2; i <= n; i++)
		parts = parts " " R "/" training(w[i], seed, "", "") ".npz"
	options_of[name] = "blend" parts
	names[++trainings] = name
	others = others " " R "/" name ".npz"
	printf "%s_cmd = stair-blend --data=%s/data.npz%s\n", name, R, parts >rules
	printf "%s/%s.npz:%s $(BIN)/stair-blend\n", R, name, parts >rules
	return name
}

# --features=text=FILE is another option than --features=image=FILE.
function key(word) {
	match(word, /^--(features=)?[^=]*/)
	return substr(word, 1, RLENGTH)
}

# The options in set with those in change in their places. Sets tags to what
# differs.
function merged(set, change,   w, n, from, i, k, order, keys, value, out, cost) {
	from = split(set, w, " ")
	n = split(set " " change, w, " ")
	tags = cost = out = ""
	for (i = 1; i <= n; i++) {
		if (w[i] == "cost") {
			cost = "cost "
			tags = tags ".cost"
		} else if (w[i] ~ /^--/) {
			k = key(w[i])
			if (!(k in value))
				order[++keys] = k
			if (i > from && value[k] != w[i])
				tags = tags tag(w[i])
			value[k] = w[i]
		} else
			delete value["-" w[i]]
	}
	for (i = 1; i <= keys; i++)
		if (order[i] in value) {
			out = out " " value[order[i]]
			delete value[order[i]]
		}
	return cost substr(out, 2)
}

# What an option adds to a training's name.
function tag(word) {
	sub(/\.npz$/, "", word)
	if (sub(/^--(init|items)=.*\//, "", word))
		return "." word
	sub(/^--/, "", word)
	gsub(/[^A-Za-z0-9.+-]/, "", word)
	return "." word
}

# The command of a training, and the files that it reads beside the dataset.
function rule(name, options,   w, n, i, needs, file) {
	n = split(options, w, " ")
	for (i = 1; i <= n; i++)
		if (w[i] ~ /^--(init|items|features)=/) {
			file = w[i]
			sub(/.*=/, "", file)
			sub(/:[0-9.]*$/, "", file)
			needs = needs " " file
		}
	if (options ~ /^cost /) {
		measured[name] = 1
		sub(/^cost /, "", options)
	} else
		others = others " " R "/" name ".npz"
	names[++trainings] = name
	printf "%s_cmd = stair-train --data=%s/data.npz %s\n", name, R, options >rules
	printf "%s/%s.npz:%s\n", R, name, needs >rules
}

END {
	if (failed)
		exit 1
	for (i = 1; i <= trainings; i++) {
		printf "trainings += %s\n", names[i] >rules
		if (names[i] in measured) {
			printf "%s/%s.npz: |%s\n", R, names[i], others >rules
			others = others " " R "/" names[i] ".npz"
		}
	}
	close(rules)
}
