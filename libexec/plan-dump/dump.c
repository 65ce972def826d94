/* Walks the records of a checked plan. Kinds of records refer to each other without a cycle, so
 * depth is bounded. */
#include "dump.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "step.h"
#include "text.h"
#include "words.h"

static char buffer[64 << 10];
static size_t used;
static int output;

static void flush(void)
{
	size_t done = 0;

	while (done < used) {
		ssize_t n = write(output, buffer + done, used - done);

		if (n < 0 && errno != EINTR)
			die("plan-dump: write:", NULL, errno);
		done += n > 0 ? (size_t)n : 0;
	}
	used = 0;
}

static void put_bytes(const char *s, size_t length)
{
	if (length > sizeof(buffer) - used)
		flush();
	if (length > sizeof(buffer)) {
		put_bytes(s, length / 2);
		put_bytes(s + length / 2, length - length / 2);
		return;
	}
	memcpy(buffer + used, s, length);
	used += length;
}

static void put(const char *s)
{
	put_bytes(s, strlen(s));
}

/* In double quotes, with the escapes of JSON; bytes from 0x80 on as they are. */
static void put_quoted(const char *s)
{
	static const char digits[] = "0123456789abcdef";

	put("\"");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char escape[7] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15], '\0'};

		if (c == '"' || c == '\\')
			put("\\");
		if (c == '\n')
			put("\\n");
		else if (c == '\t')
			put("\\t");
		else if (c < 0x20 || c == 0x7f)
			put(escape);
		else
			put_bytes(s, 1);
	}
	put("\"");
}

static void put_number(uint64_t n, int is_signed)
{
	char digits[24];
	struct text t = TEXT(digits);

	if (is_signed)
		text_add_i64(&t, (int64_t)n);
	else
		text_add_u64(&t, n);
	put(digits);
}

static void put_indent(unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		put("  ");
}

static const uint8_t *record_at(const struct plan *plan, uint32_t record, uint32_t index)
{
	return plan->image + plan->header->sections[record].offset +
		(size_t)index * plan_types[record].size;
}

static int is_absent(const struct plan_field *field, const uint64_t value[2])
{
	struct plan_list list;
	struct plan_string s;

	memcpy(&list, value, sizeof(list));
	memcpy(&s, value, sizeof(s));
	switch (field->kind) {
	case PLAN_STR:
		return !s.offset;
	case PLAN_LIST:
		return !list.count;
	case PLAN_OPT_U64:
	case PLAN_OPT_I64:
	case PLAN_OPT_ID:
		return !value[0];
	default:
		return 0;
	}
}

static void put_word(const struct name *table, uint64_t value)
{
	while (table->word && table->value != value)
		table++;
	if (table->word)
		put(table->word);
	else
		put_number(value, 0);
}

/* Of what has no word the number stands last. */
static void put_bits(const struct name *table, uint64_t bits, int are_numbers)
{
	unsigned count = 0;

	for (; table->word; table++) {
		uint64_t bit = are_numbers ? UINT64_C(1) << table->value : table->value;

		if ((bits & bit) != bit)
			continue;
		put(count++ ? "|" : "");
		put(table->word);
		bits &= ~bit;
	}
	if (bits) {
		put(count ? "|" : "");
		put_number(bits, 0);
	} else if (!count) {
		put("none");
	}
}

static void put_words(const struct words *words, uint64_t value)
{
	uint64_t flags = 0;

	switch (words->how) {
	case WORD:
		put_word(words->table, value);
		break;
	case BITS:
	case BIT_NUMBERS:
		put_bits(words->table, value, words->how == BIT_NUMBERS);
		break;
	case IO_PRIORITY:
		put_word(words->table, value >> 13);
		put("|");
		put_number(value & 0x1fff, 0);
		break;
	case MEMORY_MODE:
		for (const struct name *n = memory_flags; n->word; n++)
			flags |= n->value;
		put_word(words->table, value & ~flags);
		if (value & flags) {
			put("|");
			put_bits(memory_flags, value & flags, 0);
		}
		break;
	}
}

/* WORDS NULL: a number is one. QUOTED: words stand in double quotes, as in JSON. */
static void put_scalar(const struct plan *plan, const struct plan_field *field,
	const struct words *words, const uint64_t value[2], int quoted)
{
	int optional = field->kind == PLAN_OPT_U64 || field->kind == PLAN_OPT_I64 ||
		field->kind == PLAN_OPT_ID;
	int is_signed = field->kind == PLAN_I64 || field->kind == PLAN_OPT_I64;
	struct plan_string s;

	memcpy(&s, value, sizeof(s));
	if (field->kind == PLAN_STR) {
		put_quoted(plan_text(plan, s));
	} else if (field->kind == PLAN_BOOL) {
		put(value[0] ? "true" : "false");
	} else if (words) {
		put(quoted ? "\"" : "");
		put_words(words, value[optional]);
		put(quoted ? "\"" : "");
	} else {
		put_number(value[optional], is_signed);
	}
}

