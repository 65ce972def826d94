/* See program.h. */
#include "program.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <unistd.h>
#include "step.h"

#define LOAD   (BPF_LD | BPF_W | BPF_ABS)
#define IF(op) (BPF_JMP | (op) | BPF_K)

static struct sock_filter code[INSTRUCTIONS_MAX];
static size_t length;

void emit(uint16_t op, uint8_t yes, uint8_t no, uint32_t k)
{
	if (length == INSTRUCTIONS_MAX)
		die(TOO_LONG, NULL, 0);
	code[length++] = (struct sock_filter){op, yes, no, k};
}

void test(uint16_t op, uint32_t k, uint8_t yes, uint8_t no)
{
	emit(IF(op), yes, no, k);
}

void load_word(size_t offset)
{
	emit(LOAD, 0, 0, (uint32_t)offset);
}

size_t jump(void)
{
	emit(BPF_JMP | BPF_JA, 0, 0, 0);
	return length - 1;
}

void jump_here(size_t from)
{
	code[from].k = (uint32_t)(length - from - 1);
}

size_t program_here(void)
{
	return length;
}

void resolve(size_t from, uint8_t mark)
{
	for (size_t i = from; i < length; i++) {
		if (BPF_CLASS(code[i].code) != BPF_JMP)
			continue;
		if (code[i].jt == mark)
			code[i].jt = (uint8_t)(length - i - 1);
		if (code[i].jf == mark)
			code[i].jf = (uint8_t)(length - i - 1);
	}
}

/* Reads FD behind the program; the number of instructions. */
static size_t read_code(int fd)
{
	ssize_t room = (ssize_t)((INSTRUCTIONS_MAX - length) * sizeof(code[0]));
	ssize_t got = pread(fd, code + length, (size_t)room, 0);

	if (got < 0)
		die("reading the filter:", NULL, errno);
	if (got == room)
		die(TOO_LONG, NULL, 0);
	return (size_t)got / sizeof(code[0]);
}

/* Where the program START goes on for ABI when the number is loaded; 0 when it does not tell. */
static size_t behind_dispatch(const struct sock_filter *start, size_t count, const struct abi *abi)
{
	const size_t nr = offsetof(struct seccomp_data, nr),
		     arch = offsetof(struct seccomp_data, arch);
	size_t loaded = nr, found = 0;

	for (size_t i = 0; i < count;) {
		const struct sock_filter *f = &start[i++];

		if (f->code == LOAD && (f->k == nr || f->k == arch))
			loaded = f->k;
		else if (f->code == IF(BPF_JEQ) && loaded == arch)
			i += f->k == abi->audit ? f->jt : f->jf;
		else if (f->code == IF(BPF_JGE) && loaded == nr && f->k == X32_BIT && abi->split)
			i += abi->token == SCMP_ARCH_X32 ? f->jt : f->jf;
		else
			break;
		if (loaded == nr)
			found = i;
	}
	return found;
}

void append(int fd, const struct abi *abi)
{
	struct sock_filter *start = code + length;
	size_t count = read_code(fd), skip = behind_dispatch(start, count, abi);

	/* Jumps go forward only: none leads back to what is left out. */
	memmove(start, start + skip, (count - skip) * sizeof(start[0]));
	length += count - skip;
}

void program_write(int fd)
{
	ssize_t size = (ssize_t)(length * sizeof(code[0]));

	if (write(fd, code, (size_t)size) != size)
		die("writing the filter:", NULL, errno);
}
