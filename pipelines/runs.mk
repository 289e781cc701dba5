# Many trainings on one dataset. Include after a pipeline that sets up the
# dataset (demo.mk, baby.mk, ..), then write, for each training,
#
#   $(eval $(call training,NAME,OPTIONS,FILES))
#
# OPTIONS of stair-train in the form --name=value, FILES it reads beside the
# dataset. It makes, in the manner of stage.mk:
#   $R/NAME.npz     the model; a training that was cut off goes on
#   $R/NAME.jsonl   its log
#   $R/NAME.tsv     the metrics on test, by stair-eval
#   $R/NAME.err     what stair-train said, last line with time and memory
# The shell passes a signal on: make alone would leave the training running.
define training
$1_cmd = stair-train --data=$R/data.npz $2
$R/$1.npz: $R/data.npz $3 $R/$1.opts $(BIN)/stair-train
	@saved=$R/$1.saved.npz resume=; [ ! -e "$$$$saved" ] || resume=" --resume $$$$saved"; \
	for f in $$^; do [ "$$$$f" -ot "$$$$saved" ] || resume=; done; \
	[ "$$$$resume" ] || : >$R/$1.err; \
	set -- $(BIN)/$$($1_cmd)$t --checkpoint "$$$$saved"$$$$resume --log $R/$1.part.jsonl -o $$@; \
	echo "$$$$@"; "$$$$@" -v 2>>$R/$1.err & pid=$$$$!; trap 'kill $$$$pid; wait $$$$pid || :' INT TERM HUP; \
	wait $$$$pid || { rc=$$$$?; tail -n 1 $R/$1.err >&2; exit $$$$rc; }; rm -f "$$$$saved"

# without a log, remove the model: both are made again
$R/$1.jsonl: $R/$1.npz
	@if [ -e $R/$1.part.jsonl ]; then mv $R/$1.part.jsonl $$@ && touch $$@; else touch $$@; fi

$R/$1.tsv: $R/$1.npz $R/data.npz $R/eval.opts $(BIN)/stair-eval
	$(BIN)/$(eval_cmd)$t -o $$@ $$<
endef

# A system that is not trained: $R/NAME.npz and its metrics on test, and on valid
# in $R/NAME.valid.tsv.
#
#   $(eval $(call fixed_run,NAME,OPTIONS))
define fixed_run
$1_cmd = stair-train --data=$R/data.npz $2
$R/$1.npz: $R/data.npz $R/$1.opts $(BIN)/stair-train
	$(BIN)/$$($1_cmd)$t -o $$@

$R/$1.tsv: $R/$1.npz $R/data.npz $R/eval.opts $(BIN)/stair-eval
	$(BIN)/$(eval_cmd)$t -o $$@ $$<

$R/$1.valid.tsv: $R/$1.npz $R/data.npz $R/valid.opts $(BIN)/stair-eval
	$(BIN)/$(valid_cmd)$t -o $$@ $$<
endef
valid_cmd = stair-eval --data $R/data.npz --split valid --top 10,20

# -- the systems ------------------------------------------------------------------
# SYSTEM_set is what a system is trained with if nothing is varied; where a
# dataset wants other values, SYSTEM_NAME holds them. A system is added by a word
# in one of these lists and a line below.
trained_systems = stair lightgcn jgcf mf $(featured_systems)
featured_systems = freedom bm3 lattice mmgcn mmssl
fixed_systems = itemknn popularity
protocol = --lr=$(LR) --epochs=$(EPOCHS) --eval-every=$(EVERY)
stair_set = --init=$R/init.npz --items=$R/items.npz --gamma=$(GAMMA) --layers=$(LAYERS) --dim=$(DIM) \
	--weight-decay=$(DECAY) --batch=$(BATCH) $(protocol)
