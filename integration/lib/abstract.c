/* helper-abstract listen|connect NAME: a socket in the abstract namespace; the listener stays until it is killed. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t length;

	if (argc != 3 || fd < 0)
		return 2;
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", argv[2]);
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		strlen(address.sun_path + 1));
	if (!strcmp(argv[1], "listen")) {
		if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 8) < 0)
			perror("listen");
		else
			pause();
		return 1;
	}
	if (connect(fd, (struct sockaddr *)&address, length) < 0) {
		perror("connect");
		return 1;
	}
	puts("connected");
	return 0;
}
