# What a pipeline ends with: the systems compared on the test part, the lists of the
# best one, and both as a text and as a page. stage.mk includes this.
LOUD = yes
eval_cmd += --strata
plan_uses =
UNTRAINED = $(filter stair stairplus,$(SYSTEMS))

# Titles and pictures of the items, whatever the form of TITLES.
titles_cmd = titles.awk $(foreach v,TITLES TITLES_ITEM TITLES_TITLE TITLES_PICTURE,$v=$(call quote,$($v)))
titles_outside = $(filter-out $R/%,$(TITLES))
$R/titles.tsv: $(TITLES) $(HERE)titles.awk $R/titles.opts
	@$(if $(TITLES),gzip -cdf $(TITLES),:) | awk -v file='$(TITLES)' -v item=$(call quote,$(TITLES_ITEM)) \
	  -v title=$(call quote,$(TITLES_TITLE)) -v picture=$(call quote,$(TITLES_PICTURE)) -f $(HERE)titles.awk >$@.new && mv $@.new $@

# The best by valid NDCG@20 recommends.
$R/model.npz: $(trainings:%=$R/%.valid.tsv)
	@best=$$(grep -H '^ndcg	20	' $^ /dev/null | sort -s -t'	' -k3,3gr | sed -n '1s/\.valid\.tsv:.*//p'); \
	 cmp -s $$best.npz $@ || cp $$best.npz $@; echo "$${best##*/}" >$R/best.txt
top_cmd = stair-recommend --data $R/data.npz -n 10 --titles $R/titles.tsv
$R/top.tsv: $R/model.npz $R/data.npz $R/titles.tsv $R/top.opts $(BIN)/stair-recommend
	$(run)$(BIN)/$(top_cmd)$t -o $@ $<

# Over the users, the best system against each other.
users_cmd = stair-compare $(trainings:%=$R/%.users.tsv)
$R/users.tsv: $R/model.npz $(trainings:%=$R/%.users.tsv) $R/users.opts $(BIN)/stair-compare
	@best=$$(cat $R/best.txt); $(BIN)/stair-compare $$best=$R/$$best.users.tsv \
	  $$(for t in $(trainings); do [ $$t = $$best ] || echo $$t=$R/$$t.users.tsv; done) -o $@

report_cmd = $(call quote,$(NAME)) $(call quote,$(NOTE))
$R/report.html: $R/report.tsv $R/users.tsv $R/top.tsv $R/titles.tsv $R/data.info $R/about.opts $R/report.opts \
		$(wildcard $(HERE)page/*) $(BIN)/stair-cat $(BIN)/stair-recommend
	@bash $(HERE)page/report.sh $R '$(NAME)' $(BIN) >$@.new && mv $@.new $@

report: $R/report.html
	@cat $R/report.txt
	@printf '%s\n' '' '$R/report.html shows this and more; $R/top.tsv has the lists of all users.'

$R/report.tsv: $(trainings:%=$R/%.valid.tsv)
