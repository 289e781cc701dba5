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
LAYERS = 3
DIM = 64
LR = 0.001
EPOCHS = 500
EVERY = 5
SEED = 1
include $(dir $(lastword $(MAKEFILE_LIST)))shop.mk
