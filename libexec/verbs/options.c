/* The command line, in the grammar of runc (runc-cli.md 1.1, 1.2), and the state a conductor begins
 * with. */
#include "verb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "step.h"
#include "text.h"
#include "undumpable.h"
#include "words.h"

struct globals globals = {.log_format = "text", .rootless = "auto"};

#define X(name, alias, kind, field, text) {name, alias, kind, &globals.field, text},
static const struct flag global_flags[] = {GLOBAL_OPTIONS(X)};
#undef X
#define GLOBAL_COUNT (sizeof(global_flags) / sizeof(global_flags[0]))

static const struct verb *verb;
static char root_path[PATH_MAX];
static size_t word_count;  /* on the command line */
static char problem[1024]; /* what is wrong with the command line, or "" */

void verb_print(const char *data, size_t length)
{
	while (length) {
		ssize_t n = write(1, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			log_die(1, "write /dev/stdout", errno_text(errno));
		data += n;
		length -= (size_t)n;
	}
}

static void add_flags(struct text *t, const struct flag *flags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = flags[i].kind == FLAG_BOOL ? "" : " value";
		size_t column;

		if (!flags[i].help)
			continue;
		column = t->length;
		text_add(t, "   --");
		text_add(t, flags[i].name);
		text_add(t, value);
		if (flags[i].alias) {
			text_add(t, ", -");
			text_add(t, flags[i].alias);
			text_add(t, value);
		}
		do
			text_add(t, " ");
		while (t->length - column < 30);
		text_add(t, flags[i].help);
		text_add(t, "\n");
	}
}

void verb_add_globals(struct text *t)
{
	add_flags(t, global_flags, GLOBAL_COUNT);
}

static void show_help(void)
{
	static char buffer[16384];
	struct text t = TEXT(buffer);

	text_add(&t, "NAME:\n   runc ");
	text_add(&t, verb->name);
	text_add(&t, " - ");
	text_add(&t, verb->description);
	text_add(&t, "\n\nUSAGE:\n   runc [global options] ");
	text_add(&t, verb->name);
	text_add(&t, verb->flag_count ? " [command options] " : " ");
	text_add(&t, verb->usage);
	text_add(&t, "\n\n");
	if (verb->flag_count) {
		text_add(&t, "OPTIONS:\n");
		add_flags(&t, verb->flags, verb->flag_count);
		text_add(&t, "\n");
	}
	text_add(&t, "GLOBAL OPTIONS:\n");
	verb_add_globals(&t);
	verb_print(t.data, t.length);
}

static void show_build(void)
{
	char line[128];

	text_join(line, sizeof(line), "davit ", verb->name, ", build ", build_id, "\n", NULL);
	verb_print(line, strlen(line));
}

static int parse_bool(const char *text, int *value)
{
	static const char *const words[] = {
		"0", "1", "f", "t", "F", "T", "false", "true", "False", "True", "FALSE", "TRUE"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text, words[i])) {
			*value = i % 2;
			return 0;
		}
	return -EINVAL;
}

static void begin_invalid(struct text *t, const struct flag *flag, const char *value)
{
	text_add(t, "invalid value ");
	text_add_quoted(t, value);
	text_add(t, " for flag -");
	text_add(t, flag->name);
}

static int invalid_value(const struct flag *flag, const char *value, const char *function, int err)
{
	struct text t = TEXT(problem);

	begin_invalid(&t, flag, value);
	text_add(&t, ": strconv.");
	text_add(&t, function);
	text_add(&t, ": parsing ");
	text_add_quoted(&t, value);
	text_add(&t, err == -ERANGE ? ": value out of range" : ": invalid syntax");
	return -EINVAL;
}

static int parse_value(const struct flag *flag, const char *value)
{
	const struct flag_parser *parser = flag->value;
	struct text t = TEXT(problem);

	if (!parser->parse(value))
		return 0;
	begin_invalid(&t, flag, value);
	text_add(&t, ": parse error");
	return -EINVAL;
}

