#include "parse/sandbox.h"
#include "base/limits.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MB100 (100ULL << 20)

static rlim_t item_cpu_base; /* CPU seconds that were used when the item began */
static uint64_t item_hundreds;
static rlim_t cpu_limit;     /* as it stands; 0: none does */

static rlim_t cpu_used(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) < 0)
		return 0;
	return (rlim_t)t.tv_sec;
}

/* The soft limit alone: SIGXCPU ends the process there. The parent's clock stands behind it. */
static void set_cpu_limit(rlim_t seconds)
{
	struct rlimit r = {.rlim_cur = seconds, .rlim_max = RLIM_INFINITY};

	if (seconds == cpu_limit)
		return; /* small items are many in a second */
	cpu_limit = seconds;
	/* May fail where somebody else set a hard limit: that one holds then. */
	(void)!setrlimit(RLIMIT_CPU, &r);
}

void sandbox_item_begin(void)
{
	item_cpu_base = cpu_used();
	item_hundreds = 0;
	set_cpu_limit(item_cpu_base + 1 + LIMIT_CPU_SECONDS);
}

void sandbox_item_output(uint64_t bytes_out)
{
	uint64_t hundreds = bytes_out / MB100;

	if (hundreds == item_hundreds)
		return;
	item_hundreds = hundreds;
	set_cpu_limit(item_cpu_base + 1 + LIMIT_CPU_SECONDS +
		      hundreds * LIMIT_CPU_SECONDS_PER_100MB);
}

static int set_limit(__rlimit_resource_t what, rlim_t n, const char *name, struct err *e)
{
	struct rlimit r = {.rlim_cur = n, .rlim_max = n};

	if (setrlimit(what, &r) < 0)
		return err_set(e, ERR_BUG, "setrlimit %s: %s", name, strerror(errno));
	return 0;
}

static int set_limits(struct err *e)
{
	if (set_limit(RLIMIT_CORE, 0, "RLIMIT_CORE", e) < 0 ||
	    set_limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE", e) < 0 ||
	    set_limit(RLIMIT_NOFILE, 256, "RLIMIT_NOFILE", e) < 0)
		return -1;
#ifndef RUADB_SANITIZE
	if (set_limit(RLIMIT_AS, (rlim_t)LIMIT_WORKER_MEMORY, "RLIMIT_AS", e) < 0)
		return -1;
#endif
	return 0;
}

#ifndef RUADB_SANITIZE

/* What needs no look at its arguments. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(write), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(close), SCMP_SYS(poll),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(fstat), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction),
	SCMP_SYS(sigaltstack), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getrusage), SCMP_SYS(sched_yield),
};

/* What libraries try and can do without. */
static const int refused[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(mkdir), SCMP_SYS(rmdir),
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(ioctl), SCMP_SYS(fcntl), SCMP_SYS(sysinfo),
	SCMP_SYS(uname), SCMP_SYS(sched_getaffinity), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid),
};

static int add_with_arguments(scmp_filter_ctx f)
{
	int r = 0;

	/* The third value is not used with EQ; without it clang warns. */
	/* Memory, but none that can be run. */
	r |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	r |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* The CPU limit of this process, raised item by item. */
	r |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
			      SCMP_A0(SCMP_CMP_EQ, 0, 0), SCMP_A1(SCMP_CMP_EQ, RLIMIT_CPU, 0));
	r |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(setrlimit), 1,
			      SCMP_A0(SCMP_CMP_EQ, RLIMIT_CPU, 0));
	/* abort() sends a signal to itself. */
	r |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
			      SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return r;
}

static int set_filter(struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = f ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; !r && i < sizeof(refused) / sizeof(refused[0]); i++)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	if (!r)
		r = add_with_arguments(f);
	if (!r)
		r = seccomp_load(f);
	if (f)
		seccomp_release(f);
	if (r)
		return err_set(e, ERR_BUG, "seccomp: %s", strerror(r < 0 ? -r : r));
	return 0;
}

#endif

int sandbox_enter(struct err *e)
{
	/* Not traceable, no new rights by exec, gone when the parent is. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, ERR_BUG, "prctl: %s", strerror(errno));
	if (set_limits(e) < 0)
		return -1;
#ifndef RUADB_SANITIZE
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(e, ERR_BUG, "prctl: %s", strerror(errno));
	return set_filter(e);
#else
	return 0;
#endif
}
