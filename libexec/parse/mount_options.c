/* config.md, "Linux mount options": words to attributes of the mount, of its tree, and data of the
 * file system. */
#include "build.h"

#include <linux/mount.h>
#include <string.h>
#include "names.h"
#include "review.h"
#include "text.h"

enum action {
	NOTHING,
	BIND,
	BIND_RECURSIVE,
	REMOUNT,
	ID_MAP,
	FLAG, /* of the plan's record */
	SET,  /* an attribute of the mount */
	CLEAR,
	ATIME,       /* one field of several values */
	ATIME_UNSET, /* takes back that one value */
	SUPER_SET,   /* a flag of the file system */
	SUPER_CLEAR
};

enum { SUPER_SYNC = 1, SUPER_DIRSYNC = 2, SUPER_LAZYTIME = 4, SUPER_MAND = 8, SUPER_IVERSION = 16 };

struct option {
	const char *word;
	enum action action;
	uint64_t bits;
};

/* With "r" before it, a word of SET, CLEAR, ATIME or ATIME_UNSET means the whole tree: rro, rnosuid
 * … */
static const struct option options[] = {{"defaults", NOTHING, 0}, {"silent", NOTHING, 0},
	{"loud", NOTHING, 0}, {"bind", BIND, 0}, {"rbind", BIND_RECURSIVE, 0},
	{"remount", REMOUNT, 0}, {"tmpcopyup", FLAG, MOUNT_COPY_UP},
	{"copy-symlink", FLAG, MOUNT_COPY_SYMLINK}, {"src-nofollow", FLAG, MOUNT_SOURCE_NOFOLLOW},
	{"dest-nofollow", FLAG, MOUNT_DESTINATION_NOFOLLOW}, {"idmap", ID_MAP, IDMAP_TOP},
	{"ridmap", ID_MAP, IDMAP_RECURSIVE}, {"ro", SET, MOUNT_ATTR_RDONLY},
	{"rw", CLEAR, MOUNT_ATTR_RDONLY}, {"nosuid", SET, MOUNT_ATTR_NOSUID},
	{"suid", CLEAR, MOUNT_ATTR_NOSUID}, {"nodev", SET, MOUNT_ATTR_NODEV},
	{"dev", CLEAR, MOUNT_ATTR_NODEV}, {"noexec", SET, MOUNT_ATTR_NOEXEC},
	{"exec", CLEAR, MOUNT_ATTR_NOEXEC}, {"nodiratime", SET, MOUNT_ATTR_NODIRATIME},
	{"diratime", CLEAR, MOUNT_ATTR_NODIRATIME}, {"nosymfollow", SET, MOUNT_ATTR_NOSYMFOLLOW},
	{"symfollow", CLEAR, MOUNT_ATTR_NOSYMFOLLOW}, {"relatime", ATIME, MOUNT_ATTR_RELATIME},
	{"noatime", ATIME, MOUNT_ATTR_NOATIME}, {"strictatime", ATIME, MOUNT_ATTR_STRICTATIME},
	{"norelatime", NOTHING, 0}, /* relatime is what is left when no other kind is set */
	{"rnorelatime", NOTHING, 0}, {"atime", ATIME_UNSET, MOUNT_ATTR_NOATIME},
	{"nostrictatime", ATIME_UNSET, MOUNT_ATTR_STRICTATIME}, {"sync", SUPER_SET, SUPER_SYNC},
	{"async", SUPER_CLEAR, SUPER_SYNC}, {"dirsync", SUPER_SET, SUPER_DIRSYNC},
	{"lazytime", SUPER_SET, SUPER_LAZYTIME}, {"nolazytime", SUPER_CLEAR, SUPER_LAZYTIME},
	{"mand", SUPER_SET, SUPER_MAND}, {"nomand", SUPER_CLEAR, SUPER_MAND},
	{"iversion", SUPER_SET, SUPER_IVERSION}, {"noiversion", SUPER_CLEAR, SUPER_IVERSION},
	{NULL, NOTHING, 0}};

static const struct name super_names[] = {{"sync", SUPER_SYNC}, {"dirsync", SUPER_DIRSYNC},
	{"lazytime", SUPER_LAZYTIME}, {"mand", SUPER_MAND}, {"iversion", SUPER_IVERSION},
	{NULL, 0}};

static const struct option *find_option(const char *word)
{
	for (const struct option *o = options; o->word; o++)
		if (!strcmp(o->word, word))
			return o;
	return NULL;
}

