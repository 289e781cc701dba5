#!/usr/bin/env bash
# stair-compare: numbers worked out by hand, forms of operands, messages.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

for i in 1 2 3; do
	printf 'users\t-\t9\nrecall\t10\t0.%d\nndcg\t10\t0.5\n' $((i + 3)) >a$i.tsv
	printf 'users\t-\t9\nrecall\t10\t0.%d\nndcg\t10\t0.5\nmap\t10\t1\n' $((i * i % 8)) >b$i.tsv
done
echo '{"split": "test", "users": 9, "recall": {"10": 0.4}, "ndcg": {"10": 0.5}, "mask": "none"}' >a1.json
head='metric	cut-off	system	n	mean	sd	improvement	paired_t	paired_df	paired_p	welch_t	welch_df	welch_p'

# a: .4 .5 .6, b: .1 .4 .1; differences .3 .1 .5
stair-compare a= a?.tsv b= b?.tsv >table
same "the table" "$(cut -f1-4 table)" "$(cut -f1-4 <<<"$head")
recall	10	a	3
recall	10	b	3
ndcg	10	a	3
ndcg	10	b	3"
same "the first line" "$(head -1 table)" "$head"
same "means, spreads and improvement" "$(awk -F'\t' '$1 == "recall" {printf "%s %.6f %.6f %.6s\n", $3, $5, $6, $7}' table)" \
	"a 0.500000 0.100000 -
b 0.200000 0.173205 150"
same "paired t" "$(awk -F'\t' '$1 == "recall" && $3 == "b" {printf "%.6f %d %.6f", $8, $9, $10}' table)" "2.598076 2 0.121690"
same "Welch's t" "$(awk -F'\t' '$1 == "recall" && $3 == "b" {printf "%.6f %.6f", $11, $12}' table)" "2.598076 3.200000"
same "no spread, no test" "$(grep '^ndcg.*b' table)" "ndcg	10	b	3	0.5	0	0	-	-	-	-	-	-"
same "unequal numbers of runs have no pairs" "$(stair-compare a= a1.tsv a2.tsv b= b?.tsv | grep '^recall.*b' | cut -f8-10)" "-	-	-"
same "NAME=FILE" "$(stair-compare a=a1.tsv a2.tsv a3.tsv b=b1.tsv b2.tsv b3.tsv)" "$(cat table)"
same "JSON is as good" "$(stair-compare a= a1.json a2.tsv a3.tsv b= b?.tsv)" "$(cat table)"
same "standard input too" "$(stair-compare a= - a2.tsv a3.tsv b= b?.tsv <a1.tsv)" "$(cat table)"
same "files alone are systems" "$(stair-compare a1.tsv b1.tsv | cut -f1-7)" "$(cut -f1-7 <<<"$head")
recall	10	a1	1	0.4	-	-
recall	10	b1	1	0.1	-	300
ndcg	10	a1	1	0.5	-	-
ndcg	10	b1	1	0.5	-	0"
echo old >out
fails 1 "stair-compare: 'a1.tsv' has no map at 10, but 'b1.tsv' has" stair-compare -o out b= b1.tsv a= a1.tsv
same "an old output survives" "$(cat out)" old
runs "-o" stair-compare -o out a= a?.tsv b= b?.tsv
equal_files "the same in a file" out table

# users: a1 a2 are two runs of one system
printf 'user\ttargets\trecall@5\nx\t2\t0.5\ny\t1\t1\nz\t3\t0\n' >ua1.tsv
printf 'user\ttargets\trecall@5\nx\t2\t0.1\ny\t1\t0.6\nz\t3\t0.2\n' >ua2.tsv
printf 'user\ttargets\trecall@5\nx\t2\t0.2\ny\t1\t0.2\nz\t3\t0.2\n' >ub.tsv
same "users: means of runs, paired" "$(stair-compare a= ua1.tsv ua2.tsv b=ub.tsv | awk -F'\t' '{printf "%s %s %.3s %.6s %s\n", $3, $4, $5, $8, $11}')" \
	"system n mea paired welch_t
