# TikTok: image and audio features, rows in the order of the item numbers. The
# paper does not use this set. Weights are equal, and gamma is the best of 0.1, 0.2
# and 0.5 by valid NDCG@20 after 60 epochs. 103 users hold most of the
# interactions.
NAME = tiktok
DATA ?=
DATA_NAME = tiktok
DATA_FILES = tiktok.inter.gz image_feat.npy audio_feat.npy
INTER = $(DATA)/tiktok.inter.gz
INGEST = --split label
FEATURES = image audio
KV = 5
KA = 5
image_vectors = $(DATA)/image_feat.npy
image_k = $(KV)
audio_vectors = $(DATA)/audio_feat.npy
audio_k = $(KA)
shares = :0.5 :0.5
GAMMA = 0.5
DECAY = 0.1
# Chosen by valid NDCG@20 among 1, 4 and 8.
stairplus = --negatives=1
itemknn = --neighbors=1000 --shrink=500
# Chosen by valid NDCG@20, one option after the other.
ALIKE_FROM = $R/image.npz:5 $R/audio.npz:5
contentknn = --content=16 --power=4 --smooth=0 --smooth-both=0.25 --shrink=500
include $(dir $(lastword $(MAKEFILE_LIST)))stage.mk
