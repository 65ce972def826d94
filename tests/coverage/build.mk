# Linked into build/coverage.mk of the copy that tests/coverage/run builds: all objects count what is executed.
COVERAGE_DATA  := $(CURDIR)/build/coverage-data
PLAIN_LDFLAGS  := $(LDFLAGS)
# gcc would make libgcov write files at fork and exec; here they are calls like any other.
CFLAGS         := $(filter-out -Os,$(CFLAGS)) -O0 -fprofile-arcs -ftest-coverage -fprofile-info-section -fprofile-update=atomic \
	$(addprefix -fno-builtin-,fork execl execlp execle execv execvp execve)
GLIBC_CFLAGS    = $(CFLAGS)
LDFLAGS         = $(PLAIN_LDFLAGS) -Wl,-T,tests/coverage/sections.ld -Wl,--wrap=syscall \
	-Wl,--defsym=coverage_program=$(firstword $(shell echo $@ | cksum)) \
	-Wl,--defsym=coverage_hands_on=$(if $(filter ns rootfs pty fence,$(notdir $@)),1,0) \
	build/coverage.o $(shell $(CC) -print-file-name=libgcov.a)

bin/runc $(PROGRAMS) $(UNIT_TESTS) build/install/runc: | build/coverage.o
build/coverage.o: tests/coverage/runtime.c
	@mkdir -p build
	@$(CC) $(CPPFLAGS) -std=gnu11 -O1 -g -fPIE -fno-stack-protector -DCOVERAGE_DATA='"$(COVERAGE_DATA)"' -c $< -o $@
