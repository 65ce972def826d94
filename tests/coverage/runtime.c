/*
 * Linked into every program of the coverage build (tests/coverage/run), and into no other: keeps the
 * counters of gcov in a file that is mapped before main, so that neither confinement nor _exit,
 * execve or a signal loses one. There is nothing to write at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <gcov.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A program that starts where no path of the host leads anywhere finds the directory of the files at
 * this number: ns opens it, rootfs, fence and pty hand it on. No other program keeps it. */
#define DIRECTORY_FD 1023

extern char **environ;
extern const struct gcov_info *const coverage_infos[], *const coverage_infos_end[];
extern const uint64_t coverage_of[2]; /* number of the program; whether it hands the directory on */
extern char coverage_start[], coverage_end[];

long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
void __gcov_merge_add(void *counters, unsigned count);

/* Named in the data of each object, for libgcov's own way of writing. */
void __gcov_merge_add(void *counters, unsigned count)
{
	(void)counters;
	(void)count;
}

/* The programs close all numbers that they do not know. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == SYS_close_range && coverage_of[1] && a <= DIRECTORY_FD && b >= DIRECTORY_FD) {
		if (a < DIRECTORY_FD && __real_syscall(number, a, DIRECTORY_FD - 1L, c) < 0)
			return -1;
		return b == DIRECTORY_FD ? 0 : __real_syscall(number, DIRECTORY_FD + 1L, b, c);
	}
	return __real_syscall(number, a, b, c, d, e, f);
}

static void open_object(const char *name, void *argument)
{
	int *fd = argument;
	char flat[4096];
	size_t length = strlen(name);

	if (length >= sizeof(flat))
		abort();
	for (size_t i = 0; i <= length; i++)
		flat[i] = name[i] == '/' ? '#' : name[i];
	*fd = open(flat, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (*fd < 0)
		abort();
}

static void write_object(const void *data, unsigned length, void *argument)
{
	if (write(*(int *)argument, data, length) != (ssize_t)length)
		abort();
}

static void *no_memory(unsigned length, void *argument)
{
	(void)length;
	(void)argument;
	abort();
}

/* One .gcda file for each object, in the working directory. */
static void write_objects(void)
{
	for (const struct gcov_info *const *info = coverage_infos; info < coverage_infos_end;
		info++) {
		int fd = -1;

		__gcov_info_to_gcda(*info, open_object, write_object, no_memory, &fd);
		close(fd);
	}
}

static const char *asked(void)
{
	static const char name[] = "DAVIT_COVERAGE=";

	for (char **entry = environ; entry && *entry; entry++)
		if (!strncmp(*entry, name, sizeof(name) - 1))
			return *entry + sizeof(name) - 1;
	return "";
}

static const char *file_name(void)
{
	static char name[24];
	char *at = name + sizeof(name) - 1;
	uint64_t number = coverage_of[0];

	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	return at;
}

__attribute__((constructor(101))) static void map_counters(void)
{
	const char *mode = asked();
	int saved = errno, create = strcmp(mode, "create") ? 0 : O_CREAT;
	size_t size = (size_t)(coverage_end - coverage_start);
	int directory = DIRECTORY_FD;
	int file = openat(directory, file_name(), O_RDWR | O_CLOEXEC);

	if (file < 0) {
		directory = open(COVERAGE_DATA, O_PATH | O_DIRECTORY | O_CLOEXEC);
		file = openat(directory, file_name(), O_RDWR | O_CLOEXEC | create, 0666);
	}
	if (file >= 0 && !create &&
		mmap(coverage_start, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
			0) == MAP_FAILED)
		abort();
	if (create &&
		(fchmod(file, 0666) < 0 || ftruncate(file, 0) < 0 ||
			ftruncate(file, (off_t)size) < 0))
		abort();
	if (coverage_of[1] && directory != DIRECTORY_FD)
		(void)dup2(directory, DIRECTORY_FD); /* not with fewer open files allowed */
	if (!coverage_of[1] || directory != DIRECTORY_FD)
		close(directory);
	close(file);
	errno = saved;
	if (!*mode)
		return;
	if (!create)
		write_objects();
	_exit(0);
}
