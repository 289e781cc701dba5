#!/usr/bin/env bash
# How fast a shop of Electronics' size is made up, and in how much memory.
set -euo pipefail
run() { # run WHAT...: the last line of --verbose has time and memory
	echo "stair-synth $*"
	stair-synth "$@" -v 2>&1 >/dev/null | sed -n 's/.*, \([0-9.]* s wall.*\)/  \1/p'
}
run --like baby --what interactions
run --like electronics --what interactions
run --like electronics --what text
run --like electronics --what image
run --like electronics --what image --type float16
