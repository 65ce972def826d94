/*
 * The one door to paths below a rootfs (rule F0): every lookup is openat2 inside ROOT without magic
 * links, every result an fd, and nothing is looked up twice. ROOT is a directory fd of the tree.
 * All functions return an fd or 0, or -errno.
 */
#ifndef DAVIT_PATH_H
#define DAVIT_PATH_H

#include <stdint.h>
#include <sys/types.h>

enum {
	PATH_NO_SYMLINKS = 1, /* refuse any symlink on the way: special destinations (rule F8) */
	PATH_NO_XDEV = 2      /* stay on the mount of ROOT */
};

/* Opens PATH (absolute or not, "/" is ROOT) with open(2) FLAGS; O_CLOEXEC is added. */
int path_open(int root, const char *path, int flags, int how);

/* An O_PATH fd of the directory PATH; what is missing is made with MODE (rule F3), a symlink that
 * leads nowhere made to lead somewhere inside ROOT. *made: the last one was made. */
int path_make_directory(int root, const char *path, mode_t mode, int how, int *made);

/* An O_PATH fd of PATH; when missing, parents and an empty regular file are made (rule F4). */
int path_make_file(int root, const char *path, int how);

/* An O_PATH fd of the directory that holds PATH's last component, made as above; the component goes
 * to NAME. */
int path_make_parent(int root, const char *path, int how, char name[256]);

/* An O_PATH fd of the longest existing part of that directory; *REST is what is left of PATH from
 * there. Nothing is made. */
int path_open_above(int root, const char *path, int how, const char **rest);

/* A node below DIRECTORY, NAME one component; MODE as it is only with umask 0. An existing node of
 * that kind and number is accepted; another: -EEXIST. */
int path_make_node(
	int directory, const char *name, mode_t mode, dev_t device, uid_t uid, gid_t gid);

/* A symlink below DIRECTORY; an existing entry is left alone unless REPLACE and it is no directory.
 */
int path_make_link(int directory, const char *name, const char *target, int replace);

#endif
