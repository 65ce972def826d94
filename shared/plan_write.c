/* The writer of plans: one static area per kind of record and the caller's pool of strings. No
 * allocation. */
#include "plan_write.h"

#include <errno.h>
#include <string.h>

_Static_assert(
	PLAN_AREA_SIZE / sizeof(struct plan_mount) >= 65536, "PLAN_AREA_SIZE holds too few mounts");
_Static_assert(sizeof(struct plan_header) % 8 == 0, "sections must be aligned");

static uint64_t areas[PLAN_RECORD_COUNT][PLAN_AREA_SIZE / sizeof(uint64_t)];

static struct {
	uint32_t counts[PLAN_RECORD_COUNT];
	char *pool;
	size_t pool_size;
	size_t pool_used; /* from 1: the first byte is the NUL of absent strings */
	int err;
} writer;

void plan_begin(char *pool, size_t size)
{
	struct plan_list list = {0, 0};

	memset(&writer, 0, sizeof(writer));
	writer.pool = pool;
	writer.pool_size = size < PLAN_SIZE_MAX ? size : PLAN_SIZE_MAX;
	if (!size) {
		writer.err = -E2BIG;
		return;
	}
	pool[0] = '\0';
	writer.pool_used = 1;
	plan_add(PLAN_RECORD_config, &list);
}

struct plan_config *plan_config_record(void)
{
	return (struct plan_config *)areas[PLAN_RECORD_config];
}

struct plan_string plan_put(const char *s)
{
	struct plan_string put = {0, 0};
	size_t length;

	if (!s || writer.err)
		return put;
	length = strlen(s);
	if (length >= writer.pool_size - writer.pool_used) {
		writer.err = -E2BIG;
		return put;
	}
	memcpy(writer.pool + writer.pool_used, s, length + 1);
	put.offset = (uint32_t)writer.pool_used;
	put.length = (uint32_t)length;
	writer.pool_used += length + 1;
	return put;
}

const char *plan_put_text(struct plan_string s)
{
	return s.offset ? writer.pool + s.offset : NULL;
}

void *plan_add(enum plan_record record, struct plan_list *list)
{
	static uint64_t lost[sizeof(struct plan_config) / sizeof(uint64_t)];
	uint32_t size = plan_types[record].size;
	uint32_t count = writer.counts[record];
	uint8_t *area = (uint8_t *)areas[record];

	if (!writer.err && list->count && list->first + list->count != count)
		writer.err = -EINVAL;
	if (!writer.err && count >= PLAN_AREA_SIZE / size)
		writer.err = -E2BIG;
	if (writer.err)
		return memset(lost, 0, sizeof(lost));
	if (!list->count)
		list->first = count;
	list->count++;
	writer.counts[record]++;
	return memset(area + (size_t)count * size, 0, size);
}

void *plan_added(enum plan_record record, struct plan_list list, uint32_t i)
{
	return (uint8_t *)areas[record] + (size_t)(list.first + i) * plan_types[record].size;
}

int plan_error(void)
{
	return writer.err;
}

static int make_header(struct plan_header *header, const char *build)
{
	uint64_t end = sizeof(*header);

	memset(header, 0, sizeof(*header));
	memcpy(header->magic, PLAN_MAGIC, sizeof(header->magic));
	header->layout = PLAN_LAYOUT;
	if (strlen(build) >= sizeof(header->build))
		return -EINVAL;
	memcpy(header->build, build, strlen(build));
	for (uint32_t r = 0; r < PLAN_RECORD_COUNT; r++) {
		header->sections[r].offset = (uint32_t)end;
		header->sections[r].count = writer.counts[r];
		end += (uint64_t)writer.counts[r] * plan_types[r].size;
	}
	if (end + writer.pool_used > PLAN_SIZE_MAX)
		return -E2BIG;
	header->strings = (uint32_t)end;
	header->strings_size = (uint32_t)writer.pool_used;
	header->size = (uint32_t)(end + writer.pool_used);
	return 0;
}

int plan_emit(const char *build, int (*emit)(void *context, const void *bytes, size_t length),
	void *context)
{
	struct plan_header header;
	int err = writer.err ? writer.err : make_header(&header, build);

	if (!err)
		err = emit(context, &header, sizeof(header));
	for (uint32_t r = 0; !err && r < PLAN_RECORD_COUNT; r++)
		if (writer.counts[r])
			err = emit(
				context, areas[r], (size_t)writer.counts[r] * plan_types[r].size);
	return err ? err : emit(context, writer.pool, writer.pool_used);
}
