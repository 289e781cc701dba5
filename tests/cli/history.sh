#!/usr/bin/env bash
# stair-recommend --history and --explain: users whom the model does not know, and
# why. What the map gives is what stair-fold gives.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

stair-synth -q --users 150 --items 60 --interactions 1800 --topics 4 --image-dim 12 --text-dim 10 -o raw
gzip -dc raw/interactions.csv.gz | cut -d, -f 1,2 >log.csv
awk -F, 'NR == 1 || $1 !~ /7$/' log.csv >old.csv
awk -F, 'NR > 1 && $1 ~ /7$/ {print $1 "\t" $2}' log.csv >late.tsv
stair-ingest -q --split ratio:1:0:0 --catalogue raw/item_ids.txt -o d1.npz old.csv
stair-ingest -q --split ratio:1:0:0 --catalogue raw/item_ids.txt --ids-from d1.npz -o d2.npz log.csv
for s in lightgcn mf; do stair-train -q --model $s -d 6 --epochs 8 --batch 128 --data d1.npz -o $s.npz; done
stair-train -q --model itemknn --data d1.npz -o knn.npz
stair-blend -q --data d1.npz -o blend.npz lightgcn.npz:1 knn.npz:0.3
items=$(stair-cat -m item_ids d1.npz | wc -l)
cut -f 1 late.tsv | awk '!a[$0]++' >late.txt
list() { stair-recommend -q --data d1.npz "$@"; }
rec() { list -n 7 "$@"; }

for s in lightgcn mf; do
	stair-fold -q --data d2.npz -o f.npz $s.npz
	stair-recommend -q --data d2.npz -n 7 --users late.txt f.npz >wanted.tsv
	rec --history late.tsv $s.npz >got.tsv
	equal_files "$s: as folded" wanted.tsv got.tsv
done
stair-recommend -q --data d2.npz -n 7 --users late.txt knn.npz >wanted.tsv
rec --history late.tsv knn.npz >got.tsv
equal_files "a graph of items" wanted.tsv got.tsv
stair-blend -q --data d1.npz -o one.npz lightgcn.npz:0.5
equal_files "a blend of one" <(rec --history late.tsv lightgcn.npz) <(rec --history late.tsv one.npz)
runs "a blend" rec --history late.tsv blend.npz
same "of all users of the file" "$(cut -f 1 runs.out | uniq)" "$(cat late.txt)"
equal_files "from standard input, with other threads" <(rec -t 1 --history late.tsv blend.npz) <(rec -t 3 --history - blend.npz <late.tsv)
rec --json --history late.tsv mf.npz >j.txt
same "as JSON" "$(wc -l <j.txt)" "$(wc -l <late.txt)"

# a user whom the dataset has: what he has there counts too
known=$(stair-cat -m user_ids d1.npz | head -1)
other=$(stair-recommend -q --data d1.npz -n 1 mf.npz | head -1 | cut -f 3)
printf '%s\t%s\n' "$known" "$other" >known.tsv
list -n 999 --history known.tsv mf.npz >got.tsv
has=$(stair-cat d1.npz | awk -F'\t' -v u="$known" '$1 == u' | wc -l)
same "what a known user has is not recommended" "$(wc -l <got.tsv)" "$((items - has - 1))"
same "but with --keep-seen" "$(list -n 999 --keep-seen --history known.tsv mf.npz | wc -l)" "$items"
(cat known.tsv && stair-cat d1.npz | awk -F'\t' -v u="$known" '$1 == u {print "x\t" $2}' && printf 'x\t%s\n' "$other") >both.tsv
same "as if all of it stood in the file" "$(rec --history both.tsv mf.npz | grep "^x" | cut -f 2-)" "$(rec --history known.tsv mf.npz | cut -f 2-)"

# empty histories get the popular
printf 'new\tnothing\n' >none.tsv
rec --history none.tsv mf.npz >got.tsv 2>/dev/null
same "unknown items alone: the popular ones" "$(cut -f 3,4 got.tsv)" "$(
	stair-cat d1.npz | awk -F'\t' '{n[$2]++} END {for (i in n) print n[i] "\t" i}' >n.tsv
	stair-cat -m item_ids d1.npz | awk -F'\t' 'NR == FNR {n[$2] = $1; next} {print n[$1] + 0 "\t" FNR "\t" $1}' n.tsv - |
		sort -k1,1nr -k2,2n | head -7 | awk -F'\t' '{print $3 "\t0"}'
)"
same "and notes" "$(stair-recommend --data d1.npz --history none.tsv mf.npz 2>&1 >/dev/null)" "stair-recommend: 'none.tsv': passed over 1 rows of unknown items
stair-recommend: none is left: the ids of 'none.tsv' are such as 'nothing', the dataset's such as '$(stair-cat -m item_ids d1.npz | head -n 1)'"
: >empty.tsv
runs "an empty file" rec --history empty.tsv mf.npz
same "has no lists" "$(cat runs.out)" ""
item=$(sed -n 1p raw/item_ids.txt)
printf '%s\t%s\n' "$(head -1 late.txt)" "$(list -n 1 --history late.tsv mf.npz | head -1 | cut -f 3)" >pair.tsv
same "--exclude-pairs knows them" "$(list -n 1 --history late.tsv --exclude-pairs pair.tsv mf.npz | head -1 | cut -f 3)" \
	"$(list -n 2 --history late.tsv mf.npz | sed -n 2p | cut -f 3)"

