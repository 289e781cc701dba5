# What the settings of own.mk mean. A copy of own.mk includes this.
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
NAME := $(basename $(notdir $(SETTINGS)))
NOTE =
INTER_hint = : name the table of who bought what in a copy of $(HERE)own.mk$(,) or say make own INTER=orders.csv
# A file where make runs, or else beside the settings.
found = $(foreach f,$1,$(firstword $(wildcard $f $(dir $(SETTINGS))$f) $f))
$(foreach v,INTER TITLES $(foreach f,$(FEATURES),$f_vectors $f_ids),$(eval override $v := $(call found,$($v))))

column = $(if $($2),--$1 $(call quote,$($2)))
INGEST = --core $(CORE) --split $(SPLIT) $(call column,user,USER_COLUMN) $(call column,item,ITEM_COLUMN) \
	$(call column,time,TIME_COLUMN) $(foreach w,$(WHERE),--where $(call quote,$w)) $(INGEST_OPTIONS)
include $(HERE)stage.mk
