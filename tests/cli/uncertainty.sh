#!/usr/bin/env bash
# stair-uncertainty: a shop whose users buy within one group, messages.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth -q --users 150 --items 80 --interactions 1500 --topics 6 --image-dim 24 -o raw
stair-ingest -q --split ratio:8:1:1 -o d.npz raw/interactions.csv.gz
stair-features -q --data d.npz --ids raw/item_ids.txt -o text.npz raw/text.npy
stair-train -q --model mf --data d.npz -d 8 --epochs 2 -o mf.npz
users=$(stair-cat d.npz | cut -f1 | sort -u | wc -l)
items=$(stair-cat text.npz | wc -l)
u="stair-uncertainty --data d.npz --clusters 4,9"

# shellcheck disable=SC2086
{
	runs "table" $u -o table text=text.npz mf.npz --random 16
	same "its columns" "$(head -1 table)" "features	clusters	users	uncertainty	relative	permuted	permuted_relative	inertia"
	same "its lines" "$(tail -n +2 table | cut -f1-3 | tr '\n\t' ';,')" "text,4,$users;text,9,$users;mf,4,$users;mf,9,$users;random,4,$users;random,9,$users;"
	same "entropies lie between 0 and log K" "$(awk -F'\t' 'NR > 1 && ($4 <= 0 || $4 > log($2) || $5 > 1 || $7 > 1)' table)" ""
	$u -t 4 text=text.npz mf.npz --random 16 | cat >table4
	equal_files "four threads" table table4
	same "another seed, another table" "$($u -s 2 text=text.npz | cmp -s - table && echo same)" ""
	same "a model through a pipe" "$($u mf=- <mf.npz)" "$(grep -v '^[tr]' table >mf; cat mf)"
	# the groups themselves as features: buying in one group only
	echo user,item >pure.csv
	awk 'BEGIN {for (u = 0; u < 40; u++) for (k = 0; k < 6; k++) printf "u%d,i%d\n", u, u % 4 + 4 * k}' | sort -R --random-source=d.npz >>pure.csv
	stair-ingest -q --split ratio:8:1:1 -o pure.npz pure.csv
	stair-cat pure.npz | awk -F'\t' '!($2 in seen) {seen[$2] = 1; print $2 "," (substr($2, 2) % 4) * 10 "," (substr($2, 2) % 4 == 1)}' >groups.csv
	stair-features -q --data pure.npz -o groups.npz groups.csv
	same "users of one group have no uncertainty" "$(stair-uncertainty --data pure.npz --clusters 4 groups.npz | tail -1 | cut -f1-5)" "groups	4	40	0	0"
	same "which permuted labels have" "$(stair-uncertainty --data pure.npz --clusters 4 groups.npz | tail -1 | awk '{print ($7 > 0.5)}')" 1

	# items without a vector: as if nobody had bought them
	gzip -dc raw/interactions.csv.gz | cut -d, -f1,2 >all.csv
	stair-ingest -q --split hash:98:1:1 -o all.npz all.csv
	stair-cat -m item_ids all.npz | awk 'NR % 2' >half.ids
	{ echo user,item,l && stair-cat all.npz | awk -F'\t' 'NR == FNR {at[$1] = NR - 1; next} $3 == 0 && $2 in at {print $1 "," at[$2] ",0"}' half.ids -; } >half.csv
	stair-ingest -q --label l -o half.npz half.csv 2>/dev/null
	paste -d, half.ids <(stair-cat text.npz | head -n "$(wc -l <half.ids)" | cut -f 1-8 | tr '\t' ,) >half-vectors.csv
	stair-features -q --data all.npz -o all-text.npz half-vectors.csv
	awk -F, -v OFS=, '{$1 = NR - 1} 1' half-vectors.csv | stair-features -q --data half.npz -o half-text.npz
	runs "items that are missing" stair-uncertainty --data all.npz --clusters 4,9 -o all.table all-text.npz
	same "are counted" "$(cat runs.err)" "stair-uncertainty: 'all-text': $((items - $(wc -l <half.ids))) of $items items are missing: left out"
	same "and left out of everything" "$(tail -n +2 all.table | cut -f 2-)" \
		"$(stair-uncertainty --data half.npz --clusters 4,9 half-text.npz | tail -n +2 | cut -f 2-)"
	fails 1 "stair-uncertainty: 'all-text': $items clusters of $(wc -l <half.ids) items that have a vector" \
		stair-uncertainty --data all.npz --clusters $items all-text.npz

	fails 2 "stair-uncertainty: option '--data' is missing (see --help)" stair-uncertainty text.npz
	fails 2 "stair-uncertainty: expected NAME=FILE... or '--random' (see --help)" $u
	fails 2 "stair-uncertainty: operand 'text=' has no file" $u text=
	for k in 0 '4,' 4,x 99999999999; do
		fails 2 "stair-uncertainty: option '--clusters': '$k' is not 1 to 64 numbers, as in 8,20" stair-uncertainty --data d.npz --clusters $k text.npz
	done
	fails 1 "stair-uncertainty: $((items + 1)) clusters of $items items" stair-uncertainty --data d.npz --clusters $((items + 1)) text.npz
	fails 1 "stair-uncertainty: 'text.npz' has $items rows, but 'pure.npz' has 24 items" stair-uncertainty --data pure.npz --clusters 4 text.npz
	fails 1 "stair-uncertainty: 'd.npz' is a dataset, not item features or a model: see stair-features(1)" $u d.npz
}
done_testing