a 3 0.4 - -
b 3 0.2 0.9607 -"
printf 'user\ttargets\trecall@5\nx\t2\t0.2\nz\t3\t0.2\n' >uc.tsv
fails 1 "stair-compare: 'ub.tsv' and 'uc.tsv' are not about the same users in the same order" stair-compare ub.tsv uc.tsv
printf 'user\ttargets\trecall@5\tdigest\nx\t2\t0.2\t4294967295\nz\t3\t0.2\t7\n' >ud1.tsv
sed 's/7$/8/' ud1.tsv >ud2.tsv
fails 1 "stair-compare: 'ud2.tsv' and 'ud1.tsv' are of different splits or masks: user 'z' has other train items, targets or --mask (--foreign takes it all the same)" \
	stair-compare ud1.tsv ud2.tsv
runs "of one split" stair-compare ud1.tsv ud1.tsv
runs "a digest beside none" stair-compare ud1.tsv uc.tsv
printf 'user\ttargets\trecall@5\tdigest\nx\t2\t0.2\n' >bad
fails 1 "stair-compare: 'bad' line 2: 3 fields, but the header has 4" stair-compare bad ub.tsv
fails 1 "stair-compare: 'ub.tsv' holds metrics of single users and 'a1.tsv' of all users" stair-compare ub.tsv a1.tsv
printf 'user\ttargets\trecall@5\nx\t2\t0.2\nx\t3\t0.2\n' >bad
fails 1 "stair-compare: 'bad' line 3: user 'x' occurs twice" stair-compare bad ub.tsv
printf 'user\ttargets\trecall@5\nx\t2\n' >bad
fails 1 "stair-compare: 'bad' line 2: 2 fields, but the header has 3" stair-compare bad ub.tsv
printf 'user\ttargets\trecall@5\n\t2\t0.2\n' >bad
fails 1 "stair-compare: 'bad' line 2: the user id is empty" stair-compare bad ub.tsv
printf 'user\ttargets\trecall\nx\t2\t1\n' >bad
fails 1 "stair-compare: 'bad' line 1: column 'recall' is no metric@cut-off" stair-compare bad ub.tsv

fails 2 "stair-compare: expected [NAME=]FILE... (see --help)" stair-compare
fails 2 "stair-compare: there is one system, 'a': nothing to compare it with" stair-compare a= a1.tsv
fails 2 "stair-compare: system 'a' has no files" stair-compare a= b= b1.tsv
fails 2 "stair-compare: system 'b' has no files" stair-compare a=a1.tsv b=
fails 2 "stair-compare: two systems are named 'a'" stair-compare a=a1.tsv a=b1.tsv
printf 'user\ttargets\t\nx\t2\t1\n' | cut -f1,2 >bad
fails 1 "stair-compare: 'bad' line 1: not a line 'metric<TAB>cut-off<TAB>value' of stair-eval" stair-compare bad ub.tsv
: >bad
fails 1 "stair-compare: 'bad' holds no metrics" stair-compare bad a1.tsv
echo hello >bad
fails 1 "stair-compare: 'bad' line 1: not a line 'metric<TAB>cut-off<TAB>value' of stair-eval" stair-compare bad a1.tsv
printf 'recall\t10\tnan\n' >bad
fails 1 "stair-compare: 'bad' line 1: 'nan' is not a number" stair-compare bad a1.tsv
printf 'recall\t10\t1\nrecall\t10\t1\n' >bad
fails 1 "stair-compare: 'bad' line 2: 'recall' at '10' occurs twice" stair-compare bad a1.tsv
echo '{"recall": [1]}' >bad
fails 1 "stair-compare: 'bad' line 1: not an object of stair-eval" stair-compare bad a1.tsv
printf '{"recall": {"10": 1}\n' >bad
stair-compare bad a1.tsv 2>err
same "an object that does not end" "$? $(cut -c1-31 err)" "1 stair-compare: 'bad' line 2: th"

