/*
 * A resctrl file system for machines without one: the groups, files, rules and words of the kernel's
 * (Documentation/filesystems/resctrl.rst), served through FUSE. Two domains, masks of 20 bits,
 * bandwidths in steps of 10, and four CLOSIDs.
 *   helper-resctrlfs DIRECTORY LOG HOLD [no-monitoring]
 * mounts it, says "ready", and serves until it is unmounted. What changes anything is a line of LOG
 * once it has succeeded. An operation whose line is in the file HOLD waits until the file is gone,
 * and says so in LOG before.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODES   1024
#define TASKS   256
#define DOMAINS 2
#define CLOSIDS 4
#define MASK    0xfffffu

enum kind { GONE, ROOT, GROUP, MONITORS, MONITOR, OTHER, TASKS_FILE, SCHEMATA, STATUS, STEP };

static struct node {
	enum kind kind;
	int parent;
	char name[256];
	unsigned mode;
	unsigned l3[DOMAINS], mb[DOMAINS]; /* of a group */
} nodes[NODES] = {[1] = {.kind = ROOT, .parent = 1, .mode = S_IFDIR | 0555}};

static struct task {
	int pid, group, monitor;
} tasks[TASKS];

static int node_count = 2, task_count, device, monitoring = 1;
static const char *log_path, *hold_path;
static char status[256] = "ok\n";

static void note(const char *line)
{
	FILE *f = fopen(log_path, "ae");

	if (f) {
		fprintf(f, "%s\n", line);
		fclose(f);
	}
}

