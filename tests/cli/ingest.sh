#!/usr/bin/env bash
# stair-ingest: formats, rules, messages, streams.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

printf 'user,item\na,x\na,y\nb,x\na,x\n' >in.csv
runs "a small CSV" stair-ingest -o d.npz in.csv
same "what it says" "$(cat runs.err)" "stair-ingest: read 4 rows, dropped 1 duplicates: 2 users, 2 items
stair-ingest: split ratio:8:1:1; users indexed by first appearance, items by first appearance
stair-ingest: no interaction is held out: a model of these data cannot be evaluated
stair-ingest: 2 users, 2 items; 3 train, 0 valid, 0 test"
runs "quiet" stair-ingest -q -o q.npz in.csv
same "and says nothing" "$(cat runs.err)" ""
equal_files "with the same bytes" q.npz d.npz

# one set of interactions in every format: the same dataset but for history
like() { # like NAME COMMAND...: the dataset of COMMAND equals d.npz
	local name=$1
	shift
	if "$@" -q -o e.npz >like.out 2>&1 && stair-cmp -q d.npz e.npz >>like.out 2>&1; then ok 0 "$name"; else
		ok 1 "$name"
		head -3 like.out | sed 's/^/# /'
	fi
}
cat >in.csv <<'END'
user_id,item_id,rating,timestamp
u1,é,5.0,30
u2,"b,""c""",4.0,10
u1,d,1.0,20
u2,é,3.0,40
u2,d,2.0,40
END
stair-ingest -q --split leave-one-out -o d.npz in.csv
loo=(--split leave-one-out)
sed 's/$/\r/' in.csv >crlf.csv
like "CRLF" stair-ingest "${loo[@]}" crlf.csv
tr '\n' '\r' <in.csv >cr.csv
like "CR" stair-ingest "${loo[@]}" cr.csv
head -c -1 in.csv >cut.csv
like "no line end at the end" stair-ingest "${loo[@]}" cut.csv
(printf '\357\273\277' && cat in.csv) >mark.csv
like "byte order mark" stair-ingest "${loo[@]}" mark.csv
gzip -nk in.csv
like "gzip" stair-ingest "${loo[@]}" in.csv.gz
cp in.csv.gz disguised
like "gzip under any name" stair-ingest "${loo[@]}" disguised
like "from a pipe" sh -c 'cat in.csv | stair-ingest "$@"' sh "${loo[@]}"
like "gzip from a slow pipe" sh -c '(head -c 1 in.csv.gz; sleep .1; tail -c +2 in.csv.gz) | stair-ingest "$@" -' sh "${loo[@]}"
tail -n +2 in.csv >bare.csv
like "no header, by number" stair-ingest "${loo[@]}" --no-header --time 4 bare.csv
head -n 3 in.csv >one.csv && (head -n 1 in.csv && tail -n +4 in.csv) >two.csv
like "two files" stair-ingest "${loo[@]}" one.csv two.csv
like "one of them standard input" sh -c 'stair-ingest "$@" one.csv - <two.csv' sh "${loo[@]}"
like "columns by name" stair-ingest "${loo[@]}" --user user_id --item item_id --time timestamp in.csv
like "columns by number" stair-ingest "${loo[@]}" --user 1 --item 2 --time 4 in.csv
awk -F, -v OFS='\t' 'NR == 1 { print "user_id:token", "item_id:token", "rating:float", "timestamp:float"; next }
	NF > 4 { print $1, "\"b,\"\"c\"\"\"", 4, 10; next } { print $1, $2, $3, $4 }' in.csv >in.inter
like ".inter with types" stair-ingest "${loo[@]}" in.inter
like ".inter as .tsv, told by content" sh -c 'stair-ingest "$@" <in.inter' sh "${loo[@]}"
cat >in.jsonl <<'END'
{"reviewerID": "u1", "asin": "\u00e9", "helpful": [0, {"x": 0}], "unixReviewTime": 30}
{"asin": "b,\"c\"", "reviewerID": "u2", "reviewText": "}{ \\", "unixReviewTime": 10}
{"reviewerID": "u1", "asin": "d", "unixReviewTime": "20"}

