/* The user's program: environment, PATH lookup, execve. Runs with nothing but the container's own
 * rights. */
#include "dmz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

#define STRINGS_MAX 65536
#define PASSWD_MAX  (256 * 1024)

static char *argv[STRINGS_MAX + 1], *envp[STRINGS_MAX + 2];
static char file[4096];

static void take_strings(const struct plan *plan, struct plan_list list, char **array)
{
	if (list.count > STRINGS_MAX)
		die("too many strings", NULL, E2BIG);
	for (uint32_t i = 0; i < list.count; i++)
		array[i] = (char *)plan_text(plan, plan_str_at(plan, list, i)->value);
	array[list.count] = NULL;
}

/* The last entry NAME=… wins, as in runc. Returns its index or -1. */
static long find_env(const char *name)
{
	size_t length = strlen(name);
	long found = -1;

	for (long i = 0; envp[i]; i++)
		if (!strncmp(envp[i], name, length) && envp[i][length] == '=')
			found = i;
	return found;
}

/* The first C of TEXT, or its end. The C library's is ten times as large. */
static char *find(const char *text, char c)
{
	while (*text && *text != c)
		text++;
	return (char *)text;
}

/* "name:password:UID:gid:gecos:HOME:shell". Returns the home of UID, ended by NUL, or NULL. */
static char *home_in_line(char *line, uint64_t uid)
{
	char *fields[7];
	uint64_t number;
	int i = 0;

	for (; line && i < 7; i++) {
		char *end = find(line, ':');

		fields[i] = line;
		line = *end ? end + 1 : NULL;
		*end = '\0';
	}
	if (i < 6 || text_to_u64(fields[2], &number) || number != uid || !fields[5][0])
		return NULL;
	return fields[5];
}

/* After one of these the file may still name a home. After any other the user cannot read it, or not with the
 * container's own limit of open files. */
static int is_machine_error(int err)
{
	return err == EINTR || err == EIO || err == ENOMEM || err == ENFILE;
}

/* The container's own file, read with the container's own rights: what is in it can only mislead
 * its author. */
static void set_home(const struct plan *plan)
{
	static char passwd[PASSWD_MAX], home[PASSWD_MAX + 8];
	long at = find_env("HOME");
	char *value = NULL, *line = passwd;
	ssize_t n;
	int fd;

	if (at >= 0 && envp[at][5])
		return;
	fd = sys_open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, passwd, sizeof(passwd) - 1);
	if (n < 0 && is_machine_error(errno))
		die("HOME:", "/etc/passwd", errno);
	passwd[n > 0 ? n : 0] = '\0';
	close(fd);
	while (!value && *line) {
		char *end = find(line, '\n');
		char *next = *end ? end + 1 : end;

		*end = '\0';
		value = home_in_line(line, plan->config->uid);
		line = next;
	}
	text_join(home, sizeof(home), "HOME=", value ? value : "/", NULL);
	if (at < 0) {
		at = plan->config->env.count;
		envp[at + 1] = NULL;
	}
	envp[at] = home;
}

/* What executable_error has found out, besides the errno. */
static char refused[512];

/* 0, or the errno with which Go's exec.LookPath refuses PATH; but EACCES for a directory, as execve
 * has it. The capabilities count, as they do there. */
static int executable_error(const char *path)
{
	struct stat st;

	text_join(refused, sizeof(refused), "stat ", path, NULL);
	if (sys_stat(path, &st) < 0)
		return errno;
	text_join(refused, sizeof(refused), S_ISDIR(st.st_mode) ? "is a directory" : "", NULL);
	if (*refused)
		return EACCES;
	return syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

static _Noreturn void die_of_lookup(const char *name, const char *detail, int err)
{
	char what[512];

	text_join(what, sizeof(what), "exec: \"", name, "\":", NULL);
	die(what, detail, err);
}

static void look_in_path(const char *name, const char *path)
{
	while (path && *path) {
		size_t length = (size_t)(find(path, ':') - path);
		struct text t = TEXT(file);

		text_add_bytes(&t, path, length);
		text_add(&t, "/");
		text_add(&t, name);
		if (length && !t.cut && !executable_error(file)) {
			if (*file != '/')
				die_of_lookup(name,
					"cannot run executable found relative to current directory",
					0);
			return;
		}
		path += length + (path[length] == ':');
	}
	die_of_lookup(name, "executable file not found in $PATH", 0);
}

static void look_up(const char *name)
{
	long path = find_env("PATH");
	int err;

	if (!*find(name, '/')) {
		look_in_path(name, path < 0 ? NULL : envp[path] + 5);
		return;
	}
	if (text_join(file, sizeof(file), name, NULL))
		die_of_lookup(name, NULL, ENAMETOOLONG);
	err = executable_error(name);
	if (err)
		die_of_lookup(name, refused, err);
}

void prepare_program(const struct plan *plan)
{
	take_strings(plan, plan->config->args, argv);
	take_strings(plan, plan->config->env, envp);
	set_home(plan);
	if (argv[0]) /* else the container waits for ever: start refuses */
		look_up(argv[0]);
}

char *const *program_environment(void)
{
	return envp;
}

void execute_program(void)
{
	ssize_t told;
	char line[4300];

	execve(file, argv, envp);
	text_join(line, sizeof(line), "exec ", file, ": ", errno_text(errno), "\n", NULL);
	told = write(2, line, strlen(line));
	/* Two bytes tell `start` that there was no exec; of `exec` it is the end to read from. */
	told = write(start_fd, line, 2);
	(void)told;
	leave(255);
}
