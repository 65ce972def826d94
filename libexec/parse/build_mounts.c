/* config.md, "Mounts". */
#include "build.h"

#include <string.h>
#include "names.h"
#include "near.h"
#include "review.h"
#include "text.h"

static void build_destination(const struct value *value, void *mount)
{
	static char path[4096];
	struct plan_mount *m = mount;

	check_not_empty(value_string(value));
	if (*value->string != '/') {
		note_deprecated("a path that is not absolute");
		caution("a relative path is deprecated; taken as relative to /", NULL);
	}
	clean_path(value->string, path);
	if (!strcmp(path, "/"))
		refuse("must not be the root file system itself: name that in root.path", NULL);
	m->destination = plan_put(path);
}

const struct field mount_fields[] = {
	{"destination", FIELD_CALL, FIELD_REQUIRED, .call = build_destination},
	{"source", FIELD_STRING, 0, offsetof(struct plan_mount, source)},
	{"type", FIELD_STRING, 0, offsetof(struct plan_mount, type), .check = check_printable},
	{"options", FIELD_CALL, FIELD_GUARD, .call = build_mount_options},
	{"uidMappings", FIELD_RECORDS, FIELD_GUARD, offsetof(struct plan_mount, uid_map),
		.record = PLAN_RECORD_idmap, .fields = idmap_fields},
	{"gidMappings", FIELD_RECORDS, FIELD_GUARD, offsetof(struct plan_mount, gid_map),
		.record = PLAN_RECORD_idmap, .fields = idmap_fields},
	{NULL}};

/* Files of /proc that lxcfs provides for containers. */
static const char *const lxcfs_files[] = {"cpuinfo", "diskstats", "meminfo", "stat", "swaps",
	"uptime", "loadavg", "slabinfo", "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled"};

/* A mount over procfs can take away a protection that is switched on by writing there. */
static void check_proc(const struct plan_mount *m, const char *destination, const char *type)
{
	if (strncmp(destination, "/proc", 5) != 0 || (destination[5] && destination[5] != '/'))
		return;
	if (!destination[5]) {
		if (m->kind != MOUNT_BIND && m->kind != MOUNT_REMOUNT && strcmp(type, "proc") != 0)
			refuse("check proc-safety of /proc mount: \"/proc\" cannot be mounted "
			       "because it is "
			       "not of type proc",
				NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(lxcfs_files) / sizeof(lxcfs_files[0]); i++)
		if (!strcmp(destination + 6, lxcfs_files[i]))
			return;
	refuse("check proc-safety of ", shown(destination), " mount: \"", shown(destination),
		"\" cannot be mounted because it is inside /proc", NULL);
}

/* A slip in a word that restricts must not leave the mount without it. */
static void refuse_slip(const char *word)
{
	static const char *const words[] = {
		"ro", "rro", "nosuid", "nodev", "noexec", "nosymfollow"};
	size_t length = strlen(word);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t wanted = strlen(words[i]);

		if (length <= NEAR_LENGTH_MAX &&
			near_distance(word, length, words[i], wanted) <= (wanted < 6 ? 1 : 2))
			refuse("options: ", shown(word),
				": unknown for a bind mount; did you mean ", words[i], "?", NULL);
	}
}

/* The file system is mounted already. mount(2) ignores them, too (runc: an error since 1.2). */
static void drop_data(struct plan_mount *m)
{
	static char names[1024];
	struct text t = TEXT(names);

	names[0] = '\0';
	for (uint32_t i = 0; i < m->data.count; i++) {
		const struct plan_kv *option = plan_added(PLAN_RECORD_kv, m->data, i);

		if (!option->value.offset)
			refuse_slip(plan_put_text(option->key));
		text_add(&t, i ? ", " : "");
		text_add(&t, shown(plan_put_text(option->key)));
		if (option->value.length)
			text_add(&t, "=");
		if (option->value.length)
			text_add(&t, shown(plan_put_text(option->value)));
	}
	text_mark_cut(&t);
	caution("options: ignored, because a bind mount has no options of a file system: ", names,
		NULL);
	m->data = (struct plan_list){0, 0};
}

static void check_bind(struct plan_mount *m)
{
	const char *source = plan_put_text(m->source);

	if (m->kind == MOUNT_BIND && (!source || !*source))
		refuse("a bind mount needs a source", NULL);
	if (m->data.count)
		drop_data(m);
	if ((m->flags & MOUNT_COPY_SYMLINK) && (m->flags & MOUNT_SOURCE_NOFOLLOW))
		refuse("options: copy-symlink and src-nofollow exclude each other", NULL);
}

/* Words that mean something for one kind of mount only. */
static void check_kind(const struct plan_mount *m, const char *type)
{
	if ((m->flags & MOUNT_COPY_UP) && (m->kind != MOUNT_FS || strcmp(type, "tmpfs") != 0))
		refuse("options: tmpcopyup can be used only with tmpfs", NULL);
	if (m->kind == MOUNT_BIND)
		return;
	if ((m->flags & MOUNT_COPY_SYMLINK) || (m->flags & MOUNT_SOURCE_NOFOLLOW) ||
		(m->flags & MOUNT_DESTINATION_NOFOLLOW))
		refuse("options: ",
			(m->flags & MOUNT_COPY_SYMLINK)              ? "copy-symlink"
				: (m->flags & MOUNT_SOURCE_NOFOLLOW) ? "src-nofollow"
								     : "dest-nofollow",
			" can be used only with bind mounts", NULL);
}

void finish_mount(void *record)
{
	struct plan_mount *m = record;
	const char *type = plan_put_text(m->type);

	if (plan_error())
		return; /* the strings are not there; plan_emit tells */
	if (m->kind == MOUNT_BIND || (m->kind == MOUNT_REMOUNT && !(m->flags & MOUNT_RECONFIGURE)))
		check_bind(m);
	else if (m->kind != MOUNT_REMOUNT && (!type || !*type))
		refuse("type: missing", NULL);
	else if (m->kind != MOUNT_REMOUNT && !strcmp(type, "cgroup"))
		m->kind = MOUNT_CGROUP;
	check_kind(m, type ? type : "");
	finish_mount_options(m, type ? type : "");
	check_proc(m, plan_put_text(m->destination), type ? type : "");
	take_inline_map(m);
	m->label = plan_put(path_text());
}
