# stair: see README.md. `make help` lists the targets.
include config.mk
SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

VARIANT := $(or $(if $(FUZZ),fuzz),$(if $(TSAN),tsan),$(if $(COV),cov),$(if $(SAN),san))
B := build$(VARIANT:%=/%)
BIN := $(if $(VARIANT),$B/bin,bin)
# What is linked with the CUDA engine lies apart; objects are the same.
L := $B$(if $(CUDA),/cuda)
Q := $(if $(V),,@)

WARN = -Wall -Wextra -Wshadow -Wvla -Wdouble-promotion -Wmissing-prototypes \
	$(if $(WERROR),-Werror)
SANFLAGS = $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link) $(if $(TSAN),-fsanitize=thread) $(if $(COV),-O0 --coverage)
, := ,
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE -I. $(OPT) -ffp-contract=off -fno-math-errno \
	-pthread $(WARN) $(SANFLAGS) $(CPPFLAGS) $(CFLAGS)
LDLIBS_ALL = -Wl,--as-needed -lopenblas -lcsv -lz $(CUDA_LIBS) -lm -pthread
BUILDINFO = -DSTAIR_VERSION='"$(VERSION)"' -DSTAIR_BUILD='"$(CC) $(OPT)$(if $(SAN), sanitized)"'

# One kernel source, one object per instruction set, chosen at run time.
ARCH := $(shell uname -m)
ifeq ($(ARCH),x86_64)
ISAS = portable avx2 avx512
endif
ISAS ?= portable
ISA_portable = -O3 -DISA=portable
ISA_avx2 = -O3 -DISA=avx2 -mavx2 -mfma
ISA_avx512 = -O3 -DISA=avx512 -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma -mprefer-vector-width=512

# Device code with the host's arithmetic: nothing fused by itself, division and
# square root correctly rounded, denormal numbers kept.
CUDA_LAST = $(lastword $(CUDA_ARCH))
CUDA_FLAGS = -std=c++17 -I. -O3 -fmad=false -prec-div=true -prec-sqrt=true -ftz=false --threads 2 \
	$(foreach a,$(filter-out $(CUDA_LAST),$(CUDA_ARCH)),-gencode arch=compute_$a,code=sm_$a) \
	-gencode arch=compute_$(CUDA_LAST),code=[sm_$(CUDA_LAST),compute_$(CUDA_LAST)] \
	-DCUDA_ARCHS='"$(shell echo $(CUDA_ARCH) | sed -E 's/([0-9])( |$$)/.\1\2/g; s/ /, /g')"' \
	-Xcompiler -fno-exceptions,-fno-rtti,-fno-threadsafe-statics,-ffp-contract=off \
	-Xcompiler -Wall,-Wextra,-Wshadow$(if $(WERROR), -Werror all-warnings -Xcompiler -Werror) $(CUDA_EXTRA)
CUDA_LIBS = $(if $(CUDA),-L$(CUDA_HOME)/lib64 -lcudart_static -ldl -lrt)

# Rooms, and rooms within rooms.
in_lib = $(wildcard lib/*/$1 lib/*/*/$1)
LIB_SRC := $(filter-out %_isa.c $(if $(CUDA),%_none.c),$(call in_lib,*.c))
CUDA_SRC := $(if $(CUDA),$(call in_lib,*.cu))
ISA_SRC := $(call in_lib,*_isa.c)
TOOL_SRC := $(wildcard tools/stair-*.c)
CLI_SRC := $(filter-out $(TOOL_SRC),$(wildcard tools/*.c tools/*/*.c))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
BENCH_SRC := $(wildcard tests/bench/bench_*.c)

LIB_OBJ := $(LIB_SRC:%.c=$B/%.o) $(CUDA_SRC:%.cu=$L/%.o) $(foreach i,$(ISAS),$(ISA_SRC:%.c=$B/%.$i.o))
CLI_OBJ := $(CLI_SRC:%.c=$B/%.o)
TOOLS := $(TOOL_SRC:tools/%.c=%)
UNITS := $(UNIT_SRC:%.c=$L/%)
FUZZERS := $(FUZZ_SRC:%.c=$L/%)
BENCHES := $(BENCH_SRC:%.c=$L/%)
LIB := $L/libstair.a
CLI := $L/tools/cli.a
# Of the tests of --device cuda: a program that takes a loop for a GPU, and one
# that fills a GPU's memory.
LOOP := $L/tests/cuda/stair-train
HOG := $(if $(CUDA),$L/tests/cuda/hog)

all: $(LIB) $(TOOLS:%=$(BIN)/%)  ## build every tool into bin/

$B/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(CFLAGS_ALL) $(BUILDINFO)' "$$($(CC) --version)" | cmp -s - $@ || \
	 printf '%s\n' '$(CC) $(CFLAGS_ALL) $(BUILDINFO)' "$$($(CC) --version)" >$@
FORCE:

