/* bpf PATH: the device programs attached to a v2 cgroup, "ID NAME" for each. bpf -a PATH: attaches
 * one that allows everything and has no name, or with a third argument that. bpf -i ID: the program
 * with this number. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int attach(int cgroup, const char *name)
{
	const struct bpf_insn program[] = {
		{.code = BPF_ALU | BPF_MOV | BPF_K, .imm = 1}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (unsigned long)program,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
		.expected_attach_type = BPF_CGROUP_DEVICE};
	int fd;

	strncpy(attr.prog_name, name, sizeof(attr.prog_name) - 1);
	fd = bpf(BPF_PROG_LOAD, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (unsigned)cgroup;
	attr.attach_bpf_fd = (unsigned)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return fd < 0 ? fd : bpf(BPF_PROG_ATTACH, &attr);
}

static int show(unsigned id)
{
	struct bpf_prog_info info = {.type = 0};
	union bpf_attr attr = {.prog_id = id};
	int fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);

	if (fd < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (unsigned)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		return -1;
	printf("%u %s\n", id, info.name);
	return 0;
}

static int list(int cgroup)
{
	unsigned ids[64];
	union bpf_attr attr = {.query = {.target_fd = (unsigned)cgroup,
				       .attach_type = BPF_CGROUP_DEVICE,
				       .prog_ids = (unsigned long)ids,
				       .prog_cnt = 64}};
	int err = bpf(BPF_PROG_QUERY, &attr);

	for (unsigned i = 0; !err && i < attr.query.prog_cnt; i++)
		err = show(ids[i]);
	return err;
}

int main(int argc, char **argv)
{
	int by_number = argc > 2 && !strcmp(argv[1], "-i");
	int attaches = argc > 2 && !strcmp(argv[1], "-a");
	int cgroup;

	if (by_number)
		return show((unsigned)strtoul(argv[2], NULL, 10)) < 0;
	cgroup = open(argc > 1 ? argv[1 + attaches] : "", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0 || (attaches ? attach(cgroup, argc > 3 ? argv[3] : "") : list(cgroup)) < 0) {
		fprintf(stderr, "bpf: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
