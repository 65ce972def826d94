/* The directories of a container in the resctrl file system (config-linux.md, "IntelRdt"). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kernfs.h"
#include "group.h"
#include "step.h"
#include "text.h"

#define LOCK_MS    10000
#define LOCK_PAUSE 10
#define MONITORS   "mon_groups"

/* Whoever changes more than one file holds this lock (the kernel's resctrl.rst, "Locking"): so what
 * we compare is whole, and what we make is. */
static void lock(int root)
{
	int64_t end = now_ms() + LOCK_MS;

	while (flock(root, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			die("linux.intelRdt: flock", RESCTRL_MOUNT, errno);
		if (now_ms() >= end)
			die("linux.intelRdt: another program keeps its lock on", RESCTRL_MOUNT, 0);
		sleep_ms(LOCK_PAUSE);
	}
}

static void unlock(struct group *group)
{
	if (flock(group->root, LOCK_UN) < 0)
		die("linux.intelRdt: flock", RESCTRL_MOUNT, errno);
}

/* The kernel's own words about the last command that failed; "" when it has none. It forgets them
 * with the next command, and was not asked when the name or the rights were wrong. */
static void last_status(const struct group *group, int err, char *text, size_t size)
{
	ssize_t n = -1;

	if (err && err != -EACCES && err != -ENOENT && err != -EEXIST)
		n = read_file(group->root, "info/last_cmd_status", text, size);
	if (n < 0 || !strcmp(text, "ok"))
		text[0] = '\0';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
}

void group_die(const struct group *group, const char *member, const char *what, const char *path,
	const char *file, int err)
{
	char all[MSG_WHAT_MAX], object[MSG_OBJECT_MAX], status[256];

	last_status(group, err, status, sizeof(status));
	undo_schemata(group);
	/* A group that others may use must not stay with half of its schemata: they would be refused
	 * for the difference. */
	if (group->unfinished && unlinkat(group->root, group->name, AT_REMOVEDIR) < 0)
		warn("linux.intelRdt.closID: rmdir", group->path, errno);
	text_join(all, sizeof(all), "linux.intelRdt", *member ? "." : "", member, ": ", what, NULL);
	text_join(object, sizeof(object), path, file ? "/" : "", file ? file : "",
		*status ? ": last_cmd_status: " : "", status, NULL);
	die(all, object, err);
}

static void join_path(char *path, const char *a, const char *b, const char *c)
{
	if (text_join(path, MSG_RESCTRL_PATH, a, b, c, NULL))
		die("linux.intelRdt:", a, ENAMETOOLONG);
}

/* The member that has named the group. */
static const char *namer(const struct group *group)
{
	return group->own ? "" : "closID";
}

/* Without closID the group has the container's name and, if it is not there, is the container's. */
static void choose_names(struct group *group, const struct plan *plan)
{
	const char *id = plan_text(plan, plan->config->id);
	const char *clos = plan_text(plan, plan->config->rdt_clos_id);

	id = id ? id : "";
	group->own = !clos;
	group->name = !clos ? id : strcmp(clos, "/") ? clos : "";
	join_path(group->path, RESCTRL_MOUNT, *group->name ? "/" : "", group->name);
	if (!plan->config->rdt_monitoring)
		return;
	group->monitor = id;
	join_path(group->monitor_path, group->path, "/" MONITORS "/", id);
}

static void check_no_monitor(const struct group *group)
{
	char name[MSG_RESCTRL_PATH];
	int fd;

	join_path(name, MONITORS "/", group->monitor, "");
	fd = beneath(group->dir, name, O_PATH | O_DIRECTORY);
	if (fd >= 0)
		fd = -EEXIST;
	if (fd != -ENOENT)
		group_die(group, "enableMonitoring", "mkdir", group->monitor_path, NULL, fd);
}

/* What limits nothing is no reason not to start, with runc and crun, too; the specification would have
 * an error (config-linux.md, "IntelRdt"). */
static void none_mounted(const struct plan *plan)
{
	if (has_schemata(plan))
		die("linux.intelRdt: no resctrl file system is mounted on", RESCTRL_MOUNT, 0);
	warn("linux.intelRdt is ignored: it has no schema, and no resctrl file system is mounted "
	     "on",
		RESCTRL_MOUNT, 0);
}

int group_find(struct group *group, const struct plan *plan)
{
	choose_names(group, plan);
	group->root = resctrl_open_mount();
	if (group->root < 0) {
		none_mounted(plan);
		return group->root;
	}
	lock(group->root);
	group->dir = beneath(group->root, *group->name ? group->name : ".", O_RDONLY | O_DIRECTORY);
	if (group->dir == -ENOENT && (group->own || has_schemata(plan)))
		return 0;
	if (group->dir == -ENOENT)
		group_die(group, "closID", "without a schema the group must be there: open",
			group->path, NULL, group->dir);
	if (group->dir < 0)
		group_die(group, namer(group), "open", group->path, NULL, group->dir);
	group->own = 0;
	compare_schemata(group, plan);
	if (group->monitor)
		check_no_monitor(group);
	return 0;
}

void group_announce(const struct group *group)
{
	static struct msg_resctrl body;
	int err;

	body.own = (uint32_t)group->own;
	join_path(body.group, group->path, "", "");
	join_path(body.monitor, group->monitor_path, "", "");
	err = msg_send(&conductor, MSG_RESCTRL, &body, sizeof(body), -1);
	if (err == -EPIPE)
		_exit(1); /* the conductor is gone: there is nobody to tell */
	if (err)
		die("telling runc about the resctrl group:", NULL, err);
}

static void make_directory(struct group *group, const struct plan *plan)
{
	if (mkdirat(group->root, group->name, 0755) < 0)
		group_die(group, namer(group), "mkdir", group->path, NULL, -errno);
	group->dir = beneath(group->root, group->name, O_RDONLY | O_DIRECTORY);
	if (group->dir < 0)
		group_die(group, namer(group), "open", group->path, NULL, group->dir);
	group->unfinished = !group->own;
	write_schemata(group, plan);
	group->unfinished = 0;
}

static int make_monitor(const struct group *group)
{
	int parent = beneath(group->dir, MONITORS, O_RDONLY | O_DIRECTORY), err = 0;

	if (parent < 0)
		return parent;
	if (mkdirat(parent, group->monitor, 0755) < 0)
		err = -errno;
	close(parent);
	return err;
}

/* Nothing is left but the write, when the process is there. */
static int open_tasks(struct group *group)
{
	char name[MSG_RESCTRL_PATH];

	group->tasks[0] = beneath(group->dir, "tasks", O_WRONLY);
	if (!group->monitor || group->tasks[0] < 0)
		return group->tasks[0] < 0 ? group->tasks[0] : 0;
	join_path(name, MONITORS "/", group->monitor, "/tasks");
	group->tasks[1] = beneath(group->dir, name, O_WRONLY);
	return group->tasks[1] < 0 ? group->tasks[1] : 0;
}

void group_make(struct group *group, const struct plan *plan)
{
	int err = 0;

	if (group->dir < 0)
		make_directory(group, plan);
	if (group->monitor)
		err = make_monitor(group);
	if (err)
		group_die(group, "enableMonitoring", "mkdir", group->monitor_path, NULL, err);
	err = open_tasks(group);
	if (err)
		group_die(group, "", "open",
			group->tasks[0] < 0 ? group->path : group->monitor_path, "tasks", err);
	unlock(group);
}

/* The group first: a monitoring group takes only what is in the group that it belongs to. */
void group_join(const struct group *group, pid_t pid)
{
	char digits[24], what[64];
	struct text t = TEXT(digits);

	text_add_u64(&t, (uint64_t)pid);
	text_join(what, sizeof(what), "write \"", digits, "\" to", NULL);
	for (int i = 0; i < (group->monitor ? 2 : 1); i++)
		if (write(group->tasks[i], digits, t.length) != (ssize_t)t.length)
			group_die(group, i ? "enableMonitoring" : "", what,
				i ? group->monitor_path : group->path, "tasks", -errno);
}

/* One component after PREFIX in PATH; NULL for anything else. */
static const char *name_after(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(path, prefix, length) != 0 || path[length] != '/')
		return NULL;
	path += length + 1;
	return *path && !strchr(path, '/') ? path : NULL;
}

