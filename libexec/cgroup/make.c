/*
 * The creation of the container's cgroup, in the steps that the conductor asks for: say which
 * directories, make them once they are in the journal, move a process into them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cgroup.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define JOIN_TRIES 5
#define JOIN_PAUSE 30 /* milliseconds */

int is_spare(const struct host *host, const struct hierarchy *h)
{
	return !host->unified && (is_unified(h) || !strncmp(h->controllers, "name=", 5));
}

/* True if the plan may mount cgroups writable: in a hierarchy that is left out the container could write our own
 * cgroup. A remount may take off what an earlier mount has set. */
static int shows_writable(const struct plan *plan)
{
	struct plan_list list = plan->config->mounts;
	int cgroups = 0, writable = 0;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_mount *m = plan_mount_at(plan, list, i);
		const char *type = plan_text(plan, m->type);
		int shows = m->kind == MOUNT_CGROUP || (type && !strncmp(type, "cgroup", 6));

		cgroups |= shows;
		writable |=
			(shows || m->kind == MOUNT_REMOUNT) && !(m->attr_set & MOUNT_ATTR_RDONLY);
	}
	return cgroups && writable;
}

/* True when an error to make or join H leaves it out instead of ending the creation (runc-cli 5.7). */
static int tolerated(
	const struct host *host, const struct hierarchy *h, const struct plan *plan, int err)
{
	if (err != -EPERM && err != -EACCES && err != -EROFS)
		return 0;
	if (host->unified && has_limits(plan))
		return 0;
	return (plan->config->rootless && !plan->config->cgroups_path.length) ||
		(is_spare(host, h) && !shows_writable(plan));
}

static void leave_out(struct hierarchy *h, int err)
{
	debug("left out, because it cannot be written:", full_path(h, NULL));
	h->refused = err;
	close_fd(&h->leaf);
}

/* "/a/b" → "a", "b" → "" */
static void to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = '\0';
}

/* Where a relative path begins (runc-cli 5.1). A bind mount of our own cgroup alone has no such
 * path: there it is the root. */
static void find_base(const struct host *host, struct hierarchy *h)
{
	int fd;

	if (host->unified)
		to_parent(h->own);
	if (!h->own[0])
		return;
	fd = beneath(h->root, h->own, O_PATH | O_DIRECTORY);
	if (fd == -ENOENT)
		h->own[0] = '\0';
	close_fd(&fd);
}

static void check_characters(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			die("cgroupsPath must not have control characters", NULL, 0);
}

void find_paths(struct host *host, const struct plan *plan)
{
	const char *asked = plan_text(plan, plan->config->cgroups_path);
	const char *id = plan_text(plan, plan->config->id);
	static char clean[PATH_SIZE];

	if (!asked || !*asked)
		asked = id ? id : "";
	check_characters(asked);
	if (path_clean(asked, clean, sizeof(clean)))
		die("cgroupsPath is too long", NULL, ENAMETOOLONG);
	if (!clean[0])
		die("cgroupsPath names no cgroup of the container's own:", asked, 0);
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];
		int below;

		if (*asked != '/')
			find_base(host, h);
		below = *asked != '/' && h->own[0];
		if (text_join(h->path, sizeof(h->path), below ? h->own : "", below ? "/" : "",
			    clean, NULL))
			die("cgroupsPath is too long", NULL, ENAMETOOLONG);
	}
}

/* True when PATH ends in the components of END, both without a slash in front. */
static int ends_in(const char *path, const char *end)
{
	size_t length = strlen(path), n = strlen(end);

	return length >= n && !strcmp(path + length - n, end) &&
		(length == n || path[length - n - 1] == '/');
}

/* The hierarchy that systemd keeps its units in. */
static struct hierarchy *find_units(struct host *host)
{
	struct hierarchy *h = host_controller(host, host->unified ? "" : "name=systemd");

	if (!h)
		die("systemd keeps no cgroups below", CGROUP_MOUNT, 0);
	return h;
}

/*
 * The manager of a user, or in a container, has its units below a cgroup of its own, which only it
 * and the kernel know: so the end is compared, and the rest believed to the kernel. No process can be
 * in a slice from the beginning.
 */
void find_unit_paths(struct host *host, const struct plan *plan, int file)
{
	const char *unit = plan_text(plan, plan->config->systemd_path);
	static char wanted[PATH_SIZE], path[PATH_SIZE], other[PATH_SIZE];
	int err = path_clean(unit ? unit : "", wanted, sizeof(wanted));
	size_t length;

	if (err || !wanted[0])
		die("plan:", "it names no cgroup of a unit", 0);
	length = strlen(wanted);
	memcpy(path, wanted, length + 1);
	if (length < 6 || strcmp(wanted + length - 6, ".slice") != 0) {
		err = place_by(file, find_units(host), path);
		if (err)
			die("reading the cgroup of the container's process:", NULL, err);
		if (!ends_in(path, wanted)) {
			text_join(other, sizeof(other), wanted, " but in ", path, NULL);
			die("the container's process is not in its unit,", other, 0);
		}
	}
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		memcpy(h->path, path, sizeof(h->path));
		h->inside = !place_by(file, h, other) && !strcmp(other, path);
	}
}

