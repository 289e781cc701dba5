# The stages that every pipeline shares. A pipeline is a file that sets the
# variables below and includes this one; see demo.mk and amazon.mk.
#
# A stage is one file. It depends on the files it reads, on the program that
# makes it and on a stamp, STAGE.opts, that holds its whole command: the stamp is
# rewritten only when the command differs, and programs are replaced only when
# their bytes differ. So a changed input, option or program re-runs exactly the
# stages behind it, and nothing else does. Outputs appear under their names only
# when complete; whatever kills a run, the next one goes on to the same bytes.
#
#   NAME      of the pipeline; results lie in R = runs/NAME
#   INTER     interactions for stair-ingest, INGEST its options
#   FEATURES  names of feature sets; NAME_raw is the file of each, IDS (may be
#             empty) the file with the item id of each row
#   INIT_FROM operands of stair-whiten: FILE:WEIGHT...
#   ITEMS_FROM operands of stair-knn: FILE:K...
#   GAMMA DECAY BATCH LAYERS DIM LR EPOCHS EVERY SEED  settings of stair-train
#   TITLES    item<TAB>title for the report, may be empty
#   NOTE      a sentence for the report, may be empty
#   THREADS   of each program, default: all processors
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
.DEFAULT_GOAL := report

R ?= runs/$(NAME)
$(call path,R)
THREADS =
t = $(if $(THREADS), -t $(THREADS))

# FILE:NUMBER... without the numbers; a word for the shell.
files = $(foreach f,$1,$(firstword $(subst :, ,$f)))
quote = '$(subst ','\'',$1)'

# Commands without output and threads, which change no byte of the result. What
# a stamp holds is the command and, of files from outside, size and time: a file
# replaced by an older one is news too.
ingest_cmd = stair-ingest $(INGEST) --seed $(SEED) $(INTER)
whiten_cmd = stair-whiten -d $(DIM) $(INIT_FROM)
knn_cmd = stair-knn $(ITEMS_FROM)
train_in = --data $R/data.npz --init $R/init.npz --items $R/items.npz
train_set = --gamma $(GAMMA) --layers $(LAYERS) -d $(DIM) --lr $(LR) \
	--weight-decay $(DECAY) --batch $(BATCH) --seed $(SEED)
model_cmd = stair-train $(train_in) $(train_set) --epochs $(EPOCHS) --eval-every $(EVERY)
untrained_cmd = stair-train $(train_in) $(train_set) --epochs 0
popularity_cmd = stair-train --model popularity --data $R/data.npz
eval_cmd = stair-eval --data $R/data.npz --split test --top 10,20
top_cmd = stair-recommend --data $R/data.npz -n 10
report_cmd = $(HERE)report.sh $R $(call quote,$(TITLES)) $(call quote,$(NOTE))
ingest_outside = $(filter-out $R/%,$(INTER))
whiten_outside = $(filter-out $R/%,$(call files,$(INIT_FROM)))
knn_outside = $(filter-out $R/%,$(call files,$(ITEMS_FROM)))
report_outside = $(filter-out $R/%,$(TITLES))
define feature
$1_cmd = stair-features --data $R/data.npz $(if $(IDS),--ids $(IDS)) $($1_raw)
$1_outside = $(filter-out $R/%,$(IDS) $($1_raw))
$R/$1.npz: $R/data.npz $(IDS) $($1_raw) $R/$1.opts $(BIN)/stair-features
	$(BIN)/$$($1_cmd) -o $$@
endef

.PHONY: FORCE report clean
FORCE:
$R/%.opts: FORCE
	@mkdir -p $R; { printf '%s\n' $(call quote,$($*_cmd)); \
	   $(if $($*_outside),stat -Lc '%n %s %.9Y' $($*_outside) 2>/dev/null || :;) } >$@.new; \
	 cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$R/data.npz: $(INTER) $R/ingest.opts $(BIN)/stair-ingest
	$(BIN)/$(ingest_cmd) -o $@

$(foreach f,$(FEATURES),$(eval $(call feature,$f)))

$R/init.npz: $(call files,$(INIT_FROM)) $R/whiten.opts $(BIN)/stair-whiten
	$(BIN)/$(whiten_cmd)$t -o $@

$R/items.npz: $(call files,$(ITEMS_FROM)) $R/knn.opts $(BIN)/stair-knn
	$(BIN)/$(knn_cmd)$t -o $@

# A training that was cut off goes on from its checkpoint if that is newer than
# everything the training depends on.
# The shell passes a signal on: make alone would leave the training running.
$R/model.npz: $R/data.npz $R/init.npz $R/items.npz $R/model.opts $(BIN)/stair-train
	@saved=$R/training.npz resume=" --resume $R/training.npz"; \
	for f in $^; do [ "$$f" -ot "$$saved" ] || resume=; done; \
	set -- $(BIN)/$(model_cmd)$t --checkpoint "$$saved"$$resume --log $R/training.jsonl -o $@; \
	echo "$$@"; "$$@" & pid=$$!; trap 'kill $$pid; wait $$pid || :' INT TERM HUP; \
	wait $$pid; rm -f "$$saved"

$R/untrained.npz: $R/data.npz $R/init.npz $R/items.npz $R/untrained.opts $(BIN)/stair-train
	$(BIN)/$(untrained_cmd)$t -o $@

$R/popularity.npz: $R/data.npz $R/popularity.opts $(BIN)/stair-train
	$(BIN)/$(popularity_cmd) -o $@

REPORTED = popularity untrained model
$(REPORTED:%=$R/%.tsv): $R/%.tsv: $R/%.npz $R/data.npz $R/eval.opts $(BIN)/stair-eval
	$(BIN)/$(eval_cmd)$t -o $@ $<

$R/top.tsv: $R/model.npz $R/data.npz $R/top.opts $(BIN)/stair-recommend
	$(BIN)/$(top_cmd)$t -o $@ $<

$R/report.txt: $(REPORTED:%=$R/%.tsv) $R/top.tsv $R/data.npz $(TITLES) $R/report.opts \
		$(HERE)report.sh $(BIN)/stair-cat
	@$(BIN)/stair-cat $R/data.npz | bash $(report_cmd) >$@.new && mv $@.new $@

report: $R/report.txt
	@cat $<

clean:
	rm -rf $R
