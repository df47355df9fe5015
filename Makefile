# SPDX-License-Identifier: GPL-3.0-or-later
# miust: build, run and test. `make help` lists the targets.
#
# Objects lie in build/KIND/: release, asan (with UBSan), tsan, double (the
# engine with real = double, for numerical gradients). Dependencies run one
# way, base -> engine -> app -> ui -> main, and the link lists below prove it:
# a test in tests/engine links no readline and no curses.

VERSION := 0.2.0-dev
KIND    ?= release
B       := build/$(KIND)
PREFIX  ?= /usr/local
CLANG   ?= clang
Q       := $(if $(V),,@) # make V=1 shows whole commands
CC      ?= cc
ifeq ($(origin CC),default)
CC      := gcc
endif

# The packages, once: for building and running, and what the tests need beside them.
# `make deps` installs them on Debian and Ubuntu.
PACKAGES := gcc make pkg-config libc6-dev libncurses-dev libopenblas-dev libyaml-dev \
	libreadline-dev libjansson-dev libcsv-dev libxxhash-dev zlib1g-dev
TEST_PACKAGES := libvterm-dev tmux procps
# One header of each: without it nothing is compiled.
HEADERS := curses.h cblas.h yaml.h readline/readline.h jansson.h csv.h xxhash.h zlib.h
TEST_HEADERS := vterm.h

# What distributions build with: overruns are caught, addresses are not known.
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LINK_release := -pie -Wl,-z,relro,-z,now
WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
WERROR ?=
OPT_release := -O2 -g $(HARDEN)
OPT_double  := -O1 -g -DREAL_DOUBLE
# -g1: reports name the lines; compiling takes a third less than with variables.
OPT_asan    := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
OPT_tsan    := -O1 -g1 -fsanitize=thread
OPT_fuzz    := $(OPT_asan) -fsanitize=fuzzer-no-link -DFUZZING
LINK_fuzz   := -fsanitize=fuzzer
# The fuzzers once more, to see which lines their inputs reach.
OPT_cover   := -O1 -g -fsanitize=fuzzer-no-link -DFUZZING -fprofile-instr-generate \
	-fcoverage-mapping
LINK_cover  := -fsanitize=fuzzer

# Asked when they are used: `make deps` may have to install pkg-config first.
BLAS_CFLAGS = $(shell pkg-config --cflags openblas 2>/dev/null)
BLAS_LIBS   = $(shell pkg-config --libs openblas 2>/dev/null || echo -lopenblas)
CURSES_LIBS = $(shell pkg-config --libs ncursesw 2>/dev/null || echo -lncursesw -ltinfo)

CFLAGS   ?=
LINK = $(CC) $(ALL_CFLAGS) $(LINK_$(KIND)) $(LDFLAGS) -o $@ $^
ALL_CFLAGS = -std=c11 -pthread $(WARN) $(WERROR) $(OPT_$(KIND)) $(CFLAGS)
CPPFLAGS += -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=700 -DMIUST_VERSION='"$(VERSION)"' -Isrc -Itests -I. \
	-MMD -MP
# Arithmetic kernels need the vectoriser; nowhere -ffast-math. With the address
# sanitizer it takes two minutes for kern_avx512.c, and its tests run no faster.
$(B)/src/engine/%.o: ALL_CFLAGS += $(if $(filter asan fuzz cover,$(KIND)),,-O3)
ifeq ($(shell uname -m),x86_64)
CPPFLAGS += -DKERN_VECTORS
$(B)/src/engine/num/kern_avx2.o: ALL_CFLAGS += -mavx2 -mfma -ffp-contract=fast
$(B)/src/engine/num/kern_avx512.o: ALL_CFLAGS += -mavx512f -mfma -mprefer-vector-width=512 \
	-ffp-contract=fast
else ifeq ($(shell uname -m),aarch64)
$(B)/src/engine/num/kern.o: ALL_CFLAGS += -ffp-contract=fast
endif

LIBS_base = -lm
LIBS_engine = $(BLAS_LIBS) -ljansson -lcsv -lxxhash $(LIBS_base)
LIBS_app = -lyaml -lz $(LIBS_engine)
LIBS_ui = $(CURSES_LIBS) -lreadline $(LIBS_app)

# A floor is an archive: two hundred tests link what they need of it.
objects = $(patsubst %.c,$(B)/%.o,$(sort $(wildcard $(1))))
BASE   := $(B)/base.a
ENGINE := $(B)/engine.a $(BASE)
APP    := $(B)/app.a $(ENGINE)
UI     := $(B)/ui.a $(APP)

