/*
 * The words of the OCI runtime specification that stand for numbers, each table once: parse reads
 * them, `runc features` prints them, the steps use the enums. Every X-list is in the order of the
 * numbers.
 */
#ifndef DAVIT_NAMES_H
#define DAVIT_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* X(enumerator, word, CLONE_ flag, file below /proc/PID/ns) – config-linux.md, "Namespaces" */
#define NAMESPACES(X)                                                                              \
	X(NS_USER, "user", CLONE_NEWUSER, "user")                                                  \
	X(NS_IPC, "ipc", CLONE_NEWIPC, "ipc")                                                      \
	X(NS_UTS, "uts", CLONE_NEWUTS, "uts")                                                      \
	X(NS_NET, "network", CLONE_NEWNET, "net")                                                  \
	X(NS_PID, "pid", CLONE_NEWPID, "pid")                                                      \
	X(NS_MOUNT, "mount", CLONE_NEWNS, "mnt")                                                   \
	X(NS_CGROUP, "cgroup", CLONE_NEWCGROUP, "cgroup")                                          \
	X(NS_TIME, "time", CLONE_NEWTIME, "time")

/* X(word without CAP_) in bit order – capabilities(7) */
#define CAPABILITIES(X)                                                                            \
	X(CHOWN)                                                                                   \
	X(DAC_OVERRIDE)                                                                            \
	X(DAC_READ_SEARCH)                                                                         \
	X(FOWNER)                                                                                  \
	X(FSETID)                                                                                  \
	X(KILL)                                                                                    \
	X(SETGID)                                                                                  \
	X(SETUID)                                                                                  \
	X(SETPCAP)                                                                                 \
	X(LINUX_IMMUTABLE)                                                                         \
	X(NET_BIND_SERVICE)                                                                        \
	X(NET_BROADCAST)                                                                           \
	X(NET_ADMIN)                                                                               \
	X(NET_RAW)                                                                                 \
	X(IPC_LOCK)                                                                                \
	X(IPC_OWNER)                                                                               \
	X(SYS_MODULE)                                                                              \
	X(SYS_RAWIO)                                                                               \
	X(SYS_CHROOT)                                                                              \
	X(SYS_PTRACE)                                                                              \
	X(SYS_PACCT)                                                                               \
	X(SYS_ADMIN)                                                                               \
	X(SYS_BOOT)                                                                                \
	X(SYS_NICE)                                                                                \
	X(SYS_RESOURCE)                                                                            \
	X(SYS_TIME)                                                                                \
	X(SYS_TTY_CONFIG)                                                                          \
	X(MKNOD)                                                                                   \
	X(LEASE)                                                                                   \
	X(AUDIT_WRITE)                                                                             \
	X(AUDIT_CONTROL)                                                                           \
	X(SETFCAP)                                                                                 \
	X(MAC_OVERRIDE)                                                                            \
	X(MAC_ADMIN)                                                                               \
	X(SYSLOG)                                                                                  \
	X(WAKE_ALARM)                                                                              \
	X(BLOCK_SUSPEND)                                                                           \
	X(AUDIT_READ)                                                                              \
	X(PERFMON)                                                                                 \
	X(BPF)                                                                                     \
	X(CHECKPOINT_RESTORE)

/* X(word without RLIMIT_) in the order of the kernel's numbers (0 = CPU) – getrlimit(2) */
#define RLIMITS(X)                                                                                 \
	X(CPU)                                                                                     \
	X(FSIZE)                                                                                   \
	X(DATA)                                                                                    \
	X(STACK)                                                                                   \
	X(CORE)                                                                                    \
	X(RSS)                                                                                     \
	X(NPROC)                                                                                   \
	X(NOFILE)                                                                                  \
	X(MEMLOCK)                                                                                 \
	X(AS)                                                                                      \
	X(LOCKS)                                                                                   \
	X(SIGPENDING)                                                                              \
	X(MSGQUEUE)                                                                                \
	X(NICE)                                                                                    \
	X(RTPRIO)                                                                                  \
	X(RTTIME)

