# The pipelines as targets of the top Makefile. Variables given on the command
# line (EPOCHS=5, DATA=...) reach them; results lie in R, of the paper P, and
# without these in runs/NAME.
pipeline = +@$(MAKE) --no-print-directory -f pipelines/$@.mk BIN=$(BIN)

demo: all  ## make up a shop, train, recommend: under a minute
	$(pipeline)

baby: all  ## train on Amazon Baby (DATA=its directory)
	$(pipeline)

sports: all  ## train on Amazon Sports (DATA=its directory)
	$(pipeline)

tiktok: all  ## train on TikTok (DATA=its directory)
	$(pipeline)

paper: all  ## the paper's tables and figures (DATA= as in paper.mk)
	$(pipeline)

sweep: all  ## try settings on a dataset by valid NDCG@20 (GRID= as in sweep.mk)
	$(pipeline)

.PHONY: demo baby sports tiktok paper sweep
