#!/usr/bin/env bash
# Every program with every kind of call failing once, at every place: it says
# so and exits 1, or the bytes are right after all; what was there before stays;
# no temporary file is left; nothing crashes or hangs. Sampled where a program
# makes many such calls; STAIR_SLOW=1 takes all. FAULT_CASE=REGEX runs some.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
shopt -s nullglob
fail_so=$BUILD/tests/fault/fail.so
if [ ! -e "$fail_so" ]; then
	skip "injected faults" "fail.so is not built"
	done_testing
fi
top=$PWD

# --- inputs: a shop of thirty users, all kinds of files -----------------------
(
	set -e
	stair-synth -q --users 30 --items 20 --interactions 300 --topics 2 --core 3 --image-dim 12 --text-dim 10 -o raw
	stair-ingest -q -o data.npz raw/interactions.csv.gz
	gzip -dc raw/interactions.csv.gz >log.csv
	(sed 5d log.csv && sed -n '3,9s/^[^,]*,/late,/p' log.csv) >grown.csv
	stair-ingest -q --ids-from data.npz -o grown.npz grown.csv
	tail -9 grown.csv | cut -d, -f 1,2 | tr , '\t' >grown.tsv
	for f in text image; do
		stair-features -q --data data.npz --ids raw/item_ids.txt -o $f.npz raw/$f.npy
	done
	stair-whiten -q -d 4 -o init.npz text.npz:5 image.npz:1
	stair-knn -q -o items.npz text.npz:3 image.npz:1
	stair-train -q --epochs 2 --eval-every 1 --batch 64 --data data.npz --init init.npz --items items.npz \
		--checkpoint ck.npz --log kept.jsonl -o model.npz
	cp model.npz first.npz
	stair-blend -q --data data.npz -o blend.npz model.npz:1 items.npz:0.5
	stair-eval -q --data data.npz --per-user users.tsv -o metrics.tsv model.npz
	stair-cat -f tsv text.npz | tr '\t' , | paste -d, <(stair-cat -m item_ids data.npz) - >text.csv
	awk -F, 'NR > 1 {print "{\"reviewerID\": \"" $1 "\", \"asin\": \"" $2 "\", \"unixReviewTime\": " NR "}"}' log.csv >log.json
	stair-cat -f npy -m train_indices -o indices.npy data.npz
	stair-cat -m item_ids data.npz | awk '{print $1 "\t" NR % 3}' >segments.tsv
	tr , ' ' <text.csv >text.blank
	awk -F, '{printf "{\"id\": \"%s\", \"vector\": [%s", $1, $2; for (i = 3; i <= NF; i++) printf ", %s", $i; print "]}"}' text.csv >text.jsonl
	stair-cat -m item_ids -o text.ids data.npz
	(echo sku && cat raw/item_ids.txt) >ids.csv
	awk -F, 'NR <= 15' text.csv | stair-features -q --data data.npz -o part.npz
) 2>setup.err
ok $? "inputs"
if [ "$tap_bad" = 1 ]; then
	sed 's/^/# /' setup.err
	done_testing
fi

# --- one case: a program and the files it writes ------------------------------
# What a failing run must leave of an output that was there before: `old` is
# another name of the same inode, and programs replace files, never write into
# them. A program with several outputs may have finished one before another
# failed: what is new must be what the undisturbed run writes.

wrong() { # wrong WHAT: notes a broken promise of the run with $spec
	echo "$spec: exit $rc: $1: $(head -c 200 err | tr '\n' ' ')" >>bad
}

