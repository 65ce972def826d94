/* The walker of field tables. */
#include "fields.h"

#include <string.h>
#include "near.h"
#include "review.h"
#include "scan.h"

static const char *type_word(const struct value *value)
{
	switch (value->type) {
	case VALUE_FALSE:
	case VALUE_TRUE:
		return "true or false";
	case VALUE_NULL:
		return "null";
	case VALUE_NUMBER:
		return "a number";
	case VALUE_STRING:
		return "a string";
	case VALUE_ARRAY:
		return "an array";
	default:
		return "an object";
	}
}

void expect(const struct value *value, enum value_type type)
{
	const struct value wanted = {.type = type};

	if (value->type != type)
		refuse("expected ", type_word(&wanted), ", found ", type_word(value), NULL);
}

const char *value_string(const struct value *value)
{
	expect(value, VALUE_STRING);
	return value->string;
}

static int in_range(const struct scan_number *number, int64_t min, uint64_t max)
{
	if (number->form == SCAN_HUGE)
		return 0;
	if (number->form == SCAN_NEGATIVE)
		return min < 0 && number->value <= 0 - (uint64_t)min;
	return number->value <= max && (min <= 0 || number->value >= (uint64_t)min);
}

uint64_t value_number(const struct value *value, int64_t min, uint64_t max)
{
	const struct scan_number *number;
	int negative;

	expect(value, VALUE_NUMBER);
	number = scan_number(value->number);
	if (!number || number->form == SCAN_INEXACT)
		refuse("expected a whole number without fraction and exponent", NULL);
	negative = number->form == SCAN_NEGATIVE;
	if (!in_range(number, min, max))
		refuse(number->form == SCAN_HUGE
				? "the number"
				: shown_number(
					  negative ? 0 - number->value : number->value, negative),
			" is out of range (", shown_number((uint64_t)min, min < 0), " to ",
			shown_number(max, 0), ")", NULL);
	return negative ? 0 - number->value : number->value;
}

/* One element or member that is built on its own: what build_elements, build_entries and
 * build_members attempt. */
struct piece {
	const struct value *value;
	uint32_t index;
	void (*each)(const struct value *item, uint32_t index, void *target);
	void (*entry)(const struct value *item, void *target);
	const struct field *field;
	void *target;
};

static void build_element(void *context)
{
	const struct piece *p = context;

	p->each(p->value, p->index, p->target);
}

void build_elements(const struct value *value,
	void (*each)(const struct value *item, uint32_t index, void *target), void *target)
{
	struct piece p = {.each = each, .target = target};
	int failed = 0;

	expect(value, VALUE_ARRAY);
	for (p.value = value->child; p.value; p.value = p.value->next, p.index++) {
		path_element(p.index);
		failed |= attempt(build_element, &p);
		path_leave();
	}
	if (failed)
		abandon();
}

/* A list that is filled by a table. */
struct filling {
	struct plan_list *list;
	const struct field *field;
	void (*check)(const char *text);
};

static void add_string(const struct value *item, uint32_t index, void *target)
{
	const struct filling *f = target;
	const char *text = value_string(item);
	struct plan_str *record;

	(void)index;
	if (f->check)
		f->check(text);
	record = plan_add(PLAN_RECORD_str, f->list);
	record->value = plan_put(text);
}

void build_strings(
	const struct value *value, struct plan_list *list, void (*check)(const char *text))
{
	struct filling f = {list, NULL, check};

	build_elements(value, add_string, &f);
}

static void add_number(const struct value *item, uint32_t index, void *target)
{
	const struct filling *f = target;
	struct plan_num *record = plan_add(PLAN_RECORD_num, f->list);

	(void)index;
	record->value = value_number(item, f->field->min, f->field->max);
}

static void build_entry(void *context)
{
	const struct piece *p = context;

	p->entry(p->value, p->target);
}

void build_entries(const struct value *value, void (*each)(const struct value *item, void *target),
	void *target)
{
	struct piece p = {.entry = each, .target = target};
	int failed = 0;

	expect(value, VALUE_OBJECT);
	for (p.value = value->child; p.value; p.value = p.value->next) {
		path_member(p.value->name);
		failed |= attempt(build_entry, &p);
		path_leave();
	}
	if (failed)
		abandon();
}

