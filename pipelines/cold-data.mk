# One dataset of the table of cold items. cold.mk runs this with DATASET, one of its
# names, and with its own variables.
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
PLAN = cold
override SEEDS := $(call once,$(SEEDS))
override SYSTEMS := $(call once,$(SYSTEMS))
plan_uses = SEEDS
include $(settings)
.DEFAULT_GOAL := $R/table.tsv

# the dataset's own options, but for the split
ingest_cmd = stair-ingest $(strip $(filter-out --split ratio:% label time% leave-one-out hash%,$(INGEST))) \
	--split cold-items:8:1:1 --seed $(SEED) $(INTER)

cold_eval_cmd = stair-eval --data $R/data.npz --split test --top 20 --cold
fold_cmd = stair-fold --data $R/data.npz --items $(items)
vectors = $(filter-out contentknn,$(trainings))
folded = $(foreach m,$(vectors),$(foreach b,$(BOOSTS),$m.fold$b))
mixed = $(folded:%=%.mixed)
contents = $(trainings) $(folded) $(mixed) alike

define folding
$(vectors:%=$R/%.fold$1.npz): $R/%.fold$1.npz: $R/%.npz $R/data.npz $(items) $R/fold.opts $(BIN)/stair-fold
	$(BIN)/$$(fold_cmd) --boost $1$t -q -o $$@ $$<
endef
$(foreach b,$(BOOSTS),$(eval $(call folding,$b)))
mix_cmd = stair-blend --data $R/data.npz 1 $(MIX) $(alike)
$(mixed:%=$R/%.npz): $R/%.mixed.npz: $R/%.npz $(alike) $R/mix.opts $(BIN)/stair-blend
	$(BIN)/stair-blend -q --data $R/data.npz -o $@ $<:1 $(alike):$(MIX)$t
$(contents:%=$R/%.cold.metrics): $R/%.cold.metrics: $R/%.npz $R/data.npz $R/cold_eval.opts $(BIN)/stair-eval
	$(BIN)/$(cold_eval_cmd)$t -o $@ $<

$R/table.tsv: $(contents:%=$R/%.cold.metrics)
	@awk -F'\t' -v OFS='\t' 'function row(f) { \
	    gsub(/.*\/|\.cold\.metrics$$/, "", f); \
	    return sprintf("%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%s", v["cold:recall"], v["cold:ndcg"], \
	      v["warm:recall"], v["warm:ndcg"], v["recall"], v["ndcg"], f) } \
	  FNR == 1 && NR > 1 { print row(last); delete v } \
	  { last = FILENAME; if ($$2 == 20) v[$$1] = $$3 } \
	  END { print row(last) }' $^ | sort -s -t'	' -k1,1gr | \
	  { printf 'cold\tcold_ndcg\twarm\twarm_ndcg\tall\tall_ndcg\tmodel\n'; cat; } >$@.new && mv $@.new $@