/* X(word without SCHED_) in the order of the kernel's numbers (0 = OTHER) – sched_setattr(2) */
#define SCHED_POLICIES(X)                                                                          \
	X(OTHER)                                                                                   \
	X(FIFO)                                                                                    \
	X(RR)                                                                                      \
	X(BATCH)                                                                                   \
	X(ISO)                                                                                     \
	X(IDLE)                                                                                    \
	X(DEADLINE)

/* X(word without SCHED_FLAG_, bit) */
#define SCHED_FLAG_BITS(X)                                                                         \
	X(RESET_ON_FORK, 0x01)                                                                     \
	X(RECLAIM, 0x02)                                                                           \
	X(DL_OVERRUN, 0x04)                                                                        \
	X(KEEP_POLICY, 0x08)                                                                       \
	X(KEEP_PARAMS, 0x10)                                                                       \
	X(UTIL_CLAMP_MIN, 0x20)                                                                    \
	X(UTIL_CLAMP_MAX, 0x40)

/* X(word without IOPRIO_CLASS_, number) – ioprio_set(2) */
#define IO_CLASSES(X)                                                                              \
	X(RT, 1)                                                                                   \
	X(BE, 2)                                                                                   \
	X(IDLE, 3)

/* X(word, PER_) – config-linux.md, "Personality" */
#define PERSONALITIES(X)                                                                           \
	X(LINUX, 0)                                                                                \
	X(LINUX32, 8)

/* X(word without MPOL_, number) – set_mempolicy(2) */
#define MEMORY_MODES(X)                                                                            \
	X(BIND, 2)                                                                                 \
	X(DEFAULT, 0)                                                                              \
	X(INTERLEAVE, 3)                                                                           \
	X(LOCAL, 4)                                                                                \
	X(PREFERRED, 1)                                                                            \
	X(PREFERRED_MANY, 5)                                                                       \
	X(WEIGHTED_INTERLEAVE, 6)

/* X(word without MPOL_F_, bit) */
#define MEMORY_FLAGS(X)                                                                            \
	X(NUMA_BALANCING, 0x2000)                                                                  \
	X(RELATIVE_NODES, 0x4000)                                                                  \
	X(STATIC_NODES, 0x8000)

/* X(enumerator, word) – config.md, "POSIX-platform Hooks" */
#define HOOKS(X)                                                                                   \
	X(HOOK_PRESTART, "prestart")                                                               \
	X(HOOK_CREATE_RUNTIME, "createRuntime")                                                    \
	X(HOOK_CREATE_CONTAINER, "createContainer")                                                \
	X(HOOK_START_CONTAINER, "startContainer")                                                  \
	X(HOOK_POSTSTART, "poststart")                                                             \
	X(HOOK_POSTSTOP, "poststop")

/* X(word without SCMP_ACT_) – config-linux.md, "Seccomp" */
#define SECCOMP_ACTIONS(X)                                                                         \
	X(ALLOW)                                                                                   \
	X(ERRNO)                                                                                   \
	X(KILL)                                                                                    \
	X(KILL_PROCESS)                                                                            \
	X(KILL_THREAD)                                                                             \
	X(LOG)                                                                                     \
	X(NOTIFY)                                                                                  \
	X(TRACE)                                                                                   \
	X(TRAP)

/* X(word without SCMP_CMP_) */
#define SECCOMP_OPS(X)                                                                             \
	X(EQ)                                                                                      \
	X(GE)                                                                                      \
	X(GT)                                                                                      \
	X(LE)                                                                                      \
	X(LT)                                                                                      \
	X(MASKED_EQ)                                                                               \
	X(NE)

