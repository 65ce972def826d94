/*
 * Devices on v2, second half: the program is loaded and attached. A cgroup that was there before may
 * have one of an earlier container: that is replaced in one step, so that there is neither a moment
 * without a filter nor ever a second one. What others attached (systemd, a manager above us) stays:
 * the kernel asks all of them.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "cgroup.h"
#include "step.h"

#define NAME         "davit_devices"
#define ATTACHED_MAX 64 /* BPF_CGROUP_MAX_PROGS of the kernel */

static int bpf(int command, union bpf_attr *attr)
{
	int fd = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

static int load(const struct bpf_insn *instructions, size_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)instructions;
	attr.insn_cnt = (uint32_t)count;
	attr.license = (uint64_t)(uintptr_t) "Apache-2.0";
	memcpy(attr.prog_name, NAME, sizeof(NAME));
	return bpf(BPF_PROG_LOAD, &attr);
}

/* Attaches FD, in the place of the program OLD unless that is -1. 0, -errno. */
static int attach(int cgroup, int fd, int old)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	return bpf(BPF_PROG_ATTACH, &attr);
}

static int detach(int cgroup, int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return bpf(BPF_PROG_DETACH, &attr);
}

/* Ours by its name. runc's have none, and count when ALONE, as they do for runc. */
static int is_runtimes(int fd, int alone)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		return 0;
	return !strncmp(info.name, NAME, sizeof(info.name)) || (alone && !info.name[0]);
}

/* The programs of earlier containers of CGROUP, at most ATTACHED_MAX. Who may not ask (a user
 * namespace) has none that could be replaced. In a systemd UNIT one without a name is systemd's. */
static size_t find_old(int cgroup, int unit, int old[ATTACHED_MAX])
{
	uint32_t ids[ATTACHED_MAX];
	union bpf_attr attr;
	size_t found = 0;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = ATTACHED_MAX;
	if (bpf(BPF_PROG_QUERY, &attr) < 0)
		return 0;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < ATTACHED_MAX; i++) {
		union bpf_attr get;
		int fd;

		memset(&get, 0, sizeof(get));
		get.prog_id = ids[i];
		fd = bpf(BPF_PROG_GET_FD_BY_ID, &get);
		if (fd < 0)
			continue;
		if (is_runtimes(fd, attr.query.prog_cnt == 1 && !unit))
			old[found++] = fd;
		else
			close(fd);
	}
	return found;
}

/* Puts FD (-1: nothing) in the place of the COUNT programs OLD. 0, -errno. */
static int replace(int cgroup, int fd, int *old, size_t count)
{
	size_t kept = 0;
	int err = 0;

	if (fd >= 0) {
		err = attach(cgroup, fd, count ? old[0] : -1);
		kept = count && !err;
		if (count && err == -EINVAL) /* before Linux 5.6 */
			err = attach(cgroup, fd, -1);
	}
	for (size_t i = kept; !err && i < count; i++)
		err = detach(cgroup, old[i]);
	for (size_t i = 0; i < count; i++)
		close(old[i]);
	return err;
}

void devices_v2(struct hierarchy *h, const struct plan *plan, int tolerate)
{
	const struct bpf_insn *instructions;
	size_t count = device_program(plan, &instructions), old_count;
	int old[ATTACHED_MAX], fd = -1, err;

	if (!count && !h->existed)
		return;
	if (count) {
		fd = load(instructions, count);
		if (fd < 0 && tolerate)
			return;
		if (fd < 0)
			die("load device program for", full_path(h, NULL), fd);
	}
	old_count = h->existed ? find_old(h->leaf, plan->config->systemd, old) : 0;
	err = replace(h->leaf, fd, old, old_count);
	if (fd >= 0)
		close(fd);
	if (err && !tolerate)
		die("attach device program to", full_path(h, NULL), err);
}
