/* When the conductor of an update has ended without a word, its steps look at whether it is in force. */
#ifndef DAVIT_IN_FORCE_H
#define DAVIT_IN_FORCE_H

#include "fds.h"
#include "sys.h"

/* FD_KEPT is ROOT/ID/plan as it was before, which loses its only name to the new plan. */
static inline int update_is_in_force(void)
{
	struct stat st;

	return !sys_fstat(FD_KEPT, &st) && st.st_nlink == 0;
}

#endif
