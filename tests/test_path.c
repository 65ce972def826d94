/*
 * Lookups and creations below a hostile root: nothing leads out of it, nothing that is there is
 * changed. Nodes are made by root only.
 * link: shared/path
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "path.h"
#include "skip.h"
#include "tree.h"

static char top[32];
static int root;

static int set_up(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/test_path.XXXXXX");
	if (!mkdtemp(top) || chdir(top) < 0 || mkdir("root", 0755) < 0 ||
		mkdir("outside", 0755) < 0)
		return -1;
	root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 || chdir("root") < 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(root);
	return chdir("/") < 0 || tree_remove(top) != 0;
}

/* Whether what FD refers to is at NAME; closes FD. */
static int leads_to(int fd, const char *name)
{
	struct stat there, wanted;
	int same;

	if (fd < 0 || stat(name, &wanted) < 0 || fstat(fd, &there) < 0)
		return 0;
	same = there.st_dev == wanted.st_dev && there.st_ino == wanted.st_ino;
	close(fd);
	return same;
}

static int is_empty_outside(void)
{
	return rmdir("../outside") == 0 && mkdir("../outside", 0755) == 0;
}

static void test_open(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(symlink("/../../outside", "out"), 0);
	assert_int_equal(symlink("/d", "in"), 0);
	assert_true(leads_to(path_open(root, "/", O_PATH, 0), "."));
	assert_true(leads_to(path_open(root, "", O_PATH, 0), "."));
	assert_true(leads_to(path_open(root, "//d/", O_PATH, 0), "d"));
	assert_true(leads_to(path_open(root, "../../d", O_PATH, 0), "d"));
	assert_true(leads_to(path_open(root, "in", O_PATH, 0), "d"));
	assert_int_equal(path_open(root, "out", O_PATH, 0), -ENOENT);
	assert_int_equal(path_open(root, "in", O_PATH, PATH_NO_SYMLINKS), -ELOOP);
	assert_int_equal(path_open(root, "in/.", O_PATH, PATH_NO_SYMLINKS), -ELOOP);
}

static void test_magic_links(void **state)
{
	int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(proc >= 0);
	assert_int_equal(path_open(proc, "root", O_PATH, 0), -ELOOP);
	assert_int_equal(path_open(proc, "cwd/root", O_PATH, 0), -ELOOP);
	assert_int_equal(path_make_directory(proc, "cwd/new", 0755, 0, NULL), -ELOOP);
	assert_int_equal(path_make_file(proc, "root/new", 0), -ELOOP);
	close(proc);
}

static void test_other_file_system(void **state)
{
	int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(path_open(slash, "proc", O_PATH, PATH_NO_XDEV), -EXDEV);
	assert_true(leads_to(path_open(slash, "proc", O_PATH, 0), "/proc"));
	close(slash);
}

static void test_make_directory(void **state)
{
	struct stat st;
	int made;

	(void)state;
	umask(0);
	assert_true(leads_to(path_make_directory(root, "/a//b/c/", 0710, 0, &made), "a/b/c"));
	assert_true(made);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0710);
	assert_true(leads_to(path_make_directory(root, "a/b", 0700, 0, &made), "a/b"));
	assert_false(made);
	assert_int_equal(path_make_directory(root, "a/b/x/../y", 0755, 0, NULL), -EINVAL);
	assert_int_equal(path_make_directory(root, "n/./y", 0755, 0, NULL), -EINVAL);
	assert_int_equal(mknod("file", S_IFREG | 0600, 0), 0);
	assert_int_equal(path_make_directory(root, "file", 0755, 0, NULL), -ENOTDIR);
	assert_int_equal(path_make_directory(root, "file/x", 0755, 0, NULL), -ENOTDIR);
}

static void test_links_stay_inside(void **state)
{
	(void)state;
	assert_int_equal(symlink("../../../outside/new", "relative"), 0);
	assert_int_equal(symlink("/outside/new", "absolute"), 0);
	assert_true(leads_to(
		path_make_directory(root, "relative/deep", 0755, 0, NULL), "outside/new/deep"));
	assert_true(leads_to(path_make_directory(root, "absolute", 0755, 0, NULL), "outside/new"));
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(symlink("/top", "d/up"), 0);
	assert_true(leads_to(path_make_directory(root, "d/up/deep", 0755, 0, NULL), "top/deep"));
	assert_int_equal(symlink("/outside/file", "to-file"), 0);
	assert_true(leads_to(path_make_file(root, "to-file", 0), "outside/file"));
	assert_true(is_empty_outside());
	assert_int_equal(symlink("/nowhere", "dangling"), 0);
	assert_int_equal(
		path_make_directory(root, "dangling/x", 0755, PATH_NO_SYMLINKS, NULL), -ELOOP);
	assert_int_equal(path_make_file(root, "dangling", PATH_NO_SYMLINKS), -ELOOP);
	assert_int_equal(access("nowhere", F_OK), -1);
}

static void test_loops(void **state)
{
	char path[PATH_MAX + 2];

	(void)state;
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(path_open(root, "loop", O_PATH, 0), -ELOOP);
	assert_int_equal(path_make_directory(root, "loop/x", 0755, 0, NULL), -ELOOP);
	assert_int_equal(symlink("two/x", "one"), 0);
	assert_int_equal(symlink("one/x", "two"), 0);
	assert_true(path_make_directory(root, "one", 0755, 0, NULL) < 0);
	assert_true(path_make_file(root, "one", 0) < 0);
	memset(path, 'x', sizeof(path));
	path[256] = '\0';
	assert_int_equal(path_make_directory(root, path, 0755, 0, NULL), -ENAMETOOLONG);
	assert_int_equal(path_make_file(root, path, 0), -ENAMETOOLONG);
	path[256] = 'x';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(path_make_file(root, path, 0), -ENAMETOOLONG);
}

