# Amazon Baby with the settings of the paper.
NAME = baby
GAMMA = 0.1
DECAY = 0.3
lightgcn = --weight-decay=1e-2
jgcf = --weight-decay=1e-2
include $(dir $(lastword $(MAKEFILE_LIST)))amazon.mk
