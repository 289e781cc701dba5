#!/usr/bin/env bash
# stair-ingest: formats, splits, messages.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
printf 'user,item\na,x\na,y\nb,x\na,x\n' >in.csv
runs "a small CSV" stair-ingest -o d.npz in.csv
same "its counts" "$(cat runs.err)" "stair-ingest: read 4 rows, dropped 1 duplicates: 2 users, 2 items
stair-ingest: 2 users, 2 items; 3 train, 0 valid, 0 test"
fails 1 "stair-ingest: there are no rows in the input" stair-ingest
for set in amazon-baby/baby:19445:7050:118551:21682:20559 \
	amazon-sports/sports:35598:18357:218409:40029:37899 \
	tiktok/tiktok:9308:6710:59541:3051:6130; do
	IFS=: read -r file users items train valid test <<<"$set"
	if [ -e "$DATA/$file.inter.gz" ]; then
		stair-ingest -o real.npz "$DATA/$file.inter.gz" 2>err
		same "${file##*/}" "$(tail -n 1 err)" "stair-ingest: $users users, $items items; $train train, $valid valid, $test test"
	else
		skip "${file##*/}" "the data is not there"
	fi
done
done_testing
