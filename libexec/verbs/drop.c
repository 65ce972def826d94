/* What a conductor is left with when its steps are started. */
#include "drop.h"

#include <stdint.h>
#include "names.h"
#include "priv.h"
#include "spawn.h"
#include "sys.h"
#include "text.h"

int conduct_drop_privileges(char *line, size_t size)
{
	const uint64_t one = 1;
	int err = priv_drop_caps(one << DAVIT_CAP_KILL | one << DAVIT_CAP_DAC_OVERRIDE);

	if (!err)
		err = spawn_reduced();
	if (err)
		text_join(line, size, "dropping privileges: ", errno_text(-err), NULL);
	return err ? -1 : 0;
}
