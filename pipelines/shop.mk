# What the pipelines of made-up shops share: stair-synth makes raw files like
# those of a shop, with USERS, ITEMS, INTERACTIONS, TOPICS, IMAGE_DIM and CORE of
# stair-synth and SYNTH, any options besides. Text counts KT, images KV.
SYNTH =
KT = 5
KV = 1
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

# Were one of the others missing, INTER would be made again, and look new, after
# data.npz was read from it.
$R/data.npz: | $(text_raw) $(image_raw) $(IDS) $(TITLES)

$(INTER) $(text_raw) $(image_raw) $(IDS) $(TITLES) &: $R/synth.opts $(BIN)/stair-synth
	$(BIN)/$(synth_cmd)$t -o $(raw)
