/* How dmz makes the process that is inside of a joined pid namespace: a child of the conductor. */
#ifndef DAVIT_INSIDE_H
#define DAVIT_INSIDE_H

#include <sched.h>
#include <signal.h>

#define INSIDE_CLONE_FLAGS (CLONE_PARENT | SIGCHLD)

/* When dmz loads the filters, in MSG_FILTER: as the last thing; before it makes that process; or last, with
 * startContainer hooks started by a thread without them, because they forbid what the hooks' program calls. */
enum filter_order { FILTERS_LAST, FILTERS_BEFORE_INSIDE, FILTERS_NOT_FOR_HOOK };

#endif
