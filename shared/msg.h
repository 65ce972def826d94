/*
 * Messages between a conductor and a step: one SOCK_SEQPACKET record each, a header and a body
 * whose exact length the type fixes, with at most one fd. A receiver has a table of what it
 * permits; anything else is a protocol error, after which nothing more is read from that peer.
 */
#ifndef DAVIT_MSG_H
#define DAVIT_MSG_H

#include <stddef.h>
#include <stdint.h>

enum program {
	PROGRAM_CONDUCTOR,
	PROGRAM_PARSE,
	PROGRAM_SECCOMP,
	PROGRAM_SOURCES,
	PROGRAM_CGROUP,
	PROGRAM_NETLINK,
	PROGRAM_NS,
	PROGRAM_ROOTFS,
	PROGRAM_PTY,
	PROGRAM_HOOK,
	PROGRAM_FENCE,
	PROGRAM_DMZ,
	PROGRAM_TTY,
	PROGRAM_NETDEV,
	PROGRAM_RESCTRL,
	PROGRAM_COPYUP,
	PROGRAM_STATS,
	PROGRAM_PSTABLE,
	PROGRAM_SCOPE,
	PROGRAM_WITNESS,
	PROGRAM_WHY,
	PROGRAM_NODES,
	PROGRAM_SUBIDS,
	PROGRAM_COUNT
};

/* "parse", "seccomp" …: the file name below LIBEXECDIR/davit, at most 7 characters. */
extern const char program_names[PROGRAM_COUNT][8];

/* Types. The comment names sender → receiver, body, fd. The barriers of a creation are listed in
 * conduct.h. */
enum msg_type {
	MSG_ERROR = 1, /* any step → conductor: struct msg_text; the sender exits next */
	MSG_WARNING,   /* any step → conductor: struct msg_text */
	MSG_DEBUG,     /* any step → conductor: struct msg_text */
	MSG_DONE,      /* any step → conductor: its one effect has happened */

	MSG_NAMESPACE, /* sources → conductor → ns: struct msg_number (enum namespace_type), nsfs fd
			*/
	MSG_CLONE,     /* conductor → ns: go on; fd: the v2 cgroup to clone into, or none */
	MSG_MAP, /* ns → conductor → subids: struct msg_number (pid), its namespace has no maps;
			conductor → ns: they are written */
	MSG_INIT,    /* ns → conductor: struct msg_init, pidfd of the container's first process */
	MSG_NETSOCK, /* ns (line) → conductor → netlink, then netdev: NETLINK_ROUTE socket of the
			container's network namespace */
	MSG_MOUNTED, /* rootfs → conductor: mounts and devices are there; hooks may run */
	MSG_CONSOLE, /* rootfs, pty → conductor: pty master */
	MSG_CREATED, /* dmz → conductor: nothing but start and execve is left to do; fd: the
			listener of a seccomp filter that notifies, or none */

	MSG_CGROUP, /* cgroup → conductor: struct msg_cgroups, before these directories are made */
	MSG_CGROUP_MAKE, /* conductor → cgroup: all of them are in the journal, make them */
	MSG_CGROUP_MADE, /* cgroup → conductor: directories are there; fd: the v2 one, or none */
	MSG_CGROUP_JOIN, /* conductor → cgroup: struct msg_number (pid) */
	MSG_JOINED,      /* cgroup → conductor: the process is in its cgroup; → rootfs: struct
			    msg_cgroups, names only; of `exec`, → pty or dmz, before MSG_FILTER */
	MSG_LIMIT,       /* conductor → cgroup: apply linux.resources */

