/*
 * peak - the most memory that any process of a command had for its own.
 *
 *   peak [--tree] COMMAND ARGUMENT...
 *
 * Samples RssAnon (and RssShmem: memfds) of the command and of its children each 2 ms and prints
 * "ANON SHMEM" in MB, each the largest of one process. The command's output goes to stderr.
 *
 * --tree: one number, what all of them had at one moment: anonymous memory, pages that are shared
 * counted once, and memfds, which need not be in the memory of any process.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMFDS 256

struct peak {
	long anon_kb, shmem_kb;
	/* --tree */
	bool tree;
	long now_kb, tree_kb;
	ino_t memfds[MEMFDS]; /* of this moment */
	unsigned n_memfds;
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

static void sample_anon(long pid, struct peak *p)
{
	char path[64], line[256];
	long kb;

	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
	FILE *in = fopen(path, "r");

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "Pss_Anon: %ld", &kb) == 1)
			p->now_kb += kb;
	if (in)
		fclose(in);
}

static bool is_new(struct peak *p, ino_t inode)
{
	for (unsigned i = 0; i < p->n_memfds; i++)
		if (p->memfds[i] == inode)
			return false;
	if (p->n_memfds < MEMFDS)
		p->memfds[p->n_memfds++] = inode;
	return true;
}

/* Several processes hold one. */
static void sample_memfds(long pid, struct peak *p)
{
	char path[64], target[64];
	const struct dirent *d;
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
	DIR *fds = opendir(path);

	while (fds && (d = readdir(fds))) {
		ssize_t n = readlinkat(dirfd(fds), d->d_name, target, sizeof(target));

		if (n >= 7 && memcmp(target, "/memfd:", 7) == 0 &&
		    fstatat(dirfd(fds), d->d_name, &st, 0) == 0 && is_new(p, st.st_ino))
			p->now_kb += (long)(st.st_blocks / 2);
	}
	if (fds)
		closedir(fds);
}

/* Children belong to the thread that forked them. */
static void sample_tree(long pid, struct peak *p)
{
	char path[64];
	const struct dirent *d;

	if (p->tree) {
		sample_anon(pid, p);
		sample_memfds(pid, p);
	} else {
		sample(pid, p);
	}
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

static void sample_all(long pid, struct peak *p)
{
	p->now_kb = 0;
	p->n_memfds = 0;
	sample_tree(pid, p);
	if (p->now_kb > p->tree_kb)
		p->tree_kb = p->now_kb;
}

int main(int argc, char **argv)
{
	struct peak p = {0};
	int status;

	if (argc > 1 && strcmp(argv[1], "--tree") == 0) {
		p.tree = true;
		argv++;
		argc--;
	}
	if (argc < 2) {
		fputs("usage: peak [--tree] COMMAND ARGUMENT...\n", stderr);
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
		sample_all(pid, &p);
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "peak: %s failed\n", argv[1]);
		return 1;
	}
	if (p.tree)
		printf("%.1f\n", (double)p.tree_kb / 1024);
	else
		printf("%.1f %.1f\n", (double)p.anon_kb / 1024, (double)p.shmem_kb / 1024);
	return 0;
}