/* X(word without SCMP_ARCH_) */
#define SECCOMP_ARCHS(X)                                                                           \
	X(AARCH64)                                                                                 \
	X(ARM)                                                                                     \
	X(LOONGARCH64)                                                                             \
	X(M68K)                                                                                    \
	X(MIPS)                                                                                    \
	X(MIPS64)                                                                                  \
	X(MIPS64N32)                                                                               \
	X(MIPSEL)                                                                                  \
	X(MIPSEL64)                                                                                \
	X(MIPSEL64N32)                                                                             \
	X(PARISC)                                                                                  \
	X(PARISC64)                                                                                \
	X(PPC)                                                                                     \
	X(PPC64)                                                                                   \
	X(PPC64LE)                                                                                 \
	X(RISCV64)                                                                                 \
	X(S390)                                                                                    \
	X(S390X)                                                                                   \
	X(SH)                                                                                      \
	X(SHEB)                                                                                    \
	X(X32)                                                                                     \
	X(X86)                                                                                     \
	X(X86_64)

/* X(word without SECCOMP_FILTER_FLAG_, bit) – in the order runc prints them */
#define SECCOMP_FLAGS(X)                                                                           \
	X(TSYNC, 1)                                                                                \
	X(SPEC_ALLOW, 4)                                                                           \
	X(LOG, 2)                                                                                  \
	X(WAIT_KILLABLE_RECV, 32)

#define X(e, w, f, p) e,
enum namespace_type { NAMESPACES(X) NS_COUNT };
#undef X
#define X(w) DAVIT_CAP_##w,
enum capability { CAPABILITIES(X) CAP_COUNT };
#undef X
#define X(w) DAVIT_RLIMIT_##w,
enum rlimit_type { RLIMITS(X) RLIMIT_COUNT };
#undef X
#define X(w) POLICY_##w,
enum sched_policy { SCHED_POLICIES(X) SCHED_POLICY_COUNT };
#undef X
#define X(w, n) MEMORY_##w = n,
enum memory_mode { MEMORY_MODES(X) };
#undef X
#define X(e, w) e,
enum hook_kind { HOOKS(X) HOOK_COUNT };
#undef X
#define X(w) ACT_##w,
enum seccomp_action { SECCOMP_ACTIONS(X) SECCOMP_ACTION_COUNT };
#undef X
#define X(w) OP_##w,
enum seccomp_op { SECCOMP_OPS(X) SECCOMP_OP_COUNT };
#undef X
#define X(w) ARCH_##w,
enum seccomp_arch { SECCOMP_ARCHS(X) SECCOMP_ARCH_COUNT };
#undef X

/* X(enumerator, annotation without org.davit.landlock.) */
#define LANDLOCK_LISTS(X)                                                                          \
	X(LANDLOCK_READ, "read")                                                                   \
	X(LANDLOCK_WRITE, "write")                                                                 \
	X(LANDLOCK_EXECUTE, "execute")                                                             \
	X(LANDLOCK_BIND, "bind-tcp")                                                               \
	X(LANDLOCK_CONNECT, "connect-tcp")                                                         \
	X(LANDLOCK_SCOPE, "scope")

#define LANDLOCK_PREFIX "org.davit.landlock."
#define X(e, w)         e,
enum landlock_list { LANDLOCK_LISTS(X) LANDLOCK_LIST_COUNT };
#undef X
#define LANDLOCK_FILES (1 << LANDLOCK_READ | 1 << LANDLOCK_WRITE | 1 << LANDLOCK_EXECUTE)

enum mount_kind { MOUNT_FS, MOUNT_BIND, MOUNT_CGROUP, MOUNT_REMOUNT, MOUNT_KIND_COUNT };
/* Of plan_mount: tmpcopyup; copy-symlink, src-nofollow, dest-nofollow; remount without bind, whose
 * data is for the file system that is mounted there. */
