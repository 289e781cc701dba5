# The paper's tables and figures, with the paper's numbers beside ours: every
# training is a file that is made once, goes on after a kill and runs beside
# others under -j; runs/paper/report.html is the result.
#
#   make paper DATA=path/to/data              Baby and Sports, 500 epochs: days
#   make paper DATA=... SYSTEMS="stair freedom bm3 lightgcn jgcf mf"   many hours
#   make paper DATA=... DATASETS=baby EPOCHS=60 SEEDS=1
#   make paper PARTS="fig2 fig6"              without DATA: the made-up shop
#   make paper DATA=... DATASETS="baby sports tiktok large"
#   make -f pipelines/paper.mk fig5 DATA=...  one part alone
#
# DATASETS are baby, sports, tiktok, demo (the made-up shop) and large, a made-up
# shop of the size of Electronics; SYSTEMS those of runs.mk. DATA is the directory
# of baby.inter.gz or sports.inter.gz or tiktok.inter.gz, or the one above
# amazon-baby, amazon-sports and tiktok. Settings are those of DATASET.mk, each a
# variable; see paper-data.mk for more. A model takes some 15 MB (Baby). Table 3 is
# measured in trainings of COST_EPOCHS of its own, of all nine systems.
DATA ?=
DATASETS = $(if $(DATA),baby sports,demo)
all_parts = table1 table2 table3 fig2 fig3 fig4 fig5 fig6 fig7
PARTS = $(all_parts)
COST_SYSTEMS = stair freedom bm3 mmssl lattice mmgcn lightgcn jgcf mf
SYSTEMS = $(COST_SYSTEMS) itemknn contentknn popularity stairplus blend
COST_EPOCHS = 3
SEEDS = 1 2 3 4 5
LAYER_SWEEP = 0 1 2 3 4
GAMMA_SWEEP = 0.01 0.05 0.1 0.2 0.3 0.4 0.5
# the paper's 10 and 20 need features; the graphs hold nine neighbours of an item
KT_SWEEP = 1 3 5 9
KV_SWEEP = 1 3 5 9
CLUSTERS = 8,10,20,50,100

include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
.DEFAULT_GOAL := paper
P ?= runs/paper
$(call checked,file command override)
$(call some_of,DATASETS,$(datasets))
$(call some_of,PARTS,$(all_parts))
$(call some_of?,COST_SYSTEMS,$(trained_systems))
$(call some_of?,SYSTEMS,$(systems))
override DATASETS := $(call once,$(DATASETS))

brought = $(filter baby sports tiktok,$(DATASETS))
$(if $(and $(brought),$(if $(DATA),,$(making))),$(error set DATA to the directory that holds the files of $(brought)))
dir_of = $(if $(wildcard $(DATA)/$1.inter.gz $(DATA)/$1.mmrec.inter.gz),$(DATA),$(DATA)/$(if $(filter baby sports,$1),amazon-)$1)
passed = $(foreach v,PARTS SYSTEMS SEEDS COST_SYSTEMS COST_EPOCHS LAYER_SWEEP GAMMA_SWEEP KT_SWEEP KV_SWEEP CLUSTERS,$v='$($v)')

.PHONY: paper FORCE clean $(all_parts)
FORCE:
tables = $(DATASETS:%=$P/%/paper.tsv)
$(tables): $P/%/paper.tsv: FORCE
	+@mkdir -p $(@D); $(MAKE) --no-print-directory -f $(HERE)paper-data.mk DATASET=$* R=$P/$* \
	  $(if $(DATA),DATA=$(call dir_of,$*)) BIN=$(BIN) $(passed) $@
# Table 3 measures: no dataset beside another
ifneq ($(filter table3,$(PARTS)),)
earlier :=
$(foreach f,$(tables),$(eval $f: | $(earlier))$(eval earlier += $f))
endif

$P/%.opts: FORCE
	@mkdir -p $P; printf '%s\n' '$($*_opts)' | cmp -s - $@ || printf '%s\n' '$($*_opts)' >$@
paper_opts = $(DATASETS) $(PARTS) $(SEEDS)

$P/report.html: $(tables) $P/paper.opts $(wildcard $(HERE)page/*)
	@bash $(HERE)page/paper.sh $P "$(DATASETS)" "$(PARTS)" $(BIN) >$@.new && mv $@.new $@

paper: $P/report.html
	@echo '$P/report.html shows the results; the tables and pictures are beside it'

$(all_parts):
	+@$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) PARTS=$@ paper

clean:
	rm -rf $P
