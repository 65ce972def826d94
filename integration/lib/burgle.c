/*
 * burgle FILE: in a container on another pid namespace, tries until SIGTERM to open the host's FILE
 * below the root of every process that it sees. Prints "got NAME" when it can, once for each name
 * of a program, and at the end how often it has tried.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

static void got(const char *pid)
{
	static char seen[256][32];
	static int count;
	char path[300], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "r");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = 0;
	if (file)
		fclose(file);
	for (int i = 0; i < count; i++)
		if (!strcmp(seen[i], name))
			return;
	if (count < 256)
		strcpy(seen[count++], name);
	printf("got %s%s", name, strchr(name, '\n') ? "" : "\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned long tried = 0;
	char path[4352];

	if (argc < 2)
		return 2;
	signal(SIGTERM, end);
	puts("ready");
	fflush(stdout);
	while (!ended) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		while (proc && (entry = readdir(proc))) {
			int fd;

			if (!strtoul(entry->d_name, NULL, 10))
				continue;
			tried++;
			snprintf(path, sizeof(path), "/proc/%s/root%s", entry->d_name, argv[1]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			close(fd);
			got(entry->d_name);
		}
		if (proc)
			closedir(proc);
	}
	printf("tried %lu times\n", tried);
	return 0;
}
