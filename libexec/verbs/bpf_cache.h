/*
 * ROOT/.bpf: seccomp programs that were compiled before. An entry is a file that is named by its
 * key; nobody but the owner of the state root can write there, and whatever is not exactly what we
 * wrote is as if it were missing. No failure here is an error of the container: without the cache a
 * creation only takes longer.
 */
#ifndef DAVIT_BPF_CACHE_H
#define DAVIT_BPF_CACHE_H

#include "plan.h"
#include "sha256.h"

#define BPF_KEY_SIZE     SHA256_SIZE
#define BPF_CACHE_MAX    64 /* entries */
#define BPF_CACHE        ".bpf"
#define BPF_CACHE_NEW    "new"      /* a file that is being written, under the directory's lock */
#define BPF_PROGRAM_SIZE (4096 * 8) /* of the longest program, BPF_MAXINSNS */

/* What an entry begins with; the program follows. */
struct bpf_entry {
	char magic[8];
	uint8_t key[BPF_KEY_SIZE];
	uint64_t sum; /* of the program, against torn and rotten files */
};

/* The key of what PLAN's seccomp section is compiled to by the build BUILD (build_id of step.h). */
void bpf_key(const struct plan *plan, const char *build, uint8_t key[BPF_KEY_SIZE]);

/* The program of KEY below the state root ROOT, in a memfd without seals; or -1: there is none. */
int bpf_cache_find(int root, const uint8_t key[BPF_KEY_SIZE]);

/* The directory of the cache below ROOT, made if need be; or -1. */
int bpf_cache_open(int root);

/*
 * Keeps the program in the memfd PROGRAM as that of KEY, in place of what stands there. Does nothing
 * while another process is storing one, which may be any. The oldest entries above BPF_CACHE_MAX go.
 */
void bpf_cache_store(int root, const uint8_t key[BPF_KEY_SIZE], int program);

#endif
