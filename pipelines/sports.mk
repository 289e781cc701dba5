# Amazon Sports with the settings of the paper.
NAME = sports
GAMMA = 0.2
DECAY = 0.1
bm3 = --penalty=0.01
lattice = --layers=3 --item-layers=3 --weight-decay=1e-7
include $(dir $(lastword $(MAKEFILE_LIST)))amazon.mk
