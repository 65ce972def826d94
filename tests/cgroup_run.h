/* A conductor for the cgroup program, for the tests of it: plans, orders, and what is there to see
 * afterwards. */
#ifndef DAVIT_CGROUP_RUN_H
#define DAVIT_CGROUP_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>
#include "journal.h"
#include "msg.h"
#include "plan_write.h"

#define SECONDS 15
#define MOUNT   "/sys/fs/cgroup"

extern enum layout { HYBRID, V2, V1 } layout;
extern char id[64];
extern struct journal journal;
extern struct msg msg;

extern uid_t run_as;        /* who the program is started as */
extern const char *more[4]; /* its arguments after the mode, to the first NULL */
extern int journals[64];    /* of the containers of one test, to clean up after a failed one */
extern size_t journal_count;

struct step {
	struct peer peer;
	pid_t pid;
	int v2; /* the directory that came with MSG_CGROUP_MADE */
};

struct plan_config *new_plan(const char *path);
void rule(struct plan_config *c, int allow, enum device_type type, int major, int minor,
	uint64_t access);
int emit(void *fd, const void *bytes, size_t length);
int plan_file(void);
void place(int from, int to);
const char *program(void);
struct step start(const char *mode, int plan, int record);
void expect(struct step *s, enum msg_type type);
void expect_error(struct step *s, const char *what);
void finish(struct step *s, int status);
void order(struct step *s, enum msg_type type, pid_t pid);
int take_announcements(struct step *s);
struct step begin(int *record);
void join(struct step *s, pid_t pid);
void limit(struct step *s);
/* Makes a cgroup by the plan, until the program says WHAT instead of doing AT. */
void refuses(const char *what, enum msg_type at);
void run_mode(const char *mode, int record);
void remove_container(int record);
const char *directory(const char *controller);
const char *content(const char *controller, const char *file);
void put(const char *dir, const char *file, const char *value);
pid_t fork_child(void);
pid_t sleeper(void);
void reap_killed(pid_t pid);
void assert_joined(pid_t pid);
/* True when the host's v2 has hugetlb, which somebody may have mounted as v1 meanwhile. */
int has_huge_pages(void);
/* Teardown of every test: whatever it has left of its containers. */
int clean_up(void **state);
/* Runs TESTS in each layout, or in that of the first argument; for main to return. */
int run_layouts(int argc, char **argv, const struct CMUnitTest *tests, size_t count);

#endif
