/*
 * System calls that the C library does not wrap, with the kernel's arguments: -1 and errno on
 * failure. Numbers are the same on all architectures since Linux 5.1.
 */
#ifndef DAVIT_SYS_H
#define DAVIT_SYS_H

#include <linux/audit.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <stdint.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_open_tree
#define __NR_open_tree  428
#define __NR_move_mount 429
#define __NR_fsopen     430
#define __NR_fsconfig   431
#define __NR_fsmount    432
#define __NR_fspick     433
#endif
#ifndef __NR_pidfd_send_signal
#define __NR_pidfd_send_signal 424
#endif
#ifndef __NR_pidfd_open
#define __NR_pidfd_open 434
#endif
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP UINT64_C(0x200000000)
#endif
#if defined(__x86_64__)
#define SYS_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SYS_AUDIT_ARCH AUDIT_ARCH_AARCH64
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* The head of struct statx, whose header clashes with musl's <sys/stat.h>: what identifies a mount.
 */
struct sys_statx {
	uint32_t mask;
	uint32_t before_mnt_id[35];
	uint64_t mnt_id;
	uint64_t rest[13];
};
#define SYS_STATX_MNT_ID        0x1000u
#define SYS_STATX_MNT_ID_UNIQUE 0x4000u /* Linux 6.8; older kernels answer with the other */

static inline int sys_statx(
	int dir, const char *path, int flags, unsigned mask, struct sys_statx *stx)
{
	return (int)syscall(__NR_statx, dir, path, flags, mask, stx);
}

static inline int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return (int)syscall(__NR_open_tree, dir, path, flags);
}

static inline int sys_move_mount(
	int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return (int)syscall(__NR_move_mount, from, from_path, to, to_path, flags);
}

static inline int sys_fsopen(const char *type, unsigned flags)
{
	return (int)syscall(__NR_fsopen, type, flags);
}

static inline int sys_fsconfig(
	int fs, unsigned command, const char *key, const void *value, int aux)
{
	return (int)syscall(__NR_fsconfig, fs, command, key, value, aux);
}

static inline int sys_fsmount(int fs, unsigned flags, unsigned attributes)
{
	return (int)syscall(__NR_fsmount, fs, flags, attributes);
}

static inline int sys_fspick(int dir, const char *path, unsigned flags)
{
	return (int)syscall(__NR_fspick, dir, path, flags);
}

static inline int sys_mount_setattr(
	int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return (int)syscall(__NR_mount_setattr, dir, path, flags, attr, sizeof(*attr));
}

static inline int sys_openat2(int dir, const char *path, const struct open_how *how)
{
	return (int)syscall(__NR_openat2, dir, path, how, sizeof(*how));
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(__NR_close_range, first, last, flags);
}

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

static inline int sys_pidfd_open(int pid, unsigned flags)
{
	return (int)syscall(__NR_pidfd_open, pid, flags);
}

static inline int sys_pidfd_getfd(int pidfd, int fd)
{
	return (int)syscall(__NR_pidfd_getfd, pidfd, fd, 0);
}

static inline int sys_pidfd_send_signal(int pidfd, int signal)
{
	return (int)syscall(__NR_pidfd_send_signal, pidfd, signal, NULL, 0);
}

/* musl's own wrappers change the ids of all threads, with code for that; these programs have one.
 */
static inline int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return (int)syscall(__NR_setresuid, r, e, s);
}

static inline int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return (int)syscall(__NR_setresgid, r, e, s);
}

static inline int sys_setgroups(size_t count, const gid_t *groups)
{
	return (int)syscall(__NR_setgroups, count, groups);
}

/* musl's own wrappers have fallbacks for kernels that are too old for us. */
static inline void *sys_mmap(size_t size, int protection, int flags, int fd)
{
	return (void *)syscall(__NR_mmap, NULL, size, protection, flags, fd, 0L);
}

static inline int sys_fchown(int fd, uid_t uid, gid_t gid)
{
	return (int)syscall(__NR_fchown, fd, uid, gid);
}

static inline int sys_socketpair(int domain, int type, int protocol, int pair[2])
{
	return (int)syscall(__NR_socketpair, domain, type, protocol, pair);
}

/* musl's copy what they are given, to zero the padding of 64-bit fields; the caller's is zero. */
static inline ssize_t sys_sendmsg(int socket, const struct msghdr *record, int flags)
{
	return syscall(__NR_sendmsg, socket, record, flags);
}

static inline ssize_t sys_recvmsg(int socket, struct msghdr *record, int flags)
{
	return syscall(__NR_recvmsg, socket, record, flags);
}

static inline int sys_open(const char *path, int flags)
{
	return (int)syscall(__NR_openat, AT_FDCWD, path, flags, 0);
}

static inline int sys_ioctl(int fd, unsigned long request, long argument)
{
	return (int)syscall(__NR_ioctl, fd, request, argument);
}

static inline int sys_fcntl(int fd, int command, long argument)
{
	return (int)syscall(__NR_fcntl, fd, command, argument);
}

/* On 64-bit architectures the C library's struct stat is the kernel's. */
_Static_assert(sizeof(long) == 8, "struct stat");

static inline int sys_fstat(int fd, struct stat *st)
{
	return (int)syscall(__NR_fstat, fd, st);
}

static inline int sys_stat(const char *path, struct stat *st)
{
	return (int)syscall(__NR_newfstatat, AT_FDCWD, path, st, 0);
}

static inline int sys_prlimit(int resource, const struct rlimit *wanted, struct rlimit *before)
{
	return (int)syscall(__NR_prlimit64, 0, resource, wanted, before);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(__NR_pivot_root, new_root, put_old);
}

#endif
