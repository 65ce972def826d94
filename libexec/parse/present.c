/* Two writers, text and JSON, over the same lists. */
#include "present.h"

#include <string.h>
#include <unistd.h>
#include "explain.h"
#include "input.h"
#include "json.h"
#include "options.h"
#include "review.h"
#include "say.h"
#include "step.h"
#include "text.h"

/* Room for one sentence whose every byte is escaped, and its brackets. */
static char buffer[65536];

static void put(const char *bytes, size_t length)
{
	int out = STDOUT_FILENO, err = output_write(&out, bytes, length);

	if (err)
		die("writing the report:", NULL, err);
}

/* Text is collected, too: a write for each line would be most of the time. */
static struct text page = TEXT(buffer);

static void flush(void)
{
	put(page.data, page.length);
	page = (struct text)TEXT(buffer);
}

static void add(const char *text)
{
	if (page.length + strlen(text) >= page.size)
		flush();
	text_add(&page, text);
}

static void add_number(uint64_t n)
{
	char digits[24];
	struct text t = TEXT(digits);

	text_add_u64(&t, n);
	add(digits);
}

/* A pointer may have anything that a name may have. */
static void add_pointer(const char *pointer)
{
	static char line[4 * 1024 + 8];
	struct text t = TEXT(line);

	text_add_shown(&t, *pointer ? pointer : "(the whole document)", 1024);
	add(line);
}

static uint32_t count(enum finding_kind kind)
{
	uint32_t n = review_omitted(kind);

	for (const struct finding *f = review_first(kind); f; f = f->next)
		n++;
	return n;
}

static void add_omitted(enum finding_kind kind, const char *indent, const char *what)
{
	if (!review_omitted(kind))
		return;
	add(indent);
	add("and ");
	add_number(review_omitted(kind));
	add(" more ");
	add(what);
	add("\n");
}

static void add_messages(enum finding_kind kind, const char *word)
{
	for (const struct finding *f = review_first(kind); f; f = f->next) {
		add(word);
		add(": ");
		add(f->text);
		if (!f->names_place && *f->pointer) {
			add(" (at ");
			add_pointer(f->pointer);
			add(")");
		}
		add("\n");
	}
	add_omitted(kind, "", kind == FOUND_ERROR ? "errors" : "warnings");
}

static void add_count(uint32_t n, const char *word)
{
	add_number(n);
	add(" ");
	add(word);
	add(n == 1 ? "" : "s");
}

static void add_verdict(void)
{
	uint32_t errors = count(FOUND_ERROR), warnings = count(FOUND_WARNING);

	add(errors ? "config.json is not valid: " : "config.json is valid");
	if (errors)
		add_count(errors, "error");
	if (warnings) {
		add(", ");
		add_count(warnings, "warning");
	}
	add("\n");
}

static void add_members(enum finding_kind kind, const char *title)
{
	if (!review_first(kind))
		return;
	add("\n");
	add(title);
	add("\n");
	for (const struct finding *f = review_first(kind); f; f = f->next) {
		add("    ");
		add_pointer(f->pointer);
		if (f->text) {
			add(" – ");
			add(f->text);
		}
		add("\n");
	}
	add_omitted(kind, "    ", "of them");
}

/* A heading for each program at work, a paragraph for each phase. */
static void add_step(enum explain_phase phase, enum program program, const char *action)
{
	static int last_phase = -1, last_program;

	if (last_phase != (int)phase) {
		add("\n");
		add(explain_phase_word(phase));
		add("\n");
	}
	if (last_phase != (int)phase || last_program != (int)program) {
		add("  ");
		add(program_names[program]);
		add(" – ");
		add(explain_privileges(program));
		add("\n");
	}
	last_phase = (int)phase;
	last_program = (int)program;
	add("      ");
	add(action);
	add("\n");
}

static void present_text(const struct options *options, const struct plan *plan)
{
	add_messages(FOUND_ERROR, "error");
	add_messages(FOUND_WARNING, "warning");
	add_verdict();
	if (plan)
		explain(plan, add_step);
	if (options->explain) {
		add_members(FOUND_UNKNOWN, "Unknown members, which nothing is done with");
		add_members(FOUND_IGNORED, "Ignored members");
		add_members(FOUND_DEPRECATED, "Deprecated members");
	}
	flush();
}

static struct json json;

/* What is written stays written; the writer only remembers how deep it is. */
static void drain(void)
{
	if (json.cut)
		die("writing the report:", "too large", 0);
	put(json.data, json.length);
	json.length = 0;
}

static void json_findings(enum finding_kind kind, const char *key, const char *text_key)
{
	json_array(&json, key);
	for (const struct finding *f = review_first(kind); f; f = f->next) {
		json_object(&json, NULL);
		json_string(&json, "pointer", f->pointer);
		if (f->text)
			json_string(&json, text_key, f->text);
		json_object_end(&json);
		drain();
	}
	json_array_end(&json);
}

static void json_step(enum explain_phase phase, enum program program, const char *action)
{
	json_object(&json, NULL);
	json_string(&json, "phase", explain_phase_word(phase));
	json_string(&json, "program", program_names[program]);
	json_string(&json, "privileges", explain_privileges(program));
	json_string(&json, "action", action);
	json_object_end(&json);
	drain();
}

static void present_json(const struct options *options, const struct plan *plan)
{
	static const struct {
		enum finding_kind kind;
		char key[16], text_key[8];
	} lists[] = {{FOUND_ERROR, "errors", "message"}, {FOUND_WARNING, "warnings", "message"},
		{FOUND_UNKNOWN, "unknown", ""}, {FOUND_IGNORED, "ignored", "reason"},
		{FOUND_DEPRECATED, "deprecated", "reason"}};
	size_t shown_lists = options->explain ? 5 : 2;

	json_start(&json, buffer, sizeof(buffer), "\t");
	json.for_terminal = 1;
	json_object(&json, NULL);
	json_bool(&json, "valid", !count(FOUND_ERROR));
	for (size_t i = 0; i < shown_lists; i++)
		json_findings(lists[i].kind, lists[i].key, lists[i].text_key);
	json_object(&json, "omitted");
	for (size_t i = 0; i < shown_lists; i++)
		if (review_omitted(lists[i].kind))
			json_u64(&json, lists[i].key, review_omitted(lists[i].kind));
	json_object_end(&json);
	if (options->explain) {
		json_array(&json, "steps");
		if (plan)
			explain(plan, json_step);
		json_array_end(&json);
	}
	json_object_end(&json);
	drain();
	put("\n", 1);
}

void present(const struct options *options, const struct plan *plan)
{
	if (options->json)
		present_json(options, plan);
	else
		present_text(options, plan);
}