check_outputs() {
	local o
	for o in "${outs[@]}"; do
		[ "$o" -ef "old/${o##*/}" ] && continue
		# only standard output is closed later
		if [ $rc -eq 1 ] && [ ${#outs[@]} -eq 1 ] && [[ $(<err) != *"write '<stdout>'"* ]]; then
			wrong "'$o' is not the old one"
		elif [ ! -e "$o" ] || ! cmp -s "$o" "ref/${o##*/}"; then
			if [[ $o != ck.npz ]] || ! stair-info ck.npz >/dev/null 2>&1; then
				wrong "'$o' is neither the old nor the new one"
			fi
		fi
		ln -f "old/${o##*/}" "$o"
	done
	temps=(.stair-* raw/.stair-*)
	if [ ${#temps[@]} -gt 0 ]; then
		wrong "left ${temps[*]}"
		rm -f "${temps[@]}"
	fi
}

inject() { # inject KIND N ACTION
	spec=$1:$2:$3
	count=$((count + 1))
	[[ $name != resume ]] || cp ../kept.jsonl log.jsonl
	FAULT=$spec LD_PRELOAD=$fail_so timeout -k 1 20 "${cmd[@]}" >out 2>err </dev/null
	rc=$?
	case $rc in
	0)
		cmp -s out ref/stdout || wrong "other bytes on standard output"
		for o in "${outs[@]}"; do
			cmp -s "$o" "ref/${o##*/}" || wrong "'$o' has other bytes"
		done
		;;
	"$failure")
		[[ $(<err) == *"${cmd[0]}: "* ]] || wrong "no message"
		# which a thread that cannot start lacks, too
		[[ $1:$3 != alloc:12 || $(<err) == *memory* || $(<err) == *"cannot start thread"* ]] || wrong "memory is the cause"
		;;
	143) [[ $3 == before || $3 == after ]] || wrong "killed" ;;
	*) wrong "must be 0 or $failure" ;;
	esac
	[ $rc -eq 0 ] || [[ $3 != short ]] || wrong "short counts do no harm"
	[ $rc -eq 0 ] || [[ $1 != read && $1 != write ]] || [ "$3" != 4 ] || wrong "EINTR does no harm"
	# a log that is continued keeps its lines
	[[ $name != resume ]] || cmp -s -n "$(stat -Lc %s ../kept.jsonl)" ../kept.jsonl log.jsonl || wrong "the log lost lines"
	check_outputs
}

streams() { # what the streams may be besides files
	local o
	if [ -s ref/stdout ]; then
		# what the interposer cannot see: buffered output
		spec=full count=$((count + 1))
		"${cmd[@]}" >/dev/full 2>err </dev/null
		rc=$?
		[ $rc -eq $failure ] && [[ $(<err) == *"cannot write '<stdout>': No space left on device" ]] ||
			wrong "onto a full device"
		spec=closed count=$((count + 1))
		"${cmd[@]}" >&- 2>err </dev/null
		rc=$?
		[ $rc -eq $failure ] && [[ $(<err) == *"cannot write '<stdout>': Bad file descriptor" ]] ||
			wrong "into a closed standard output"
		spec=pipe count=$((count + 1))
		exec 7> >(:)
		wait $!
		"${cmd[@]}" >&7 2>err </dev/null
		rc=$?
		exec 7>&-
		[ $rc -eq 141 ] && [ ! -s err ] || wrong "a reader that is gone means a quiet death"
	fi
	spec=deaf-and-dumb count=$((count + 1))
	"${cmd[@]}" <&- >out 2>&-
	rc=$?
	: >err
	[ $rc -eq 0 ] && cmp -s out ref/stdout || wrong "without standard input and error"
	for o in "${outs[@]}"; do
		cmp -s "$o" "ref/${o##*/}" || wrong "'$o' has other bytes"
	done
	check_outputs
	[ ${#outs[@]} -gt 0 ] || return
	# a file that may not grow, which also stops what libc writes
	spec=limit count=$((count + 1))
	(ulimit -f 0 && trap '' XFSZ && exec "${cmd[@]}" >/dev/null 2>/dev/full </dev/null)
	rc=$?
	: >err
	[ $rc -eq $failure ] || wrong "a limit of 0 bytes is an error"
	check_outputs
	# root's word counts in the directory only with its capabilities
	[ -n "$humble" ] || [ "$(id -u)" -ne 0 ] || return
	spec=read-only count=$((count + 1))
	chmod a-w . raw/.
	# shellcheck disable=SC2086 # several words
	$humble "${cmd[@]}" >/dev/null </dev/null 2>../"err-$name"
	rc=$?
	chmod u+w . raw/.
	mv "../err-$name" err
	[ $rc -eq $failure ] && [[ $(<err) == *"Permission denied" ]] || wrong "a read-only directory is an error"
	check_outputs
}

humble=
if [ "$(id -u)" -eq 0 ] && setpriv --inh-caps=-all --bounding-set=-all true 2>/dev/null; then
	humble="setpriv --inh-caps=-all --bounding-set=-all"
fi

case_of() { # case_of NAME 'OUTPUT...' COMMAND...
	local name=$1
	read -ra outs <<<"$2"
	shift 2
	[[ $name =~ ${FAULT_CASE:-.} ]] || return 0
	cmd=("$@")
	failure=$([ "$1" = stair-cmp ] && echo 2 || echo 1)
	count=0
	mkdir "case-$name" && cd "case-$name" || exit 1
	mkdir old ref raw
	local inputs=("$top"/*.npz "$top"/*.npy "$top"/*.tsv "$top"/log.* "$top"/text.{csv,blank,jsonl,ids} "$top"/ids.csv) f
	ln -s "${inputs[@]}" .
	for f in "$top"/raw/*; do ln -s "$f" raw/; done
	for o in "${outs[@]}"; do rm -f "$o"; done
	FAULT_COUNT=counts LD_PRELOAD=$fail_so "${cmd[@]}" >ref/stdout 2>err </dev/null || {
		spec=none rc=$?
		wrong "must succeed"
	}
	for o in "${outs[@]}"; do
		mv "$o" ref/
		echo "what was there" >"old/${o##*/}"
		ln "old/${o##*/}" "$o"
	done
	local kind total n i most
	while read -r kind total; do
		case $kind in
		alloc) most=$((${STAIR_SLOW:-0} ? total : 24)) ;;
		*) most=$((${STAIR_SLOW:-0} ? 200 : 4)) ;;
		esac
		[ "$total" -gt 0 ] || continue
		[ "$most" -lt "$total" ] || most=$total
		# the first and the last, and between them evenly
		for ((i = 0; i < most; i++)); do
			n=$((most > 1 ? 1 + i * (total - 1) / (most - 1) : 1))
			case $kind in
			read)
				actions=(5 4 short before)
				# where text ends nobody can tell
				[[ $name == *-json || $name == *-csv || $name == compare || $name == recommend || $name == similar ]] || actions+=(eof)
				;;
			write) actions=(28 4 short after) ;;
			fsync) actions=(28 5 before after) ;;
			close | rename) actions=(5 28 before after) ;;
			open) actions=(24 13 before after) ;;
			alloc) actions=(12 12+ 12 before) ;;
			thread) actions=(11 11+ 11 after) ;;
			other) actions=(5 before) ;;
			esac
			if [ "${STAIR_SLOW:-0}" != 0 ] || [ "$total" -lt 3 ]; then
				for action in "${actions[@]}"; do inject "$kind" $n "$action"; done
			else
				inject "$kind" $n "${actions[(i + seed) % ${#actions[@]}]}"
			fi
		done
		seed=$((seed + 1))
	done <counts
	streams
	cd "$top" || exit 1
	echo "$count" >"case-$name/count"
}

