/* The walker of field tables. */
#include "fields.h"

#include <string.h>
#include "near.h"
#include "scan.h"

static const char *type_word(const cJSON *value)
{
	switch (value->type & 0xff) {
	case cJSON_False:
	case cJSON_True:
		return "true or false";
	case cJSON_NULL:
		return "null";
	case cJSON_Number:
		return "a number";
	case cJSON_String:
		return "a string";
	case cJSON_Array:
		return "an array";
	default:
		return "an object";
	}
}

void expect(const cJSON *value, int type)
{
	const cJSON wanted = {.type = type};

	if ((value->type & 0xff) != type)
		refuse("expected ", type_word(&wanted), ", found ", type_word(value), NULL);
}

const char *value_string(const cJSON *value)
{
	expect(value, cJSON_String);
	return value->valuestring;
}

static int in_range(const struct scan_number *number, int64_t min, uint64_t max)
{
	if (number->form == SCAN_HUGE)
		return 0;
	if (number->form == SCAN_NEGATIVE)
		return min < 0 && number->value <= 0 - (uint64_t)min;
	return number->value <= max && (min <= 0 || number->value >= (uint64_t)min);
}

uint64_t value_number(const cJSON *value, int64_t min, uint64_t max)
{
	const struct scan_number *number;
	int negative;

	expect(value, cJSON_Number);
	number = scan_number((uint32_t)value->valueint);
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

void build_strings(const cJSON *value, struct plan_list *list, void (*check)(const char *text))
{
	uint32_t index = 0;

	expect(value, cJSON_Array);
	for (const cJSON *item = value->child; item; item = item->next, index++) {
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

static void build_numbers(const cJSON *value, struct plan_list *list, const struct field *field)
{
	uint32_t index = 0;

	expect(value, cJSON_Array);
	for (const cJSON *item = value->child; item; item = item->next, index++) {
		struct plan_num *record;

		path_element(index);
		record = plan_add(PLAN_RECORD_num, list);
		record->value = value_number(item, field->min, field->max);
		path_leave();
	}
}

void build_map(const cJSON *value, struct plan_list *list, const struct field *field)
{
	expect(value, cJSON_Object);
	for (const cJSON *item = value->child; item; item = item->next) {
		struct plan_kv *record;
		const char *text;

		path_member(item->string);
		if (!*item->string)
			refuse("a key must not be empty", NULL);
		text = value_string(item);
		if (field->check_key)
			field->check_key(item->string);
		if (field->check)
			field->check(text);
		record = plan_add(PLAN_RECORD_kv, list);
		record->key = plan_put(item->string);
		record->value = plan_put(text);
		path_leave();
	}
}

static void build_records(const cJSON *value, struct plan_list *list, const struct field *field)
{
	uint32_t index = 0;

	expect(value, cJSON_Array);
	for (const cJSON *item = value->child; item; item = item->next, index++) {
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
static int is_empty(const cJSON *value, int zero)
{
	switch (value->type & 0xff) {
	case cJSON_NULL:
		return 1;
	case cJSON_String:
		return !*value->valuestring;
	case cJSON_Number: {
		const struct scan_number *number = scan_number((uint32_t)value->valueint);

		return zero && number && number->form == SCAN_POSITIVE && number->value == 0;
	}
	case cJSON_Array:
	case cJSON_Object:
		for (const cJSON *child = value->child; child; child = child->next)
			if (!is_empty(child, zero))
				return 0;
		return 1;
	default:
		return 0;
	}
}

static void build_field(const cJSON *value, const struct field *field, void *target)
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
		if (!cJSON_IsBool(value))
			expect(value, cJSON_True);
		*(uint64_t *)target = cJSON_IsTrue(value) ? 1 : 0;
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
			field->check(value->valuestring);
		*(struct plan_string *)target = plan_put(value->valuestring);
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

void build_object(const cJSON *object, const struct field *fields, void *record)
{
	uint64_t seen = 0;

	expect(object, cJSON_Object);
	for (const cJSON *member = object->child; member; member = member->next) {
		const struct field *field = find_field(fields, member->string);

		if (!field) {
			near_miss(fields, member->string);
			continue;
		}
		if (cJSON_IsNull(member))
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