/* The names in JOURNAL, whose paths are believed only where this program could have made them. */
static void take_names(struct group *group, const struct journal *journal)
{
	char monitors[MSG_RESCTRL_PATH];
	const char *path = journal->resctrl.group;

	group->name = strcmp(path, RESCTRL_MOUNT) ? name_after(path, RESCTRL_MOUNT) : "";
	group->own = journal->resctrl.own;
	if (!group->name || (group->own && !*group->name))
		die("the journal names no resctrl group:", path, EBADMSG);
	join_path(group->path, path, "", "");
	path = journal->resctrl.monitor;
	if (!path)
		return;
	join_path(monitors, group->path, "/" MONITORS, "");
	group->monitor = name_after(path, monitors);
	if (!group->monitor)
		die("the journal names no monitoring group:", path, EBADMSG);
	join_path(group->monitor_path, path, "", "");
}

int group_open(struct group *group, const struct journal *journal)
{
	int err;

	take_names(group, journal);
	group->root = resctrl_open_mount();
	if (group->root < 0)
		return group->root;
	group->dir = beneath(group->root, *group->name ? group->name : ".", O_RDONLY | O_DIRECTORY);
	err = group->dir < 0 ? group->dir : open_tasks(group);
	if (err && err != -ENOENT)
		group_die(group, "", "open the tasks of", group->path, NULL, err);
	return err;
}

