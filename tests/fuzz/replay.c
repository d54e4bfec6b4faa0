/*
 * replay - main() of a fuzz target in a build without libFuzzer: runs it on each file of its
 * corpus, so that what once crashed stays mended. Then on each file cut short and with bytes
 * changed, by a fixed rule: a little fuzzing in every run of the suite, and the same in every run.
 * Each of them may take MOST_SECONDS of computing, which is what a trap may cost; one that hangs
 * ends the test. TAP.
 *
 * Corpus: the files and folders given, else the folder tests/fuzz/corpus-NAME of fuzz_NAME.
 */
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The name that libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARIANTS = 64, MAX_VARIED = 64 * 1024 };

#ifdef RUADB_SANITIZE
#define MOST_SECONDS 20
#else
#define MOST_SECONDS 2
#endif

static int n_tests, n_failed;
static double slowest; /* seconds of computing, of this file and its variants */

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_hang(int sig)
{
	static const char words[] = "not ok - this one takes ten times as long as it may\n";

	(void)sig;
	if (write(STDOUT_FILENO, words, sizeof(words) - 1) < 0)
		_exit(2);
	_exit(1);
}

static void guard(int seconds)
{
	const struct itimerval t = {.it_value.tv_sec = seconds};

	signal(SIGPROF, on_hang);
	setitimer(ITIMER_PROF, &t, NULL);
}

static void run(const uint8_t *data, size_t size)
{
	/* A copy of just this size: a sanitizer sees what is read behind its end. */
	uint8_t *copy = xmalloc(size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	guard(10 * MOST_SECONDS);
	double seconds = cpu_seconds();

	LLVMFuzzerTestOneInput(copy, size);
	seconds = cpu_seconds() - seconds;
	if (seconds > slowest)
		slowest = seconds;
	guard(0);
	free(copy);
}

/* xorshift64: the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void run_varied(uint8_t *data, size_t size)
{
	uint64_t state = 0x9e3779b97f4a7c15u ^ size;

	if (!size || size > MAX_VARIED)
		return;
	for (int i = 0; i < VARIANTS; i++) {
		size_t at = next_random(&state) % size;
		uint8_t old = data[at];

		run(data, at);
		data[at] = (uint8_t)next_random(&state);
		run(data, size);
		data[at] = old;
	}
}

static uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data = NULL;
	size_t size = 0, n;

	if (!f)
		return NULL;
	do {
		data = xrealloc(data, size + 65536);
		n = fread(data + size, 1, 65536, f);
		size += n;
	} while (n);
	fclose(f);
	*ret_size = size;
	return data;
}

static void replay_file(const char *path)
{
	size_t size = 0;
	uint8_t *data = read_file(path, &size);

	n_tests++;
	if (!data) {
		n_failed++;
		printf("not ok %d - %s: %s\n", n_tests, path, strerror(errno));
		return;
	}
	/* Said before, so that the log of a crash names the file. */
	printf("# %s\n", path);
	fflush(stdout);
	slowest = 0;
	run(data, size);
	run_varied(data, size);
	free(data);
	bool slow = slowest > MOST_SECONDS;

	n_failed += slow;
	printf("%sok %d - %s\n", slow ? "not " : "", n_tests,
	       strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	if (slow)
		printf("# it, or it with a byte changed, takes %.1f seconds\n", slowest);
}

static void replay(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);

	if (n < 0) {
		replay_file(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		AUTO_FREE char *full = xasprintf("%s/%s", path, names[i]->d_name);
		struct stat st;

		if (names[i]->d_name[0] != '.' && stat(full, &st) == 0 && S_ISREG(st.st_mode))
			replay_file(full);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("top_srcdir");
	const char *name = strstr(argv[0], "fuzz_");
	const char *last = name;

	/* The last "fuzz_" of the path is the program's. */
	for (; name; name = strstr(name + 1, "fuzz_"))
		last = name;
	if (last && argc == 1) {
		AUTO_FREE char *corpus =
			xasprintf("%s/tests/fuzz/corpus-%s", srcdir ? srcdir : ".", last + 5);

		replay(corpus);
	}
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	run((const uint8_t *)"", 0);
	printf("ok %d - nothing\n1..%d\n", n_tests + 1, n_tests + 1);
	return n_failed ? 1 : 0;
}
