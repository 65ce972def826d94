/* What `runc spec` writes that others measure by (witness.h). Lists end with NULL. */
#ifndef DAVIT_TEMPLATE_H
#define DAVIT_TEMPLATE_H

#define TEMPLATE_ROOT "rootfs"

extern const char *const template_capabilities[], *const template_masked[],
							  *const template_readonly[];

#endif
