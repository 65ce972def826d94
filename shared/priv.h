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

struct priv;
/* Denies the file system but for landlock_paths. Only tables name it: the small programs of the line,
 * which confine no files, are linked without it. */
void priv_landlock(const struct priv *table);

/* Landlock's rights below the paths of a table; all is to make and remove as well. */
#define PRIV_ALL   UINT64_MAX
#define PRIV_READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define PRIV_WRITE (PRIV_READ | LANDLOCK_ACCESS_FS_WRITE_FILE) /* what is there already */

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

struct priv {
	const char *program;
	int nobody;    /* become uid and gid 65534, when we are root */
	uint64_t caps; /* capabilities to keep, as bits, or PRIV_CAPS_KEEP */
	int no_new_privs;
	void (*landlock)(
		const struct priv *table); /* priv_landlock; NULL: files are not confined */
	const char *const *landlock_paths; /* to the first NULL; NULL: nothing at all */
	uint64_t landlock_access;          /* below them */
	int signals;                       /* Landlock lets signals out */
	const struct priv_limit *limits;
	size_t limit_count;
	const struct priv_fd *fds; /* ascending; everything else above 2 is closed */
	size_t fd_count;
	const struct sock_filter *filter; /* NULL: no seccomp */
	size_t filter_length;
};

/*
 * Applies TABLE in this order: fds, limits, no_new_privs, Landlock, ids, capabilities,
 * read back, seccomp. CONDUCTED 0 (run by hand): the fds of the table are not expected, all above 2
 * are closed. Dies when a step fails or does not hold; Landlock or ids that the kernel or an
 * unprivileged caller does not have are skipped (design.md section 4).
 */
void priv_enter(const struct priv *table, int conducted);

/* For tables. A kernel without Landlock is no error. */
void priv_landlock(const struct priv *table);

/*
 * For steps, after priv_enter: gives up all capabilities but CAPS (bits), once the plan has told
 * which are needed, and proves it. Returns 0 or -errno.
 */
int priv_keep_caps(uint64_t caps);

/*
 * For conductors: keeps only the capabilities CAPS (bits), hands just these down to what it starts
 * later (securebits, ambient set), and proves it. Returns 0 or -errno.
 */
int priv_drop_caps(uint64_t caps);

#endif
