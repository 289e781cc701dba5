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
GAMMA = 0.2
DECAY = 0.1
EPOCHS = 60
itemknn = --neighbors=300 --shrink=50
contentknn = --content=1 --power=2 --smooth=2
include $(dir $(lastword $(MAKEFILE_LIST)))shop.mk
