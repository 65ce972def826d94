/* Stands in for a step that goes wrong. A test bind-mounts a copy over the step's program, with the
 * last byte of the mode changed: k kills itself, t stops itself, s says nothing, c closes all its files and stays, and of
 * seccomp f fills the memfd of the program with 4 MiB, and o with a byte more than an instruction, and
 * both say that they are done.
 */
#include <signal.h>
#include <unistd.h>

#include "../../shared/fds.h"
#include "../../shared/msg.h"

static volatile const char mode[] = "evil-mode=k";

static int compile(size_t size)
{
	static const char program[1 << 22];
	const struct msg_header done = {MSG_DONE, sizeof(done), 0, PROGRAM_SECCOMP};

	return write(FD_FILTER, program, size) < 0 || write(FD_CONTROL, &done, sizeof(done)) < 0;
}

int main(void)
{
	switch (mode[sizeof(mode) - 2]) {
	case 'k':
		kill(getpid(), SIGKILL);
		return 3;
	case 't':
		kill(getpid(), SIGSTOP);
		return 6;
	case 'c':
		for (int fd = 0; fd < 1024; fd++)
			close(fd);
		sleep(60);
		return 4;
	case 'f':
		return compile(1 << 22);
	case 'o':
		return compile(9);
	default:
		sleep(60);
		return 5;
	}
}
