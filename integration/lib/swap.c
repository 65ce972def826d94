/* Exchanges two names with each other, over and over, with a pause of so many microseconds: a
 * racing container. */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long pause = argc > 3 ? strtol(argv[3], NULL, 10) : 0;

	if (argc < 3)
		return 2;
	for (;;) {
		if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) <
			0)
			return 1;
		if (pause)
			usleep((unsigned)pause);
	}
}
