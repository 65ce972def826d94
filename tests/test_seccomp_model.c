/*
 * That the program which parse and seccomp make of a profile is the profile: random profiles and those
 * of the engines, compared with a model of them (profile_model.h) for random calls.
 *   SECCOMP_MODEL_N=1000000       comparisons for each ABI (make seccomp-model N=…)
 *   SECCOMP_MODEL_SEED=0x1        of the whole run        SECCOMP_MODEL_PROFILE=0x1   of one profile
 * link: tests/bpf_vm tests/profile_abi tests/profile_model tests/profile_random tests/profile_read
 *	tests/profile_run
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpf_vm.h"
#include "profile_make.h"
#include "profile_run.h"
#include "skip.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#ifdef DAVIT_SANITIZE
#define USUAL_COUNT 1000000
#else
#define USUAL_COUNT 10000000
#endif
#define PER_PROFILE 20000
#define WORKERS     2

struct family {
	const char *name;
	size_t count;
	enum abi abis[3];
};

static const struct family families[] = {
	{"x86_64, x86, x32", 3, {ABI_X86_64, ABI_X86, ABI_X32}},
	{"aarch64, arm", 2, {ABI_AARCH64, ABI_ARM}},
};

/* Shared by the workers of a run. */
struct tally {
	uint64_t compared[WORKERS][ABI_COUNT];
	uint64_t profiles[WORKERS], refused[WORKERS];
};

static struct profile profile; /* megabytes */
static struct compiled program;

static uint64_t setting(const char *name, uint64_t standard)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : standard;
}

static uint32_t some_number(
	const struct model *model, enum abi abi, uint64_t *seed, const struct profile_rule **rule)
{
	uint64_t r = random_next(seed);
	int64_t number = model_pick(model, abi, r >> 8, rule);

	switch (number < 0 ? 6 + r % 4 : r % 16) {
	case 5:
		return (uint32_t)number ^ 0x40000000;
	case 6:
		return (uint32_t)(model_newest(model, abi) - 1 + (int64_t)((r >> 8) % 4));
	case 7:
		return (uint32_t)((r >> 8) % 600) | abis[abi].bit;
	case 8:
		return (uint32_t)(r >> 8) >> (r >> 40) % 32;
	case 9:
		return (uint32_t)-1 - (uint32_t)((r >> 8) % 4) * (uint32_t)((r >> 16) % 100);
	default:
		return (uint32_t)number;
	}
}

static uint32_t foreign(uint64_t random)
{
	static const uint32_t audits[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
		AUDIT_ARCH_ARM, AUDIT_ARCH_S390X, AUDIT_ARCH_RISCV64, 0, UINT32_MAX};

	return audits[random % COUNT(audits)];
}

static struct seccomp_data some_call(const struct model *model, enum abi abi, uint64_t *seed)
{
	const struct profile_rule *rule;
	struct seccomp_data data = {.arch = abis[abi].audit};
	uint64_t bits = random_next(seed);

	data.nr = (int)some_number(model, abi, seed, &rule);
	data.instruction_pointer = bits;
	if (!(bits % 32))
		data.arch = foreign(bits >> 8);
	profile_arguments(rule, seed, data.args);
	return data;
}

static int differs(
	const struct model *model, const struct seccomp_data *data, uint32_t *got, uint32_t *wanted)
{
	*got = bpf_run(program.code, data);
	return !model_accepts(model, data, *got, wanted);
}

/* Compiles what is left of the profile; whether it still differs for DATA. */
static int still_differs(const struct seccomp_data *data)
{
	uint32_t got, wanted;
	struct model *model;
	int result;

	if (profile_compile(&profile, &program))
		return 0;
	model = model_of(&profile);
	result = differs(model, data, &got, &wanted);
	model_free(model);
	return result;
}

/* Leaves out rules, names and conditions while the fault remains. */
static void shrink(const struct seccomp_data *data)
{
	static struct profile_rule kept;

	for (size_t i = profile.rule_count; i-- > 0;) {
		struct profile_rule *r = &profile.rules[i], *last;

		kept = *r;
		last = &profile.rules[--profile.rule_count];
		memmove(r, r + 1, (size_t)(last - r) * sizeof(*r));
		if (still_differs(data))
			continue;
		memmove(r + 1, r, (size_t)(last - r) * sizeof(*r));
		profile.rule_count++;
		*r = kept;
		for (size_t n = r->name_count; n-- > 0 && r->name_count > 1;) {
			kept = *r;
			memmove(r->names[n], r->names[n + 1],
				(--r->name_count - n) * sizeof(r->names[0]));
			if (!still_differs(data))
				*r = kept;
		}
		for (size_t n = r->arg_count; n-- > 0;) {
			kept = *r;
			memmove(&r->args[n], &r->args[n + 1],
				(--r->arg_count - n) * sizeof(r->args[0]));
			if (!still_differs(data))
				*r = kept;
		}
	}
}

