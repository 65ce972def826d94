/* The walker of field tables. */
#include "fields.h"

#include <string.h>
#include "near.h"
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

void build_strings(
	const struct value *value, struct plan_list *list, void (*check)(const char *text))
{
	uint32_t index = 0;

	expect(value, VALUE_ARRAY);
	for (const struct value *item = value->child; item; item = item->next, index++) {
		struct plan_str *record;
		const char *text;

		path_element(index);
		text = value_string(item);
		if (check)
			check(text);
		record = plan_add(PLAN_RECORD_str, list);
		record->value = plan_put(text);
		path_leave();
	}
}

static void build_numbers(
	const struct value *value, struct plan_list *list, const struct field *field)
{
	uint32_t index = 0;

	expect(value, VALUE_ARRAY);
	for (const struct value *item = value->child; item; item = item->next, index++) {
		struct plan_num *record;

		path_element(index);
		record = plan_add(PLAN_RECORD_num, list);
		record->value = value_number(item, field->min, field->max);
		path_leave();
	}
}

void build_map(const struct value *value, struct plan_list *list, const struct field *field)
{
	expect(value, VALUE_OBJECT);
	for (const struct value *item = value->child; item; item = item->next) {
		struct plan_kv *record;
		const char *text;

		path_member(item->name);
		if (!*item->name)
			refuse("a key must not be empty", NULL);
		text = value_string(item);
		if (field->check_key)
			field->check_key(item->name);
		if (field->check)
			field->check(text);
		record = plan_add(PLAN_RECORD_kv, list);
		record->key = plan_put(item->name);
		record->value = plan_put(text);
		path_leave();
	}
}

static void build_records(
	const struct value *value, struct plan_list *list, const struct field *field)
{
	uint32_t index = 0;

	expect(value, VALUE_ARRAY);
	for (const struct value *item = value->child; item; item = item->next, index++) {
		void *record;

		path_element(index);
		record = plan_add(field->record, list);
		build_object(item, field->fields, record);
		if (field->done)
			field->done(record);
		path_leave();
	}
}

/* True when VALUE sets nothing: null, "", [], {} and whatever holds only such. */
static int is_empty(const struct value *value, int zero)
{
	switch (value->type) {
	case VALUE_NULL:
		return 1;
	case VALUE_STRING:
		return !*value->string;
	case VALUE_NUMBER: {
		const struct scan_number *number = scan_number(value->number);

		return zero && number && number->form == SCAN_POSITIVE && number->value == 0;
	}
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		for (const struct value *child = value->child; child; child = child->next)
			if (!is_empty(child, zero))
				return 0;
		return 1;
	default:
		return 0;
	}
}

static void build_field(const struct value *value, const struct field *field, void *target)
{
	struct plan_opt_u64 *opt = target;

	switch (field->kind) {
	case FIELD_IGNORED:
		break;
	case FIELD_UNSUPPORTED:
		if (!is_empty(value, (field->flags & FIELD_ZERO_EMPTY) != 0))
			refuse("not supported yet", NULL);
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
		build_numbers(value, target, field);
		break;
	case FIELD_MAP:
		build_map(value, target, field);
		break;
	case FIELD_RECORDS:
		build_records(value, target, field);
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

void build_object(const struct value *object, const struct field *fields, void *record)
{
	uint64_t seen = 0;

	expect(object, VALUE_OBJECT);
	for (const struct value *member = object->child; member; member = member->next) {
		const struct field *field = find_field(fields, member->name);

		if (!field) {
			near_miss(fields, member->name);
			continue;
		}
		if (member->type == VALUE_NULL)
			continue; /* as if it were absent */
		path_member(field->name);
		seen |= UINT64_C(1) << (field - fields);
		build_field(member, field, (char *)record + field->offset);
		path_leave();
	}
	for (const struct field *field = fields; field->name; field++) {
		if (!(field->flags & FIELD_REQUIRED) || (seen & UINT64_C(1) << (field - fields)))
			continue;
		path_member(field->name);
		refuse("missing", NULL);
	}
}