# -- reasons ----------------------------------------------------------------------
sums() { # sums: of the parts, against the score
	awk -F'\t' '{s = 0; for (i = 6; i <= NF; i += 2) {s += $i; if (i > 6 && $i > $(i - 2)) bad++}
		d = s - $4; if (d < 0) d = -d; if (d > 1e-5 * (1 + ($4 < 0 ? -$4 : $4))) bad++} END {print NR, bad + 0}'
}
for s in lightgcn mf knn blend; do
	same "$s: parts add up to the score" "$(rec --history late.tsv --explain 64 $s.npz | sums)" "$(($(wc -l <late.txt) * 7)) 0"
done
rec --history late.tsv --explain 2 mf.npz >got.tsv
same "the largest two" "$(cut -f 1-8 got.tsv)" "$(rec --history late.tsv --explain 64 mf.npz | cut -f 1-8)"
same "reasons are what the user has" "$(awk -F'\t' 'NR == FNR {h[$1, $2]; next} !(($1, $5) in h)' late.tsv got.tsv)" ""
rec --history late.tsv --explain 2 blend.npz >got.tsv
same "blend: the largest two" "$(cut -f 1-8 got.tsv)" "$(rec --history late.tsv --explain 64 blend.npz | cut -f 1-8)"
same "blend: with each number of threads" "$(rec -t 1 --history late.tsv --explain 2 blend.npz)" "$(rec -t 3 --history late.tsv --explain 2 blend.npz)"
stair-cat -m item_ids d2.npz | sed 's/.*/&\tTitle of &/' >titles.tsv
same "titles of reasons" "$(rec --history late.tsv --explain 2 --titles titles.tsv blend.npz)" \
	"$(awk -F'\t' -v OFS='\t' '{$4 = $4 OFS "Title of " $3; for (i = 6; i <= NF; i += 2) $i = $i OFS "Title of " $(i - 1)} 1' got.tsv)"
same "and in JSON" "$(rec --json --history late.tsv --explain 1 --titles titles.tsv knn.npz | grep -c '"because": \[{"item": "[^"]*", "part": [^,]*, "title": "Title of ')" \
	"$(wc -l <late.txt)"
runs "users of the model, by a blend" rec --explain 3 blend.npz
same "have the same lists" "$(cut -f 1-4 runs.out)" "$(rec blend.npz)"
runs "users of the model" rec --explain 3 mf.npz
same "have the lists that they have" "$(cut -f 1-4 runs.out)" "$(rec mf.npz)"
runs "JSON" rec --json --explain 2 --history late.tsv mf.npz
same "has reasons" "$(grep -c '"because": \[{"item": "' runs.out)" "$(wc -l <late.txt)"

printf 'u\tnowhere\n' >strange.tsv
same "no item known" "$(stair-recommend --data d2.npz --history strange.tsv knn.npz 2>&1 >/dev/null | tail -n 1 | cut -d, -f 1)" \
	"stair-recommend: none is left: the ids of 'strange.tsv' are such as 'nowhere'"
same "no user" "$(stair-recommend --data d2.npz --history /dev/null knn.npz 2>&1)" "stair-recommend: '/dev/null' has no user, and so there are no lists"

{ printf 'user_id\tasin\n' && cat late.tsv; } >headed.tsv
same "a header is no user" "$(rec --history headed.tsv knn.npz 2>&1)" "$(rec --history late.tsv knn.npz)"

# -- wrong usage -----------------------------------------------------------------
fails 2 "stair-recommend: options '--history' and '--users' do not go together" rec --history late.tsv --users late.txt mf.npz
fails 1 "stair-recommend: cannot open 'none': No such file or directory" rec --history none mf.npz
echo "$item" >bad.tsv
fails 1 "stair-recommend: 'bad.tsv' line 1: a tab between user and item is missing" rec --history bad.tsv mf.npz
printf 'u\t%s\n\t%s\n' "$item" "$item" >bad.tsv
fails 1 "stair-recommend: 'bad.tsv' line 2: the user id is empty" rec --history bad.tsv mf.npz
users() { stair-cat -m user_ids "$1" | wc -l; }
fails 1 "stair-recommend: 'mf.npz' has $(users d1.npz) users and $items items, but 'd2.npz' has $(users d2.npz) users and $items items" \
	stair-recommend -q --data d2.npz --history late.tsv mf.npz
done_testing
