# The best lists for the time that there is: settings are chosen, and a model is
# trained and blended with one that takes seconds.
#
#   make best DATASET=path/shop.mk BUDGET=10m
#   make best DATASET=baby DATA=... BUDGET=2h
#
# DATASET is demo, large, baby, sports, tiktok or a file like own.mk; BUDGET is about
# how long all of it may take, in s, m or h. Settings are chosen by the valid items
# alone, see tune.sh: first those of ItemKNN, with content where there are features,
# then those of STAIR+ (without features LightGCN). What is left of the time goes
# into its training, which ends earlier if it does not improve any more. The two are
# blended, and all are compared on the test part as `make report` does it. The
# results lie in R as those of the other pipelines do: chosen.mk has the settings,
# report.html the comparison, top.tsv the lists.
#
# If it is interrupted, it goes on where it was when it is run again, and has the
# whole BUDGET for what is left. What was found does not depend on the machine,
# unless the time was over: chosen.mk and the log of the training say what makes the
# same again.
DATASET = demo
BUDGET = 60s
PLAN = report
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
best_mk := $(HERE)best.mk
amount := $(patsubst %s,%,$(patsubst %m,%,$(patsubst %h,%,$(BUDGET))))
unit := $(if $(filter %s,$(BUDGET)),1,$(if $(filter %m,$(BUDGET)),60,$(if $(filter %h,$(BUDGET)),3600)))
$(if $(and $(call one_word,BUDGET),$(unit),$(call drop,$(amount),0),$(if $(call drop,$(amount),$(digits)),,yes)),,\
	$(call refuse,BUDGET,is a time such as 60s$(,) 10m or 2h))

$(if $(filter command,$(origin SYSTEMS)),$(error SYSTEMS are those of best.mk; make report compares others))
# Where there are no features, two systems are others.
knn = $(if $(INIT_FROM),contentknn,itemknn)
learner = $(if $(INIT_FROM),stairplus,lightgcn)
override SYSTEMS = popularity $(call once,itemknn $(knn)) $(learner) blend
override BLEND = $(learner) $(knn)
alike = $R/alike-1.npz
include $(settings)
.DEFAULT_GOAL := best
.PHONY: best best-tuned best-made

# The graphs of what is alike: from each kind of features alone, and from all.
alike_files := $(call files,$(ITEMS_FROM))
alikes := $(foreach f,$(alike_files),$f:10)$(if $(word 2,$(alike_files)), $(subst $() ,+,$(alike_files:%=%:10)))
define alike_rule
alike-$1_cmd = stair-knn --values cosine $(subst +, ,$2)
$R/alike-$1.npz: $(call files,$(subst +, ,$2)) $R/alike-$1.opts $(BIN)/stair-knn
	$$(stage)/$$(alike-$1_cmd)$$t
alike_all += $R/alike-$1.npz
endef
alike_all :=
counted :=
$(foreach a,$(alikes),$(eval counted += x)$(eval $(call alike_rule,$(words $(counted)),$a)))

# What a search starts from: the settings, before chosen.mk replaces them.
knn_start := $($(knn)_set) $($(knn))
learner_start := $($(learner)_set) $($(learner))
longest := $(if $(filter command,$(origin EPOCHS)),$(EPOCHS),2000)
# Not included, as Make would make it at once then, also under -n.
$(eval $(file <$R/chosen.mk))
chosen_cmd = tune.sh BUDGET=$(BUDGET) EPOCHS=$(longest) $(knn) $(knn_start) $(learner) $(learner_start)
tuned_from = $R/data.npz $(if $(INIT_FROM),$(init) $(items) $(alike_all)) $(BIN)/stair-train $(BIN)/stair-eval $(HERE)tune.sh
$R/chosen.mk: $(tuned_from) $R/chosen.opts
	@DIR=$R BIN=$(BIN) THREADS='$t' STARTED=$(STARTED) BUDGET=$(BUDGET) GIVEN=$$((10#$(amount) * $(unit))) \
	  EPOCHS=$(longest) KNN='$(knn) $(call model,$(knn)) $(knn_start)' ALIKE='$(alike_all)' \
	  LEARNER='$(learner) $(call model,$(learner)) $(learner_start)' bash $(HERE)tune.sh $(tuned_from)

best-tuned: $R/chosen.mk
best-made: report
	@echo; cat $R/chosen.mk
# The training has the time that is left when what comes behind it is taken off.
ifneq ($(filter best-made,$(MAKECMDGOALS)),)
export UNTIL := $(shell awk -v t=$(STARTED) -v n=$(amount) '{ printf "%.2f", t / 1e6 + n * $(unit) - $$1 / 1e6 }' $R/tune/reserve 2>/dev/null)
endif
best:
	+@export STARTED=$$(date +%s%6N); make="$(MAKE) --no-print-directory -f $(best_mk)"; $$make best-tuned && $$make best-made