enum {
	MOUNT_COPY_UP = 1,
	MOUNT_COPY_SYMLINK = 2,
	MOUNT_SOURCE_NOFOLLOW = 4,
	MOUNT_DESTINATION_NOFOLLOW = 8,
	MOUNT_RECONFIGURE = 16
};
enum idmap_kind { IDMAP_NONE, IDMAP_TOP, IDMAP_RECURSIVE, IDMAP_COUNT };
#define ID_MAPPINGS_MAX 256 /* different ones of id-mapped mounts: each is a namespace and an fd */
enum device_type { DEVICE_ALL, DEVICE_CHAR, DEVICE_BLOCK, DEVICE_FIFO, DEVICE_TYPE_COUNT };
enum { DEVICE_READ = 1, DEVICE_WRITE = 2, DEVICE_MKNOD = 4 };

/* X(enumerator, type code) – D-Bus specification, "Type System"; 0: the end of a container */
#define BUS_KINDS(X)                                                                               \
	X(BUS_END, '\0')                                                                           \
	X(BUS_BYTE, 'y')                                                                           \
	X(BUS_BOOLEAN, 'b')                                                                        \
	X(BUS_INT16, 'n')                                                                          \
	X(BUS_UINT16, 'q')                                                                         \
	X(BUS_INT32, 'i')                                                                          \
	X(BUS_UINT32, 'u')                                                                         \
	X(BUS_INT64, 'x')                                                                          \
	X(BUS_UINT64, 't')                                                                         \
	X(BUS_DOUBLE, 'd')                                                                         \
	X(BUS_STRING, 's')                                                                         \
	X(BUS_PATH, 'o')                                                                           \
	X(BUS_SIGNATURE, 'g')                                                                      \
	X(BUS_ARRAY, 'a')                                                                          \
	X(BUS_STRUCT, 'r')                                                                         \
	X(BUS_ENTRY, 'e')                                                                          \
	X(BUS_VARIANT, 'v')

#define X(e, code) e,
enum bus_kind { BUS_KINDS(X) BUS_KIND_COUNT };
#undef X

enum cgroup_layout { LAYOUT_ANY, LAYOUT_V1, LAYOUT_V2, LAYOUT_COUNT };

#define NET_DEVICES_MAX 1024 /* of linux.netDevices */

/* A word and the number it stands for; tables end with a NULL word. */
struct name {
	const char *word;
	uint64_t value;
};

extern const struct name namespace_names[]; /* value: enum namespace_type */
extern const struct name
	namespace_files[]; /* word: file below /proc/PID/ns; value: CLONE_NEW… flag */
extern const struct name capability_names[];   /* with CAP_; value: bit number */
extern const struct name rlimit_names[];       /* with RLIMIT_; value: the kernel's number */
extern const struct name sched_policies[];     /* with SCHED_; value: the kernel's number */
extern const struct name sched_flag_names[];   /* with SCHED_FLAG_; value: the bit */
extern const struct name io_classes[];         /* with IOPRIO_CLASS_; value: the kernel's number */
extern const struct name personality_names[];  /* value: of personality(2) */
extern const struct name memory_modes[];       /* with MPOL_; value: the kernel's number */
extern const struct name memory_flags[];       /* with MPOL_F_; value: the bit */
extern const struct name hook_names[];         /* value: enum hook_kind */
extern const struct name seccomp_actions[];    /* with SCMP_ACT_ */
extern const struct name seccomp_ops[];        /* with SCMP_CMP_ */
extern const struct name seccomp_archs[];      /* with SCMP_ARCH_ */
extern const struct name seccomp_flag_names[]; /* with SECCOMP_FILTER_FLAG_; value: the bit */
extern const struct name landlock_lists[];     /* value: enum landlock_list */
extern const struct name landlock_scopes[];    /* value: LANDLOCK_SCOPE_* */
extern const struct name propagation_names[];  /* of mounts, "rslave"; value: MS_ bits */

/* Finds WORD (exact, case-sensitive). Returns the entry or NULL. */
const struct name *name_find(const struct name *table, const char *word);

#endif
