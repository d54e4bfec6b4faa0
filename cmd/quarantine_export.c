/*
 * ruadb quarantine export: the kept bytes as they came. Files are named by number and content,
 * never by what a stranger wrote; each is new, and only its owner may read it.
 */
#include "cmd/quarantine.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static bool starts(const char *p, size_t n, const char *magic, size_t len)
{
	return n >= len && memcmp(p, magic, len) == 0;
}

/* A field of a mail's header: a name of letters and -, a colon. */
static bool is_field(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (isalnum((unsigned char)p[i]) || p[i] == '-'))
		i++;
	return i > 1 && i < n && p[i] == ':';
}

/* What a program that opens the file should take it for; a guess does no harm. */
static const char *extension(const char *p, size_t n)
{
	if (starts(p, n, "\x1f\x8b", 2))
		return "gz";
	if (starts(p, n, "PK\3\4", 4))
		return "zip";
	if (starts(p, n, "BZh", 3))
		return "bz2";
	if (starts(p, n, "\xfd""7zXZ", 5))
		return "xz";
	if (starts(p, n, "\x28\xb5\x2f\xfd", 4))
		return "zst";
	if (n >= 262 && memcmp(p + 257, "ustar", 5) == 0)
		return "tar";
	if (starts(p, n, "\xef\xbb\xbf", 3)) {
		p += 3;
		n -= 3;
	}
	while (n && isspace((unsigned char)*p)) {
		p++;
		n--;
	}
	if (n && *p == '<')
		return "xml";
	if (n && *p == '{')
		return "json";
	return starts(p, n, "From ", 5) || is_field(p, n) ? "eml" : "bin";
}

/* All of from, which has been read to at, to the descriptor out. */
static int copy(int from, int out, struct err *e)
{
	char block[65536];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, block, sizeof(block), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_TEMP, "read: %s", strerror(errno));
		at += n;
		for (ssize_t done = 0, k; done < n; done += k) {
			k = write(out, block + done, (size_t)(n - done));
			if (k < 0 && errno == EINTR)
				k = 0;
			else if (k < 0)
				return err_set(e, ERR_TEMP, "write: %s", strerror(errno));
		}
	}
	return 0;
}

int quarantine_print_bytes(struct run *r, const struct store_quarantined *q)
{
	struct err e;
	int fd, rc;

	if (store_quarantine_bytes(r->store, q, &fd, &e) < 0)
		return run_failed(&e);
	rc = copy(fd, STDOUT_FILENO, &e);
	close(fd);
	if (rc < 0 && e.class == ERR_TEMP)
		fprintf(stderr, "ruadb: %s\n", e.msg);
	return rc < 0 ? EX_IOERR : 0;
}

/* A new file below dir; *ret_name: what it is called, the caller's. */
static int write_file(int dir, int64_t id, int from, char **ret_name, struct err *e)
{
	char begin[512];
	ssize_t n = pread(from, begin, sizeof(begin), 0);
	char *name = xasprintf("%lld.%s", (long long)id, extension(begin, n > 0 ? (size_t)n : 0));
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0) {
		rc = errno == EEXIST ?
			err_set(e, ERR_CONFIG, "%s is there already; nothing is written over",
				name) :
			err_set(e, ERR_TEMP, "%s: %s", name, strerror(errno));
		free(name);
		return rc;
	}
	rc = copy(from, fd, e);
	if (close(fd) < 0 && rc == 0)
		rc = err_set(e, ERR_TEMP, "write: %s", strerror(errno));
	if (rc < 0) { /* no part of it stays */
		unlinkat(dir, name, 0);
		err_wrap(e, "%s", name);
		free(name);
		return -1;
	}
	*ret_name = name;
	return 0;
}

static void told(const struct store_quarantined *q, const char *file, bool json)
{
	struct buf b = {0};

	if (json) {
		quarantine_print_json(q, file);
		return;
	}
	text_add_visible(&b, text_of(q->item));
	if (q->entry)
		buf_printf(&b, " (entry %u)", q->entry);
	printf("%s: %s\n", file, buf_cstr(&b));
	buf_free(&b);
}

/* The entries of an archive share its bytes: one file for those with the same hash. */
static int by_bytes(const void *a, const void *b)
{
	const struct store_quarantined *x = a, *y = b;
	int c = strcmp(x->sha256, y->sha256);

	return c ? c : x->id < y->id ? -1 : x->id > y->id;
}

static int export_one(struct run *r, int dir, const struct store_quarantined *q, char **ret_name)
{
	struct err e;
	int fd, rc;

	if (store_quarantine_bytes(r->store, q, &fd, &e) < 0)
		return run_failed(&e);
	rc = write_file(dir, q->id, fd, ret_name, &e);
	close(fd);
	return rc < 0 ? run_failed(&e) : 0;
}

/* What can't be exported costs the others nothing; the first failure is the exit status. */
static int export_all(struct run *r, int dir, const struct quarantine_items *chosen, bool json)
{
	const struct store_quarantined *before = NULL;
	AUTO_FREE char *name = NULL;
	int status = 0;

	if (chosen->n)
		qsort(chosen->q, chosen->n, sizeof(*chosen->q), by_bytes);
	for (size_t i = 0; i < chosen->n; i++) {
		const struct store_quarantined *q = &chosen->q[i];
		int failed = 0;

		if (!before || strcmp(before->sha256, q->sha256) != 0) {
			free(name);
			name = NULL;
			failed = export_one(r, dir, q, &name);
			before = failed ? NULL : q;
		}
		if (!failed)
			told(q, name, json);
		status = status ? status : failed;
	}
	return run_flushed(status);
}

static int open_folder(const char *path, struct err *e)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(e, ERR_CONFIG, "--to %s: %s", path, strerror(errno));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : err_set(e, ERR_CONFIG, "--to %s: %s", path, strerror(errno));
}

int quarantine_export(struct run *r, const struct quarantine_items *chosen,
		      const struct quarantine_wishes *w)
{
	struct err e;

	if (!w->to && chosen->n == 1 && !isatty(STDOUT_FILENO))
		return quarantine_print_bytes(r, &chosen->q[0]);
	if (!w->to)
		return run_usage(r, "into which folder? --to DIR; without it one item goes to "
				    "standard output, if that is no terminal");
	int dir = open_folder(w->to, &e);

	if (dir < 0)
		return run_failed(&e);
	int status = export_all(r, dir, chosen, w->json);

	close(dir);
	return status;
}
