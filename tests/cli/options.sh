#!/usr/bin/env bash
# tools/cli: options of every type, on tools that have them.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
cp "$TOP"/tests/fuzz/corpus/npz/{dense,csr}.npz .

same "short, long, joined, abbreviated" "$(for o in -fnpy "-f npy" --format=npy "--format npy" --form=npy; do
	# shellcheck disable=SC2086 # two words
	stair-cat $o -m x dense.npz | head -c 6 | tail -c 5
done)" "NUMPYNUMPYNUMPYNUMPYNUMPY"
same "options after operands" "$(stair-cat dense.npz -m x)" "$(stair-cat -m x dense.npz)"
cp dense.npz ./-dash
same "-- ends the options" "$(stair-cat -- -dash)" "$(stair-cat dense.npz)"
same "the same value twice is fine" "$(stair-cat -m x --member=x dense.npz)" "$(stair-cat dense.npz)"
fails 2 "stair-cat: option '--member' is given twice with different values" stair-cat -m x -m y dense.npz
fails 2 "stair-cmp: option '--atol' is given twice with different values" stair-cmp --atol 1 --atol 2 dense.npz csr.npz
fails 2 "stair-cat: option '-m' needs a value" stair-cat -m
fails 2 "stair-cat: option '--member' needs a value" stair-cat --member
fails 2 "stair-cat: option '--member': '' is empty" stair-cat -m "" dense.npz
fails 2 "stair-cat: unknown option '-z' (see --help)" stair-cat -qz dense.npz
fails 2 "stair-cat: option '--ver' can be '--version' or '--verbose'" stair-cat --ver
fails 2 "stair-cmp: option '--history=1' takes no value" stair-cmp --history=1 dense.npz csr.npz
fails 2 "stair-cmp: option '--rtol': 'x' is not a number" stair-cmp --rtol x dense.npz csr.npz
fails 2 "stair-cmp: option '--rtol': '1x' is not a number" stair-cmp --rtol 1x dense.npz csr.npz
fails 2 "stair-cmp: option '--rtol': 'nan' is not in 0..1e+30" stair-cmp --rtol nan dense.npz csr.npz
fails 2 "stair-cmp: option '--rtol': 'inf' is not in 0..1e+30" stair-cmp --rtol inf dense.npz csr.npz
fails 2 "stair-eval: option '--threads': '0' is not in 1..1024" stair-eval -t 0 --data dense.npz
fails 2 "stair-eval: option '--threads': '1.5' is not a whole number" stair-eval -t 1.5 --data dense.npz
fails 2 "stair-eval: option '--threads': '99999999999999999999' is not a whole number" stair-eval -t 99999999999999999999 --data dense.npz
fails 2 "stair-eval: option '--split': 'train' is none of valid|test" stair-eval --split train --data dense.npz
fails 2 "stair-cmp: only one input can be standard input" stair-cmp - -
fails 2 "stair-knn: '-:0': '0' is not a number of at least 1" stair-knn -:0
same "help wins over what follows" "$(stair-cat --help --no-such-option | head -1)" "usage: stair-cat [options] [FILE]"
stair-cat -v dense.npz >/dev/null 2>err
same "-v ends with version, command, time and memory" "$(sed -E 's/[0-9]+\.[0-9]+/N/g; s/N\.[0-9]/N/' err)" \
	"stair-cat: version N, command stair-cat -v dense.npz, N s wall, N s cpu, N MB peak"
stair-cat -o out.tsv dense.npz >&- 2>err
same "a closed stdout does not matter with -o" "$? $(cat err) $(cmp out.tsv <(stair-cat dense.npz))" "0  "
stair-cat <&- 2>err
same "a closed stdin is no file" "$? $(cat err)" "1 stair-cat: cannot read '<stdin>': Bad file descriptor"
limited() { (ulimit -f 1 && stair-synth -q --users 120 --items 60 --interactions 1200 --topics 6 -o raw); }
limited 2>&1 | cat >limit.err
same "a limit on the size of files is an error like a full disk" "${PIPESTATUS[0]} $(cat limit.err) $(find raw -name '.stair-*')" \
	"1 stair-synth: cannot write 'raw/interactions.csv.gz': File too large "
mkfifo slow
(trap '' HUP && exec stair-cat -f npy -o late.npy slow) &
pid=$!
exec 3>slow
head -c 100 dense.npz >&3
sleep 0.2
kill -HUP "$pid"
tail -c +101 dense.npz >&3
exec 3>&-
wait "$pid"
same "an ignored HUP stays ignored" "$? $(stair-cat late.npy | head -1)" "0 1	2	3"

# what was probably meant
fails 2 "stair-cmp: unknown option '--histroy' (did you mean '--history'?)" stair-cmp --histroy dense.npz csr.npz
fails 2 "stair-cmp: unknown option '--rtl' (did you mean '--rtol'?)" stair-cmp --rtl=1e-3 dense.npz csr.npz
fails 2 "stair-cmp: unknown option '--epochs' (see --help)" stair-cmp --epochs=3 dense.npz csr.npz
fails 2 "stair-train: option '--lo' can be '--log' or '--log-test'" stair-train --lo x
fails 2 "stair-cat: option '--format': 'tvs' is none of tsv|npy|mtx|jsonl|pgvector|fvecs (did you mean 'tsv'?)" stair-cat -f tvs dense.npz
same "a system's name" "$(stair-train --model LightGNC --data x 2>&1 | sed 's/ is none of.* (/ (/')" \
	"stair-train: option '--model': 'LightGNC' (did you mean 'lightgcn'?)"
done_testing
