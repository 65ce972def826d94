/* The line as a conductor: programs that it starts inside the container, each from a sealed memfd. */
#ifndef DAVIT_INNER_H
#define DAVIT_INNER_H

#include "msg.h"

/*
 * Starts the program NAME from IMAGE with a control socket and the plan; sends REQUEST, if it is
 * not NULL; passes warnings and the error on, and dies of an error or of a program that gives no
 * answer. Returns when the program has had its one effect and ended: it has limits of its own, so
 * this wait has none. PLACE (may be NULL) puts other descriptors at their numbers, in the child,
 * which shares our memory but not our descriptors.
 */
void inner_run(char *name, int image, char *const *environment, void (*place)(void),
	const struct msg_hooks *request);

#endif
