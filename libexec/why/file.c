/* The two formats that every kernel executes: a first line with "#!", and ELF. All of it is bounded. */
#include <elf.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "text.h"
#include "why.h"

#define HEADERS_MAX 64

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#define OUR_NAME    "x86_64"
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#define OUR_NAME    "aarch64"
#endif

static char problem[PATH_MAX + 128];

/* NAME, which the file asks for as its ROLE. */
static const char *needs(const char *role, const char *name, int (*look)(const char *path))
{
	if (*name != '/' || look(name) != 0)
		return NULL;
	text_join(problem, sizeof(problem), "its ", role, " ", name, " is not in the container",
		NULL);
	return problem;
}

/* binfmt_script: blanks, then the name to the next blank or the end of the line. */
static const char *script_problem(char *line, int (*look)(const char *path))
{
	char *name, *end;

	line[strcspn(line, "\n")] = '\0';
	name = line + strspn(line, " \t");
	end = name + strcspn(name, " \t");
	*end = '\0';
	if (!*name)
		return "its first line #! names no interpreter";
	if (end[-1] != '\r')
		return needs("interpreter", name, look);
	end[-1] = '\0';
	text_join(problem, sizeof(problem),
		"its lines end in CR and LF, and there is no interpreter ", name,
		" with a CR: end them in LF", NULL);
	return problem;
}

static const char *machine_name(unsigned machine)
{
	static char number[40];
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {{EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"}, {EM_386, "i386"},
		{EM_ARM, "arm"}, {EM_PPC64, "ppc64"}, {EM_S390, "s390x"}, {243, "riscv"},
		{258, "loongarch"}, {EM_MIPS, "mips"}};
	struct text t = TEXT(number);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	text_add(&t, "machine type ");
	text_add_u64(&t, machine);
	return number;
}

static const char *loader_problem(int file, const Elf64_Phdr *header, int (*look)(const char *path))
{
	static char name[PATH_MAX];

	if (header->p_filesz < 2 || header->p_filesz > sizeof(name) ||
		header->p_offset > LONG_MAX ||
		pread(file, name, header->p_filesz, (off_t)header->p_offset) !=
			(ssize_t)header->p_filesz ||
		name[header->p_filesz - 1])
		return NULL;
	return needs("loader", name, look);
}

static const char *elf_problem(int file, const Elf64_Ehdr *elf, int (*look)(const char *path))
{
	const unsigned machine = elf->e_ident[EI_DATA] == ELFDATA2MSB
		? (unsigned)(elf->e_machine >> 8 | (elf->e_machine & 0xff) << 8)
		: elf->e_machine;
	Elf64_Phdr header;

	/* Programs of 32 bits may run on our kernel as well. */
	if (machine != OUR_MACHINE && machine != EM_386 && machine != EM_ARM) {
		text_join(problem, sizeof(problem), "it is for ", machine_name(machine),
			", and this machine is " OUR_NAME, NULL);
		return problem;
	}
	if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_phentsize != sizeof(header) ||
		elf->e_phnum > HEADERS_MAX || elf->e_phoff > LONG_MAX / 2)
		return NULL;
	for (size_t i = 0; i < elf->e_phnum; i++) {
		if (pread(file, &header, sizeof(header),
			    (off_t)(elf->e_phoff + i * sizeof(header))) != (ssize_t)sizeof(header))
			return NULL;
		if (header.p_type == PT_INTERP)
			return loader_problem(file, &header, look);
	}
	return NULL;
}

const char *file_problem(int file, int (*look)(const char *path))
{
	static union {
		Elf64_Ehdr elf;
		char text[257];
	} head;
	ssize_t n = pread(file, head.text, sizeof(head.text) - 1, 0);

	if (n < 0)
		return NULL;
	if (!n)
		return "it is empty";
	if (n > 2 && !memcmp(head.text, "#!", 2))
		return script_problem(head.text + 2, look);
	if (n >= (ssize_t)sizeof(head.elf) && !memcmp(head.text, ELFMAG, SELFMAG))
		return elf_problem(file, &head.elf, look);
	return "it is no program, and its first line does not begin with #!";
}
