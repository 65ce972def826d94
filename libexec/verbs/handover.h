/*
 * What the caller of create, run and exec wants to be handed – the pid in a file, the terminal and
 * a pidfd through sockets – and the file descriptors it hands over itself. Every path is opened
 * before anything is made. Functions that can fail return 0, or -1 and LINE.
 */
#ifndef DAVIT_HANDOVER_H
#define DAVIT_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

struct handover {
	/* from the command line */
	const char *pid_file;
	const char *console_socket;
	const char *pidfd_socket;
	int64_t preserve_fds; /* all that are passed on from 3 up: those of LISTEN_FDS come first */
	int detach;

	uint64_t listen_fds;
	const char *listen_names; /* NULL: none are given */
	int pid_dir;              /* of pid_file */
	int pid_fd; /* what it is instead of a regular file, open for writing; -1: nothing */
	int pid_written;
	int console_fd;
	int pidfd_fd;
	int master_fd; /* the pty master, for tty; -1 */
};

/* The flags that fill a struct handover H. */
#define HANDOVER_FLAGS(h)                                                                          \
	{"console-socket", NULL, FLAG_STRING, &(h).console_socket,                                 \
		"path to an AF_UNIX socket which will receive the pty master"},                    \
		{"pidfd-socket", NULL, FLAG_STRING, &(h).pidfd_socket,                             \
			"path to an AF_UNIX socket which will receive the pidfd of the process"},  \
		{"pid-file", NULL, FLAG_STRING, &(h).pid_file, "file to write the process id to"}, \
	{                                                                                          \
		"preserve-fds", NULL, FLAG_INT, &(h).preserve_fds,                                 \
			"pass N additional file descriptors to the container"                      \
	}

/*
 * First of all, before anything of ours is open: are the fds there that are to be passed on? WITH
 * LISTEN: those of socket activation, sd_listen_fds(3), too, when they are meant for this process.
 */
int handover_fds(struct handover *h, int with_listen, char *line, size_t size);

/* The directory of the pid file: it goes where its path says now, not after a change of directory. A
 * FIFO or a character device there is opened, to be written to and not replaced. */
int handover_pid_directory(struct handover *h, char *line, size_t size);

/* Whether the process has a TERMINAL decides what is asked for: checks that, then connects the
 * sockets. */
int handover_connect(struct handover *h, int terminal, char *line, size_t size);

/* The pty master (taken over) goes to the console socket, or is kept for tty. */
int handover_console(struct handover *h, int master, char *line, size_t size);

/* runc-cli.md 3.12: TEXT is "standard" or "setns". Nothing without --pidfd-socket. */
int handover_pidfd(struct handover *h, int pidfd, const char *text, char *line, size_t size);

/* Nothing without --pid-file. */
int handover_pid_file(struct handover *h, uint64_t pid, char *line, size_t size);

/* The process was killed again: removes the pid file, if it was written. */
void handover_undo(struct handover *h);

#endif
