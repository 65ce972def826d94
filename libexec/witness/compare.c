/* The comparisons, one for each kind of place, and the words for a difference. */
#include <string.h>
#include "step.h"
#include "text.h"
#include "witness.h"

#define DEPTH_MAX 16 /* of the table, elements included */
#define SHOWN_MAX 160

/* Where we are: as a JSON pointer (RFC 6901) when something is wrong. */
static struct {
	const char *name; /* NULL: an element */
	uint32_t index;
} where[DEPTH_MAX];
static size_t depth;
static uint64_t flags; /* of the words read so far */

void enter_member(const struct place *place, const char *name)
{
	where[depth].name = name ? name : place->name;
	depth++;
}

void enter_element(uint32_t index)
{
	where[depth].name = NULL;
	where[depth].index = index;
	depth++;
}

void leave_place(void)
{
	depth--;
}

static void add_where(struct text *t)
{
	for (size_t i = 0; i < depth; i++) {
		text_add(t, "/");
		if (where[i].name)
			text_add_shown(t, where[i].name, SHOWN_MAX);
		else
			text_add_u64(t, where[i].index);
	}
}

void refuse(const char *value)
{
	static char object[MSG_OBJECT_MAX];
	struct text t = TEXT(object);

	add_where(&t);
	text_add(&t, value ? " is " : " is missing");
	if (value)
		text_add_shown(&t, value, SHOWN_MAX);
	die(kept.config ? "the plan does not come from this process.json; in the plan"
			: "the plan does not come from this config.json; in the plan",
		object, 0);
}

void refuse_field(const char *name, const char *value)
{
	where[0].name = name;
	depth = 1;
	refuse(value);
}

void refuse_json(const char *why)
{
	static char what[128], object[MSG_OBJECT_MAX];
	struct text t = TEXT(object);

	text_join(what, sizeof(what), kept.config ? "process.json " : "config.json ", why, NULL);
	add_where(&t);
	die(what, depth ? object : NULL, 0);
}

static void refuse_text(const char *text)
{
	char quoted[SHOWN_MAX + 3];
	struct text t = TEXT(quoted);

	if (!text)
		refuse(NULL);
	text_add(&t, "\"");
	text_add(&t, text);
	if (t.cut)
		text_mark_cut(&t);
	else
		text_add(&t, "\"");
	refuse(quoted);
}

static void refuse_number(uint64_t n)
{
	char digits[24];
	struct text t = TEXT(digits);

	text_add_u64(&t, n);
	refuse(digits);
}

static const void *field(const struct place *place, const void *record)
{
	return (const char *)record + place->offset;
}

static uint64_t number(const struct place *place, const void *record)
{
	return *(const uint64_t *)field(place, record);
}

static struct plan_list list(const struct place *place, const void *record)
{
	return *(const struct plan_list *)field(place, record);
}

static const void *nth(const struct place *place, const void *record, uint32_t index)
{
	const struct plan_section *section = &plan.header->sections[place->record];
	size_t size = plan_types[place->record].size;

	return plan.image + section->offset + (list(place, record).first + (size_t)index) * size;
}

const void *record_at(const struct place *place, const void *record, uint32_t index)
{
	if (index >= list(place, record).count)
		refuse(NULL);
	return nth(place, record, index);
}

static void compare_string(struct plan_string string, const char *text)
{
	const char *said = plan_text(&plan, string);

	if (strcmp(said ? said : "", text) != 0)
		refuse_text(said);
}

void compare_pair(const void *record, const char *name, const char *text)
{
	/* plan_kv and plan_net_device begin alike */
	const struct plan_kv *pair = record;

	compare_string(pair->key, name);
	if (text)
		compare_string(pair->value, text);
}

static uint64_t read_number(const char *text)
{
	uint64_t n;
	int64_t negative;

	if (*text == '-') {
		if (text_to_i64(text, &negative))
			refuse_json("has no whole number here:");
		return (uint64_t)negative;
	}
	if (text_to_u64(text, &n))
		refuse_json("has no whole number here:");
	return n;
}

static void compare_number(uint64_t said, uint64_t n)
{
	if (said != n)
		refuse_number(said);
}

static uint64_t find_word(const struct place *place, const char *text)
{
	const struct name *word = name_find(place->words, text);

	if (!word)
		refuse_json("has an unknown word here:");
	return word->value;
}

/* A word of a capability is the number of a bit, one of a flag the bit; unknown ones add nothing. */
static void take_flag(const struct place *place, const char *text)
{
	const struct name *word = name_find(place->words, text);

	if (word)
		flags |=
			place->words == capability_names ? UINT64_C(1) << word->value : word->value;
}

static void refuse_flags(const struct place *place, uint64_t more)
{
	for (const struct name *word = place->words; word->word; word++)
		if (more &
			(place->words == capability_names ? UINT64_C(1) << word->value
							  : word->value))
			refuse_text(word->word);
	refuse_number(more);
}