/* What OPERATION on NODE/NAME is called in LOG and HOLD. */
static const char *describe(const char *operation, int node, const char *name, const char *value)
{
	static char line[8192];
	char path[2048] = "", longer[2400];

	if (name)
		snprintf(path, sizeof(path), "/%s", name);
	for (; node > 1; node = nodes[node].parent) {
		snprintf(longer, sizeof(longer), "/%s%s", nodes[node].name, path);
		snprintf(path, sizeof(path), "%.2000s", longer);
	}
	snprintf(line, sizeof(line), "%s %s%s%s", operation, path, value ? " " : "",
		value ? value : "");
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void hold(const char *line)
{
	char wanted[8192] = "", said[8300];
	FILE *f = fopen(hold_path, "re");

	if (!f)
		return;
	if (!fgets(wanted, sizeof(wanted), f))
		wanted[0] = '\0';
	fclose(f);
	wanted[strcspn(wanted, "\n")] = '\0';
	if (!*wanted || strncmp(line, wanted, strlen(wanted)) != 0)
		return;
	snprintf(said, sizeof(said), "held %s", line);
	note(said);
	for (int i = 0; i < 2000 && !access(hold_path, F_OK); i++)
		usleep(10000);
}

static int add(int parent, const char *name, enum kind kind, unsigned mode)
{
	struct node *n = &nodes[node_count];

	if (node_count == NODES)
		abort();
	n->kind = kind;
	n->parent = parent;
	n->mode = mode;
	snprintf(n->name, sizeof(n->name), "%s", name);
	for (int i = 0; i < DOMAINS; i++) {
		n->l3[i] = MASK;
		n->mb[i] = 100;
	}
	return node_count++;
}

static void fill_group(int group, unsigned mode)
{
	for (int i = 0; i < DOMAINS; i++) {
		nodes[group].l3[i] = MASK;
		nodes[group].mb[i] = 100;
	}
	add(group, "tasks", TASKS_FILE, S_IFREG | 0644);
	add(group, "schemata", SCHEMATA, S_IFREG | 0644);
	if (monitoring)
		add(group, "mon_groups", MONITORS, S_IFDIR | mode);
}

static void fill_root(void)
{
	int info = add(1, "info", OTHER, S_IFDIR | 0555), mb;

	add(info, "last_cmd_status", STATUS, S_IFREG | 0444);
	add(info, "L3", OTHER, S_IFDIR | 0555);
	mb = add(info, "MB", OTHER, S_IFDIR | 0555);
	add(mb, "bandwidth_gran", STEP, S_IFREG | 0444);
	fill_group(1, 0555);
}

static int find(int parent, const char *name)
{
	for (int i = 2; i < node_count; i++)
		if (nodes[i].kind && nodes[i].parent == parent && !strcmp(nodes[i].name, name))
			return i;
	return 0;
}

static int refuse(int err, const char *text)
{
	snprintf(status, sizeof(status), "%s\n", text);
	return -err;
}

/* ---- what the kernel's file system does ---- */

static int make(int parent, const char *name, unsigned mode)
{
	int groups = 1, made;

	snprintf(status, sizeof(status), "ok\n");
	if (find(parent, name))
		return -EEXIST;
	if (nodes[parent].kind == MONITORS) {
		made = add(parent, name, MONITOR, S_IFDIR | mode);
		add(made, "tasks", TASKS_FILE, S_IFREG | 0644);
		return made;
	}
	if (nodes[parent].kind != ROOT)
		return -EPERM;
	for (int i = 2; i < node_count; i++)
		groups += nodes[i].kind == GROUP;
	if (groups == CLOSIDS)
		return refuse(ENOSPC, "Out of CLOSIDs");
	made = add(parent, name, GROUP, S_IFDIR | mode);
	fill_group(made, mode);
	return made;
}

static void forget(int node)
{
	nodes[node].kind = GONE;
	for (int i = 0; i < task_count; i++) {
		if (tasks[i].monitor == node)
			tasks[i].monitor = 0;
		if (tasks[i].group == node)
			tasks[i] = (struct task){tasks[i].pid, 1, 0};
	}
	for (int i = 2; i < node_count; i++)
		if (nodes[i].kind && nodes[i].parent == node)
			forget(i);
}

static int destroy(int parent, const char *name)
{
	int node = find(parent, name);

	snprintf(status, sizeof(status), "ok\n");
	if (!node)
		return -ENOENT;
	if (nodes[node].kind != GROUP && nodes[node].kind != MONITOR)
		return -EPERM;
	forget(node);
	return 0;
}

static int move(int directory, int pid)
{
	int is_monitor = nodes[directory].kind == MONITOR;
	int group = is_monitor ? nodes[nodes[directory].parent].parent : directory, i;

	snprintf(status, sizeof(status), "ok\n");
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return -ESRCH;
	for (i = 0; i < task_count && tasks[i].pid != pid; i++)
		;
	if (is_monitor && (i == task_count ? 1 : tasks[i].group) != group)
		return refuse(EINVAL, "Can't move task to different control group");
	if (i == TASKS)
		return -ENOSPC;
	tasks[i] = (struct task){pid, group, is_monitor ? directory : 0};
	task_count += i == task_count;
	return 0;
}

static int set(struct node *group, const char *resource, unsigned domain, const char *value)
{
	int is_mask = !strcmp(resource, "L3");
	char *end;
	unsigned long n = strtoul(value, &end, is_mask ? 16 : 10), low;

	if (*end || end == value || domain >= DOMAINS)
		return refuse(EINVAL, "Non-hex character in the mask or no such domain");
	if (!is_mask) {
		if (n < 10 || n > 100)
			return refuse(EINVAL, "MB value out of range [10,100]");
		group->mb[domain] = (unsigned)(n + 9) / 10 * 10;
		return 0;
	}
	low = n & (~n + 1);
	if (!n || n > MASK)
		return refuse(EINVAL, "Mask out of range");
	if ((n + low) & n)
		return refuse(EINVAL, "The mask has non-consecutive 1-bits");
	group->l3[domain] = (unsigned)n;
	return 0;
}

static int configure(int group, char *text, size_t length)
{
	snprintf(status, sizeof(status), "ok\n");
	if (!length || text[length - 1] != '\n')
		return -EINVAL;
	for (char *line; (line = strsep(&text, "\n")) && *line;) {
		char *resource = strsep(&line, ":"), *domain, *id;

		if (!line)
			return refuse(EINVAL, "Missing ':'");
		if (strcmp(resource, "L3") && strcmp(resource, "MB"))
			return refuse(EINVAL, "Unknown or unsupported resource name");
		while ((domain = strsep(&line, ";"))) {
			int err;

			id = strsep(&domain, "=");
			if (!domain)
				return refuse(EINVAL, "Missing '=' or non-numeric domain");
			err = set(&nodes[group], resource, (unsigned)strtoul(id, NULL, 10), domain);
			if (err)
				return err;
		}
	}
	return 0;
}

static size_t show(int node, char *out, size_t size)
{
	const struct node *n = &nodes[node], *group = &nodes[n->parent];
	size_t used = 0;

	out[0] = '\0';
	if (n->kind == STATUS)
		return (size_t)snprintf(out, size, "%s", status);
	if (n->kind == STEP)
		return (size_t)snprintf(out, size, "10\n");
	if (n->kind == SCHEMATA)
		return (size_t)snprintf(out, size, "    MB:0=%4u;1=%4u\n    L3:0=%05x;1=%05x\n",
			group->mb[0], group->mb[1], group->l3[0], group->l3[1]);
	for (int i = 0; i < task_count; i++)
		if (kill(tasks[i].pid, 0) == 0 &&
			(group->kind == MONITOR ? tasks[i].monitor : tasks[i].group) == n->parent)
			used += (size_t)snprintf(out + used, size - used, "%d\n", tasks[i].pid);
	return used;
}

static int take(int node, char *text, size_t length)
{
	switch (nodes[node].kind) {
	case TASKS_FILE:
		return move(nodes[node].parent, (int)strtol(text, NULL, 10));
	case SCHEMATA:
		return configure(nodes[node].parent, text, length);
	default:
		return -EACCES;
	}
}

/* ---- FUSE ---- */

static void answer(const struct fuse_in_header *in, int err, const void *body, size_t length)
{
	char out[sizeof(struct fuse_out_header) + 65536];
	struct fuse_out_header header = {.len = (unsigned)(sizeof(header) + (err ? 0 : length)),
		.error = err,
		.unique = in->unique};

	memcpy(out, &header, sizeof(header));
	if (!err && length)
		memcpy(out + sizeof(header), body, length);
	if (write(device, out, header.len) < 0 && errno != ENOENT) /* the caller was killed */
		exit(1);
}

static struct fuse_attr attributes(int node)
{
	return (struct fuse_attr){
		.ino = (unsigned)node, .mode = nodes[node].mode, .nlink = 2, .blksize = 4096};
}

static void answer_entry(const struct fuse_in_header *in, int node)
{
	struct fuse_entry_out out = {.nodeid = (unsigned)(node > 0 ? node : 0)};

	if (node > 0)
		out.attr = attributes(node);
	answer(in, node > 0 ? 0 : node ? node : -ENOENT, &out, sizeof(out));
}

static void answer_names(const struct fuse_in_header *in, const struct fuse_read_in *request)
{
	char out[65536];
	size_t used = 0;

	for (int i = 2; i < node_count; i++) {
		struct fuse_dirent entry = {(unsigned)i, (unsigned)i, 0, nodes[i].mode >> 12};
		size_t length = strlen(nodes[i].name),
		       size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);

		if (!nodes[i].kind || nodes[i].parent != (int)in->nodeid ||
			(unsigned)i <= request->offset)
			continue;
		if (used + size > request->size || used + size > sizeof(out))
			break;
		entry.namelen = (unsigned)length;
		memset(out + used, 0, size);
		memcpy(out + used, &entry, FUSE_NAME_OFFSET);
		memcpy(out + used + FUSE_NAME_OFFSET, nodes[i].name, length);
		used += size;
	}
	answer(in, 0, out, used);
}

