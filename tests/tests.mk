# tests.mk - how the tests are built and run; included by the Makefile.

TEST_CFLAGS = $(shell pkg-config --cflags check)
TEST_LIBS   = $(shell pkg-config --libs check)
SUITES := $(patsubst tests/test_%.c,%,$(wildcard tests/test_*.c))
TEST_OBJECTS := $(call objects,tests/test_*.c) $B/tests/main.o $B/tests/support.o
BAD_PLUGINS := $(patsubst tests/plugins/%.c,$B/tests/plugins/%.so,$(wildcard tests/plugins/*.c))

# The list of suites is made from the file names: test_opt.c holds opt_suite().
$B/tests/suites.inc: $(wildcard tests/test_*.c)
	@mkdir -p $(@D)
	printf 'SUITE(%s)\n' $(SUITES) > $@
$B/tests/main.o: $B/tests/suites.inc
$B/tests/%.o: CPPFLAGS += -DGB_BUILD='"$B"' -Itests
$B/tests/%.o: CFLAGS += -Wno-conversion -Wno-missing-prototypes
$B/tests/check_gibbs: $(TEST_OBJECTS) $(RENDER) $B/libgibbs.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(SDL_LIBS) $(LIBS)
$B/tests/plugins/%.so: tests/plugins/%.c tests/plugins/base.h core/gibbs_plugin.h
	@mkdir -p $(@D)
	$(CC) $(PLUGIN_FLAGS) -o $@ $< -lm

# Networks, distributions and losses once more in double precision, for gradients against central
# differences. No oneDNN there: it has no double product.
D := $B/double
DOUBLE_FLAGS = -DGB_REAL_DOUBLE -DGB_LA_PLAIN
DOUBLE_CORE := $(patsubst %.c,$D/%.o,$(wildcard core/*.c agents/*.c)) $B/core/event.pb-c.o
DOUBLE_TESTS := $(patsubst %.c,$D/%.o,$(wildcard tests/double/*.c)) $D/tests/support.o
$D/%.o: %.c | test-packages
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(DOUBLE_FLAGS) $(CFLAGS) $(MATHS) -Itests -DGB_BUILD='"$B"' -Wno-conversion -Wno-missing-prototypes \
	    -c -o $@ $<
$D/core/metrics.o: $B/core/event.pb-c.c
$B/tests/check_double: $(DOUBLE_TESTS) $(DOUBLE_CORE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LIBS)