void group_open_locked(struct group *group, const struct journal *journal)
{
	take_names(group, journal);
	group->root = resctrl_open_mount();
	if (group->root < 0)
		die("linux.intelRdt: no resctrl file system is mounted on", RESCTRL_MOUNT, 0);
	lock(group->root);
	group->dir = beneath(group->root, *group->name ? group->name : ".", O_RDONLY | O_DIRECTORY);
	if (group->dir < 0)
		group_die(group, "", "open", group->path, NULL, group->dir);
}

int has_resource(const char *resource)
{
	char path[64];
	int root = resctrl_open_mount(), fd = -1;

	int found;

	text_join(path, sizeof(path), "info/", resource, NULL);
	if (root >= 0)
		fd = beneath(root, path, O_PATH | O_DIRECTORY);
	found = fd >= 0;
	close_fd(&root);
	close_fd(&fd);
	return found;
}

/* rmdir NAME in the directory PARENT, which may have gone. 0 or -errno. */
static int remove_in(int root, const char *parent, const char *name)
{
	int dir = beneath(root, parent, O_RDONLY | O_DIRECTORY), err = 0;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		err = -errno;
	close(dir);
	return err;
}

/* No process keeps a group from going: the kernel puts those in it into the group above. Where the
 * file system is not mounted any more there are no groups either. */
void group_remove(const struct journal *journal)
{
	struct group group = {.dir = -1, .tasks = {-1, -1}};
	char monitors[MSG_RESCTRL_PATH];
	int err = 0;

	if (!journal->resctrl.group)
		return;
	take_names(&group, journal);
	group.root = resctrl_open_mount();
	if (group.root < 0)
		return;
	lock(group.root);
	join_path(monitors, group.name, *group.name ? "/" : "", MONITORS);
	if (group.monitor)
		err = remove_in(group.root, monitors, group.monitor);
	if (err)
		group_die(&group, "enableMonitoring", "rmdir", group.monitor_path, NULL, err);
	if (group.own)
		err = remove_in(group.root, ".", group.name);
	if (err)
		group_die(&group, "", "rmdir", group.path, NULL, err);
}
