/* Stands in for a step that goes wrong. A test bind-mounts a copy over the step's program, with the
 * last byte of the mode changed: k kills itself, s says nothing, c closes all its files and stays.
 */
#include <signal.h>
#include <unistd.h>

static volatile const char mode[] = "evil-mode=k";

int main(void)
{
	switch (mode[sizeof(mode) - 2]) {
	case 'k':
		kill(getpid(), SIGKILL);
		return 3;
	case 'c':
		for (int fd = 0; fd < 1024; fd++)
			close(fd);
		sleep(60);
		return 4;
	default:
		sleep(60);
		return 5;
	}
}
