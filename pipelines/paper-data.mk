# The trainings behind the paper's tables and figures on one dataset; see
# paper.mk, which runs this.
#
#   DATASET  demo, large, baby, sports or tiktok
#   PARTS    table2 table3 fig2 fig3 fig5 fig6 fig7, or some of them
#   SYSTEMS SEEDS  of Table 2; Fig. 6 takes all seeds, the others the first
#   COST_SYSTEMS COST_EPOCHS  of Table 3
#   LAYER_SWEEP GAMMA_SWEEP KT_SWEEP KV_SWEEP CLUSTERS  of Fig. 3, 7 and 2
include $(dir $(lastword $(MAKEFILE_LIST)))$(DATASET).mk
include $(HERE)runs.mk
.DEFAULT_GOAL := $R/results.tsv

first := $(firstword $(SEEDS))
has = $(filter $1,$(PARTS))

# -- which trainings: a line for each place where one appears, as
# part/series/x/seed/training ---------------------------------------------------
wanted := $(filter-out $(TOO_LARGE_$(NAME)) $(if $(content),,$(featured_systems)),$(SYSTEMS))
trained := $(filter $(trained_systems),$(wanted))
fixed := $(filter $(fixed_systems),$(wanted))
timed := $(if $(call has,table3),$(filter-out $(TOO_LARGE_$(NAME)) $(if $(content),,$(featured_systems)),$(COST_SYSTEMS)))
$(if $(SYSTEMS),$(call some_of,SYSTEMS,$(trained_systems) $(fixed_systems)))
$(if $(COST_SYSTEMS),$(call some_of,COST_SYSTEMS,$(trained_systems)))
plan = $(if $(call has,table2),$(foreach s,$(SEEDS),$(foreach m,$(trained),table2/$m/-/$s/$m-$s)) \
	  $(foreach m,$(fixed),table2/$m/-/1/$m)) \
	$(foreach m,$(timed),table3/$m/-/$(first)/cost-$m) \
	$(if $(call has,fig3),$(foreach l,$(LAYER_SWEEP),fig3/random/$l/$(first)/base$l-$(first) \
	  fig3/MI/$l/$(first)/mi$l-$(first))) \
	$(if $(call has,fig5),fig5/STAIR/-/$(first)/stair-$(first) fig5/without.BSC/-/$(first)/fsc-$(first)) \
	$(if $(call has,fig6),$(foreach s,$(SEEDS),fig6/LightGCN/1/$s/base$(LAYERS)-$s fig6/+MI/2/$s/mi$(LAYERS)-$s \
	  fig6/+FSC/3/$s/fsc-$s fig6/+BSC=STAIR/4/$s/stair-$s fig6/-BSC/5/$s/fsc-$s \
	  fig6/-FSC/6/$s/nofsc-$s fig6/-MI/7/$s/nomi-$s)) \
	$(if $(call has,fig7),$(foreach g,$(GAMMA_SWEEP),fig7g/gamma/$g/$(first)/$(gamma_run)) \
	  $(foreach a,$(KT_SWEEP),$(foreach b,$(KV_SWEEP),fig7k/$a/$b/$(first)/$(k_run) fig7w/$a/$b/$(first)/$(w_run))))
# the same setting twice is the same training
gamma_run = $(if $(filter $(GAMMA),$g),stair,gamma$g)-$(first)
k_run = $(if $(filter $(KT)-$(KV),$a-$b),stair-$(first),k$a-$b-$(first))
w_run = $(if $(filter $(KT)-$(KV),$a-$b),stair-$(first),w$a-$b-$(first))
runs := $(sort $(foreach p,$(plan),$(lastword $(subst /, ,$p))))
logged := $(filter-out $(fixed),$(runs))

# -- what each is ----------------------------------------------------------------
plain = $(call without,$(stair_set),init items gamma layers) --no-fsc --no-bsc
seeded = $(foreach s,$(SEEDS),$(eval $(call training,$1-$s,$2 --seed=$s,$(call reads,$2))))
$(call seeded,stair,$(stair_set))
$(foreach m,$(filter-out stair,$(trained_systems)),$(call seeded,$m,$($m_set)))
$(eval $(call fixed_run,itemknn,$(itemknn_set)))
$(foreach l,$(sort $(LAYER_SWEEP) $(LAYERS)),\
  $(call seeded,base$l,$(plain) --no-mi --layers=$l)\
  $(call seeded,mi$l,$(plain) --init=$R/init.npz --layers=$l))
$(call seeded,fsc,$(call without,$(stair_set),items) --no-bsc)
$(call seeded,nofsc,$(stair_set) --no-fsc)
$(call seeded,nomi,$(call without,$(stair_set),init) --no-mi)
$(foreach g,$(filter-out $(GAMMA),$(GAMMA_SWEEP)),\
  $(eval $(call training,gamma$g-$(first),$(call without,$(stair_set),gamma) --gamma=$g --seed=$(first),$R/init.npz $R/items.npz)))

