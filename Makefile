# Gibbs - what to type:
#   make run       install what is missing, build, train sac on pendulum, evaluate it
#   make test      install what is missing, build, run all tests
#   make           the program build/gibbs, the libraries, the example plugins in build/plugins/
#   make install PREFIX=/usr/local     program, headers, libraries, pkg-config file, man page
#   make SANITIZE=address,undefined test       the same tests under sanitizers
#   make gallery   docs/gallery.md and its pictures, from agents trained for it (minutes)
#   make format lint fuzz valgrind clean       see CONTRIBUTING.md
# Switches: V=1 (show the commands), LA=plain (loops in plain C), SDL=0 (no window), CAIRO=0 (no charts),
# FFMPEG=0 (no films), MUJOCO=0 (no MuJoCo tasks), CC=clang, ARCH=x86-64-v3 (another CPU), ARCH=x86-64
# (any PC of 64 bits; its core at the speed of a build made there, with glibc 2.33 or later).

PREFIX   ?= /usr/local
ARCH     ?= native
LA       ?= kernels
SDL      ?= 1
CAIRO    ?= 1
MUJOCO   ?= 1
FFMPEG   ?= 1
SANITIZE ?=
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
VERSION  := $(shell sed -n 's/^\#define GB_VERSION "\(.*\)"/\1/p' core/base.h)

MAKEFLAGS += --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# One folder for each way to build, so that switching never mixes objects.
comma := ,
B := build$(if $(SANITIZE),-$(firstword $(subst $(comma), ,$(SANITIZE))))$(if $(filter plain,$(LA)),-plain)$(if $(filter 0,$(SDL)),-nosdl)$(if $(filter 0,$(CAIRO)),-nocairo)$(if $(filter 0,$(MUJOCO)),-nomujoco)$(if $(filter 0,$(FFMPEG)),-noffmpeg)$(if $(filter-out gcc,$(CC)),-$(notdir $(CC)))$(if $(filter-out native,$(ARCH)),-$(ARCH))

# Short lines for a person; V=1 shows the commands.
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '%7s %s\n' $(1) $@)

# --- packages: the one list -----------------------------------------------------------------------
PACKAGES := gcc pkg-config libc6-dev libgsl-dev libcjson-dev libinih-dev libprotobuf-c-dev \
            protobuf-c-compiler libglpk-dev libpng-dev
PACKAGES += $(if $(filter clang,$(CC)),clang)
PACKAGES += $(if $(filter 1,$(SDL)),libsdl2-dev) $(if $(filter 1,$(CAIRO)),libcairo2-dev)
PACKAGES += $(if $(filter 1,$(MUJOCO)),libmujoco-dev libegl-dev)
PACKAGES += $(if $(filter 1,$(FFMPEG)),libavcodec-dev libavformat-dev libavutil-dev libswscale-dev)
TEST_PACKAGES := check xvfb xdotool $(if $(filter 1,$(MUJOCO)),libgl1-mesa-dri) $(if $(SANITIZE),,valgrind)

# --- flags ----------------------------------------------------------------------------------------
OPT      ?= -O3 -g
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wundef -Wno-missing-field-initializers -Wno-unknown-pragmas
INCLUDES := -Icore -Irender -I$B
CPPFLAGS += -D_XOPEN_SOURCE=700 $(INCLUDES) -MMD -MP
CFLAGS   += -std=c11 $(OPT) -march=$(ARCH) -fPIC $(WARN) $(WERROR)
# Networks may contract and vectorise; they must still see NaN, so never -ffast-math.
MATHS    := -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp-simd
# Environments give the same numbers everywhere.
EXACT    := -ffp-contract=off -fno-math-errno
LIBS      = $(shell pkg-config --libs gsl libcjson inih libprotobuf-c) -lglpk $(MUJOCO_LIBS) -ldl -lm -pthread
PNG_LIBS  = $(shell pkg-config --libs libpng)
ifeq ($(LA),plain)
CPPFLAGS += -DGB_LA_PLAIN
endif
ifneq ($(SANITIZE),)
CFLAGS   += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=$(SANITIZE)
endif

