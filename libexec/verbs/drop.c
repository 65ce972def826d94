/* What a conductor is left with when its steps are started. See drop.h. */
#include "drop.h"

#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include "names.h"
#include "priv.h"
#include "spawn.h"
#include "sys.h"
#include "text.h"

int conduct_drop_privileges(char *line, size_t size)
{
	const uint64_t one = 1;
	int err = priv_drop_caps(one << DAVIT_CAP_KILL | one << DAVIT_CAP_DAC_OVERRIDE);

	spawn_reduced();
	if (err)
		text_join(line, size, "dropping privileges: ", errno_text(-err), NULL);
	return err ? -1 : 0;
}

int conduct_confine(const struct priv_rule *rules, size_t count, char *line, size_t size)
{
	int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno
							     : priv_confine_changes(rules, count);

	if (err)
		text_join(line, size, "confining runc: ", errno_text(-err), NULL);
	return err ? -1 : 0;
}
