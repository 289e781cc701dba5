#!/usr/bin/env bash
# stair-ingest on what shops and archives export: conditions, separators, times,
# repeated purchases, splits of files, damage of all kinds.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

# rows 'content' OPTIONS...: user:item:part of the dataset, in one line
rows() {
	printf '%b' "$1" >rows.in
	shift
	stair-ingest -q -o rows.npz "$@" rows.in 2>&1 || return
	stair-cat rows.npz | awk '{printf "%s%s:%s:%s", s, $1, $2, $3; s = " "}'
}
# left 'content' OPTIONS...: the pairs that are read
left() {
	rows "$@" --split ratio:1:0:0 | sed -E 's/:0( |$)/\1/g'
}
# says 'content' 'part of a note' OPTIONS...
says() {
	printf '%b' "$1" >says.in
	local want=$2
	shift 2
	stair-ingest -o says.npz "$@" says.in 2>says.err
	grep -qF -- "$want" says.err
	ok $? "says: $want"
	grep -qF -- "$want" says.err || sed 's/^/# /' says.err
}
# bad 'content' 'message' OPTIONS...
bad() {
	printf '%b' "$1" >bad.in
	local msg=$2
	shift 2
	fails 1 "stair-ingest: $msg" stair-ingest -q -o bad.npz "$@" bad.in
}

# -- conditions -------------------------------------------------------------------
log='user,item,rating,event,when\na,x,5,view,2024-01-02\na,y,4.0,buy,2024-01-03\nb,x,3,buy,2024-02-01\nb,z,,"add to ""cart""",2024-03-01\n'
same "where: numbers as numbers" "$(left "$log" --where 'rating>=4')" "a:x a:y"
same "where: an equal number is written otherwise" "$(left "$log" --where rating=4)" "a:y"
same "where: text" "$(left "$log" --where event=buy)" "a:y b:x"
same "where: unlike" "$(left "$log" --where 'event != buy')" "a:x b:z"
same "where: quotes of the table" "$(left "$log" --where 'event=add to "cart"')" "b:z"
same "where: dates" "$(left "$log" --where 'when<2024-02-01')" "a:x a:y"
same "where: all of several" "$(left "$log" --where 'rating>3' --where event=buy)" "a:y"
same "where: an empty value is absent" "$(left "$log" --where rating=)" "b:z"
same "where: a column by number" "$(left "$(printf '%s' "$log" | sed 's/^[^\\]*\\n//')" --no-header --where '4=buy')" "a:y b:x"
json='{"user":"a","item":"x","rating":5}\n{"user":"a","item":"y","rating":"4"}\n{"user":"b","item":"x","rating":null}\n{"user":"b","item":"y"}\n{"user":"c","item":"x","rating":NaN}\n{"user":null,"item":3.5,"rating":1}\n'
same "where: JSON, where absent and null are no number" "$(left "$json" --where 'rating>=4')" "a:x a:y"
same "where: JSON words" "$(left '{"user":1,"item":2,"verified":true}\n{"user":1,"item":3,"verified":false}\n' --where verified=true)" "1:2"
same "where: rows that do not meet it may be bad" "$(left 'user,item,kind\n,x,skip\na,b,keep\n' --where kind=keep)" "a:b"
says "$log" "stair-ingest: --where left out 2 rows" --where event=buy
bad "$log" "'bad.in' has no column 'score': its columns are 'user', 'item', 'rating', 'event', 'when'" --where 'score>3'
bad "$json" "no record has the key 'score' of --where" --where 'score>3' --skip-bad
bad "$log" "no row meets --where: 4 rows do not" --where 'rating>9'
bad 'user,item,rating\na,x,good\n' "'bad.in', line 2: rating 'good' cannot be compared with the number 4" --where 'rating>4'
bad '{"user":1,"item":2,"rating":[5]}\n' "'bad.in', line 1: 'rating' is neither a string nor a number" --where 'rating>4'
bad '{"a":["x"]}' "'bad.in' has no columns for --where: user -> [items] files have none" --where a=b
for op in '<>' '=>' '=<' '><'; do
	fails 2 "stair-ingest: option '--where': 'rating${op}4' is not COLUMN OP VALUE, as in 'rating>=4': the operator is none of = != < <= > >=" \
		stair-ingest --where "rating${op}4" in.csv