# --- sources: found, not listed -------------------------------------------------------------------
objects = $(patsubst %.c,$B/%.o,$(wildcard $(1)))
# Matrix kernels are there once for each vector unit; the program chooses when it runs.
UNITS  := $(if $(filter x86_64%,$(or $(shell $(CC) -dumpmachine 2>/dev/null),$(shell uname -m))),avx2 avx512)
CORE   := $(call objects,core/*.c) $B/core/event.pb-c.o $(UNITS:%=$B/core/la_kernel-%.o)
AGENTS := $(call objects,agents/*.c agents/*/*.c)
ENVS   := $(call objects,envs/*/*.c)
LISTS  := $B/cli/builtins.o $B/cli/presets.o
CLI    := $(filter-out $(LISTS),$(call objects,cli/*.c))
# The window and the charts can be left out, each with its command; scenes need no library.
CHARTS := $(call objects,render/cairo.c render/chart*.c)
WINDOW := $(call objects,render/lifeline.c render/sdl.c render/window.c)
# film.c is always there, and says so where FFmpeg is not.
FILMS  := $(call objects,render/ffmpeg.c render/film_*.c)
RENDER := $(filter-out $(CHARTS) $(WINDOW) $(FILMS),$(call objects,render/*.c))
ifeq ($(FFMPEG),1)
RENDER += $(FILMS)
CPPFLAGS += -DGB_FFMPEG
endif
ifeq ($(SDL),1)
RENDER += $(WINDOW)
CPPFLAGS += -DGB_SDL
else
CLI    := $(filter-out $(call objects,cli/cmd_watch.c cli/watch*.c cli/cmd_play.c),$(CLI))
endif
ifeq ($(CAIRO),1)
RENDER += $(CHARTS)
CPPFLAGS += -DGB_CAIRO
else
CLI    := $(filter-out $(call objects,cli/cmd_plot.c cli/plot*.c),$(CLI))
endif
# So can the tasks of the physics engine, with their tests.
ifeq ($(MUJOCO),1)
CPPFLAGS += -DGB_MUJOCO
MUJOCO_LIBS := -lmujoco
else
WITHOUT := envs/mujoco/%.c tests/test_mujoco%.c
ENVS   := $(filter-out $(WITHOUT:%.c=$B/%.o),$(ENVS))
endif
# A build for any x86-64 has the core in a shared library, and beside it once more for each later level
# of the architecture, where the dynamic linker looks first (glibc-hwcaps).
LEVELS  := $(if $(filter x86-64,$(ARCH)),x86-64-v3 x86-64-v4)
LEVEL_LIBS := $(LEVELS:%=$B/glibc-hwcaps/%/libgibbs.so)
PLUGINS := $(patsubst examples/plugin/%.c,$B/plugins/%.so,$(wildcard examples/plugin/*.c))
EXAMPLES := $(patsubst examples/%.c,$B/examples/%,$(wildcard examples/*.c))

all: $B/gibbs $B/libgibbs.a $B/libgibbs.so $(PLUGINS) $(EXAMPLES)

$B/gibbs: $(CLI) $(RENDER) $(if $(LEVELS),$B/libgibbs.so,$B/libgibbs.a) | $(LEVEL_LIBS)
	$(call say,LINK)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PNG_LIBS) $(LIBS) \
	    $(if $(LEVELS),-Wl$(comma)-rpath$(comma)'$$ORIGIN/../lib:$$ORIGIN')
$(LEVEL_LIBS): $B/glibc-hwcaps/%/libgibbs.so: FORCE | packages
	@mkdir -p $(@D)
	+$Q$(MAKE) ARCH=$* B=$(B:%-x86-64=%)-$* $(B:%-x86-64=%)-$*/libgibbs.so
	$Qcmp -s $(B:%-x86-64=%)-$*/libgibbs.so $@ || \
	    { cp $(B:%-x86-64=%)-$*/libgibbs.so $@.new && mv -f $@.new $@; } # some program may run it
FORCE:
$B/libgibbs.a: $(CORE) $(AGENTS) $(ENVS) $(LISTS)
	$(call say,AR)
	$Qrm -f $@ && $(AR) rcs $@ $^
$B/libgibbs.so: $(CORE) $(AGENTS) $(ENVS) $(LISTS)
	$(call say,LINK)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libgibbs.so -Wl,-Bsymbolic-functions -o $@ $^ $(LIBS)

$B/core/%.o $B/agents/%.o: CFLAGS += $(MATHS)
$B/envs/%.o: CFLAGS += $(EXACT)
$B/%.o: %.c | packages
	@mkdir -p $(@D)
	$(call say,CC)
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Models of MuJoCo's tasks, as numbers to include: the program needs no files.
MODELS := $(patsubst envs/mujoco/%.xml,$B/models/%.xml.inc,$(wildcard envs/mujoco/*.xml))
$B/models/%.inc: envs/mujoco/%
	@mkdir -p $(@D)
	$Qod -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g' > $@
$(filter $B/envs/mujoco/%,$(ENVS)): | $(MODELS)

$B/core/la_kernel-avx2.o: UNIT := -march=x86-64-v3
$B/core/la_kernel-avx512.o: UNIT := -march=x86-64-v4 -mprefer-vector-width=512
$(UNITS:%=$B/core/la_kernel-%.o): $B/core/la_kernel-%.o: core/la_kernel.c | packages
	@mkdir -p $(@D)
	$(call say,CC)
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) $(UNIT) -DGB_LA_UNIT=$* -c -o $@ $<

# TensorBoard's record, encoded by protobuf-c. Generated code is spared our warnings.
$B/core/event.pb-c.c: core/event.proto | packages
	@mkdir -p $(@D)
	$(call say,PROTOC)
	$Qprotoc-c --proto_path=core --c_out=$B/core $<
$B/core/event.pb-c.o: $B/core/event.pb-c.c
	$(call say,CC)
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -w -c -o $@ $<
$B/core/metrics.o $B/core/metrics_clock.o: $B/core/event.pb-c.c

# A plugin sees one header, and does not link if it calls anything of the host.
PLUGIN_FLAGS = -std=c11 $(OPT) $(WARN) $(WERROR) $(EXACT) -fPIC -fvisibility=hidden -shared -DGB_PLUGIN -Icore
$B/plugins/%.so: examples/plugin/%.c core/gibbs_plugin.h | packages
	@mkdir -p $(@D)
	$(call say,PLUGIN)
	$Q$(CC) $(PLUGIN_FLAGS) $(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs) -o $@ $< -lm
$B/examples/%: $B/examples/%.o $B/libgibbs.a
	$(call say,LINK)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

include tests/tests.mk

# --- packages ---------------------------------------------------------------------------------------
# Quiet when all is there; else apt as root or with sudo; elsewhere says what to install.
packages:
	@tests/install_packages.sh $(PACKAGES)
test-packages:
	@tests/install_packages.sh $(PACKAGES) $(TEST_PACKAGES)

run: all
	@examples/first_run.sh $B/gibbs

# --- install, upkeep ----------------------------------------------------------------------------------
PUBLIC_HEADERS = $(filter-out core/la_%.h,$(wildcard core/*.h))
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	    $(DESTDIR)$(PREFIX)/include/gibbs $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $B/gibbs $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $B/libgibbs.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $B/libgibbs.so $(DESTDIR)$(PREFIX)/lib/
	rm -f $(DESTDIR)$(PREFIX)/lib/glibc-hwcaps/x86-64-v*/libgibbs.so
	$(foreach level,$(LEVELS),install -D -m 755 $B/glibc-hwcaps/$(level)/libgibbs.so \
	    $(DESTDIR)$(PREFIX)/lib/glibc-hwcaps/$(level)/libgibbs.so && ) true
	install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(PREFIX)/include/gibbs/
	sed 's|@VERSION@|$(VERSION)|' docs/gibbs.1 > $(DESTDIR)$(PREFIX)/share/man/man1/gibbs.1
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIBS)|' docs/gibbs.pc.in \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/gibbs.pc

gallery: $B/gibbs
	docs/gallery.sh $B/gibbs

SOURCES = $(shell git ls-files '*.c' '*.h')
format:
	clang-format -i $(SOURCES)
lint:
	clang-format --dry-run -Werror $(SOURCES)
clean:
	rm -rf build build-*

.PHONY: all run install gallery format lint clean packages test-packages FORCE
.DELETE_ON_ERROR:
.SECONDARY: $(EXAMPLES:%=%.o)
-include $(shell find $B -name '*.d' 2>/dev/null)
