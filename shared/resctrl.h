/* Where the resctrl file system is, for those who change it and those who read it. */
#ifndef DAVIT_RESCTRL_MOUNT_H
#define DAVIT_RESCTRL_MOUNT_H

#define RESCTRL_MOUNT "/sys/fs/resctrl"

/* Its root: an fd, or -ENOENT when nothing or no resctrl file system lies there. Other errors end the
 * program. */
int resctrl_open_mount(void);

#endif