data=(--data data.npz)
graph=(--init init.npz --items items.npz)
train=(stair-train -q -t 2 --eval-every 1 --batch 64 "${data[@]}")
half_of_the_cases() { # half_of_the_cases A|B
	seed=$([ "$1" = A ] && echo 0 || echo 2)
	if [ "$1" = A ]; then
		case_of ingest out.npz stair-ingest -q --core 2 -o out.npz raw/interactions.csv.gz
		case_of ingest-json "" stair-ingest -q --format jsonl log.json
		case_of features out.npz stair-features -q "${data[@]}" --ids raw/item_ids.txt -o out.npz raw/text.npy
		case_of features-csv out.npz stair-features -q "${data[@]}" -o out.npz text.csv
		case_of features-blank out.npz stair-features -q "${data[@]}" -o out.npz text.blank
		case_of features-json out.npz stair-features -q "${data[@]}" -o out.npz text.jsonl
		case_of features-column out.npz stair-features -q "${data[@]}" --ids ids.csv:sku -o out.npz raw/text.npy
		case_of features-graph out.npz stair-features -q "${data[@]}" --ids text.ids -o out.npz items.npz
		case_of whiten out.npz stair-whiten -q -t 2 -d 4 -o out.npz text.npz:5 image.npz:1
		case_of whiten-graph out.npz stair-whiten -q -t 2 -d 4 -o out.npz items.npz
		case_of knn out.npz stair-knn -q -t 2 -o out.npz text.npz:3 image.npz:1
		case_of ingest-again out.npz stair-ingest -q --ids-from data.npz --split cold-items -o out.npz log.csv
		case_of knn-cells out.npz stair-knn -q -t 2 --cells 3 --probe 2 -o out.npz text.npz:3
		case_of uncertainty out.tsv stair-uncertainty -q -t 2 "${data[@]}" --clusters 2,3 --restarts 2 -o out.tsv text.npz part.npz
		case_of knn-low out.npz stair-knn -q -t 2 --low-memory --directed --values cosine -o out.npz text.npz:3
		case_of cat out.npy stair-cat -f npy -m user -o out.npy model.npz
		case_of cat-text out.tsv stair-cat -o out.tsv data.npz
		case_of cat-ids "out.npy out.ids" stair-cat -f npy --cosine --ids out.ids -o out.npy model.npz
		case_of cat-json "" stair-cat -f jsonl --template qdrant model.npz
		case_of cat-json-ids "out.jsonl out.ids" stair-cat -f jsonl --template elasticsearch --ids out.ids -o out.jsonl model.npz
		case_of cat-pgvector out.tsv stair-cat -f pgvector -o out.tsv model.npz
		case_of cat-fvecs "out.fvecs out.ids" stair-cat -f fvecs --ids out.ids -o out.fvecs model.npz
		case_of cmp "" stair-cmp model.npz model.npz
		case_of info "" stair-info model.npz data.npz
	else
		case_of train "model.npz ck.npz" "${train[@]}" "${graph[@]}" --epochs 2 --log log.jsonl \
			--checkpoint ck.npz -o model.npz
		case_of train-mf model.npz "${train[@]}" --model mf --dim 4 --epochs 1 -o model.npz
		case_of train-mmgcn "model.npz ck.npz" "${train[@]}" --model mmgcn --dim 4 --epochs 1 \
			--features text=text.npz --features image=image.npz --checkpoint ck.npz -o model.npz
		case_of train-lattice model.npz "${train[@]}" --model lattice --dim 4 --epochs 1 --neighbors 3 \
			--features text=text.npz --features image=image.npz --train-features -o model.npz
		case_of train-freedom "model.npz ck.npz" "${train[@]}" --model freedom --dim 4 --epochs 1 --neighbors 3 \
			--features text=text.npz --features image=image.npz --item-layers 2 --checkpoint ck.npz -o model.npz
		case_of train-bm3 model.npz "${train[@]}" --model bm3 --dim 4 --epochs 1 \
			--features text=text.npz --features image=image.npz --train-features -o model.npz
		case_of train-mmssl model.npz "${train[@]}" --model mmssl --dim 4 --epochs 1 --neighbors 2 \
			--features text=text.npz --features image=image.npz -o model.npz
		case_of train-itemknn out.npz stair-train -q -t 2 "${data[@]}" --model itemknn --neighbors 3 -o out.npz
		case_of train-start model.npz stair-train -q -t 2 --data grown.npz --items items.npz --start first.npz --epochs 1 \
			-o model.npz
		case_of eval-graph "" stair-eval -q -t 2 "${data[@]}" items.npz
		case_of resume model.npz "${train[@]}" "${graph[@]}" --epochs 3 --resume ck.npz --log log.jsonl -o model.npz
		case_of eval "out.tsv users.tsv" stair-eval -q -t 2 "${data[@]}" --strata --per-user users.tsv \
			--cold --segments segments.tsv -o out.tsv model.npz
		case_of blend out.npz stair-blend -q -t 2 "${data[@]}" -o out.npz model.npz items.npz
		case_of fold out.npz stair-fold -v -t 2 --data grown.npz --items items.npz -o out.npz model.npz
		case_of fold-blend out.npz stair-fold -q -t 2 --data grown.npz --items items.npz -o out.npz blend.npz
		case_of eval-blend "" stair-eval -q -t 2 "${data[@]}" blend.npz
		case_of recommend out.tsv stair-recommend -q -t 2 "${data[@]}" --titles raw/items.tsv -o out.tsv model.npz
		case_of recommend-offer "" stair-recommend -q -t 2 "${data[@]}" --cap 2:raw/items.tsv --cold 2 --explain 2 \
			--only raw/item_ids.txt items.npz
		case_of recommend-history out.tsv stair-recommend -v -t 2 "${data[@]}" --history grown.tsv --explain 2 -o out.tsv model.npz
		case_of recommend-blend "" stair-recommend -q -t 2 "${data[@]}" --history grown.tsv --explain 2 blend.npz
		case_of recommend-json "" stair-recommend -q -t 2 "${data[@]}" --json model.npz
		case_of similar out.tsv stair-similar -q -t 2 --titles raw/items.tsv --items raw/item_ids.txt --skip-unknown \
			-o out.tsv model.npz
		case_of similar-json "" stair-similar -q -t 2 "${data[@]}" --json --cold 1 --cap 2:raw/items.tsv blend.npz
		case_of compare out.tsv stair-compare -q -o out.tsv a= users.tsv b= users.tsv
		case_of synth "raw/interactions.csv.gz raw/text.npy raw/items.tsv raw/item_ids.txt raw/image.npy" \
			stair-synth -q -t 2 --users 20 --items 10 --interactions 100 --topics 2 --core 2 --image-dim 4 --text-dim 4 -o raw
	fi
}
half_of_the_cases A &
half_of_the_cases B &
wait

total=0
cases=(case-*/)
for d in "${cases[@]}"; do
	d=${d%/}
	same "${d#case-}: $(cat "$d/count" 2>/dev/null || echo no) faults" "$(head -8 "$d/bad" 2>/dev/null)" ""
	total=$((total + $(cat "$d/count" 2>/dev/null || echo 0)))
done
[ $total -gt 200 ] || [ -n "${FAULT_CASE:-}" ]
ok $? "faults injected"
echo "# summary: $total faults injected into ${#cases[@]} command lines"
done_testing
