#include "ingest/source.h"
#include "ingest/log.h"
#include "base/hash.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536
#define STILL_WRITTEN 60 /* seconds: who writes the end of a line will do so within them */

struct ingest_source {
	const struct ingest_file *file;
	char *name;          /* standard input: its SHA-256; else NULL, the file's path is it */
	const char *source;  /* "file" or "stdin" */
	int fd;              /* the file, or standard input's memfd; -1 */
	char *bytes;         /* standard input that fitted into memory; or what was read already */
	int64_t size, mtime_ns;
	uint64_t inode;
	struct mbox *mbox;
	bool is_log, unfinished;
	struct ingest_log log;
	struct log_reader reader;
	struct spool spool;
	uint32_t number;     /* of the mail, from 1 */
	bool done;
};

static int failed(const struct ingest_source *s, struct err *e)
{
	return err_set(e, ERR_TEMP, "%s: %s", s->file->path, strerror(errno));
}

/* Standard input to its end, behind what was read of it already; named by its SHA-256. */
static int spool_stdin(struct ingest_source *s, struct err *e)
{
	AUTO_FREE char *block = xmalloc(BLOCK);
	struct hash *h = hash_new();
	const struct buf *ahead = &s->reader.ahead;
	uint8_t sum[32];
	char hex[65];
	ssize_t n;
	int rc = spool_add(&s->spool, ahead->p, ahead->len, e);

	hash_add(h, ahead->p, ahead->len);
	s->size = (int64_t)ahead->len;
	while (rc == 0 && (n = read(STDIN_FILENO, block, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = failed(s, e);
			break;
		}
		hash_add(h, block, (size_t)n);
		rc = spool_add(&s->spool, block, (size_t)n, e);
		s->size += n;
		if (rc == 0 && s->size > LIMIT_PLAIN_FILE)
			rc = err_set(e, ERR_LIMIT, "standard input: more than %lld bytes",
				     LIMIT_PLAIN_FILE);
	}
	hash_end(h, sum);
	hash_free(h);
	hash_hex(sum, hex);
	s->name = xstrdup(hex);
	return rc < 0 ? -1 : spool_end(&s->spool, &s->bytes, &s->fd, e);
}

/* As much as is looked at: a whole line, at least. */
static int read_ahead(struct ingest_source *s, struct err *e)
{
	struct buf *ahead = &s->reader.ahead;

	while (ahead->len < INGEST_LOG_HEAD && !(ahead->len && memchr(ahead->p, '\n', ahead->len))) {
		ssize_t n = read(STDIN_FILENO, buf_room(ahead, BLOCK), BLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(s, e);
		if (n == 0)
			break;
		ahead->len += (size_t)n;
	}
	return 0;
}

/* A log is read piece by piece, for it may be long, and may never end; all else is read whole. */
static int read_stdin(struct ingest_source *s, const char *columns, struct err *e)
{
	struct hash *h = hash_new();
	uint8_t sum[32];
	char hex[65];

	s->source = "stdin";
	if (read_ahead(s, e) < 0)
		return -1;
	const struct buf *ahead = &s->reader.ahead;

	hash_sum(h, ahead->p, ahead->len, sum);
	hash_free(h);
	hash_hex(sum, hex);
	s->is_log = ahead->len &&
		    log_begin_as(&s->log, s->source, hex, ahead->p, ahead->len, columns,
				 false);
	if (!s->is_log)
		return spool_stdin(s, e);
	s->reader.fd = STDIN_FILENO;
	s->reader.stream = true;
	return 0;
}

/* A small file is read whole at once; of a larger one only its beginning is looked at. */
static int read_file(struct ingest_source *s, struct err *e)
{
	struct stat st;

	s->fd = open(s->file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return failed(s, e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_TEMP, "%s: no regular file any more", s->file->path);
	s->size = st.st_size;
	s->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	s->inode = st.st_ino;
	if (s->size > LIMIT_INLINE)
		return 0;

	size_t want = (size_t)s->size, got = 0;

	s->bytes = xmalloc(want);
	while (got < want) {
		ssize_t n = read(s->fd, s->bytes + got, want - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(s, e);
		if (n == 0)
			break; /* it shrank meanwhile: its time changed, the next run reads it */
		got += (size_t)n;
	}
	s->size = (int64_t)got;
	return 0;
}

static bool begins_with_from(const struct ingest_source *s)
{
	char begin[5];

	if (s->bytes)
		return s->size >= 5 && memcmp(s->bytes, "From ", 5) == 0;
	return pread(s->fd, begin, 5, 0) == 5 && memcmp(begin, "From ", 5) == 0;
}

/* A log is read from its descriptor, however small: where it is read to says an offset. */
static int look_for_log(struct ingest_source *s, const char *columns, struct err *e)
{
	char head[INGEST_LOG_HEAD];
	ssize_t n = pread(s->fd, head, sizeof(head), 0);
	struct stat st;

	if (n < 0 || fstat(s->fd, &st) < 0)
		return failed(s, e);
	s->is_log = n && log_begin_as(&s->log, s->source, s->file->path, head, (size_t)n, columns,
					false);
	if (!s->is_log)
		return 0;
	free(s->bytes);
	s->bytes = NULL;
	s->log.device = st.st_dev;
	s->log.inode = st.st_ino;
	s->reader.fd = s->fd;
	ingest_log_begin(s, 0);
	return 0;
}

/* The mbox reader wants a descriptor; standard input in memory has none. */
static int need_fd(struct ingest_source *s, struct err *e)
{
	if (s->fd >= 0)
		return 0;
	s->fd = memfd_create("ruadb-stdin", MFD_CLOEXEC);
	if (s->fd < 0 || pwrite(s->fd, s->bytes, (size_t)s->size, 0) != s->size)
		return failed(s, e);
	return 0;
}

int ingest_open(const struct ingest_walk *w, size_t i, struct ingest_source **ret_s,
		struct err *e)
{
	struct ingest_source *s = xcalloc(1, sizeof(*s));
	const struct ingest_file *f = ingest_walk_file(w, i);
	const char *columns = walk_columns(w);
	bool from_stdin = strcmp(f->path, "-") == 0;
	int rc;

	*s = (struct ingest_source){.file = f, .fd = -1, .source = "file", .spool = {.fd = -1}};
	rc = from_stdin ? read_stdin(s, columns, e) : read_file(s, e);
	if (rc == 0 && !from_stdin)
		rc = look_for_log(s, columns, e);
	if (rc == 0 && !s->is_log && begins_with_from(s)) {
		rc = need_fd(s, e);
		if (rc == 0)
			s->mbox = mbox_new(s->fd);
	}
	if (rc < 0) {
		ingest_close(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

bool ingest_is_mbox(const struct ingest_source *s)
{
	return s->mbox;
}

const struct ingest_log *ingest_log_of(const struct ingest_source *s)
{
	return s->is_log ? &s->log : NULL;
}

void ingest_log_begin(struct ingest_source *s, int64_t offset)
{
	int64_t header = log_header_bytes(&s->log);

	s->reader.at = offset < header ? header : offset;
}

bool ingest_log_unfinished(const struct ingest_source *s)
{
	return s->unfinished;
}

static const char *base_name(const struct ingest_source *s)
{
	return s->name ? s->name : s->file->path;
}

static int next_mail(struct ingest_source *s, struct ingest_item *ret, struct err *e)
{
	int64_t size;
	int got = mbox_next(s->mbox, &s->spool, &ret->last, e);

	if (got <= 0)
		return got < 0 ? err_wrap(e, "%s", base_name(s)) : 0;
	size = s->spool.size;
	if (spool_end(&s->spool, &ret->bytes, &ret->fd, e) < 0)
		return -1;
	ret->size = size;
	ret->item = xasprintf("%s#%u", base_name(s), ++s->number);
	return 1;
}

/* Of a file, the rest without an end is read if nobody will write it any more. */
static int next_lines(struct ingest_source *s, struct log_piece *ret, struct err *e)
{
	int got = log_reader_next(&s->reader, false, ret, e);
	struct stat st;

	if (got != 0)
		return got;
	if (fstat(s->fd, &st) < 0)
		return failed(s, e);
	s->unfinished = st.st_size > s->reader.at && st.st_mtime > time(NULL) - STILL_WRITTEN;
	return s->unfinished ? 0 : log_reader_next(&s->reader, true, ret, e);
}

static int next_piece(struct ingest_source *s, struct ingest_item *ret, struct err *e)
{
	struct log_piece p;
	int got = s->reader.stream ? log_reader_next_of_stream(&s->reader, &p, e)
				   : next_lines(s, &p, e);

	if (got < 0)
		return err_wrap(e, "%s", s->file->path);
	if (got != 1)
		return got;
	ret->item = xstrdup(s->log.item);
	ret->bytes = p.bytes;
	ret->size = (int64_t)p.len;
	ret->from = p.from;
	ret->to = p.to;
	ret->log = &s->log;
	ret->last = false;
	return 1;
}

int ingest_next(struct ingest_source *s, struct ingest_item *ret_item, struct err *e)
{
	struct ingest_item it = {
		.source = s->source, .size = s->size, .mtime_ns = s->mtime_ns,
		.inode = s->inode, .fd = -1, .last = true,
	};

	if (s->mbox || s->is_log) {
		int got = s->mbox ? next_mail(s, &it, e) : next_piece(s, &it, e);

		if (got == 1)
			*ret_item = it;
		return got;
	}
	if (s->done)
		return 0;
	s->done = true;
	it.item = xstrdup(base_name(s));
	it.bytes = s->bytes;
	s->bytes = NULL;
	if (!it.bytes) {
		it.fd = s->fd;
		s->fd = -1;
	}
	*ret_item = it;
	return 1;
}

void ingest_close(struct ingest_source *s)
{
	if (!s)
		return;
	mbox_free(s->mbox);
	log_reader_end(&s->reader);
	log_forget(&s->log);
	spool_drop(&s->spool);
	if (s->fd >= 0)
		close(s->fd);
	free(s->bytes);
	free(s->name);
	free(s);
}
