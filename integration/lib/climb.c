/*
 * helper-climb PATH: leaves a chroot(2) the old way: another chroot below, with the working directory
 * outside of it, from where ".." knows no root. Prints "reached" if PATH is there then, else "held",
 * and whether a file could be made beside it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char beside[4096];
	int fd;

	if (argc != 2 || (mkdir("/climb", 0700) < 0 && chdir("/climb") < 0) || chdir("/") < 0 ||
		chroot("climb") < 0) {
		perror("chroot");
		return 2;
	}
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			break;
	if (chroot(".") < 0) {
		perror("chroot");
		return 2;
	}
	puts(access(argv[1], F_OK) ? "held" : "reached");
	snprintf(beside, sizeof(beside), "%s.made", argv[1]);
	fd = open(beside, O_WRONLY | O_CREAT, 0600);
	puts(fd < 0 ? "nothing made" : "made");
	return 0;
}