static int is_attribute(const struct option *option)
{
	return option->action >= SET && option->action <= ATIME_UNSET;
}

/* mount_setattr(2): a kind of atime is set only together with clearing the whole field. */
static void apply_attribute(const struct option *option, uint64_t *set, uint64_t *clear)
{
	switch (option->action) {
	case SET:
		*set |= option->bits;
		*clear &= ~option->bits;
		break;
	case CLEAR:
		*set &= ~option->bits;
		*clear |= option->bits;
		break;
	case ATIME:
		*set = (*set & ~(uint64_t)MOUNT_ATTR__ATIME) | option->bits;
		*clear |= MOUNT_ATTR__ATIME;
		break;
	default: /* ATIME_UNSET */
		if ((*set & MOUNT_ATTR__ATIME) == option->bits)
			*set &= ~(uint64_t)MOUNT_ATTR__ATIME;
		*clear |= MOUNT_ATTR__ATIME;
		break;
	}
}

/* What the words of one entry say until all are read, because they may contradict each other. */
static struct {
	uint64_t super;
	int bind, remount;
} said;

static void apply_option(const struct option *option, struct plan_mount *m)
{
	switch (option->action) {
	case BIND_RECURSIVE:
		m->recursive = 1;
		said.bind = 1;
		break;
	case BIND:
		said.bind = 1;
		break;
	case REMOUNT:
		said.remount = 1;
		break;
	case FLAG:
		m->flags |= option->bits;
		break;
	case ID_MAP:
		m->idmap = option->bits;
		break;
	case SUPER_SET:
		if (option->bits == SUPER_MAND)
			note_deprecated("kernels since 5.15 have no mandatory locks");
		said.super |= option->bits;
		break;
	case SUPER_CLEAR:
		said.super &= ~option->bits;
		break;
	case NOTHING:
		break;
	default:
		apply_attribute(option, &m->attr_set, &m->attr_clr);
		break;
	}
}

static void add_data(struct plan_mount *m, const char *word)
{
	struct plan_kv *kv = plan_add(PLAN_RECORD_kv, &m->data);
	size_t key = strcspn(word, "=");
	static char name[256];

	if (!key || key >= sizeof(name))
		refuse("not an option: \"", shown(word), "\"", NULL);
	memcpy(name, word, key);
	name[key] = '\0';
	kv->key = plan_put(name);
	if (word[key])
		kv->value = plan_put(word + key + 1);
}

static void build_option(const char *word, struct plan_mount *m)
{
	const struct option *option = find_option(word);
	const struct name *propagation = name_find(propagation_names, word);

	if (option) {
		apply_option(option, m);
	} else if (propagation) {
		((struct plan_num *)plan_add(PLAN_RECORD_num, &m->propagation))->value =
			propagation->value;
	} else if (!keep_inline_map(word, m)) {
		option = *word == 'r' ? find_option(word + 1) : NULL;
		if (option && is_attribute(option))
			apply_attribute(option, &m->rec_attr_set, &m->rec_attr_clr);
		else if (*word)
			add_data(m, word);
	}
}

/* As mount(2)'s data is split: at a comma, but not in quotes, after a backslash (overlay's paths) or
 * before a digit (tmpfs: mpol=bind:0,2). */
static char *end_of_option(char *c)
{
	int quoted = 0;

	for (; *c && (quoted || *c != ',' || (c[1] >= '0' && c[1] <= '9')); c++) {
		if (*c == '\\' && c[1])
			c++;
		else if (*c == '"')
			quoted = !quoted;
	}
	return c;
}

/* SELinux takes the quotes off, which keep the commas of a label, only from mount(2)'s data. */
static void unquote_label(char *option)
{
	static const char *const labels[] = {
		"context=", "fscontext=", "defcontext=", "rootcontext=", NULL};
	char *to = option;
	size_t i = 0;

	while (labels[i] && strncmp(option, labels[i], strlen(labels[i])) != 0)
		i++;
	if (!labels[i])
		return;
	for (const char *from = option; *from; from++)
		if (*from != '"')
			*to++ = *from;
	*to = '\0';
}

/* The text is the tree's and lives as long; a mapping is kept by its address. */
static void build_word(const struct value *item, uint32_t index, void *mount)
{
	char *option = (char *)(uintptr_t)value_string(item), *end;

	(void)index;
	for (int more = 1; more; option = end + 1) {
		end = end_of_option(option);
		more = *end == ',';
		*end = '\0';
		unquote_label(option);
		build_option(option, mount);
	}
}

