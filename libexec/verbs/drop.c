/* What a conductor is left with when its steps are started. See drop.h. */
#include "drop.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "names.h"
#include "priv.h"
#include "seal.h"
#include "spawn.h"
#include "sys.h"
#include "text.h"

#define RULES_MAX 16

int conduct_drop_privileges(char *line, size_t size)
{
	const uint64_t one = 1;
	int err;

	seal_prepare();
	err = priv_drop_caps(one << DAVIT_CAP_KILL | one << DAVIT_CAP_DAC_OVERRIDE);

	spawn_reduced();
	if (err)
		text_join(line, size, "dropping privileges: ", errno_text(-err), NULL);
	return err ? -1 : 0;
}

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define REFUSE       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define NO(call)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), REFUSE
#define IMAGE_MODE   0111 /* seal.c */

/*
 * What Landlock leaves to uid 0: modes, owners and ACLs of files, and to have others do something by
 * asking over a socket; io_uring makes calls that no filter sees. All that a conductor needs of these
 * is done before, but for the mode of an image. Few, because the kernel walks the list for every call
 * there is when it is loaded.
 */
static struct sock_filter refusals[] = {LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_AUDIT_ARCH, 1, 0), REFUSE, LOAD(nr),
	NO(__NR_setxattr), NO(__NR_lsetxattr), NO(__NR_fsetxattr), NO(__NR_socket),
	NO(__NR_connect), NO(__NR_fchown), NO(__NR_fchownat), NO(__NR_fchmodat),
#ifdef __NR_chmod
	NO(__NR_chmod), NO(__NR_chown), NO(__NR_lchown),
#endif
	NO(425) /* io_uring_setup */, NO(452) /* fchmodat2 */, NO(463) /* setxattrat */,
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1) /* x32 */, REFUSE,
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fchmod, 0, 3), LOAD(args[1]),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IMAGE_MODE, 1, 0), REFUSE,
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

/* Whoever lacks DAC_OVERRIDE may have to change modes when the cgroups are removed (remove_by_owner). */
static int refuse_calls(void)
{
	const struct sock_fprog program = {sizeof(refusals) / sizeof(refusals[0]), refusals};

	if (!priv_has(CAP_DAC_OVERRIDE))
		return 0;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

int conduct_confine(const struct priv_rule *rules, size_t count, char *line, size_t size)
{
	struct priv_rule all[RULES_MAX];
	int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;

	if (!err && count >= RULES_MAX)
		err = -E2BIG;
	if (!err) {
		memcpy(all, rules, count * sizeof(*rules));
		/* Landlock lets memfds be executed, but not the files that stand in for them. */
		all[count] = (struct priv_rule){NULL, seal_images(), LANDLOCK_ACCESS_FS_EXECUTE};
		err = priv_confine_changes(all, count + 1);
	}
	if (!err)
		err = refuse_calls();
	if (err)
		text_join(line, size, "confining runc: ", errno_text(-err), NULL);
	return err ? -1 : 0;
}
