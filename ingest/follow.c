#include "ingest/follow.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000LL
#define SECOND (1000 * MS)
#define NOT_BEFORE (200 * MS)  /* between two looks: lines that come together go together */
#define POLL SECOND            /* and at most */
#define REST (60 * SECOND)     /* who writes a line ends it within that time */
#define KEEP (600 * SECOND)    /* a renamed file that nobody writes any more is kept open for so long */

static int64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

/* ---- tails ---- */

struct tail *tail_new(const char *path, int fd, bool retired)
{
	struct tail *t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(path);
	t->fd = fd;
	t->retired = retired;
	t->believed = !retired;
	t->more = true;
	t->grew = monotonic();
	return t;
}

void tail_free(struct tail *t)
{
	if (!t)
		return;
	log_forget(&t->log);
	if (t->fd >= 0)
		close(t->fd);
	free(t->path);
	free(t);
}

int tail_begin(struct follow *f, struct tail *t, struct err *e)
{
	char head[INGEST_LOG_HEAD];
	ssize_t n = pread(t->fd, head, sizeof(head), 0);
	int64_t offset;

	t->begun = false;
	if (n <= 0 || (n < (ssize_t)sizeof(head) && !memchr(head, '\n', (size_t)n)))
		return 0;
	log_forget(&t->log);
	if (!log_begin_as(&t->log, "file", t->path, head, (size_t)n, f->columns, t->believed))
		return 0;
	t->log.device = t->seen.st_dev;
	t->log.inode = t->seen.st_ino;
	if (f->owner->offset(f->owner->ctx, &t->log, &offset, e) < 0)
		return -1;
	if (offset > t->seen.st_size)
		offset = 0;
	if (offset < t->start)
		offset = t->start;
	if (offset < t->log.header)
		offset = t->log.header;
	t->reader = (struct log_reader){.fd = t->fd, .at = offset};
	t->begun = true;
	return 0;
}

void follow_retire(struct follow *f, struct tail *t, const char *before)
{
	struct tail **at = &f->tails;

	while (*at && ((*at)->retired || strcmp((*at)->path, before) != 0))
		at = &(*at)->next;
	t->retired = true;
	t->next = *at;
	*at = t;
}

/* ---- what became of its path ---- */

static void say(struct follow *f, struct tail *t, const char *what, bool trouble)
{
	if (!trouble || !t->complained)
		f->owner->news(f->owner->ctx, t->path, what, trouble);
	t->complained = trouble;
}

/* The file that has the path now; none: it is waited for. */
static void open_it(struct follow *f, struct tail *t)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		say(f, t, errno == ENOENT ? "is not there yet" : strerror(errno), true);
		return;
	}
	if (fstat(fd, &t->seen) < 0 || !S_ISREG(t->seen.st_mode)) {
		say(f, t, "is no regular file", true);
		close(fd);
		return;
	}
	t->fd = fd;
	t->begun = false;
	t->more = true;
	t->start = 0;
	say(f, t, "is followed", false);
}

/* Another file has the path: this one is read on for a while, that one from its beginning. */
static void look_for_rename(struct follow *f, struct tail *t)
{
	struct stat st;

	if (stat(t->path, &st) < 0 || (st.st_ino == t->seen.st_ino && st.st_dev == t->seen.st_dev))
		return;
	struct tail *old = tail_new(t->path, t->fd, true);

	old->begun = t->begun;
	old->believed = true;
	old->log = t->log;
	old->reader = t->reader;
	old->seen = t->seen;
	old->start = t->start;
	t->log = (struct ingest_log){0};
	t->fd = -1;
	t->begun = false;
	follow_retire(f, old, t->path);
	say(f, t, "was rotated", false);
	open_it(f, t);
}

static bool head_changed(const struct tail *t)
{
	char head[INGEST_LOG_HEAD];
	uint32_t n = t->log.head_length;

	return pread(t->fd, head, n, 0) != (ssize_t)n || memcmp(head, t->log.head, n) != 0;
}

/* It was truncated, and written anew: what it had may be in a copy, which goes first. */
static bool look_for_truncation(struct follow *f, struct tail *t, const struct stat *now)
{
	if (!t->begun)
		return false;
	bool same = now->st_size == t->seen.st_size &&
		    now->st_mtim.tv_sec == t->seen.st_mtim.tv_sec &&
		    now->st_mtim.tv_nsec == t->seen.st_mtim.tv_nsec;

	if (now->st_size >= t->reader.at && (same || !head_changed(t)))
		return false;
	say(f, t, "was truncated", false);
	if (!t->retired)
		beside_copy(f, t);
	t->begun = false;
	t->more = true;
	t->start = 0;
	return true;
}

/* ---- a look ---- */

static int give(struct tail *t, const struct log_piece *p, struct ingest_item *ret)
{
	*ret = (struct ingest_item){
		.source = "file", .item = xstrdup(t->log.item), .size = (int64_t)p->len,
		.mtime_ns = (int64_t)t->seen.st_mtim.tv_sec * 1000000000 + t->seen.st_mtim.tv_nsec,
		.inode = t->seen.st_ino, .bytes = p->bytes, .fd = -1, .log = &t->log,
		.from = p->from, .to = p->to,
	};
	t->more = true;
	t->grew = t->looked;
	return 1;
}

