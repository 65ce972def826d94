/*
 * The options of a mount. Compared are those that hold the container back or reach beyond it: the kind, the
 * flags that forbid something, propagation, what a file system is given, and whether ids are mapped. The kinds
 * of atime are not.
 */
#include <linux/mount.h>
#include <string.h>
#include "witness.h"

struct guard {
	const char *word;
	uint64_t bit;
	int clears;
};

static const struct guard guards[] = {{"ro", MOUNT_ATTR_RDONLY, 0}, {"rw", MOUNT_ATTR_RDONLY, 1},
	{"nosuid", MOUNT_ATTR_NOSUID, 0}, {"suid", MOUNT_ATTR_NOSUID, 1},
	{"nodev", MOUNT_ATTR_NODEV, 0}, {"dev", MOUNT_ATTR_NODEV, 1},
	{"noexec", MOUNT_ATTR_NOEXEC, 0}, {"exec", MOUNT_ATTR_NOEXEC, 1},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0}, {"symfollow", MOUNT_ATTR_NOSYMFOLLOW, 1}};

#define GUARDED                                                                                    \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |            \
		MOUNT_ATTR_NOSYMFOLLOW)

static const struct name flag_words[] = {{"tmpcopyup", MOUNT_COPY_UP},
	{"copy-symlink", MOUNT_COPY_SYMLINK}, {"src-nofollow", MOUNT_SOURCE_NOFOLLOW},
	{"dest-nofollow", MOUNT_DESTINATION_NOFOLLOW}, {NULL, 0}};

/* Data that are flags of the file system, or follow from the flags of the mount. */
static const char *const derived[] = {
	"sync", "dirsync", "lazytime", "mand", "iversion", "ro", "rw", NULL};

/* What the words have said of the mount at hand. */
static struct {
	uint64_t set, clear, tree_set, tree_clear, flags;
	int bind, tree, remount, mapped, inline_map;
	uint32_t data, propagations;
	const char *layers; /* of an overlay: those that the plan has at the end of the data */
} said;

#define FS_STRING_MAX 255 /* fsconfig(2) */

static int take_guard(const char *word, uint64_t *set, uint64_t *clear)
{
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		if (strcmp(guards[i].word, word) != 0)
			continue;
		*(guards[i].clears ? set : clear) &= ~guards[i].bit;
		*(guards[i].clears ? clear : set) |= guards[i].bit;
		return 1;
	}
	return 0;
}

static int is_data(const struct plan_kv *kv, const char *word)
{
	const char *key = plan_text(&plan, kv->key), *value = plan_text(&plan, kv->value);
	size_t length = key ? strlen(key) : 0;

	if (!length || strncmp(word, key, length) != 0)
		return 0;
	return value ? word[length] == '=' && !strcmp(word + length + 1, value) : !word[length];
}

/* Compares the first layer of C with KV. Returns the rest with its colon, "", or NULL. */
static const char *take_layer(const struct plan_kv *kv, const char *c)
{
	const char *key = plan_text(&plan, kv->key), *value = plan_text(&plan, kv->value);
	const char *wanted = c[0] == ':' && c[1] == ':' ? "datadir+" : "lowerdir+";

	c += strspn(c, ":");
	if (!key || !value || strcmp(key, wanted) != 0)
		return NULL;
	for (; *c && *c != ':'; c++) {
		if (*c == '\\' && c[1])
			c++;
		if (*value++ != *c)
			return NULL;
	}
	return *value ? NULL : c;
}

/* A list of layers that is too long for one option: the plan has one for each. */
static int take_layers(const struct plan_kv *kv, const char *word)
{
	static char layers[TEXT_SIZE];

	if (said.layers || strncmp(word, "lowerdir=", 9) != 0 || strlen(word + 9) <= FS_STRING_MAX)
		return 0;
	memcpy(layers, word + 9, strlen(word + 9) + 1);
	said.layers = take_layer(kv, layers);
	return said.layers != NULL;
}

static int take_propagation(const struct plan_mount *m, uint64_t bits)
{
	uint32_t i = said.propagations++;

	return i < m->propagation.count && plan_num_at(&plan, m->propagation, i)->value == bits;
}

static int take_word(const struct plan_mount *m, const char *word)
{
	const struct name *name;

	/* In their order, and no word is left out in between: one that is in the way stays for ever. */
	if (said.data < m->data.count &&
		(is_data(plan_kv_at(&plan, m->data, said.data), word) ||
			take_layers(plan_kv_at(&plan, m->data, said.data), word)))
		said.data++;
	if (take_guard(word, &said.set, &said.clear))
		return 1;
	name = name_find(propagation_names, word);
	if (name)
		return take_propagation(m, name->value);
	name = name_find(flag_words, word);
	said.flags |= name ? name->value : 0;
	said.tree |= !strcmp(word, "rbind");
	said.bind |= !strcmp(word, "bind") || !strcmp(word, "rbind");
	said.remount |= !strcmp(word, "remount");
	said.inline_map |= !strncmp(word, "idmap=", 6) || !strncmp(word, "ridmap=", 7);
	said.mapped |= said.inline_map || !strcmp(word, "idmap") || !strcmp(word, "ridmap");
	if (*word == 'r')
		(void)take_guard(word + 1, &said.tree_set, &said.tree_clear);
	return 1;
}

