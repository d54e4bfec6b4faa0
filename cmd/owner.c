#include "cmd/owner.h"
#include "base/hash.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOWHERE "-" /* no machine that could be told from another */

/* One boot of a kernel, and one PID namespace of it: where a PID means something. */
static void this_machine(char ret[9])
{
	char boot[64] = "", hex[65];
	struct hash *h = hash_new();
	FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");
	struct stat ns;
	uint8_t sum[32];

	memcpy(ret, NOWHERE, sizeof(NOWHERE));
	if (in && fgets(boot, sizeof(boot), in) && stat("/proc/self/ns/pid", &ns) == 0) {
		hash_reset(h);
		hash_add(h, boot, strlen(boot));
		hash_add(h, &ns.st_ino, sizeof(ns.st_ino));
		hash_end(h, sum);
		hash_hex(sum, hex);
		memcpy(ret, hex, 8);
		ret[8] = '\0';
	}
	if (in)
		fclose(in);
	hash_free(h);
}

/* When the process began, in ticks since the boot: field 22 of its stat; 0: there is none. */
static uint64_t start_of(long pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%ld/stat", pid);
	FILE *in = fopen(path, "re");
	char line[1024] = "";
	uint64_t start = 0;

	if (!in)
		return 0;
	if (fgets(line, sizeof(line), in)) {
		const char *p = strrchr(line, ')'); /* the name in it may hold anything */

		for (int field = 2; p && field < 22; field++)
			p = strchr(p + 1, ' ');
		if (p)
			start = strtoull(p + 1, NULL, 10);
	}
	fclose(in);
	return start;
}

char *owner_new(void)
{
	char host[256] = "", machine[9];

	if (gethostname(host, sizeof(host) - 1) < 0 || !*host)
		memcpy(host, "host", sizeof("host"));
	for (char *p = host; *p; p++)
		if (*p <= ' ' || *p == ':')
			*p = '_';
	this_machine(machine);
	return xasprintf("%s:%ld:%s:%" PRIu64, host, (long)getpid(), machine, start_of(getpid()));
}

bool owner_is_gone(const char *text)
{
	AUTO_FREE char *name = xstrndup(text, strcspn(text, " "));
	char machine[9], *end;
	char *pid = strchr(name, ':');
	char *where = pid ? strchr(pid + 1, ':') : NULL;
	char *start = where ? strchr(where + 1, ':') : NULL;

	if (!start)
		return false;
	*start = '\0';
	this_machine(machine);
	if (strcmp(machine, NOWHERE) == 0 || strcmp(machine, where + 1) != 0)
		return false;

	long number = strtol(pid + 1, &end, 10);

	if (number <= 0 || *end != ':')
		return false;
	/* Another user's may be hidden in /proc (hidepid, ProtectProc=): kill sees it all the same. */
	if (kill((pid_t)number, 0) < 0 && errno == ESRCH)
		return true;
	uint64_t began = start_of(number);

	return began && began != strtoull(start + 1, NULL, 10);
}
