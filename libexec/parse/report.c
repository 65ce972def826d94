/* Where we are in config.json, and messages about it. */
#include "fields.h"

#include <stdarg.h>
#include <string.h>
#include "review.h"
#include "scan.h"
#include "step.h"
#include "text.h"

#define WARNINGS_MAX 32
#define SHOWN_MAX    64

struct frame {
	const char *name; /* NULL: an element */
	uint32_t index;
};

static struct frame frames[SCAN_DEPTH_MAX + 8];
static size_t depth;

static void path_enter(const char *name, uint32_t index)
{
	if (depth < sizeof(frames) / sizeof(frames[0]))
		frames[depth] = (struct frame){name, index};
	depth++;
}

void path_member(const char *name)
{
	path_enter(name, 0);
}

void path_element(uint32_t index)
{
	path_enter(NULL, index);
}

void path_leave(void)
{
	depth--;
}

size_t path_depth(void)
{
	return depth;
}

void path_return(size_t earlier)
{
	depth = earlier;
}

/* RFC 6901, section 3. */
void path_pointer(struct text *t)
{
	size_t known = depth < sizeof(frames) / sizeof(frames[0]) ? depth : 0;

	for (size_t i = 0; i < known; i++) {
		text_add(t, "/");
		if (!frames[i].name)
			text_add_u64(t, frames[i].index);
		else
			for (const char *c = frames[i].name; *c; c++)
				text_add_bytes(t,
					*c == '~'           ? "~0"
						: *c == '/' ? "~1"
							    : c,
					*c == '~' || *c == '/' ? 2 : 1);
	}
}

static int is_plain(const char *name)
{
	if (!*name)
		return 0;
	for (; *name; name++)
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			    (*name >= '0' && *name <= '9') || *name == '_'))
			return 0;
	return 1;
}

static const char *document = "config.json:";

void path_document(const char *name)
{
	document = name;
}

const char *path_text(void)
{
	static char buffer[256];
	struct text t = TEXT(buffer);
	size_t known = depth < sizeof(frames) / sizeof(frames[0]) ? depth : 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < known; i++) {
		const char *name = frames[i].name;

		if (!name) {
			text_add(&t, "[");
			text_add_u64(&t, frames[i].index);
			text_add(&t, "]");
		} else if (is_plain(name) && strlen(name) <= SHOWN_MAX) {
			text_add(&t, i ? "." : "");
			text_add(&t, name);
		} else {
			text_add(&t, "[\"");
			text_add(&t, shown(name));
			text_add(&t, "\"]");
		}
	}
	if (depth)
		return buffer;
	text_add_bytes(&t, document, strcspn(document, ":"));
	return buffer;
}

static char *next_buffer(size_t *size)
{
	static char buffers[8][4 * SHOWN_MAX + 4];
	static unsigned next;

	*size = sizeof(buffers[0]);
	next = (next + 1) % 8;
	buffers[next][0] = '\0';
	return buffers[next];
}

const char *shown(const char *text)
{
	size_t size;
	char *buffer = next_buffer(&size);
	struct text t = {buffer, size, 0, 0};

	text_add_shown(&t, text, SHOWN_MAX);
	return buffer;
}

const char *shown_number(uint64_t bits, int negative)
{
	size_t size;
	char *buffer = next_buffer(&size);
	struct text t = {buffer, size, 0, 0};

	if (negative)
		text_add(&t, "-");
	text_add_u64(&t, negative ? 0 - bits : bits);
	return buffer;
}

static void compose(struct text *t, const char *text, va_list ap)
{
	for (; text; text = va_arg(ap, const char *))
		text_add(t, text);
}

static char message[MSG_WHAT_MAX];

/* Of the message: NAMES_PLACE, it begins with the path. */
static _Noreturn void give_up(int names_place)
{
	if (!reviewing)
		die(message, NULL, 0);
	review_add(FOUND_ERROR, message, names_place);
	abandon();
}

void refuse(const char *text, ...)
{
	struct text t = TEXT(message);
	va_list ap;

	text_add(&t, path_text());
	text_add(&t, ": ");
	va_start(ap, text);
	compose(&t, text, ap);
	va_end(ap);
	give_up(1);
}

void refuse_as(const char *text, ...)
{
	struct text t = TEXT(message);
	va_list ap;

	va_start(ap, text);
	compose(&t, text, ap);
	va_end(ap);
	give_up(0);
}

static void send_warning(int names_place)
{
	static int count;

	if (reviewing)
		review_add(FOUND_WARNING, message, names_place);
	else if (++count < WARNINGS_MAX)
		warn(message, NULL, 0);
	else if (count == WARNINGS_MAX)
		warn("there are more warnings; they are left out", NULL, 0);
}

void caution(const char *text, ...)
{
	struct text t = TEXT(message);
	va_list ap;

	text_add(&t, path_text());
	text_add(&t, ": ");
	va_start(ap, text);
	compose(&t, text, ap);
	va_end(ap);
	send_warning(1);
}

void caution_as(const char *text, ...)
{
	struct text t = TEXT(message);
	va_list ap;

	va_start(ap, text);
	compose(&t, text, ap);
	va_end(ap);
	send_warning(0);
}