{"reviewerID": "u2", "asin": "é", "unixReviewTime": 40.0}
{"reviewerID": "u2", "asin": "d", "unixReviewTime": 4e1}
END
like "JSON lines" stair-ingest "${loo[@]}" in.jsonl
like "JSON lines, told by content" sh -c 'stair-ingest "$@" <in.jsonl' sh "${loo[@]}"
like "JSON lines, keys by name" stair-ingest "${loo[@]}" --user reviewerID --item asin --time unixReviewTime in.jsonl

printf 'user,item,x_label\n1,0,0\n0,2,1\n0,1,0\n0,0,2\n1,2,0\n' >label.csv
stair-ingest -q -o d.npz label.csv
echo '{"0": [1], "1": [0, 2]}' >train.json
echo '{"0": [2], "1": []}' >valid.json
echo '{"0": [0]}' >test.json
like "JSON split files" stair-ingest train.json valid.json test.json
like "a label column by name" stair-ingest --split label --label x_label label.csv
awk -F, '{print $3","$2","$1}' label.csv >turned.csv
like "a label column by number" stair-ingest --label 1 --user 3 --item 2 turned.csv
(head -n 1 label.csv && tail -n +2 label.csv | tac) >tac.csv
like "dense integers: the order of rows does not matter" stair-ingest tac.csv
stair-ingest -q -o a1.npz label.csv && stair-ingest -q -o a2.npz label.csv
equal_files "the same bytes again" a1.npz a2.npz
gzip -nkf label.csv
stair-ingest -q -o a2.npz label.csv.gz
equal_files "the same bytes from gzip" a1.npz a2.npz
stair-ingest -q <label.csv | cat >a2.npz
equal_files "the same bytes from a pipe into a pipe" a1.npz a2.npz

counts() { stair-ingest -o c.npz "$@" 2>&1 | tail -n 1; }
seq 0 9 | awk 'BEGIN { print "user,item,time" } { print "u," $1 "," 9 - $1 }' >ten.csv
same "ratio of ten" "$(counts ten.csv)" "stair-ingest: 1 users, 10 items; 8 train, 1 valid, 1 test"
same "another ratio" "$(counts --split ratio:6:2:2 ten.csv)" "stair-ingest: 1 users, 10 items; 6 train, 2 valid, 2 test"
same "no valid part" "$(counts --split time:7:0:3 ten.csv)" "stair-ingest: 1 users, 10 items; 7 train, 0 valid, 3 test"
same "core" "$(counts --core 2 in.csv)" "stair-ingest: 2 users, 2 items; 4 train, 0 valid, 0 test"
printf 'user,item\na,x\na,y\na\nb,x\n,x\nb,"y"z\n' >bad.csv
same "skip-bad" "$(stair-ingest --skip-bad -o c.npz bad.csv 2>&1 | head -n 1)" \
	"stair-ingest: skipped 3 malformed rows, the first: 'bad.csv', line 4: the row has 1 field, the header has 2"
printf '{"user":1,"item":2}\n{"user":1\n[]\n{"user":1,"item":3}\n{"user":1.5,"item":3}\n' >bad.jsonl
same "skip-bad in JSON lines" "$(stair-ingest --skip-bad -o c.npz bad.jsonl 2>&1 | head -n 2)" \
	"stair-ingest: skipped 3 malformed rows, the first: 'bad.jsonl', line 2: the line ends inside a value
stair-ingest: read 2 rows, dropped 0 duplicates: 1 users, 2 items"
printf 'user,item\n"a,x\n' >quote.csv
same "no-quotes" "$(counts --no-quotes quote.csv)" "stair-ingest: 1 users, 1 items; 1 train, 0 valid, 0 test"