static void put_line(const struct plan *plan, const struct plan_field *field,
	const struct words *words, const uint64_t value[2])
{
	put_scalar(plan, field, words, value, 0);
	put("\n");
}

static void dump_record(
	const struct plan *plan, uint32_t record, const uint8_t *at, unsigned depth);

/* A record of one field stands on the line of its dash; WORDS are those of its number. */
static void dump_list(const struct plan *plan, uint32_t record, const struct words *words,
	struct plan_list list, unsigned depth)
{
	const struct plan_type *type = &plan_types[record];

	put("\n");
	for (uint32_t i = 0; i < list.count; i++) {
		const uint8_t *at = record_at(plan, record, list.first + i);
		uint64_t value[2] = {0, 0};

		put_indent(depth);
		put("- ");
		memcpy(value, at, plan_field_size(plan_fields[type->first_field].kind));
		if (type->field_count == 1 && !is_absent(&plan_fields[type->first_field], value))
			put_line(plan, &plan_fields[type->first_field], words, value);
		else
			dump_record(plan, record, at, depth + 1);
	}
}

/* The first line continues the line of the dash before it. */
static void dump_record(const struct plan *plan, uint32_t record, const uint8_t *at, unsigned depth)
{
	const struct plan_type *type = &plan_types[record];
	int first = 1;

	for (uint32_t f = 0; f < type->field_count; f++) {
		const struct plan_field *field = &plan_fields[type->first_field + f];
		uint64_t value[2] = {0, 0};
		struct plan_list list;

		memcpy(value, at, plan_field_size(field->kind));
		at += plan_field_size(field->kind);
		if (is_absent(field, value))
			continue;
		if (!first)
			put_indent(depth);
		first = 0;
		put(plan_field_names[record][f]);
		put(":");
		memcpy(&list, value, sizeof(list));
		if (field->kind == PLAN_LIST) {
			dump_list(plan, field->limit, words_find(record, f), list, depth);
		} else {
			put(" ");
			put_line(plan, field, words_find(record, f), value);
		}
	}
	if (first)
		put("\n");
}

void dump(const struct plan *plan, int fd)
{
	output = fd;
	put("# layout ");
	put_number(plan->header->layout, 0);
	put(", build ");
	put(plan->header->build);
	put(", ");
	put_number(plan->size, 0);
	put(" bytes\n");
	dump_record(plan, PLAN_RECORD_config, record_at(plan, PLAN_RECORD_config, 0), 0);
	flush();
}

static void json_record(const struct plan *plan, uint32_t record, const uint8_t *at);

/* Records of one field are its values. */
static void json_list(
	const struct plan *plan, uint32_t record, const struct words *words, struct plan_list list)
{
	const struct plan_type *type = &plan_types[record];
	const struct plan_field *field = &plan_fields[type->first_field];

	put("[");
	for (uint32_t i = 0; i < list.count; i++) {
		const uint8_t *at = record_at(plan, record, list.first + i);
		uint64_t value[2] = {0, 0};

		put(i ? "," : "");
		memcpy(value, at, plan_field_size(field->kind));
		if (type->field_count == 1 && !is_absent(field, value))
			put_scalar(plan, field, words, value, 1);
		else
			json_record(plan, record, at);
	}
	put("]");
}

static void json_record(const struct plan *plan, uint32_t record, const uint8_t *at)
{
	const struct plan_type *type = &plan_types[record];
	int first = 1;

	put("{");
	for (uint32_t f = 0; f < type->field_count; f++) {
		const struct plan_field *field = &plan_fields[type->first_field + f];
		uint64_t value[2] = {0, 0};
		struct plan_list list;

		memcpy(value, at, plan_field_size(field->kind));
		at += plan_field_size(field->kind);
		if (is_absent(field, value))
			continue;
		put(first ? "" : ",");
		first = 0;
		put_quoted(plan_field_names[record][f]);
		put(":");
		memcpy(&list, value, sizeof(list));
		if (field->kind == PLAN_LIST)
			json_list(plan, field->limit, words_find(record, f), list);
		else
			put_scalar(plan, field, words_find(record, f), value, 1);
	}
	put("}");
}

void dump_json(const struct plan *plan, int fd)
{
	output = fd;
	put("{\"layout\":");
	put_number(plan->header->layout, 0);
	put(",\"build\":");
	put_quoted(plan->header->build);
	put(",\"config\":");
	json_record(plan, PLAN_RECORD_config, record_at(plan, PLAN_RECORD_config, 0));
	put("}\n");
	flush();
}
