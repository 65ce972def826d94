/*
 * helper-bus PATH MODE LOG: stands where the bus of systemd would, on the socket PATH, and answers
 * as MODE says; what it was asked for goes to LOG, one call a line.
 *   silent   takes connections and says nothing         mute     lets in, and answers no call
 *   deaf     takes no connection                        garbage  answers the greeting with nonsense
 *   good     makes a cgroup of the unit's name in the hierarchy of systemd, moves the process in
 *   exists   there is such a unit already               failed   the job fails
 *   lost     the job never ends                         rigid    good, but nothing can be changed
 *   foreign  lost, and a process is in the unit         rumour   failed, and somebody else says "done"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define JOB "/org/freedesktop/systemd1/job/1"

static const char *mode, *log_path;
static unsigned char in[1 << 16], out[4096];
static size_t out_length;
static uint32_t serial = 1;

static int is_mode(const char *word)
{
	return !strcmp(mode, word);
}

static void put_u32(uint32_t n)
{
	while (out_length % 4)
		out[out_length++] = 0;
	memcpy(out + out_length, &n, 4);
	out_length += 4;
}

static void put_string(const char *s)
{
	put_u32((uint32_t)strlen(s));
	memcpy(out + out_length, s, strlen(s) + 1);
	out_length += strlen(s) + 1;
}

/* A header field: code, variant. */
static void put_field(unsigned char code, char type, const char *text, uint32_t number)
{
	while (out_length % 8)
		out[out_length++] = 0;
	out[out_length++] = code;
	out[out_length++] = 1;
	out[out_length++] = (unsigned char)type;
	out[out_length++] = 0;
	if (type == 'u') {
		put_u32(number);
	} else if (type == 'g') {
		out[out_length++] = (unsigned char)strlen(text);
		memcpy(out + out_length, text, strlen(text) + 1);
		out_length += strlen(text) + 1;
	} else {
		put_string(text);
	}
}

/* From here to end_header: fields. TYPE 2: a return, 3: an error, 4: a signal. */
static void begin(unsigned char type)
{
	static const unsigned char start[] = {'l', 0, 1, 1};

	out_length = 0;
	memcpy(out, start, 4);
	out[1] = type;
	out_length = 4;
	put_u32(0);
	put_u32(serial++);
	put_u32(0);
}

static size_t end_header(void)
{
	uint32_t length = (uint32_t)out_length - 16;

	memcpy(out + 12, &length, 4);
	while (out_length % 8)
		out[out_length++] = 0;
	return out_length;
}

static void send_out(int fd, size_t body)
{
	uint32_t length = (uint32_t)(out_length - body);

	memcpy(out + 4, &length, 4);
	if (send(fd, out, out_length, MSG_NOSIGNAL) < 0)
		exit(0);
}

static void reply(int fd, uint32_t to, char type, const char *text)
{
	const char signature[2] = {type, 0};
	size_t body;

	begin(2);
	put_field(5, 'u', NULL, to);
	if (type)
		put_field(8, 'g', signature, 0);
	body = end_header();
	if (type)
		put_string(text);
	send_out(fd, body);
}

static void reply_error(int fd, uint32_t to, const char *name, const char *text)
{
	size_t body;

	begin(3);
	put_field(4, 's', name, 0);
	put_field(5, 'u', NULL, to);
	put_field(8, 'g', "s", 0);
	body = end_header();
	put_string(text);
	send_out(fd, body);
}

/* SENDER: of a bus, or NULL. */
static void say_job_removed(int fd, const char *sender, const char *unit, const char *result)
{
	size_t body;

	begin(4);
	put_field(1, 'o', "/org/freedesktop/systemd1", 0);
	put_field(2, 's', "org.freedesktop.systemd1.Manager", 0);
	put_field(3, 's', "JobRemoved", 0);
	if (sender)
		put_field(7, 's', sender, 0);
	put_field(8, 'g', "uoss", 0);
	body = end_header();
	put_u32(1);
	put_string(JOB);
	put_string(unit);
	put_string(result);
	send_out(fd, body);
}

/* The first place of the string TEXT, with its length in front, in what has come. */
static const unsigned char *find(const char *text, size_t length)
{
	uint32_t n = (uint32_t)strlen(text);

	for (size_t i = 0; i + 5 + n <= length; i++)
		if (!memcmp(in + i, &n, 4) && !memcmp(in + i + 4, text, n + 1))
			return in + i + 4 + n + 1;
	return NULL;
}

static void make_cgroup(const char *unit, size_t length)
{
	const unsigned char *pids = find("PIDs", length);
	char path[512];
	uint32_t pid;
	FILE *f;

	if (!pids)
		exit(3);
	/* signature "au", array length, the number: each at a multiple of four */
	pids += 4;
	while ((pids - in) % 4)
		pids++;
	memcpy(&pid, pids + 4, 4);
	mkdir("/sys/fs/cgroup/systemd/system.slice", 0755);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/systemd/system.slice/%s", unit);
	mkdir(path, 0755);
	strcat(path, "/cgroup.procs");
	f = fopen(path, "w");
	if (!f || fprintf(f, "%u", pid) < 0 || fclose(f))
		exit(4);
}

