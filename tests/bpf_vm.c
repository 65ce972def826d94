/* See bpf_vm.h. Jumps go forward only, so that every run ends. */
#include "bpf_vm.h"

#include <string.h>

#define LOAD   (BPF_LD | BPF_W | BPF_ABS)
#define AND    (BPF_ALU | BPF_AND | BPF_K)
#define ALWAYS (BPF_JMP | BPF_JA)
#define IF(op) (BPF_JMP | (op) | BPF_K)
#define RETURN (BPF_RET | BPF_K)

static const char *fault_of(const struct sock_filter *f, size_t left)
{
	switch (f->code) {
	case LOAD:
		return f->k % 4 || f->k >= sizeof(struct seccomp_data) ? "a load beside the data"
								       : NULL;
	case AND:
	case RETURN:
		return NULL;
	case ALWAYS:
		return f->k >= left ? "a jump behind the end" : NULL;
	case IF(BPF_JEQ):
	case IF(BPF_JGT):
	case IF(BPF_JGE):
	case IF(BPF_JSET):
		return f->jt >= left || f->jf >= left ? "a branch behind the end" : NULL;
	default:
		return "an unknown instruction";
	}
}

const char *bpf_fault(const struct sock_filter *code, size_t length)
{
	const char *fault = NULL;

	if (!length || length > BPF_MAXINSNS)
		return "no program of 1 to 4096 instructions";
	for (size_t i = 0; !fault && i < length; i++)
		fault = fault_of(&code[i], length - i - 1);
	if (!fault && code[length - 1].code != RETURN)
		fault = "the last instruction does not return";
	return fault;
}

__u32 bpf_run(const struct sock_filter *code, const struct seccomp_data *data)
{
	__u32 a = 0;

	for (const struct sock_filter *f = code;; f++) {
		switch (f->code) {
		case LOAD:
			memcpy(&a, (const char *)data + f->k, sizeof(a));
			break;
		case AND:
			a &= f->k;
			break;
		case ALWAYS:
			f += f->k;
			break;
		case IF(BPF_JEQ):
			f += a == f->k ? f->jt : f->jf;
			break;
		case IF(BPF_JGT):
			f += a > f->k ? f->jt : f->jf;
			break;
		case IF(BPF_JGE):
			f += a >= f->k ? f->jt : f->jf;
			break;
		case IF(BPF_JSET):
			f += a & f->k ? f->jt : f->jf;
			break;
		default:
			return f->k;
		}
	}
}
