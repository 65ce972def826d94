/*
 * The cache of seccomp programs: which files it believes, and what it leaves.
 * link: libexec/verbs/bpf_cache shared/sha256
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../libexec/verbs/bpf_cache.h"

#define INSTRUCTIONS 5
#define LENGTH       (INSTRUCTIONS * 8)
#define ENTRY_SIZE   (sizeof(struct bpf_entry) + LENGTH)

static char top[] = "/tmp/test_bpf_cache.XXXXXX";
static int root = -1;
static uint8_t key[BPF_KEY_SIZE];
static char name[2 * BPF_KEY_SIZE + 6]; /* of the entry of key: .bpf/… */

static void name_key(void)
{
	int n = snprintf(name, sizeof(name), BPF_CACHE "/");

	for (size_t i = 0; i < BPF_KEY_SIZE; i++)
		n += snprintf(name + n, sizeof(name) - (size_t)n, "%02x", key[i]);
}

static int begin(void **state)
{
	(void)state;
	umask(022);
	strcpy(strrchr(top, '.'), ".XXXXXX");
	root = mkdtemp(top) ? open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 37);
	name_key();
	return root < 0;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	close(root);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

/* A program of COUNT instructions that all say SAYS. */
static int make_program(size_t count, uint32_t says)
{
	int fd = memfd_create("program", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = 0; i < count; i++) {
		struct sock_filter code = {BPF_RET | BPF_K, 0, 0, says};

		assert_int_equal(write(fd, &code, sizeof(code)), sizeof(code));
	}
	return fd;
}

static void store(size_t count, uint32_t says)
{
	int fd = make_program(count, says);

	bpf_cache_store(root, key, fd);
	close(fd);
}

/* What the instructions of the stored program say, or -1; all of them the same. */
static int64_t find(size_t count)
{
	struct sock_filter code[BPF_MAXINSNS];
	int fd = bpf_cache_find(root, key);

	if (fd < 0)
		return -1;
	assert_int_equal(pread(fd, code, sizeof(code), 0), count * sizeof(code[0]));
	close(fd);
	for (size_t i = 1; i < count; i++)
		assert_memory_equal(&code[i], &code[0], sizeof(code[0]));
	return code[0].k;
}

static void assert_kept(uint32_t says)
{
	store(INSTRUCTIONS, says);
	assert_int_equal(find(INSTRUCTIONS), says);
}

