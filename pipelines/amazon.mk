# What the two Amazon pipelines share: an .inter file with a published split, and
# item content as dense features or as neighbour graphs.
#
#   DATA  directory of the files
#   INIT  derived: start from text_feat_derived.npy and image_feat_derived.npy
#         knn: start from the neighbour graphs themselves
#         auto: derived where those files are in DATA, else knn
# The item graph always comes from text_knn10.npz and image_knn10.npz.
include $(dir $(lastword $(MAKEFILE_LIST)))base.mk
DATA ?=
DATA_NAME = amazon-$(NAME)
INIT = auto
$(call one_of,INIT,auto derived knn)
# The split of MMRec, on which the paper's figures were made, if it is there.
mmrec := $(wildcard $(DATA)/$(NAME).mmrec.inter.gz)
DATA_FILES = $(if $(mmrec),,$(NAME).inter.gz) text_knn10.npz image_knn10.npz
INTER = $(or $(mmrec),$(DATA)/$(NAME).inter.gz)
INGEST = --split label
KT = 5
KV = 1
dense := $(DATA)/text_feat_derived.npy $(DATA)/image_feat_derived.npy
graphs := $(DATA)/text_knn10.npz $(DATA)/image_knn10.npz
chosen := $(if $(filter auto,$(INIT)),$(if $(word 2,$(wildcard $(dense))),derived,knn),$(INIT))
INIT_FROM = $(join $(if $(filter derived,$(chosen)),$(dense),$(graphs)),:$(KT) :$(KV))
ITEMS_FROM = $(join $(graphs),:$(KT) :$(KV))
content = $(if $(filter derived,$(chosen)),text=$(word 1,$(dense)) image=$(word 2,$(dense)))
shares = :0.9 :0.1
TITLES := $(wildcard $(DATA)/titles.tsv)
NOTE = $(if $(mmrec),The split is that of MMRec$(,) on which the paper's figures were made.,The split is \
	another draw of the paper's rule$(,) which moves metrics by about the spread over seeds.) The initial vectors come from \
	$(if $(filter derived,$(chosen)),stand-ins that were fitted to the neighbour graphs,the neighbour graphs)$(,) \
	not from the published features.

include $(HERE)stage.mk