void build_mount_options(const struct value *value, void *mount)
{
	struct plan_mount *m = mount;
	memset(&said, 0, sizeof(said));
	forget_inline_map();
	build_elements(value, build_word, m);
	if (said.remount)
		m->kind = MOUNT_REMOUNT;
	else if (said.bind)
		m->kind = MOUNT_BIND;
	if (said.remount && !said.bind)
		m->flags |= MOUNT_RECONFIGURE;
}

/*
 * Overlay's layers "/a:/b::/data" as an option each (Linux 6.7), the first in the place of LIST: there
 * a backslash escapes nothing. Those that "::" comes before have only data.
 */
static void split_layers(struct plan_mount *m, struct plan_kv *list)
{
	const struct plan_string key = plan_put("lowerdir+"), data_key = plan_put("datadir+");
	const char *c = plan_put_text(list->value);
	struct plan_kv *layer = list;
	int is_data = 0;

	for (;; layer = plan_add(PLAN_RECORD_kv, &m->data)) {
		static char path[FS_TEXT_MAX + 2]; /* one more than check_strings takes */
		size_t used = 0;

		for (; *c && *c != ':' && used + 1 < sizeof(path); c++) {
			if (*c == '\\' && c[1])
				c++;
			path[used++] = *c;
		}
		path[used] = '\0';
		layer->key = is_data ? data_key : key;
		layer->value = plan_put(path);
		if (*c != ':')
			return;
		is_data = c[1] == ':';
		c += is_data ? 2 : 1;
	}
}

void check_fs_string(const char *name, const char *value, size_t max)
{
	size_t length = strlen(value);

	if (length > max)
		refuse(name, *name ? ": " : "", shown_number(length, 0),
			" bytes, and the kernel takes at most ", text_number(max), NULL);
}

/* Of these read-only is a matter of the mount: everybody's sysfs is one, and in a tmpfs mountpoints
 * are still to be made. */
static int is_virtual(const char *type)
{
	static const char *const types[] = {
		"tmpfs", "proc", "sysfs", "mqueue", "devpts", "cgroup", "cgroup2"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return 1;
	return 0;
}

static void check_strings(struct plan_mount *m, const char *type)
{
	static char name[sizeof("options: ") + 256];
	/* rootfs has mount(2) for a new file system, but not where it would be another one: a procfs. */
	const size_t max = m->kind == MOUNT_FS && (!is_virtual(type) || !strcmp(type, "tmpfs"))
		? FS_TEXT_MAX
		: FS_STRING_MAX;

	for (uint32_t i = 0; i < m->data.count && !plan_error(); i++) {
		struct plan_kv *option = plan_added(PLAN_RECORD_kv, m->data, i);

		if (option->value.length > FS_STRING_MAX && !strcmp(type, "overlay") &&
			!strcmp(plan_put_text(option->key), "lowerdir"))
			split_layers(m, option);
		option = plan_added(PLAN_RECORD_kv, m->data, i);
		(void)text_join(
			name, sizeof(name), "options: ", shown(plan_put_text(option->key)), NULL);
		if (option->value.length)
			check_fs_string(name, plan_put_text(option->value), max);
	}
	if (m->kind == MOUNT_FS && m->source.length)
		check_fs_string("source", plan_put_text(m->source), max);
}

void finish_mount_options(struct plan_mount *m, const char *type)
{
	uint64_t super = said.super;

	memset(&said, 0, sizeof(said));
	/* Of a bind mount they would belong to a file system that is mounted already: the kernel
	 * ignores them. */
	if (m->kind == MOUNT_BIND || (m->kind == MOUNT_REMOUNT && !(m->flags & MOUNT_RECONFIGURE)))
		return;
	check_strings(m, type);
	for (const struct name *flag = super_names; flag->word; flag++)
		if (super & flag->value)
			add_data(m, flag->word);
	if (m->kind != MOUNT_REMOUNT) { /* a new mount is its whole tree */
		m->attr_set = (m->attr_set & ~m->rec_attr_clr) | m->rec_attr_set;
		m->rec_attr_set = m->rec_attr_clr = 0;
	}
	if (is_virtual(type))
		return;
	if (m->attr_set & MOUNT_ATTR_RDONLY)
		add_data(m, "ro");
	else if (m->kind == MOUNT_REMOUNT && (m->attr_clr & MOUNT_ATTR_RDONLY))
		add_data(m, "rw");
}