# The cost of an epoch is measured by trainings of few, after all others and one
# after another, so that none has another beside it.
before := $(patsubst %,$R/%.npz,$(filter-out cost-%,$(runs)))
define timed_run
$(call training,cost-$1,$(call without,$($1_set),epochs eval-every patience) --epochs=$(COST_EPOCHS) \
	--eval-every=$(COST_EPOCHS) --seed=$(first),$(call reads,$($1_set)))
$R/cost-$1.npz: | $(before)
before += $R/cost-$1.npz
endef
$(foreach m,$(timed),$(eval $(call timed_run,$m)))

# k_t and k_v are the numbers of neighbours and, in k, also the weights of the
# initialisation, as in the released code; in w these stay as they are.
with_k = $(join $(call files,$1),:$a :$b)
define neighbours
whiten$a-$b_cmd = stair-whiten -d $(DIM) $(call with_k,$(INIT_FROM))
knn$a-$b_cmd = stair-knn $(call with_k,$(ITEMS_FROM))
$R/whiten$a-$b.npz: $(call files,$(INIT_FROM)) $R/whiten$a-$b.opts $(BIN)/stair-whiten
	$(BIN)/$$(whiten$a-$b_cmd)$t -o $$@
$R/knn$a-$b.npz: $(call files,$(ITEMS_FROM)) $R/knn$a-$b.opts $(BIN)/stair-knn
	$(BIN)/$$(knn$a-$b_cmd)$t -o $$@
$(call training,k$a-$b-$(first),$(call without,$(stair_set),init items) --init=$R/whiten$a-$b.npz \
	--items=$R/knn$a-$b.npz --seed=$(first),$R/whiten$a-$b.npz $R/knn$a-$b.npz)
$(call training,w$a-$b-$(first),$(call without,$(stair_set),items) \
	--items=$R/knn$a-$b.npz --seed=$(first),$R/init.npz $R/knn$a-$b.npz)
endef
$(foreach a,$(KT_SWEEP),$(foreach b,$(KV_SWEEP),$(eval $(neighbours))))

# -- Fig. 2 ----------------------------------------------------------------------
uncertainty_cmd = stair-uncertainty --data $R/data.npz --clusters $(CLUSTERS) --random $(DIM) \
	mf=$R/mf-$(first).npz $(content)
uncertainty_files = $(foreach c,$(content),$(lastword $(subst =, ,$c)))
uncertainty_outside = $(filter-out $R/%,$(uncertainty_files))
$R/uncertainty.tsv: $R/mf-$(first).npz $R/data.npz $(uncertainty_files) $R/uncertainty.opts $(BIN)/stair-uncertainty
	$(BIN)/$(uncertainty_cmd)$t -o $@

# -- Table 2: the first system against each other ----------------------------------
others = $(filter-out $(firstword $(trained)),$(trained))
compare_cmd = stair-compare $(foreach m,$(firstword $(trained)) $(others),$m= $(SEEDS:%=$R/$m-%.tsv))
compared = $(foreach m,$(trained),$(SEEDS:%=$R/$m-%.tsv))
$R/compare.tsv: $(compared) $R/compare.opts $(BIN)/stair-compare
	$(BIN)/$(compare_cmd) -o $@

# the same over the users of the first seed's models
users_cmd = stair-compare $(foreach m,$(firstword $(trained)) $(others),$m=$R/$m-$(first).users.tsv)
$(trained:%=$R/%-$(first).users.tsv): $R/%.users.tsv: $R/%.npz $R/data.npz $R/eval.opts $(BIN)/stair-eval
	$(BIN)/$(eval_cmd)$t --per-user $@ -o /dev/null $<
$R/users.tsv: $(trained:%=$R/%-$(first).users.tsv) $R/users.opts $(BIN)/stair-compare
	$(BIN)/$(users_cmd) -o $@

# -- everything in tables -----------------------------------------------------------
outside = $(sort $(ingest_outside) $(whiten_outside) $(knn_outside) $(foreach f,$(FEATURES),$($f_outside)) \
	$(if $(call has,fig2)$(filter $(featured_systems),$(trained) $(timed)),$(uncertainty_outside)))
plan_cmd = $(subst /,	,$(plan))
about_cmd = $(NOTE)
$R/results.tsv: $R/data.npz $(runs:%=$R/%.tsv) $(logged:%=$R/%.jsonl) $R/plan.opts $R/about.opts \
		$(if $(call has,fig2),$R/uncertainty.tsv) \
		$(if $(and $(call has,table2),$(others)),$R/compare.tsv $R/users.tsv) $(HERE)paper-collect.sh
	@$(BIN)/stair-cat $R/data.npz | bash $(HERE)paper-collect.sh $(DATASET) $R $(outside)
