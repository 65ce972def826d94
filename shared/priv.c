/* Applies a privilege table. The only file that changes ids, capabilities, seccomp or Landlock of a
 * side program. */
#include "priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"

#define NOBODY 65534 /* where the reserved ids are not mapped */

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule       445
#define __NR_landlock_restrict_self  446
#endif

/* Rights of each Landlock ABI beyond the one before it; the installed header may be older than the
 * kernel. */
#define LANDLOCK_ABI1_FS ((UINT64_C(1) << 13) - 1)
#define LANDLOCK_REFER   (UINT64_C(1) << 13)
#define LANDLOCK_TRUNC   (UINT64_C(1) << 14)
#define LANDLOCK_IOCTL   (UINT64_C(1) << 15)

#define LANDLOCK_SCOPE_SOCKETS (UINT64_C(1) << 0)
#define LANDLOCK_SCOPE_SIGNALS (UINT64_C(1) << 1)

struct landlock_attr {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static void close_from(unsigned first, unsigned last)
{
	if (first <= last && syscall(__NR_close_range, first, last, 0) < 0 && errno != ENOSYS)
		die("close_range:", NULL, errno);
}

static int is_kind(const struct stat *st, enum priv_fd_kind kind)
{
	switch (kind) {
	case PRIV_FD_REGULAR:
		return S_ISREG(st->st_mode);
	case PRIV_FD_SOCKET:
		return S_ISSOCK(st->st_mode);
	case PRIV_FD_DIRECTORY:
		return S_ISDIR(st->st_mode);
	case PRIV_FD_FIFO:
		return S_ISFIFO(st->st_mode);
	case PRIV_FD_TERMINAL:
		return S_ISCHR(st->st_mode);
	case PRIV_FD_ANY:
		break;
	}
	return 1;
}

static _Noreturn void refuse_fd(const char *what, int number)
{
	const char digits[] = {(char)('0' + number / 10), (char)('0' + number % 10), '\0'};

	die(what, digits + (number < 10), 0);
}

static void check_fds(const struct priv *table)
{
	unsigned next = 3;

	for (size_t i = 0; i < table->fd_count; i++) {
		const struct priv_fd *fd = &table->fds[i];
		struct stat st;

		close_from(next, (unsigned)fd->number - 1);
		next = (unsigned)fd->last + 1;
		if (fd->last != fd->number)
			continue;
		if (sys_fstat(fd->number, &st) < 0) {
			if (errno == EBADF && fd->optional)
				continue;
			refuse_fd("missing descriptor:", fd->number);
		}
		if (!is_kind(&st, fd->kind) && fd->optional && !step_conducted()) {
			close(fd->number); /* by hand: something of the shell's that happens to have
					      the number */
			continue;
		}
		if (!is_kind(&st, fd->kind))
			refuse_fd("wrong type of descriptor:", fd->number);
		if (sys_fcntl(fd->number, F_SETFD, FD_CLOEXEC) < 0)
			die("close-on-exec:", NULL, errno);
	}
	close_from(next, ~0u);
}

static void fill_stdio(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (sys_fcntl(fd, F_GETFD, 0) < 0 && sys_open("/dev/null", O_RDWR | O_NOCTTY) != fd)
			die("open /dev/null:", NULL, errno);
}

static void set_limits(const struct priv *table)
{
	for (size_t i = 0; i < table->limit_count; i++) {
		struct rlimit limit = {table->limits[i].value, table->limits[i].value};
		struct rlimit now;

#ifdef DAVIT_SANITIZE /* terabytes of address space are its bookkeeping */
		if (table->limits[i].resource == RLIMIT_AS)
			continue;
#endif
		if (sys_prlimit(table->limits[i].resource, NULL, &now) < 0)
			die("rlimit:", NULL, errno);
		if (now.rlim_max < limit.rlim_max)
			limit.rlim_max = limit.rlim_cur = now.rlim_max;
		if (sys_prlimit(table->limits[i].resource, &limit, NULL) < 0)
			die("rlimit:", NULL, errno);
	}
}

static long landlock_abi(void)
{
	return syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* The rights that this kernel can confine. */
static uint64_t landlock_rights(long abi)
{
	return LANDLOCK_ABI1_FS | (abi >= 2 ? LANDLOCK_REFER : 0) |
		(abi >= 3 ? LANDLOCK_TRUNC : 0) | (abi >= 5 ? LANDLOCK_IOCTL : 0);
}

static int allow_beneath(int ruleset, const struct priv_rule *rule, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = rule->access & access, .parent_fd = rule->fd};
	int err = 0;

	if (rule->path)
		beneath.parent_fd = sys_open(rule->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return !rule->path || errno == ENOENT ? 0 : -errno;
	if (syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
		err = -errno;
	if (rule->path)
		close(beneath.parent_fd);
	return err;
}

static int enter_domain(long abi, const struct landlock_attr *attr, const struct priv_rule *rules,
	size_t count, uint64_t access)
{
	int ruleset = (int)syscall(__NR_landlock_create_ruleset, attr,
		abi >= 6           ? 24
			: abi >= 4 ? 16
				   : 8,
		0);
	int err = ruleset < 0 ? -errno : 0;

	for (size_t i = 0; !err && i < count; i++)
		err = allow_beneath(ruleset, &rules[i], attr->fs & access);
	if (!err && syscall(__NR_landlock_restrict_self, ruleset, 0) < 0)
		err = -errno;
	if (ruleset >= 0)
		close(ruleset);
	return err;
}

/* What is at FD, on a mount that is attached nowhere as well, is then all that paths lead to. By hand
 * a person without the right to do it goes on without. */
static void change_root(int fd)
{
	if (fchdir(fd) < 0 || (chroot(".") < 0 && (step_conducted() || errno != EPERM)))
		die("chroot:", NULL, errno);
}

void priv_landlock(const struct priv *table)
{
	const struct priv_files *files = table->files;
	long abi = landlock_abi();
	struct landlock_attr attr = {.fs = landlock_rights(abi) & files->confined};
	int err;

	if (files->root_fd >= 0)
		change_root(files->root_fd);
	if (abi < 1)
		return; /* no Landlock in this kernel; `runc features` says so */
	if (abi >= 4)
		attr.net = 3; /* no TCP bind or connect */
	if (abi >= 6)
		attr.scoped =
			LANDLOCK_SCOPE_SOCKETS | (table->signals ? 0 : LANDLOCK_SCOPE_SIGNALS);
	err = enter_domain(abi, &attr, files->rules, files->rule_count,
		table->read_only ? PRIV_READ : PRIV_ALL);
	if (err)
		die("landlock:", NULL, err);
}

int priv_confine_changes(const struct priv_rule *rules, size_t count)
{
	long abi = landlock_abi();
	const struct landlock_attr attr = {.fs = landlock_rights(abi) & PRIV_CHANGE};

	return abi >= 1 ? enter_domain(abi, &attr, rules, count, PRIV_ALL) : 0;
}

void priv_change_only(const struct priv_rule *rules, size_t count)
{
	int err = priv_confine_changes(rules, count);

	if (err)
		die("landlock:", NULL, err);
}

static int set_ids(unsigned id)
{
	return sys_setresgid(id, id, id) < 0 || sys_setresuid(id, id, id) < 0 ? -errno : 0;
}

/* A uid shared with another process would let that one send us signals. Numbers of processes differ,
 * so two of these share one only if they are in different pid namespaces or the range is short. */
void priv_reserved_ids(void)
{
	unsigned id = build_uid_base + (unsigned)getpid() % build_uid_count;
	int err;

	if (geteuid() != 0)
		return;
	if (sys_setgroups(0, NULL) < 0 && errno != EPERM)
		die("setgroups:", NULL, errno);
	err = set_ids(id);
	if (err == -EINVAL) {
		id = NOBODY;
		err = set_ids(id);
	}
	if (err == -EINVAL) /* nor this one: the ids stay, capabilities go all the same */
		return;
	if (err)
		die("giving up the ids of root:", NULL, err);
	if (!sys_setresuid(0, 0, 0) || !sys_setresuid((uid_t)-1, 0, (uid_t)-1) || geteuid() != id ||
		getuid() != id || getegid() != id)
		die("giving up the ids of root did not hold", NULL, 0);
}

static int get_caps(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	return syscall(__NR_capget, &header, data) < 0 ? -errno : 0;
}

static int keep_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct want[2], now[2];
	int err = get_caps(want), given_up = 0;

	if (err)
		return err;
	for (int i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(caps >> (32 * i));

		given_up |= (want[i].permitted & ~mask) != 0;
		want[i].permitted &= mask;
		want[i].effective = want[i].permitted;
		want[i].inheritable = 0;
	}
	if (syscall(__NR_capset, &header, want) < 0)
		return -errno;
	/* Try to take everything back: that must fail. Where nothing was given up, it succeeds. */
	memset(now, 0xff, sizeof(now));
	if (given_up && !syscall(__NR_capset, &header, now))
		return -EPERM;
	err = get_caps(now);
	if (err)
		return err;
	return memcmp(now, want, sizeof(now)) ? -EPERM : 0;
}

int priv_has(int cap)
{
	struct __user_cap_data_struct data[2];

	return !get_caps(data) && (data[cap / 32].effective >> (cap % 32) & 1);
}

int priv_keep_caps(uint64_t caps)
{
	return keep_caps(caps);
}

int priv_keep_bounding(uint64_t caps, uint64_t *had)
{
	*had = 0;
	for (int cap = 0; cap < 64; cap++) {
		int has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (has < 0) /* EINVAL: past the kernel's last one */
			return errno == EINVAL ? 0 : -errno;
		*had |= (uint64_t)has << cap;
		if (!has || (caps >> cap & 1))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return -EPERM;
	}
	return 0;
}

/* With NOROOT an execve gives root nothing, so what the conductor's later steps are to have goes by
 * the ambient set. */
static int hand_down(uint64_t caps)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	int err = get_caps(data);

	if (err)
		return err;
	for (int i = 0; i < 2; i++)
		data[i].inheritable = data[i].permitted & (uint32_t)(caps >> (32 * i));
	if (syscall(__NR_capset, &header, data) < 0)
		return -errno;
	for (int cap = 0; cap < 64; cap++)
		if ((data[cap / 32].inheritable >> (cap % 32) & 1) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	return 0;
}

int priv_drop_caps(uint64_t caps)
{
	int err;

	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
		SECBIT_NO_SETUID_FIXUP_LOCKED;

	/* Without CAP_SETPCAP there is nothing that securebits could give back on execve but to
	 * root. */
	if (prctl(PR_SET_SECUREBITS, bits) < 0 && (errno != EPERM || geteuid() == 0))
		return -errno;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	err = keep_caps(caps);
	return err ? err : hand_down(caps);
}

#ifndef DAVIT_SANITIZE
static void enter_seccomp(const struct priv *table)
{
	struct sock_fprog program = {
		(unsigned short)table->filter_length, (struct sock_filter *)table->filter};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		die("seccomp:", table->program, errno);
}
#endif

void priv_mode(struct priv *table, const struct priv_mode *modes, size_t count, const char *mode)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(modes[i].name, mode) != 0)
			continue;
		table->filter = modes[i].filter;
		table->filter_length = modes[i].length;
	}
}

void priv_enter(const struct priv *table, int conducted)
{
	int err;

	fill_stdio();
	if (conducted)
		check_fds(table);
	else
		close_from(3, ~0u);
	set_limits(table);
	if (table->no_new_privs &&
		(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1))
		die("PR_SET_NO_NEW_PRIVS:", NULL, errno);
	if (table->landlock)
		table->landlock(table);
	if (table->ids)
		table->ids();
	if (table->caps != PRIV_CAPS_KEEP) {
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
			die("clearing ambient capabilities:", NULL, errno);
		err = keep_caps(table->caps);
		if (err)
			die("dropping capabilities:", NULL, err);
	}
	step_undumpable();
#ifndef DAVIT_SANITIZE
	if (table->filter)
		enter_seccomp(table);
#endif
}
