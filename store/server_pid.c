/* The pid file that a server leaves in its data, and whether it tells the truth. */
#include "store/server.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* True if pid is a PostgreSQL server that lives: not a zombie, not another program with its id. */
bool server_is_alive(pid_t pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");
	char line[256] = "";

	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	const char *name = strchr(line, '('), *end = strrchr(line, ')');

	return name && end && strncmp(name + 1, "postgres)", 9) == 0 && end[1] == ' ' &&
	       end[2] != 'Z' && end[2] != 'X';
}

/* The server's own pid file: line 1 its pid, 5 the folder of its socket, 8 how far it is. */
void server_read_pid(struct server *sv)
{
	AUTO_FREE char *path = xasprintf("%s/postmaster.pid", sv->data);
	FILE *f = fopen(path, "re");
	char line[512];

	sv->pid = 0;
	sv->ready = false;
	for (int i = 1; f && i <= 8 && fgets(line, sizeof(line), f); i++) {
		line[strcspn(line, "\n")] = '\0';
		if (i == 1)
			sv->pid = (pid_t)strtol(line, NULL, 10);
		if (i == 1 && (sv->pid <= 0 || !server_is_alive(sv->pid))) {
			sv->pid = 0;
			break;
		}
		if (i == 5 && line[0] == '/') {
			free(sv->socket);
			sv->socket = xstrdup(line);
		}
		sv->ready = i == 8 && strncmp(line, "ready", 5) == 0;
	}
	if (f)
		fclose(f);
}

void server_wait(struct server *sv)
{
	for (int i = 0; i < SERVER_START_SECONDS * 20 && sv->pid && !sv->ready; i++) {
		nanosleep(&(struct timespec){0, 50000000}, NULL);
		server_read_pid(sv);
	}
}

/* Every process of a server, its children too, works in the folder of its data. */
static bool anybody_works_in(const char *data)
{
	DIR *proc = opendir("/proc");
	AUTO_FREE char *real = realpath(data, NULL);
	bool found = !proc || !real;

	for (struct dirent *d; !found && (d = readdir(proc)) != NULL;) {
		char path[300], cwd[4096];

		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/cwd", d->d_name);
		ssize_t n = readlink(path, cwd, sizeof(cwd) - 1);

		cwd[n > 0 ? n : 0] = '\0';
		found = strcmp(cwd, real) == 0;
	}
	if (proc)
		closedir(proc);
	return found;
}

void server_drop_stale_pid(const struct server *sv)
{
	AUTO_FREE char *path = xasprintf("%s/postmaster.pid", sv->data);
	FILE *f = fopen(path, "re");
	char line[64] = "";

	if (!f)
		return;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	pid_t pid = (pid_t)strtol(line, NULL, 10);

	if (pid > 1 && kill(pid, 0) == 0 && !server_is_alive(pid) && !anybody_works_in(sv->data))
		unlink(path);
}
