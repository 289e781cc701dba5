# How stair is built; see README.md. `make help` lists the targets, of which the
# tests are in tests/tests.mk, installation and packages in pipelines/package.mk
# and the pipelines in pipelines/top.mk.
include config.mk pipelines/checks.mk
SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

VARIANT := $(or $(if $(FUZZ),fuzz),$(if $(TSAN),tsan),$(if $(COV),cov),$(if $(SAN),san))
B := build$(VARIANT:%=/%)
BIN := $(if $(VARIANT),$B/bin,bin)$(if $(MPI),/mpi)
$(call path,BIN)
# What is linked with the CUDA engine or with MPI has a folder of its own. The
# objects are the same.
L := $B$(if $(CUDA),/cuda)$(if $(MPI),/mpi)
Q := $(if $(V),,@)

WARN = -Wall -Wextra -Wshadow -Wvla -Wdouble-promotion -Wmissing-prototypes \
	$(if $(WERROR),-Werror)
SANFLAGS = $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link) $(if $(TSAN),-fsanitize=thread) $(if $(COV),-O0 --coverage)
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE -I. $(OPT) -ffp-contract=off -fno-math-errno \
	-pthread $(WARN) $(SANFLAGS) $(CPPFLAGS) $(CFLAGS)
LDLIBS_ALL = -Wl,--as-needed -lz $(CUDA_LIBS) -lm -ldl -pthread
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

# Device code has the host's arithmetic: no operations are fused, division and
# square root are correctly rounded, and denormal numbers are kept.
CUDA_LAST = $(lastword $(CUDA_ARCH))
CUDA_FLAGS = -std=c++17 -I. -O3 -fmad=false -prec-div=true -prec-sqrt=true -ftz=false --threads 2 \
	$(foreach a,$(filter-out $(CUDA_LAST),$(CUDA_ARCH)),-gencode arch=compute_$a,code=sm_$a) \
	-gencode arch=compute_$(CUDA_LAST),code=[sm_$(CUDA_LAST),compute_$(CUDA_LAST)] \
	-DCUDA_ARCHS='"$(shell echo $(CUDA_ARCH) | sed -E 's/([0-9])( |$$)/.\1\2/g; s/ /, /g')"' \
	-Xcompiler -fno-exceptions,-fno-rtti,-fno-threadsafe-statics,-ffp-contract=off \
	-Xcompiler -Wall,-Wextra,-Wshadow$(if $(WERROR), -Werror all-warnings -Xcompiler -Werror) $(CUDA_EXTRA)
CUDA_LIBS = $(if $(CUDA),-L$(CUDA_HOME)/lib64 -lcudart_static -ldl -lrt)

# Folders of lib/, and folders within them.
in_lib = $(wildcard lib/*/$1 lib/*/*/$1)
LIB_SRC := $(filter-out %_isa.c $(if $(CUDA),%_none.c) $(if $(MPI),%/ranks_one.c,%/ranks_mpi.c),$(call in_lib,*.c))
CUDA_SRC := $(if $(CUDA),$(call in_lib,*.cu))
ISA_SRC := $(call in_lib,*_isa.c)
TOOL_SRC := $(wildcard tools/stair-*.c)
CLI_SRC := $(filter-out $(TOOL_SRC),$(wildcard tools/*.c tools/*/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$B/%.o) $(CUDA_SRC:%.cu=$L/%.o) $(foreach i,$(ISAS),$(ISA_SRC:%.c=$B/%.$i.o))
CLI_OBJ := $(CLI_SRC:%.c=$B/%.o)
TOOLS := $(TOOL_SRC:tools/%.c=%)
LIB := $L/libstair.a
CLI := $L/tools/cli.a
all: $(LIB) $(TOOLS:%=$(BIN)/%)  ## build every tool into bin/

# -Werror makes no other objects: what was built with it stays good without.
$B/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(filter-out -Werror,$(CFLAGS_ALL)) $(BUILDINFO)' "$$($(CC) --version)" | cmp -s - $@ || \
	 printf '%s\n' '$(CC) $(filter-out -Werror,$(CFLAGS_ALL)) $(BUILDINFO)' "$$($(CC) --version)" >$@
FORCE:

$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	$(if $Q,@echo "  CC      $@")
	$Q$(CC) $(CFLAGS_ALL) $(if $(filter tools/cli.c lib/api/stair.c,$<),$(BUILDINFO)) -MMD -MP -c -o $@ $<

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

# Private, since otherwise the stamp of the flags would depend on what is made
# first.
$B/lib/base/ranks_mpi.o: private CC := $(MPICC)
$B/lib/base/ranks_mpi.o: $B/mpi.flags
$B/mpi.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(MPICC)' | cmp -s - $@ || echo '$(MPICC)' >$@

$B/lib/%.o $B/tests/%.o: private CFLAGS_ALL += $(if $(filter x86_64,$(ARCH)),-DSTAIR_X86)

$(CLI): $(CLI_OBJ)
$(LIB): $(LIB_OBJ)
# Archives: a program is linked with what it uses and no more.
$(CLI) $(LIB):
	@mkdir -p $(@D)
	$(if $Q,@echo "  AR      $@")
	@rm -f $@
	$Q$(AR) rcsD $@ $^

define link
	@mkdir -p $(@D)
	$(if $Q,@echo "  LINK    $(@:.linked=)")
	$Q$(if $(MPI),$(MPICC),$(CC)) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)
endef
$(TOOLS:%=$L/%.linked): $L/%.linked: $B/tools/%.o $(CLI) $(LIB)
	$(link)

# bin/ holds programs either with or without CUDA: this stamp says which.
FROM := $(if $(MPI),$L,$B)/from

# A program is replaced only when its bytes changed, so that an edited comment
# does not run a pipeline's stages again.
$(TOOLS:%=$(BIN)/%): $(BIN)/%: $L/%.linked $(FROM)
	@mkdir -p $(@D)
	@cp $< $L/$*.stripped
	@$(if $(VARIANT),,$(STRIP) $L/$*.stripped)
	@cmp -s $L/$*.stripped $@ || cp -f $L/$*.stripped $@

$(FROM): FORCE
	@mkdir -p $(@D)
	@echo '$L $(BIN)' | cmp -s - $@ || echo '$L $(BIN)' >$@

clean:  ## remove build/ and bin/ (runs/ stays)
	rm -rf build bin

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  %-12s %s\n",$$1,$$2}'

include tests/tests.mk pipelines/package.mk pipelines/top.mk
-include $(shell find $B -name '*.d' -type f -not -path '*/deb/*' 2>/dev/null)
.PHONY: all clean help FORCE
