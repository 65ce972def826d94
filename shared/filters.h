/*
 * The container's filters of system calls: that of the profile, and one that config.json gives
 * ready-made. The kernel takes the stricter answer. They are loaded by the very last step, so that
 * they have to allow hardly more than what the user's program needs.
 */
#ifndef DAVIT_FILTERS_H
#define DAVIT_FILTERS_H

#include "plan.h"

/* Reads the BPF program of the profile from the descriptor FILTER. 0 or -errno. */
int filters_read(int filter);

/*
 * Puts all that the plan has in force. Returns the listener of a profile that notifies, else 0, or
 * -errno: a profile that comes second (ready_filter_first) need not allow what loads it; then the
 * ready-made filter has to.
 */
int filters_load(const struct plan *plan);

#endif
