# Amazon Baby with the settings of the paper.
NAME = baby
INTER_NAME = baby.inter.gz
GAMMA = 0.1
DECAY = 0.3
BATCH = 1024
LAYERS = 3
DIM = 64
LR = 0.001
EPOCHS = 500
EVERY = 5
SEED = 1
include $(dir $(lastword $(MAKEFILE_LIST)))amazon.mk
