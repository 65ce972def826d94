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
#define VALUE_MAX  (64u << 10)

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

/* Files with a line per device, of which a write changes one; what sets back a device without a
 * line. */
static const struct keyed {
	const char *file, *none;
} keyed_files[] = {
	{"io.max", " rbps=max wbps=max riops=max wiops=max"},
	{"io.latency", " target=0"},
	{"io.weight", " default"},
	{"io.bfq.weight", " default"},
	{"rdma.max", " hca_handle=max hca_object=max"},
	{"blkio.throttle.read_bps_device", " 0"},
	{"blkio.throttle.write_bps_device", " 0"},
	{"blkio.throttle.read_iops_device", " 0"},
	{"blkio.throttle.write_iops_device", " 0"},
	{"blkio.weight_device", " default"},
	{"blkio.leaf_weight_device", " default"},
	{"blkio.bfq.weight_device", " default"},
	{"net_prio.ifpriomap", " 0"},
};

static const struct keyed *find_keyed(const char *file)
{
	for (size_t i = 0; i < sizeof(keyed_files) / sizeof(keyed_files[0]); i++)
		if (!strcmp(keyed_files[i].file, file))
			return &keyed_files[i];
	return NULL;
}

/* The line of OLD about the device that VALUE is about, or what stands for none. bfq drops the
 * weights of single devices when the one for all is written: of that all lines. */
static const char *keep_line(const struct keyed *keyed, const char *old, const char *value)
{
	size_t length = strcspn(value += strspn(value, " \t"), " \t");
	static char line[256];
	struct text t = TEXT(line);

	if (!value[length] || !strncmp(value, "default", length))
		return keep_text(old, strlen(old));
	for (; *old; old += strcspn(old, "\n"), old += *old == '\n')
		if (!strncmp(old, value, length) && old[length] == ' ')
			return keep_text(old, strcspn(old, "\n"));
	text_add_bytes(&t, value, length);
	text_add(&t, keyed->none);
	return keep_text(line, t.length);
}

/* memory.oom_control of v1 shows three lines and takes one digit. */
static const char *to_write(const char *value)
{
	static const char word[] = "oom_kill_disable ";

	return strncmp(value, word, strlen(word)) ? value : value + strlen(word);
}

int undo_note(const struct hierarchy *h, const char *file, const char *value)
{
	const struct keyed *keyed = value ? find_keyed(file) : NULL;
	static char old[VALUE_MAX];

	if (!updating || read_file(h->leaf, file, old, sizeof(old)) < 0)
		return 0; /* what can only be written cannot be written back */
	if (count == WRITES_MAX)
		give_up("linux.resources: too much to change at once", NULL, E2BIG);
	writes[count] = (struct write){h, keep_text(file, strlen(file)),
		keyed ? keep_line(keyed, old, value)
		      : keep_text(to_write(old), strlen(to_write(old)))};
	count++;
	return 1;
}

int set_file(const struct hierarchy *h, const char *file, const char *value)
{
	int noted = undo_note(h, file, value);
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
