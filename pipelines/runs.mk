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

# What a model is trained with if nothing is varied.
protocol = --lr=$(LR) --epochs=$(EPOCHS) --eval-every=$(EVERY)
stair_set = --init=$R/init.npz --items=$R/items.npz --gamma=$(GAMMA) --layers=$(LAYERS) --dim=$(DIM) \
	--weight-decay=$(DECAY) --batch=$(BATCH) $(protocol)
mf_set = --model=mf --dim=$(DIM) $(or $(MF_$(NAME)),--weight-decay=1e-6 --batch=1024) $(protocol)
lightgcn_set = --model=lightgcn --layers=$(LAYERS) --dim=$(DIM) \
	$(or $(LIGHTGCN_$(NAME)),--weight-decay=1e-3 --batch=2048) $(protocol)
jgcf_set = --model=jgcf --layers=$(LAYERS) --dim=$(DIM) --jacobi-a=1 --jacobi-b=1 --scale=3 --mid=0.1 \
	$(or $(JGCF_$(NAME)),$(LIGHTGCN_$(NAME)),--weight-decay=1e-3 --batch=2048) $(protocol)
LIGHTGCN_baby = --weight-decay=1e-2 --batch=2048

# The set $1 without the options named in $2, and the files that it reads.
without = $(filter-out $(foreach o,$2,--$o=%),$1)
reads = $(patsubst --init=%,%,$(filter --init=%,$1)) $(patsubst --items=%,%,$(filter --items=%,$1))
