# The pipelines as targets of the top Makefile. Variables given on the command
# line (EPOCHS=5, DATA=...) reach them; results lie in runs/NAME.
pipeline = @$(MAKE) --no-print-directory -f pipelines/$@.mk BIN=$(BIN) R=runs/$@

demo: all  ## make up a shop, train, recommend: under a minute
	$(pipeline)

baby: all  ## train on Amazon Baby (DATA=its directory)
	$(pipeline)

sports: all  ## train on Amazon Sports (DATA=its directory)
	$(pipeline)

tiktok: all  ## train on TikTok (DATA=its directory)
	$(pipeline)

paper: all  ## the paper's tables and figures (DATA= as in paper.mk)
	@$(MAKE) --no-print-directory -f pipelines/paper.mk BIN=$(BIN)

sweep: all  ## try settings on a dataset by valid NDCG@20 (GRID= as in sweep.mk)
	@$(MAKE) --no-print-directory -f pipelines/sweep.mk BIN=$(BIN)

.PHONY: demo baby sports tiktok paper sweep
