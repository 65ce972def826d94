/* Says which step holds a verb up. */
#include "waiting.h"

#include <errno.h>
#include "state.h"
#include "text.h"
#include "verb.h"

#define SAY_MS     5000
#define NAMES_SIZE 512

/* NULL when it sleeps or its state cannot be read. */
static const char *process_word(uint64_t pid)
{
	char letter;

	if (state_letter(pid, &letter))
		return NULL;
	return letter == 'T'    ? "stopped"
		: letter == 't' ? "stopped by a debugger"
		: letter == 'D' ? "in an uninterruptible call"
		: letter == 'R' ? "running"
				: NULL;
}

static int is_due(const struct step *step)
{
	return step->pid && step->peer.fd >= 0 && !step->done;
}

static void add_name(struct text *names, const struct step *step, const char *word)
{
	if (names->length)
		text_add(names, ", ");
	/* The line is three programs, and no child that was spawned. */
	text_add(names, step->pidfd < 0 ? "the container's process" : program_names[step->program]);
	if (word) {
		text_add(names, " (");
		text_add(names, word);
		text_add(names, ")");
	}
}

/* The steps that have something left to do. Those that sleep may wait for others, so they are named
 * only when all do. */
static void name_steps(const struct waiting *w, char *names, size_t size)
{
	struct text t = {names, size, 0, 0};

	names[0] = '\0';
	for (size_t i = 0; i < w->count; i++) {
		const struct step *step = &w->steps[i];
		const char *word = is_due(step) ? process_word((uint64_t)step->pid) : NULL;

		if (word)
			add_name(&t, step, word);
	}
	for (size_t i = 0, asleep = !t.length; asleep && i < w->count; i++)
		if (is_due(&w->steps[i]))
			add_name(&t, &w->steps[i], NULL);
}

void waiting_error(const struct waiting *w, char *line, size_t size)
{
	char names[NAMES_SIZE];

	name_steps(w, names, sizeof(names));
	text_join(line, size, "unable to start container process: a step took too long",
		*names ? ": " : "", names, NULL);
}

int waiting_poll(struct waiting *w, struct pollfd *pollers, size_t count, int64_t left)
{
	int64_t quiet = w->begun + SAY_MS - conduct_clock() / 1000;
	char names[NAMES_SIZE], line[NAMES_SIZE + 32];
	int n;

	if (w->said || (left >= 0 && left < quiet))
		return poll(pollers, count, (int)left);
	n = poll(pollers, count, quiet > 0 ? (int)quiet : 0);
	if (n)
		return n;
	w->said = 1;
	name_steps(w, names, sizeof(names));
	text_join(line, sizeof(line), "still waiting for ", names, NULL);
	if (*names)
		log_record(LOG_LEVEL_WARNING, line, NULL);
	errno = EINTR;
	return -1;
}

static int is_stopped(const struct step *step)
{
	char letter;

	return step->pid && !state_letter((uint64_t)step->pid, &letter) &&
		(letter == 'T' || letter == 't');
}

int waiting_hooks(struct waiting *w, const struct step *hook, struct pollfd *pollers, size_t count,
	int seconds)
{
	int64_t now = conduct_clock() / 1000, left;
	int n;

	if (is_stopped(hook)) {
		left = w->begun + seconds * 1000 - now;
		return left > 0 ? waiting_poll(w, pollers, count, left) : 0;
	}
	w->begun = now;
	n = poll(pollers, count, SAY_MS);
	if (n)
		return n;
	errno = EINTR;
	return -1;
}
