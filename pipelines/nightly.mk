# A shop that changes every day: yesterday's run and today's log in, today's lists out.
#
#   make -f nightly.mk RUNS=shop DAY=2026-11-30 LOG=orders-30.csv CATALOGUE=items.tsv STOCK=stock.txt
#
# Every day has a folder, RUNS/DAY, with its data, model, metrics and lists. It goes
# on from the newest earlier day that is complete: users and items keep their
# numbers, what was held out stays held out, and the model is folded, so that it
# serves new users and items without training. The lists are RUNS/served.tsv. It is
# replaced last, at once, and only if everything before it succeeded: whoever reads
# it has yesterday's lists or today's. A run that was interrupted, or failed, goes on
# where it was when it is run again and ends in the same bytes; a day that was given
# up is passed over. A run that starts while another is going on in RUNS waits for its
# end. Old days may be removed, all but the last complete one.

# -- what there is today -------------------------------------------------------------
RUNS = runs/nightly
# A name that sorts by time.
DAY := $(shell date +%F)
# Who bought what since the last complete day: a table as in own.mk, or several.
# Empty: a day without data. Rows that were there before do no harm.
LOG =
USER_COLUMN =
ITEM_COLUMN =
INGEST_OPTIONS =
# All items of the shop, also those that nobody bought yet: a table or a list of ids.
# Empty: the items of the logs.
CATALOGUE =
# Ids of the items that may be recommended today, one a line. Empty: all.
STOCK =
# Vectors of the items, as in own.mk; files that have those of all items of today.
FEATURES =
text_vectors =
text_ids =
text_k = 5
image_vectors =
image_ids =
image_k = 1

# -- how ----------------------------------------------------------------------------
# What is trained: stair (with FEATURES), lightgcn, mf, itemknn .., and with which
# options of stair-train. Empty: stair with FEATURES, lightgcn without.
MODEL =
OPTIONS =
EPOCHS = 100
DIM = 64
SEED = 1
# What becomes of yesterday's model: fold serves with it as it is; warm goes on
# training from it for WARM_EPOCHS; full trains anew, as the first day does. To train
# on Sundays: TRAIN=$(date +%u | sed 's/7/warm/;t;s/.*/fold/'). Graphs of items, as
# itemknn makes them, are always made anew.
TRAIN = fold
WARM_EPOCHS = 10
# The chance of items that nobody bought when the model was trained, see stair-fold(1).
BOOST = 1
# What is held out to measure with: shares of train, valid and test.
SPLIT = hash:8:1:1
# Items of a list, and other options of stair-recommend, such as: --cold 1
NUMBER = 20
RECOMMEND =
# Lists are not served if valid NDCG@20 is below so much of the day before.
GUARD = 0.5

PLAN = none
NAME := $(DAY)
R := $(RUNS)/$(DAY)
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
$(call path,RUNS)$(call name,DAY)$(call path?,CATALOGUE)$(call path?,STOCK)$(call name?,MODEL)
$(call whole,NUMBER)$(call whole,WARM_EPOCHS)$(call number,BOOST)$(call number,GUARD)$(call one_of,TRAIN,fold warm full)
$(if $(findstring /,$(DAY)),$(call refuse,DAY,is a name without slashes))
$(if $(filter hash:%,$(SPLIT)),,$(call refuse,SPLIT,begins with hash:))

# The complete days: those before this one, and whether any is later.
complete := $(shell cd $(RUNS) 2>/dev/null && ls -d */complete 2>/dev/null | sed 's|/complete||' | LC_ALL=C sort)
before := $(lastword $(shell printf '%s\n' $(complete) | LC_ALL=C awk -v day=$(DAY) '$$0 "" < day ""'))
later := $(filter-out $(before),$(shell printf '%s\n' $(complete) | LC_ALL=C awk -v day=$(DAY) '$$0 "" > day ""'))
Y := $(if $(before),$(RUNS)/$(before))

