/*
 * The writer of plans. Strings fill the pool from its beginning. Records come from its end, in
 * pieces that double: how many of a kind there will be is not known, and they must not move.
 */
#include "plan_write.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct plan_header) % 8 == 0, "sections must be aligned");

/* A first piece has more than half of PLAN_PIECE_SIZE: seventeen exceed PLAN_SIZE_MAX. */
#define PIECES_MAX 18

static struct {
	uint32_t counts[PLAN_RECORD_COUNT];
	uint8_t *pieces[PLAN_RECORD_COUNT][PIECES_MAX];
	struct plan_config *config;
	char *pool;
	size_t pool_used; /* from 1: the first byte is the NUL of absent strings */
	size_t pool_end;  /* records begin here */
	int err;
} writer;

/* Piece 0 of a kind has this many records, piece N has 2^N times as many. */
static uint32_t first_piece(enum plan_record record)
{
	uint32_t size = plan_types[record].size;

	return size < PLAN_PIECE_SIZE ? PLAN_PIECE_SIZE / size : 1;
}

/* The piece with record I; *START is the first record in it. */
static uint32_t piece_of(enum plan_record record, uint32_t i, uint32_t *start)
{
	uint32_t first = first_piece(record), piece = 0;

	for (*start = 0; i - *start >= first << piece; piece++)
		*start += first << piece;
	return piece;
}

void plan_begin(char *pool, size_t size)
{
	struct plan_list list = {0, 0};

	memset(&writer, 0, sizeof(writer));
	writer.pool = pool;
	writer.pool_end = size < PLAN_SIZE_MAX ? size : PLAN_SIZE_MAX;
	if (size < sizeof(uint64_t)) {
		writer.err = -E2BIG;
	} else {
		pool[0] = '\0';
		writer.pool_used = 1;
		writer.pool_end -= (uintptr_t)(pool + writer.pool_end) % sizeof(uint64_t);
	}
	writer.config = plan_add(PLAN_RECORD_config, &list);
}

struct plan_config *plan_config_record(void)
{
	return writer.config;
}

struct plan_string plan_put(const char *s)
{
	struct plan_string put = {0, 0};
	size_t length;

	if (!s || writer.err)
		return put;
	length = strlen(s);
	if (length >= writer.pool_end - writer.pool_used) {
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

/* Makes room for record I, the next one of its kind. */
static void make_room(enum plan_record record, uint32_t i)
{
	uint32_t start, piece = piece_of(record, i, &start);
	size_t bytes = ((size_t)first_piece(record) << piece) * plan_types[record].size;

	if (start != i)
		return;
	if (piece == PIECES_MAX || bytes > writer.pool_end - writer.pool_used) {
		writer.err = -E2BIG;
		return;
	}
	writer.pool_end -= bytes;
	writer.pieces[record][piece] = (uint8_t *)writer.pool + writer.pool_end;
}

static void *record_at(enum plan_record record, uint32_t i)
{
	uint32_t start, piece = piece_of(record, i, &start);

	return writer.pieces[record][piece] + (size_t)(i - start) * plan_types[record].size;
}

void *plan_add(enum plan_record record, struct plan_list *list)
{
	static uint64_t lost[sizeof(struct plan_config) / sizeof(uint64_t)];
	uint32_t count = writer.counts[record];

	if (!writer.err && list->count && list->first + list->count != count)
		writer.err = -EINVAL;
	if (!writer.err)
		make_room(record, count);
	if (writer.err)
		return memset(lost, 0, sizeof(lost));
	if (!list->count)
		list->first = count;
	list->count++;
	writer.counts[record]++;
	return memset(record_at(record, count), 0, plan_types[record].size);
}

void *plan_added(enum plan_record record, struct plan_list list, uint32_t i)
{
	return record_at(record, list.first + i);
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

static int emit_section(enum plan_record record,
	int (*emit)(void *context, const void *bytes, size_t length), void *context)
{
	uint32_t left = writer.counts[record], length = first_piece(record);
	int err = 0;

	for (uint32_t piece = 0; !err && left; piece++, length *= 2) {
		uint32_t here = left < length ? left : length;

		err = emit(context, writer.pieces[record][piece],
			(size_t)here * plan_types[record].size);
		left -= here;
	}
	return err;
}

int plan_emit(const char *build, int (*emit)(void *context, const void *bytes, size_t length),
	void *context)
{
	struct plan_header header;
	int err = writer.err ? writer.err : make_header(&header, build);

	if (!err)
		err = emit(context, &header, sizeof(header));
	for (uint32_t r = 0; !err && r < PLAN_RECORD_COUNT; r++)
		err = emit_section(r, emit, context);
	return err ? err : emit(context, writer.pool, writer.pool_used);
}