# every message
bad() { # bad 'file content' 'message' OPTION...: exit 1, old output survives
	printf '%b' "$1" >bad.in
	local msg=$2
	shift 2
	echo old >old.npz
	fails 1 "stair-ingest: $msg" stair-ingest -o old.npz "$@" bad.in
	echo old | cmp -s - old.npz || ok 1 "the old output is gone"
}
bad 'u,v\n1,2\n' "'bad.in' has no user column: its columns are 'u', 'v' (name one with --user, or say --no-header)"
bad 'user,v w\n1,2\n' "'bad.in' has no item column: its columns are 'user', 'v w' (name one with --item, or say --no-header)"
bad 'user,item\n1,2\n' "'bad.in' has no column 'artist': its columns are 'user', 'item'" --item artist
bad 'user,item\n1,2\n' "'bad.in' has no column 'when': its columns are 'user', 'item'" --time when
bad 'user,item\n1,2\n' "'bad.in' has no column 3: it has 2" --item 3
bad 'user,item\n1,2\n' "'bad.in' has no label column: its columns are 'user', 'item' (name one with --label, or say --no-header)" --split label
bad 'user,item\n1,2\n' "'bad.in' has no time column: its columns are 'user', 'item' (name one with --time, or say --no-header)" --split time
bad 'user,item\n1,2\n' "'bad.in': the user and the item column are the same, column 1" --item user
bad '1,2\n' "'bad.in' has no header to find column 'who' in: give its number" --no-header --user who
bad '1,2\n' "'bad.in' has no header: give the number of the time column with --time" --no-header --split time
bad '1\n' "'bad.in' has one column: no comma, tab, ';', '|', '::' or blank stands in its first line (give the separator with --sep)" --no-header
bad 'user,item,x_label\na,b,0\na,c,x\n' "'bad.in', line 3: label 'x' is not a number; --skip-bad passes over such rows"
bad 'user,item,x_label\na,b,\n' "'bad.in', line 2: label '' is not a number"
bad 'user,item,x_label\na,b,3\n' "'bad.in', line 2: label '3' is not 0 (train), 1 (valid) or 2 (test)"
bad 'user,item,x_label\na,b,0.5\n' "'bad.in', line 2: label '0.5' is not 0 (train), 1 (valid) or 2 (test)"
bad 'user,item,x_label\na,b,-1\n' "'bad.in', line 2: label '-1' is not 0 (train), 1 (valid) or 2 (test)"
bad 'user,item,time\na,b,01/02/2014\n' "'bad.in', line 2: time '01/02/2014' is neither a number nor a date like 2024-03-01 or 2024-03-01T10:30:00Z" --split time
bad 'user,item,time\na,b,nan\n' "'bad.in', line 2: time 'nan' is neither a number nor a date like 2024-03-01 or 2024-03-01T10:30:00Z" --split time
bad 'user,item\n\n\na,\n' "'bad.in', line 4: the item id is empty"
bad 'user,item\n"",x\n' "'bad.in', line 2: the user id is empty"
bad 'user,item,x\na,b,1\na,b\n' "'bad.in', line 3: the row has 2 fields, the header has 3; --skip-bad passes over such rows"
bad 'user,item\na,b,c\n' "'bad.in', line 2: the row has 3 fields, the header has 2"
bad 'a,b\na\n' "'bad.in', line 2: the row has 1 field, the first row has 2; --skip-bad passes over such rows" --no-header
bad 'user,item\n"a\nb",x\n"a"b,x\n' "'bad.in', line 4: a quote inside an unquoted field, or text after a closing quote; --skip-bad passes over such rows"
bad 'user,item\na,"x\n' "'bad.in', line 2: a quote is not closed before the end of the file"
bad 'user,item\na,\000x\n' "'bad.in', line 2: NUL byte in the row"
bad "user,item\na,$(printf %0256d 0)\n" "'bad.in', line 2: the item id is longer than 255 bytes"
bad '' "there are no rows in the input"
bad 'user,item\n' "there are no rows in the input"
bad 'user,item\na\n,x\n' "all 2 rows are malformed, the first: 'bad.in', line 2: the row has 1 field, the header has 2" -q --skip-bad
bad 'user,item\na,x\nb,y\n' "the 2-core is empty: nothing is left after 1 rounds" -q --core 2
bad 'user,item\na,0\nb,2\n' "user ids are not the integers 0..n-1: 'a' is not a whole number in plain digits" -q --ids integer
bad 'user,item\n0,0\n1,2\n' "item ids are not the integers 0..n-1: there are 2 and 1 is missing" -q --ids integer
bad '{"user": 1}\n' "'bad.in', line 1: the record has no item key (name one with --item)"
bad '{"user": 1, "item": 2}\n' "'bad.in', line 1: the record has no key 'artist'" --item artist
bad '{"user": 1, "item": 2}\n' "'bad.in', line 1: the record has no time key (name one with --time)" --split time
bad '\n{"user": 1, "item": null}\n' "'bad.in', line 2: the item is neither a string nor a whole number"
bad '{"user": 1, "item": 1.0}\n' "'bad.in', line 1: the item is neither a string nor a whole number"
bad '{"user": "", "item": 1}\n' "'bad.in', line 1: the user id is empty"
bad '{"user": "a\\u0000", "item": 1}\n' "'bad.in', line 1: the user id contains a NUL byte"
bad "{'user': 1}\n" "'bad.in', line 1: expected a key in double quotes"
bad '{"user": 1, "item": 2}\n7\n' "'bad.in', line 2: the line is not an object; --skip-bad passes over such rows"
bad '{"user": 1,\n "item": 2}\n' "'bad.in', line 1: the line ends inside a value (objects of several lines become lines by: jq -c .)"
bad '{"user": 1, "item": "a\nb"}\n' "'bad.in', line 1: the line ends inside a value (objects of several lines become lines by: jq -c .)"
bad '{"user": 1, "item": 2}\n{\n"user"' "'bad.in', line 2: the line ends inside a value; --skip-bad passes over such rows"
bad '{"user": 1, "item": 2}\n{"user"' "'bad.in', line 2: expected ':' after a key; --skip-bad passes over such rows"
bad '{"0": [1, 2.5]}' "'bad.in', line 1: an item is neither a string nor a whole number; --skip-bad passes over such rows"
bad '{"0": [1], "1": 3}' "'bad.in', line 1: a user's items are not a list"
bad '{"0": [1]} {}' "'bad.in', line 1: text after the object"
bad '{"0": [1\n' "'bad.in', line 2: the input ends inside a value"
bad '{"0": [1]}' "split files in JSON are two or three (train, test, or train, valid, test), not 1" --split label
bad '{"0": [1]}' "'bad.in' has no times: user -> [items] files have none" --split time
bad '[1]' "'bad.in', line 1: the file is not an object user -> [items]" --format json-split
head -c 60 in.csv.gz >cut.csv.gz
fails 1 "stair-ingest: cannot read 'cut.csv.gz': gzip stream ends early" stair-ingest cut.csv.gz
fails 1 "stair-ingest: cannot open 'none.csv': No such file or directory" stair-ingest none.csv
fails 1 "stair-ingest: cannot read '.': is a directory" stair-ingest .
fails 1 "stair-ingest: cannot write '/dev/full': No space left on device" stair-ingest -q -o /dev/full in.csv
fails 2 "stair-ingest: only one input can be standard input" stair-ingest - -
fails 2 "stair-ingest: split 'tmie:8:1:1' is none of ratio[:8:1:1], time[:8:1:1], time-global[:8:1:1], hash[:8:1:1], cold-items[:8:1:1], leave-one-out, label (did you mean 'time'?)" \
	stair-ingest --split tmie:8:1:1 in.csv
