/* The file ROOT/.bpf. */
#include "bpf_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAGIC           "davitbpf"
#define OLD_NAME_LENGTH ((size_t)2 * BPF_KEY_SIZE)
#define OLD_NEW         "new"

_Static_assert(BPF_PROGRAM_SIZE == BPF_MAXINSNS * sizeof(struct sock_filter), "the kernel's limit");
_Static_assert(sizeof(struct bpf_table) == 8 + 56 * BPF_CACHE_MAX, "no padding");
_Static_assert(sizeof(struct bpf_table) <= BPF_PROGRAMS, "the programs come behind it");

static struct bpf_table table;

/* One more byte: a longer program then has a length that is none of whole instructions. */
static uint8_t program_bytes[BPF_PROGRAM_SIZE + 1];

/* Of the type TYPE, ours, and nobody else may as much as look at it. */
static int is_private(int fd, mode_t type)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != type || st.st_uid != geteuid() ||
		(st.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	return type == S_IFDIR || st.st_nlink == 1;
}

/* Opens the cache if it is private, and of the type that FLAGS say; or -1 with errno. */
static int open_private(int root, int flags)
{
	int fd = openat(
		root, BPF_CACHE, O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags, 0600);

	if (fd >= 0 && !is_private(fd, flags & O_DIRECTORY ? S_IFDIR : S_IFREG)) {
		close(fd);
		errno = EPERM;
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
		memcpy(&word, program_bytes + i, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15;
		sum ^= sum >> 32;
	}
	return sum;
}

static int can_be_a_program(uint64_t length)
{
	return length && length <= BPF_PROGRAM_SIZE && !(length % sizeof(struct sock_filter));
}

static off_t place_of(const struct bpf_entry *entry)
{
	return BPF_PROGRAMS + (off_t)(entry - table.entries) * BPF_PROGRAM_SIZE;
}

static int read_table(int fd)
{
	return pread(fd, &table, sizeof(table), 0) == (ssize_t)sizeof(table) &&
		!memcmp(table.magic, MAGIC, sizeof(table.magic));
}

static struct bpf_entry *entry_of(const uint8_t *key)
{
	for (size_t i = 0; i < BPF_CACHE_MAX; i++)
		if (table.entries[i].turn && !memcmp(table.entries[i].key, key, BPF_KEY_SIZE))
			return &table.entries[i];
	return NULL;
}

/* Reads the program of KEY. Its length, or 0. */
static size_t read_program(int fd, const uint8_t *key)
{
	const struct bpf_entry *entry = read_table(fd) ? entry_of(key) : NULL;

	if (!entry || !can_be_a_program(entry->length) ||
		pread(fd, program_bytes, entry->length, place_of(entry)) != (ssize_t)entry->length)
		return 0;
	return entry->sum == sum_of(entry->length) ? entry->length : 0;
}

int bpf_cache_find(int root, const uint8_t key[BPF_KEY_SIZE])
{
	int fd = open_private(root, O_RDONLY), program = -1;
	size_t length;

	if (fd < 0)
		return -1;
	length = read_program(fd, key);
	close(fd);
	if (length)
		program = memfd_create("filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (program >= 0 && write(program, program_bytes, length) != (ssize_t)length) {
		close(program);
		return -1;
	}
	return program;
}

/* Earlier versions kept each program in a file named by its key. Others are not ours to remove. */
static int is_old_entry(const char *name)
{
	return !strcmp(name, OLD_NEW) ||
		(strlen(name) == OLD_NAME_LENGTH &&
			strspn(name, "0123456789abcdef") == OLD_NAME_LENGTH);
}

static void remove_old(int root)
{
	_Alignas(8) char buffer[8192];
	int dir = open_private(root, O_RDONLY | O_DIRECTORY);
	long n;

	if (dir < 0)
		return;
	while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long i = 0; i < n;) {
			const struct dirent *found = (const void *)(buffer + i);

			i += found->d_reclen;
			if (is_old_entry(found->d_name))
				(void)unlinkat(dir, found->d_name, 0); /* the rmdir tells */
		}
	}
	close(dir);
	(void)unlinkat(root, BPF_CACHE, AT_REMOVEDIR); /* else there is no cache */
}

int bpf_cache_open(int root)
{
	int fd = open_private(root, O_RDWR);

	if (fd < 0 && errno == EISDIR)
		remove_old(root);
	else if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = open_private(root, O_RDWR | O_CREAT | O_EXCL);
	return fd < 0 && errno == EEXIST ? open_private(root, O_RDWR) : fd;
}

/* The place for KEY: where it is, else a free one, else that of the oldest. TURN gets the next. */
static struct bpf_entry *choose_entry(const uint8_t *key, uint64_t *turn)
{
	struct bpf_entry *found = entry_of(key), *least = &table.entries[0];
	uint64_t last = 0;

	for (size_t i = 0; i < BPF_CACHE_MAX; i++) {
		struct bpf_entry *entry = &table.entries[i];

		if (entry->turn > last)
			last = entry->turn;
		if (entry->turn < least->turn)
			least = entry;
	}
	if (last == UINT64_MAX) { /* nobody has stored as often */
		memset(table.entries, 0, sizeof(table.entries));
		last = 0;
	}
	*turn = last + 1;
	return found ? found : least;
}

static int write_table(int fd)
{
	return pwrite(fd, &table, sizeof(table), 0) == (ssize_t)sizeof(table);
}

/* A signal for a file that may not be as large would reach the container. */
static int may_be_as_large(off_t end)
{
	struct rlimit limit;

	return !getrlimit(RLIMIT_FSIZE, &limit) && (rlim_t)end <= limit.rlim_cur;
}

/* The entry has gone before its place is written to: whoever is killed in between leaves none. */
static void write_entry(int fd, const uint8_t *key, size_t length)
{
	struct bpf_entry *entry;
	uint64_t turn;

	if (!read_table(fd)) {
		memset(&table, 0, sizeof(table));
		memcpy(table.magic, MAGIC, sizeof(table.magic));
	}
	entry = choose_entry(key, &turn);
	entry->turn = 0;
	if (!may_be_as_large(place_of(entry) + (off_t)length) || !write_table(fd) ||
		pwrite(fd, program_bytes, length, place_of(entry)) != (ssize_t)length)
		return;
	memcpy(entry->key, key, sizeof(entry->key));
	entry->length = length;
	entry->sum = sum_of(length);
	entry->turn = turn;
	(void)write_table(fd);
}

void bpf_cache_store(int cache, const uint8_t key[BPF_KEY_SIZE], int program)
{
	ssize_t length = pread(program, program_bytes, sizeof(program_bytes), 0);

	/* Waiting for the lock would let a stopped process hold up every creation. */
	if (length < 0 || !can_be_a_program((uint64_t)length) ||
		flock(cache, LOCK_EX | LOCK_NB) < 0)
		return;
	write_entry(cache, key, (size_t)length);
	(void)flock(cache, LOCK_UN);
}
