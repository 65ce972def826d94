/* By hand: what is in a cgroup, as JSON or as a list of pids. Only reads. The numbers are told by the
 * program stats. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "json.h"
#include "step.h"
#include "text.h"

static char output[2 << 20];

static void print(const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(1, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("write:", NULL, errno);
		bytes += n;
		length -= (size_t)n;
	}
}

static void open_leaves(struct host *host, const char *path)
{
	int found = 0;

	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		if (path_clean(path, h->path, sizeof(h->path)))
			die("open", path, ENAMETOOLONG);
		h->leaf = beneath(h->root, h->path[0] ? h->path : ".", O_RDONLY | O_DIRECTORY);
		found |= h->leaf >= 0;
		if (h->leaf < 0 && h->leaf != -ENOENT)
			die("open", full_path(h, NULL), h->leaf);
	}
	if (!found)
		die("no such cgroup:", path, 0);
}

/* The one that has the processes: of v1's many, the one that is least shared with others. */
static struct hierarchy *with_processes(struct host *host)
{
	static const char *const order[] = {"pids", "freezer", "", "memory"};
	struct hierarchy *h = NULL;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		h = host_controller(host, order[i]);
		if (h && h->leaf >= 0)
			return h;
	}
	for (h = host->hierarchies; h->leaf < 0; h++)
		;
	return h;
}

static void add_frozen(struct json *j, struct host *host)
{
	struct hierarchy *freezer = host_controller(host, "freezer"),
			 *h = host_controller(host, "");
	int v1 = freezer ? freezer->leaf : -1, v2 = h ? h->leaf : -1;
	char state[32];

	if (!host->unified && v1 >= 0 && read_file(v1, "freezer.state", state, sizeof(state)) > 0)
		json_bool(j, "frozen", strcmp(state, "THAWED") != 0);
	else if (v2 >= 0 && read_file(v2, "cgroup.freeze", state, sizeof(state)) > 0)
		json_bool(j, "frozen", state[0] == '1');
}

static int add_process(pid_t pid, void *arg)
{
	json_u64(arg, NULL, (uint64_t)pid);
	return 0;
}

static void add_directories(struct json *j, struct host *host)
{
	json_object(j, "cgroups");
	for (size_t i = 0; i < host->count; i++) {
		const struct hierarchy *h = &host->hierarchies[i];

		if (h->leaf >= 0)
			json_string(j, h->controllers, full_path(h, NULL));
	}
	json_object_end(j);
}

static void show_stat(struct host *host)
{
	struct hierarchy *h = with_processes(host);
	struct json j;
	int err;

	json_start(&j, output, sizeof(output) - 1, NULL);
	json_object(&j, NULL);
	json_string(&j, "version",
		host->unified                       ? "v2"
			: host_controller(host, "") ? "hybrid"
						    : "v1");
	add_directories(&j, host);
	add_frozen(&j, host);
	json_array(&j, "processes");
	err = procs_each(h->leaf, add_process, &j);
	if (err && err != -EOPNOTSUPP)
		die("read", full_path(h, "cgroup.procs"), err);
	json_array_end(&j);
	json_object_end(&j);
	if (j.cut)
		die("too many processes in", full_path(h, NULL), E2BIG);
	j.data[j.length++] = '\n';
	print(j.data, j.length);
}

static int add_line(pid_t pid, void *arg)
{
	struct text *t = arg;

	text_add_u64(t, (uint64_t)pid);
	text_add(t, "\n");
	return t->cut ? -E2BIG : 0;
}

static void show_procs(struct host *host)
{
	struct hierarchy *h = with_processes(host);
	struct text t = TEXT(output);
	int err = procs_each(h->leaf, add_line, &t);

	if (err)
		die("read", full_path(h, "cgroup.procs"), err);
	print(output, t.length);
}

int show(struct host *host, const char *command, const char *path)
{
	open_leaves(host, path);
	if (!strcmp(command, "stat"))
		show_stat(host);
	else
		show_procs(host);
	return 0;
}
