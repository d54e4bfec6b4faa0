/*
 * What lies beside a log: earlier ones, under its name with something behind (mail.log.1,
 * mail.log-20260601). Compressed ones are no logs here: `ruadb ingest` reads them whole.
 */
#include "ingest/follow.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 64       /* files beside one */
#define SLACK 5       /* seconds: a file's time and the database's clock */

struct beside {
	struct tail *v[MOST];
	size_t n;
};

static int by_time(const void *pa, const void *pb)
{
	const struct stat *a = &(*(struct tail *const *)pa)->seen;
	const struct stat *b = &(*(struct tail *const *)pb)->seen;

	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec ? -1 : 1;
	return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec ? -1 :
	       a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static bool is_beside(const char *name, const char *base)
{
	size_t len = strlen(base);

	return strncmp(name, base, len) == 0 && name[len] && strchr(".-_", name[len]);
}

/* All plain files beside the path, the one written last behind. */
static void list(const char *path, struct beside *ret)
{
	const char *base = strrchr(path, '/') + 1;
	AUTO_FREE char *folder = xstrndup(path, (size_t)(base - path));
	DIR *d = opendir(folder);
	struct dirent *de;

	*ret = (struct beside){.n = 0};
	while (d && ret->n < MOST && (de = readdir(d))) {
		if (!is_beside(de->d_name, base))
			continue;
		AUTO_FREE char *name = xasprintf("%s%s", folder, de->d_name);
		int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
		struct stat st;

		if (fd < 0)
			continue;
		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
			close(fd);
			continue;
		}
		struct tail *t = tail_new(name, fd, true);

		t->seen = st;
		ret->v[ret->n++] = t;
	}
	if (d)
		closedir(d);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(struct tail *), by_time);
}

static void drop(struct beside *b)
{
	for (size_t i = 0; i < b->n; i++)
		tail_free(b->v[i]);
}

static bool is_open(const struct follow *f, const struct stat *st)
{
	for (const struct tail *t = f->tails; t; t = t->next)
		if (t->fd >= 0 && t->seen.st_ino == st->st_ino && t->seen.st_dev == st->st_dev)
			return true;
	return false;
}

/* Read a part of already, or written since anything of the path was read. */
static int is_unread(struct follow *f, struct tail *t, int64_t last, bool *ret, struct err *e)
{
	*ret = false;
	if (is_open(f, &t->seen))
		return 0;
	if (tail_begin(f, t, e) < 0)
		return -1;
	if (t->begun)
		*ret = t->reader.at > t->log.header ? t->reader.at < t->seen.st_size :
			       last != TIME_ABSENT && t->seen.st_mtime >= last - SLACK;
	return 0;
}

int beside_unread(struct follow *f, const char *path, struct err *e)
{
	struct beside b;
	int64_t last;
	int rc = f->owner->last_read(f->owner->ctx, path, &last, e);

	if (rc < 0 || last == TIME_ABSENT) /* nobody followed it before */
		return rc;
	list(path, &b);
	for (size_t i = 0; rc == 0 && i < b.n; i++) {
		bool unread;

		rc = is_unread(f, b.v[i], last, &unread, e);
		if (rc < 0 || !unread)
			continue;
		follow_retire(f, b.v[i], path);
		f->owner->news(f->owner->ctx, b.v[i]->path, "was not read to its end", false);
		b.v[i] = NULL;
	}
	drop(&b);
	return rc;
}

static bool same_head(const struct tail *copy, const struct tail *t)
{
	char head[INGEST_LOG_HEAD];
	uint32_t n = t->log.head_length;

	return pread(copy->fd, head, n, 0) == (ssize_t)n && memcmp(head, t->log.head, n) == 0;
}

void beside_copy(struct follow *f, const struct tail *t)
{
	struct beside b;

	list(t->path, &b);
	for (size_t i = b.n; i-- > 0;) {
		struct tail *copy = b.v[i];

		if (is_open(f, &copy->seen) || copy->seen.st_size <= t->reader.at ||
		    !same_head(copy, t))
			continue;
		copy->start = t->reader.at;
		follow_retire(f, copy, t->path);
		b.v[i] = NULL;
		break;
	}
	drop(&b);
}
