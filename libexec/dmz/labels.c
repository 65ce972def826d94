/* Labels of the security modules, written to a procfs that is one (rules F15-F18) and read back. */
#include "dmz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "proc.h"
#include "step.h"
#include "text.h"

/* AppArmor's own names are there from Linux 5.8 on; older kernels do not get here. What attr/exec is
 * depends on which other module there is. */
#define APPARMOR_CURRENT "thread-self/attr/apparmor/current"
#define APPARMOR_EXEC    "thread-self/attr/apparmor/exec"
#define SELINUX_EXEC     "thread-self/attr/exec"
#define SELINUX_KEYS     "thread-self/attr/keycreate"

static int proc = -1;

static int open_attribute(const char *name, int flags)
{
	if (proc < 0)
		proc = proc_open(1);
	return proc < 0 ? proc : proc_open_file(proc, name, flags);
}

static void write_label(const char *file, const char *prefix, const char *label, const char *what)
{
	char value[4200];
	int fd = open_attribute(file, O_RDWR);
	ssize_t length = (ssize_t)strlen(prefix) + (ssize_t)strlen(label);

	if (fd < 0)
		die(what, label, fd);
	if (text_join(value, sizeof(value), prefix, label, NULL))
		die(what, label, ENAMETOOLONG);
	if (write(fd, value, (size_t)length) != length)
		die(what, label, errno);
	if (pread(fd, value, sizeof(value), 0) <= 0)
		die(what, "the label is not there when it is read back", 0);
	close(fd);
}

/* Under a profile that davit has itself, a process with no_new_privs may only be confined further:
 * the kernel refuses to leave the profile at execve(2), but adds another to it. */
static int must_stack(const struct plan *plan)
{
	char current[16] = "";
	int fd = open_attribute(APPARMOR_CURRENT, O_RDONLY);
	ssize_t n = fd < 0 ? fd : read(fd, current, sizeof(current) - 1);

	if (n <= 0)
		die("unable to apply apparmor profile:",
			"apparmor: config provided but apparmor not supported", 0);
	close(fd);
	return plan->config->no_new_privileges && strncmp(current, "unconfined", 10) != 0;
}

void label_keys(const struct plan *plan)
{
	const char *label = plan_text(plan, plan->config->selinux_label);

	if (label && !plan->config->no_new_keyring)
		write_label(SELINUX_KEYS, "", label, "can't set keyring label:");
}

void set_labels(const struct plan *plan)
{
	const char *profile = plan_text(plan, plan->config->apparmor_profile);
	const char *label = plan_text(plan, plan->config->selinux_label);

	if (label && !plan->config->no_new_keyring && proc_write(proc, SELINUX_KEYS, "\n", 1))
		die("can't reset keyring label", NULL, 0);
	if (profile)
		write_label(APPARMOR_EXEC, must_stack(plan) ? "stack " : "exec ", profile,
			"unable to apply apparmor profile: apparmor failed to apply profile: write "
			"/proc/" APPARMOR_EXEC ":");
	if (label)
		write_label(SELINUX_EXEC, "", label,
			"can't set process label: write /proc/" SELINUX_EXEC ":");
	if (proc >= 0)
		close(proc);
}
