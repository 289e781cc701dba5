# The stages from raw files to what is trained from. A pipeline is a file that sets
# the variables below and includes this one; see demo.mk, amazon.mk and own.mk.
#
# A stage makes one file. It depends on the files it reads, on the program that
# makes it and on a stamp, STAGE.opts, that holds its whole command. The stamp is
# rewritten only when the command differs, and a program is replaced only when its
# bytes differ. So a changed input, option or program runs exactly the stages
# behind it again. An output appears under its name only when it is complete: after
# an interruption the next run goes on and ends in the same bytes.
#
#   NAME      of the dataset; results lie in R = runs/NAME
#   INTER     interactions for stair-ingest, INGEST its options
#   FEATURES  names of feature sets, such as: text image. Of each of them
#             NAME_vectors is the file, NAME_ids the file with the id of each row (may
#             be empty) and NAME_k its weight and number of neighbours
#   INIT_FROM operands of stair-whiten, FILE:WEIGHT..., by default the features
#   ITEMS_FROM operands of stair-knn, FILE:K..., by default the features
#   ALIKE_FROM the same of the graph of cosines that contentknn reads, by default
#             ten neighbours in the first of ITEMS_FROM
#   GAMMA DECAY BATCH LAYERS LR  settings of STAIR and STAIR+; DIM EPOCHS EVERY SEED of every
#             system; without one of them the default of stair-train holds
#   mf lightgcn ..  more options of that system: mf = --batch=4096
#   SYSTEMS   that are compared, see runs.mk; TOO_LARGE those that are left out
#   TITLES    a table of the items for people, see titles.awk; may be empty
#   NOTE      a sentence for the report, may be empty
#   DATA DATA_FILES  a directory and files that must be there, for public datasets
#   THREADS   of each program, by default all processors
#   MPI       starts what ranks share, as in MPI="mpirun -n 2", see base.mk
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
.DEFAULT_GOAL := report
R ?= runs/$(NAME)
THREADS ?=
SEED ?= 1
t = $(if $(THREADS), -t $(THREADS))
$(call checked,file command override)

ifneq ($(making),)
# Files from outside are there. Those of public datasets are in DATA.
absent := $(strip $(foreach f,$(DATA_FILES),$(if $(wildcard $(DATA)/$f),,$f)))
$(if $(absent),$(error set DATA to the directory that holds $(absent)$(,) as in: make $(NAME) DATA=path/to/$(DATA_NAME)))
has_files = $(foreach f,$(filter-out $R/%,$($1)),$(if $(wildcard $f),,$(error $1: there is no file '$f')))
needs_files = $(if $(strip $($1)),$(has_files),$(error $1 is not set$($1_hint)))
$(call needs_files,INTER)
$(foreach f,$(FEATURES),$(eval $f_vectors_hint = : FEATURES has $f)$(call needs_files,$f_vectors)$(call has_files,$f_ids))
$(call has_files,TITLES)
# Features are files in R, beside these.
reserved = data init items alike model raw titles top best users report
letters = a b c d e f g h i j k l m n o p q r s t u v w x y z _ $(digits)
$(foreach f,$(FEATURES),$(if $(filter $(reserved),$f)$(call drop,$f,$(letters)),\
	$(error FEATURES are words of small letters and digits$(,) none of $(reserved)$(,) not '$f')))
endif

# FILE:NUMBER... without the numbers.
files = $(foreach f,$1,$(firstword $(subst :, ,$f)))
ifeq ($(origin INIT_FROM),undefined)
$(foreach f,$(FEATURES),$(call count,$f_k))
endif
INIT_FROM ?= $(foreach f,$(FEATURES),$R/$f.npz:$($f_k))
ITEMS_FROM ?= $(INIT_FROM)
ALIKE_FROM ?= $(addsuffix :10,$(firstword $(call files,$(ITEMS_FROM))))

# Commands without output and threads, which change no byte of the result. A stamp
# holds the command and, for files that are not made here, size and time: a file
# that was replaced by an older one is noticed too.
ingest_cmd = stair-ingest $(INGEST) --seed $(SEED) $(INTER)
whiten_cmd = stair-whiten $(width) $(INIT_FROM)
knn_cmd = stair-knn $(ITEMS_FROM)
alike_cmd = stair-knn --values cosine $(ALIKE_FROM)
ingest_outside = $(filter-out $R/%,$(INTER))
whiten_outside = $(filter-out $R/%,$(call files,$(INIT_FROM)))
knn_outside = $(filter-out $R/%,$(call files,$(ITEMS_FROM)))
alike_outside = $(filter-out $R/%,$(call files,$(ALIKE_FROM)))
# The report says what the files from outside were.
outside = $(sort $(ingest_outside) $(whiten_outside) $(knn_outside) $(alike_outside) $(foreach f,$(FEATURES),$($f_outside)))
about_cmd = $(NOTE)
about_outside = $(outside)
define feature
$1_cmd = stair-features --data $R/data.npz $(if $($1_ids),--ids $($1_ids)) $($1_vectors)
$1_outside = $(filter-out $R/%,$($1_ids) $($1_vectors))
$R/$1.npz: $R/data.npz $($1_ids) $($1_vectors) $R/$1.opts $(BIN)/stair-features
	$(BIN)/$$($1_cmd) -o $$@ 2>&1 | tee $R/$1.log >&2
endef

.PHONY: FORCE report clean
FORCE:
$R/%.opts: FORCE
	@mkdir -p $R; { printf '%s\n' $(call quote,$($*_cmd)); \
	   $(if $($*_outside),stat -Lc '%n %s %.9Y' $($*_outside) 2>/dev/null || :;) } >$@.new; \
	 cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$R/data.npz: $(INTER) $R/ingest.opts $(BIN)/stair-ingest
	$(BIN)/$(ingest_cmd) -o $@ 2>&1 | tee $R/ingest.log >&2

$(foreach f,$(FEATURES),$(eval $(call feature,$f)))

stage = @LOUD=1 bash $(HERE)stage.sh $@ '$^' $(run)$(BIN)
$R/init.npz: $(call files,$(INIT_FROM)) $R/whiten.opts $(BIN)/stair-whiten
	$(stage)/$(whiten_cmd)$t

$R/items.npz: $(call files,$(ITEMS_FROM)) $R/knn.opts $(BIN)/stair-knn
	$(stage)/$(knn_cmd)$t

$R/alike.npz: $(call files,$(ALIKE_FROM)) $R/alike.opts $(BIN)/stair-knn
	$(stage)/$(alike_cmd)$t

ifneq ($(PLAN),none)
include $(HERE)runs.mk
endif
ifeq ($(PLAN),report)
include $(HERE)report.mk
endif

clean:
	rm -rf $R