done
for value in '' '""'; do
	fails 2 "stair-ingest: option '--where': 'rating>=$value' is not COLUMN OP VALUE, as in 'rating>=4': the value is empty" \
		stair-ingest --where "rating>=$value" in.csv
done
bad "$log" "'bad.in', line 2: rating '5' cannot be compared with the text '4,5'" --where 'rating>=4,5'
bad "$log" "'bad.in', line 2: when '2024-01-02' cannot be compared with the text '1.2.24'" --where 'when>1.2.24'
same "where: the order of texts" "$(left "$log" --where 'event>b') $(left "$log" --where 'rating>"4.5"')" "a:x a:y b:x a:x"
fails 2 "stair-ingest: option '--where': 'rating' is not COLUMN OP VALUE, as in 'rating>=4': there is none of = != < <= > >=" stair-ingest --where rating in.csv
says "$log" "stair-ingest: column 'rating' is ignored: every row is a positive interaction (--where chooses, as in --where 'rating>=4')"
says "$log" "stair-ingest: column 'event' is ignored: rows of every kind count (--where chooses, as in --where 'event=purchase')"
same "each of them once" "$(stair-ingest -o x.npz says.in says.in 2>&1 | grep -c 'is ignored')" 2
says "$json" "column 'rating' is ignored" --skip-bad
stair-ingest -o x.npz --where 'rating>0' --where 'event!=x' says.in says.in 2>says.err
stair-ingest -o x.npz --where 'rating>0' --where 'event!=x' rows.in 2>>says.err
same "not if a condition reads it" "$(grep -c 'is ignored' says.err)" 0