/* What is there of it. A file that can't be read is tried again later. */
static int look(struct follow *f, struct tail *t, struct ingest_item *ret, struct err *e)
{
	struct log_piece p;
	struct err why;
	struct stat now;

	t->looked = monotonic();
	t->more = false;
	if (t->fd < 0)
		open_it(f, t);
	if (t->fd < 0 || fstat(t->fd, &now) < 0)
		return 0;
	bool truncated = look_for_truncation(f, t, &now);

	t->seen = now;
	if (truncated)
		return 0;
	if (!t->begun && tail_begin(f, t, e) < 0)
		return -1;
	int got = t->begun ? log_reader_next(&t->reader, t->retired && t->looked - t->grew > REST,
					     &p, &why) : 0;

	if (got == 1)
		return give(t, &p, ret);
	if (got < 0)
		say(f, t, why.msg, true);
	else if (!t->retired)
		look_for_rename(f, t);
	return 0;
}

static bool is_over(const struct tail *t)
{
	int64_t still = monotonic() - t->grew;

	return t->retired && !t->more && (still > KEEP || (still > REST + POLL && !t->seen.st_nlink));
}

static void drop_old(struct follow *f)
{
	for (struct tail **at = &f->tails; *at;) {
		struct tail *t = *at;

		if (!is_over(t)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		if (f->last == t)
			f->last = NULL;
		tail_free(t);
	}
}

/* ---- inotify ---- */

/* The folder tells of everything in it: of what is written, too. */
static int watch(struct follow *f, const char *path, struct err *e)
{
	AUTO_FREE char *copy = xstrdup(path);
	const char *folder = dirname(copy);
	struct stat st;

	if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s: there is no folder %s", path, folder);
	/* without it, its files are looked at every second */
	if (f->inotify >= 0)
		(void)!inotify_add_watch(f->inotify, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	return 0;
}

static void drain(struct follow *f)
{
	char events[4096];

	while (f->inotify >= 0 && read(f->inotify, events, sizeof(events)) > 0)
		f->due = true;
}

/* ---- the door ---- */

/* As it is named by who looks for it: absolute, and not what a link in its place leads to. */
static char *absolute(const char *path)
{
	AUTO_FREE char *copy = xstrdup(path), *copy2 = xstrdup(path);
	AUTO_FREE char *folder = realpath(dirname(copy), NULL);

	return folder ? xasprintf("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, basename(copy2))
		      : xstrdup(path);
}

int follow_new(const char *const *paths, size_t n, struct follow **ret_f, struct err *e)
{
	struct follow *f = xcalloc(1, sizeof(*f));
	struct tail **at = &f->tails;

	f->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *path = absolute(paths[i]);

		if (watch(f, path, e) < 0) {
			follow_free(f);
			return -1;
		}
		*at = tail_new(path, -1, false);
		at = &(*at)->next;
	}
	*ret_f = f;
	return 0;
}

void follow_free(struct follow *f)
{
	if (!f)
		return;
	while (f->tails) {
		struct tail *next = f->tails->next;

		tail_free(f->tails);
		f->tails = next;
	}
	if (f->inotify >= 0)
		close(f->inotify);
	free(f);
}

void follow_begin(struct follow *f, const struct follow_owner *owner, const char *columns)
{
	f->owner = owner;
	f->columns = columns;
	f->beside_done = false;
	for (struct tail *t = f->tails; t; t = t->next) {
		t->begun = false;
		t->more = true;
		t->grew = monotonic();
	}
}

/* Once a beginning: what was rotated meanwhile goes first. */
static int look_beside(struct follow *f, struct err *e)
{
	for (struct tail *t = f->tails; t; t = t->next) {
		if (t->retired)
			continue;
		if (t->fd < 0)
			open_it(f, t);
		if (beside_unread(f, t->path, e) < 0)
			return -1;
	}
	f->beside_done = true;
	return 0;
}

/* Those from `from` on, before `to`. */
static int look_at(struct follow *f, struct tail *from, const struct tail *to, bool due,
		   struct ingest_item *ret, struct err *e)
{
	int64_t now = monotonic();

	for (struct tail *t = from; t != to; t = t->next) {
		if (!t->more && !due && now - t->looked < POLL)
			continue;
		int got = look(f, t, ret, e);

		if (got == 1)
			f->last = t;
		if (got != 0)
			return got;
	}
	return 0;
}

int follow_next(struct follow *f, struct ingest_item *ret_item, struct err *e)
{
	int64_t now = monotonic();

	if (!f->beside_done && look_beside(f, e) < 0)
		return -1;
	drain(f);
	drop_old(f);
	bool due = f->due && now - f->woken >= NOT_BEFORE;

	/* one that has much to give lets the others have their turn */
	struct tail *behind = f->last ? f->last->next : NULL;
	int got = look_at(f, behind, NULL, due, ret_item, e);

	if (got == 0)
		got = look_at(f, f->tails, behind, due, ret_item, e);
	if (got != 0)
		return got; /* the others are due still */
	if (due) {
		f->due = false;
		f->woken = now;
	}
	return 0;
}

int follow_fd(const struct follow *f)
{
	return monotonic() - f->woken < NOT_BEFORE ? -1 : f->inotify;
}

size_t follow_open(const struct follow *f, size_t *ret_missing)
{
	size_t n = 0;

	*ret_missing = 0;
	for (const struct tail *t = f->tails; t; t = t->next) {
		n += t->fd >= 0;
		*ret_missing += !t->retired && t->fd < 0;
	}
	return n;
}
