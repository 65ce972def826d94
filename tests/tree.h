/* Removes a directory of a test with all in it; nothing on another file system. */
#ifndef DAVIT_TEST_TREE_H
#define DAVIT_TEST_TREE_H

#include <ftw.h>
#include <stdio.h>

static inline int tree_remove_one(
	const char *path, const struct stat *what, int type, struct FTW *place)
{
	(void)what;
	(void)type;
	(void)place;
	return remove(path);
}

/* Returns 0, or not when something of it is left. */
static inline int tree_remove(const char *top)
{
	return nftw(top, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

#endif
