/*
 * runc list: all containers below the state root, as a table, JSON or bare ids. One that cannot be
 * read costs a line on stderr and nothing else.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "state.h"
#include "text.h"
#include "verb.h"

/* Address space, not memory: pages that are never written cost nothing. */
#define CONTAINERS_MAX 131072
#define NAMES_MAX      (16u << 20)
#define CELLS_MAX      (256u << 20)
#define PASSWD_MAX     (1u << 20)
#define COLUMNS        6

static const char *format = "table";
static int quiet;

static const struct flag flags[] = {
	{"format", "f", FLAG_STRING, &format, "select one of: table or json (default: \"table\")"},
	{"quiet", "q", FLAG_BOOL, &quiet, "display only container IDs"},
};

static const struct verb verb = {
	.name = "list",
	.usage = "",
	.description = "lists containers started by runc with the given root",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 0,
	.max_args = 0,
};

static char names[NAMES_MAX];
static const char *order[CONTAINERS_MAX];
static char cells[CELLS_MAX]; /* of the table: COLUMNS strings for each line */
static struct text cell_text = TEXT(cells);
static size_t widths[COLUMNS], lines;

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of what may be containers, sorted. */
static size_t read_names(int root)
{
	static char buffer[1 << 16];
	size_t count = 0, used = 0;
	long n;

	while ((n = syscall(SYS_getdents64, root, buffer, sizeof(buffer))) > 0) {
		for (long i = 0; i < n;) {
			const struct dirent *entry = (const void *)(buffer + i);
			size_t size = strlen(entry->d_name) + 1;

			i += entry->d_reclen;
			if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
				state_id_error(entry->d_name))
				continue;
			if (count == CONTAINERS_MAX || size > sizeof(names) - used)
				log_die(1, NULL, "too many containers to list");
			order[count++] = memcpy(names + used, entry->d_name, size);
			used += size;
		}
	}
	if (n < 0)
		log_die(1, verb_root_error(-errno), "getdents");
	qsort(order, count, sizeof(order[0]), by_name);
	return count;
}

