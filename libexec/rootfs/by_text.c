/*
 * New file systems with options that fsconfig(2) does not take: strings of 256 bytes and more, and overlay's layers
 * one by one before Linux 6.7. mount(2) takes all options as one text, and attaches what it makes: here to a
 * directory of a tmpfs that nobody else has, on the target, which is gone before anything else is done.
 */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

#define STRING_MAX 255 /* fsconfig(2) */

static char options[4096]; /* mount(2): a page, with a NUL */

/* mount(2) has them as bits. */
static unsigned long flag_of(const char *key)
{
	static const struct {
		const char *key;
		unsigned long bit;
	} flags[] = {{"ro", MS_RDONLY}, {"sync", MS_SYNCHRONOUS}, {"dirsync", MS_DIRSYNC},
		{"lazytime", MS_LAZYTIME}, {"mand", MS_MANDLOCK}, {"iversion", MS_I_VERSION}};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(key, flags[i].key))
			return flags[i].bit;
	return 0;
}

static int is_layer(const char *key)
{
	return !strcmp(key, "lowerdir+") || !strcmp(key, "datadir+");
}

static void add_option(struct text *t, const char *key, const char *value)
{
	/* A label with commas: SELinux takes the quotes off. */
	const char *quote = value && strchr(value, ',') && strstr(key, "context") ? "\"" : "";

	text_add(t, t->length ? "," : "");
	text_add(t, key);
	if (!value)
		return;
	text_add(t, "=");
	text_add(t, quote);
	text_add(t, value);
	text_add(t, quote);
}

/* "lowerdir=/a:/b::/data", where a backslash comes before what would end a layer. */
static void add_layers(const struct plan *plan, struct plan_list data, struct text *t)
{
	const char *before = NULL;

	for (uint32_t i = 0; i < data.count; i++) {
		const struct plan_kv *option = plan_kv_at(plan, data, i);
		const char *key = plan_text(plan, option->key),
			   *path = plan_text(plan, option->value);

		if (!is_layer(key) || !path)
			continue;
		if (!before)
			add_option(t, "lowerdir", "");
		else
			text_add(t, *key == 'd' ? "::" : ":");
		for (before = path; *path; path++) {
			text_add(t, strchr("\\:,", *path) ? "\\" : "");
			text_add_bytes(t, path, 1);
		}
	}
}

/* The text of all options; their flags in *FLAGS. */
static struct text compose(const struct plan *plan, const char *type, struct plan_list data,
	const char *mode, unsigned long *flags)
{
	struct text t = TEXT(options);
	const char *label = plan_text(plan, plan->config->mount_label);

	*flags = 0;
	options[0] = '\0';
	if (label && takes_label(type))
		add_option(&t, "context", label);
	if (mode)
		add_option(&t, "mode", mode);
	for (uint32_t i = 0; i < data.count; i++) {
		const struct plan_kv *option = plan_kv_at(plan, data, i);
		const char *key = plan_text(plan, option->key);

		if (flag_of(key))
			*flags |= flag_of(key);
		else if (!is_layer(key))
			add_option(&t, key, plan_text(plan, option->value));
	}
	add_layers(plan, data, &t);
	return t;
}

static int is_long(const char *text)
{
	return text && strlen(text) > STRING_MAX;
}

/* True when fsconfig(2) cannot do it on any kernel; *MAY_FAIL when there is one on which it cannot. */
static int must_be_text(
	const struct plan *plan, const char *source, struct plan_list data, int *may_fail)
{
	int must = is_long(source);

	*may_fail = must;
	for (uint32_t i = 0; i < data.count; i++) {
		const struct plan_kv *option = plan_kv_at(plan, data, i);

		must |= is_long(plan_text(plan, option->value));
		*may_fail |= must || is_layer(plan_text(plan, option->key));
	}
	return must;
}

/* Attaches the tmpfs DIRECTORY on TARGET, makes the file system in it, and takes that away by itself. */
static int mount_in(int directory, int target, const char *source, const char *type,
	unsigned long flags, const char *what)
{
	int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), made = -1, err = 0;

	if (before < 0 || mkdirat(directory, "new", 0700) < 0 || fchdir(directory) < 0 ||
		sys_move_mount(directory, "", target, "",
			MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		die(what, "a place for mount(2)", errno);
	if (!mount(source ? source : "none", "new", type, flags, options))
		made = sys_open_tree(directory, "new", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (made < 0)
		err = errno;
	if (umount2(".", MNT_DETACH) < 0 || fchdir(before) < 0)
		die(what, "leaving the place for mount(2)", errno);
	close(before);
	errno = err;
	return made;
}

int mount_by_text(const struct plan *plan, const char *type, const char *source,
	struct plan_list data, const char *mode, uint64_t attributes, int target, const char *what)
{
	unsigned long flags;
	int may_fail, must = must_be_text(plan, source, data, &may_fail), directory, fd;

	if (!may_fail)
		return -1;
	if (compose(plan, type, data, mode, &flags).cut) {
		if (must)
			die(what,
				"the options are longer than 4095 bytes, which is all that "
				"mount(2) takes",
				0);
		return -1;
	}
	directory = new_mount(plan, "tmpfs", "tmpfs", (struct plan_list){0, 0}, "700",
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, what);
	fd = mount_in(directory, target, source, type, flags, what);
	if (fd < 0)
		die_of_options(plan, -1, data, what, type, errno);
	close(directory);
	set_attributes(fd, attributes, MOUNT_ATTR__ATIME, 0, what);
	return fd;
}
