/*
 * Huge pages. Which sizes there are is read from the names of the controller's files; a container
 * that may make cgroups below its own can give directories any name, and so only regular files
 * count, whose names are the kernel's.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "stats.h"
#include "text.h"

struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

int each_entry(int dir, unsigned char type, void (*visit)(const char *name, void *arg), void *arg)
{
	char buffer[4096] __attribute__((aligned(8)));
	long n;

	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *entry = (const void *)(buffer + at);

			at += entry->length;
			if (entry->type == type)
				visit(entry->name, arg);
		}
	}
	return n < 0 ? -errno : 0;
}

/* "hugetlb.2MB.current" (v2), "hugetlb.2MB.usage_in_bytes" (v1) → a new entry "2MB". */
static void add_size(const char *name, void *arg)
{
	static const char prefix[] = "hugetlb.";
	struct stats *s = arg;
	struct huge *huge = &s->huge[s->huge_count];
	const char *size = name + sizeof(prefix) - 1, *end;
	struct text t = TEXT(huge->size);

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || s->huge_count == HUGE_MAX)
		return;
	end = size + strspn(size, "0123456789");
	if (end == size || !strchr("KMG", *end) || end[1] != 'B' ||
		(strcmp(end + 2, ".current") != 0 && strcmp(end + 2, ".usage_in_bytes") != 0))
		return;
	*huge = (struct huge){{0}, 0, 0, 0};
	text_add_bytes(&t, size, (size_t)(end + 2 - size));
	if (!t.cut)
		s->huge_count++;
}

static int by_size(const void *a, const void *b)
{
	return strcmp(((const struct huge *)a)->size, ((const struct huge *)b)->size);
}

/* Reserved pages, not only those in use (Linux 5.7), are what a limit is about. */
static void read_v1_size(struct stats *s, const struct hierarchy *h, struct huge *huge)
{
	static const char *const kinds[] = {".rsvd", ""};
	static const char *const files[] = {".usage_in_bytes", ".max_usage_in_bytes", ".failcnt"};
	uint64_t *const to[] = {&huge->usage, &huge->max, &huge->failcnt};
	char file[64];

	for (size_t kind = 0, found = 0; kind < 2 && !found; kind++)
		for (size_t i = 0; i < 3; i++)
			if (!text_join(file, sizeof(file), "hugetlb.", huge->size, kinds[kind],
				    files[i], NULL))
				found |= (size_t)read_u64(s, h, file, to[i]);
}

static void read_v2_size(struct stats *s, const struct hierarchy *h, struct huge *huge)
{
	static const char *const names[] = {"max", NULL};
	uint64_t *const to[] = {&huge->failcnt};
	char file[64];

	if (text_join(file, sizeof(file), "hugetlb.", huge->size, ".rsvd.current", NULL) ||
		!read_u64(s, h, file, &huge->usage)) {
		text_join(file, sizeof(file), "hugetlb.", huge->size, ".current", NULL);
		(void)read_u64(s, h, file, &huge->usage);
	}
	text_join(file, sizeof(file), "hugetlb.", huge->size, ".events", NULL);
	(void)read_fields(s, h, file, names, to);
}

void read_hugetlb(struct stats *s, const struct hierarchy *h)
{
	int err = h && h->leaf >= 0 ? each_entry(h->leaf, DT_REG, add_size, s) : 0;

	if (err && err != -ENOENT)
		malformed(s, h, NULL);
	qsort(s->huge, s->huge_count, sizeof(s->huge[0]), by_size);
	for (size_t i = 0; i < s->huge_count; i++)
		if (is_unified(h))
			read_v2_size(s, h, &s->huge[i]);
		else
			read_v1_size(s, h, &s->huge[i]);
}
