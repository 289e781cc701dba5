#!/usr/bin/env bash
# One's own data: a shop's export with all that is usual in one (a mark before the
# header, CRLF, quoted titles, ids that are addresses, newest first, damaged rows)
# through a copy of own.mk to lists and a page.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS DATA
own=$TOP/pipelines/own.mk

# titles: forms of tables
titles() { # titles INPUT COLUMNS...: what titles.awk makes of a table, a line of it for each item
	printf "$1" | awk -v file=t -v item="${2:-}" -v title="${3:-}" -v picture="${4:-}" -f "$TOP/pipelines/titles.awk" 2>&1 | tail -n +2 | tr '\t\n' '|;'
}
same "titles: tabs, quotes are as they are" "$(titles 'item\ttitle\na\tA "b" c\nb\t"x\n')" 'a|A "b" c|;b|"x|;'
same "commas, quotes, a mark, CRLF, a line end within" \
	"$(titles '\357\273\277id,n,name\r\na,1,"x, ""y"""\r\nb,2,"two\r\nlines"\r\nc,3,z\r\na,4,again\r\n' id name)" 'a|x, "y"|;b|two lines|;c|z|;'
same "semicolons, pictures, columns by number" "$(titles 'p;i;t\n//x/1.png;7;seven\n;8;\n' 2 t p)" '7|seven|//x/1.png;8||;'
same "an empty table" "$(titles '')" ""
same "a column that is not there" "$(printf 'a,b\n1,2\n' | awk -v file=t.csv -v title=name -f "$TOP/pipelines/titles.awk" 2>&1 >/dev/null) $?" \
	"'t.csv' has no column 'name' (of its title) 1"

# an installed copy, and an export
mkdir -p installed/bin installed/share export
ln -s "$BIN"/stair-* installed/bin/
cp -r "$TOP/pipelines" installed/share/stair
PATH=$PWD/installed/bin:$PATH
stair-synth -q --users 300 --items 150 --interactions 2600 --topics 8 --fringe 0 --text-dim 32 --image-dim 48 -o raw
{
	printf '\357\273\277order_id,email,sku,title,price,status,created_at,picture\r\n'
	gzip -dc raw/interactions.csv.gz | sed 1d | sort -t, -k3,3nr | awk -F, '
		BEGIN { while ((getline line <"raw/items.tsv") > 0) { split(line, f, "\t"); title[f[1]] = f[2] } }
		{
			name = title[$2]
			sub(/ /, ", \"\"A\\&B\"\" <new> ", name)
			printf "%d,%s@shop.example,%s,\"%s\",%d.99,%s,", 90000 - NR, tolower($1), $2, name, NR % 50, NR % 90 ? "paid" : "returned"
			printf "2025-%02d-%02dT%02d:%02d:00Z,", 12 - int(NR / 672), 28 - int(NR / 24) % 28, 23 - NR % 24, NR % 60
			printf "https://pictures.shop.example/%s.jpg?a=1&b=2\r\n", $2
			if (NR % 600 == 0) printf "%d,cut@shop.example\r\n", NR
			if (NR % 600 == 300) printf "%d,,%s,no user,1,paid,2025-01-01T00:00:00Z,\r\n", NR, $2
			if (NR % 600 == 450) printf "\001\002\003\r\n"
		}'
} >export/orders.csv
stair-cat -f tsv raw/text.npy | tr '\t' ',' | paste -d, raw/item_ids.txt - >export/vectors.csv
sed -e 's/^INTER =.*/INTER = orders.csv/' -e 's/^USER_COLUMN =.*/USER_COLUMN = email/' -e 's/^ITEM_COLUMN =.*/ITEM_COLUMN = sku/' \
	-e 's/^TIME_COLUMN =.*/TIME_COLUMN = created_at/' -e 's/^SPLIT =.*/SPLIT = time:8:1:1/' -e 's/^WHERE =.*/WHERE = status=paid/' \
	-e 's/^INGEST_OPTIONS =.*/INGEST_OPTIONS = --skip-bad/' -e 's/^FEATURES =.*/FEATURES = text/' \
	-e 's/^text_vectors =.*/text_vectors = vectors.csv/' -e 's/^TITLES =.*/TITLES = orders.csv/' -e 's/^TITLES_ITEM =.*/TITLES_ITEM = sku/' \
	-e 's/^TITLES_TITLE =.*/TITLES_TITLE = title/' -e 's/^TITLES_PICTURE =.*/TITLES_PICTURE = picture/' \
	-e 's/^DIM =.*/DIM = 16/' -e 's/^EPOCHS =.*/EPOCHS = 10/' "$own" >export/shop.mk

says() { # says TEXT ARGUMENTS...: make refuses in one line
	local text=$1
	shift
	make "$@" >out 2>&1
	same "$*" "$? $(wc -l <out | tr -d ' ') $(sed 's/^[^*]*//' out)" "2 1 *** $text.  Stop."
}
says "INTER is not set: name the table of who bought what in a copy of $TOP/pipelines/own.mk, or say make own INTER=orders.csv" -f "$own"
says "INTER: there is no file 'none.csv'" -f "$own" INTER=none.csv
says "text_vectors is not set: FEATURES has text" -f "$own" INTER=export/orders.csv FEATURES=text
says "FEATURES are words of small letters and digits, none of data init items alike model raw titles top best users report, not 'data'" \
	-f "$own" INTER=export/orders.csv FEATURES=data data_vectors=export/vectors.csv
says "of SYSTEMS 'stair' none is possible without features" -f "$own" INTER=export/orders.csv SYSTEMS=stair

# a copy, elsewhere, with the installed pipelines
mkdir work && cd work || exit 1
make -f ../export/shop.mk THREADS=1 >../log 2>&1
ok $? "a copy of own.mk runs from another directory"
sed 's/^/# /' ../log | grep -E '\*\*\*|stair-[a-z]*: ' | head -3 >&2
page=runs/shop/report.html
text=$(sed 's/<[^>]*>/ /g; s/&[a-z]*;/ /g' $page | tr -s ' \n' ' ')
same "the page is whole, and has all its parts" "$(tail -c 15 $page | tr -d '\n') $(grep -oE '<h2 id="[a-z]*"' $page | cut -d'"' -f2 | tr '\n' ' ')" \
	"</body></html> data systems strata examples made "
same "the damaged rows are told" "$(grep -oE 'skipped [0-9]+ malformed rows' <<<"$text")" "skipped 12 malformed rows"
same "the systems, with intervals" "$(cut -f1 runs/shop/report/systems.tsv | tr -d '*' | tail -n +2 | tr '\n' ';') $(grep -c '±0\.' runs/shop/report/systems.tsv)" \
	"most popular items;ItemKNN;STAIR before training;STAIR; 4"
best=$(cat runs/shop/best.txt)
same "the headline is about the best by valid, against the best of the others" \
	"$(sed -nE 's/The best by valid NDCG@20 is (.*)\. On test it has ([0-9.]*);.*/\1 \2/p; s/.*the best of the others, (.*); 95.*/\1/p' runs/shop/report/summary.txt | tr '\n' ' ')" \
	"$(awk -F'\t' -v b="$best" '
		BEGIN { n["popularity"] = "most popular items"; n["itemknn"] = "ItemKNN"; n["stair"] = "STAIR"; n["untrained"] = "STAIR before training" }
		NR > 1 { if ($12 > top) { top = $12; at = $3; test = $10 } v[$3] = $10; of[$3] = $6 }
		END { for (s in v) if (s != at && v[s] > v[other]) other = s; printf "%s %.4f %s ", of[at] == b ? n[at] : "?", test, n[other] }' runs/shop/report.tsv)"
same "an interval is that of stair-compare" "$(awk -F'\t' '$1 ~ /^\*?ItemKNN/ { print $3 }' runs/shop/report/systems.tsv | tr -d '*')" \
	"$(awk -F'\t' '$1 == "recall" && $2 == 20 && $3 == "itemknn" { printf "%.4f ±%.4f", $5, 1.968 * $6 / sqrt($4) }' runs/shop/users.tsv)"
same "titles as they are, safe in HTML" "$(grep -c '<span>[^<"]*, &quot;A&amp;B&quot; &lt;new&gt; ' $page) $(grep -c '<new>' $page)" \
	"$(awk -F'\t' '$2 != "held"' runs/shop/report/examples.tsv | wc -l | tr -d ' ') 0"
same "pictures" "$(grep -oE 'src="https://pictures.shop.example/[A-Z0-9]*.jpg\?a=1&amp;b=2"' $page | wc -l | tr -d ' ')" \
	"$(awk -F'\t' '$2 != "held"' runs/shop/report/examples.tsv | wc -l | tr -d ' ')"
same "and nothing else from elsewhere" "$(grep -oE '(src|href)="[^"]{0,30}' $page | grep -vE '"#|"data:image|pictures.shop.example')" ""
same "no number that is none" "$(grep -ciE '\b-?(nan|inf)\b' <<<"$text")" 0
same "lists with titles for all users" "$(awk -F'\t' '$5 ~ /, "A&B" <new> /' runs/shop/top.tsv | wc -l) $(cut -f1 runs/shop/top.tsv | sort -u | wc -l)" \
	"$(sed -nE 's/^size\tusers=([0-9]*).*/\10 \1/p' runs/shop/data.info)"
if command -v gnuplot >/dev/null; then
	same "figures" "$(grep -c '<img alt="[^"]' $page)" 4
else
	skip "figures" "gnuplot is not installed"
fi
same "run again: nothing" "$(make -f ../export/shop.mk THREADS=1 2>&1 | grep -c '^[^ ]*/stair-')" 0

# from interactions alone, with the installed own.mk itself
make -f ../installed/share/stair/own.mk INTER=../export/orders.csv USER_COLUMN=email ITEM_COLUMN=sku INGEST_OPTIONS=--skip-bad \
	EPOCHS=3 THREADS=1 >../log 2>&1
ok $? "without features"
same "systems that need none" "$(cut -f1 runs/own/report/systems.tsv | tr -d '*' | tail -n +2 | tr '\n' ';')" "most popular items;ItemKNN;LightGCN;"
# what is hidden in the examples can be found: their lists are those of the metrics
stair-eval --data runs/own/data.npz --top 10 --per-user users.tsv -o /dev/null runs/own/model.npz
same "hits in the examples are those of the metrics" \
	"$(awk -F'\t' '$2 == "hit" {n[$1]++} $2 == "held" {held[$1] = $3} END {for (u in held) printf "%s %.6f\n", u, n[u] / held[u]}' runs/own/report/examples.tsv | sort)" \
	"$(awk -F'\t' 'NR == FNR {at[$1]; next} $1 in at {printf "%s %.6f\n", $1, $3}' runs/own/report/examples.users users.tsv | sort)"
same "ids where there are no titles" "$(grep -c '<span>B0' runs/own/report.html)" "$(awk -F'\t' '$2 != "held"' runs/own/report/examples.tsv | wc -l | tr -d ' ')"

# sweeps and reports take such a file
make -f ../installed/share/stair/sweep.mk DATASET=../export/shop.mk SYSTEM=itemknn GRID="neighbors=5,100" >../log 2>&1
same "a sweep over it" "$? $(sed -n 's/^The best as a setting: itemknn = --neighbors=[0-9]*/yes/p' ../log) $(grep -c 'stair-ingest\|stair-features' ../log)" "0 yes 0"
make -n -C "$TOP" BIN="$BIN" report DATASET="$PWD/../export/shop.mk" R="$PWD/r" >../log 2>&1
same "make report, make own" "$? $(make -n -C "$TOP" BIN="$BIN" own DATASET="$PWD/../export/shop.mk" R="$PWD/r" 2>&1 | diff - ../log)" "0 "
done_testing
