/* What a conductor is left with when its steps are started. See drop.h. */
#include "drop.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
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
	if (err)
		text_join(line, size, "confining runc: ", errno_text(-err), NULL);
	return err ? -1 : 0;
}