static void change(const struct fuse_in_header *in, char *body)
{
	const struct fuse_mkdir_in *mkdir_in = (void *)body;
	const struct fuse_write_in *write_in = (void *)body;
	struct fuse_write_out written = {0};
	char *name = in->opcode == FUSE_MKDIR ? body + sizeof(*mkdir_in) : body;
	char line[8192], *text = body + sizeof(*write_in);
	int node = (int)in->nodeid, result;

	if (in->opcode == FUSE_WRITE)
		text[write_in->size] = '\0';
	snprintf(line, sizeof(line), "%s",
		in->opcode == FUSE_MKDIR           ? describe("mkdir", node, name, NULL)
			: in->opcode == FUSE_RMDIR ? describe("rmdir", node, name, NULL)
						   : describe("write", node, NULL, text));
	hold(line);
	result = in->opcode == FUSE_MKDIR  ? make(node, name, mkdir_in->mode & 0777)
		: in->opcode == FUSE_RMDIR ? destroy(node, name)
					   : take(node, text, write_in->size);
	/* Before the answer: whoever has that may look. */
	if (result >= 0)
		note(line);
	written.size = write_in->size;
	if (in->opcode == FUSE_MKDIR)
		answer_entry(in, result);
	else
		answer(in, result, &written, in->opcode == FUSE_WRITE ? sizeof(written) : 0);
}