$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	$(if $Q,@echo "  CC      $@")
	$Q$(CC) $(CFLAGS_ALL) $(if $(filter tools/cli.c,$<),$(BUILDINFO)) -MMD -MP -c -o $@ $<

define isa_rule
$B/%_isa.$1.o: %_isa.c $B/flags
	@mkdir -p $$(@D)
	$$(if $$Q,@echo "  CC      $$@")
	$$Q$$(CC) $$(CFLAGS_ALL) $$(ISA_$1) -MMD -MP -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call isa_rule,$i)))

$L/cuda.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(CUDA_FLAGS))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(CUDA_FLAGS))' >$@

$(CUDA_SRC:%.cu=$L/%.o): $L/%.o: %.cu $L/cuda.flags
	@mkdir -p $(@D)
	$(if $Q,@echo "  NVCC    $@")
	$Q$(NVCC) $(CUDA_FLAGS) -MMD -MP -c -o $@ $<

# private: or the flags' stamp would depend on what is made first.
$B/lib/%.o $B/tests/%.o: private CFLAGS_ALL += $(if $(filter x86_64,$(ARCH)),-DSTAIR_X86)

$(CLI): $(CLI_OBJ)
$(LIB): $(LIB_OBJ)
# Archives, so that a program is linked with what it uses and no more.
$(CLI) $(LIB):
	@mkdir -p $(@D)
	$(if $Q,@echo "  AR      $@")
	@rm -f $@
	$Q$(AR) rcsD $@ $^

$(TOOLS:%=$L/%.linked): $L/%.linked: $B/tools/%.o $(CLI) $(LIB)
	$(if $Q,@echo "  LINK    $*")
	$Q$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

# Replaced only when the program itself changed, so that a comment edit does
# not re-run a pipeline's stages.
$(TOOLS:%=$(BIN)/%): $(BIN)/%: $L/%.linked $B/from
	@mkdir -p $(@D)
	@cp $< $L/$*.stripped
	@$(if $(VARIANT),,$(STRIP) $L/$*.stripped)
	@cmp -s $L/$*.stripped $@ || cp -f $L/$*.stripped $@

# bin/ may hold programs with or without CUDA.
$B/from: FORCE
	@mkdir -p $(@D)
	@echo '$L $(BIN)' | cmp -s - $@ || echo '$L $(BIN)' >$@

$(UNITS) $(BENCHES) $(HOG): $L/%: $B/%.o $(CLI) $(LIB)
	@mkdir -p $(@D)
	$(if $Q,@echo "  LINK    $@")
	$Q$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

$(FUZZERS): $L/%: $B/%.o $(if $(FUZZ),,$B/tests/fuzz/driver.o) $(LIB)
	$(if $Q,@echo "  LINK    $@")
	$Q$(CC) $(CFLAGS_ALL) $(if $(FUZZ),-fsanitize=fuzzer) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

# Makes calls of the plain programs fail; see there.
FAULTS := $(if $(VARIANT),,$B/tests/fault/fail.so)
$B/tests/fault/fail.so: tests/fault/fail.c $B/flags
	@mkdir -p $(@D)
	$(if $Q,@echo "  LINK    $@")
	$Q$(CC) $(CFLAGS_ALL) -fPIC -shared -MMD -MP -MF $(@:.so=.d) -o $@ $< -ldl

$(LOOP): $B/tools/stair-train.o $B/tests/cuda/loop.o $(CLI) $(LIB)
	@mkdir -p $(@D)
	$(if $Q,@echo "  LINK    $@")
	$Q$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

hog: $(HOG)

tests-build: all $(UNITS) $(FUZZERS) $(FAULTS) $(LOOP)

check: tests-build  ## run every test, plain and under the sanitizers
	@$(MAKE) --no-print-directory SAN=1 tests-build
	@tests/run bin build build/san/bin build/san

check-fast: tests-build  ## run the tests of the plain build only
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

# Inputs that were found go to build/fuzz/corpus; what is worth keeping is
# moved to tests/fuzz/corpus by hand.
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

deps:  ## install what is needed to build and test (Debian, needs root)
	@sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	 missing=; for p in $(DEPS_BUILD) $(DEPS_CHECK) $(DEPS_PAPER) $(DEPS_DEB); do \
	   dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	 if [ -n "$$missing" ]; then $$sudo apt-get update -qq && \
	   DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing; fi

