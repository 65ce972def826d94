/* One line at a time, in a buffer of its own. */
#include "say.h"

#include <stdarg.h>
#include <string.h>
#include "text.h"

#define VALUE_MAX 1024 /* bytes shown of one string of config.json */

static explain_sink *sink;
static enum explain_phase now;
static enum program who;
static char buffer[SAY_MAX];
static struct text line = TEXT(buffer);

void say_begin(explain_sink *new_sink)
{
	sink = new_sink;
}

void say_who(enum explain_phase phase, enum program program)
{
	now = phase;
	who = program;
}

void say(const char *text, ...)
{
	va_list ap;

	va_start(ap, text);
	for (; text; text = va_arg(ap, const char *))
		text_add(&line, text);
	va_end(ap);
}

void say_value(const char *value)
{
	text_add_shown(&line, value ? value : "", VALUE_MAX);
}

void say_quoted(const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=:,./@%^";
	const char *quote = !*value || value[strspn(value, plain)] ? "\"" : "";

	text_add(&line, quote);
	say_value(value);
	text_add(&line, quote);
}

void say_variable(const char *variable)
{
	char name[VALUE_MAX];
	size_t length = strcspn(variable, "=");

	if (!strncmp(variable, "PATH=", 5) || length >= sizeof(name)) {
		say_value(variable);
		return;
	}
	memcpy(name, variable, length);
	name[length] = '\0';
	say_value(name);
}

void say_number(uint64_t n)
{
	text_add_u64(&line, n);
}

void say_signed(int64_t n)
{
	text_add_i64(&line, n);
}

void say_octal(uint64_t n)
{
	text_add(&line, "0");
	if (n)
		text_add_octal(&line, n);
}

void say_bits(uint64_t n)
{
	char digits[17];
	size_t at = sizeof(digits) - 1;

	if (n <= UINT16_MAX) {
		text_add_u64(&line, n);
		return;
	}
	digits[at] = '\0';
	for (; n; n >>= 4)
		digits[--at] = "0123456789abcdef"[n & 15];
	text_add(&line, "0x");
	text_add(&line, digits + at);
}

/* N in units of UNIT, with one decimal where it is not whole ("about"). */
static void say_in_units(uint64_t n, uint64_t unit, const char *name)
{
	uint64_t whole = n / unit, tenths = n % unit / ((unit + 9) / 10);

	if (n % unit)
		text_add(&line, "about ");
	text_add_u64(&line, whole);
	if (n % unit && tenths) {
		text_add(&line, ".");
		text_add_u64(&line, tenths);
	}
	text_add(&line, name);
}

void say_size(uint64_t bytes)
{
	static const char units[][8] = {" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
	size_t unit = 0;

	if (bytes >= 1024) {
		while (unit < 5 && bytes >> (10 * (unit + 2)))
			unit++;
		say_in_units(bytes, UINT64_C(1) << (10 * (unit + 1)), units[unit]);
		text_add(&line, " (");
	}
	text_add_u64(&line, bytes);
	text_add(&line, bytes >= 1024 ? " bytes)" : " bytes");
}

void say_micros(uint64_t us)
{
	if (us >= 1000) {
		say_in_units(us, us >= 1000000 ? 1000000 : 1000, us >= 1000000 ? " s" : " ms");
		text_add(&line, " (");
	}
	text_add_u64(&line, us);
	text_add(&line, us >= 1000 ? " µs)" : " µs");
}

void say_word(const struct name *table, uint64_t value)
{
	for (; table->word; table++)
		if (table->value == value) {
			text_add(&line, table->word);
			return;
		}
	text_add_u64(&line, value);
}

void say_next(struct say_list *list)
{
	text_add(&line, list->count++ ? ", " : list->first);
}

void say_done(void)
{
	text_mark_cut(&line);
	sink(now, who, buffer);
	line = (struct text)TEXT(buffer);
	buffer[0] = '\0';
}
