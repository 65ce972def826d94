/* The pid file, the console socket, the pidfd socket, and the fds that a caller passes on. */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "dial.h"
#include "fds.h"
#include "text.h"
#include "verb.h"
#include "winsize.h"
#include "whole.h"

static int fail(
	char *line, size_t size, const char *what, const char *name, const char *doing, int err)
{
	text_join(line, size, what, name, doing, err ? ": " : "", err ? errno_text(err) : "", NULL);
	return -1;
}

static void take_listen_fds(struct handover *h)
{
	const char *count = getenv("LISTEN_FDS"), *for_pid = getenv("LISTEN_PID");
	uint64_t pid, fds;

	if (!count || !for_pid || text_to_u64(for_pid, &pid) || pid != (uint64_t)getpid() ||
		text_to_u64(count, &fds) || fds > FD_FREE - FD_PRESERVED)
		return;
	h->listen_fds = fds;
	h->listen_names = getenv("LISTEN_FDNAMES");
	h->preserve_fds += (int64_t)fds;
}

int handover_fds(struct handover *h, int with_listen, char *line, size_t size)
{
	verb_drop_empty(&h->pid_file);
	verb_drop_empty(&h->console_socket);
	verb_drop_empty(&h->pidfd_socket);
	h->pid_dir = h->pid_fd = h->console_fd = h->pidfd_fd = h->master_fd = -1;
	if (with_listen && h->preserve_fds >= 0 && h->preserve_fds <= FD_FREE - FD_PRESERVED)
		take_listen_fds(h);
	if (h->preserve_fds < 0 || h->preserve_fds > FD_FREE - FD_PRESERVED)
		return fail(line, size, "invalid value for --preserve-fds", "", "", 0);
	for (int64_t i = 0; i < h->preserve_fds; i++) {
		if (fcntl((int)(3 + i), F_GETFD) < 0) {
			char numbers[64];
			struct text t = TEXT(numbers);

			text_add_i64(&t, i);
			text_add(&t, " (of ");
			text_add_i64(&t, h->preserve_fds);
			text_add(&t, ")");
			return fail(
				line, size, "unable to stat preserved-fd ", numbers, "", ENOENT);
		}
	}
	return 0;
}

/* /dev/null, for one: it must not become a file. 1: what leads to one is another user's link, which is
 * replaced as any file is. */
static int open_special(struct handover *h, const char *path, char *line, size_t size)
{
	const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat st;
	int fd = open(path, flags | O_NOFOLLOW);

	if (fd < 0)
		fd = errno == ELOOP ? open_own_link(path, flags) : -errno;
	if (fd == -ELOOP)
		return 1;
	if (fd < 0)
		return fail(line, size, "pid file ", path, "", -fd);
	h->pid_fd = fd;
	if (fstat(fd, &st) < 0)
		return fail(line, size, "pid file ", path, "", errno);
	return S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)
		? 0
		: fail(line, size, "pid file ", path,
			  ": it is neither a regular file nor a FIFO or a character device", 0);
}

int handover_pid_directory(struct handover *h, char *line, size_t size)
{
	char path[4096];
	char *slash;
	struct stat st;
	int special;

	if (!h->pid_file)
		return 0;
	if (text_join(path, sizeof(path), h->pid_file, NULL))
		return fail(line, size, "pid file ", h->pid_file, "", ENAMETOOLONG);
	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return fail(line, size, "pid file ", path, "", errno);
	} else if (S_ISDIR(st.st_mode)) {
		return fail(line, size, "pid file ", path, "", EISDIR);
	} else if (!S_ISREG(st.st_mode)) {
		special = open_special(h, path, line, size);
		if (special <= 0)
			return special;
	}
	slash = strrchr(path, '/');
	if (slash) {
		slash[slash == path] = '\0';
		h->pid_file += slash - path + (slash == path ? 0 : 1);
		while (*h->pid_file == '/')
			h->pid_file++;
	}
	h->pid_dir = open(slash ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return h->pid_dir < 0 ? fail(line, size, "pid file ", path, "", errno) : 0;
}

/* The terminal that a foreground container's is connected to: one of our own files, or the
 * controlling one. */
