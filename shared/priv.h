/*
 * Confinement. Each program's libexec/NAME/priv file declares what it keeps; tools/priv.awk turns
 * that into a struct priv at build time, and priv_enter applies it, reads it back and tries to undo
 * it, before the first input byte. The same file makes doc/privileges.md, the PRIVILEGES section of
 * the man page and the expectations of tests/priv.
 */
#ifndef DAVIT_PRIV_H
#define DAVIT_PRIV_H

#include <linux/filter.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>

#define PRIV_CAPS_KEEP UINT64_MAX

enum priv_fd_kind {
	PRIV_FD_ANY,
	PRIV_FD_REGULAR, /* a file or memfd */
	PRIV_FD_SOCKET,
	PRIV_FD_DIRECTORY,
	PRIV_FD_FIFO,
	PRIV_FD_TERMINAL
};

/* Landlock's rights: to see, to write what is there already, to make and remove as well. */
#define PRIV_ALL    UINT64_MAX
#define PRIV_READ   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define PRIV_WRITE  (PRIV_READ | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define PRIV_MAKE   PRIV_ALL
#define PRIV_CHANGE (PRIV_ALL & ~PRIV_READ)
/* Anything but to execute it. */
#define PRIV_DATA (PRIV_ALL & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE)
/* Files made, written, renamed and removed. */
#define PRIV_FILES                                                                                 \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |                             \
		LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* What is allowed below a directory: PATH, or FD where PATH is NULL. What is not there, or an FD
 * below 0, is left out. */
struct priv_rule {
	const char *path;
	int fd;
	uint64_t access;
};

struct priv_files {
	uint64_t confined; /* the rights that only the rules give */
	const struct priv_rule *rules;
	size_t rule_count;
	int root_fd; /* becomes the root directory; -1: that stays */
};

struct priv_fd {
	int number;
	enum priv_fd_kind kind;
	int optional;
	int last; /* for a run of fds: the last number; else equal to number */
};

struct priv_limit {
	int resource;
	uint64_t value;
};

/* What the program of MODE may call, where that is more than in no mode. */
struct priv_mode {
	const char *name;
	const struct sock_filter *filter;
	size_t length;
};

struct priv {
	const char *program;
	void (*ids)(void); /* priv_reserved_ids; NULL: the caller's */
	int no_new_privs;
	uint64_t caps; /* capabilities to keep, as bits, or PRIV_CAPS_KEEP */
	int signals;   /* Landlock lets signals out */
	int read_only; /* Landlock gives no more than reading */
	void (*landlock)(
		const struct priv *table); /* priv_landlock; NULL: files are not confined */
	const struct priv_files *files;    /* for that */
	const struct priv_limit *limits;
	size_t limit_count;
	const struct priv_fd *fds; /* ascending; everything else above 2 is closed */
	size_t fd_count;
	const struct sock_filter *filter; /* NULL: no seccomp */
	size_t filter_length;
};

/* Makes the filter of TABLE, not entered yet, that of MODE if this is one of MODES. */
void priv_mode(struct priv *table, const struct priv_mode *modes, size_t count, const char *mode);

/*
 * Applies TABLE in this order: fds, limits, no_new_privs, root directory, Landlock, ids,
 * capabilities, read back, seccomp. CONDUCTED 0 (run by hand): the fds of the table are not expected,
 * all above 2 are closed. Dies when a step fails or does not hold; Landlock or ids that the kernel or an
 * unprivileged caller does not have are skipped (design.md section 4).
 */
void priv_enter(const struct priv *table, int conducted);

/* For tables; only they name these two, so that other programs are linked without them. The first
 * becomes a uid and gid of the reserved range, when we are root. To the second a kernel without Landlock
 * is no error. */
void priv_reserved_ids(void);
void priv_landlock(const struct priv *table);

/* True when CAP is effective. */
int priv_has(int cap);

/* A Landlock domain in which nothing is changed or executed but what RULES allow, and sealed memfds.
 * Reading stays as it is. It takes no_new_privs. 0, for a kernel without Landlock, too, or -errno. */
int priv_confine_changes(const struct priv_rule *rules, size_t count);

/*
 * For steps, after priv_enter: one more Landlock domain, in which nothing is changed but what RULES
 * allow. Reading stays as it is. Needs the three landlock calls in the table's list. Dies on failure.
 */
void priv_change_only(const struct priv_rule *rules, size_t count);

/*
 * For steps, after priv_enter: gives up all capabilities but CAPS (bits), once the plan has told
 * which are needed, and proves it. Returns 0 or -errno.
 */
int priv_keep_caps(uint64_t caps);

/*
 * Drops from the bounding set what is not in CAPS, and reads it back; *HAD is what was in it before.
 * Returns 0 or -errno.
 */
int priv_keep_bounding(uint64_t caps, uint64_t *had);

/*
 * For conductors: keeps only the capabilities CAPS (bits), hands just these down to what it starts
 * later (securebits, ambient set), and proves it. Returns 0 or -errno.
 */
int priv_drop_caps(uint64_t caps);

#endif
