/* Durations on the command line, as Go's time.ParseDuration reads them: "1m30s", "1.5h", "-.5us". */
#ifndef DAVIT_DURATION_H
#define DAVIT_DURATION_H

#include <stdint.h>

/* Nanoseconds. 0, -EINVAL: no duration, or outside of what Go can tell (292 years). */
int duration_parse(const char *text, int64_t *ns);

#endif
