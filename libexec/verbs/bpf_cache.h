/*
 * ROOT/.bpf: seccomp programs that were compiled before, in one file, because other runtimes take
 * each directory below ROOT for a container. Nobody but the owner of the state root can write there, and
 * whatever is not exactly what we wrote is as if it were missing. No failure here is an error of the
 * container: without the cache a creation only takes longer.
 */
#ifndef DAVIT_BPF_CACHE_H
#define DAVIT_BPF_CACHE_H

#include "plan.h"
#include "sha256.h"

#define BPF_KEY_SIZE     SHA256_SIZE
#define BPF_CACHE_MAX    64 /* entries */
#define BPF_CACHE        ".bpf"
#define BPF_PROGRAM_SIZE (4096 * 8) /* of the longest program, BPF_MAXINSNS */
#define BPF_PROGRAMS     4096       /* where that of the first entry begins; the next follow */

struct bpf_entry {
	uint8_t key[BPF_KEY_SIZE];
	uint64_t turn; /* the highest was written last; 0: there is none */
	uint64_t length;
	uint64_t sum; /* of the program, against torn and rotten files */
};

/* What the file begins with. */
struct bpf_table {
	char magic[8];
	struct bpf_entry entries[BPF_CACHE_MAX];
};

/* The key of what PLAN's seccomp section is compiled to by the build BUILD (build_id of step.h). */
void bpf_key(const struct plan *plan, const char *build, uint8_t key[BPF_KEY_SIZE]);

/* The program of KEY below the state root ROOT, in a memfd without seals; or -1: there is none. */
int bpf_cache_find(int root, const uint8_t key[BPF_KEY_SIZE]);

/* The file below ROOT for bpf_cache_store, made if need be; or -1. What earlier versions kept in a
 * directory of that name goes. */
int bpf_cache_open(int root);

/*
 * Keeps the program in the memfd PROGRAM as that of KEY in the file CACHE, in place of what stands
 * there, or of the oldest. Does nothing while another process is storing one, which may be any.
 */
void bpf_cache_store(int cache, const uint8_t key[BPF_KEY_SIZE], int program);

#endif
