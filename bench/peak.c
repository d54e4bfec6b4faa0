/*
 * peak - the most memory that any process of a command had for its own.
 *
 *   peak COMMAND ARGUMENT...
 *
 * Samples RssAnon (and RssShmem: memfds) of the command and of its children each 2 ms and prints
 * "ANON SHMEM" in MB, each the largest of one process. The command's output goes to stderr.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct peak {
	long anon_kb, shmem_kb;
};

static void sample(long pid, struct peak *p)
{
	char path[64], line[256];
	long kb;

	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	FILE *in = fopen(path, "r");

	if (!in)
		return;
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "RssAnon: %ld", &kb) == 1 && kb > p->anon_kb)
			p->anon_kb = kb;
		if (sscanf(line, "RssShmem: %ld", &kb) == 1 && kb > p->shmem_kb)
			p->shmem_kb = kb;
	}
	fclose(in);
}

/* Children belong to the thread that forked them. */
static void sample_tree(long pid, struct peak *p)
{
	char path[64];
	const struct dirent *d;

	sample(pid, p);
	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	DIR *tasks = opendir(path);

	while (tasks && (d = readdir(tasks))) {
		long child;

		snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/children", pid, d->d_name);
		FILE *in = fopen(path, "r");

		while (in && fscanf(in, "%ld", &child) == 1)
			sample_tree(child, p);
		if (in)
			fclose(in);
	}
	if (tasks)
		closedir(tasks);
}

int main(int argc, char **argv)
{
	struct peak p = {0};
	int status;

	if (argc < 2) {
		fputs("usage: peak COMMAND ARGUMENT...\n", stderr);
		return 64;
	}
	pid_t pid = fork();

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		fprintf(stderr, "peak: %s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
		sample_tree(pid, &p);
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "peak: %s failed\n", argv[1]);
		return 1;
	}
	printf("%.1f %.1f\n", (double)p.anon_kb / 1024, (double)p.shmem_kb / 1024);
	return 0;
}
