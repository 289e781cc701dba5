# One dataset of the paper: what its tables and figures are made of. paper.mk runs
# this with DATASET, one of its names, and with its own variables.
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
PLAN = paper
override SEEDS := $(call once,$(SEEDS))
override SYSTEMS := $(call once,$(SYSTEMS))
FIRST = $(firstword $(SEEDS))
plan_uses = PARTS FIRST SEEDS COST_EPOCHS LAYER_SWEEP GAMMA_SWEEP KT_SWEEP KV_SWEEP
# STAIR's vectors and graph are one of the points of Figure 7: a pair of numbers.
ks = $(subst $() ,-,$(strip $(foreach f,$(INIT_FROM),$(lastword $(subst :, ,$f)))))
init = $R/whiten$(ks).npz
items = $R/knn$(ks).npz
include $(settings)
# to stand beside what MMSSL's authors print
eval_cmd += --mmssl-ndcg
$(call some_of?,COST_SYSTEMS,$(trained_systems))
.DEFAULT_GOAL := $R/paper.tsv

with_k = $(join $(call files,$1),$(addprefix :,$(subst -, ,$2)))
define neighbours
whiten$1_cmd = stair-whiten $(width) $(call with_k,$(INIT_FROM),$1)
knn$1_cmd = stair-knn $(call with_k,$(ITEMS_FROM),$1)
$R/whiten$1.npz: $(call files,$(INIT_FROM)) $R/whiten$1.opts $(BIN)/stair-whiten
	$(BIN)/$$(whiten$1_cmd)$t -o $$@
$R/knn$1.npz: $(call files,$(ITEMS_FROM)) $R/knn$1.opts $(BIN)/stair-knn
	$(BIN)/$$(knn$1_cmd)$t -o $$@
endef
$(foreach k,$(sort $(ks) $(foreach a,$(KT_SWEEP),$(foreach b,$(KV_SWEEP),$a-$b))),$(eval $(call neighbours,$k)))

# Figure 2
uncertainty_cmd = stair-uncertainty --data $R/data.npz --clusters $(CLUSTERS) --random $(or $(DIM),64) \
	mf=$R/mf-$(FIRST).npz $(content)
uncertainty_files = $R/mf-$(FIRST).npz $(foreach c,$(content),$(lastword $(subst =, ,$c)))
$R/uncertainty.tsv: $R/data.npz $(uncertainty_files) $R/uncertainty.opts $(BIN)/stair-uncertainty
	$(BIN)/$(uncertainty_cmd)$t -o $@

# Table 2: the first system against each other, by seeds, and by users of the first
# seed's models
listed = $(call possible,$(SYSTEMS))
of_seeds = $(if $(filter $(fixed_systems),$1),$1,$(SEEDS:%=$1-%))
compare_cmd = stair-compare $(foreach m,$(listed),$m= $(patsubst %,$R/%.tsv,$(call of_seeds,$m)))
users_cmd = stair-compare $(foreach m,$(listed),$m=$R/$(firstword $(call of_seeds,$m)).users.tsv)
$R/compare.tsv: $(foreach m,$(listed),$(patsubst %,$R/%.tsv,$(call of_seeds,$m))) $R/compare.opts $(BIN)/stair-compare
	$(BIN)/$(compare_cmd) -o $@
$R/users.tsv: $(foreach m,$(listed),$R/$(firstword $(call of_seeds,$m)).users.tsv) $R/users.opts $(BIN)/stair-compare
	$(BIN)/$(users_cmd) -o $@

$R/paper.tsv: $R/data.info $R/about.opts $(if $(filter fig2,$(PARTS)),$R/uncertainty.tsv) \
	$(if $(and $(filter table2,$(PARTS)),$(listed)),$R/compare.tsv $R/users.tsv)
