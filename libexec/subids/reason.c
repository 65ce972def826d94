/* Why newuidmap or newgidmap refused: its own words, and what its caller can see. */
#include "subids.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "step.h"
#include "text.h"

static char file[262144]; /* what is behind that of /etc/passwd or /etc/subuid is not looked at */

static void read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t length = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, file + length, sizeof(file) - 1 - length)) > 0)
		length += (size_t)n;
	file[length] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Ends the line at *AT and the fields in it; moves *AT on. NULL: there is no other line. */
static char *next_line(char **at, char *fields[7])
{
	char *line = *at, *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;

	if (!*line)
		return NULL;
	*end = '\0';
	for (int i = 0; i < 7; i++) {
		fields[i] = line;
		line += strcspn(line, ":");
		if (*line)
			*line++ = '\0';
	}
	*at = next;
	return fields[0];
}

static int is_number(const char *word, uint64_t number)
{
	uint64_t n;

	return !text_to_u64(word, &n) && n == number;
}

/* The name of the caller in NAME, "" without one; true when its group there is not the real one. */
static int find_user(char *name, size_t size)
{
	char *at = file, *fields[7];

	*name = '\0';
	read_file("/etc/passwd");
	while (next_line(&at, fields))
		if (is_number(fields[2], getuid())) {
			text_join(name, size, fields[0], NULL);
			return !is_number(fields[3], getgid());
		}
	return 0;
}

/* ": /etc/subuid gives NAME 100000:65536" */
static void add_ranges(struct text *t, const char *ranges, const char *name)
{
	char *at = file, *fields[7];
	int found = 0;

	read_file(ranges);
	text_add(t, ": ");
	text_add(t, ranges);
	while (next_line(&at, fields)) {
		if (strcmp(fields[0], name) != 0 && !is_number(fields[0], getuid()))
			continue;
		text_add(t, found++ ? ", " : " gives ");
		text_add_shown(t, found == 1 ? name : "", 32);
		text_add(t, found == 1 ? " " : "");
		text_add_shown(t, fields[1], 20);
		text_add(t, ":");
		text_add_shown(t, fields[2], 20);
	}
	if (found)
		return;
	text_add(t, " has no range for ");
	text_add_shown(t, name, 32);
	text_add(t, ": add a line such as ");
	text_add_shown(t, name, 32);
	text_add(t, ":100000:65536");
}

/* What keeps the program from being privileged, or NULL. */
static const char *find_obstacle(const struct tool *tool)
{
	struct stat st;
	struct statvfs fs;

	if (stat(tool->path, &st) < 0 || statvfs(tool->path, &fs) < 0)
		return NULL;
	if (!(st.st_mode & S_ISUID) && getxattr(tool->path, "security.capability", NULL, 0) < 0)
		return " has neither its set-id bit nor a capability: install it again";
	if (st.st_mode & S_ISUID && st.st_uid)
		return " does not belong to root in this user namespace: nobody maps ids by it "
		       "here";
	if (fs.f_flag & ST_NOSUID)
		return " lies on a mount with nosuid: it has no privilege there";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return " has no privilege, because the caller has no_new_privs";
	return NULL;
}

void reason_die(const struct tool *tool, const char *said)
{
	char line[1000], name[64];
	struct text t = TEXT(line);
	const char *obstacle = find_obstacle(tool);
	size_t length = strcspn(said, "\n");

	if (strncmp(said, tool->name, strlen(tool->name)) != 0) {
		text_add(&t, tool->name);
		text_add(&t, ": ");
	}
	for (size_t i = 0; i < length; i++)
		text_add_bytes(&t, said[i] >= ' ' && said[i] <= '~' ? said + i : "?", 1);
	if (!length)
		text_add(&t, "it failed without a word");
	if (obstacle) {
		text_add(&t, ": ");
		text_add(&t, tool->path);
		text_add(&t, obstacle);
	} else if (find_user(name, sizeof(name))) {
		text_add(&t, ": the caller's group is not the one that /etc/passwd has for ");
		text_add_shown(&t, name, 32);
	} else if (!*name) {
		text_add(&t, ": /etc/passwd has no user with uid ");
		text_add_u64(&t, getuid());
	} else {
		add_ranges(&t, tool->ranges, name);
	}
	die(tool->member, line, 0);
}