# -- separators -------------------------------------------------------------------
ml='1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978298413\n'
for sep in ',' '\t' ';' '|' '::' ' '; do
	same "separator '$sep' is found" "$(left "${ml//::/$sep}" --no-header)" "1:1193 1:661 2:1193"
done
printf '%b' "user;item;price\na;x;1,5\n\na;\"y;,,\";2,5\n" >semi.csv
stair-ingest -q -o semi.npz semi.csv
same "it is found in a .csv" "$(stair-cat semi.npz | cut -f 2 | tr '\n' ' ')" "x y;,, "
same "empty lines before it do not matter" "$(left '\n\n\r\nuser;item\na;x\n')" "a:x"
same "a byte order mark does not either" "$(left '\357\273\277user;item\na;x\n')" "a:x"
same "the one that splits all lines is taken" "$(left 'a;x,1\na;y,2,3\nb;x\n' --no-header)" "a:x,1 a:y,2,3 b:x"
same "--sep" "$(left 'user, item\na, x\nb, y\n' --sep ', ' --item item)" "a:x b:y"
same "--sep \\t" "$(left 'user,x\titem\na,b\tc\n' --sep '\t' --user user,x)" "a,b:c"
bad 'a^b\n' "'bad.in' has one column: no comma, tab, ';', '|', '::' or blank stands in its first line (give the separator with --sep)" --no-header
fails 2 "stair-ingest: option '--sep': '--format jsonl' has a separator of its own or none" stair-ingest --sep ';' --format jsonl x
fails 2 "stair-ingest: option '--sep': no quote or line end can separate fields" stair-ingest --sep '";"' x

# -- times ------------------------------------------------------------------------
# late 'TIME TIME TIME' [OPTIONS]: which of the three, in order x y z, is the last
late() {
	local f=$1
	shift
	set -- "$(printf 'user;item;time\\na;x;%s\\na;y;%s\\na;z;%s\\n' $f)" --split leave-one-out "$@"
	rows "$@" | tr ' ' '\n' | sed -n 's/^a:\(.\):2$/\1/p'
}
same "nanoseconds, exactly" "$(late '1700000000000000103 1700000000000000052 1700000000000000001')" x
same "microseconds in a fraction" "$(late '1700000000.000001 1700000000.000003 1700000000.000002')" y
same "negative and exponents" "$(late '-5 1e-3 -1e9')" y
same "dates" "$(late '2023-12-31 2024-02-29 2024-02-01')" y
same "zones" "$(late '2024-01-01T00:30:00+02:00 2023-12-31T23:00:00Z 2023-12-31T23:00:00-01:00')" z
same "microseconds of a date" "$(late '2024-01-01T00:00:00.000002 2024-01-01T00:00:00.000001 2024-01-01T00:00:00')" x
for name in timestamp time unixReviewTime created_at createdAt datetime date event_time order_date ts; do
	same "a column '$name' is a time" "$(rows "user,item,$name\na,x,3\na,y,1\na,z,2\n" --split leave-one-out)" "a:y:0 a:z:1 a:x:2"
done
same "JSON" "$(rows '{"user":1,"item":"x","date":"2024-01-03"}\n{"user":1,"item":"y","date":"2024-01-01"}\n{"user":1,"item":"z","date":"2024-01-02"}\n' --split leave-one-out)" "1:y:0 1:z:1 1:x:2"
same "times of 10,000 years and of all seconds in one order" "$(late '0001-01-01T00:00:00Z 9999-12-31T23:59:59Z 2024-01-01T00:00:00Z')" y
same "a time between blanks" "$(rows 'user,item,time\na,x, 2024-01-03\na,y,\t2024-01-02 \na,z,2024-01-01\n' --split leave-one-out)" "a:z:0 a:y:1 a:x:2"
says 'user,item,day\na,x,1.2.24\n' "column 'day' is not read: neither --split nor --repeat needs times here" --time day
says 'user,item,time\na,x,2024-01-01T10:00:00Z\na,y,2024-01-01T10:00:00\n' "some times have a zone and some have none: those without are taken as UTC" --split time
bad 'user,item,time\na,x,2024-01-01\na,y,17\n' "'bad.in', line 3: time '17' is a number, but those before are dates; --skip-bad passes over such rows" --split time
bad 'user,item,time\na,x,17\na,y,2024-01-01\n' "'bad.in', line 3: time '2024-01-01' is a date, but those before are numbers; --skip-bad passes over such rows" --split time
bad 'user,item,time\na,x,99999999999999999999\n' "'bad.in', line 2: time '99999999999999999999' is too large a number" --split time
bad '{"user":1,"item":2}\n{"user":1,"item":3,"time":4}\n' "'bad.in', line 2: the record has a time, those before it have none" --split leave-one-out
bad '{"user":1,"item":2,"time":3}\n{"user":1,"item":3}\n' "'bad.in', line 2: the record has no time key (name one with --time); --skip-bad passes over such rows" --split leave-one-out
bad '{"user":1,"item":2}\n{"user":1,"item":3}\n' "all 2 rows are malformed, the first: 'bad.in', line 1: the record has no time key (name one with --time)" --split time --skip-bad
bad '{"user":1,"item":2}\n{"user":1,"item":3,"x_label":2}\n' "'bad.in', line 2: the record has a label, those before it have none"
bad '{"user":1,"item":2}\n{"user":1,"item":3,"x_label":2}\n' "'bad.in', line 2: the record has a label, those before it have none" --skip-bad
bad '{"user":1,"item":2,"x_label":0}\n{"user":1,"item":3}\n' "'bad.in', line 2: the record has no label key (name one with --label); --skip-bad passes over such rows"
printf 'user,item\na,x\n' >none.csv
printf 'user,item,x_label\na,y,2\n' >some.csv
fails 1 "stair-ingest: 'some.csv' has a label column, the files before it have none" stair-ingest none.csv some.csv
fails 1 "stair-ingest: 'none.csv' has no label column: its columns are 'user', 'item' (name one with --label, or say --no-header)" stair-ingest some.csv none.csv

# -- repeated purchases -------------------------------------------------------------
again='user,item,time\na,x,9\na,y,5\na,x,1\na,z,3\na,x,7\n'
same "repeat: the earliest where times are read" "$(rows "$again" --split leave-one-out)" "a:x:0 a:z:1 a:y:2"
same "repeat first" "$(rows "$again" --split leave-one-out --repeat first)" "a:z:0 a:y:1 a:x:2"
same "repeat last" "$(rows "$again" --split leave-one-out --repeat last)" "a:z:0 a:y:1 a:x:2"
same "repeat latest" "$(rows "$again" --split leave-one-out --repeat latest)" "a:z:0 a:y:1 a:x:2"
same "repeat last, which is early" "$(rows 'user,item,time\na,x,9\na,y,5\na,x,1\na,z,3\n' --split leave-one-out --repeat last)" "a:x:0 a:z:1 a:y:2"
{
	echo user,item,time
	for i in $(seq 200); do echo "u$((i * 7 % 5)),i$((i * i % 11)),$((i * 37 % 199))"; done
} >mixed.csv
for rule in earliest latest; do
	for split in time time-global leave-one-out; do
		stair-ingest -q --repeat $rule --split $split -o a.npz mixed.csv
		(head -n 1 mixed.csv && tail -n +2 mixed.csv | tac) | stair-ingest -q --repeat $rule --split $split -o b.npz -
		same "repeat $rule, split $split: the order of the rows does not matter" \
			"$(stair-cat a.npz | sort | cksum)" "$(stair-cat b.npz | sort | cksum)"
	done
done
bad 'user,item\na,x\n' "'bad.in' has no time column: its columns are 'user', 'item' (name one with --time, or say --no-header)" --repeat latest
says 'user,item,x_label\na,x,0\na,x,2\na,y,2\n' "1 of the dropped rows had another label than the row that was kept"

# -- a split of files -----------------------------------------------------------------
mkdir -p train test other
printf 'user,item\na,x\na,y\nb,x\n' | tee train.csv >train/part-0.csv
printf 'user,item\na,z\nb,y\n' | tee test.csv >test/part-0.csv
echo '{"a": ["x", "y"], "b": ["x"]}' >train.json
echo '{"a": ["z"], "b": ["y"]}' >test.json
printf '{"user": "a", "item": "x"}\n{"user": "a", "item": "y"}\n{"user": "b", "item": "x"}\n' >my-train.jsonl
printf '{"user": "a", "item": "z"}\n{"user": "b", "item": "y"}\n' >my-TEST.jsonl
kept="a:x:0 a:y:0 a:z:2 b:x:0 b:y:2"
parts() {
	stair-ingest -o parts.npz "$@" 2>parts.err && stair-cat parts.npz | awk '{print $1 ":" $2 ":" $3}' | sort | tr '\n' ' ' | sed 's/ $//'
}
same "train.csv test.csv" "$(parts train.csv test.csv)" "$kept"
grep -q 'split label by the names of the files' parts.err
ok $? "says so"
same "in the other order" "$(parts test.csv train.csv)" "$kept"
same "train.json test.json" "$(parts test.json train.json)" "$kept"
same "JSON lines" "$(parts my-train.jsonl my-TEST.jsonl)" "$kept"
same "folders of that name" "$(parts train/part-0.csv test/part-0.csv)" "$kept"
same "--split label" "$(parts --split label train.csv test.csv)" "$kept"
cp train.json one.json && cp test.json two.json
same "two JSON files without such names" "$(parts one.json two.json)" "$kept"
grep -q 'split label by the order of the files' parts.err
ok $? "says so"
same "leave-one-out of such a file, which has no times" "$(rows '{"a":["x","y","z"],"b":["x"]}' --split leave-one-out)" "a:x:0 a:y:1 a:z:2 b:x:0"
same "another split if it is asked for" "$(parts --split ratio:1:0:0 train.json test.json)" "${kept//:2/:0}"
printf 'user,item,x_label\na,x,0\na,z,2\n' >train2.csv
printf 'user,item,x_label\nb,x,0\na,y,0\nb,y,2\n' >test2.csv
same "a label column says it before the names" "$(parts train2.csv test2.csv)" "$kept"
fails 1 "stair-ingest: the name of 'train.csv' says which part of a split it is, that of 'none.csv' does not: rename it, or give --split" stair-ingest train.csv none.csv test.csv
fails 1 "stair-ingest: split files in JSON are two or three (train, test, or train, valid, test), not 4" stair-ingest one.json one.json one.json one.json
same "one of that name alone is no split" "$(parts --split ratio:1:0:0 train.csv)" "a:x:0 a:y:0 b:x:0"

# -- damage -------------------------------------------------------------------------
good="a:x c:z d:w"
skips() { # skips NAME 'content' [OPTIONS]: one bad row among good ones
	local name=$1 f=$2
	shift 2
	same "$name" "$(left "$f" --skip-bad "$@")" "$good"
	says "$f" "skipped 1 malformed rows" --skip-bad --split ratio:1:0:0 "$@"
}
skips "a quote in the middle, CR alone" 'user,item\ra,x\rb,5" y\rc,z\rd,w\r'
skips "an unclosed quote costs one row" 'user,item\na,x\nb,"y\nc,z\nd,w\n'
skips "also with CR, and a quote later" 'user,item\ra,x\rb,"y\rc,z\r"d","w"\r'
skips "a field too many, CR alone" 'user,item\ra,x\rb,y,1\rc,z\rd,w'
skips "NUL, CR alone" 'user,item\ra,x\rb,\000\rc,z\rd,w\r'
skips "JSON lines that end in CR" '{"user":"a","item":"x"}\r{"user":"b"\r{"user":"c","item":"z"}\r{"user":"d","item":"w"}\r'
skips "JSON lines, a key without a value" '{"user":"a","item":"x"}\n{"user":"b","item":}\n{"user":"c","item":"z"}\n{"user":"d","item":"w"}'
all="a:x b:y c:z"
lines='{"user":"a","item":"x"V}\n{"user":"b","item":"y"}\n{V2"user":"c","item":"z"}\n'
for v in ',"price":NaN' ',"price":-Infinity' ',"text":"cut \\ud83d"' ',"text":"\\ude00\\ud83d\\ud83d!"' ',"text":"a\tb"' \
	',"t":[1,{"x":[NaN,"\\udc00"]}]' ',"uid":null' ',"uid":1.5' ',"uid":[2]' ',"asin":{"a":1}' ',"iid":NaN' ',"text":"\\x"'; do
	f=${lines/V\}/$v\}}
	f=${f/V2/}
	same "JSON: ${v//\\/}, which is of no use" "$(left "$f" --skip-bad)" "$all"
	same "also without --skip-bad" "$(left "$f")" "$all"