static void test_stored_and_found(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(find(INSTRUCTIONS), -1);
	assert_int_equal(faccessat(root, BPF_CACHE, F_OK, 0), -1); /* looking makes nothing */
	assert_kept(7);
	assert_int_equal(fstatat(root, BPF_CACHE, &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(fstatat(root, name, &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_size, ENTRY_SIZE);
	key[31] ^= 1;
	assert_int_equal(find(INSTRUCTIONS), -1);
	assert_kept(8);
	key[31] ^= 1;
	assert_int_equal(find(INSTRUCTIONS), 7);
}

static void test_lengths(void **state)
{
	static const char odd[] = "123456789";
	int fd = memfd_create("odd", MFD_CLOEXEC);

	(void)state;
	store(0, 1);
	assert_int_equal(find(0), -1);
	store(BPF_MAXINSNS + 1, 1);
	assert_int_equal(find(1), -1);
	assert_int_equal(write(fd, odd, 9), 9);
	bpf_cache_store(root, key, fd);
	close(fd);
	assert_int_equal(find(1), -1);
	store(1, 2);
	assert_int_equal(find(1), 2);
	store(BPF_MAXINSNS, 3);
	assert_int_equal(find(BPF_MAXINSNS), 3);
}

static void change_byte(size_t at, uint8_t with)
{
	int fd = openat(root, name, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= with;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

static void test_no_changed_byte_is_believed(void **state)
{
	(void)state;
	assert_kept(7);
	for (size_t i = 0; i < ENTRY_SIZE; i++) {
		change_byte(i, 1);
		if (find(INSTRUCTIONS) != -1)
			fail_msg("byte %zu", i);
		change_byte(i, 1);
		assert_int_equal(find(INSTRUCTIONS), 7);
	}
	change_byte(ENTRY_SIZE - 1, 0x80);
	assert_kept(9);
}

static void test_no_other_length_is_believed(void **state)
{
	(void)state;
	for (size_t size = 0; size <= ENTRY_SIZE + 8; size++) {
		int fd;

		assert_kept(7);
		fd = openat(root, name, O_WRONLY | O_CLOEXEC);
		assert_int_equal(ftruncate(fd, (off_t)size), 0);
		close(fd);
		if ((find(INSTRUCTIONS) == -1) != (size != ENTRY_SIZE))
			fail_msg("%zu bytes", size);
	}
	assert_kept(8);
}

/* The entry of another key under this one's name. */
static void test_a_renamed_entry_is_not_believed(void **state)
{
	char other[sizeof(name)];

	(void)state;
	assert_kept(7);
	strcpy(other, name);
	key[0] ^= 1;
	name_key();
	assert_int_equal(renameat(root, other, root, name), 0);
	assert_int_equal(find(INSTRUCTIONS), -1);
	assert_kept(8);
}

static void assert_not_believed_but_replaced(void)
{
	assert_int_equal(find(INSTRUCTIONS), -1);
	assert_kept(8);
}

static void test_other_kinds_of_entries(void **state)
{
	(void)state;
	assert_kept(7);
	assert_int_equal(renameat(root, name, root, "elsewhere"), 0);
	assert_int_equal(symlinkat("../elsewhere", root, name), 0);
	assert_not_believed_but_replaced();

	assert_int_equal(unlinkat(root, name, 0), 0);
	assert_int_equal(linkat(root, "elsewhere", root, name, 0), 0); /* somebody else can write */
	assert_not_believed_but_replaced();

	assert_int_equal(unlinkat(root, name, 0), 0);
	assert_int_equal(mkfifoat(root, name, 0600), 0);
	assert_not_believed_but_replaced();

	assert_int_equal(fchmodat(root, name, 0620, 0), 0);
	assert_not_believed_but_replaced();
	assert_int_equal(fchmodat(root, name, 0604, 0), 0);
	assert_not_believed_but_replaced();

	assert_int_equal(unlinkat(root, name, 0), 0);
	assert_int_equal(mkdirat(root, name, 0700), 0);
	assert_int_equal(find(INSTRUCTIONS), -1);
	store(INSTRUCTIONS, 9);
	assert_int_equal(find(INSTRUCTIONS), -1);
	assert_int_equal(faccessat(root, BPF_CACHE "/" BPF_CACHE_NEW, F_OK, 0), -1);
}

static void test_other_kinds_of_directories(void **state)
{
	(void)state;
	assert_kept(7);
	assert_int_equal(fchmodat(root, BPF_CACHE, 0770, 0), 0);
	assert_int_equal(find(INSTRUCTIONS), -1);
	assert_int_equal(fchmodat(root, BPF_CACHE, 0705, 0), 0);
	assert_int_equal(find(INSTRUCTIONS), -1);
	store(INSTRUCTIONS, 8);
	assert_int_equal(fchmodat(root, BPF_CACHE, 0700, 0), 0);
	assert_int_equal(find(INSTRUCTIONS), 7);

	assert_int_equal(renameat(root, BPF_CACHE, root, "elsewhere"), 0);
	assert_int_equal(symlinkat("elsewhere", root, BPF_CACHE), 0);
	assert_int_equal(find(INSTRUCTIONS), -1);
	store(INSTRUCTIONS, 8);
	assert_int_equal(unlinkat(root, BPF_CACHE, 0), 0);
	assert_int_equal(mkfifoat(root, BPF_CACHE, 0600), 0);
	assert_int_equal(find(INSTRUCTIONS), -1);
	store(INSTRUCTIONS, 8);
	assert_int_equal(unlinkat(root, BPF_CACHE, 0), 0);
	assert_int_equal(renameat(root, "elsewhere", root, BPF_CACHE), 0);
	assert_int_equal(find(INSTRUCTIONS), 7); /* nothing above has written through */
}

static void test_other_owners(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_kept(7);
	assert_int_equal(fchownat(root, name, 12345, 0, 0), 0);
	assert_not_believed_but_replaced();
	assert_int_equal(fchownat(root, BPF_CACHE, 12345, 0, 0), 0);
	assert_int_equal(find(INSTRUCTIONS), -1);
	store(INSTRUCTIONS, 9);
	assert_int_equal(fchownat(root, BPF_CACHE, 0, 0, 0), 0);
	assert_int_equal(find(INSTRUCTIONS), 8);
}

/* A root where nothing can be made. */
static void test_no_place(void **state)
{
	int writable = root;

	(void)state;
	root = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	store(INSTRUCTIONS, 7);
	assert_int_equal(find(INSTRUCTIONS), -1);
	close(root);
	root = writable;
}

static size_t count_files(const char *prefix)
{
	int fd = openat(root, BPF_CACHE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(fd);
	struct dirent *found;
	size_t count = 0;

	assert_non_null(dir);
	while ((found = readdir(dir)))
		count += found->d_name[0] != '.' && !strncmp(found->d_name, prefix, strlen(prefix));
	closedir(dir);
	return count;
}

/* A full cache: that of key FIRST goes first, then that of SECOND, although both are of one second. */
static void assert_order(uint8_t first, uint8_t second)
{
	const struct timespec old[] = {{100, 2}, {100, 2}}, older[] = {{100, 1}, {100, 1}};

	for (int i = 0; i < BPF_CACHE_MAX; i++) {
		key[0] = (uint8_t)i;
		assert_kept(key[0]);
	}
	assert_int_equal(count_files(""), BPF_CACHE_MAX + 1);
	key[0] = second;
	name_key();
	assert_int_equal(utimensat(root, name, old, 0), 0);
	key[0] = first;
	name_key();
	assert_int_equal(utimensat(root, name, older, 0), 0);
	assert_kept(31); /* replaced, so none is too many, and it is young again */
	assert_int_equal(utimensat(root, name, older, 0), 0);
	for (int i = 0; i < 2; i++) {
		key[0] = (uint8_t)(200 + i);
		assert_kept(1);
		assert_int_equal(count_files(""), BPF_CACHE_MAX + 1);
		key[0] = first;
		assert_int_equal(find(INSTRUCTIONS), -1);
		key[0] = second;
		assert_int_equal(find(INSTRUCTIONS), i ? -1 : second);
	}
}

static void test_the_oldest_goes(void **state)
{
	int fd;

	(void)state;
	assert_kept(7);
	fd = openat(root, BPF_CACHE "/README", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	assert_order(30, 20);
	assert_order(20, 30);
	assert_int_equal(count_files("README"), 1);
}

static void test_the_lock_is_not_waited_for(void **state)
{
	int fd;

	(void)state;
	assert_kept(7);
	fd = openat(root, BPF_CACHE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	alarm(10);
	store(INSTRUCTIONS, 8);
	assert_int_equal(find(INSTRUCTIONS), 7);
	alarm(0);
	close(fd);
	assert_kept(8);
}

/* Stores and finds for ever: programs that say what their key says. */
_Noreturn static void work(unsigned seed)
{
	alarm(30);
	for (uint32_t i = seed;; i = i * 5 + 3) {
		int64_t says;

		key[0] = (uint8_t)(i % 5);
		store(100, key[0]);
		says = find(100);
		if (says != -1 && says != key[0])
			_exit(1);
	}
}

static void test_killed_and_at_once(void **state)
{
	int status;
	pid_t pids[4];

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < 4; i++) {
			pids[i] = fork();
			assert_true(pids[i] >= 0);
			if (!pids[i])
				work(i);
		}
		usleep(round * 37 % 1500);
		for (unsigned i = 0; i < 4; i++)
			kill(pids[i], SIGKILL);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		}
		for (uint8_t k = 0; k < 5; k++) {
			int64_t says;

			key[0] = k;
			says = find(100);
			assert_true(says == -1 || says == k);
		}
	}
	assert_kept(50);
	assert_int_equal(count_files(BPF_CACHE_NEW), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stored_and_found, begin, end),
		cmocka_unit_test_setup_teardown(test_lengths, begin, end),
		cmocka_unit_test_setup_teardown(test_no_changed_byte_is_believed, begin, end),
		cmocka_unit_test_setup_teardown(test_no_other_length_is_believed, begin, end),
		cmocka_unit_test_setup_teardown(test_a_renamed_entry_is_not_believed, begin, end),
		cmocka_unit_test_setup_teardown(test_other_kinds_of_entries, begin, end),
		cmocka_unit_test_setup_teardown(test_other_kinds_of_directories, begin, end),
		cmocka_unit_test_setup_teardown(test_other_owners, begin, end),
		cmocka_unit_test_setup_teardown(test_no_place, begin, end),
		cmocka_unit_test_setup_teardown(test_the_oldest_goes, begin, end),
		cmocka_unit_test_setup_teardown(test_the_lock_is_not_waited_for, begin, end),
		cmocka_unit_test_setup_teardown(test_killed_and_at_once, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
