# What stage.mk, paper.mk and sweep.mk share: the shell, where the programs are,
# and the checks of variables. Each check refuses a value in one line that has the
# variable's name and that value; $1 is the name.
HERE := $(dir $(lastword $(MAKEFILE_LIST)))
SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
BIN ?= $(patsubst %/,%,$(dir $(shell command -v stair-train)))
datasets = baby sports tiktok demo large
# Is anything asked for but clean? That needs neither data nor programs.
making := $(filter-out clean,$(or $(MAKECMDGOALS),all))

, := ,
one_of = $(if $(and $(filter $2,$($1)),$(filter 1,$(words $($1)))),,$(error $1 is one of $2$(,) not '$($1)'))
some_of = $(if $(strip $($1)),$(foreach w,$(filter-out $2,$($1)),$(error $1 are some of $2$(,) not '$w')),\
	$(error $1 are some of $2$(,) not ''))
path = $(if $(and $($1),$(filter 1,$(words x$($1)x))),,$(error $1 is a path without spaces$(,) not '$($1)'))
whole_numbers = $(if $(and $($1),$(if $(strip $(call drop,$($1),0 1 2 3 4 5 6 7 8 9)),,yes)),,\
	$(error $1 are whole numbers$(,) not '$($1)'))
# $1 without the strings $2, and the words $1 in their order, each once
drop = $(if $2,$(call drop,$(subst $(firstword $2),,$1),$(wordlist 2,$(words $2),$2)),$1)
once = $(if $1,$(firstword $1) $(call once,$(filter-out $(firstword $1),$1)))

ifneq ($(making),)
$(if $(BIN),$(call path,BIN),$(error set BIN to the directory of stair-train$(,) which is not in PATH))
endif
