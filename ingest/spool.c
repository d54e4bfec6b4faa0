#include "ingest/source.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int write_all(int fd, const char *p, size_t n, struct err *e)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set(e, ERR_TEMP, "no memory for a large item: %s",
				       strerror(errno));
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int spool_add(struct spool *s, const void *p, size_t n, struct err *e)
{
	s->size += (int64_t)n;
	if (s->fd < 0 && s->size <= LIMIT_INLINE) {
		buf_add(&s->mem, p, n);
		return 0;
	}
	if (s->fd < 0) {
		s->fd = memfd_create("ruadb-item", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (s->fd < 0)
			return err_set(e, ERR_TEMP, "memfd_create: %s", strerror(errno));
		if (write_all(s->fd, s->mem.p, s->mem.len, e) < 0)
			return -1;
		s->mem.len = 0;
	}
	return write_all(s->fd, p, n, e);
}

int spool_end(struct spool *s, char **ret_bytes, int *ret_fd, struct err *e)
{
	*ret_bytes = NULL;
	*ret_fd = -1;
	if (s->fd < 0) {
		/* never NULL, even for nothing at all; no larger than it has to be */
		*ret_bytes = xrealloc(s->mem.p, s->mem.len);
		s->mem = (struct buf){0};
	} else {
		int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

		if (fcntl(s->fd, F_ADD_SEALS, seals) < 0)
			return err_set(e, ERR_BUG, "seal: %s", strerror(errno));
		*ret_fd = s->fd;
		s->fd = -1;
		s->mem.len = 0;
	}
	s->size = 0;
	return 0;
}

void spool_drop(struct spool *s)
{
	buf_free(&s->mem);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct spool){.fd = -1};
}