/* Whether FILE says WORD somewhere; one that the kernel has not says nothing. */
static int says(const struct hierarchy *h, const char *file, const char *word)
{
	char state[256];
	ssize_t n = read_file(h->leaf, file, state, sizeof(state));

	if (n < 0 && n != -ENOENT)
		die("read", full_path(h, file), (int)n);
	return n > 0 && strstr(state, word);
}

/* By itself or by one above. */
static int is_frozen(const struct hierarchy *h)
{
	if (is_unified(h))
		return says(h, "cgroup.freeze", "1") || says(h, "cgroup.events", "frozen 1");
	return has_controller(h, "freezer") &&
		(says(h, "freezer.state", "FROZEN") || says(h, "freezer.state", "FREEZING"));
}

/* A cgroup that is there already must be empty and able to run (config-linux.md, "Cgroup
 * ownership"; runc-cli 1.25). */
static void check_fit(const struct hierarchy *h)
{
	char what[192];
	struct text t = TEXT(what);
	int count = tree_count(h->leaf);

	if (count < 0)
		die("reading the processes of", full_path(h, NULL), count);
	if (count) {
		text_add(&t, "container's cgroup is not empty: ");
		text_add_u64(&t, (uint64_t)count);
		text_add(&t, " process(es) found");
		add_pids(&t, h->leaf);
		text_add(&t, " in");
		die(what, full_path(h, NULL), 0);
	}
	if (is_frozen(h))
		die("container's cgroup unexpectedly frozen", NULL, 0);
}

static void open_one(struct hierarchy *h)
{
	h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
	h->existed = h->leaf >= 0;
	if (h->existed && h->inside)
		return; /* it was made for this process alone */
	if (h->existed)
		check_fit(h);
	else if (h->leaf != -ENOENT && h->leaf != -EACCES && h->leaf != -EPERM)
		die("open", full_path(h, NULL), h->leaf);
}

void open_existing(struct host *host)
{
	for (size_t i = 0; i < host->count; i++)
		open_one(&host->hierarchies[i]);
}

/* As many of the controllers as a message holds, never half a name. */
static void controllers_for(const struct hierarchy *h, char *out, size_t size)
{
	struct text t = {out, size, 0, 0};

	out[0] = '\0';
	text_add(&t, h->controllers);
	if (t.cut && strrchr(out, ','))
		*strrchr(out, ',') = '\0';
}

void announce(struct host *host)
{
	static struct msg_cgroups body;
	char controllers[MSG_CONTROLLER_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < host->count; i++) {
		const struct hierarchy *h = &host->hierarchies[i];

		controllers_for(h, controllers, sizeof(controllers));
		if (!msg_add_cgroup(&body, controllers, full_path(h, NULL)))
			continue;
		err = msg_send(&conductor, MSG_CGROUP, &body, sizeof(body), -1);
		memset(&body, 0, sizeof(body));
		if (!err && msg_add_cgroup(&body, controllers, full_path(h, NULL)))
			die("cgroupsPath is too long", NULL, ENAMETOOLONG);
	}
	body.last = 1;
	if (!err)
		err = msg_send(&conductor, MSG_CGROUP, &body, sizeof(body), -1);
	if (err == -EPIPE)
		_exit(1); /* the conductor is gone: there is nobody to tell */
	if (err)
		die("telling runc about the cgroup:", NULL, err);
}

/* Copies one of cpuset's two lists from PARENT while DIR has none: an empty one admits no process.
 */
static int inherit_cpuset(int parent, int dir, const char *file)
{
	char value[4096];
	ssize_t length = read_file(dir, file, value, sizeof(value));

	if (length == -ENOENT) {
		file += strlen("cpuset."); /* mounted with noprefix */
		length = read_file(dir, file, value, sizeof(value));
	}
	if (length)
		return length < 0 ? (int)length : 0;
	length = read_file(parent, file, value, sizeof(value));
	return length < 0 ? (int)length : length ? write_file(dir, file, value) : 0;
}

static int inherit_cpusets(int parent, int dir)
{
	int err = inherit_cpuset(parent, dir, "cpuset.cpus");

	return err ? err : inherit_cpuset(parent, dir, "cpuset.mems");
}

/* Gives the children of DIR every controller that it has: all at once, else one by one, whatever
 * can be had. */
static void enable_controllers(int dir)
{
	char list[1024], enabled[1024], line[2048];
	struct text all = TEXT(line);

	if (read_file(dir, "cgroup.controllers", list, sizeof(list)) <= 0)
		return;
	if (read_file(dir, "cgroup.subtree_control", enabled, sizeof(enabled)) >= 0 &&
		!strcmp(list, enabled))
		return;
	for (char *word = list; *word; word += strcspn(word, " ")) {
		word += *word == ' ';
		text_add(&all, all.length ? " +" : "+");
		text_add_bytes(&all, word, strcspn(word, " "));
	}
	if (!all.cut && !write_file(dir, "cgroup.subtree_control", line))
		return;
	for (char *word = line, *next; *word; word = next) {
		next = word + strcspn(word, " ");
		if (*next)
			*next++ = '\0';
		if (write_file(dir, "cgroup.subtree_control", word))
			continue; /* whoever asks for its limits will hear of it */
	}
}

