/*
 * fsync_latency DIR - what a COMMIT waits for at least: writes 8 KB to a file in DIR and calls
 * fdatasync, 200 times, as PostgreSQL does with its log on Linux. Prints the median.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMES 200

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(int fd, double us[TIMES])
{
	static char page[8192];

	for (int i = 0; i < TIMES; i++) {
		double begin = now_us();

		memset(page, i, sizeof(page));
		if (pwrite(fd, page, sizeof(page), 0) != sizeof(page) || fdatasync(fd) < 0)
			return -1;
		us[i] = now_us() - begin;
	}
	qsort(us, TIMES, sizeof(*us), by_value);
	return 0;
}

int main(int argc, char **argv)
{
	double us[TIMES];

	if (argc != 2) {
		fputs("usage: fsync_latency DIR\n", stderr);
		return 64;
	}
	int fd = open(argv[1], O_TMPFILE | O_RDWR, 0600);

	if (fd < 0 || measure(fd, us) < 0) {
		fprintf(stderr, "fsync_latency: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	close(fd);
	printf("fsync_us=%.0f # fdatasync of 8 KB, median of %d, 90%% under %.0f\n", us[TIMES / 2],
	       TIMES, us[TIMES * 9 / 10]);
	return 0;
}
