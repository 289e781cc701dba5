# Which settings are best on a dataset, by valid NDCG@20; test is not looked at.
#
#   make sweep DATASET=baby DATA=... GRID="gamma=0.1,0.2 lr=0.001,0.005"
#   make sweep DATASET=path/shop.mk SYSTEM=itemknn GRID="neighbors=100,1000 shrink=0,100"
#
# DATASET is demo, large, baby, sports, tiktok or a file like own.mk. Every
# combination of the values in GRID, which are options of stair-train, is trained
# with the dataset's other settings. Trainings are kept: a wider GRID later trains
# what is new. $R/sweep-SYSTEM.tsv lists all combinations, the best first.
DATASET = demo
SYSTEM = stair
GRID = gamma=0.1,0.2,0.4 weight-decay=0.03,0.1,0.3
PLAN = sweep
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
plan_uses = POINTS
POINTS = $(subst $() ,;,$(foreach g,$(GRID),--$(subst =,={,$g)}))
MEASURED = valid.tsv
include $(settings)
.DEFAULT_GOAL := sweep
$(call one_of,SYSTEM,$(trained_systems) itemknn contentknn)
grid_words = $(error GRID holds NAME=VALUE$(,)VALUE words$(,) not '$1')
$(if $(strip $(GRID)),$(foreach g,$(GRID),$(if $(word 3,$(subst =, = ,$g)),,$(call grid_words,$g))),$(grid_words))
parameters := seed $(if $(making),$(shell $(BIN)/stair-train --list --model $(call model,$(SYSTEM)) | cut -f2))
$(foreach g,$(GRID),$(if $(filter $(firstword $(subst =, ,$g)),$(parameters)),,\
	$(error $(SYSTEM) has no parameter '$(firstword $(subst =, ,$g))'$(,) only $(parameters))))
$(if $(call possible,$(SYSTEM)),,$(error $(SYSTEM) needs features$(,) or a smaller dataset than $(DATASET)))

$R/sweep-$(SYSTEM).tsv: $R/sweep.tsv
	@{ printf 'valid_ndcg@20\tvalid_recall@20\tbest_epoch\tepochs\tsettings\n'; \
	  tail -n +2 $< | awk -F'\t' -v OFS='\t' '{ gsub(/--/, "", $$4); printf "%.6f\t%.6f\t%s\t%s\t%s\n", $$10, $$8, $$11, $$13, $$4 }' | \
	  sort -s -t'	' -k1,1gr; } >$@.new && mv $@.new $@

.PHONY: sweep
sweep: $R/sweep-$(SYSTEM).tsv
	@head -n 11 $<
	@awk -F'\t' 'NR == 2 { gsub(/ /, " --", $$5); printf "\nThe best as a setting: $(SYSTEM) = --%s\n", $$5 }' $<
