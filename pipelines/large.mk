# A made-up shop of the size of Amazon Electronics, with the settings that the
# paper has for that: what a system costs there. How well it ranks says nothing
# about Electronics.
NAME = large
USERS = 192403
ITEMS = 63001
INTERACTIONS = 1689188
TOPICS = 640
IMAGE_DIM = 512
CORE = 5
GAMMA = 0.4
DECAY = 0.1
BATCH = 4096
mf = --batch=4096
lightgcn = --batch=4096
jgcf = --batch=4096
freedom = --keep-edges=0.1 --weight-decay=1e-7 --batch=4096
bm3 = --layers=2 --dropout=0.3 --batch=4096
# as in the paper
TOO_LARGE = lattice mmssl
include $(dir $(lastword $(MAKEFILE_LIST)))shop.mk