	MSG_HOOKS,      /* conductor → hook: struct msg_hooks; answered by MSG_DONE each time */
	MSG_HOOKS_DONE, /* conductor → rootfs: prestart and createRuntime hooks have run */
	MSG_FILTER,   /* conductor → dmz: struct msg_number (enum filter_order), sealed memfd with
			   the BPF program */
	MSG_KEYRING,  /* conductor → dmz: struct msg_keyring */
	MSG_PLACE,    /* fence → conductor: struct msg_place, for each path of Landlock rules */
	MSG_TERMINAL, /* tty → conductor: both terminals are set up, the container may start */
	MSG_WINDOW,   /* conductor → tty: the caller's terminal changed its size */
	MSG_SUSPEND,  /* conductor → tty: struct msg_number (a signal): give the terminal back */
	MSG_SUSPENDED, /* tty → conductor: struct msg_suspended, the terminal is the shell's */
	MSG_CONTINUE,  /* conductor → tty: continued; take the terminal again */
	MSG_TREE, /* sources → rootfs: struct msg_tree, detached mount; rootfs → sources: the same,
		      map its ids; answered by MSG_DONE, which the end of the first kind is, too */
	MSG_UNDO,    /* conductor → netdev: the creation has failed, bring the devices back */
	MSG_IDMAP,   /* ns → sources: struct msg_number (index of the mapping), user namespace */
	MSG_RESCTRL, /* resctrl → conductor: struct msg_resctrl, before anything of it is made */
	MSG_RESCTRL_MAKE, /* conductor → resctrl: it is in the journal, make it */
	MSG_RESCTRL_JOIN, /* conductor → resctrl: struct msg_number (pid) */
	MSG_UPDATED, /* cgroup, resctrl → conductor: an update is applied, and undone unless … */
	MSG_KEEP,    /* conductor → cgroup, resctrl: … it is to stay */
	MSG_LISTED,  /* conductor → pstable: struct msg_listed, ps has ended */
	MSG_SCOPE, /* scope → conductor: systemd can be asked; → scope: struct msg_number (pid), make
		       the unit */
	MSG_SCOPED, /* scope → conductor: the process is in its unit; → cgroup: fd of its
		       /proc/PID/cgroup */
	MSG_INSIDE, /* dmz → conductor: struct msg_number (pid), it has made the process that is in the
		       joined pid namespace; → that: it is in the journal */
	MSG_TYPE_COUNT
};

struct msg_header {
	uint32_t type;
	uint32_t length;   /* of the whole record, bytes */
	uint32_t sequence; /* counts the records of one program on one socket from 0 */
	uint32_t program;  /* enum program of the sender */
};

#define MSG_WHAT_MAX   512
#define MSG_OBJECT_MAX 1024

/* Printed as "WHAT OBJECT: ERRNO TEXT"; OBJECT and the errno may be missing. */
struct msg_text {
	int32_t err; /* errno, 0: none */
	char what[MSG_WHAT_MAX];
	char object[MSG_OBJECT_MAX];
};

struct msg_number {
	uint64_t value;
};

struct msg_init {
	uint64_t pid;
	uint64_t in_cgroup; /* 1: it was cloned into the v2 cgroup */
};

/* As many hierarchies as fit; one record for all saves a wake-up of the receiver for each. */
struct msg_cgroups {
	uint32_t last;   /* 1: no other record of this kind follows */
	uint32_t length; /* of text */
	char text[8184]; /* "CONTROLLER\0PATH\0" each: "memory", "cpu,cpuacct", "" for v2; the
			    directory, absolute */
};

#define MSG_CONTROLLER_MAX 32 /* with the NUL */

enum tree_kind {
	TREE_ROOT,
	TREE_MOUNT,
	TREE_DEVICE,
	TREE_DEFAULT_DEVICE,
	TREE_NULL,
	TREE_NODES /* a tmpfs with the nodes of those devices that come in no tree of their own */
};

struct msg_tree {
	uint32_t kind;  /* enum tree_kind */
	uint32_t index; /* of the mount or device in the plan */
};

struct msg_suspended {
	uint32_t signal; /* the conductor stops itself by this one … */
	uint32_t turn;   /* … unless it has sent more than so many MSG_CONTINUE by then */
};

#define MSG_RESCTRL_PATH 576 /* /sys/fs/resctrl, two names of 255 bytes, mon_groups, the NUL */

