/*
 * The cache of seccomp programs: which files it believes, and what it leaves.
 * link: libexec/verbs/bpf_cache shared/sha256
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
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
#include "tree.h"

#define INSTRUCTIONS 5
#define LENGTH       (INSTRUCTIONS * 8)
#define SIZE         (BPF_PROGRAMS + LENGTH) /* with one program */

static char top[32];
static int root = -1;
static uint8_t key[BPF_KEY_SIZE];
static int begin(void **state)
{
	(void)state;
	umask(022);
	snprintf(top, sizeof(top), "/tmp/test_bpf_cache.XXXXXX");
	root = mkdtemp(top) ? open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 37);
	return root < 0;
}

static int end(void **state)
{
	(void)state;
	close(root);
	return tree_remove(top);
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

static void store_in(int where, int program)
{
	int cache = bpf_cache_open(where);

	if (cache >= 0) {
		bpf_cache_store(cache, key, program);
		close(cache);
	}
	close(program);
}

static void store(size_t count, uint32_t says)
{
	store_in(root, make_program(count, says));
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
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_size, SIZE);
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
	store_in(root, fd);
	assert_int_equal(find(1), -1);
	store(1, 2);
	assert_int_equal(find(1), 2);
	store(BPF_MAXINSNS, 3);
	assert_int_equal(find(BPF_MAXINSNS), 3);
}

