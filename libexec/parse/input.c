/* Reading and writing with read(2) and write(2) only. */
#include "input.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "plan.h"
#include "scan.h"
#include "step.h"
#include "tree.h"

/*
 * The pool holds the plan. Its strings take no more than the text: each has two quotes there, which
 * pay for its NUL; a mount has 17 bytes more, which pay for its label ("mounts[65535]") and for a
 * "/" before a relative path. Records: the most for each byte of text is
 *   mount        128 bytes  {"destination":"a"},
 *   hook, str     48 + 8    {"path":"/"},
 *   num            8        0,
 *   kv            16        "a",   (an option of a mount)
 *   device        56        {"type":"p","path":"/a"},
 *   idmap         24        0-0-1#   (in an option of a mount)
 * so never more than 7; in all, 65,536 mounts, and 28 bytes for each of the other values (a hook is
 * two; thousands of mounts with hundreds of ranges each in their options do not fit). plan_write may need twice that. What remains is for the options of parse, two strings of
 * the command line (128 KiB each, execve(2)), the config record, the first piece of each kind and
 * one record that is refused.
 */
#define RECORDS_PER_BYTE (2 * 7)
#define RECORDS_MAX      (2 * (65536 * sizeof(struct plan_mount) + 28 * SCAN_VALUES_MAX))
#define POOL_MIN         (512u << 10)

_Static_assert(sizeof(struct plan_mount) <= 7 * 20 && sizeof(struct plan_device) <= 7 * 25 &&
		sizeof(struct plan_hook) + sizeof(struct plan_str) <= 2 * 28 &&
		sizeof(struct plan_num) <= 7 * 2 && sizeof(struct plan_kv) <= 7 * 4 &&
		sizeof(struct plan_idmap) <= 7 * 6,
	"a record has grown: the bounds above must be worked out again");

char *input_buffer, *input_pool;
size_t input_pool_size;
static size_t reserved;      /* bytes of text */
static size_t reserved_kept; /* bytes of the kept plan */
static char *kept_buffer;
static char *image;
static size_t image_used;

static size_t expected;      /* bytes of other texts */
static const char *document; /* "config.json:" */
static const char too_large[] = "larger than 16 MiB";

/* What has no size, a pipe or a file of procfs, may be as large as any. */
static size_t text_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_size)
		return SCAN_INPUT_MAX;
	if (st.st_size > (off_t)SCAN_INPUT_MAX)
		die(document, too_large, 0);
	return (size_t)st.st_size;
}

/* A plan is a file of its own size, or by hand a pipe. */
static size_t plan_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return PLAN_SIZE_MAX;
	if (st.st_size > (off_t)PLAN_SIZE_MAX)
		die("plan:", "larger than 64 MiB", 0);
	if (lseek(fd, 0, SEEK_SET) < 0) /* a memfd stands where its writer stopped */
		die("plan:", NULL, errno);
	return (size_t)st.st_size;
}

/* The pool has LEAST bytes or more. */
static void reserve(const char *name, int fd, int kept, size_t strings, size_t least)
{
	size_t records, tree, scanner, text, keys;
	char *memory;

	document = name;
	reserved = expected + (fd < 0 ? 0 : text_size(fd));
	reserved_kept = kept < 0 ? 0 : plan_size(kept);
	records = reserved * RECORDS_PER_BYTE;
	/* Of a kept plan no more is taken over than it holds, of the strings a record each. */
	input_pool_size = (reserved + (records < RECORDS_MAX ? records : RECORDS_MAX) + POOL_MIN +
				  2 * reserved_kept + 2 * strings) /
		8 * 8;
	if (input_pool_size < least)
		input_pool_size = least;
	keys = (reserved_kept + strings) / sizeof(struct plan_str);
	tree = tree_room(reserved, keys);
	scanner = scan_room(reserved);
	text = reserved + 2; /* one byte too many, and a NUL */
	memory = mmap(NULL, tree + scanner + input_pool_size + reserved_kept + 8 + text,
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap: memory for", document, errno);
	tree_begin(memory, reserved, keys);
	scan_begin(memory + tree, reserved);
	input_pool = memory + tree + scanner;
	kept_buffer = input_pool + input_pool_size;
	input_buffer = kept_buffer + (reserved_kept + 8) / 8 * 8;
}

void input_expect(const char *name, int fd)
{
	document = name;
	expected += text_size(fd);
}

void input_reserve(const char *name, int fd, int kept, size_t strings)
{
	reserve(name, fd, kept, strings, 0);
}

void input_reserve_review(const char *name, int fd)
{
	reserve(name, fd, -1, 0, PLAN_SIZE_MAX);
	image = mmap(NULL, PLAN_SIZE_MAX, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (image == MAP_FAILED)
		die("mmap: memory for", document, errno);
}

int image_write(void *context, const void *bytes, size_t length)
{
	(void)context;
	if (length > PLAN_SIZE_MAX - image_used)
		return -E2BIG;
	memcpy(image + image_used, bytes, length);
	image_used += length;
	return 0;
}

const void *image_bytes(size_t *length)
{
	*length = image_used;
	return image;
}

/* Up to SIZE bytes and one more, which says that there are more. */
static size_t read_all(int fd, char *buffer, size_t size, const char *name)
{
	size_t length = 0;

	while (length <= size) {
		ssize_t n = read(fd, buffer + length, size + 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("read", name, errno);
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return length;
}

size_t input_read(const char *name, int fd)
{
	size_t length;

	document = name;
	length = read_all(fd, input_buffer, reserved, document);

	if (length > SCAN_INPUT_MAX)
		die(document, too_large, 0);
	if (length > reserved)
		die(document, "grew while it was read", 0);
	input_buffer[length] = '\0';
	return length;
}

const void *input_read_kept(int fd, size_t *length)
{
	*length = read_all(fd, kept_buffer, reserved_kept, "plan:");
	if (*length > reserved_kept)
		die("plan:", "grew while it was read", 0);
	return kept_buffer;
}

int output_write(void *context, const void *bytes, size_t length)
{
	const int *fd = context;
	const char *at = bytes;

	while (length) {
		ssize_t n = write(*fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}