done
for v in '"uid":null,' '"uid":1.5,' '"uid":{},' '"userID":null,'; do
	same "JSON: $v before a better key" "$(left "$(printf '%s' "${lines/V\}/\}}" | sed "s/V2/$v/")")" "$all"
done
bad '{"user":"\\ud83d","item":"x"}\n' "'bad.in', line 1: the user is neither a string nor a whole number"
bad '{"user":NaN,"item":"x"}\n' "'bad.in', line 1: the user is neither a string nor a whole number"
bad '{"user":null,"uid":"a","item":"x"}\n' "'bad.in', line 1: the user is neither a string nor a whole number"
bad '{"user":"a","item":"x","time":NaN}\n' "'bad.in', line 1: the time is neither a string nor a number" --split time
for f in '{"user":"a","item":"x"}\n{"user":"b","item":"y"}\n' '{"a":["x"],"b":["y"]}' 'user\titem\na\tx\nb\ty\n'; do
	same "a byte order mark: ${f:0:12}.." "$(left "\357\273\277$f")" "a:x b:y"
done
cp rows.in mark.json
runs "under any name" stair-ingest -q -o x.npz mark.json
(printf 'user,item\na,x\n' | gzip -n && head -c 1000 /dev/zero) >padded.gz
(cat padded.gz && printf 'b,y\n' | gzip -n && head -c 3 /dev/zero) >two.gz
stair-ingest -q -o x.npz padded.gz && stair-ingest -q -o y.npz two.gz
same "NUL bytes behind gzip, and more gzip behind them" "$(stair-cat x.npz | wc -l) $(stair-cat y.npz | wc -l)" "1 2"
(cat padded.gz && echo junk) >junk.gz
fails 1 "stair-ingest: cannot read 'junk.gz': damaged gzip stream: incorrect header check" stair-ingest junk.gz