static void test_make_file(void **state)
{
	struct stat st;

	(void)state;
	umask(0);
	assert_true(leads_to(path_make_file(root, "d/e/file", 0), "d/e/file"));
	assert_int_equal(stat("d/e/file", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_true(leads_to(path_make_file(root, "/d/e/file", 0), "d/e/file"));
	assert_true(leads_to(path_make_file(root, "d", 0), "d"));
}

static void test_open_above(void **state)
{
	const char *rest;

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_true(leads_to(path_open_above(root, "/d/e/f", 0, &rest), "d"));
	assert_string_equal(rest, "/e/f");
	assert_true(leads_to(path_open_above(root, "d", 0, &rest), "."));
	assert_string_equal(rest, "d");
	assert_int_equal(symlink("d", "s"), 0);
	assert_int_equal(path_open_above(root, "/s/e", PATH_NO_SYMLINKS, &rest), -ELOOP);
}

static void test_parent(void **state)
{
	char name[256];

	(void)state;
	assert_true(leads_to(path_make_parent(root, "/a/b/c", 0, name), "a/b"));
	assert_string_equal(name, "c");
	assert_true(leads_to(path_make_parent(root, "c", 0, name), "."));
	assert_int_equal(path_make_parent(root, "/", 0, name), -EINVAL);
	assert_int_equal(path_make_parent(root, "a/..", 0, name), -EINVAL);
	assert_int_equal(symlink("a", "s"), 0);
	assert_int_equal(path_make_parent(root, "s/b/c", PATH_NO_SYMLINKS, name), -ELOOP);
}

static mode_t mode_of(const char *name, uid_t owner, gid_t group)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	assert_int_equal(st.st_uid, owner);
	assert_int_equal(st.st_gid, group);
	return st.st_mode;
}

static void test_make_node(void **state)
{
	const dev_t null = makedev(1, 3);

	(void)state;
	if (geteuid() != 0)
		SKIP("only root makes nodes");
	umask(0);
	assert_int_equal(path_make_node(root, "null", S_IFCHR | 0620, null, 5, 6), 0);
	assert_int_equal(mode_of("null", 5, 6), S_IFCHR | 0620);
	/* One that is there is kept as it is. */
	assert_int_equal(path_make_node(root, "null", S_IFCHR | 0666, null, 7, 8), 0);
	assert_int_equal(mode_of("null", 5, 6), S_IFCHR | 0620);
	assert_int_equal(
		path_make_node(root, "null", S_IFCHR | 0666, makedev(1, 5), 0, 0), -EEXIST);
	assert_int_equal(path_make_node(root, "null", S_IFBLK | 0666, null, 0, 0), -EEXIST);
	assert_int_equal(path_make_node(root, "null", S_IFIFO | 0666, 0, 0, 0), -EEXIST);
	/* What a symlink leads to is not what is there. */
	assert_int_equal(symlink("null", "link"), 0);
	assert_int_equal(path_make_node(root, "link", S_IFCHR | 0666, null, 0, 0), -EEXIST);
	assert_int_equal(path_make_node(root, "pipe", S_IFIFO | 0600, 0, 0, 9), 0);
	assert_int_equal(mode_of("pipe", 0, 9), S_IFIFO | 0600);
}

static void test_make_link(void **state)
{
	char target[8] = "";

	(void)state;
	assert_int_equal(mknod("file", S_IFREG | 0600, 0), 0);
	assert_int_equal(path_make_link(root, "file", "a", 0), 0);
	assert_int_equal(mode_of("file", geteuid(), getegid()), S_IFREG | 0600);
	assert_int_equal(path_make_link(root, "file", "a", 1), 0);
	assert_int_equal(readlink("file", target, sizeof(target)), 1);
	assert_string_equal(target, "a");
	assert_int_equal(path_make_link(root, "new", "b", 1), 0);
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(path_make_link(root, "d", "a", 1), -EISDIR);
	assert_int_equal(path_make_link(root, "d", "a", 0), 0);
}

/* Nothing is cut off that is too long, and no link is followed to where there is no room for it. */
static void test_lengths(void **state)
{
	char name[257], path[PATH_MAX + 1], found[256];
	const char *rest;

	(void)state;
	memset(name, 'n', 256);
	name[256] = '\0';
	snprintf(path, sizeof(path), "missing/%s", name);
	assert_int_equal(path_make_directory(root, path, 0755, 0, NULL), -ENAMETOOLONG);
	assert_int_equal(path_make_parent(root, name, 0, found), -ENAMETOOLONG);
	memset(path, 'p', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_int_equal(path_open_above(root, path, 0, &rest), -ENAMETOOLONG);
	assert_int_equal(path_make_parent(root, path, 0, found), -ENAMETOOLONG);
	for (size_t i = 1; i < PATH_MAX; i += 2)
		path[i] = '/';
	path[PATH_MAX - 96] = '\0';
	assert_int_equal(symlink(path, "link"), 0);
	snprintf(path, sizeof(path), "link/%.200s", name);
	assert_int_equal(path_make_directory(root, path, 0755, 0, NULL), -ENAMETOOLONG);
}

/* A file system on which nothing can be made says so. */
static void test_nothing_can_be_made(void **state)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(proc >= 0);
	assert_true(path_make_directory(proc, "new", 0755, 0, NULL) < 0);
	assert_true(path_make_file(proc, "new", 0) < 0);
	assert_true(path_make_node(proc, "new", S_IFREG | 0600, 0, 0, 0) < 0);
	assert_true(path_make_link(proc, "new", "target", 0) < 0);
	close(proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_magic_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_file_system, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_make_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_links_stay_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_loops, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_make_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_open_above, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_make_node, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_make_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_can_be_made, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
