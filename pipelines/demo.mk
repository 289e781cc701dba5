# From nothing to recommendations in seconds: a made-up shop of $(USERS) users
# and $(ITEMS) items whose features tell the topic of rarely sold items.
# Every variable can be set on the command line, see stage.mk for the rest.
NAME = demo
USERS = 4000
ITEMS = 2000
INTERACTIONS = 36000
TOPICS = 64
IMAGE_DIM = 512
CORE = 5
SYNTH =
KT = 5
KV = 1
GAMMA = 0.2
DECAY = 0.1
BATCH = 1024
LAYERS = 3
DIM = 64
LR = 0.001
EPOCHS = 60
EVERY = 5
SEED = 1

raw = $R/raw
INTER = $(raw)/interactions.csv.gz
INGEST = --core $(CORE) --split ratio:8:1:1
FEATURES = text image
text_raw = $(raw)/text.npy
image_raw = $(raw)/image.npy
IDS = $(raw)/item_ids.txt
TITLES = $(raw)/items.tsv
INIT_FROM = $R/text.npz:$(KT) $R/image.npz:$(KV)
ITEMS_FROM = $R/text.npz:$(KT) $R/image.npz:$(KV)
NOTE =
synth_cmd = stair-synth --users $(USERS) --items $(ITEMS) --interactions $(INTERACTIONS) \
	--topics $(TOPICS) --image-dim $(IMAGE_DIM) --core $(CORE) --seed $(SEED)$(if $(SYNTH), $(SYNTH))

include $(dir $(lastword $(MAKEFILE_LIST)))stage.mk

$(INTER) $(text_raw) $(image_raw) $(IDS) $(TITLES) &: $R/synth.opts $(BIN)/stair-synth
	$(BIN)/$(synth_cmd)$t -o $(raw)

.PHONY: demo
.DEFAULT_GOAL := demo
demo: report
	@printf '%s\n' '' \
	  'Everything lies in $R. What to try next:' \
	  '  make demo                  does nothing, as nothing changed' \
	  '  make demo EPOCHS=120       only trains and evaluates again' \
	  '  make demo SYNTH="--text-signal 0 --image-signal 0"   features that say nothing' \
	  '  $(BIN)/stair-info $R/model.npz    what is in a file and how it came about' \
	  'Your own data: see README.md'
