/*
 * copyin - raw binary COPY, as fast as a client can: the measure that storing is held against.
 *
 *   copyin CONNINFO TARGET FILE [TARGET FILE]...
 *
 * Sends each file as "COPY TARGET FROM STDIN (FORMAT binary)", all in one transaction, and prints
 * the seconds that this took, files read before and the connection made before.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE 65536
#define MAX_FILES 16

struct input {
	const char *target;
	char *bytes;
	size_t size;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "copyin: %s: %s\n", what, why);
	exit(1);
}

static struct input map_file(const char *target, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path, strerror(errno));
	struct input in = {.target = target, .size = (size_t)st.st_size};

	in.bytes = mmap(NULL, in.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (in.bytes == MAP_FAILED)
		die(path, strerror(errno));
	close(fd);
	return in;
}

static void run(PGconn *c, const char *sql, ExecStatusType want)
{
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != want)
		die(sql, PQerrorMessage(c));
	PQclear(r);
}

static void copy(PGconn *c, const struct input *in)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "COPY %s FROM STDIN (FORMAT binary)", in->target);
	run(c, sql, PGRES_COPY_IN);
	for (size_t at = 0; at < in->size; at += PIECE) {
		size_t n = in->size - at < PIECE ? in->size - at : PIECE;

		if (PQputCopyData(c, in->bytes + at, (int)n) != 1)
			die(in->target, PQerrorMessage(c));
	}
	if (PQputCopyEnd(c, NULL) != 1)
		die(in->target, PQerrorMessage(c));
	PGresult *r = PQgetResult(c);

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(in->target, PQerrorMessage(c));
	PQclear(r);
	while ((r = PQgetResult(c)))
		PQclear(r);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct input in[MAX_FILES];
	int n = (argc - 2) / 2;

	if (argc < 4 || argc % 2 || n > MAX_FILES) {
		fputs("usage: copyin CONNINFO TARGET FILE [TARGET FILE]...\n", stderr);
		return 64;
	}
	for (int i = 0; i < n; i++)
		in[i] = map_file(argv[2 + 2 * i], argv[3 + 2 * i]);
	PGconn *c = PQconnectdb(argv[1]);

	if (PQstatus(c) != CONNECTION_OK)
		die(argv[1], PQerrorMessage(c));
	double begin = now();

	run(c, "BEGIN", PGRES_COMMAND_OK);
	for (int i = 0; i < n; i++)
		copy(c, &in[i]);
	run(c, "COMMIT", PGRES_COMMAND_OK);
	printf("%.4f\n", now() - begin);
	PQfinish(c);
	return 0;
}
