# Included by GNUmakefile: everything that tests, and the demonstration.
#   make check [TESTPATH=run.bats]    install what is missing, build, run all tests (or one file)
#   make check ROOTLESS_TESTPATH=run.bats    one file as two ordinary users, without and with sub-ids
#   make vm-check [TESTPATH=cgroups.bats]    only what runs in the virtual machine (integration/vm)
#   make faults [VERBS='create exec'] [FAULTS=N SEED=N]    every fault of every system call, or N of each verb (integration/faults)
#   make unit                         only build the unit tests and the helpers of the integration tests
#   make seccomp-model [N=1000000000] [SEED=0x1]    compiled seccomp profiles against their model, N calls for each ABI
#   make mutants [N=20] [SEED=1]      mistakes on purpose, and whether the tests notice (integration/mutants)
#   make coverage [TESTPATH=run.bats]    which lines and branches the tests execute, into doc/coverage.md (tests/coverage)
#   make asan · make check-elf · make bench · make demo

TEST_SOURCES := $(sort $(wildcard tests/test_*.c))
TEST_HELPERS := $(sort $(wildcard integration/lib/*.c integration/faults/*.c))
ASAN_PROGRAMS := parse plan-dump witness $(if $(filter no,$(SECCOMP)),,seccomp)

ASAN_FLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -Wall -Wextra \
	-ffunction-sections -fdata-sections -fsanitize=address,undefined -fno-sanitize-recover=all -DDAVIT_SANITIZE

# Each test names what it is linked with in a comment: "link: shared/plan shared/text -lcjson". From that comes
# build/tests.mk, and the sanitized programs come from the same list as the real ones.
ifeq ($(filter clean format-check format deps-install demo check,$(MAKECMDGOALS)),)
-include build/tests.mk
endif
build/tests.mk: $(TEST_SOURCES) build/deps.mk tests/links.awk
	@mkdir -p build
	@$(AWK) -v programs='$(ASAN_PROGRAMS)' -f tests/links.awk $(TEST_SOURCES) build/deps.mk > $@.new
	@mv $@.new $@

build/asan/%.o: %.c
	@mkdir -p $(dir $@)
	@echo "  CC    $@"
	@$(CC) $(CPPFLAGS) $(ASAN_FLAGS) -MMD -MP -c $< -o $@

build/tests/helper-%: integration/lib/%.c
	@mkdir -p $(dir $@)
	@echo "  LINK  $@"
	@$(CC) $(CPPFLAGS) -std=gnu11 -O2 -Wall -Wextra -static -o $@ $<
build/tests/helper-%: integration/faults/%.c
	@mkdir -p $(dir $@)
	@echo "  LINK  $@"
	@$(CC) $(CPPFLAGS) -std=gnu11 -O2 -Wall -Wextra -static -o $@ $<

.PHONY: unit unit-asan
unit: $(UNIT_TESTS) $(patsubst %.c,build/tests/helper-%,$(notdir $(TEST_HELPERS)))
unit-asan: $(ASAN_TESTS) $(ASAN_PROGRAMS:%=build/asan/%)

.PHONY: check vm-check faults asan check-elf demo bench seccomp-model mutants coverage
vm-check: export ONLY_LAYOUT := vm
# Tests run the programs as other users, too.
check vm-check:
	@umask 022 && tools/install-deps build test
	@umask 022 && $(MAKE) --no-print-directory all WERROR='$(if $(filter true,$(CI)),1,$(WERROR))'
	@umask 022 && $(MAKE) --no-print-directory unit WERROR='$(if $(filter true,$(CI)),1,$(WERROR))'
ifdef ROOTLESS_TESTPATH
	@AS_USER=plain ONLY_LAYOUT=hybrid tests/run '$(ROOTLESS_TESTPATH)'
	@AS_USER=ranges ONLY_LAYOUT=hybrid tests/run '$(ROOTLESS_TESTPATH)'
else
	@SECCOMP='$(SECCOMP)' tests/run $(if $(TESTPATH),'$(TESTPATH)')
endif

faults: all unit
	@FAULTS='$(or $(FAULTS),all)' SEED='$(SEED)' VERBS='$(VERBS)' SWEEP_SECONDS=1000000 BATS_TEST_TIMEOUT=1000000 TEST_FILE_LIMIT=1000000 \
		ONLY_LAYOUT='$(or $(ONLY_LAYOUT),hybrid)' tests/run faults.bats

asan:
	@$(MAKE) --no-print-directory unit-asan
	@tests/asan

seccomp-model: all build/tests/test_seccomp_model
	@SECCOMP_MODEL_N='$(or $(N),100000000)' SECCOMP_MODEL_SEED="$(or $(SEED),0x$$(od -An -N8 -tx8 /dev/urandom | tr -d ' '))" \
		build/tests/test_seccomp_model

check-elf: all
	@tests/check-elf

mutants: all unit
	@integration/mutants/run $(N)

coverage:
	@umask 022 && tests/coverage/run $(TESTPATH) > build/coverage.md
	@$(if $(TESTPATH),cat build/coverage.md,cp build/coverage.md doc/coverage.md)

demo:
	@tools/install-deps build demo
	@$(MAKE) --no-print-directory all
	@tests/demo

bench:
	@tools/install-deps build bench
	@$(MAKE) --no-print-directory all
	@integration/bench/run

# Only in the copy that tests/coverage/run makes.
-include build/coverage.mk
-include $(TEST_DEPFILES)