static void serve(const struct fuse_in_header *in, char *body)
{
	char text[65536];
	size_t length;

	switch (in->opcode) {
	case FUSE_INIT:
		answer(in, 0, &(struct fuse_init_out){.major = 7, .minor = 31, .max_write = 65536},
			sizeof(struct fuse_init_out));
		break;
	case FUSE_LOOKUP:
		hold(describe("lookup", (int)in->nodeid, body, NULL));
		answer_entry(in, find((int)in->nodeid, body));
		break;
	case FUSE_SETATTR: /* a shell truncates what it writes to */
	case FUSE_GETATTR:
		answer(in, nodes[in->nodeid].kind ? 0 : -ENOENT,
			&(struct fuse_attr_out){.attr = attributes((int)in->nodeid)},
			sizeof(struct fuse_attr_out));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(in, nodes[in->nodeid].kind ? 0 : -ENODEV,
			&(struct fuse_open_out){
				.open_flags = in->opcode == FUSE_OPEN ? FOPEN_DIRECT_IO : 0},
			sizeof(struct fuse_open_out));
		break;
	case FUSE_READ:
		length = show((int)in->nodeid, text, sizeof(text));
		answer(in, 0, text, ((struct fuse_read_in *)(void *)body)->offset ? 0 : length);
		break;
	case FUSE_READDIR:
		answer_names(in, (void *)body);
		break;
	case FUSE_STATFS:
		answer(in, 0, &(struct fuse_statfs_out){{.bsize = 4096}},
			sizeof(struct fuse_statfs_out));
		break;
	case FUSE_MKDIR:
	case FUSE_RMDIR:
	case FUSE_WRITE:
		change(in, body);
		break;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		answer(in, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(in, -ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static char request[1 << 20];
	char options[128];

	if (argc < 4)
		return 2;
	log_path = argv[2];
	hold_path = argv[3];
	monitoring = argc == 4;
	fill_root();
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options),
		"fd=%d,rootmode=40555,user_id=0,group_id=0,default_permissions,allow_other",
		device);
	if (device < 0 || mount("resctrl", argv[1], "fuse", 0, options) < 0) {
		perror("mount");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t n = read(device, request, sizeof(request) - 1);

		if (n < 0 && (errno == EINTR || errno == ENOENT))
			continue;
		if (n < (ssize_t)sizeof(struct fuse_in_header))
			return n < 0 && errno == ENODEV ? 0 : 1;
		serve((void *)request, request + sizeof(struct fuse_in_header));
	}
}