tests   = $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/$(1)/*.c tests/$(1)/*/*.c)))
TESTS  := $(call tests,base) $(call tests,engine) $(call tests,app) $(call tests,ui)
FUZZERS := $(call tests,fuzz)
SCRIPTS := $(sort $(wildcard tests/cli/*.sh))
# Those that take longest begin first, so that no core waits for one of them at the end.
SLOW   := $(patsubst %,tests/cli/%.sh,cluster path slurm tmux doc queue power process malloc replay duel rewind \
	spike folds kill feeder jobs)
# Left out with sanitizers, which take minutes for them: those that are about several processes, and
# whose code the tests in C run too. Races are not looked for either in those about lists, files and
# texts, nor in readers, nor where a terminal waits: their threads are those of the others.
ABOUT_PROCESSES := cluster duel folds jobs kill mpi ranks slurm slurm_node
ABOUT_FILES := branch cases check config data demo eval features hostile install map npy \
	one_fold predict process queue replay rooms sessions settings terminal tmux
LEFT_OUT_asan := $(ABOUT_PROCESSES)
LEFT_OUT_tsan := $(ABOUT_PROCESSES) $(ABOUT_FILES)
SCRIPTS := $(filter-out $(LEFT_OUT_$(KIND):%=tests/cli/%.sh),$(SCRIPTS))
SLOW    := $(filter $(SCRIPTS),$(SLOW))
ifeq ($(KIND),tsan)
FUZZERS :=
endif
GRAD   := $(patsubst %.c,build/double/%,$(sort $(wildcard tests/grad/*.c)))

all: build/miust build/miust-tui

$(B)/base.a: $(call objects,src/base/*.c)
$(B)/engine.a: $(call objects,src/engine/*/*.c)
$(B)/app.a: $(call objects,src/app/*/*.c)
$(B)/ui.a: $(call objects,src/ui/*.c src/ui/*/*.c)
$(UI):
	@echo "  AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

build/miust build/miust-tui: build/%: $(B)/%
	@ln -sf $(KIND)/$* $@

$(B)/miust: $(B)/src/miust.o $(APP)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_app)
$(B)/miust-tui: $(B)/src/miust_tui.o $(UI)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_ui)
# For several ranks; nothing else needs MPI.
MPI_CFLAGS = $(shell pkg-config --cflags ompi-c 2>/dev/null)
MPI_LIBS   = $(shell pkg-config --libs ompi-c 2>/dev/null)
mpi: all
	@[ -n '$(MPI_LIBS)' ] || { echo 'miust-mpi is left out: Open MPI is not found' \
		'(Debian: libopenmpi-dev, openmpi-bin)' >&2; exit 1; }
	@$(MAKE) --no-print-directory $(B)/miust-mpi
	@ln -sf $(KIND)/miust-mpi build/miust-mpi
$(B)/src/mpi_ranks.o: CPPFLAGS += $(MPI_CFLAGS)
$(B)/miust-mpi: $(B)/src/miust_mpi.o $(B)/src/mpi_ranks.o $(APP)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_app) $(MPI_LIBS)
# Nothing is compiled before the packages are there, with -j and `make deps test` too.
$(B)/%.o: %.c | build/packages
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CPPFLAGS) $(BLAS_CFLAGS) $(ALL_CFLAGS) -c -o $@ $<

build/packages: | $(filter deps deps-test,$(MAKECMDGOALS))
	@CC='$(CC)' FLAGS='$(BLAS_CFLAGS)' sh tests/headers deps $(HEADERS)
	@mkdir -p $(@D) && touch $@
build/test-packages: | build/packages
	@CC='$(CC)' sh tests/headers deps-test $(TEST_HEADERS)
	@touch $@