# -- what may not be meant -----------------------------------------------------------
says 'user,item\na,x\na,y\nb,x\n' "no interaction is held out: a model of these data cannot be evaluated"
says 'user,item\na,x\n a,y\nb ,x\n' "2 user ids begin or end with a blank, the first ' a'; 1 of them without it are other ids"
says 'user,item\na,x\nb,"y\nz"\n' "1 item ids hold a line end, the first 'y?z' (an unclosed quote?)"
says "user,item\n$(for i in $(seq 9); do printf 'u%s,x%s\\n' "$i" "$i"; done)u1,$(printf '%0100d' 1)\n" "the longest item id has 100 bytes, 11 are usual: '00000000"
says 'user,item,n\na,x,1\nuser,item,n\nb,y,2\n' "passed over 1 rows that repeat the header, the first in line 3"
same "which are no interactions" "$(left 'user,item,n\na,x,1\nuser,item,n\nb,y,2\n')" "a:x b:y"
says 'user,item\na,x\nUSER,Item\nb,y\n' "passed over 1 rows that repeat the header, the first in line 3"
says 'user,item\na,x\n\xEF\xBB\xBFuser,item\nb,y\n' "passed over 1 rows that repeat the header, the first in line 3"
bad 'user,item\na,x\nitem,user\ny,b\n' "'bad.in', line 3 is a header with the columns in another order: give what follows as a file of its own" --skip-bad
says 'user,item\na,x\nuser_id,item_id\nb,y\n' "one user is called 'user_id', as a column is (a second header inside?)"
says '1,1193,5\n1,661,3\n2,1193,4\n' "the first row is taken as a header, but it holds the number '1' (--no-header takes it as data)" --user 1 --item 2
stair-ingest --user 1 --item 2 -o says.npz <(printf 'a,b,5\nx,y,3\n') 2>&1 | grep -q "holds the number '5'"
ok $? "in any column"
stair-ingest --user a --item 2 -o says.npz <(printf 'a,b\nx,y\n') 2>&1 | grep "holds the number"
same "no number, no note" "${PIPESTATUS[1]}" 1
for sep in ';' '|' ',' '\t'; do
	same "Excel's line of the separator '$sep'" "$(left "sep=$sep\r\nuser${sep}item\r\na${sep}x\r\nb${sep}y\r\n")" "a:x b:y"
