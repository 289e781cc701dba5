# The trainings of a plan. stage.mk includes this.
#
# PLAN.plan says which trainings there are: a line for each place where one
# appears, see plan.awk, which makes the table $R/PLAN.plan.tsv of it. A training
# has a name made of its system, the options that differ and the seed, such as
# stair.gamma0.1-1, and is these files:
#   $R/NAME.npz    the model
#   $R/NAME.jsonl  its log
#   $R/NAME.err    what stair-train said, the last line with time and memory
#   $R/NAME.tsv    the metrics on test; NAME.valid.tsv on valid; NAME.users.tsv
#                  on test for each user
# $R/PLAN.tsv has them all: the table of the plan with the metrics.
PLAN ?= report
ifeq ($(SYSTEMS)$(PLAN),report)
SYSTEMS = popularity itemknn $(if $(INIT_FROM),stair,lightgcn)
endif

# -- the systems ------------------------------------------------------------------
# SYSTEM_set is what a system is trained with: what it reads, and what stair-train
# has no default for. SYSTEM itself, where a dataset or a user sets it, holds
# options that are added or replace some of these.
width = $(call option,dim,DIM)
protocol = $(width) --epochs=$(EPOCHS) $(call option,eval-every,EVERY)
features = $(addprefix --features=,$(content))
stair_set = --init=$(init) --items=$(items) $(call option,gamma,GAMMA) $(call option,layers,LAYERS) \
	$(call option,weight-decay,DECAY) $(call option,batch,BATCH) $(call option,lr,LR) $(protocol)
mf_set = $(protocol)
stairplus_set = $(filter-out --lr=%,$(stair_set))
lightgcn_set = $(protocol)
jgcf_set = $(protocol)
freedom_set = $(addprefix --features=,$(join $(content),$(shares))) $(protocol)
bm3_set = $(features) $(protocol)
lattice_set = $(features) $(protocol)
mmgcn_set = $(features) $(width) --epochs=$(shell echo $$(( $(EPOCHS) < 50 ? $(EPOCHS) : 50 )))
mmssl_set = $(features) $(width) --epochs=$(EPOCHS)
# Chosen by valid NDCG@20 among K 100, 300, 1000 and H 0, 20, 50, 100, 500.
itemknn_set = --neighbors=1000
contentknn_set = --items=$(alike) --neighbors=1000 --shrink=50
# Of these; without features of what needs none.
BLEND = $(if $(INIT_FROM),stairplus contentknn,lightgcn itemknn)
blend_set = blend $(BLEND)
# What a system is called by stair-train.
stairplus_model = stair+
contentknn_model = itemknn
model = $(or $($1_model),$1)

# The option $1 with the value of $2, if that was set.
option = $(if $(filter file command override,$(origin $2)),--$1=$($2))
content ?= $(foreach f,$(FEATURES),$f=$R/$f.npz)
init ?= $R/init.npz
items ?= $R/items.npz
alike ?= $R/alike.npz
EPOCHS ?= 500
# What the dataset has no features for, or is too large for, is left out.
possible = $(filter-out $(TOO_LARGE) $(if $(INIT_FROM),,stair stairplus contentknn) $(if $(content),,$(featured_systems)),$1)

# -- the plan -----------------------------------------------------------------------
# The plan may name R, SEED, the variables in plan_uses and four lists of systems.
$(call $(if $(filter report,$(PLAN)),some_of,some_of?),SYSTEMS,$(systems))
$(if $(filter report,$(PLAN)),$(if $(call possible,$(SYSTEMS)),,$(error of SYSTEMS '$(SYSTEMS)' none is possible without features)))
$(PLAN).plan_cmd = $(foreach v,R SEED $(plan_uses),$v=$(call quote,$($v))) \
	$(foreach v,SYSTEM SYSTEMS COST_SYSTEMS UNTRAINED,$v=$(call quote,$(call possible,$($v)))) \
	$(foreach s,$(systems),set_$s=$(call quote,$(if $(filter-out stair blend,$s),--model=$(call model,$s) )$($s_set) $($s)))
$R/$(PLAN).plan.tsv $R/$(PLAN).plan.mk &: $(HERE)$(PLAN).plan $(HERE)plan.awk $R/$(PLAN).plan.opts
	@$($(PLAN).plan_cmd) awk -v rules=$R/$(PLAN).plan.mk.new -f $(HERE)plan.awk $< >$R/$(PLAN).plan.tsv.new && \
	 mv $R/$(PLAN).plan.tsv.new $R/$(PLAN).plan.tsv && mv $R/$(PLAN).plan.mk.new $R/$(PLAN).plan.mk
ifneq ($(making),)
include $R/$(PLAN).plan.mk
endif

# -- a training of the plan ------------------------------------------------------------
eval_cmd = stair-eval --data $R/data.npz --split test --top 10,20
valid_cmd = stair-eval --data $R/data.npz --split valid --top 10,20
# Ranks do not share the work on systems with features, nor that of stair-blend.
shared = $(if $(filter stair-blend $(addprefix --model=,$(featured_systems)),$($*_cmd)),,$(run))
ifdef trainings
$(trainings:%=$R/%.npz): $R/%.npz: $R/data.npz $R/%.opts $(BIN)/stair-train
	@$(if $(LOUD),LOUD=1 )bash $(HERE)stage.sh $@ '$^' $(shared)$(BIN)/$($*_cmd)$t
$(trainings:%=$R/%.tsv): $R/%.tsv: $R/%.npz $R/data.npz $R/eval.opts $(BIN)/stair-eval
	$(run)$(BIN)/$(eval_cmd)$t -o $@ $<
$(trainings:%=$R/%.users.tsv): $R/%.users.tsv: $R/%.npz $R/data.npz $R/eval.opts $(BIN)/stair-eval
	$(run)$(BIN)/$(eval_cmd)$t -o /dev/null --per-user $@ $<
$(trainings:%=$R/%.valid.tsv): $R/%.valid.tsv: $R/%.npz $R/data.npz $R/valid.opts $(BIN)/stair-eval
	$(run)$(BIN)/$(valid_cmd)$t -o $@ $<
endif

$R/data.info: $R/data.npz
	@$(BIN)/stair-info $< >$@

# -- everything in one table ---------------------------------------------------------
MEASURED ?= tsv
$R/$(PLAN).tsv: $R/$(PLAN).plan.tsv $(trainings:%=$R/%.$(MEASURED)) $(HERE)collect.awk
	@awk -v dir=$R -v name=$(NAME) -v metrics=$(MEASURED) -v curves=$R/$(PLAN).curves.tsv -f $(HERE)collect.awk $< >$@.new && \
	 mv $@.new $@
