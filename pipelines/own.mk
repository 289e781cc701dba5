# Your own data, as settings. Copy this file, edit it and run it, wherever it is:
#
#   make -f shop.mk            everything: the comparison, the lists, a page
#   make -f shop.mk EPOCHS=10  with one setting changed
#
# or, from the sources of stair, make own DATASET=path/shop.mk. To have the settings of
# systems chosen and the best list made within a time, say there
#
#   make best DATASET=path/shop.mk BUDGET=10m
#
# Settings can also be given there: make own INTER=orders.csv USER_COLUMN=email. File
# names are looked for where make runs and beside this file. Results lie in runs/, in
# a folder named after this file; runs/shop/report.html shows them.

# -- who bought what ---------------------------------------------------------------
# A table with a user and an item in each line: CSV, TSV or JSON lines, also gzipped.
# Several files are read as one.
INTER =
# Which columns these are, by name or by number from 1. Empty: the usual names are
# looked for. Times may be numbers or ISO dates; the splits by time need them.
USER_COLUMN =
ITEM_COLUMN =
TIME_COLUMN =
# Which rows count: conditions without blanks, such as: rating>=4 event=purchase
WHERE =
# Other options of stair-ingest, such as --skip-bad, which passes over damaged rows.
INGEST_OPTIONS =
# Users and items with fewer interactions than this are left out.
CORE = 5
# What is hidden of each user's items, for choosing (valid) and for the final
# comparison (test): ratio:8:1:1, a tenth each at random; time:8:1:1, the latest;
# leave-one-out, the last two.
SPLIT = ratio:8:1:1

# -- what is known of the items ------------------------------------------------------
# Kinds of item vectors, a word for each, such as: text image. STAIR needs at least
# one; without any, systems that need none are compared.
FEATURES =
# Of each kind: the file of vectors (an id and numbers in each line, or .npy, .npz),
# the file with the id of each row if the vectors have no ids, and its weight, which
# is also how many neighbours of an item count.
text_vectors =
text_ids =
text_k = 5
image_vectors =
image_ids =
image_k = 1
# A table of the items for people, which may be that of the interactions, and its
# columns: the id (empty: the first), the title (empty: the second), the address of
# a picture (empty: none).
TITLES =
TITLES_ITEM =
TITLES_TITLE =
TITLES_PICTURE =

# -- what is compared ----------------------------------------------------------------
# Any of popularity itemknn mf lightgcn jgcf and, with features, stair mmgcn lattice
# bm3 freedom mmssl. Empty: popularity itemknn stair, without features lightgcn.
SYSTEMS =
# Passes over the data, and how often valid is looked at.
EPOCHS = 100
EVERY = 5
# STAIR: exponent of the layer weights (small: features are smoothed less by
# purchases), weight decay, layers, rate of learning. `make sweep` tries values.
GAMMA = 0.2
DECAY = 0.1
LAYERS = 3
LR = 0.001
# Width of the vectors; the seed of all that is random.
DIM = 64
SEED = 1
# More options of stair-train for one system, such as: lightgcn = --layers=1
itemknn = --neighbors=1000 --shrink=100

# -- leave this as it is: it finds the pipelines ---------------------------------------
SETTINGS := $(lastword $(MAKEFILE_LIST))
PROGRAMS := $(or $(BIN),$(patsubst %/,%,$(dir $(shell command -v stair-train))))
include $(or $(firstword $(wildcard $(addsuffix own-stage.mk,$(HERE) $(dir $(SETTINGS)) $(PROGRAMS)/../pipelines/ \
	$(PROGRAMS)/../share/stair/))),$(error set BIN to the directory of stair-train))