/* Opens NAME in PARENT, making it when it is missing, and does what a new level of this hierarchy
 * needs. fd or -errno. */
static int make_level(struct hierarchy *h, int parent, const char *name, const struct plan *leaf_of)
{
	int fd, err = 0, fresh = leaf_of && !h->existed, raced = 0;

	fd = fresh ? -ENOENT : beneath(parent, name, O_RDONLY | O_DIRECTORY);
	if (fd == -ENOENT) {
		raced = mkdirat(parent, name, 0755) < 0;
		if (raced && errno != EEXIST)
			return -errno;
		fd = beneath(parent, name, O_RDONLY | O_DIRECTORY);
	}
	if (fd < 0)
		return fd;
	h->leaf = leaf_of ? fd : -1;
	if (leaf_of && raced)
		check_fit(h); /* somebody made it since we looked */
	if (has_controller(h, "cpuset")) {
		if (leaf_of)
			limit_cpuset(h, leaf_of);
		err = inherit_cpusets(parent, fd);
	}
	if (err)
		close(fd);
	return err ? err : fd;
}

/* mkdir -p, one component at a time, from the root of the hierarchy. Returns the fd of the last or
 * -errno. */
static int make_path(const struct host *host, struct hierarchy *h, const struct plan *plan)
{
	char path[PATH_SIZE];
	int parent = h->root;

	memcpy(path, h->path, sizeof(path));
	for (char *name = path, *next; name; name = next) {
		int fd;

		next = strchr(name, '/');
		if (next)
			*next++ = '\0';
		if (host->unified)
			enable_controllers(parent);
		fd = make_level(h, parent, name, next ? NULL : plan);
		close(parent);
		if (fd < 0)
			return fd;
		parent = fd;
	}
	return parent;
}

static void refuse(const struct host *host, const struct hierarchy *h, const struct plan *plan,
	const char *what, int err)
{
	if (host->unified && plan->config->rootless &&
		(err == -EPERM || err == -EACCES || err == -EROFS))
		die("rootless needs no limits + no cgrouppath when no permission is granted for "
		    "cgroups: mkdir",
			full_path(h, NULL), err);
	die(what, full_path(h, NULL), err);
}

void make_all(struct host *host, const struct plan *plan)
{
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		close_fd(&h->leaf);
		h->leaf = make_path(host, h, plan);
		h->root = -1;
		/* The container's process would stand still there, and on v1 not even end. */
		if (h->leaf >= 0 && is_frozen(h))
			die("container's cgroup unexpectedly frozen: so is one above",
				full_path(h, NULL), 0);
		if (h->leaf >= 0)
			continue;
		if (!tolerated(host, h, plan, h->leaf))
			refuse(host, h, plan, "mkdir", h->leaf);
		leave_out(h, h->leaf);
	}
}

int join(struct hierarchy *h, const char *pid)
{
	ssize_t n;

	if (h->procs < 0)
		h->procs = beneath(h->leaf, "cgroup.procs", O_WRONLY);
	if (h->procs < 0)
		return h->procs;
	/* EINVAL: the process was just made and is not ready to be moved (runc-cli 5.2). */
	for (int tries = 0; (n = write(h->procs, pid, strlen(pid))) < 0; tries++) {
		if (errno != EINVAL || tries == JOIN_TRIES)
			return -errno;
		sleep_ms(JOIN_PAUSE);
	}
	return 0;
}

/* The files that the join writes, opened while the conductor is busy elsewhere: nothing is left but
 * the write. */
void prepare_join(struct host *host)
{
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		if (h->leaf >= 0)
			h->procs = beneath(h->leaf, "cgroup.procs", O_WRONLY);
	}
}

/*
 * Below a threaded cgroup a new one takes processes only as a threaded one, and has none of the
 * controllers that need a domain. Where the plan needs none of them that is better than an error
 * (runc-cli 5.3). True when it was done.
 */
static int make_threaded(struct hierarchy *h, const struct plan *plan)
{
	char type[64];

	return is_unified(h) && !has_domain_limits(plan) &&
		read_file(h->leaf, "cgroup.type", type, sizeof(type)) > 0 &&
		!strcmp(type, "domain invalid") && !write_file(h->leaf, "cgroup.type", "threaded");
}

void join_all(struct host *host, const struct plan *plan, pid_t pid)
{
	char digits[24];
	struct text t = TEXT(digits);

	text_add_u64(&t, (uint64_t)pid);
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];
		int err;

		if (h->leaf < 0)
			continue;
		limit_realtime(h, plan);
		err = h->inside ? 0 : join(h, digits);
		if (err == -EOPNOTSUPP && make_threaded(h, plan))
			err = join(h, digits);
		close_fd(&h->procs);
		if (!err)
			continue;
		explain_join(h, err);
		if (!tolerated(host, h, plan, err))
			die_write(h, "cgroup.procs", digits, err);
		leave_out(h, err);
	}
}
