/*
 * Makes the system calls of a file, each in a process of its own, and prints for each line "LABEL ERRNO",
 * 0 for success, or "LABEL signal N". A line of the file: LABEL NUMBER [ARGUMENT…], numbers as strtoul
 * reads them; what is not given is -1, which is no pointer and no descriptor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void make_call(const char *label, const unsigned long *words)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(5);
		_exit(syscall((long)words[0], words[1], words[2], words[3], words[4], words[5],
			      words[6]) == -1
				? errno
				: 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(1);
	if (WIFEXITED(status))
		printf("%s %d\n", label, WEXITSTATUS(status));
	else
		printf("%s signal %d\n", label, WTERMSIG(status));
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[256];

	if (!file)
		return 1;
	while (fgets(line, sizeof(line), file)) {
		char *rest = line, *word, *label = strsep(&rest, " \n");
		unsigned long words[7] = {-1ul, -1ul, -1ul, -1ul, -1ul, -1ul, -1ul};

		for (size_t i = 0; i < 7 && (word = strsep(&rest, " \n"));)
			if (*word)
				words[i++] = strtoul(word, NULL, 0);
		make_call(label, words);
	}
	return 0;
}