HEADERS := $(filter-out %_priv.h %_work.h,$(call in_lib,*.h))
# For other programs: #include "lib/rank/rank.h", with what pkg-config stair says.
install: all  ## install tools, pages, pipelines, library and completions under PREFIX
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(datadir)
	install -m 755 $(TOOLS:%=bin/%) $(DESTDIR)$(bindir)
	for f in man/man*/*.[157]; do install -m 644 $$f $(DESTDIR)$(mandir)/$${f#man/}; done
	install -m 644 $(filter-out %.sh,$(wildcard pipelines/*.*)) $(DESTDIR)$(datadir)
	install -m 755 pipelines/*.sh $(DESTDIR)$(datadir)
	install -d $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(bashdir) $(DESTDIR)$(zshdir) $(DESTDIR)$(fishdir)
	install -m 644 $(LIB) $(DESTDIR)$(libdir)
	for f in $(HEADERS); do install -D -m 644 $$f $(DESTDIR)$(includedir)/stair/$$f; done
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(libdir)' 'includedir=$(includedir)' '' 'Name: stair' \
	  'Description: multimodal recommendation: files, graphs, training, ranking' 'Version: $(VERSION)' 'Requires: zlib' \
	  'Libs: -L$${libdir} -lstair -lopenblas -lcsv $(CUDA_LIBS) -lm -pthread' 'Cflags: -I$${includedir}/stair' \
	  >$(DESTDIR)$(libdir)/pkgconfig/stair.pc
	for t in $(TOOLS); do \
	  { cat tools/completion/stair.bash; echo "complete -F _stair $$t"; } >$(DESTDIR)$(bashdir)/$$t; \
	  sed "s/@TOOL@/$$t/" tools/completion/stair.fish >$(DESTDIR)$(fishdir)/$$t.fish; done
	install -m 644 tools/completion/stair.zsh $(DESTDIR)$(zshdir)/_stair

uninstall:  ## remove what install put there
	cd $(DESTDIR)$(bindir) && rm -f $(TOOLS)
	for s in 1 5 7; do for f in man/man$$s/*.$$s; do rm -f $(DESTDIR)$(mandir)/man$$s/$${f##*/}; done; done
	rm -f $(DESTDIR)$(libdir)/libstair.a $(DESTDIR)$(libdir)/pkgconfig/stair.pc $(DESTDIR)$(zshdir)/_stair \
	  $(TOOLS:%=$(DESTDIR)$(bashdir)/%) $(TOOLS:%=$(DESTDIR)$(fishdir)/%.fish)
	rm -rf $(DESTDIR)$(datadir) $(DESTDIR)$(includedir)/stair

lint:  ## manual pages, shell scripts, the format of C and what clang-tidy says
	mandoc -T lint -W warning man/man*/*.[157]
	shellcheck -x -S warning tests/run tests/*.sh tests/sums tests/*/*.sh pipelines/*.sh pipelines/debian/tests/smoke tools/completion/*.bash tests/coverage .ci/run
	@$(MAKE) --no-print-directory format tidy

FORMAT_FILES = $(wildcard $(foreach e,c h,lib/*/*.$e lib/*/*/*.$e tools/*.$e tools/*/*.$e tests/*/*.$e))
format:
	clang-format --dry-run -Werror $(FORMAT_FILES)

TIDY_FILES = $(LIB_SRC) $(ISA_SRC) $(TOOL_SRC) $(CLI_SRC) $(UNIT_SRC) $(FUZZ_SRC)
tidy:
	@printf '%s\n' $(TIDY_FILES) | \
	 xargs -P "$$(nproc)" -I FILE clang-tidy --quiet --config-file=tests/house/clang-tidy $(TIDY) FILE -- \
	   -std=c11 -D_GNU_SOURCE -I. -DISA=portable $(if $(filter x86_64,$(ARCH)),-DSTAIR_X86)

# Of a checkout what git knows, of an unpacked archive all but what was built.
dist:  ## pack the sources into stair-VERSION.tar.gz
	@mkdir -p build
	@{ git ls-files 2>/dev/null || find . -type f -not -path './build/*' -not -path './bin/*' -not -path './runs/*' \
	   -not -name '*.tar.gz' | sed 's|^\./||'; } | LC_ALL=C sort | \
	 tar --create --files-from=- --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw \
	   --transform='s|^|stair-$(VERSION)/|' | gzip -9n >build/stair-$(VERSION).tar.gz
	@echo build/stair-$(VERSION).tar.gz

# debian/ lies in pipelines/ and goes beside the packed sources, from which the
# packages are built: in build/deb, without the tests, which `make check` runs.
deb: dist  ## build Debian packages and have lintian read them
	rm -rf build/deb
	mkdir -p build/deb
	cp build/stair-$(VERSION).tar.gz build/deb/stair_$(VERSION).orig.tar.gz
	tar -C build/deb -xf build/stair-$(VERSION).tar.gz
	cp -R pipelines/debian build/deb/stair-$(VERSION)/debian
	cd build/deb/stair-$(VERSION) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	  DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS:-nocheck}" dpkg-buildpackage -us -uc
	cd build/deb && lintian --allow-root --fail-on error,warning *.changes

clean:  ## remove build/ and bin/ (runs/ stays)
	rm -rf build bin

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  %-12s %s\n",$$1,$$2}'

-include $(wildcard pipelines/top.mk)
-include $(shell find $B -name '*.d' -type f -not -path '*/deb/*' 2>/dev/null)
.PHONY: all check check-fast check-slow check-cuda coverage fuzz fuzz-build bench tests-build hog deps install uninstall lint format tidy dist deb clean help FORCE
