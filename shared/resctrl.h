/* Where the resctrl file system is, for those who change it and those who read it. */
#ifndef DAVIT_RESCTRL_MOUNT_H
#define DAVIT_RESCTRL_MOUNT_H

#define RESCTRL_MOUNT "/sys/fs/resctrl"

/* Its root: an fd, or -ENOENT when what lies there is no resctrl file system. */
int resctrl_open_mount(void);

#endif
