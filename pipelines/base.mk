# What every pipeline shares: the shell, where the programs are, which systems and
# datasets there are.
ifndef base_is_there
base_is_there := yes
HERE := $(dir $(lastword $(MAKEFILE_LIST)))
include $(HERE)checks.mk
SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
BIN ?= $(patsubst %/,%,$(dir $(shell command -v stair-train)))
# Is anything asked for but clean? That needs neither data nor programs.
making := $(filter-out clean,$(or $(MAKECMDGOALS),all))

# MPI="mpirun -n 2" starts the stages whose work ranks share, see stair-mpi(7); BIN
# then holds programs that were built with MPI.
run = $(if $(filter command,$(origin MPI)),$(if $(filter-out 1,$(MPI)),$(MPI) ))

featured_systems = freedom bm3 lattice mmgcn mmssl
trained_systems = stair stairplus lightgcn jgcf mf $(featured_systems)
fixed_systems = itemknn contentknn popularity
systems = $(trained_systems) $(fixed_systems) blend
datasets = baby sports tiktok demo large
# DATASET is one of these, or the path of a file like own.mk.
settings = $(if $(filter %.mk,$(DATASET)),$(or $(wildcard $(call path,DATASET)$(DATASET)),\
	$(error DATASET: there is no file '$(DATASET)')),$(call one_of,DATASET,$(datasets) FILE.mk)$(HERE)$(DATASET).mk)

# A word for the shell; the words $1 in their order, each once.
quote = '$(subst ','\'',$1)'
once = $(if $1,$(firstword $1) $(call once,$(filter-out $(firstword $1),$1)))

$(known_names)
ifneq ($(making),)
$(if $(BIN),$(call path,BIN),$(error set BIN to the directory of stair-train$(,) which is not in PATH))
endif
endif