static void report(const char *origin, const struct seccomp_data *data)
{
	struct model *model;
	uint32_t got, wanted;

	shrink(data);
	if (profile_compile(&profile, &program))
		return;
	model = model_of(&profile);
	differs(model, data, &got, &wanted);
	model_free(model);
	fprintf(stderr,
		"# %s: arch 0x%" PRIx32 " nr %d args 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx\n"
		"#   the program answers 0x%" PRIx32 ", the profile 0x%" PRIx32 "\n",
		origin, data->arch, data->nr, data->args[0], data->args[1], data->args[2],
		data->args[3], data->args[4], data->args[5], got, wanted);
	fputs("# linux.seccomp, as small as it still does: ", stderr);
	profile_print(&profile, stderr);
	fputc('\n', stderr);
}

/* Compares COUNT calls of each ABI of LIST with the compiled profile; -1 after a report. */
static int compare(const char *origin, const enum abi *list, size_t abi_count, uint64_t count,
	uint64_t seed, uint64_t *compared)
{
	struct model *model = model_of(&profile);
	int result = 0;

	for (size_t i = 0; !result && i < abi_count; i++)
		for (uint64_t n = 0; n < count; n++) {
			struct seccomp_data data = some_call(model, list[i], &seed);
			uint32_t got, wanted;

			if (differs(model, &data, &got, &wanted)) {
				report(origin, &data);
				result = -1;
				break;
			}
		}
	for (size_t i = 0; i < profile.arch_count; i++)
		compared[profile.archs[i]] += count;
	model_free(model);
	return result;
}

/* 0, or -1 after a report. *REFUSED counts the profiles that the compiler does not take. */
static int try_profile(
	const struct family *family, uint64_t seed, uint64_t *compared, uint64_t *refused)
{
	struct model *model;
	char origin[96];
	int may;

	snprintf(origin, sizeof(origin), "SECCOMP_MODEL_PROFILE=0x%" PRIx64 " (%s)", seed,
		family->name);
	profile_random(&profile, seed, family->abis, family->count);
	if (profile_compile(&profile, &program)) {
		model = model_of(&profile);
		may = profile_too_long() || (profile_contradicts() && model_contradicts(model));
		model_free(model);
		++*refused;
		if (may)
			return 0;
		fprintf(stderr, "# %s is refused: %s\n# ", origin, profile_messages);
		profile_print(&profile, stderr);
		return -1;
	}
	return compare(origin, family->abis, family->count, PER_PROFILE, seed, compared);
}

static int work(const struct family *family, unsigned worker, uint64_t seed, uint64_t count,
	struct tally *tally)
{
	uint64_t *compared = tally->compared[worker];
	int enough = 0;

	for (uint64_t i = worker; !enough; i += WORKERS) {
		uint64_t own = seed + i * 0x10001;

		if (try_profile(family, random_next(&own), compared, &tally->refused[worker]))
			return 1;
		tally->profiles[worker]++;
		enough = 1;
		for (size_t n = 0; n < family->count; n++)
			if (compared[family->abis[n]] < count / WORKERS)
				enough = 0;
	}
	return 0;
}

