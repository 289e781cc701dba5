# A table of how well systems serve items that nobody had in training.
#
#   make cold DATA=path/to/data                Baby and Sports, 500 epochs: a day
#   make cold DATA=... EPOCHS=150 SYSTEMS="stair freedom contentknn lightgcn"
#   make cold                                  without DATA: the made-up shop
#
# A fifth of the items loses all train interactions; half of them are test items
# (stair-ingest --split cold-items). SYSTEMS are those of runs.mk that can: with
# content, or with vectors, to which stair-fold adds content. Each is measured as it
# was trained, and folded with every length of BOOSTS for the items that were not
# trained, alone and with MIX of the scores of the graph of content beside its own.
# $P/DATASET/table.tsv has Recall@20 and NDCG@20 of cold items among cold ones, of
# warm ones among warm ones, and of all. DATASETS, DATA and settings as in paper.mk.
DATA ?=
DATASETS = $(if $(DATA),baby sports,demo)
SYSTEMS = stair stairplus freedom bm3 lattice mmgcn mmssl lightgcn jgcf mf contentknn
SEEDS = 1
BOOSTS = 1 1.6
MIX = 0.5

include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
.DEFAULT_GOAL := cold
P ?= runs/cold
$(call checked,file command override)
$(call numbers,BOOSTS)
$(call number,MIX)
$(call some_of,DATASETS,$(datasets))
$(call some_of,SYSTEMS,$(trained_systems) contentknn)
override DATASETS := $(call once,$(DATASETS))

brought = $(filter baby sports tiktok,$(DATASETS))
$(if $(and $(brought),$(if $(DATA),,$(making))),$(error set DATA to the directory that holds the files of $(brought)))
dir_of = $(if $(wildcard $(DATA)/$1.inter.gz $(DATA)/$1.mmrec.inter.gz),$(DATA),$(DATA)/$(if $(filter baby sports,$1),amazon-)$1)
passed = $(foreach v,SYSTEMS SEEDS BOOSTS MIX,$v='$($v)')

.PHONY: cold FORCE clean
FORCE:
tables = $(DATASETS:%=$P/%/table.tsv)
$(tables): $P/%/table.tsv: FORCE
	+@mkdir -p $(@D); $(MAKE) --no-print-directory -f $(HERE)cold-data.mk DATASET=$* R=$P/$* \
	  $(if $(DATA),DATA=$(call dir_of,$*)) BIN=$(BIN) $(passed) $@

cold: $(tables)
	@for d in $(DATASETS); do printf '\n%s, Recall@20 and NDCG@20\n' $$d; cat $P/$$d/table.tsv; done

clean:
	rm -rf $P
