/* Profiles through parse and seccomp as a person runs them. */
#ifndef DAVIT_PROFILE_RUN_H
#define DAVIT_PROFILE_RUN_H

#include <linux/filter.h>
#include <stddef.h>
#include "profile_model.h"

/* A config.json whose linux.seccomp is the literal SECCOMP. */
#define PROFILE_CONFIG_HEAD                                                                        \
	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},"                                \
	"\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]},"                                           \
	"\"linux\":{\"namespaces\":[{\"type\":\"mount\"}],\"seccomp\":"
#define PROFILE_CONFIG(seccomp) PROFILE_CONFIG_HEAD seccomp "}}"

struct compiled {
	size_t length;
	struct sock_filter code[BPF_MAXINSNS + 1];
};

/* parse <TEXT | seccomp >PROGRAM. 0, or -1 when one of the two refuses; a program that the
 * interpreter or the kernel refuses ends the test program. */
int profile_compile_text(const char *text, struct compiled *program);
int profile_compile(const struct profile *profile, struct compiled *program);

/* What the two wrote to fd 2 in the last run. */
extern char profile_messages[4096];

/* Whether the last run ended because of the number of instructions, or because two rules contradict
 * each other. */
int profile_too_long(void);
int profile_contradicts(void);

/* In a child: what cmocka and sanitizers catch ends it. */
void profile_own_signals(void);

/* The contents of a file; valid until the next call. */
const char *profile_file(const char *path);

#endif
