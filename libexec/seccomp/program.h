/* The BPF program that is being made, instruction by instruction. */
#ifndef DAVIT_SECCOMP_PROGRAM_H
#define DAVIT_SECCOMP_PROGRAM_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include "filter.h"

/* BPF_MAXINSNS: the kernel refuses a longer program. */
#define INSTRUCTIONS_MAX 4096
#define TOO_LONG         "the seccomp profile makes more than 4096 instructions"

/* Dies after INSTRUCTIONS_MAX. */
void emit(uint16_t op, uint8_t yes, uint8_t no, uint32_t k);

/* Jumps over YES or NO instructions by comparison OP (BPF_JEQ …) with K. */
void test(uint16_t op, uint32_t k, uint8_t yes, uint8_t no);

/* Loads a word of struct seccomp_data. */
void load_word(size_t offset);

/* A jump as far as jump_here fills in. */
size_t jump(void);
void jump_here(size_t from);

/* The index of the next instruction. */
size_t program_here(void);

/* Branches of tests from FROM on with the length MARK lead to the next instruction. */
void resolve(size_t from, uint8_t mark);

/* Appends the program in FD, from where it has found the ABI to be ABI. The number has been loaded. */
void append(int fd, const struct abi *abi);

/* Writes the program to FD, or death. */
void program_write(int fd);

#endif