done
printf 'user,item\na,x\n' >plain-table
printf '{"user":"a","item":"z"}\n' >lines.json
fails 1 "stair-ingest: 'lines.json' is JSON, the files before it are tables: read them one by one" stair-ingest -q -o x.npz plain-table lines.json
fails 1 "stair-ingest: 'plain-table' is a table, the files before it are JSON: read them one by one" stair-ingest -q -o x.npz lines.json plain-table
echo >nothing
same "an empty file is of any kind" "$(stair-ingest -q lines.json nothing | stair-cat | cut -f 1,2)" "a	z"
same "in each of several files" "$(printf 'sep=;\nuser;item\na;x\n' >one.csv && cp one.csv two.csv && stair-ingest -q one.csv two.csv | stair-cat | cut -f 1,2)" "a	x"
says 'user,item\nM\xfcller,x\nb,y\n' "1 user ids are not in UTF-8, the first 'M$(printf '\xfc')ller' (for Western Europe: iconv -f CP1252 -t UTF-8)"
same "JSON lines that were put together" "$(left '\xEF\xBB\xBF{"user":1,"item":2}\n\xEF\xBB\xBF{"user":1,"item":3}\n')" "1:2 1:3"
bad '{"user":1,"item":2}\n\xEF{"user":1,"item":3}\n' "'bad.in', line 2: neither a value nor its end; --skip-bad passes over such rows"
for id in NULL None nan '\\N'; do
	says "user,item\n$id,x\nb,y\n" "one user is called '$(printf %b "$id")', as a missing value is (--where leaves it out)"
done
same "which leaves it out" "$(left 'user,item\nNULL,x\nb,y\n' --where 'user!=NULL')" "b:y"
says 'user,item\na,x\xC2\xA0\nb,\xE2\x80\x8By\n' "2 item ids begin or end with a blank, the first 'x$(printf '\xC2\xA0')'; 0 of them without it are other ids"
says 'user_id,item_id\na,x\n' "the first row looks like a header, but --no-header takes it as data" --no-header