mf_set = --model=mf --dim=$(DIM) $(or $(MF_$(NAME)),--weight-decay=1e-6 --batch=1024) $(protocol)
lightgcn_set = --model=lightgcn --layers=$(LAYERS) --dim=$(DIM) \
	$(or $(LIGHTGCN_$(NAME)),--weight-decay=1e-3 --batch=2048) $(protocol)
jgcf_set = --model=jgcf --layers=$(LAYERS) --dim=$(DIM) --jacobi-a=1 --jacobi-b=1 --scale=3 --mid=0.1 \
	$(or $(JGCF_$(NAME)),$(LIGHTGCN_$(NAME)),--weight-decay=1e-3 --batch=2048) $(protocol)
MF_large = --weight-decay=1e-6 --batch=4096
LIGHTGCN_baby = --weight-decay=1e-2 --batch=2048
LIGHTGCN_large = --weight-decay=1e-3 --batch=4096

# Of itemknn by valid NDCG@20 among K 100, 300, 1000 and H 0, 20, 50, 100, 500.
itemknn_set = --model=itemknn $(or $(ITEMKNN_$(NAME)),--neighbors=1000 --shrink=100)
ITEMKNN_tiktok = --neighbors=1000 --shrink=500
ITEMKNN_demo = --neighbors=300 --shrink=50

# Systems with features take every modality of the dataset.
content = $(if $(FEATURES),$(foreach f,$(FEATURES),$f=$R/$f.npz),\
	$(if $(filter derived,$(chosen)),text=$(word 1,$(dense)) image=$(word 2,$(dense))))
featured = --model=$1 --dim=$(DIM) $(addprefix --features=,$(content))
fewer_epochs := $(shell echo $$(( $(EPOCHS) < 50 ? $(EPOCHS) : 50 )))
freedom_set = --model=freedom --dim=$(DIM) $(addprefix --features=,$(join $(content),$(or $(SHARES_$(NAME)),:0.9 :0.1))) \
	$(or $(FREEDOM_$(NAME)),--keep-edges=0.2 --weight-decay=1e-6 --batch=2048) \
	--layers=2 --item-layers=1 --neighbors=10 --modal-loss=1e-3 $(protocol)
bm3_set = $(call featured,bm3) \
	$(or $(BM3_$(NAME)),--layers=1 --dropout=0.5 --penalty=0.1 --weight-decay=1e-4 --batch=2048) \
	--modal-loss=2 $(protocol)
lattice_set = $(call featured,lattice) \
	$(or $(LATTICE_$(NAME)),--layers=2 --item-layers=1 --weight-decay=1e-6 --batch=2048) \
	--neighbors=10 --origin=0.9 $(protocol)
mmgcn_set = $(call featured,mmgcn) $(or $(MMGCN_$(NAME)),--penalty=1e-5 --batch=1024) --layers=2 \
	--lr=0.0001 --epochs=$(fewer_epochs) --eval-every=1
mmssl_set = $(call featured,mmssl) $(or $(MMSSL_$(NAME)),--weight-decay=0.01 --batch=1024) \
	--lr=0.00055 --epochs=$(EPOCHS) --eval-every=1 --patience=8
SHARES_tiktok = :0.5 :0.5
FREEDOM_large = --keep-edges=0.1 --weight-decay=1e-7 --batch=4096
BM3_sports = --layers=1 --dropout=0.5 --penalty=0.01 --weight-decay=1e-4 --batch=2048
BM3_large = --layers=2 --dropout=0.3 --penalty=0.1 --weight-decay=1e-4 --batch=4096
LATTICE_sports = --layers=3 --item-layers=3 --weight-decay=1e-7 --batch=2048
# What a dataset is too large for, as in the paper.
TOO_LARGE_large = lattice mmssl

# The set $1 without the options named in $2, and the files that it reads.
without = $(filter-out $(foreach o,$2,--$o=%),$1)
values = $(patsubst --$1=%,%,$(filter --$1=%,$2))
reads = $(call values,init,$1) $(call values,items,$1) \
	$(call files,$(foreach f,$(call values,features,$1),$(lastword $(subst =, ,$f))))
