# Tests, fuzzing, benchmarks, and checks of the sources. The Makefile includes
# this; tests/run runs the tests.

UNIT_SRC := $(wildcard tests/unit/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
BENCH_SRC := $(wildcard tests/bench/bench_*.c)

UNITS := $(UNIT_SRC:%.c=$L/%)
FUZZERS := $(FUZZ_SRC:%.c=$L/%)
BENCHES := $(BENCH_SRC:%.c=$L/%)
# For the tests of --device cuda: a program that treats a loop as a GPU, and one
# that fills a GPU's memory.
LOOP := $L/tests/cuda/stair-train
HOG := $(if $(CUDA),$L/tests/cuda/hog)

$(UNITS) $(BENCHES) $(HOG): $L/%: $B/%.o $(CLI) $(LIB)
	$(link)

$(FUZZERS): LDFLAGS += $(if $(FUZZ),-fsanitize=fuzzer)
$(FUZZERS): $L/%: $B/%.o $(if $(FUZZ),,$B/tests/fuzz/driver.o) $(LIB)
	$(if $Q,@echo "  LINK    $@")
	$Q$(CC) $(CFLAGS_ALL) $(if $(FUZZ),-fsanitize=fuzzer) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

# A library that makes system calls of the plain programs fail.
FAULTS := $(if $(VARIANT),,$B/tests/fault/fail.so)
$B/tests/fault/fail.so: tests/fault/fail.c $B/flags
	@mkdir -p $(@D)
	$(if $Q,@echo "  LINK    $@")
	$Q$(CC) $(CFLAGS_ALL) -fPIC -shared -MMD -MP -MF $(@:.so=.d) -o $@ $< -ldl

$(LOOP): $B/tools/stair-train.o $B/tests/cuda/loop.o $(CLI) $(LIB)
	$(link)

hog: $(HOG)

tests-build: all $(UNITS) $(FUZZERS) $(FAULTS) $(LOOP)

# Where there is an MPI the tests have programs for mpirun.
mpi:
	@if command -v $(MPICC) >/dev/null; then $(MAKE) --no-print-directory MPI=1 all; fi

check: tests-build mpi  ## run every test, plain and under the sanitizers
	@$(MAKE) --no-print-directory SAN=1 tests-build
	@tests/run bin build build/san/bin build/san

check-fast: tests-build mpi  ## run the tests of the plain build only
	@tests/run bin build

check-slow: tests-build  ## data races, valgrind, every fault: some minutes
	@$(MAKE) --no-print-directory TSAN=1 tests-build
	@STAIR_SLOW=1 ONLY='^(slow|fault)/' tests/run bin build

check-cuda: tests-build  ## the CUDA engine on this machine's GPU, against the CPU's
	@if [ -x $(NVCC) ]; then $(MAKE) --no-print-directory CUDA=1 BIN=build/cuda/bin all hog; fi
	@STAIR_CUDA=1 ONLY='^cuda/' tests/run bin build

coverage:  ## which lines of the library the tests run
	@$(MAKE) --no-print-directory COV=1 tests-build
	@tests/coverage build/cov

# Inputs that the search finds go to build/fuzz/corpus. Move those worth keeping
# to tests/fuzz/corpus by hand.
fuzz:  ## search for crashing inputs with clang's libFuzzer, FUZZ_SECONDS each
	@$(MAKE) --no-print-directory FUZZ=1 SAN=1 CC=clang fuzz-build
	@for f in $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%); do \
	   mkdir -p build/fuzz/corpus/$$f tests/fuzz/corpus/$$f; \
	   echo "  FUZZ    $$f"; \
	   build/fuzz/tests/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	     -malloc_limit_mb=256 -artifact_prefix=build/fuzz/$$f- -print_final_stats=1 \
	     build/fuzz/corpus/$$f tests/fuzz/corpus/$$f 2>&1 | tee build/fuzz/$$f.log | \
	     { grep -E '^(stat::number|==|SUMMARY|#[0-9]+.*DONE)' || true; }; done

fuzz-build: $(FUZZERS)

bench: all $(BENCHES)  ## measure speed and memory (ONLY=name runs one)
	@BIN=$(abspath bin) BUILD=$(abspath $L) tests/bench/run

lint:  ## manual pages, shell scripts, the format of C and what clang-tidy says
	mandoc -T lint -W warning man/man*/*.[1357]
	shellcheck -x -S warning tests/run tests/*.sh tests/sums tests/*/*.sh pipelines/*.sh pipelines/page/*.sh pipelines/debian/tests/smoke tools/completion/*.bash tests/coverage .ci/run
	@$(MAKE) --no-print-directory format tidy

FORMAT_FILES = $(wildcard $(foreach e,c h,lib/*/*.$e lib/*/*/*.$e tools/*.$e tools/*/*.$e tests/*/*.$e))
format:
	clang-format --dry-run -Werror $(FORMAT_FILES)

TIDY_FILES = $(LIB_SRC) $(ISA_SRC) $(TOOL_SRC) $(CLI_SRC) $(UNIT_SRC) $(FUZZ_SRC)
tidy:
	@printf '%s\n' $(TIDY_FILES) | \
	 xargs -P "$$(nproc)" -I FILE clang-tidy --quiet --config-file=tests/house/clang-tidy $(TIDY) FILE -- \
	   $(if $(MPI),$(shell $(MPICC) --showme:compile)) -std=c11 -D_GNU_SOURCE -I. -DISA=portable -DSTAIR_VERSION='"0"' $(if $(filter x86_64,$(ARCH)),-DSTAIR_X86)

.PHONY: tests-build mpi hog check check-fast check-slow check-cuda coverage fuzz fuzz-build bench lint format tidy
