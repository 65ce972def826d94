/* The files of ROOT/.bpf. */
#include "bpf_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAGIC       "davitbpf"
#define NAME_LENGTH ((size_t)2 * BPF_KEY_SIZE)

_Static_assert(BPF_PROGRAM_SIZE == BPF_MAXINSNS * sizeof(struct sock_filter), "the kernel's limit");

/* One more byte: a longer file then has a length that is none of whole instructions. */
static struct {
	struct bpf_entry head;
	uint8_t program[BPF_PROGRAM_SIZE + 1];
} entry;

_Static_assert(sizeof(struct bpf_entry) == 48, "no padding");

static void key_name(const uint8_t *key, char name[NAME_LENGTH + 1])
{
	for (size_t i = 0; i < NAME_LENGTH; i++)
		name[i] = "0123456789abcdef"[key[i / 2] >> (i % 2 ? 0 : 4) & 15];
	name[NAME_LENGTH] = '\0';
}

/* Of the type TYPE, ours, and nobody else may as much as look at it. */
static int is_private(int fd, mode_t type)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != type || st.st_uid != geteuid() ||
		(st.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	return type == S_IFDIR || st.st_nlink == 1;
}

/* Opens NAME below DIR if it is private, and of the type that FLAGS say; or -1. */
static int open_private(int dir, const char *name, int flags)
{
	int fd = openat(
		dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);

	if (fd >= 0 && !is_private(fd, flags & O_DIRECTORY ? S_IFDIR : S_IFREG)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Of the first LENGTH bytes of the program, whole instructions. Each step is reversible, so that one
 * changed word always changes the sum. */
static uint64_t sum_of(size_t length)
{
	uint64_t sum = length, word;

	for (size_t i = 0; i < length; i += sizeof(word)) {
		memcpy(&word, entry.program + i, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15;
		sum ^= sum >> 32;
	}
	return sum;
}

/* Reads the file FD into entry. The length of its program, or 0 for anything but an entry of KEY. */
static size_t read_entry(int fd, const uint8_t *key)
{
	ssize_t n = pread(fd, &entry, sizeof(entry), 0);
	size_t length = n > (ssize_t)sizeof(entry.head) ? (size_t)n - sizeof(entry.head) : 0;

	if (!length || length % sizeof(struct sock_filter) ||
		memcmp(entry.head.magic, MAGIC, sizeof(entry.head.magic)) != 0 ||
		memcmp(entry.head.key, key, BPF_KEY_SIZE) != 0)
		return 0;
	return entry.head.sum == sum_of(length) ? length : 0;
}

int bpf_cache_find(int root, const uint8_t key[BPF_KEY_SIZE])
{
	int dir = open_private(root, BPF_CACHE, O_DIRECTORY), fd, program = -1;
	char name[NAME_LENGTH + 1];
	size_t length;

	if (dir < 0)
		return -1;
	key_name(key, name);
	fd = open_private(dir, name, 0);
	close(dir);
	if (fd < 0)
		return -1;
	length = read_entry(fd, key);
	close(fd);
	if (length)
		program = memfd_create("filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (program >= 0 && write(program, entry.program, length) != (ssize_t)length) {
		close(program);
		return -1;
	}
	return program;
}

/* Fills entry from the memfd PROGRAM. Its length, or 0 when it cannot be one. */
static size_t make_entry(const uint8_t *key, int program)
{
	ssize_t n = pread(program, entry.program, sizeof(entry.program), 0);

	if (n <= 0 || n % (ssize_t)sizeof(struct sock_filter))
		return 0;
	memcpy(entry.head.magic, MAGIC, sizeof(entry.head.magic));
	memcpy(entry.head.key, key, BPF_KEY_SIZE);
	entry.head.sum = sum_of((size_t)n);
	return sizeof(entry.head) + (size_t)n;
}

int bpf_cache_open(int root)
{
	if (mkdirat(root, BPF_CACHE, 0700) < 0 && errno != EEXIST)
		return -1;
	return open_private(root, BPF_CACHE, O_DIRECTORY);
}

/* Opens the directory and locks it. Waiting for the lock would let a stopped process hold up every
 * creation. */
static int lock_directory(int root)
{
	int dir = bpf_cache_open(root);

	if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) < 0) {
		close(dir);
		return -1;
	}
	return dir;
}

/* Entries have names as key_name makes them; others are not ours to remove. */
static int is_entry(const char *name)
{
	return strlen(name) == NAME_LENGTH && strspn(name, "0123456789abcdef") == NAME_LENGTH;
}

static int is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* The number of entries; OLDEST gets the name of the one that was written first. */
static size_t count_entries(int dir, char oldest[NAME_LENGTH + 1])
{
	_Alignas(8) char buffer[8192];
	struct timespec first = {0};
	size_t count = 0;
	long n;

	if (lseek(dir, 0, SEEK_SET) < 0)
		return 0;
	while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long i = 0; i < n;) {
			const struct dirent *found = (const void *)(buffer + i);
			struct stat st;

			i += found->d_reclen;
			if (!is_entry(found->d_name) ||
				fstatat(dir, found->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				continue;
			if (!count++ || is_older(&st.st_mtim, &first)) {
				first = st.st_mtim;
				memcpy(oldest, found->d_name, NAME_LENGTH + 1);
			}
		}
	}
	return count;
}

/* One entry comes at a time, so one goes; more when the limit was higher once. */
static void evict(int dir)
{
	char oldest[NAME_LENGTH + 1];

	while (count_entries(dir, oldest) > BPF_CACHE_MAX)
		if (unlinkat(dir, oldest, 0) < 0)
			return;
}

/* A file of the name NEW is what a process left that was killed: we have the lock. */
static void write_entry(int dir, const uint8_t *key, size_t size)
{
	char name[NAME_LENGTH + 1];
	ssize_t n;
	int fd;

	(void)unlinkat(dir, BPF_CACHE_NEW, 0);
	fd = openat(dir, BPF_CACHE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	n = write(fd, &entry, size);
	close(fd);
	key_name(key, name);
	if (n != (ssize_t)size || renameat(dir, BPF_CACHE_NEW, dir, name) < 0)
		(void)unlinkat(dir, BPF_CACHE_NEW, 0);
}

void bpf_cache_store(int root, const uint8_t key[BPF_KEY_SIZE], int program)
{
	size_t size = make_entry(key, program);
	int dir = size ? lock_directory(root) : -1;

	if (dir < 0)
		return;
	write_entry(dir, key, size);
	evict(dir);
	close(dir); /* and with it the lock */
}
