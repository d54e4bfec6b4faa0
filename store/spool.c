#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP_CAPACITY (1 << 20) /* a buffer that one giant row blew up is given back */

/* mkdir -p; what is private below it (pg/) has a mode of its own. */
static void make_folder(const char *dir)
{
	AUTO_FREE char *path = xstrdup(dir);

	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(path, 0755);
			*p = '/';
		}
	mkdir(path, 0755);
}

int spool_file(const char *dir, int *ret_fd, struct err *e)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && errno == ENOENT) {
		make_folder(dir);
		fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	}
	if (fd < 0) { /* a file system without O_TMPFILE */
		AUTO_FREE char *name = xasprintf("%s/.spool-XXXXXX", dir);

		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0)
		return err_set(e, ERR_TEMP, "can't make a temporary file in %s: %m", dir);
	if (fd == 0) { /* standard input was closed; 0 means no file here */
		fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
		close(0);
	}
	*ret_fd = fd;
	return 0;
}

int spool_flush(struct spool *s, const char *dir, struct err *e)
{
	size_t done = 0;

	if (!s->fd && spool_file(dir, &s->fd, e) < 0)
		return -1;
	while (done < s->mem.len) {
		ssize_t n = pwrite(s->fd, s->mem.p + done, s->mem.len - done,
				   (off_t)(s->in_file + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, ERR_TEMP, "can't write a temporary file in %s: %m", dir);
		done += (size_t)n;
	}
	s->in_file += done;
	s->mem.len = 0;
	if (s->mem.cap > KEEP_CAPACITY)
		buf_free(&s->mem);
	return 0;
}

int spool_read(const struct spool *s,
	       int (*each)(void *ctx, const char *p, size_t n, struct err *e),
	       void *ctx, struct err *e)
{
	AUTO_FREE char *piece = s->in_file ? xmalloc(SPOOL_MEMORY) : NULL;

	for (uint64_t at = 0; at < s->in_file;) {
		uint64_t left = s->in_file - at;
		ssize_t n = pread(s->fd, piece, left < SPOOL_MEMORY ? (size_t)left : SPOOL_MEMORY,
				  (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, ERR_TEMP, "can't read a temporary file back: %m");
		if (each(ctx, piece, (size_t)n, e) < 0)
			return -1;
		at += (uint64_t)n;
	}
	for (size_t at = 0; at < s->mem.len;) {
		size_t n = s->mem.len - at < SPOOL_MEMORY ? s->mem.len - at : SPOOL_MEMORY;

		if (each(ctx, s->mem.p + at, n, e) < 0)
			return -1;
		at += n;
	}
	return 0;
}

void spool_free(struct spool *s)
{
	buf_free(&s->mem);
	if (s->fd)
		close(s->fd);
	*s = (struct spool){0};
}
