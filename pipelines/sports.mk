# Amazon Sports with the settings of the paper.
NAME = sports
GAMMA = 0.2
DECAY = 0.1
bm3 = --penalty=0.01
lattice = --layers=3 --item-layers=3 --weight-decay=1e-7
# Chosen on valid: steps of four times as many triples make an epoch three times as
# quick, and the rate, four times as large, falls after eight of them.
stairplus = --batch=4096 --lr=0.02 --lr-hold=8 --weight-decay=0.2
include $(dir $(lastword $(MAKEFILE_LIST)))amazon.mk