/* One string may hold several, as the data of mount(2) does: commas part them, but not in quotes, after a
 * backslash or before a digit. */
static size_t word_length(const char *text)
{
	size_t i;
	int quoted = 0;

	for (i = 0; text[i]; i++) {
		if (text[i] == ',' && !quoted && !(text[i + 1] >= '0' && text[i + 1] <= '9'))
			break;
		if (text[i] == '\\' && text[i + 1])
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
	}
	return i;
}

/* A label of SELinux is in the plan without its quotes. */
static void copy_word(char *to, const char *from, size_t length)
{
	size_t key = strcspn(from, "=");
	int is_label = key >= 7 && key < length && !memcmp(from + key - 7, "context", 7);

	for (size_t i = 0; i < length; i++)
		if (!is_label || from[i] != '"')
			*to++ = from[i];
	*to = '\0';
}

int take_mount_option(const void *record, const char *text)
{
	static char word[TEXT_SIZE];

	for (;;) {
		size_t length = word_length(text);

		copy_word(word, text, length);
		if (!take_word(record, word))
			return 0;
		if (!text[length])
			return 1;
		text += length + 1;
	}
}

int has_inline_map(void)
{
	return said.inline_map;
}

static int same_kind(const struct plan_mount *m)
{
	const char *type = plan_text(&plan, m->type);
	enum mount_kind kind = said.remount       ? MOUNT_REMOUNT
		: said.bind                       ? MOUNT_BIND
		: type && !strcmp(type, "cgroup") ? MOUNT_CGROUP
						  : MOUNT_FS;

	if (said.remount && !said.bind)
		said.flags |= MOUNT_RECONFIGURE;
	return m->kind == kind && m->recursive == (uint64_t)said.tree && m->flags == said.flags;
}

/* A new mount is its whole tree. */
static int same_guards(const struct plan_mount *m)
{
	if (m->kind == MOUNT_FS || m->kind == MOUNT_CGROUP) {
		said.set = (said.set & ~said.tree_clear) | said.tree_set;
		said.tree_set = said.tree_clear = 0;
	}
	return (m->attr_set & GUARDED) == said.set && (m->attr_clr & GUARDED) == said.clear &&
		(m->rec_attr_set & GUARDED) == said.tree_set &&
		(m->rec_attr_clr & GUARDED) == said.tree_clear;
}

static int is_derived(const struct plan_kv *kv)
{
	const char *key = plan_text(&plan, kv->key);

	for (const char *const *word = derived; key && !kv->value.offset && *word; word++)
		if (!strcmp(*word, key))
			return 1;
	return 0;
}

static int same_data(const struct plan_mount *m)
{
	while (said.layers && *said.layers) {
		if (said.data == m->data.count)
			return 0;
		said.layers = take_layer(plan_kv_at(&plan, m->data, said.data++), said.layers);
		if (!said.layers)
			return 0;
	}
	for (; said.data < m->data.count; said.data++)
		if (!is_derived(plan_kv_at(&plan, m->data, said.data)))
			return 0;
	return 1;
}

static int same_ranges(struct plan_list a, struct plan_list b)
{
	if (a.count != b.count)
		return 0;
	for (uint32_t i = 0; i < a.count; i++)
		if (memcmp(plan_idmap_at(&plan, a, i), plan_idmap_at(&plan, b, i),
			    sizeof(struct plan_idmap)) != 0)
			return 0;
	return 1;
}

/* Of its own, or of the container's user namespace, whose ranges are empty when it is joined. */
static int same_mapping(const struct plan_mount *m, int own)
{
	const struct plan_config *config = plan.config;
	const struct plan_mapping *mapping;

	if (!m->mapping)
		return !own;
	if (m->mapping > config->mappings.count || !(own || said.mapped))
		return 0;
	mapping = plan_mapping_at(&plan, config->mappings, (uint32_t)m->mapping - 1);
	if (own)
		return same_ranges(mapping->uid_map, m->uid_map) &&
			same_ranges(mapping->gid_map, m->gid_map);
	if (!mapping->uid_map.count && !mapping->gid_map.count)
		return 1;
	return same_ranges(mapping->uid_map, config->uid_map) &&
		same_ranges(mapping->gid_map, config->gid_map);
}

const char *leave_mount(const void *record, uint64_t has)
{
	const struct plan_mount *m = record;
	int own = said.inline_map || m->uid_map.count || m->gid_map.count;
	const char *wrong = NULL;

	(void)has;
	if (!same_kind(m))
		wrong = "a mount of another kind";
	else if (!same_guards(m))
		wrong = "a mount with other flags";
	else if (said.propagations != m->propagation.count)
		wrong = "a mount with another propagation";
	else if (!same_data(m))
		wrong = "a mount with other options";
	else if (!same_mapping(m, own))
		wrong = "a mount with other ids";
	memset(&said, 0, sizeof(said));
	return wrong;
}
