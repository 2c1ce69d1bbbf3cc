# tests.mk - how the tests are built and run; included by the Makefile.
#   make check    all tests of this build: structure, fuzz corpora, examples, install, suites
#   make test     packages first, warnings of two compilers, the same under sanitizers, then check
#   make study-NAME   gibbs study NAME with its defaults, into docs/ and docs/results/
#   make bench    the figures of docs/performance.md again, as one table, and docs/roofline.png
#   make learn    learning on every classic task, 5 seeds (about half an hour on two cores)

TEST_CFLAGS = $(shell pkg-config --cflags check)
TEST_LIBS   = $(shell pkg-config --libs check)
TESTS  := $(filter-out $(WITHOUT),$(wildcard tests/test_*.c))
SUITES := $(TESTS:tests/test_%.c=%)
TEST_OBJECTS := $(TESTS:%.c=$B/%.o) $B/tests/main.o $B/tests/support.o $B/tests/film_probe.o
BAD_PLUGINS := $(patsubst tests/plugins/%.c,$B/tests/plugins/%.so,$(wildcard tests/plugins/*.c))

# The list of suites is made from the file names: test_opt.c holds opt_suite(). Suites that learn
# come last, and not under sanitizers, where they would take long and find nothing new.
$B/tests/suites.inc: FORCE
	@mkdir -p $(@D)
	$Qprintf 'SUITE(%s)\n' $(SUITES) | cmp -s - $@ || printf 'SUITE(%s)\n' $(SUITES) > $@
$B/tests/main.o: $B/tests/suites.inc
$B/tests/test_metrics.o: $B/core/event.pb-c.c
$B/tests/test_trig.o: CFLAGS += $(EXACT)
$B/tests/%.o: CPPFLAGS += -DGB_BUILD='"$B"' -Itests
$B/tests/%.o: CFLAGS += -Wno-conversion -Wno-missing-prototypes
$B/tests/check_gibbs: $(TEST_OBJECTS) $(filter-out $B/cli/main.o,$(CLI)) $(RENDER) $B/libgibbs.a
	$(call say,LINK)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) \
	    $(PNG_LIBS) $(if $(filter 1,$(SDL)),$(shell pkg-config --libs sdl2)) \
	    $(if $(filter 1,$(CAIRO)),$(shell pkg-config --libs cairo)) \
	    $(if $(filter 1,$(FFMPEG)),$(shell pkg-config --libs libavformat libavcodec libswscale libavutil)) $(LIBS)
$B/tests/plugins/%.so: tests/plugins/%.c tests/plugins/base.h core/gibbs_plugin.h | packages
	@mkdir -p $(@D)
	$(call say,PLUGIN)
	$Q$(CC) $(PLUGIN_FLAGS) -o $@ $< -lm

# Networks, distributions and losses once more in double precision, for gradients against central
# differences. Matrix products in plain C there: the kernels are single precision.
D := $B/double
DOUBLE_FLAGS = -DGB_REAL_DOUBLE -DGB_LA_PLAIN
DOUBLE_CORE := $(patsubst %.c,$D/%.o,$(wildcard core/*.c agents/*.c)) $B/core/event.pb-c.o
DOUBLE_TESTS := $(patsubst %.c,$D/%.o,$(wildcard tests/double/*.c)) $D/tests/support.o
$D/%.o: %.c | packages
	@mkdir -p $(@D)
	$(call say,CC)
	$Q$(CC) $(CPPFLAGS) $(DOUBLE_FLAGS) $(CFLAGS) $(MATHS) -Itests -DGB_BUILD='"$B"' -Wno-conversion \
	    -Wno-missing-prototypes -c -o $@ $<
$D/core/metrics.o $D/core/metrics_clock.o: $B/core/event.pb-c.c
$B/tests/check_double: $(DOUBLE_TESTS) $(DOUBLE_CORE)
	@mkdir -p $(@D)
	$(call say,LINK)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LIBS)

# Small pictures of what environments draw, for the suite record; look at them before you commit them.
DRAWN = $(shell $B/gibbs list envs | awk '{print $$1}' | grep -vx mdp)
golden-drawings: $B/gibbs
	@mkdir -p tests/golden/drawings
	@for env in $(DRAWN); do $B/gibbs record $$env -o tests/golden/drawings/$$env.png \
	    --frames 1 --steps 12 --seed 1 --size 128x96 \
	    $$($B/gibbs help $$env | sed -n 's/.*--env.renderer .*/--env.renderer flat/p') \
	    >/dev/null || exit 1; done

bench: $B/gibbs
	tests/bench.sh $B
.PHONY: bench

include tests/fuzz/fuzz.mk

# Left to the build without sanitizers, where it would find nothing new but cost a third of the
# time: what compares numbers in double precision, installing, and learning.
CHECKED = all $(BAD_PLUGINS) $B/tests/check_gibbs $(if $(SANITIZE),,$B/tests/check_double)
# First, so that no core waits for them at the end.
LONG = solver_agree conform resume solver_pmd solver_robust solver_vi
check: $(CHECKED) fuzz-corpus
	tests/check_structure.sh $B
	tests/check_examples.sh $B
	+$(if $(SANITIZE),,tests/check_install.sh $B)
	$(if $(SANITIZE),,$B/tests/check_double)
	tests/run_suites.sh $B $(if $(SANITIZE),,learn) $(LONG) $(filter-out learn $(LONG),$(SUITES))

# Quick: the compilers' front ends only.
WARNED = $(filter-out $(WITHOUT), \
    $(wildcard core/*.c agents/*.c agents/*/*.c envs/*/*.c render/*.c cli/*.c examples/*.c))
WARN_FLAGS = $(CPPFLAGS) -std=c11 -O1 $(WARN) -Werror -fsyntax-only
warnings: $B/core/event.pb-c.c $(MODELS)
	@for cc in gcc clang; do \
	    command -v $$cc >/dev/null || continue; \
	    $$cc $(filter-out -MMD -MP,$(WARN_FLAGS)) $(WARNED) || exit 1; \
	    $$cc $(filter-out -MMD -MP,$(WARN_FLAGS)) -DGB_PLUGIN examples/plugin/*.c || exit 1; \
	done

test: test-packages
	$(if $(SANITIZE),,$(MAKE) warnings)
	$(if $(SANITIZE),,$(MAKE) SANITIZE=address,undefined OPT="-O1 -g" check)
	$(if $(SANITIZE),,$(MAKE) OPT=-O1 LA=plain build-plain/gibbs && build-plain/gibbs bench update sac --hidden 16 --seconds 0.05)
	$(if $(SANITIZE),,$(if $(UNITS),$(MAKE) OPT=-O1 ARCH=x86-64 B=build-test-x86-64 all && tests/check_levels.sh build-test-x86-64))
	$(if $(SANITIZE),,$(MAKE) OPT=-O0 SDL=0 build-nosdl/gibbs && build-nosdl/gibbs list >/dev/null)
	$(if $(SANITIZE),,$(MAKE) OPT=-O0 CAIRO=0 build-nocairo/gibbs && build-nocairo/gibbs list >/dev/null)
	$(if $(SANITIZE),,$(MAKE) OPT=-O0 MUJOCO=0 build-nomujoco/gibbs && build-nomujoco/gibbs list >/dev/null)
	$(if $(SANITIZE),,$(MAKE) OPT=-O0 FFMPEG=0 build-noffmpeg/gibbs && build-noffmpeg/gibbs list >/dev/null)
	$(MAKE) check

# Valgrind knows no AVX-512: a build for the architecture before it.
valgrind: test-packages
	$(MAKE) ARCH=x86-64-v3 build-x86-64-v3/gibbs
	rm -rf build-x86-64-v3/run
	valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=definite,indirect \
	    build-x86-64-v3/gibbs train sac pendulum --steps 300 --hidden 16 --batch 16 --quiet \
	    --out build-x86-64-v3/run
	valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=definite,indirect \
	    build-x86-64-v3/gibbs eval build-x86-64-v3/run --episodes 2

# Learning with the presets: sets of tasks of learn.sh.
LEARN = sac policy_gradients deep_q averaging_deep minatar mujoco
$(LEARN:%=study-%): study-%: all
	tests/learn.sh $B/gibbs $*
learn: all
	@for set in sac policy_gradients deep_q; do tests/learn.sh $B/gibbs $$set || exit 1; done

# Seconds each; the same machine gives the same csv again.
study-%: all
	@rm -rf $B/study-$*
	$B/gibbs study $* --out $B/study-$*
	@cp $B/study-$*/$*.csv docs/results/ && cp $B/study-$*/$*.png docs/

.PHONY: golden-drawings check warnings test valgrind learn $(LEARN:%=study-%)