static size_t read_passwd(char *buffer, size_t size)
{
	int fd = open("/etc/passwd", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	size_t length = 0;
	ssize_t n;

	while (fd >= 0 && length < size - 1 &&
		(n = read(fd, buffer + length, size - 1 - length)) > 0)
		length += (size_t)n;
	if (fd >= 0)
		close(fd);
	buffer[length] = '\0';
	return length;
}

/* The name of UID in /etc/passwd, or "#UID". The state directories of one root nearly all have one
 * owner. */
static const char *owner_name(uid_t uid)
{
	static char passwd[PASSWD_MAX], name[64];
	static uid_t last;
	struct text t = TEXT(name);
	char *next;

	if (*name && uid == last)
		return name;
	last = uid;
	read_passwd(passwd, sizeof(passwd));
	for (char *line = passwd; *line; line = next) {
		char *user = line, *password, *number, *end;
		uint64_t value;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		password = strchr(user, ':');
		number = password ? strchr(password + 1, ':') : NULL;
		end = number ? strchr(number + 1, ':') : NULL;
		if (!end || password == user || (size_t)(password - user) >= sizeof(name))
			continue;
		*end = '\0';
		if (text_to_u64(number + 1, &value) || value != uid)
			continue;
		text_add_bytes(&t, user, (size_t)(password - user));
		return name;
	}
	text_add(&t, "#");
	text_add_u64(&t, uid);
	return name;
}

/* Standard output in large pieces. */
static void put(const char *data, size_t length)
{
	static char buffer[1 << 16];
	static size_t used;

	if (!data || length > sizeof(buffer) - used) {
		verb_print(buffer, used);
		used = 0;
	}
	if (length > sizeof(buffer)) {
		verb_print(data, length);
	} else if (data) {
		memcpy(buffer + used, data, length);
		used += length;
	}
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void add_line(const char *const line[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		size_t at = cell_text.length, width;

		/* The plan of another user may hold anything, and this goes to root's terminal. */
		text_add_shown(&cell_text, line[i], SIZE_MAX);
		width = characters(cell_text.data + at) + 3;
		if (width > widths[i])
			widths[i] = width;
		text_add_bytes(&cell_text, "", 1);
	}
	if (cell_text.cut)
		log_die(1, NULL, "too many containers to list");
	lines++;
}

static void put_table(void)
{
	static const char blanks[] = "            ";
	const char *cell = cells;

	for (size_t line = 0; line < lines; line++) {
		for (int i = 0; i < COLUMNS; i++) {
			size_t length = strlen(cell), pad = widths[i] - characters(cell);

			put(cell, length);
			for (size_t n; i < COLUMNS - 1 && pad; pad -= n) {
				n = pad < sizeof(blanks) - 1 ? pad : sizeof(blanks) - 1;
				put(blanks, n);
			}
			cell += length + 1;
		}
		put("\n", 1);
	}
}

static void add_table_line(
	struct container *container, enum container_status status, const char *owner)
{
	char pid[24], created[40];
	struct text t = TEXT(pid);

	text_add_u64(&t, status == STATUS_STOPPED ? 0 : container->journal.init.pid);
	state_format_time(container->journal.ready.seconds, container->journal.ready.nanoseconds,
		created, sizeof(created));
	add_line((const char *const[COLUMNS]){
		container->id, pid, status_names[status], verb_bundle(container), created, owner});
}

static void complain(const char *what, const char *id, const char *text)
{
	char line[512];

	if (!text_join(line, sizeof(line), what, " ", id, ": ", text, "\n", NULL) &&
		write(2, line, strlen(line)) < 0)
		_exit(1);
}

/* What the journal of a creation that was not finished does not say. */
static void fill_unfinished(struct container *container, const struct stat *st)
{
	int pidfd = state_pidfd(container);

	container->journal.ready =
		(struct journal_ready){(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec};
	if (pidfd < 0)
		container->journal.init.pid = 0;
	else
		close(pidfd);
}

/* Returns 1 when the container was written as JSON. */
static int put_container(struct container *container, int json, int first)
{
	int status = state_status(container);
	const char *owner, *text;
	struct stat st;
	size_t length;

	if (status < 0 || fstat(container->dir, &st) < 0) {
		complain(status < 0 ? "status for" : "state for", container->id,
			errno_text(status < 0 ? -status : errno));
		return 0;
	}
	if (!container->journal.is_ready)
		fill_unfinished(container, &st);
	owner = owner_name(st.st_uid);
	if (!json) {
		add_table_line(container, (enum container_status)status, owner);
		return 0;
	}
	text = verb_describe(container, (enum container_status)status, NULL, owner, &length);
	if (!text) {
		complain("state for", container->id, "too large to print");
		return 0;
	}
	put(first ? "[" : ",", 1);
	put(text, length);
	return 1;
}

static int list_one(int root, const char *id, int json, int first)
{
	static struct container container;
	int err = verb_read_container(root, id, &container), written = 0;

	if (err == -ENOTDIR || err == -ENOENT)
		return 0; /* no directory, or removed meanwhile */
	if (err) {
		complain("load container", id, verb_container_error(id, &container, err));
	} else if (quiet) {
		put(id, strlen(id));
		put("\n", 1);
	} else {
		written = put_container(&container, json, first);
	}
	state_close(&container);
	return written;
}

int main(int argc, char **argv)
{
	int json, root, first = 1;
	size_t count = 0;

	verb_start(&verb, argc, argv, NULL, 0);
	json = !strcmp(format, "json");
	root = state_look_root(globals.root);
	if (root >= 0)
		count = read_names(root);
	else if (root != -ENOENT || globals.root_given)
		log_die(1, NULL, verb_root_error(root));
	if (!quiet && !json && strcmp(format, "table") != 0)
		log_die(1, NULL, "invalid format option");
	for (int i = 0; i < COLUMNS; i++)
		widths[i] = 12;
	if (!quiet && !json)
		add_line((const char *const[COLUMNS]){
			"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"});
	for (size_t i = 0; i < count; i++)
		if (list_one(root, order[i], json, first))
			first = 0;
	if (json && !quiet)
		put(first ? "null\n" : "]\n", first ? 5 : 2);
	put_table();
	put(NULL, 0);
	return 0;
}
