# Amazon Sports with the settings of the paper.
NAME = sports
INTER_NAME = sports.inter.gz
GAMMA = 0.2
DECAY = 0.1
BATCH = 1024
LAYERS = 3
DIM = 64
LR = 0.001
EPOCHS = 500
EVERY = 5
SEED = 1
include $(dir $(lastword $(MAKEFILE_LIST)))amazon.mk