static void add_pair(const struct value *item, void *target)
{
	const struct filling *f = target;
	struct plan_kv *record;
	const char *text;

	if (!*item->name)
		refuse("a key must not be empty", NULL);
	text = value_string(item);
	if (f->field->check_key)
		f->field->check_key(item->name);
	if (f->field->check)
		f->field->check(text);
	record = plan_add(PLAN_RECORD_kv, f->list);
	record->key = plan_put(item->name);
	record->value = plan_put(text);
}

void build_map(const struct value *value, struct plan_list *list, const struct field *field)
{
	struct filling f = {list, field, NULL};

	build_entries(value, add_pair, &f);
}

static void add_record(const struct value *item, uint32_t index, void *target)
{
	const struct filling *f = target;
	void *record = plan_add(f->field->record, f->list);

	(void)index;
	build_object(item, f->field->fields, record);
	if (f->field->done)
		f->field->done(record);
}

static void build_field(const struct value *value, const struct field *field, void *target)
{
	struct plan_opt_u64 *opt = target;
	struct filling filling = {target, field, NULL};

	if (field->flags & FIELD_DEPRECATED)
		note_deprecated(field->why);
	switch (field->kind) {
	case FIELD_IGNORED:
		if (field->type == VALUE_NUMBER)
			(void)value_number(value, field->min, field->max);
		else if (value->type != VALUE_FALSE || field->type != VALUE_TRUE)
			expect(value, field->type);
		note_ignored(field->why);
		break;
	case FIELD_BOOL:
		if (value->type != VALUE_FALSE)
			expect(value, VALUE_TRUE);
		*(uint64_t *)target = value->type == VALUE_TRUE ? 1 : 0;
		break;
	case FIELD_NUMBER:
		*(uint64_t *)target = value_number(value, field->min, field->max);
		break;
	case FIELD_OPT:
		opt->value = value_number(value, field->min, field->max);
		opt->set = 1;
		break;
	case FIELD_STRING:
		value_string(value);
		if (field->check)
			field->check(value->string);
		*(struct plan_string *)target = plan_put(value->string);
		break;
	case FIELD_STRINGS:
		build_strings(value, target, field->check);
		break;
	case FIELD_NUMBERS:
		build_elements(value, add_number, &filling);
		break;
	case FIELD_MAP:
		build_map(value, target, field);
		break;
	case FIELD_RECORDS:
		build_elements(value, add_record, &filling);
		break;
	case FIELD_OBJECT:
		build_object(value, field->fields, target);
		break;
	case FIELD_CALL:
		field->call(value, target);
		break;
	}
}

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (!strcmp(fields->name, name))
			return fields;
	return NULL;
}

static void build_member(void *context)
{
	const struct piece *p = context;

	build_field(p->value, p->field, (char *)p->target + p->field->offset);
}

static void refuse_missing(void *context)
{
	(void)context;
	refuse("missing", NULL);
}

static int require_members(const struct field *fields, uint64_t seen)
{
	int failed = 0;

	for (const struct field *field = fields; field->name; field++) {
		if (!(field->flags & FIELD_REQUIRED) || (seen & UINT64_C(1) << (field - fields)))
			continue;
		path_member(field->name);
		failed |= attempt(refuse_missing, NULL);
		path_leave();
	}
	return failed;
}

static void tell_unknown(const struct field *fields, const char *name)
{
	path_member(name);
	review_add(FOUND_UNKNOWN, NULL, 0);
	path_leave();
	near_miss(fields, name);
}

int build_members(const struct value *object, const struct field *fields, void *record)
{
	struct piece p = {.target = record};
	uint64_t seen = 0;
	int failed = 0;

	expect(object, VALUE_OBJECT);
	for (p.value = object->child; p.value; p.value = p.value->next) {
		uint64_t bit;

		p.field = find_field(fields, p.value->name);
		if (!p.field) {
			tell_unknown(fields, p.value->name);
			continue;
		}
		if (p.value->type == VALUE_NULL)
			continue; /* as if it were absent */
		bit = UINT64_C(1) << (p.field - fields);
		if (seen & bit)
			continue; /* the second of two, in a review: told already */
		seen |= bit;
		path_member(p.field->name);
		failed |= attempt(build_member, &p);
		path_leave();
	}
	return failed | require_members(fields, seen);
}

void build_object(const struct value *object, const struct field *fields, void *record)
{
	if (build_members(object, fields, record))
		abandon();
}
