#include "ingest/source.h"
#include "base/hash.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536

struct ingest_source {
	const struct ingest_file *file;
	char *name;          /* standard input: its SHA-256; else NULL, the file's path is it */
	const char *source;  /* "file" or "stdin" */
	int fd;              /* the file, or standard input's memfd; -1 */
	char *bytes;         /* standard input that fitted into memory; or what was read already */
	int64_t size, mtime_ns;
	uint64_t inode;
	struct mbox *mbox;
	struct spool spool;
	uint32_t number;     /* of the mail, from 1 */
	bool done;
};

static int failed(const struct ingest_source *s, struct err *e)
{
	return err_set(e, ERR_TEMP, "%s: %s", s->file->path, strerror(errno));
}

/* All of standard input, named by its SHA-256. */
static int read_stdin(struct ingest_source *s, struct err *e)
{
	AUTO_FREE char *block = xmalloc(BLOCK);
	struct hash *h = hash_new();
	uint8_t sum[32];
	char hex[65];
	ssize_t n;
	int rc = 0;

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
	s->source = "stdin";
	return rc < 0 ? -1 : spool_end(&s->spool, &s->bytes, &s->fd, e);
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
	bool from_stdin = strcmp(f->path, "-") == 0;
	int rc;

	*s = (struct ingest_source){.file = f, .fd = -1, .source = "file", .spool = {.fd = -1}};
	rc = from_stdin ? read_stdin(s, e) : read_file(s, e);
	if (rc == 0 && begins_with_from(s)) {
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

int ingest_next(struct ingest_source *s, struct ingest_item *ret_item, struct err *e)
{
	struct ingest_item it = {
		.source = s->source, .size = s->size, .mtime_ns = s->mtime_ns,
		.inode = s->inode, .fd = -1, .last = true,
	};

	if (s->mbox) {
		int got = next_mail(s, &it, e);

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
	spool_drop(&s->spool);
	if (s->fd >= 0)
		close(s->fd);
	free(s->bytes);
	free(s->name);
	free(s);
}