/* There are no more values than words on the command line. A conductor has no heap. */
static int add_value(const struct flag *flag, const char *value)
{
	struct flag_list *list = flag->value;

	if (!list->values) {
		list->values = mmap(NULL, word_count * sizeof(*list->values),
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (list->values == MAP_FAILED) {
			text_join(problem, sizeof(problem), "too many values for flag -",
				flag->name, NULL);
			return -ENOMEM;
		}
	}
	list->values[list->count++] = value;
	return 0;
}

static int set_flag(const struct flag *flag, const char *value)
{
	int err;

	switch (flag->kind) {
	case FLAG_BOOL:
		if (!value)
			*(int *)flag->value = 1;
		else if (parse_bool(value, flag->value))
			return invalid_value(flag, value, "ParseBool", -EINVAL);
		return 0;
	case FLAG_STRING:
		*(const char **)flag->value = value;
		return 0;
	case FLAG_INT:
		err = text_to_i64(value, flag->value);
		return err ? invalid_value(flag, value, "ParseInt", err) : 0;
	case FLAG_LIST:
		return add_value(flag, value);
	case FLAG_PARSED:
		return parse_value(flag, value);
	}
	return -EINVAL;
}

static const struct flag *find_flag(const struct flag *flags, size_t count, const struct word *word)
{
	for (size_t i = 0; i < count; i++)
		if (word_is(word, flags[i].name) || word_is(word, flags[i].alias))
			return &flags[i];
	return NULL;
}

/* Takes the flag at ARGV[0] with its value. Returns the number of words used, or -errno with
 * PROBLEM set. */
static int take_flag(const struct word *word, char **argv, int after_verb)
{
	const struct flag *flag = NULL;
	const char *value = word->value;
	int used = 1, err;

	if (after_verb)
		flag = find_flag(verb->flags, verb->flag_count, word);
	if (!flag)
		flag = find_flag(global_flags, GLOBAL_COUNT, word);
	if (!flag || (flag->value == &globals.version && after_verb)) {
		struct text t = TEXT(problem);

		text_add(&t, "flag provided but not defined: -");
		text_add_bytes(&t, word->name, word->length);
		return -EINVAL;
	}
	if (!value && flag->kind != FLAG_BOOL) {
		value = argv[used++];
		if (!value) {
			text_join(problem, sizeof(problem), "flag needs an argument: ", argv[0],
				NULL);
			return -EINVAL;
		}
	}
	err = set_flag(flag, value);
	return err ? err : used;
}

/* Returns the number of positional arguments; PROBLEM says what is wrong. */
static int parse(int argc, char **argv, const char **args, int size)
{
	int count = 0, seen = 0, ended = 0;

	word_count = (size_t)argc;
	for (int i = 1; i < argc; i++) {
		struct word word;
		enum word_kind kind = ended ? WORD_ARGUMENT : word_split(argv[i], &word);

		if (kind == WORD_END) {
			ended = 1;
		} else if (kind == WORD_FLAG) {
			int used = take_flag(&word, argv + i, seen);

			if (used < 0)
				break;
			i += used - 1;
		} else if (!seen && verb->name) {
			seen = 1; /* the verb: the dispatcher has looked at it */
			ended = 0;
		} else if (count == size && verb->max_args < 0) {
			text_join(problem, sizeof(problem), errno_text(E2BIG), NULL);
			break;
		} else {
			if (count < size)
				args[count] = argv[i];
			count++;
			seen = 1;
			ended = ended || verb->stop_at_first_arg;
		}
	}
	return count;
}

static void reset_process(void)
{
	static const unsigned long
		by_default[4]; /* the kernel's struct sigaction: SIG_DFL, no flags, no mask */
	sigset_t none;

	/* By the system call: the library keeps 32 to 34 for itself, and the container must not
	 * inherit them ignored. */
	for (int i = 1; i < NSIG; i++)
		(void)syscall(__NR_rt_sigaction, i, &by_default, NULL,
			_NSIG / 8); /* not for KILL, STOP */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fill_standard_fds() < 0)
		log_die(1, NULL, "cannot open /dev/null in place of a standard file descriptor");
}

int verb_clean_path(const char *base, const char *path, char *buffer, size_t size)
{
	char joined[PATH_MAX * 2];
	struct text t = {buffer, size, 0, 0};

	if (text_join(joined, sizeof(joined), *path == '/' ? "" : base, "/", path, NULL))
		return -ENAMETOOLONG;
	buffer[0] = '\0';
	for (const char *s = joined; *s;) {
		size_t length;

		s += strspn(s, "/");
		length = strcspn(s, "/");
		if (length == 2 && s[0] == '.' && s[1] == '.') {
			while (t.length && t.data[--t.length] != '/')
				;
			t.data[t.length] = '\0';
		} else if (length && !(length == 1 && s[0] == '.')) {
			text_add(&t, "/");
			text_add_bytes(&t, s, length);
		}
		s += length;
	}
	if (!t.length)
		text_add(&t, "/");
	return t.cut ? -ENAMETOOLONG : 0;
}

/* user_namespaces(7): the first namespace maps all ids to themselves. */
static int in_user_namespace(void)
{
	uint64_t fields[3] = {1, 1, 0};
	char buffer[64], *next = buffer;
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0; /* a kernel without them */
	buffer[n] = '\0';
	for (int i = 0; i < 3; i++) {
		char *field = next + strspn(next, " ");

		next = field + strcspn(field, " \n");
		if (*next)
			*next++ = '\0';
		if (text_to_u64(field, &fields[i]))
			return 1;
	}
	return fields[0] != 0 || fields[1] != 0 || fields[2] != 4294967295u;
}

static _Noreturn void root_die(const char *hint, const char *what, int err)
{
	struct text t = TEXT(problem);

	if (hint && (write(2, hint, strlen(hint)) < 0 || write(2, "\n", 1) < 0))
		_exit(1);
	text_add(&t, what);
	text_add(&t, " ");
	text_add(&t, root_path);
	text_add(&t, ": ");
	text_add(&t, errno_text(err));
	log_die(1, NULL, problem);
}

/* The default below XDG_RUNTIME_DIR is made here; the sticky bit keeps clean-up jobs away from it.
 */
