# Which settings are best on a dataset, by valid NDCG@20; test is not looked at.
#
#   make sweep DATASET=baby DATA=... SYSTEM=stair GRID="gamma=0.1,0.2 lr=0.001,0.005"
#   make sweep DATASET=baby DATA=... SYSTEM=itemknn GRID="neighbors=100,1000 shrink=0,100"
#
# Every combination of the values in GRID, options of stair-train, is trained
# with what DATASET.mk and runs.mk set otherwise. Each is kept: a wider GRID
# later trains what is new. $R/sweep.tsv lists them all, best first.
DATASET = demo
SYSTEM = stair
GRID = gamma=0.1,0.2,0.4 weight-decay=0.03,0.1,0.3
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
$(call one_of,DATASET,$(datasets))
SWEPT := runs/sweep/$(DATASET)-$(SYSTEM)
R = $(SWEPT)
include $(HERE)$(DATASET).mk
include $(HERE)runs.mk
.DEFAULT_GOAL := sweep

# name=1,2 name=.. to name=1;name=..; a word for each combination
cross = $(if $(strip $1),$(if $(strip $2),$(foreach a,$1,$(foreach b,$2,$a;$b)),$1),$2)
axis = $(foreach v,$(subst $(,), ,$(lastword $(subst =, ,$1))),$(firstword $(subst =, ,$1))=$v)
all_of = $(if $(strip $1),$(call cross,$(call axis,$(firstword $1)),$(call all_of,$(wordlist 2,99,$1))))
$(call one_of,SYSTEM,$(trained_systems) itemknn)
points := $(call all_of,$(GRID))
names := $(foreach g,$(GRID),$(firstword $(subst =, ,$g)))
set := $($(SYSTEM)_set)
fixed := $(filter $(SYSTEM),$(fixed_systems))
$(foreach g,$(GRID),$(if $(word 3,$(subst =, = ,$g)),,$(error GRID holds NAME=VALUE$(,)VALUE words$(,) not '$g')))
run_of = $(subst ;,_,$(subst =,,$1))
options_of = $(call without,$(set),$(names)) $(addprefix --,$(subst ;, ,$1))
$(foreach p,$(points),$(eval $(if $(fixed),\
  $(call fixed_run,$(call run_of,$p),$(call options_of,$p)),\
  $(call training,$(call run_of,$p),$(call options_of,$p) --seed=$(SEED),$(call reads,$(set))))))

# a line of the table from a log, or from the metrics on valid
best_logged = awk -v p='$1' \
	'function num(key, at) { at = index($$0, "\"" key "\": "); return substr($$0, at + length(key) + 4) + 0 } \
	 /"best": true/ { n = num("ndcg@20"); r = num("recall@20"); e = num("epoch") } { last = num("epoch") } \
	 END { gsub(/;/, " ", p); printf "%.6f\t%.6f\t%d\t%d\t%s\n", n, r, e, last, p }' $R/$(call run_of,$1).jsonl;
measured = awk -v p='$1' \
	'{ v[$$1, $$2] = $$3 } \
	 END { gsub(/;/, " ", p); printf "%.6f\t%.6f\t-\t-\t%s\n", v["ndcg", 20], v["recall", 20], p }' \
	$R/$(call run_of,$1).valid.tsv;

sweep_cmd = $(points)
$R/sweep.tsv: $(foreach p,$(points),$R/$(call run_of,$p)$(if $(fixed),.valid.tsv,.jsonl)) $R/sweep.opts
	@{ printf 'valid_ndcg@20\tvalid_recall@20\tbest_epoch\tepochs\tsettings\n'; \
	  $(foreach p,$(points),$(call $(if $(fixed),measured,best_logged),$p)) } | \
	  { IFS= read -r head; echo "$$head"; sort -t "$$(printf '\t')" -k1,1gr -k5; } >$@.new && mv $@.new $@

.PHONY: sweep
sweep: $R/sweep.tsv
	@head -n 11 $<