static int open_cache(void)
{
	int fd = openat(root, BPF_CACHE, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void change_byte(size_t at, uint8_t with)
{
	int fd = open_cache();
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= with;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

/* Only the turn says nothing of the program, and what follows the first entry. */
static int says_nothing(size_t at)
{
	const size_t entry = offsetof(struct bpf_table, entries);
	const size_t turn = entry + offsetof(struct bpf_entry, turn);

	return (at >= turn && at < turn + 8) ||
		(at >= entry + sizeof(struct bpf_entry) && at < BPF_PROGRAMS);
}

static void test_no_changed_byte_is_believed(void **state)
{
	(void)state;
	assert_kept(7);
	for (size_t i = 0; i < SIZE; i++) {
		change_byte(i, 2);
		if (find(INSTRUCTIONS) != (says_nothing(i) ? 7 : -1))
			fail_msg("byte %zu", i);
		change_byte(i, 2);
		assert_int_equal(find(INSTRUCTIONS), 7);
	}
	change_byte(SIZE - 1, 0x80);
	assert_kept(9);
}

static void test_no_other_length_is_believed(void **state)
{
	(void)state;
	for (size_t size = 0; size <= SIZE + 8; size++) {
		int fd;

		assert_kept(7);
		fd = open_cache();
		assert_int_equal(ftruncate(fd, (off_t)size), 0);
		close(fd);
		if (find(INSTRUCTIONS) != (size < SIZE ? -1 : 7))
			fail_msg("%zu bytes", size);
	}
	assert_kept(8);
}

/* The program of another key in this one's place. */
static void test_a_moved_program_is_not_believed(void **state)
{
	uint8_t other[LENGTH];
	int fd;

	(void)state;
	assert_kept(7);
	key[0] ^= 1;
	assert_kept(8);
	fd = open_cache();
	assert_int_equal(pread(fd, other, LENGTH, BPF_PROGRAMS + BPF_PROGRAM_SIZE), LENGTH);
	assert_int_equal(pwrite(fd, other, LENGTH, BPF_PROGRAMS), LENGTH);
	close(fd);
	assert_int_equal(find(INSTRUCTIONS), 8);
	key[0] ^= 1;
	assert_int_equal(find(INSTRUCTIONS), -1);
	assert_kept(9);
}

static void assert_not_used(void)
{
	assert_int_equal(find(INSTRUCTIONS), -1);
	store(INSTRUCTIONS, 8);
	assert_int_equal(find(INSTRUCTIONS), -1);
}

static void test_other_kinds_of_files(void **state)
{
	(void)state;
	assert_kept(7);
	assert_int_equal(fchmodat(root, BPF_CACHE, 0620, 0), 0);
	assert_not_used();
	assert_int_equal(fchmodat(root, BPF_CACHE, 0604, 0), 0);
	assert_not_used();
	assert_int_equal(fchmodat(root, BPF_CACHE, 0600, 0), 0);
	assert_int_equal(find(INSTRUCTIONS), 7);

	assert_int_equal(linkat(root, BPF_CACHE, root, "elsewhere", 0), 0);
	assert_not_used(); /* somebody else can write */
	assert_int_equal(unlinkat(root, BPF_CACHE, 0), 0);
	assert_int_equal(symlinkat("elsewhere", root, BPF_CACHE), 0);
	assert_not_used();
	assert_int_equal(unlinkat(root, BPF_CACHE, 0), 0);
	assert_int_equal(mkfifoat(root, BPF_CACHE, 0600), 0);
	assert_not_used();
	assert_int_equal(unlinkat(root, BPF_CACHE, 0), 0);
	assert_int_equal(renameat(root, "elsewhere", root, BPF_CACHE), 0);
	assert_int_equal(find(INSTRUCTIONS), 7); /* nothing above has written through */
}

/* What earlier versions made; others' files stay, and are no error. */
static void test_directories(void **state)
{
	static const char old[] =
		BPF_CACHE "/"
			  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	(void)state;
	assert_int_equal(mkdirat(root, BPF_CACHE, 0700), 0);
	close(openat(root, old, O_WRONLY | O_CREAT, 0600));
	close(openat(root, BPF_CACHE "/new", O_WRONLY | O_CREAT, 0600));
	assert_kept(7);
	assert_int_equal(unlinkat(root, BPF_CACHE, 0), 0);

	assert_int_equal(mkdirat(root, BPF_CACHE, 0750), 0);
	close(openat(root, old, O_WRONLY | O_CREAT, 0600));
	assert_not_used();
	assert_int_equal(faccessat(root, old, F_OK, 0), 0);
	assert_int_equal(fchmodat(root, BPF_CACHE, 0700, 0), 0);
	close(openat(root, BPF_CACHE "/README", O_WRONLY | O_CREAT, 0600));
	assert_not_used();
	assert_int_equal(faccessat(root, old, F_OK, 0), -1);
	assert_int_equal(faccessat(root, BPF_CACHE "/README", F_OK, 0), 0);
}

static void test_other_owners(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_kept(7);
	assert_int_equal(fchownat(root, BPF_CACHE, 12345, 0, 0), 0);
	assert_not_used();
	assert_int_equal(fchownat(root, BPF_CACHE, 0, 0, 0), 0);
	assert_int_equal(find(INSTRUCTIONS), 7);
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

static size_t count_entries(void)
{
	static struct bpf_table table;
	size_t count = 0;
	int fd = open_cache();

	assert_int_equal(pread(fd, &table, sizeof(table), 0), sizeof(table));
	close(fd);
	for (size_t i = 0; i < BPF_CACHE_MAX; i++)
		count += table.entries[i].turn != 0;
	return count;
}

static void test_the_oldest_goes(void **state)
{
	(void)state;
	for (int i = 0; i < BPF_CACHE_MAX; i++) {
		key[0] = (uint8_t)i;
		assert_kept(key[0]);
	}
	assert_int_equal(count_entries(), BPF_CACHE_MAX);
	key[0] = 0;
	assert_kept(31); /* in its own place, and it is young again */
	assert_int_equal(count_entries(), BPF_CACHE_MAX);
	for (int i = 1; i < 3; i++) {
		key[0] = (uint8_t)(200 + i);
		assert_kept(1);
		assert_int_equal(count_entries(), BPF_CACHE_MAX);
		for (int k = 0; k < BPF_CACHE_MAX; k++) {
			key[0] = (uint8_t)k;
			assert_int_equal(find(INSTRUCTIONS), !k ? 31 : k <= i ? -1 : k);
		}
	}
}

/* A turn that no number follows. */
static void test_the_last_turn(void **state)
{
	const uint64_t last = UINT64_MAX;
	int fd;

	(void)state;
	assert_kept(7);
	fd = open_cache();
	assert_int_equal(
		pwrite(fd, &last, 8,
			offsetof(struct bpf_table, entries) + offsetof(struct bpf_entry, turn)),
		8);
	close(fd);
	assert_int_equal(find(INSTRUCTIONS), 7);
	key[0] ^= 1;
	assert_kept(8);
	assert_int_equal(count_entries(), 1);
}

static void test_the_lock_is_not_waited_for(void **state)
{
	int fd;

	(void)state;
	assert_kept(7);
	fd = open_cache();
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
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stored_and_found, begin, end),
		cmocka_unit_test_setup_teardown(test_lengths, begin, end),
		cmocka_unit_test_setup_teardown(test_no_changed_byte_is_believed, begin, end),
		cmocka_unit_test_setup_teardown(test_no_other_length_is_believed, begin, end),
		cmocka_unit_test_setup_teardown(test_a_moved_program_is_not_believed, begin, end),
		cmocka_unit_test_setup_teardown(test_other_kinds_of_files, begin, end),
		cmocka_unit_test_setup_teardown(test_directories, begin, end),
		cmocka_unit_test_setup_teardown(test_other_owners, begin, end),
		cmocka_unit_test_setup_teardown(test_no_place, begin, end),
		cmocka_unit_test_setup_teardown(test_the_oldest_goes, begin, end),
		cmocka_unit_test_setup_teardown(test_the_last_turn, begin, end),
		cmocka_unit_test_setup_teardown(test_the_lock_is_not_waited_for, begin, end),
		cmocka_unit_test_setup_teardown(test_killed_and_at_once, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
