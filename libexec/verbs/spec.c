/*
 * runc spec: writes a first config.json for a person to change, and never replaces one. With --check
 * or --explain it becomes parse, which tells about a config.json that is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "json.h"
#include "template.h"
#include "text.h"
#include "verb.h"

#define CONFIG_MAX (16 << 20)

static const char *bundle = "";
static int rootless, check, explain, json;

static const struct flag flags[] = {
	{"bundle", "b", FLAG_STRING, &bundle, "path to the root of the bundle directory"},
	{"rootless", NULL, FLAG_BOOL, &rootless,
		"generate a configuration for a rootless container"},
	{"check", NULL, FLAG_BOOL, &check,
		"say all that is wrong with the config.json of BUNDLE (default: \".\")"},
	{"explain", NULL, FLAG_BOOL, &explain,
		"say what the config.json of BUNDLE would do, step by step"},
	{"json", NULL, FLAG_BOOL, &json, "with --check or --explain: as JSON"},
};

static const struct verb verb = {
	.name = "spec",
	.usage = "[bundle]",
	.description = "create a new specification file",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 0,
	.max_args = 1,
};

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void add_list(struct json *j, const char *key, const char *const *values)
{
	json_array(j, key);
	for (; *values; values++)
		json_string(j, NULL, *values);
	json_array_end(j);
}

static void add_process(struct json *j)
{
	json_object(j, "process");
	json_bool(j, "terminal", 1);
	json_object(j, "user");
	json_u64(j, "uid", 0);
	json_u64(j, "gid", 0);
	json_object_end(j);
	add_list(j, "args", LIST("sh"));
	add_list(j, "env",
		LIST("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"TERM=xterm"));
	json_string(j, "cwd", "/");
	json_object(j, "capabilities");
	add_list(j, "bounding", template_capabilities);
	add_list(j, "effective", template_capabilities);
	add_list(j, "permitted", template_capabilities);
	json_object_end(j);
	json_array(j, "rlimits");
	json_object(j, NULL);
	json_string(j, "type", "RLIMIT_NOFILE");
	json_u64(j, "hard", 1024);
	json_u64(j, "soft", 1024);
	json_object_end(j);
	json_array_end(j);
	json_bool(j, "noNewPrivileges", 1);
	json_object_end(j);
}

static void add_mount(struct json *j, const char *destination, const char *type, const char *source,
	const char *const *options)
{
	json_object(j, NULL);
	json_string(j, "destination", destination);
	json_string(j, "type", type);
	json_string(j, "source", source);
	if (options)
		add_list(j, "options", options);
	json_object_end(j);
}

/* Without root there is no group 5 to give the terminals to, and sysfs can only be bound from
 * outside. */
static void add_mounts(struct json *j)
{
	json_array(j, "mounts");
	add_mount(j, "/proc", "proc", "proc", NULL);
	add_mount(j, "/dev", "tmpfs", "tmpfs",
		LIST("nosuid", "strictatime", "mode=755", "size=65536k"));
	add_mount(j, "/dev/pts", "devpts", "devpts",
		LIST("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
			rootless ? NULL : "gid=5"));
	add_mount(j, "/dev/shm", "tmpfs", "shm",
		LIST("nosuid", "noexec", "nodev", "mode=1777", "size=65536k"));
	add_mount(j, "/dev/mqueue", "mqueue", "mqueue", LIST("nosuid", "noexec", "nodev"));
	if (rootless)
		add_mount(j, "/sys", "none", "/sys",
			LIST("rbind", "nosuid", "noexec", "nodev", "ro"));
	else
		add_mount(j, "/sys", "sysfs", "sysfs", LIST("nosuid", "noexec", "nodev", "ro"));
	add_mount(j, "/sys/fs/cgroup", "cgroup", "cgroup",
		LIST("nosuid", "noexec", "nodev", "relatime", "ro"));
	json_array_end(j);
}

static void add_mapping(struct json *j, const char *key, uint64_t id)
{
	json_array(j, key);
	json_object(j, NULL);
	json_u64(j, "containerID", 0);
	json_u64(j, "hostID", id);
	json_u64(j, "size", 1);
	json_object_end(j);
	json_array_end(j);
}

static void add_namespace(struct json *j, const char *type)
{
	json_object(j, NULL);
	json_string(j, "type", type);
	json_object_end(j);
}

static void add_namespaces(struct json *j)
{
	struct statfs fs;

	json_array(j, "namespaces");
	add_namespace(j, "pid");
	if (!rootless)
		add_namespace(j, "network");
	add_namespace(j, "ipc");
	add_namespace(j, "uts");
	add_namespace(j, "mount");
	if (!statfs("/sys/fs/cgroup", &fs) && (long)fs.f_type == CGROUP2_SUPER_MAGIC)
		add_namespace(j, "cgroup");
	if (rootless)
		add_namespace(j, "user");
	json_array_end(j);
}