static int has_terminal(void)
{
	int fd;

	if (isatty(2) || isatty(1) || isatty(0))
		return 0;
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int handover_connect(struct handover *h, int terminal, char *line, size_t size)
{
	static const char wanted[] = "a terminal is asked for by process.terminal or --tty";
	char before[4200];
	int err;

	if (terminal && h->detach && !h->console_socket)
		return fail(line, size,
			"cannot allocate tty if runc will detach without setting console socket: ",
			wanted, ": give --console-socket, or do without a terminal", 0);
	if (h->console_socket && !(terminal && h->detach))
		return fail(line, size,
			"cannot use console socket if runc will not detach or allocate tty", "", "",
			0);
	err = terminal && !h->detach ? has_terminal() : 0;
	if (err) {
		text_join(line, size, "open /dev/tty: ", errno_text(-err), ": ", wanted,
			", but there is no terminal: start from one, do without, or give --detach "
			"and --console-socket",
			NULL);
		return -1;
	}
	if (h->console_socket &&
		(h->console_fd = dial(h->console_socket, SOCK_STREAM, "", line, size)) < 0)
		return -1;
	if (!h->pidfd_socket)
		return 0;
	/* The word is misspelt in runc, and so callers know it. */
	text_join(before, sizeof(before), "failed to dail ", h->pidfd_socket, ": ", NULL);
	h->pidfd_fd = dial(h->pidfd_socket, SOCK_STREAM, before, line, size);
	return h->pidfd_fd < 0 ? -1 : 0;
}

/* One record with FD; then the socket is closed. 0 or -errno. */
static int send_and_close(int *to, const char *text, int fd)
{
	ssize_t sent = dial_send_fd(*to, text, strlen(text), fd);

	close(*to);
	*to = -1;
	return sent < 0 ? (int)sent : 0;
}

/* The program that sends it works in the container: nothing else of what it may have gets out. */
static int is_master(int fd)
{
	struct stat st;
	int number;

	return !fstat(fd, &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(5, 2) &&
		!ioctl(fd, TIOCGPTN, &number);
}

int handover_console(struct handover *h, int master, char *line, size_t size)
{
	int err;

	if (!is_master(master)) {
		close(master);
		return fail(line, size, "protocol error: what was sent as the console is",
			" not the master of a terminal", "", 0);
	}
	if (h->console_fd < 0) {
		h->master_fd = master;
		return 0;
	}
	err = winsize_inherit(master);
	if (!err)
		err = send_and_close(&h->console_fd, "/dev/pts/ptmx", master);
	close(master);
	return err ? fail(line, size, "sending the terminal to the console socket", "", "", -err)
		   : 0;
}

int handover_pidfd(struct handover *h, int pidfd, const char *text, char *line, size_t size)
{
	int err = h->pidfd_fd < 0 ? 0 : send_and_close(&h->pidfd_fd, text, pidfd);

	return err ? fail(line, size, "failed to send pidfd to ", h->pidfd_socket, "", -err) : 0;
}

int handover_pid_file(struct handover *h, uint64_t pid, char *line, size_t size)
{
	char name[300], digits[24];
	struct text t = TEXT(digits);
	int fd, err;

	if (!h->pid_file)
		return 0;
	text_add_u64(&t, pid);
	if (h->pid_fd >= 0) {
		err = write_whole(h->pid_fd, digits, t.length);
		close(h->pid_fd);
		h->pid_fd = -1;
		return err ? fail(line, size, "pid file ", h->pid_file, "", -err) : 0;
	}
	if (text_join(name, sizeof(name), ".", h->pid_file, NULL))
		return fail(line, size, "pid file ", h->pid_file, "", ENAMETOOLONG);
	fd = openat(h->pid_dir, name, O_RDWR | O_CREAT | O_EXCL | O_SYNC | O_CLOEXEC | O_NOFOLLOW,
		0666);
	if (fd < 0)
		return fail(line, size, "pid file ", h->pid_file, "", errno);
	err = write_whole(fd, digits, t.length);
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && renameat(h->pid_dir, name, h->pid_dir, h->pid_file) < 0)
		err = -errno;
	if (err) {
		(void)unlinkat(h->pid_dir, name, 0); /* the error below is the one that counts */
		return fail(line, size, "pid file ", h->pid_file, "", -err);
	}
	h->pid_written = 1;
	return 0;
}

void handover_undo(struct handover *h)
{
	if (h->pid_written)
		(void)unlinkat(h->pid_dir, h->pid_file, 0); /* it may have been taken already */
	h->pid_written = 0;
}
