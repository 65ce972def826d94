/* What a review has found, and the way back from an error. */
#include "review.h"

#include <setjmp.h>
#include <string.h>
#include "fields.h"
#include "plan_write.h"
#include "step.h"
#include "text.h"

#define FINDINGS_MAX 500 /* of each kind: no input can flood a terminal */
#define POINTER_MAX  1024
#define MEMORY       (2u << 20)

struct place {
	jmp_buf back;
	size_t depth; /* of the path */
	int failed;
	struct place *outer;
};

int reviewing;
static struct place *innermost;
static struct {
	struct finding *first, *last;
	uint32_t kept, omitted;
} found[FINDING_KINDS];
static char memory[MEMORY] __attribute__((aligned(16)));
static size_t memory_used;

void review_begin(void)
{
	reviewing = 1;
}

const struct finding *review_first(enum finding_kind kind)
{
	return found[kind].first;
}

uint32_t review_omitted(enum finding_kind kind)
{
	return found[kind].omitted;
}

static char *keep(const char *text)
{
	size_t length = strlen(text) + 1;
	char *kept = memory + memory_used;

	memcpy(kept, text, length);
	memory_used += length;
	return kept;
}

void review_add(enum finding_kind kind, const char *text, int names_place)
{
	static char pointer[POINTER_MAX];
	struct text t = TEXT(pointer);
	struct finding *finding;

	if (!reviewing)
		return;
	pointer[0] = '\0';
	path_pointer(&t);
	text_mark_cut(&t);
	memory_used = (memory_used + 15) / 16 * 16;
	if (found[kind].kept == FINDINGS_MAX ||
		sizeof(*finding) + sizeof(pointer) + (text ? strlen(text) : 0) + 1 >
			sizeof(memory) - memory_used) {
		found[kind].omitted++;
		return;
	}
	finding = (struct finding *)(void *)(memory + memory_used);
	memory_used += sizeof(*finding);
	*finding = (struct finding){.pointer = keep(pointer),
		.text = text ? keep(text) : NULL,
		.names_place = names_place};
	if (found[kind].last)
		found[kind].last->next = finding;
	else
		found[kind].first = finding;
	found[kind].last = finding;
	found[kind].kept++;
}

/* A plan that takes no more would give checks absent strings: then the rest is left unread. */
static __attribute__((noinline)) int attempt_and_return(void (*work)(void *context), void *context)
{
	struct place here = {.depth = path_depth(), .outer = innermost};

	if (plan_error())
		return -1;
	innermost = &here;
	if (!setjmp(here.back)) {
		work(context);
		here.failed = plan_error() != 0;
	} else {
		here.failed = 1;
		path_return(here.depth);
	}
	innermost = here.outer;
	return here.failed ? -1 : 0;
}

/* Apart, because a start of a container comes by for every value: a place is 200 bytes to clear. */
int attempt(void (*work)(void *context), void *context)
{
	if (reviewing)
		return attempt_and_return(work, context);
	work(context);
	return 0;
}

void abandon(void)
{
	if (!innermost)
		die("config.json: an error that nobody told", NULL, 0);
	longjmp(innermost->back, 1);
}

static int is_below(const char *pointer, const char *above)
{
	size_t length = strlen(above);

	return !strncmp(pointer, above, length) && (!pointer[length] || pointer[length] == '/');
}

int faulty(const char *pointer)
{
	if (found[FOUND_ERROR].omitted)
		return 1;
	for (const struct finding *f = found[FOUND_ERROR].first; f; f = f->next)
		if (is_below(f->pointer, pointer) || (*f->pointer && is_below(pointer, f->pointer)))
			return 1;
	return 0;
}

void note_ignored(const char *reason)
{
	review_add(FOUND_IGNORED, reason, 0);
}

void note_deprecated(const char *reason)
{
	review_add(FOUND_DEPRECATED, reason, 0);
}
