/*
 * The session keyring. Whoever has it can read its keys, and a process joins it by its name: any that the
 * kernel lets search it, and another's keyring of the same name is taken for it. So only the conductor
 * knows the whole name, nobody else has a right to look, and one that is not as it was made is not used.
 */
#include "dmz.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

#define JOIN_SECONDS 60

/* keyctl_setperm(3): all rights of who has it; its owner may only search it, as joining it takes. */
#define POSSESSOR 0x3f000000ul
#define NAMED     0x3f080000ul
#define NAMED_HEX "3f080000"

static long keyctl(long operation, long ring, unsigned long argument, size_t size)
{
	return syscall(__NR_keyctl, operation, ring, argument, size);
}

static _Noreturn void die_of_keys(void)
{
	die("unable to join session keyring:", NULL, errno);
}

/* The one of this NAME, or a new one; NULL: a new one, which nobody can join. */
static void join(const char *name)
{
	if (keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)name, 0, 0) < 0)
		die_of_keys();
}

static void set_permissions(unsigned long permissions)
{
	if (keyctl(KEYCTL_SETPERM, KEY_SPEC_SESSION_KEYRING, permissions, 0) < 0)
		die_of_keys();
}

/* Puts what KEYCTL_DESCRIBE says of the container's keyring, if it is as it was made, into T. Returns its name,
 * the end of that. */
static const char *describe(
	const struct plan *plan, const struct msg_keyring *keyring, struct text *t)
{
	size_t start;

	text_add(t, "keyring;");
	text_add_u64(t, getuid());
	text_add(t, ";");
	text_add_u64(t, getgid());
	text_add(t, ";" NAMED_HEX ";");
	start = t->length;
	text_add(t, "_ses.");
	text_add(t, plan_text(plan, plan->config->id)); /* a file name, so all of it fits */
	for (int i = 0; i < 2; i++) {
		text_add(t, ".");
		text_add_u64(t, keyring->secret[i]);
	}
	return t->data + start;
}

/* Whether the session keyring is what T says. */
static int is_as_made(const struct text *t)
{
	static char found[512];
	long length = keyctl(
		KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, (unsigned long)found, sizeof(found));

	return length == (long)t->length + 1 && !memcmp(t->data, found, t->length);
}

/* Its owner sees a new one, and with it the name, until its permissions are set. So that is an id that
 * nobody knows, where the user namespace has it. */
static uid_t owner_id(const struct plan *plan, uint64_t secret)
{
	return (uid_t)(plan_namespace(plan, NS_USER, NULL) ? 1 + secret % 65535
							   : 0x40000000 | (secret & 0x3fffffff));
}

/* True when the session is the container's keyring. A change of ids makes the process dumpable again (rule S5)
 * and takes the signal away that ends it with the conductor (prctl(2)). */
static int join_named(const struct plan *plan, const struct msg_keyring *keyring)
{
	const uid_t own = getuid(), owner = owner_id(plan, keyring->secret[0]), same = (uid_t)-1;
	static char wanted[512];
	struct text t = TEXT(wanted);
	int is_joined;

	(void)sys_setresuid(owner, same, same);
	(void)syscall(__NR_setfsuid, owner);
	join(describe(plan, keyring, &t));
	if (!plan->config->joins)
		set_permissions(NAMED);
	is_joined = is_as_made(&t);
	(void)syscall(__NR_setfsuid, own); /* with it comes back CAP_CHOWN, for one */
	if (sys_setresuid(own, own, own) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
		prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		die("session keyring:", NULL, errno);
	return is_joined;
}

void join_keyring(const struct plan *plan)
{
	static struct msg msg;

	if (plan->config->no_new_keyring)
		return;
	(void)await(MSG_KEYRING, &msg, JOIN_SECONDS);
	if (keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0) < 0 && errno == ENOSYS) {
		warn("KeyctlJoinSessionKeyring:", NULL, ENOSYS);
		return;
	}
	if (msg.body.keyring.is_named) {
		if (join_named(plan, &msg.body.keyring))
			return;
		debug("session keyring:", "not the one that the container was made with");
	}
	join(NULL);
	set_permissions(POSSESSOR);
}
