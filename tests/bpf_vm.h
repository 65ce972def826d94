/* An interpreter of classic BPF as seccomp runs it, for tests of filters: it takes the few
 * instructions that compilers of profiles write and refuses every other. */
#ifndef DAVIT_BPF_VM_H
#define DAVIT_BPF_VM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

/* NULL, or why the program is none: what the kernel's checker demands (Documentation/userspace-api/
 * seccomp_filter.rst, net/core/filter.c), and that only known instructions occur. */
const char *bpf_fault(const struct sock_filter *code, size_t length);

/* The return word for DATA. The program must be without fault. */
__u32 bpf_run(const struct sock_filter *code, const struct seccomp_data *data);

#endif