static void make_user_root(const char *runtime)
{
	static const char writable[] = "the path in $XDG_RUNTIME_DIR must be writable by the user";
	char current[PATH_MAX];

	if ((*runtime != '/' && !getcwd(current, sizeof(current))) ||
		verb_clean_path(current, runtime, root_path, sizeof(root_path) - sizeof("/runc")))
		root_die(writable, "mkdir", ENAMETOOLONG);
	memcpy(root_path + strlen(root_path), "/runc", sizeof("/runc"));
	for (char *s = strchr(root_path + 1, '/'); s; s = strchr(s + 1, '/')) {
		*s = '\0';
		if (mkdir(root_path, 0700) < 0 && errno != EEXIST && errno != EROFS)
			root_die(writable, "mkdir", errno);
		*s = '/';
	}
	if (mkdir(root_path, 0700) < 0 && errno != EEXIST)
		root_die(writable, "mkdir", errno);
	if (chmod(root_path, 01700) < 0)
		root_die("you should check permission of the path in $XDG_RUNTIME_DIR", "chmod",
			errno);
}

static void set_root(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *user = getenv("USER");
	char current[PATH_MAX];

	if (globals.root) {
		globals.root_given = 1;
		if (*globals.root != '/' && !getcwd(current, sizeof(current)))
			log_die(1, "getcwd", errno_text(errno));
		if (verb_clean_path(current, globals.root, root_path, sizeof(root_path)))
			root_die(NULL, "open", ENAMETOOLONG);
		if (!strcmp(root_path, "/"))
			log_die(1, NULL, "Option --root argument should not be set to /");
	} else if (runtime && *runtime &&
		(geteuid() || (in_user_namespace() && (!user || strcmp(user, "root") != 0)))) {
		make_user_root(runtime);
	} else {
		text_join(root_path, sizeof(root_path), "/run/runc", NULL);
	}
	globals.root = root_path;
}

static void set_log(void)
{
	char message[PATH_MAX + 128];
	int err;

	if (globals.log && *globals.log && (err = log_open(globals.log))) {
		text_join(message, sizeof(message), "open ", globals.log, ": ",
			err == -ELOOP ? "a symlink of another user is not followed"
				      : errno_text(-err),
			NULL);
		globals.log = NULL;
		log_die(1, NULL, message);
	}
	if (*globals.log_format && strcmp(globals.log_format, "text") != 0 &&
		strcmp(globals.log_format, "json") != 0) {
		text_join(
			message, sizeof(message), "invalid log-format: ", globals.log_format, NULL);
		log_die(1, NULL, message);
	}
}

void verb_check_count(const char *program, int count, int min, int max)
{
	static const char usage[] = "Incorrect Usage.\n\n";
	int few = min >= 0 && count < min;
	int many = max >= 0 && count > max;
	struct text t = TEXT(problem);

	if (!few && !many)
		return;
	verb_print(usage, sizeof(usage) - 1);
	text_add(&t, program);
	text_add(&t, ": \"");
	text_add(&t, verb->name);
	text_add(&t,
		min == max    ? "\" requires exactly "
			: few ? "\" requires a minimum of "
			      : "\" requires a maximum of ");
	text_add_i64(&t, few ? min : max);
	text_add(&t, " argument(s)");
	log_die(1, NULL, problem);
}

int verb_start(const struct verb *v, int argc, char **argv, const char **args, int size)
{
	const char *format;
	int count;

	if (undumpable())
		log_die(1, NULL, "cannot make runc undumpable: prctl(PR_SET_DUMPABLE) failed");
	verb = v;
	globals.prefix = v->prefix;
	reset_process();
	count = parse(argc, argv, args, size);
	if ((globals.help || globals.version) && !*problem) {
		if (!verb->name)
			return count;
		if (globals.version) /* of this program: runc --version goes to help */
			show_build();
		else
			show_help();
		_exit(0);
	}
	format = globals.log_format;
	globals.log_format =
		"text"; /* what is wrong with the root is told as text on stderr, always */
	set_root();
	globals.log_format = format;
	set_log();
	if (*problem) {
		static char line[sizeof(problem) + 32];

		text_join(line, sizeof(line), "Incorrect Usage: ", problem, "\n\n", NULL);
		if (write(2, line, strlen(line)) < 0)
			_exit(1);
		if (verb->name)
			show_help();
		log_die(1, NULL, problem);
	}
	verb_check_count(argv[0] ? argv[0] : "runc", count, verb->min_args, verb->max_args);
	return count;
}

int verb_rootless(void)
{
	int value;

	if (!*globals.rootless || !strcmp(globals.rootless, "auto"))
		return geteuid() != 0 || in_user_namespace();
	if (parse_bool(globals.rootless, &value)) {
		struct text t = TEXT(problem);

		text_add(&t, "runc ");
		text_add(&t, verb->name);
		text_add(&t, " failed: strconv.ParseBool: parsing ");
		text_add_quoted(&t, globals.rootless);
		text_add(&t, ": invalid syntax");
		log_die(1, NULL, problem);
	}
	return value;
}
