/* helper-bpfprogs: the ids of the kernel's BPF programs for cgroup devices, one a line, ascending. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long call_bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(void)
{
	uint32_t id = 0;

	for (;;) {
		struct bpf_prog_info info = {0};
		union bpf_attr attr = {0};
		int fd;

		attr.start_id = id;
		if (call_bpf(BPF_PROG_GET_NEXT_ID, &attr) < 0) {
			if (errno == ENOENT)
				return 0;
			perror("BPF_PROG_GET_NEXT_ID");
			return 1;
		}
		id = attr.next_id;
		memset(&attr, 0, sizeof(attr));
		attr.prog_id = id;
		fd = (int)call_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
		if (fd < 0)
			continue; /* gone meanwhile */
		memset(&attr, 0, sizeof(attr));
		attr.info.bpf_fd = (uint32_t)fd;
		attr.info.info_len = sizeof(info);
		attr.info.info = (uint64_t)(uintptr_t)&info;
		if (call_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 &&
			info.type == BPF_PROG_TYPE_CGROUP_DEVICE)
			printf("%u\n", id);
		close(fd);
	}
}