static void compare_flags(const struct place *place, const void *record, uint64_t granted)
{
	uint64_t more = number(place, record) & ~(granted | place->fallback);

	if (more)
		refuse_flags(place, more);
}

static void compare_scalar(const struct place *place, const void *record, const char *text)
{
	const struct plan_opt_u64 *option = field(place, record);

	switch (place->kind) {
	case BOOL:
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			refuse_json("has neither true nor false here:");
		compare_number(number(place, record), text[0] == 't');
		break;
	case OPTION:
		if (!option->set)
			refuse(NULL);
		compare_number(option->value, read_number(text));
		break;
	default:
		compare_number(number(place, record), read_number(text));
	}
}

void compare_text(const struct place *place, const void *record, uint32_t index, const char *text,
	int is_string)
{
	int wants_string = place->kind != NUMBER && place->kind != OPTION && place->kind != BOOL &&
		place->kind != NUMBERS;

	if (place->kind != JUDGED && wants_string != is_string)
		refuse_json("has a value of the wrong type here:");
	switch (place->kind) {
	case STRING:
		compare_string(*(const struct plan_string *)field(place, record), text);
		break;
	case WORD:
		compare_number(
			number(place, record), *text ? find_word(place, text) : place->fallback);
		break;
	case STRINGS:
		compare_string(
			((const struct plan_str *)record_at(place, record, index))->value, text);
		break;
	case NUMBERS:
		compare_number(((const struct plan_num *)record_at(place, record, index))->value,
			read_number(text));
		break;
	case WORDS:
		compare_number(((const struct plan_num *)record_at(place, record, index))->value,
			find_word(place, text));
		break;
	case FLAGS:
		take_flag(place, text);
		break;
	case JUDGED:
	case LISTED:
		if (!place->agrees(record, text))
			refuse("something else");
		break;
	default:
		compare_scalar(place, record, text);
	}
}

/* What the plan has beyond config.json: the first value in it that says anything is named. */
static void refuse_record(const struct place *place, const void *record, uint32_t index)
{
	const void *more = nth(place, record, index);

	if (place->kind == MAP)
		enter_member(place, plan_text(&plan, ((const struct plan_kv *)more)->key));
	else
		enter_element(index);
	if (place->kind == STRINGS)
		refuse_text(plan_text(&plan, ((const struct plan_str *)more)->value));
	if (place->kind == NUMBERS || place->kind == WORDS)
		refuse_number(((const struct plan_num *)more)->value);
	for (const struct place *member = place->members; member && member->name; member++)
		if (member->kind == STRING) {
			enter_member(member, NULL);
			if (((const struct plan_string *)field(member, more))->length)
				refuse_text(plan_text(
					&plan, *(const struct plan_string *)field(member, more)));
			leave_place();
		}
	refuse("there, but not in config.json");
}

void compare_end(const struct place *place, const void *record, uint32_t count)
{
	if (place->kind == FLAGS) {
		compare_flags(place, record, flags);
		flags = 0;
	} else if (place->kind != LISTED && list(place, record).count > count) {
		/* A function may know of one more. */
		if (place->agrees && list(place, record).count == count + 1 &&
			place->agrees(record, NULL))
			return;
		refuse_record(place, record, count);
	}
}

static void absent_string(const struct place *place, const void *record)
{
	struct plan_string string = *(const struct plan_string *)field(place, record);
	const char *text = plan_text(&plan, string), *inherited = NULL;

	if (place->inherited && kept.config)
		inherited =
			plan_text(&kept, *(const struct plan_string *)field(place, kept.config));
	if (text && strcmp(text, inherited ? inherited : "") != 0)
		refuse_text(text);
}

static void absent(const struct place *place, const void *record)
{
	switch (place->kind) {
	case OBJECT:
		compare_object(place, record, 0);
		break;
	case STRING:
		absent_string(place, record);
		break;
	case FLAGS:
		compare_flags(place, record,
			place->inherited && kept.config ? number(place, kept.config) : 0);
		break;
	case OPTION:
	case NUMBER:
	case BOOL:
	case WORD:
		if (number(place, record) != place->fallback)
			refuse_number(place->kind == OPTION
					? ((const struct plan_opt_u64 *)field(place, record))->value
					: number(place, record));
		break;
	case JUDGED:
		if (!place->agrees(record, NULL))
			refuse("there, but not in config.json");
		break;
	case LISTED:
	case SKIPPED:
		break;
	default:
		compare_end(place, record, 0);
	}
}

void compare_object(const struct place *place, const void *record, uint64_t has)
{
	const char *wrong;

	for (const struct place *member = place->members; member->name; member++) {
		if (has & UINT64_C(1) << (member - place->members))
			continue;
		enter_member(member, NULL);
		absent(member->choose ? member->choose() : member, record);
		leave_place();
	}
	wrong = place->leave ? place->leave(record, has) : NULL;
	if (wrong)
		refuse(wrong);
}
