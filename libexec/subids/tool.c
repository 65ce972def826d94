/* One run of newuidmap or newgidmap: its words are numbers of the plan, its output is kept. */
#include "subids.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

#define TOOL_SECONDS 30
#define MAP_LINES    340 /* user_namespaces(7) */

static char numbers[(1 + 3 * MAP_LINES) * 12];
static char *argv[2 + 3 * MAP_LINES + 1];

static void add_word(struct text *t, size_t *n, uint64_t number)
{
	argv[(*n)++] = t->data + t->length;
	text_add_u64(t, number);
	t->length++; /* the NUL is there */
}

static void make_words(const struct plan *plan, const struct tool *tool, pid_t pid)
{
	struct text t = TEXT(numbers);
	size_t n = 0;

	if (tool->map.count > MAP_LINES)
		die(tool->member, "more than 340 mappings", 0);
	argv[n++] = (char *)tool->name;
	add_word(&t, &n, (uint64_t)pid);
	for (uint32_t i = 0; i < tool->map.count; i++) {
		const struct plan_idmap *line = plan_idmap_at(plan, tool->map, i);

		add_word(&t, &n, line->container);
		add_word(&t, &n, line->host);
		add_word(&t, &n, line->size);
	}
	argv[n] = NULL;
}

/* Its input, too, is the end that nobody can read from: there is none for it. */
static pid_t start(const struct tool *tool, int output)
{
	static char *nothing[] = {NULL};
	pid_t pid = fork();
	const char *why;

	if (pid)
		return pid;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(output, fd) < 0)
			leave(127);
	execve(tool->path, argv, nothing);
	why = errno_text(errno);
	leave(write(1, why, strlen(why)) < 0 ? 126 : 127);
}

/* Its status; it is killed when the time is over. */
static int wait_for(pid_t pid)
{
	struct pollfd poller = {.fd = sys_pidfd_open(pid, 0), .events = POLLIN};
	int status, n;

	if (poller.fd < 0)
		die("pidfd_open:", NULL, errno);
	do
		n = poll(&poller, 1, TOOL_SECONDS * 1000);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		(void)sys_pidfd_send_signal(poller.fd, SIGKILL);
	close(poller.fd);
	while (waitpid(pid, &status, n > 0 ? 0 : WNOHANG) < 0)
		if (errno != EINTR)
			die("waitpid:", NULL, errno);
	return n > 0 ? status : -1;
}

void tool_run(const struct plan *plan, const struct tool *tool, pid_t pid)
{
	char said[1024];
	int output[2], status;
	ssize_t length;
	pid_t child;

	make_words(plan, tool, pid);
	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0)
		die("pipe:", NULL, errno);
	child = start(tool, output[1]);
	if (child < 0)
		die("fork:", NULL, errno);
	close(output[1]);
	status = wait_for(child);
	if (status == -1)
		die(tool->member, tool->path, ETIMEDOUT);
	length = read(output[0], said, sizeof(said) - 1);
	close(output[0]);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	said[length > 0 ? length : 0] = '\0';
	reason_die(tool, said);
}
