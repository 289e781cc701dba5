# The pipelines as targets of the top Makefile. Variables given on the command line
# (EPOCHS=5, DATA=...) reach them. Results lie in R, of the paper in P, and without
# these in runs/NAME.
pipelines = demo best baby sports tiktok own report paper cold sweep nightly
ifneq ($(filter $(pipelines),$(MAKECMDGOALS)),)
$(known_names)
$(call checked,command)
endif
# The file of settings that DATASET is.
its_file = $(call path,DATASET)$(or $(if $(wildcard $(DATASET)/.),,$(wildcard $(DATASET))),\
	$(error DATASET: there is no file '$(DATASET)'))
pipeline = +@$(MAKE) --no-print-directory -f $(or $1,pipelines/$@.mk) BIN=$(BIN)

demo: all  ## make up a shop, train, recommend: under a minute
	$(call pipeline,pipelines/best.mk) DATASET=demo BUDGET=$(or $(BUDGET),30s)
	@printf '%s\n' '' 'Everything lies in $(or $R,runs/demo). What to try next:' \
	  '  make demo                  does nothing, as nothing changed' \
	  '  make demo BUDGET=60s       takes more time' \
	  '  make demo SYNTH="--text-signal 0 --image-signal 0"   features that say nothing' \
	  '  $(BIN)/stair-info $(or $R,runs/demo)/model.npz    what is in a file and how it came about' \
	  'Your own data: see README.md'

best: all  ## the best lists for a time (DATASET=your file, BUDGET=60s, 10m or 2h)
	$(pipeline)

own: all  ## your own data (INTER=its table, or DATASET=a copy of pipelines/own.mk)
	$(call pipeline,$(if $(DATASET),$(its_file)))

report: all  ## compare systems on a dataset (DATASET=demo, baby, .. or your file)
	$(call pipeline,$(if $(filter %.mk,$(DATASET)),$(its_file),$(if \
	  $(DATASET),$(call one_of,DATASET,demo large baby sports tiktok FILE.mk))pipelines/$(or $(DATASET),demo).mk))

baby: all  ## train on Amazon Baby (DATA=its directory)
	$(pipeline)

sports: all  ## train on Amazon Sports (DATA=its directory)
	$(pipeline)

tiktok: all  ## train on TikTok (DATA=its directory)
	$(pipeline)

paper: all  ## the paper's tables and figures (DATA= as in paper.mk)
	$(pipeline)

cold: all  ## a table of items that nobody had in training (DATA= as in paper.mk)
	$(pipeline)

sweep: all  ## try settings on a dataset by valid NDCG@20 (GRID= as in sweep.mk)
	$(pipeline)

nightly: all  ## today's lists from yesterday's run (LOG=, STOCK= and others as in nightly.mk)
	$(pipeline)

.PHONY: $(pipelines)