# -- what is no text -----------------------------------------------------------------
printf 'user,item\na,x\nb,y\n' >plain.csv
foreign() { # foreign FILE 'what' 'command'
	local want=text
	[[ $2 != text* ]] || want=UTF-8
	fails 1 "stair-ingest: '$1' is $2, not $want; read it with: $3 | stair-ingest [options]" stair-ingest "$1"
}
works() { # works COMMAND: what the message says gives the rows
	same "$1" "$(eval "$1" 2>&1 | stair-ingest -q --split ratio:1:0:0 | stair-cat | cut -f 1,2 | tr '\n\t' '  ')" "a x b y "
}
for c in 'xz:compressed by xz:xz -dc' 'bzip2:compressed by bzip2:bzip2 -dc' 'zstd:compressed by zstd:zstd -dc' \
	'lz4:compressed by lz4:lz4 -dc' 'lzip:compressed by lzip:lzip -dc'; do
	IFS=: read -r tool what command <<<"$c"
	if command -v "$tool" >/dev/null; then
		"$tool" -c <plain.csv >"plain.csv.$tool"
		foreign "plain.csv.$tool" "$what" "$command 'plain.csv.$tool'"
		works "$command 'plain.csv.$tool'"
	else
		skip "$what" "no $tool"
	fi
done
if [ -n "$PY" ]; then
	$PY - <<'EOF'
import zipfile
with zipfile.ZipFile("plain.zip", "w") as z:
    z.write("plain.csv")
with zipfile.ZipFile("shop.xlsx", "w") as z:
    z.writestr("[Content_Types].xml", "<Types/>")
    z.writestr("xl/workbook.xml", "<workbook/>")
EOF
	foreign plain.zip "a zip archive" "unzip -p 'plain.zip'"
	! command -v unzip >/dev/null || works "unzip -p plain.zip"
	foreign shop.xlsx "an Excel file" "python3 -c 'import pandas, sys; pandas.read_excel(sys.argv[1]).to_csv(sys.stdout, index=False)' 'shop.xlsx'"
else
	skip "zip, xlsx" "no Python"
fi
for to in UTF-16 UTF-16LE UTF-16BE UTF-32; do
	iconv -f UTF-8 -t $to plain.csv >plain.$to
	foreign plain.$to "text in ${to%[BL]E}" "iconv -f $to -t UTF-8 'plain.$to'"
	works "iconv -f $to -t UTF-8 plain.$to"
done
tar -cf plain.tar plain.csv && gzip -n plain.tar
foreign plain.tar.gz "a tar archive" "tar -xOf 'plain.tar.gz'"
works "tar -xOf plain.tar.gz"
printf 'PAR1\025\004\000\000' >shop.parquet
foreign shop.parquet "a Parquet file" "python3 -c 'import pandas, sys; pandas.read_parquet(sys.argv[1]).to_csv(sys.stdout, index=False)' 'shop.parquet'"
printf 'SQLite format 3\000x' >shop.db
foreign shop.db "an SQLite database" "sqlite3 -csv -header 'shop.db' 'SELECT * FROM TABLE'"
printf '<!DOCTYPE html>\n<p>Too many requests' >page.csv
fails 1 "stair-ingest: 'page.csv' is a web page, not text" stair-ingest page.csv
fails 1 "stair-ingest: 'x.npz' is a dataset, not text" stair-ingest x.npz
fails 1 "stair-ingest: '<stdin>' is compressed by zstd, not text; read it with: zstd -dc FILE | stair-ingest [options]" \
	sh -c 'printf "\050\265\057\375\000\001" | stair-ingest'
bad '[{"user":1,"item":2}]' "'bad.in' is a JSON array, not one object per line; read it with: jq -c '.[]' | stair-ingest [options]"
same "words that such files begin with" "$(left 'PAR1,item\na,x\n' --user PAR1)$(left 'BZh9;item\nb;y\n' --user BZh9)" "a:xb:y"
done_testing
