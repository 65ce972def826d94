/*
 * The numbers at which one program hands file descriptors to the next. Every man page quotes them;
 * nothing else in the tree may name a number. 0-2 belong to the container (or to the person who
 * runs a program by hand).
 */
#ifndef DAVIT_FDS_H
#define DAVIT_FDS_H

enum {
	FD_PLAN = 3,    /* the plan: a sealed memfd; for parse the memfd to fill */
	FD_CONTROL = 4, /* SOCK_SEQPACKET to the conductor (msg.h) */
	FD_KEPT = 5, /* the plan of the container that a process is to enter, or that is updated */
	FD_INIT = 6, /* ns: pidfd of the container's first process, to join its namespaces */
	FD_CONFIG = 7, /* parse: config.json or process.json, a regular file open for reading */
	FD_BUNDLE = 8, /* sources: O_PATH directory of the bundle */
	FD_TREES = 9, /* sources writes, rootfs reads: SOCK_SEQPACKET that carries detached trees */
	FD_FILTER = 10,  /* seccomp: the memfd to fill with the BPF program; hook: one to load */
	FD_START = 11,   /* line programs: the start fifo, open both ways: a read waits for `start`;
			    of exec a pipe from the conductor */
	FD_DMZ = 12,     /* ns, rootfs: sealed memfd of dmz */
	FD_ROOTFS = 13,  /* ns: sealed memfd of rootfs */
	FD_HOOK = 14,    /* rootfs, dmz: sealed memfd of hook, when the plan has container hooks */
	FD_SOURCES = 15, /* ns: sealed memfd of sources, when it must run inside the new namespaces
			    (rootless) */
	FD_LINE = 16, /* ns: the control socket of the line, which becomes FD_CONTROL of rootfs and
			 dmz */
	FD_SOURCES_CONTROL = 17, /* ns: control socket for that sources */
	FD_JOURNAL = 18,         /* cgroup, netdev, resctrl: the journal, read-only, or its lock */
	FD_CONSOLE = 19,         /* dmz: the terminal that becomes 0-2 */
	FD_MASTER = 20,          /* tty: the pty master */
	FD_PTY = 21,             /* ns: sealed memfd of pty, when exec is to have a terminal */
	FD_INIT_CGROUP = 22, /* cgroup: /proc/PID/cgroup of the container's first process, opened
				by itself before Landlock hides it */
	FD_COPYUP = 23,      /* ns, rootfs: sealed memfd of copyup, when the plan has a tmpcopyup */
	FD_COPY_FROM = 24,   /* copyup: the directory that it copies, on a mount made for that */
	FD_COPY_TO = 25,     /* copyup: the root of the new tmpfs */
	FD_DELEGATE = 26,    /* cgroup: /sys/kernel/cgroup/delegate, for a cgroup given away */
	FD_CHANGED = 27,     /* parse: ROOT/ID/resources.json, what `update` has made of linux */
	FD_REQUEST = 28,     /* parse: the resources to change, of `update` */
	FD_PIDS = 29,        /* cgroup, pstable: memfd with the pids of a container's processes */
	FD_LISTING = 30,     /* pstable: a pipe, what ps has to say */
	FD_BUS = 31,         /* scope: connected to the bus of a systemd manager */
	FD_FENCE = 32,  /* ns, rootfs, pty: sealed memfd of fence, when the plan has Landlock */
	FD_RULES = 33,  /* dmz: the Landlock ruleset that fence has made */
	FD_PIDNS = 34,  /* rootfs, dmz: the joined pid namespace, while they are outside */
	FD_LOOKED = 35, /* why: the root file system that it looks into */
	FD_HOOK_STDOUT = 36, /* hook, the line before it: gets what hooks write, too */
	FD_HOOK_STDERR = 37,
	FD_NODES = 38,     /* nodes, sources: the tmpfs with device nodes, attached nowhere */
	FD_PRESERVED = 64, /* line programs: the caller's fds of --preserve-fds, moved here until
			      dmz places them at 3… */
	FD_FREE = 1024     /* no program is handed anything at this number or above */
};

#endif
