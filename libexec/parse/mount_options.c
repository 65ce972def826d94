/* config.md, "Linux mount options": words to attributes of the mount, of its tree, and data of the
 * file system. */
#include "build.h"

#include <linux/mount.h>
#include <string.h>
#include "names.h"
#include "review.h"

enum action {
	NOTHING,
	BIND,
	BIND_RECURSIVE,
	REMOUNT,
	COPY_UP,
	ID_MAP,
	SET, /* an attribute of the mount */
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
	{"remount", REMOUNT, 0}, {"tmpcopyup", COPY_UP, 0}, {"idmap", ID_MAP, IDMAP_TOP},
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

static void apply_option(const struct option *option, struct plan_mount *m, uint64_t *super)
{
	switch (option->action) {
	case BIND_RECURSIVE:
		m->recursive = 1;
		m->kind = MOUNT_BIND;
		break;
	case BIND:
		m->kind = MOUNT_BIND;
		break;
	case REMOUNT:
		refuse("remount: not supported yet", NULL);
	case COPY_UP:
		refuse("tmpcopyup: not supported yet", NULL);
	case ID_MAP:
		m->idmap = option->bits;
		break;
	case SUPER_SET:
		if (option->bits == SUPER_MAND)
			note_deprecated("kernels since 5.15 have no mandatory locks");
		*super |= option->bits;
		break;
	case SUPER_CLEAR:
		*super &= ~option->bits;
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

static void build_option(const char *word, struct plan_mount *m, uint64_t *super)
{
	const struct option *option = find_option(word);
	const struct name *propagation = name_find(propagation_names, word);

	if (option) {
		apply_option(option, m, super);
	} else if (propagation) {
		m->propagation = propagation->value;
	} else if (!keep_inline_map(word, m)) {
		option = *word == 'r' ? find_option(word + 1) : NULL;
		if (option && is_attribute(option))
			apply_attribute(option, &m->rec_attr_set, &m->rec_attr_clr);
		else if (*word)
			add_data(m, word);
	}
}

/* The mount and the flags of its file system, while its options are read. */
struct reading {
	struct plan_mount *mount;
	uint64_t super;
};

static void build_word(const struct value *item, uint32_t index, void *target)
{
	struct reading *r = target;

	(void)index;
	build_option(value_string(item), r->mount, &r->super);
}

void build_mount_options(const struct value *value, void *mount)
{
	struct plan_mount *m = mount;
	struct reading r = {m, 0};

	forget_inline_map();
	build_elements(value, build_word, &r);
	/* Of a bind mount they would belong to a file system that is mounted already: the kernel
	 * ignores them. */
	for (const struct name *flag = super_names; m->kind != MOUNT_BIND && flag->word; flag++)
		if (r.super & flag->value)
			add_data(m, flag->word);
}