static void note(const char *member, const char *unit, size_t length)
{
	FILE *f = fopen(log_path, "a");

	if (!f)
		exit(5);
	fprintf(f, "%s %s ", member, unit);
	/* Every word that stands in it. */
	for (size_t i = 0; i < length; i++)
		fputc(in[i] > ' ' && in[i] < 127 ? in[i] : ' ', f);
	fputc('\n', f);
	fclose(f);
}

static void start_unit(int fd, uint32_t to, const char *unit, size_t length)
{
	if (is_mode("exists")) {
		reply_error(fd, to, "org.freedesktop.systemd1.UnitExists",
			"Unit was already loaded or has a fragment file.");
		return;
	}
	if (is_mode("good") || is_mode("rigid"))
		make_cgroup(unit, length);
	reply(fd, to, 'o', JOB);
	if (is_mode("rumour"))
		say_job_removed(fd, ":1.66", unit, "done");
	if (!is_mode("lost") && !is_mode("foreign"))
		say_job_removed(
			fd, NULL, unit, is_mode("failed") || is_mode("rumour") ? "failed" : "done");
}

/* a(sus) with one entry: path, pid, command. */
static void tell_process(int fd, uint32_t to)
{
	size_t body, start;
	uint32_t length;

	begin(2);
	put_field(5, 'u', NULL, to);
	put_field(8, 'g', "a(sus)", 0);
	body = end_header();
	put_u32(0);
	while (out_length % 8)
		out[out_length++] = 0;
	start = out_length;
	put_string("/system.slice");
	put_u32(4711);
	put_string("somebody");
	length = (uint32_t)(out_length - start);
	memcpy(out + body, &length, 4);
	send_out(fd, body);
}

/* One call: LENGTH bytes in IN, of which the body begins at BODY. */
static void answer(int fd, size_t length, size_t body)
{
	static const char *const members[] = {"Hello", "AddMatch", "StartTransientUnit", "StopUnit",
		"ResetFailedUnit", "GetUnitProcesses", "SetUnitProperties"};
	const char *member = "?", *unit = body + 4 < length ? (char *)in + body + 4 : "";
	uint32_t to;

	memcpy(&to, in + 8, 4);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (find(members[i], body))
			member = members[i];
	note(member, unit, length);
	if (!strcmp(member, "Hello"))
		reply(fd, to, 's', ":1.1");
	else if (is_mode("mute") || !strcmp(member, "AddMatch"))
		return;
	else if (!strcmp(member, "StartTransientUnit"))
		start_unit(fd, to, unit, length);
	else if (!strcmp(member, "StopUnit")) {
		reply(fd, to, 'o', JOB);
		say_job_removed(fd, NULL, unit, "done");
	} else if (is_mode("foreign") && !strcmp(member, "GetUnitProcesses"))
		tell_process(fd, to);
	else if (is_mode("rigid") && !strcmp(member, "SetUnitProperties"))
		reply_error(fd, to, "org.freedesktop.DBus.Error.PropertyReadOnly", "no change");
	else if (!strcmp(member, "ResetFailedUnit") || !strcmp(member, "SetUnitProperties"))
		reply(fd, to, 0, NULL);
	else
		reply_error(fd, to, "org.freedesktop.systemd1.NoSuchUnit", "no such unit");
}

static int read_all(int fd, size_t from, size_t to)
{
	while (from < to) {
		ssize_t n = to > sizeof(in) ? -1 : read(fd, in + from, to - from);

		if (n <= 0)
			return -1;
		from += (size_t)n;
	}
	return 0;
}

static int greet(int fd)
{
	static const char welcome[] =
		"DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";
	char line[512];
	size_t length = 0;

	while (length < 6 || memcmp(line + length - 7, "BEGIN\r\n", 7) != 0) {
		ssize_t n = read(fd, line + length, 1);

		if (n <= 0 || ++length == sizeof(line))
			return -1;
	}
	return is_mode("garbage") ? write(fd, "\0\0\0garbage\r\n", 12) < 0
				  : write(fd, welcome, sizeof(welcome) - 1) < 0;
}

static void serve(int fd)
{
	if (is_mode("silent")) {
		while (read(fd, in, sizeof(in)) > 0)
			continue;
		return;
	}
	if (greet(fd))
		return;
	while (!read_all(fd, 0, 16)) {
		uint32_t body, fields;
		size_t start;

		memcpy(&body, in + 4, 4);
		memcpy(&fields, in + 12, 4);
		start = (16 + (size_t)fields + 7) / 8 * 8;
		if (read_all(fd, 16, start + body))
			return;
		answer(fd, start + body, start);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	if (argc != 4 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	mode = argv[2];
	log_path = argv[3];
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, is_mode("deaf") ? 0 : 16) < 0)
		return 1;
	if (is_mode("deaf")) { /* its queue has one place, and that is taken */
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			return 1;
		for (;;)
			pause();
	}
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		serve(fd);
		close(fd);
	}
	return 1;
}