fails 2 "stair-ingest: split 'random' is none of ratio[:8:1:1], time[:8:1:1], time-global[:8:1:1], hash[:8:1:1], cold-items[:8:1:1], leave-one-out, label" stair-ingest --split random in.csv
fails 2 "stair-ingest: split 'label' takes no ratio" stair-ingest --split label:1:1:1 in.csv
fails 2 "stair-ingest: split 'ratio:8:1': the ratio is not three whole numbers TRAIN:VALID:TEST, TRAIN at least 1, all at most 1000000" stair-ingest --split ratio:8:1 in.csv

# the manual's examples, as they stand there
sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAG/s/^\$ //p' "$TOP/man/man1/stair-ingest.1" | sed 's/\\e/\\/g' >examples
mkdir examples.d
runs "the manual's $(wc -l <examples) examples" sh -c 'cd examples.d && sh -e ../examples'

for set in amazon-baby/baby:19445:7050:118551:21682:20559 \
	amazon-sports/sports:35598:18357:218409:40029:37899 \
	tiktok/tiktok:9308:6710:59541:3051:6130; do
	IFS=: read -r file users items train valid test <<<"$set"
	if [ -e "$DATA/$file.inter.gz" ]; then
		stair-ingest -o real.npz "$DATA/$file.inter.gz" 2>err
		same "${file##*/}" "$(tail -n 2 err)" "stair-ingest: split label; users indexed by integer id, items by integer id
stair-ingest: $users users, $items items; $train train, $valid valid, $test test"
	else
		skip "${file##*/}" "the data is not there"
	fi
done
done_testing
