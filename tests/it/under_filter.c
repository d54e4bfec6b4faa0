/* Runs a program as SystemCallFilter= of a systemd unit does: FILE has the names of the system
 * calls that are allowed, one a line; all others give EPERM. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int add_names(scmp_filter_ctx filter, FILE *names)
{
	char line[256];

	while (fgets(line, sizeof(line), names)) {
		line[strcspn(line, "\n")] = '\0';
		int number = seccomp_syscall_resolve_name(line);

		/* one that this machine's libseccomp does not know is not called either */
		if (number != __NR_SCMP_ERROR &&
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	FILE *names = argc > 2 ? fopen(argv[1], "re") : NULL;

	if (!filter || !names || add_names(filter, names) < 0) {
		fprintf(stderr, "usage: under_filter FILE PROGRAM ARG...\n");
		return 125;
	}
	fclose(names);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_load(filter) < 0) {
		perror("under_filter");
		return 125;
	}
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 126;
}
