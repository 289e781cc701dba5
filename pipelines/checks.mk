# Checks of variables. Each refuses a wrong value in one line that names the
# variable and the value; $1 is the variable's name. base.mk and the top Makefile
# include this file.
, := ,
refuse = $(error $1 $2$(,) not '$($1)')
# $1 without the strings $2
drop = $(if $2,$(call drop,$(subst $(firstword $2),,$1),$(wordlist 2,$(words $2),$2)),$1)
digits = 0 1 2 3 4 5 6 7 8 9
# one word, without a blank at either end
one_word = $(and $($1),$(filter 1,$(words x$($1)x)))

path = $(if $(one_word),,$(call refuse,$1,is a path without spaces))
path? = $(if $($1),$(call path,$1))
whole = $(if $(and $(one_word),$(if $(call drop,$($1),$(digits)),,yes)),,$(call refuse,$1,is a whole number))
count = $(if $(and $(one_word),$(call drop,$($1),0),$(if $(call drop,$($1),$(digits)),,yes)),,$(call refuse,$1,is a whole number above 0))
whole? = $(if $($1),$(call whole,$1))
wholes = $(if $(strip $($1)),$(if $(strip $(call drop,$($1),$(digits))),$(wholes_not)),$(wholes_not))
wholes_not = $(call refuse,$1,are whole numbers)
is_number = $(if $(call drop,$1,$(digits) . - + e E),,$(if $(call drop,$1,. - + e E),yes))
number = $(if $(and $(one_word),$(call is_number,$($1))),,$(call refuse,$1,is a number))
numbers = $(if $(strip $($1)),$(foreach n,$($1),$(if $(call is_number,$n),,$(numbers_not))),$(numbers_not))
numbers_not = $(call refuse,$1,are numbers)
commas = $(if $(and $(one_word),$(if $(call drop,$($1),$(digits) $(,)),,yes)),,$(call refuse,$1,are whole numbers with commas between))
name = $(if $(one_word),,$(call refuse,$1,is one word))
name? = $(if $($1),$(call name,$1))
one_of = $(if $(and $(filter $2,$($1)),$(one_word)),,$(call refuse,$1,is one of $2))
some_of = $(if $(strip $($1)),$(foreach w,$(filter-out $2,$($1)),$(error $1 are some of $2$(,) not '$w')),$(call refuse,$1,are some of $2))
some_of? = $(if $(strip $($1)),$(call some_of,$1,$2))

# The variables of all pipelines by kind. What is not here is free text, or one
# pipeline's own and checked there.
of_path = BIN R P
of_path? = DATA TITLES text_ids image_ids
of_name = NAME SPLIT
of_whole = USERS ITEMS INTERACTIONS TOPICS IMAGE_DIM CORE LAYERS SEED KT KV KA COST_EPOCHS
of_count = DIM BATCH EPOCHS EVERY
of_whole? = THREADS
of_number = GAMMA DECAY LR
of_wholes = SEEDS LAYER_SWEEP KT_SWEEP KV_SWEEP
of_numbers = GAMMA_SWEEP
of_commas = CLUSTERS
kinds = path path? name whole count whole? number wholes numbers commas
# Checks the variables that were set in one of the ways $1, such as file or command
# (line). From the environment a pipeline takes a few.
from_environment = $(if $(filter BIN R P DATA THREADS,$1),environment)
checked = $(foreach k,$(kinds),$(foreach v,$(of_$k),\
	$(if $(filter $1 $(call from_environment,$v),$(origin $v)),$(call $k,$v))))

# Refuses a variable on the command line that no pipeline has, such as EPOCH=5.
folder := $(dir $(lastword $(MAKEFILE_LIST)))
given = $(foreach w,$(subst \ ,_,$(MAKEOVERRIDES)),$(firstword $(subst =, ,$w)))
assigned = $(shell sed -nE 's/^([A-Za-z_][A-Za-z0-9_]*) *[?:]?=.*/\1/p' $(wildcard $(addprefix $(folder),*.mk ../Makefile ../config.mk)))
others = $(foreach k,$(kinds),$(of_$k)) %_vectors %_ids %_k V FUZZ TSAN COV TIDY CPPFLAGS CFLAGS LDFLAGS
known_names = $(if $(given),$(foreach v,$(filter-out $(assigned) $(others),$(given)),$(error no pipeline has a variable '$v')))