static void add_linux(struct json *j)
{
	json_object(j, "linux");
	if (rootless) {
		add_mapping(j, "uidMappings", geteuid());
		add_mapping(j, "gidMappings", getegid());
	} else {
		json_object(j, "resources");
		json_array(j, "devices");
		json_object(j, NULL);
		json_bool(j, "allow", 0);
		json_string(j, "access", "rwm");
		json_object_end(j);
		json_array_end(j);
		json_object_end(j);
	}
	add_namespaces(j);
	add_list(j, "maskedPaths", template_masked);
	add_list(j, "readonlyPaths", template_readonly);
	json_object_end(j);
}

static void make_spec(struct json *j)
{
	json_object(j, NULL);
	json_string(j, "ociVersion", "1.3.0");
	add_process(j);
	json_object(j, "root");
	json_string(j, "path", TEMPLATE_ROOT);
	json_bool(j, "readonly", 1);
	json_object_end(j);
	json_string(j, "hostname", "runc");
	add_mounts(j);
	add_linux(j);
	json_object_end(j);
}

static void write_spec(const char *data, size_t length)
{
	static const char name[] = "config.json";
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	ssize_t n;
	int err;

	if (fd < 0 && errno == EEXIST)
		log_die(1, NULL, "File config.json exists. Remove it first");
	if (fd < 0)
		log_die(1, "open config.json", errno_text(errno));
	n = write(fd, data, length);
	err = n < 0 ? errno : (size_t)n < length ? ENOSPC : 0;
	if (close(fd) < 0 && !err)
		err = errno;
	if (!err)
		return;
	unlink(name); /* ours, and half written */
	log_die(1, "write config.json", errno_text(err));
}

/* As create opens it: without waiting for a FIFO or touching a device (rule F26). */
static void open_config(void)
{
	int fd = open("config.json", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		log_die(1, NULL, "JSON specification file config.json not found");
	if (fd < 0 || fstat(fd, &st) < 0)
		log_die(1, "open config.json", errno_text(errno));
	if (!S_ISREG(st.st_mode))
		log_die(1, NULL, "config.json: not a regular file");
	if (st.st_size > CONFIG_MAX)
		log_die(1, NULL, "config.json: larger than 16 MiB");
	if (dup2(fd, STDIN_FILENO) < 0)
		log_die(1, "dup2", errno_text(errno));
}

/* Where our own file is, parse is, too. It needs nothing of ours but config.json and fd 1 and 2. */
static _Noreturn void become_parse(void)
{
	char path[PATH_MAX], directory[PATH_MAX], message[PATH_MAX + 16];
	char *arguments[] = {"parse", explain ? "--explain" : "--check", "--bundle", directory,
		NULL, NULL, NULL};
	char *const nothing[] = {NULL};
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof("parse"));
	size_t count = 4;

	if (json)
		arguments[count++] = "--json";
	if (globals.systemd_cgroup)
		arguments[count++] = "--systemd-cgroup";

	open_config();
	if (!getcwd(directory, sizeof(directory)))
		log_die(1, "getcwd", errno_text(errno));
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n <= 0)
		log_die(1, "readlink /proc/self/exe", errno_text(errno));
	memcpy(path + n, "parse", sizeof("parse"));
	execve(path, arguments, nothing);
	text_join(message, sizeof(message), "cannot start ", path, NULL);
	log_die(1, message,
		errno == ENOENT ? "no such file or directory: install davit again"
				: errno_text(errno));
}

int main(int argc, char **argv)
{
	static char buffer[16384];
	char message[PATH_MAX + 16];
	const char *argument = "";
	struct json j;
	int count = verb_start(&verb, argc, argv, &argument, 1);

	verb_check_count(argv[0] ? argv[0] : "runc", count, 0, check || explain ? 1 : 0);
	if (*argument)
		bundle = argument;
	if (*bundle && chdir(bundle) < 0) {
		text_join(message, sizeof(message), "chdir ", bundle, NULL);
		log_die(1, message, errno_text(errno));
	}
	if (check || explain)
		become_parse();
	if (json)
		log_die(1, NULL, "--json is for --check and --explain");
	json_start(&j, buffer, sizeof(buffer), "\t");
	make_spec(&j);
	if (j.cut)
		log_die(1, "config.json", errno_text(EMSGSIZE));
	write_spec(j.data, j.length);
	return 0;
}
