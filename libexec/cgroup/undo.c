/*
 * The files of limits, and of an update what was in each before it: a container whose update fails
 * halfway keeps the limits that it had.
 */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "step.h"
#include "text.h"

#define WRITES_MAX 1024
#define TEXT_MAX   (256u << 10)
#define VALUE_MAX  4096 /* a page, as kernfs gives it */

static int updating;

static struct write {
	const struct hierarchy *h;
	const char *file, *old;
} writes[WRITES_MAX];

static size_t count, text_used;
static char text[TEXT_MAX];

void undo_begin(void)
{
	updating = 1;
}

static const char *keep_text(const char *s, size_t length)
{
	char *at = text + text_used;

	if (length >= TEXT_MAX - text_used)
		give_up("linux.resources: too much to change at once", NULL, E2BIG);
	memcpy(at, s, length);
	at[length] = '\0';
	text_used += length + 1;
	return at;
}

/* memory.oom_control of v1 shows three lines and takes one digit. */
static const char *to_write(const char *value)
{
	static const char word[] = "oom_kill_disable ";

	return strncmp(value, word, strlen(word)) ? value : value + strlen(word);
}

int undo_note(const struct hierarchy *h, const char *file)
{
	static char value[VALUE_MAX];

	if (!updating || read_file(h->leaf, file, value, sizeof(value)) < 0)
		return 0; /* what can only be written cannot be written back */
	if (count == WRITES_MAX)
		give_up("linux.resources: too much to change at once", NULL, E2BIG);
	writes[count] = (struct write){h, keep_text(file, strlen(file)),
		keep_text(to_write(value), strlen(to_write(value)))};
	count++;
	return 1;
}

int set_file(const struct hierarchy *h, const char *file, const char *value)
{
	int noted = undo_note(h, file);
	int err = write_file(h->leaf, file, value);

	if (err && noted)
		count--;
	return err;
}

/* Each line with a write of its own; an empty list is a newline. */
static int write_lines(const struct write *w)
{
	static char line[VALUE_MAX];
	const char *at = w->old;
	int err = 0;

	do {
		size_t length = strcspn(at, "\n");

		memcpy(line, at, length);
		line[length] = '\0';
		err = write_file(w->h->leaf, w->file, length ? line : "\n");
		at += length + (at[length] != '\0');
	} while (*at && !err);
	return err;
}

void undo_all(void)
{
	while (count) {
		const struct write *w = &writes[--count];
		int err = write_lines(w);
		char what[MSG_WHAT_MAX];

		if (!err)
			continue;
		text_join(what, sizeof(what), "could not set back to \"", w->old, "\":", NULL);
		warn(what, full_path(w->h, w->file), err);
	}
}

void give_up(const char *what, const char *object, int err)
{
	char copy[MSG_OBJECT_MAX]; /* object may be the buffer of full_path */

	text_join(copy, sizeof(copy), object ? object : "", NULL);
	undo_all();
	die(what, object ? copy : NULL, err);
}
