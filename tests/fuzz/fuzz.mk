# fuzz.mk - the fuzz targets; included by tests.mk.
#   make fuzz-corpus    each target on its saved inputs and on mutations of them, in a few seconds;
#                       with SANITIZE=address,undefined this is where it tells most
#   make fuzz           libFuzzer, with clang, FUZZ_SECONDS for each target

FUZZ_TARGETS   := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_MUTATIONS ?= 700
FUZZ_SECONDS   ?= 30
fuzz_corpus     = $(wildcard tests/fuzz/corpus/$(1)/*)

$B/fuzz/%: $B/tests/fuzz/fuzz_%.o $B/tests/fuzz/run_corpus.o $B/libgibbs.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
.SECONDARY: $(FUZZ_TARGETS:%=$B/tests/fuzz/fuzz_%.o) $B/tests/fuzz/run_corpus.o
fuzz-corpus: $(FUZZ_TARGETS:%=$B/fuzz/%)
	@$(foreach t,$(FUZZ_TARGETS),$B/fuzz/$t $B/fuzz/$t.input $(FUZZ_MUTATIONS) $(call fuzz_corpus,$t) &&) true

# What the targets reach, compiled anew with libFuzzer's instrumentation.
FUZZ_CORE := $(patsubst %,core/%.c,base file opt opt_format near ini safetensors archive)
$B/fuzz/%-libfuzzer: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(FUZZ_CORE) $(wildcard core/*.h)
	@mkdir -p $(@D)
	clang -std=c11 -O1 -g -D_XOPEN_SOURCE=700 -Icore -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -o $@ $< $(FUZZ_CORE) $(shell pkg-config --libs libcjson inih) -lm
# New inputs are kept in the build folder; a crash leaves its input there as crash-*.
fuzz: $(FUZZ_TARGETS:%=$B/fuzz/%-libfuzzer)
	@for t in $(FUZZ_TARGETS); do \
	    mkdir -p $B/fuzz/corpus/$$t && \
	    $B/fuzz/$$t-libfuzzer -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$B/fuzz/ \
	        -print_final_stats=1 $B/fuzz/corpus/$$t tests/fuzz/corpus/$$t || exit 1; \
	done

.PHONY: fuzz fuzz-corpus