# Logs of all days lie in each day's folder, as links.
$(foreach f,$(LOG),$(if $(wildcard $f),,$(error LOG: there is no file '$f')))
$(foreach v,CATALOGUE STOCK,$(if $($v),$(if $(wildcard $($v)),,$(error $v: there is no file '$($v)'))))
todays := $(foreach f,$(LOG),$(if $(shell test -s '$f' && echo yes),$f))
# RUNS/DAY/logs names those in the data of a complete day: an attempt that failed
# may have left others.
logs_of = $(if $(wildcard $1/logs),$(shell cat $1/logs),$(notdir $(wildcard $1/log/*)))
earlier_logs := $(if $Y,$(call logs_of,$Y))
$(foreach n,$(sort $(notdir $(todays))),$(if $(word 2,$(sort $(filter %/$n,$(addprefix /,$(todays))))),$(error LOG: several files are named '$n', and a day keeps its logs by name)))
# The day that is made again without LOG has the logs that it had.
todays_logs := $(if $(LOG),$(foreach f,$(todays),$(DAY)_$(notdir $f)),$(filter $(DAY)_%,$(call logs_of,$R)))
INTER := $(addprefix $R/log/,$(sort $(earlier_logs) $(todays_logs)))
INTER_hint = : on the first day LOG names the table of who bought what
define log_rule
$R/log/$(DAY)_$(notdir $1): $1
	@mkdir -p $$(@D) && cp $$< $$@.new && mv $$@.new $$@
endef
# A log that is here already may have gone where it came from.
$(foreach f,$(todays),$(eval $(call log_rule,$f)))
$(addprefix $R/log/,$(earlier_logs)): $R/log/%: | $Y/log/%
	@mkdir -p $(@D) && ln -f $Y/log/$* $@ 2>/dev/null || cp -p $Y/log/$* $@

column = $(if $($2),--$1 $(call quote,$($2)))
INGEST = --split $(SPLIT) $(call column,user,USER_COLUMN) $(call column,item,ITEM_COLUMN) \
	$(if $(CATALOGUE),--catalogue $(CATALOGUE)) $(if $Y,--ids-from $Y/data.npz) $(INGEST_OPTIONS)
width = --dim=$(DIM)
include $(HERE)stage.mk
ingest_outside += $(CATALOGUE)
.DEFAULT_GOAL := nightly
.PHONY: nightly

# -- the model -------------------------------------------------------------------------
system := $(or $(MODEL),$(if $(FEATURES),stair,lightgcn))
graphs = itemknn popularity
how := $(if $(and $Y,$(filter-out $(graphs),$(system))),$(TRAIN),full)
items = $(if $(FEATURES),$R/items.npz)
ifdef STAIR_NIGHTLY
was := $(if $(filter warm,$(how)),$(shell $(BIN)/stair-info $Y/model.npz | awk -F'\t' '$$1 == "text" && $$2 == "name" {print $$3}'))
$(if $(filter-out $(system),$(was)),$(error TRAIN=warm: the model of $(before) is one of '$(was)'$(,) and MODEL is now '$(system)': TRAIN=full trains it anew))
endif
content = $(foreach f,$(FEATURES),$R/$f.npz)
reads_stair = --init=$R/init.npz --items=$R/items.npz
reads_features = $(foreach f,$(FEATURES),--features=$f=$R/$f.npz)
reads = $(if $(filter stair,$(system)),$(reads_stair),$(if $(filter $(featured_systems),$(system)),$(reads_features)))
epochs = $(if $(filter-out $(graphs),$(system)),$(width) --epochs=$1)
trained_from = $(if $(filter stair,$(system)),$R/init.npz $R/items.npz,$(if $(filter $(featured_systems),$(system)),$(content)))
train = stair-train --data=$R/data.npz --model=$(system) $(reads) $(call epochs,$1) --seed=$(SEED) $(OPTIONS)
model_full = $(call train,$(EPOCHS))
model_warm = $(call train,$(WARM_EPOCHS)) --start=$Y/model.npz
model_fold = stair-fold --data=$R/data.npz $(if $(items),--items=$(items)) --boost=$(BOOST) $Y/model.npz
model_cmd = $(model_$(how))
$R/model.npz: $R/data.npz $(if $(filter fold,$(how)),$(items),$(trained_from)) $R/model.opts $(BIN)/stair-train $(BIN)/stair-fold
	@LOUD=1 bash $(HERE)stage.sh $@ '$^' $(if $(filter fold,$(how))$(filter $(featured_systems) $(graphs),$(system)),,$(run))$(BIN)/$(model_cmd)$t

# -- the lists -------------------------------------------------------------------------
valid_cmd = stair-eval --data $R/data.npz --split valid --top 10,20
$R/valid.tsv: $R/model.npz $R/data.npz $R/valid.opts $(BIN)/stair-eval
	$(BIN)/$(valid_cmd)$t -o $@ $<
top_cmd = stair-recommend --data $R/data.npz -n $(NUMBER) $(if $(STOCK),--only $(STOCK)) $(RECOMMEND)
top_outside = $(STOCK)
$R/top.tsv: $R/model.npz $R/data.npz $R/top.opts $(BIN)/stair-recommend
	$(BIN)/$(top_cmd)$t -o $@ $<

# Worse than the day before by far: something is wrong with the day's data.
define guard
env LC_ALL=C awk -F'\t' -v guard=$(GUARD) '$$1 == "ndcg" && $$2 == 20 { x[++n] = $$3 }
	END { if (n < 2 || x[2] >= guard * x[1]) exit
		printf "$(DAY) is not served: valid NDCG@20 is %.4f, the day before %.4f; see GUARD\n", x[2], x[1] >"/dev/stderr"
		exit 1 }' $Y/valid.tsv $R/valid.tsv
endef
export guard
$R/complete: $R/top.tsv $R/valid.tsv
	@$(if $Y,eval "$$guard")
	@rm -f $R/.stair-* # what an attempt that was killed has left
	@printf '%s\n' $(notdir $(INTER)) >$R/logs.new && mv $R/logs.new $R/logs
	@echo '$(how) $(before)' >$@.new && mv $@.new $@

# One run at a time: the lock is held by this run's processes, and is free when the
# last of them has ended, however. What another run leaves is looked at afterwards.
# make -n needs none.
ifeq ($(STAIR_NIGHTLY)$(findstring n,$(firstword -$(MAKEFLAGS))),)
nightly:
	@mkdir -p $(RUNS)
	+@exec 9>>$(RUNS)/lock; \
	flock -n 9 || { echo 'another run is going on in $(RUNS): this one waits for its end' >&2; flock 9; }; \
	STAIR_NIGHTLY=1 exec $(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) DAY=$(DAY) nightly
else
nightly: $R/complete
	@$(if $(later),echo '$(lastword $(later)) is complete already: its lists stay',\
	  cmp -s $R/top.tsv $(RUNS)/served.tsv || { cp $R/top.tsv $(RUNS)/.served.new && sync $(RUNS)/.served.new && \
	    mv $(RUNS)/.served.new $(RUNS)/served.tsv && sync $(RUNS); })
	@awk -F'\t' '$$1 == "ndcg" && $$2 == 20 { printf "%s: %s, valid NDCG@20 %.4f, lists in %s\n", "$(DAY)", "$(how)", $$3, "$(RUNS)/served.tsv" }' $R/valid.tsv
endif