struct msg_resctrl {
	uint32_t own;                   /* 1: the group is made for this container alone */
	char group[MSG_RESCTRL_PATH];   /* absolute, as monitor */
	char monitor[MSG_RESCTRL_PATH]; /* "": none */
};

struct msg_keyring {
	uint64_t is_named;  /* 0: the session keyring has no name to join it by */
	uint64_t secret[2]; /* the part of the name that nobody else knows */
};

/* What a path leads to; the same mount has the same number as long as it is there. */
struct msg_place {
	uint64_t device, inode, mount;
};

struct msg_hooks {
	uint32_t kind;   /* enum hook_kind */
	uint32_t status; /* enum container_status of state.h */
	uint64_t pid;    /* 0: left out of the state */
};

struct msg_listed {
	uint32_t signal; /* that has killed it, or 0 */
	uint32_t status; /* its exit status */
};

struct msg {
	struct msg_header header;
	union {
		struct msg_text text;
		struct msg_number number;
		struct msg_init init;
		struct msg_cgroups cgroups;
		struct msg_hooks hooks;
		struct msg_keyring keyring;
		struct msg_place place;
		struct msg_tree tree;
		struct msg_suspended suspended;
		struct msg_resctrl resctrl;
		struct msg_listed listed;
		char bytes[sizeof(struct msg_cgroups)];
	} body;
	int fd; /* received: -1 or an fd that the receiver owns, close-on-exec */
};

enum { MSG_ONCE = 1, MSG_FD = 2, MSG_FD_OPTIONAL = 4 };

/* What every step may say to the conductor: the beginning of a table. */
#define MSG_ANY_STEP                                                                               \
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_COUNT},                          \
		{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT},                       \
	{                                                                                          \
		MSG_DEBUG, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT                            \
	}

struct msg_rule {
	uint16_t type;
	uint16_t flags;
	uint32_t body;    /* exact bytes */
	uint16_t after;   /* a type that must have come before, or 0 */
	uint16_t program; /* enum program that may send it, or PROGRAM_COUNT for any */
};

/* One end of a socket with its counters. Zero it, then set fd, program and the rules. */
struct peer {
	int fd;
	enum program self; /* who sends from here */
	const struct msg_rule *rules;
	size_t rule_count;
	uint32_t sent;
	uint32_t received;
	uint32_t
		sender; /* enum program that sent last; a later one may take over and starts at 0 */
	int joined;     /* something was received */
	int late; /* the first record may have any sequence number: an earlier program read some */
	uint64_t seen; /* bit per type */
};

struct text;

/* Adds "WHAT OBJECT: errno text" to T; a WHAT or OBJECT that ends in ':' gets no second one. */
void msg_text_line(const struct msg_text *body, struct text *t);

/* Adds a hierarchy. Returns 0, or -ENOSPC when it does not fit any more (start with zeros). */
int msg_add_cgroup(struct msg_cgroups *cgroups, const char *controller, const char *path);

/* The hierarchy at *AT (0: the first), which is moved on. Returns 1; 0 at the end; -EPROTO for a
 * malformed text. */
int msg_next_cgroup(
	const struct msg_cgroups *cgroups, size_t *at, const char **controller, const char **path);

/* Sends one record with FD (-1: none), which stays the caller's. Returns 0 or -errno. Never raises
 * SIGPIPE. */
int msg_send(struct peer *peer, enum msg_type type, const void *body, size_t length, int fd);

/*
 * Receives one record, blocking unless the socket is not. Returns 1, 0 at end of file, -EPROTO for
 * anything the rules do not permit (MSG->header says what came), or -errno.
 */
int msg_recv(struct peer *peer, struct msg *msg);

/* Waits up to TIMEOUT milliseconds for a record of TYPE and receives it. 0, -ETIMEDOUT,
 * -ECONNRESET, -EPROTO, -errno. */
int msg_await(struct peer *peer, enum msg_type type, struct msg *msg, int timeout);

#endif