static int wait_for(pid_t pid)
{
	int status = 1;

	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static void sum_up(
	const struct family *family, const struct tally *tally, uint64_t seed, uint64_t count)
{
	uint64_t profiles = 0, refused = 0;

	for (unsigned w = 0; w < WORKERS; w++) {
		profiles += tally->profiles[w];
		refused += tally->refused[w];
	}
	printf("# seed 0x%" PRIx64 ", %" PRIu64 " profiles, %" PRIu64 " of them refused:", seed,
		profiles, refused);
	for (size_t i = 0; i < family->count; i++) {
		uint64_t sum = 0;

		for (unsigned w = 0; w < WORKERS; w++)
			sum += tally->compared[w][family->abis[i]];
		printf(" %s %" PRIu64, abis[family->abis[i]].arch, sum);
		assert_true(sum >= count / WORKERS * WORKERS);
	}
	printf("\n");
	assert_true(refused * 3 < profiles);
}

static void test_random(void **state)
{
	const struct family *family = *state;
	uint64_t seed = setting("SECCOMP_MODEL_SEED", 1),
		 count = setting("SECCOMP_MODEL_N", USUAL_COUNT);
	struct tally *tally = mmap(
		NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t only = setting("SECCOMP_MODEL_PROFILE", 0);
	pid_t pids[WORKERS];
	int bad = 0;

	assert_true(tally != MAP_FAILED);
	if (only) {
		assert_int_equal(
			try_profile(family, only, tally->compared[0], &tally->refused[0]), 0);
		munmap(tally, sizeof(*tally));
		return;
	}
	for (unsigned w = 0; w < WORKERS; w++) {
		pids[w] = fork();
		if (!pids[w]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			profile_own_signals();
			_exit(work(family, w, seed, count, tally));
		}
	}
	for (unsigned w = 0; w < WORKERS; w++)
		bad |= wait_for(pids[w]);
	assert_int_equal(bad, 0);
	sum_up(family, tally, seed, count);
	munmap(tally, sizeof(*tally));
}

/* What libseccomp 2.5.4 makes wrong programs of. */
static void test_libseccomp(void **state)
{
	static const struct {
		const char *seccomp;
		struct seccomp_data data;
		uint32_t answer;
	} cases[] = {
		/* Rules that share a prefix are merged into one that matches more. */
		{PROFILE_CONFIG("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
				"{\"names\":[\"semop\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":["
				"{\"index\":3,\"op\":\"SCMP_CMP_NE\",\"value\":10}]},"
				"{\"names\":[\"semop\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":["
				"{\"index\":4,\"op\":\"SCMP_CMP_LE\",\"value\":2},"
				"{\"index\":3,\"op\":\"SCMP_CMP_NE\",\"value\":4294967294}]}]}"),
			{.nr = 65, .arch = AUDIT_ARCH_X86_64, .args = {0, 0, 0, 10, 3}},
			SECCOMP_RET_ALLOW},
		/* Or one that matches less. */
		{PROFILE_CONFIG("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
				"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":["
				"{\"index\":0,\"op\":\"SCMP_CMP_GT\",\"value\":4294967312}]},"
				"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":["
				"{\"index\":0,\"op\":\"SCMP_CMP_GT\",\"value\":4294967296},"
				"{\"index\":1,\"op\":\"SCMP_CMP_EQ\",\"value\":7}]}]}"),
			{.nr = 83, .arch = AUDIT_ARCH_X86_64, .args = {4294967297, 7}},
			SECCOMP_RET_ERRNO | EPERM},
		/* The number is not loaded before it is compared. */
		{PROFILE_CONFIG(
			 "{\"defaultAction\":\"SCMP_ACT_ALLOW\","
			 "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\"],"
			 "\"syscalls\":[{\"names\":[\"readahead\"],\"action\":\"SCMP_ACT_ERRNO\","
			 "\"args\":[{\"index\":3,\"op\":\"SCMP_CMP_NE\",\"value\":8}]},"
			 "{\"names\":[\"setfsgid32\"],\"action\":\"SCMP_ACT_KILL\"}]}"),
			{.nr = 187, .arch = AUDIT_ARCH_X86_64, .args = {0, 0, 0, 9}},
			SECCOMP_RET_ERRNO | EPERM},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (profile_compile_text(cases[i].seccomp, &program))
			fail_msg("%s", profile_messages);
		assert_int_equal(bpf_run(program.code, &cases[i].data), cases[i].answer);
	}
}

static void compare_engine(const char *file)
{
	uint64_t compared[ABI_COUNT] = {0}, seed = setting("SECCOMP_MODEL_SEED", 1);

	assert_true(profile.rule_count > 1);
	assert_int_equal(compare(file, families[0].abis, families[0].count,
				 setting("SECCOMP_MODEL_N", USUAL_COUNT) / 20, seed, compared),
		0);
	for (size_t i = 0; i < families[0].count; i++)
		assert_true(compared[families[0].abis[i]]);
}

static void test_engines(void **state)
{
	glob_t files = {0};

	(void)state;
	assert_int_equal(glob("integration/configs/*.json", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 6);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		assert_int_equal(profile_read(&profile, files.gl_pathv[i]), 0);
		if (profile_compile_text(profile_file(files.gl_pathv[i]), &program))
			fail_msg("%s: %s", files.gl_pathv[i], profile_messages);
		compare_engine(files.gl_pathv[i]);
	}
	globfree(&files);
}

static void test_containers_file(void **state)
{
	static const char path[] = "/usr/share/containers/seccomp.json";

	(void)state;
	if (access(path, R_OK))
		SKIP("no /usr/share/containers/seccomp.json");
	for (int few = 0; few < 2; few++) {
		assert_int_equal(profile_expand(&profile, path, few), 0);
		if (profile_compile(&profile, &program))
			fail_msg("%s", profile_messages);
		compare_engine(path);
	}
}

/* A program has one order of bytes, and the machine's own architecture is always in it. */
static void test_other_endian(void **state)
{
	static const char *const archs[] = {
		"MIPS", "MIPS64", "PPC", "PPC64", "S390", "S390X", "PARISC"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(archs); i++) {
		snprintf(text, sizeof(text),
			PROFILE_CONFIG("{\"defaultAction\":\"SCMP_ACT_ALLOW\","
				       "\"architectures\":[\"SCMP_ARCH_%s\"]}"),
			archs[i]);
		assert_int_equal(profile_compile_text(text, &program), -1);
		assert_non_null(strstr(profile_messages, "error adding architecture"));
	}
}

/* The names of calls are those of the kernel's headers. */
static void test_numbers(void **state)
{
	static const struct {
		enum abi abi;
		const char *file;
	} headers[] = {{ABI_X86_64, "64"}, {ABI_X86, "32"}, {ABI_X32, "x32"}};

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		char path[96], line[160], name[NAME_MAX_LEN];
		unsigned known = 0;
		FILE *file;

		snprintf(path, sizeof(path), "/usr/include/x86_64-linux-gnu/asm/unistd_%s.h",
			headers[i].file);
		file = fopen(path, "r");
		if (!file)
			SKIP("no headers of the kernel");
		while (fgets(line, sizeof(line), file)) {
			unsigned number;
			int64_t mine;

			if (sscanf(line, "#define __NR_%47s %u", name, &number) != 2 &&
				sscanf(line, "#define __NR_%47s (__X32_SYSCALL_BIT + %u)", name,
					&number) != 2)
				continue;
			mine = abi_number(headers[i].abi, name);
			known += mine >= 0;
			if (mine >= 0 && mine != (int64_t)(number | abis[headers[i].abi].bit))
				fail_msg("%s: %s is %u, not %" PRId64, path, name, number, mine);
		}
		fclose(file);
		assert_true(known > 300);
	}
}

static void test_interpreter(void **state)
{
	const struct seccomp_data data = {.nr = 7, .arch = 9, .args = {0x1122334455667788}};
	struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 20),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x11223344, 0, 1), BPF_STMT(BPF_RET | BPF_K, 3),
		BPF_STMT(BPF_RET | BPF_K, 4)};

	(void)state;
	assert_null(bpf_fault(code, 4));
	assert_int_equal(bpf_run(code, &data), 3);
	code[1].k++;
	assert_int_equal(bpf_run(code, &data), 4);
	assert_non_null(bpf_fault(code, 0));
	assert_non_null(bpf_fault(code, 2));
	code[1].jf = 2;
	assert_non_null(bpf_fault(code, 4));
	code[1].jf = 1;
	code[0].k = 64;
	assert_non_null(bpf_fault(code, 4));
	code[0].k = 2;
	assert_non_null(bpf_fault(code, 4));
	code[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	assert_non_null(bpf_fault(code, 4));
}

/* cmocka takes no pointer to what is constant. */
#define X86 ((void *)(uintptr_t)&families[0])
#define ARM ((void *)(uintptr_t)&families[1])

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interpreter),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_other_endian),
		cmocka_unit_test(test_libseccomp),
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_containers_file),
		cmocka_unit_test_prestate(test_random, X86),
		cmocka_unit_test_prestate(test_random, ARM),
	};

	if (abi_start()) {
		fputs("libseccomp.so.2 is not there to ask for the numbers of calls\n", stderr);
		return 1;
	}
	if (!getenv("SECCOMP_MODEL_N"))
		alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