# files that say what they are about
about() { # about FILE USERS ITEMS TRAIN PART VALUE MASK
	printf 'recall\t10\t0.4\ndigest:users\t-\t%d\ndigest:items\t-\t%d\ndigest:train\t-\t%d\ndigest:%s\t-\t%d\nmask\t-\t%d\n' \
		"$2" "$3" "$4" "$5" "$6" "$7" >"$1"
}
elsewhere() { # elsewhere MESSAGE ARGS...: refused, and taken with --foreign
	local message=$1
	shift
	fails 1 "stair-compare: $message (--foreign takes it all the same)" stair-compare "$@"
	same "--foreign: ${message##*: }" "$(stair-compare --foreign "$@" 2>&1 >/dev/null)" "stair-compare: $message"
}
about d.tsv 1 2 3 test 4 2
about d2.tsv 1 2 3 test 4 2
runs "the same dataset" stair-compare d.tsv d2.tsv
runs "what does not say it goes with all" stair-compare d.tsv a1.tsv
about e.tsv 9 2 3 test 4 2
elsewhere "'e.tsv' is about other users than 'd.tsv': digest:users 00000009 in the first, 00000001 in the second" d.tsv e.tsv
about e.tsv 1 18 3 test 4 2
elsewhere "'e.tsv' is about other items than 'd.tsv': digest:items 00000012 in the first, 00000002 in the second" d.tsv e.tsv
about e.tsv 1 2 8 test 9 2
elsewhere "'e.tsv' is about other train pairs than 'd.tsv': digest:train 00000008 in the first, 00000003 in the second" d.tsv e.tsv
about e.tsv 1 2 3 test 9 2
elsewhere "'e.tsv' is about other test pairs than 'd.tsv': digest:test 00000009 in the first, 00000004 in the second" d.tsv e.tsv
about e.tsv 1 2 3 valid 4 1
elsewhere "'e.tsv' holds metrics on valid pairs and 'd.tsv' on test pairs" d.tsv e.tsv
about e.tsv 1 2 3 test 4 1
elsewhere "'e.tsv' was made with --mask train and 'd.tsv' with --mask train,valid" d.tsv e.tsv
echo '{"split": "test", "recall": {"10": 0.4}, "mask": "train", "digest:users": 1, "digest:items": 2, "digest:train": 3, "digest:test": 4}' >e.json
elsewhere "'e.json' was made with --mask train and 'd.tsv' with --mask train,valid" d.tsv e.json
echo '{"recall": {"10": 0.4}, "digest:users": 7, "digest:items": 2}' >e.json
elsewhere "'e.json' is about other users than 'd.tsv': digest:users 00000007 in the first, 00000001 in the second" d.tsv e.json
printf 'user\ttargets\trecall@5\nx\t2\t0.5\ny\t4\t1\nz\t3\t0\n' >uc.tsv
elsewhere "'uc.tsv' and 'ua1.tsv' are of different splits: user 'y' has 4 targets in the first and 1 in the second" ua1.tsv uc.tsv

# a folder may be called as an operand that names a system
mkdir lr=0.1 lr=0.2
cp a1.tsv lr=0.1/e.tsv && cp b1.tsv lr=0.2/e.tsv && cp b1.tsv x=y.tsv
same "operands that are files" "$(stair-compare lr=0.1/e.tsv lr=0.2/e.tsv x=y.tsv | cut -f3 | uniq | head -4 | tr '\n' ' ')" \
	"system lr=0.1/e.tsv lr=0.2/e.tsv x=y "
same "or have a name" "$(stair-compare a=lr=0.1/e.tsv b=x=y.tsv | cut -f3 | sort -u | tr '\n' ' ')" "a b system "
done_testing
