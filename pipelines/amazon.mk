# What the two Amazon pipelines share: an .inter file with the published split,
# and item content as dense features or as neighbour graphs.
#
#   DATA  directory of $(INTER_NAME) and of what INIT needs
#   INIT  derived: start from text_feat_derived.npy and image_feat_derived.npy
#         knn: start from the neighbour graphs themselves
#         auto: derived where those files lie in DATA, else knn
# The item graph always comes from text_knn10.npz and image_knn10.npz.
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
DATA ?=
$(if $(DATA),$(call path,DATA))
INIT = auto
$(call one_of,INIT,auto derived knn)
INTER = $(DATA)/$(INTER_NAME)
INGEST = --split label
KT = 5
KV = 1
dense := $(DATA)/text_feat_derived.npy $(DATA)/image_feat_derived.npy
graphs := $(DATA)/text_knn10.npz $(DATA)/image_knn10.npz
chosen := $(if $(filter auto,$(INIT)),$(if $(word 2,$(wildcard $(dense))),derived,knn),$(INIT))

ifeq ($(making),)
else ifeq ($(wildcard $(INTER)),)
$(error set DATA to the directory that holds $(INTER_NAME), as in: make $(NAME) DATA=path/to/amazon-$(NAME))
else ifneq ($(words $(wildcard $(graphs))),2)
$(error '$(DATA)' has no text_knn10.npz and image_knn10.npz, from which the item graph is made)
endif

INIT_FROM = $(join $(if $(filter derived,$(chosen)),$(dense),$(graphs)),:$(KT) :$(KV))
ITEMS_FROM = $(join $(graphs),:$(KT) :$(KV))
TITLES := $(wildcard $(DATA)/titles.tsv)
NOTE = $(if $(filter derived,$(chosen)),The initial vectors come from stand-ins that \
	were fitted to the neighbour graphs$(,) not from the published features.,The \
	initial vectors come from the neighbour graphs$(,) not from the published features.)

include $(HERE)stage.mk