$(addprefix $(B)/,$(patsubst %.c,%.o,$(wildcard tests/ui/*.c tests/ui/*/*.c tests/fuzz/*.c bench/screen.c))): \
	| build/test-packages

$(call tests,base): $(B)/%: $(B)/%.o $(BASE)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_base)
$(call tests,engine) $(call tests,grad): $(B)/%: $(B)/%.o $(ENGINE)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_engine)
$(call tests,app): $(B)/%: $(B)/%.o $(APP)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_app)
$(call tests,ui) $(FUZZERS): $(B)/%: $(B)/%.o $(UI)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_ui) -lvterm

# A library that tests preload; sanitizers have an allocation of their own.
SHIMS := $(patsubst %.c,$(B)/%.so,$(sort $(wildcard tests/shim/*.c)))
$(B)/%.so: %.c | build/packages
	@mkdir -p $(@D)
	@echo "  LINK $@"
	$(Q)$(CC) -std=c11 $(WARN) $(WERROR) -O2 -shared -fPIC -o $@ $<

# Runs them all, several at a time: no sanitizer looks at it.
build/run: tests/run.c | build/packages
	@mkdir -p $(@D)
	@echo "  LINK $@"
	$(Q)$(CC) -std=c11 $(WARN) $(WERROR) -O2 -o $@ $<

.SECONDARY:
-include $(shell find build -name '*.d' 2>/dev/null)

help:
	@echo 'make            build build/miust and build/miust-tui'
	@echo 'make deps       install the packages (Debian, Ubuntu; root or sudo);'
	@echo '                deps-test: also those of the tests, as does make deps test'
	@echo 'make mpi        build build/miust-mpi, for several machines (libopenmpi-dev)'
	@echo 'make run        open the workbench on the demo; without a terminal, train the demo'
	@echo 'make test       all tests; asan, tsan: the same in sanitizer builds;'
	@echo '                JOBS=1: one program at a time, not one and a half a core'
	@echo 'make fuzz       libFuzzer on every reader, five minutes each (needs clang)'
	@echo 'make bench      speed of training on this machine; bench-scale: what more cores would'
	@echo '                give (CONFIG=demo: for these settings); bench-screen: cost of the screen;'
	@echo '                bench-shelf: cost of 2,000 stored runs; bench-hostile: of hostile clients;'
	@echo '                bench-states: of stored states (libzstd-dev); bench-health: of train.health;'
	@echo '                bench-bf16: what products in bf16 would gain; bench-cold: an epoch from the disk;'
	@echo '                bench-ranks: of steps that several ranks share (libopenmpi-dev)'
	@echo 'make lint       formatting and static analysis; doc: the pages made from tables'
	@echo 'make install    into PREFIX ($(PREFIX)), below DESTDIR; uninstall; make clean'

# `make deps test` needs the packages of the tests too.
TESTING := $(filter test asan tsan fuzz bench-screen,$(MAKECMDGOALS))
deps:
	@sh tests/deps $(PACKAGES) $(if $(TESTING),$(TEST_PACKAGES))
deps-test:
	@sh tests/deps $(PACKAGES) $(TEST_PACKAGES)

run: all
	@if [ -t 0 ] && [ -t 1 ]; then exec build/miust-tui; else exec build/miust train demo; fi

# JOBS=1 runs one program at a time; without it, half as many again as there are cores.
test: build/run $(TESTS) $(FUZZERS) $(B)/miust $(B)/miust-tui $(if $(filter release,$(KIND)),$(SHIMS))
	@[ $(KIND) != release ] || $(MAKE) --no-print-directory KIND=double $(GRAD)
	@[ $(KIND) != release ] || [ -z '$(MPI_LIBS)' ] || $(MAKE) --no-print-directory mpi
	@MIUST=$(B)/miust MIUST_TUI=$(B)/miust-tui KIND=$(KIND) \
		build/run $(JOBS:%=-j %) $(SLOW) $(if $(filter release,$(KIND)),$(GRAD)) \
		$(TESTS) $(FUZZERS) $(filter-out $(SLOW),$(SCRIPTS))
# Figures for people, no tests: of training (a quarter of an hour, 4 GB in TMPDIR;
# SIZE=500 writes fewer utterances), of the screen.
$(B)/bench/screen: $(B)/bench/screen.o
	@echo "  LINK $@"
	$(Q)$(LINK) -lvterm
$(B)/bench/hostile: $(B)/bench/hostile.o
	@echo "  LINK $@"
	$(Q)$(LINK)
$(B)/bench/speed: $(B)/bench/scale.o $(B)/bench/training.o
$(B)/bench/speed $(B)/bench/shelf $(B)/bench/health $(B)/bench/bf16: $(B)/bench/%: $(B)/bench/%.o $(APP)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_app)
# Tries to pack with libzstd too (libzstd-dev), which the programs do without.
$(B)/bench/states: $(B)/bench/states.o $(APP)
	@echo "  LINK $@"
	$(Q)$(LINK) -lzstd $(LIBS_app)
bench: all $(B)/bench/speed
	@MIUST=$(B)/miust SPEED=$(B)/bench/speed bench/speed.sh
bench-scale: $(B)/bench/speed
	@$< scale $(CONFIG)
bench-screen: all $(B)/bench/screen
	@MIUST=$(B)/miust MIUST_TUI=$(B)/miust-tui SCREEN=$(B)/bench/screen bench/screen.sh
bench-states: all $(B)/bench/speed $(B)/bench/states
	@MIUST=$(B)/miust SPEED=$(B)/bench/speed STATES=$(B)/bench/states bench/states.sh
bench-health: $(B)/bench/speed $(B)/bench/health
	@SPEED=$(B)/bench/speed HEALTH=$(B)/bench/health bench/health.sh
$(B)/bench/ranks.o: CPPFLAGS += $(MPI_CFLAGS)
$(B)/bench/ranks: $(B)/bench/ranks.o $(B)/bench/training.o $(B)/src/mpi_ranks.o $(APP)
	@echo "  LINK $@"
	$(Q)$(LINK) $(LIBS_app) $(MPI_LIBS)
GBIT ?= 1 10 25
MPIRUN ?= mpirun --oversubscribe --allow-run-as-root
bench-ranks: $(B)/bench/ranks
	@$< $(GBIT)
	@for n in 2 4; do $(MPIRUN) -n $$n $<; done
	@$(MPIRUN) -n 2 $< $(GBIT)
bench-cold: all $(B)/bench/speed $(B)/bench/no_ahead.so
	@MIUST=$(B)/miust SPEED=$(B)/bench/speed NO_AHEAD=$(CURDIR)/$(B)/bench/no_ahead.so bench/cold.sh
# Shares of a step, in percent, as `miust bench --threads 1` prints them.
bench-bf16: $(B)/bench/bf16
	@$< 24 25
bench-hostile: all $(B)/bench/hostile
	@MIUST=$(B)/miust HOSTILE=$(B)/bench/hostile bench/hostile.sh
RUNS ?= 2000
bench-shelf: $(B)/bench/shelf
	@dir=$$(mktemp -d) && trap "rm -rf $$dir" EXIT && shelf=$$(realpath $<) && cd $$dir && \
		$$shelf $(RUNS)
asan tsan:
	@$(MAKE) --no-print-directory KIND=$@ test
# Needs clang. FUZZ=npy for one of them, SECONDS for how long each.
SECONDS ?= 300
FUZZ    ?= $(notdir $(FUZZERS))
fuzz:
	@$(MAKE) --no-print-directory KIND=$@ CC='$(CLANG)' $(FUZZ:%=build/fuzz/tests/fuzz/%)
	@tests/fuzz/run $(SECONDS) $(FUZZ:%=build/fuzz/tests/fuzz/%)

lint:
	@clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	@git ls-files 'src/*.c' $(if $(MPI_LIBS),,':!src/mpi_ranks.c') | \
		xargs -P $$(nproc) -I FILE clang-tidy --quiet FILE -- \
		-std=c11 $(filter-out -MMD -MP,$(CPPFLAGS)) $(BLAS_CFLAGS) $(MPI_CFLAGS) 2>/dev/null

bin     := $(DESTDIR)$(PREFIX)/bin
man     := $(DESTDIR)$(PREFIX)/share/man
share   := $(DESTDIR)$(PREFIX)/share/miust
CONFIGS := $(wildcard configs/*.yml)
PAGES   := man1/miust.1 man1/miust-tui.1 man5/miust-config.5
# The pages of doc/ that are made from tables.
doc: all
	$(B)/miust config --markdown >doc/config.md
	$(B)/miust-tui --markdown keys >doc/keys.md
	$(B)/miust-tui --markdown words >doc/words.md
install: all $(if $(wildcard $(B)/miust-mpi),mpi)
	install -d $(bin) $(man)/man1 $(man)/man5 $(share)/configs
	install -m 755 $(B)/miust $(B)/miust-tui $(wildcard $(B)/miust-mpi) $(bin)
	$(B)/miust --manual >$(man)/man1/miust.1
	$(B)/miust-tui --manual >$(man)/man1/miust-tui.1
	$(B)/miust config --manual >$(man)/man5/miust-config.5
	chmod 644 $(PAGES:%=$(man)/%)
	@# Nobody can write beside them: data is looked for in $$XDG_DATA_HOME/miust.
	for f in $(CONFIGS); do sed 's|\.\./data/|$$XDG_DATA_HOME/miust/|' $$f >$(share)/$$f && \
		chmod 644 $(share)/$$f || exit 1; done
uninstall:
	rm -f $(bin)/miust $(bin)/miust-tui $(bin)/miust-mpi $(PAGES:%=$(man)/%) $(CONFIGS:%=$(share)/%)
	rmdir $(share)/configs $(share) 2>/dev/null || true # not empty: somebody's own files

clean:
	rm -rf build

.PHONY: all mpi help doc deps deps-test run test bench bench-scale bench-screen bench-shelf bench-states bench-health \
	bench-hostile bench-bf16 bench-cold bench-ranks asan tsan fuzz lint install uninstall clean
