# What the pipelines of made-up shops share: stair-synth makes raw files like those
# of a shop. USERS, ITEMS, INTERACTIONS, TOPICS, IMAGE_DIM and CORE are its options,
# SYNTH any others. KT and KV are the weights, and the numbers of neighbours, of
# text and images.
SYNTH =
KT = 5
KV = 1
raw = $R/raw
INTER = $(raw)/interactions.csv.gz
INGEST = --core $(CORE) --split ratio:8:1:1
FEATURES = text image
text_vectors = $(raw)/text.npy
text_ids = $(raw)/item_ids.txt
text_k = $(KT)
image_vectors = $(raw)/image.npy
image_ids = $(raw)/item_ids.txt
image_k = $(KV)
shares = :0.9 :0.1
TITLES = $(raw)/items.tsv
NOTE = Purchases and features are made up.
synth_cmd = stair-synth --users $(USERS) --items $(ITEMS) --interactions $(INTERACTIONS) \
	--topics $(TOPICS) --image-dim $(IMAGE_DIM) --core $(CORE) --seed $(SEED)$(if $(SYNTH), $(SYNTH))

include $(dir $(lastword $(MAKEFILE_LIST)))stage.mk

# All five are made together. If one is missing, they are made again before
# data.npz is, not after it.
synthetic = $(INTER) $(text_vectors) $(image_vectors) $(text_ids) $(TITLES)
$R/data.npz: | $(synthetic)
$(synthetic) &: $R/synth.opts $(BIN)/stair-synth
	$(BIN)/$(synth_cmd)$t -o $(raw)
