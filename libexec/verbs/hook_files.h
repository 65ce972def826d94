/* The annotations run.oci.hooks.stdout and run.oci.hooks.stderr (crun's): files that get what hooks
 * write. */
#ifndef DAVIT_HOOK_FILES_H
#define DAVIT_HOOK_FILES_H

#include "conduct.h"

/* The files that PLAN names, to be appended to, made if need be, with our rights; -1: none is named.
 * 0, or -1 and LINE with FILES all -1. */
int hook_files_open(const struct plan *plan, struct hook_files *files, char *line, size_t size);
void hook_files_close(struct hook_files *files);

/* For verbs that go on without the files, with a warning: opens them and starts the hook program. As
 * hooks_start. */
int hook_files_start(const struct plan *plan, struct step *hook, int plan_fd);

#endif
