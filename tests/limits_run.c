/* See limits_run.h. */
#include "limits_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "../libexec/cgroup/cgroup.h"
#include "exec_run.h"
#include "parse_run.h"
#include "step.h"
#include "text.h"

static const struct limits *now;
static char told[4096]; /* the writes, or the error */
static int refused_once;
static jmp_buf ended;

static void add(const char *a, const char *b, const char *c, const char *d)
{
	size_t length = strlen(told);

	snprintf(told + length, sizeof(told) - length, "%s%s%s%s", a, b, c, d);
}

static int listed(const char *list, const char *file)
{
	char word[128];

	snprintf(word, sizeof(word), " %s ", file);
	return list && strstr(list, word);
}

int write_file(int dir, const char *name, const char *value)
{
	assert_true(dir >= 0);
	if (listed(now->missing, name))
		return now->busy ? -EBUSY : -ENOENT;
	if (listed(now->invalid, name) && !refused_once++)
		return -EINVAL;
	add(*told ? ";" : "", name, "=", value);
	return 0;
}

ssize_t read_file(int dir, const char *name, char *buffer, size_t size)
{
	char key[128];
	const char *at;

	assert_true(dir >= 0);
	snprintf(key, sizeof(key), "%s=", name);
	at = now->reads ? strstr(now->reads, key) : NULL;
	if (!at)
		return -ENOENT;
	at += strlen(key);
	snprintf(buffer, size, "%.*s", (int)strcspn(at, ";"), at);
	return (ssize_t)strlen(buffer);
}

void die(const char *what, const char *object, int err)
{
	if (!now->request)
		told[0] = '\0';
	add(now->request ? ";" : "", what, "", "");
	add("", object ? " " : "", object ? object : "", err ? ": " : "");
	add(err ? errno_text(err < 0 ? -err : err) : "", "", "", "");
	longjmp(ended, 1);
}

void die_unavailable(const struct hierarchy *h, const char *controller)
{
	(void)h;
	die("no controller", controller, 0);
}

const char *full_path(const struct hierarchy *h, const char *file)
{
	(void)h;
	return file;
}

int beneath(int dir, const char *name, int flags)
{
	(void)dir, (void)name, (void)flags;
	return 1;
}

void warn(const char *what, const char *object, int err)
{
	(void)err;
	add(";warning: ", what, " ", object);
}

const char *host_open_journal(struct host *of, const struct journal *journal)
{
	(void)of, (void)journal;
	return NULL;
}

static struct host host;

int is_unified(const struct hierarchy *h)
{
	return !h->controllers[0];
}

int has_controller(const struct hierarchy *h, const char *controller)
{
	return text_has_word(h->controllers, controller);
}

struct hierarchy *host_controller(struct host *of, const char *controller)
{
	for (size_t i = 0; i < of->count; i++)
		if (!strcmp(of->hierarchies[i].controllers, controller))
			return &of->hierarchies[i];
	return NULL;
}

void write_own_only(const struct host *of, int other)
{
	(void)of, (void)other;
}

void devices_v1(struct hierarchy *h, const struct plan *plan, int tolerate)
{
	(void)h, (void)plan, (void)tolerate;
}

void devices_v2(struct hierarchy *h, const struct plan *plan, int tolerate)
{
	(void)h, (void)plan, (void)tolerate;
}

static void make_host(int unified)
{
	static const char *const v1[] = {"memory", "cpu", "cpuset", "pids", "blkio", "hugetlb",
		"net_cls", "net_prio", "rdma", "devices"};

	memset(&host, 0, sizeof(host));
	host.unified = unified;
	host.count = unified ? 1 : COUNT(v1);
	for (size_t i = 0; i < host.count; i++) {
		snprintf(host.hierarchies[i].controllers, sizeof(host.hierarchies[i].controllers),
			"%s", unified ? "" : v1[i]);
		host.hierarchies[i].leaf = 1;
	}
}

static void make_plan(const struct limits *limits, struct plan *plan)
{
	static const char *const words[] = {"--request", NULL};
	char members[2048];

	snprintf(members, sizeof(members), "{\"resources\":{%s}}", limits->resources);
	if (!limits->request) {
		if (run(compose(LINUX, members)))
			fail_msg("%s: %s", limits->resources, messages);
		load(plan);
		return;
	}
	if (run_update(words, compose(LINUX, members), NULL, limits->request))
		fail_msg("%s and %s: %s", limits->resources, limits->request, said);
	load_exec(plan);
}

static void set_limits(const struct plan *plan)
{
	static const struct journal journal;

	if (now->request) {
		update_limits(&host, &journal, plan);
		return;
	}
	if (!host.unified)
		limit_cpuset(host_controller(&host, "cpuset"), plan);
	limit_all(&host, plan);
}

static void check_one(int unified)
{
	struct plan plan;

	make_plan(now, &plan);
	make_host(unified);
	told[0] = '\0';
	refused_once = 0;
	if (!setjmp(ended))
		set_limits(&plan);
	if (strcmp(told, now->result) != 0)
		fail_msg("%s%s%s on v%d\n  gave  %s\n  not   %s", now->resources,
			now->request ? " updated by " : "", now->request ? now->request : "",
			unified ? 2 : 1, told, now->result);
	undo_all(); /* forgets */
}

void check_limits(const struct limits *list, size_t count, int unified)
{
	for (size_t i = 0; i < count; i++) {
		now = &list[i];
		check_one(unified);
	}
}
