/* SHA-256 (FIPS 180-4). For names and sums of what we keep ourselves; nothing here is secret. */
#ifndef DAVIT_SHA256_H
#define DAVIT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes added so far */
	uint8_t block[64];
};

void sha256_begin(struct sha256 *sum);
void sha256_add(struct sha256 *sum, const void *data, size_t length);

/* SUM is used up. */
void sha256_end(struct sha256 *sum, uint8_t digest[SHA256_SIZE]);

#endif
