/*
 * helper-stuck: a process that no freezer can stop: it waits in the kernel for memory that nobody
 * provides (userfaultfd(2)). Prints "ready" before. It can be killed. With an argument it is one that
 * can be stopped: it waits, uninterruptibly, for a child of vfork(2) that sleeps.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int wait_in_vfork(void)
{
	pid_t child = vfork();

	if (!child) {
		if (write(1, "ready\n", 6) == 6)
			pause();
		_exit(1);
	}
	return child < 0;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), ends[2];
	char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argv;
	if (argc > 1)
		return wait_in_vfork();
	if (fd < 0 || page == MAP_FAILED || pipe(ends) < 0 || ioctl(fd, UFFDIO_API, &api) < 0)
		return perror("userfaultfd"), 1;
	range.range.start = (uint64_t)(uintptr_t)page;
	range.range.len = size;
	if (ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		return perror("UFFDIO_REGISTER"), 1;
	puts("ready");
	fflush(stdout);
	/* The fault is the kernel's, in the middle of a system call; into a pipe, where nobody else
	 * waits for what that holds. */
	return write(ends[1], page, 1) == 1 ? 0 : 1;
}
