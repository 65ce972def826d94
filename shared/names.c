/* The tables of names.h. Constant data only; a program that uses none links none. */
#include "names.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define X(e, w, f, p) {w, e},
const struct name namespace_names[] = {NAMESPACES(X){NULL, 0}};
#undef X
#define X(e, w, f, p) {p, f},
const struct name namespace_files[] = {NAMESPACES(X){NULL, 0}};
#undef X
#define X(w) {"CAP_" #w, DAVIT_CAP_##w},
const struct name capability_names[] = {CAPABILITIES(X){NULL, 0}};
#undef X
#define X(w) {"RLIMIT_" #w, DAVIT_RLIMIT_##w},
const struct name rlimit_names[] = {RLIMITS(X){NULL, 0}};
#undef X
#define X(w) {"SCHED_" #w, POLICY_##w},
const struct name sched_policies[] = {SCHED_POLICIES(X){NULL, 0}};
#undef X
#define X(w, b) {"SCHED_FLAG_" #w, b},
const struct name sched_flag_names[] = {SCHED_FLAG_BITS(X){NULL, 0}};
#undef X
#define X(w, n) {"IOPRIO_CLASS_" #w, n},
const struct name io_classes[] = {IO_CLASSES(X){NULL, 0}};
#undef X
#define X(w, n) {#w, n},
const struct name personality_names[] = {PERSONALITIES(X){NULL, 0}};
#undef X
#define X(w, n) {"MPOL_" #w, n},
const struct name memory_modes[] = {MEMORY_MODES(X){NULL, 0}};
#undef X
#define X(w, b) {"MPOL_F_" #w, b},
const struct name memory_flags[] = {MEMORY_FLAGS(X){NULL, 0}};
#undef X
#define X(e, w) {w, e},
const struct name hook_names[] = {HOOKS(X){NULL, 0}};
#undef X
#define X(w) {"SCMP_ACT_" #w, ACT_##w},
const struct name seccomp_actions[] = {SECCOMP_ACTIONS(X){NULL, 0}};
#undef X
#define X(w) {"SCMP_CMP_" #w, OP_##w},
const struct name seccomp_ops[] = {SECCOMP_OPS(X){NULL, 0}};
#undef X
#define X(w) {"SCMP_ARCH_" #w, ARCH_##w},
const struct name seccomp_archs[] = {SECCOMP_ARCHS(X){NULL, 0}};
#undef X
#define X(w, b) {"SECCOMP_FILTER_FLAG_" #w, b},
const struct name seccomp_flag_names[] = {SECCOMP_FLAGS(X){NULL, 0}};
#undef X

#define X(e, w) {w, e},
const struct name landlock_lists[] = {LANDLOCK_LISTS(X){NULL, 0}};
#undef X
/* Of <linux/landlock.h>, which may be older than Linux 6.12. */
const struct name landlock_scopes[] = {{"abstract-sockets", 1}, {"signals", 2}, {NULL, 0}};

/* mount(2), "Changing the propagation type" */
const struct name propagation_names[] = {{"shared", MS_SHARED}, {"rshared", MS_SHARED | MS_REC},
	{"slave", MS_SLAVE}, {"rslave", MS_SLAVE | MS_REC}, {"private", MS_PRIVATE},
	{"rprivate", MS_PRIVATE | MS_REC}, {"unbindable", MS_UNBINDABLE},
	{"runbindable", MS_UNBINDABLE | MS_REC}, {NULL, 0}};

const struct name *name_find(const struct name *table, const char *word)
{
	for (; table->word; table++)
		if (!strcmp(table->word, word))
			return table;
	return NULL;
}
