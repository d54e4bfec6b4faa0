#include "cmd/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void failed(struct page *p, const char *what)
{
	if (p->err.class == ERR_NONE)
		err_set(&p->err, ERR_TEMP, "%s: %s", what, strerror(errno));
}

/* An unlinked file; NULL with p->err set. */
static FILE *make_file(struct page *p)
{
	const char *dir = getenv("TMPDIR");
	AUTO_FREE char *name = xasprintf("%s/ruadb-inspect-XXXXXX",
					 dir && *dir ? dir : "/var/tmp");
	int fd = mkostemp(name, O_CLOEXEC);
	FILE *f = NULL;

	if (fd >= 0) {
		unlink(name);
		f = fdopen(fd, "w+");
	}
	if (!f)
		failed(p, name);
	if (!f && fd >= 0)
		close(fd);
	return f;
}

void page_add(struct page *p, const void *bytes, size_t n)
{
	if (!p->in_file && p->mem.len + n <= PAGE_MEMORY) {
		buf_add(&p->mem, bytes, n);
		return;
	}
	if (!p->file && p->err.class == ERR_NONE)
		p->file = make_file(p);
	if (!p->file)
		return;
	if (fwrite(bytes, 1, n, p->file) != n)
		failed(p, "a temporary file");
	p->in_file += (int64_t)n;
}

void page_printf(struct page *p, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);

	va_end(ap);
	if (n < 0)
		abort(); /* as in mem.h: no memory */
	page_add(p, text, (size_t)n);
	free(text);
}

int64_t page_at(const struct page *p)
{
	return (int64_t)p->mem.len + p->in_file;
}

void page_back(struct page *p, int64_t at)
{
	int64_t in_memory = (int64_t)p->mem.len;

	if (at < in_memory)
		p->mem.len = (size_t)at;
	p->in_file = at < in_memory ? 0 : at - in_memory;
	if (p->file && fseeko(p->file, p->in_file, SEEK_SET) < 0)
		failed(p, "a temporary file");
}

int page_print(struct page *p, FILE *out, struct err *e)
{
	char piece[16384];
	int64_t left = p->in_file;

	fwrite(p->mem.p, 1, p->mem.len, out);
	if (p->file && (fflush(p->file) != 0 || fseeko(p->file, 0, SEEK_SET) < 0))
		failed(p, "a temporary file");
	while (left > 0 && p->err.class == ERR_NONE) {
		size_t want = left < (int64_t)sizeof(piece) ? (size_t)left : sizeof(piece);
		size_t n = fread(piece, 1, want, p->file);

		if (!n)
			failed(p, "a temporary file");
		fwrite(piece, 1, n, out);
		left -= (int64_t)n;
	}
	page_back(p, 0);
	if (p->err.class == ERR_NONE)
		return 0;
	*e = p->err;
	return -1;
}

void page_free(struct page *p)
{
	buf_free(&p->mem);
	if (p->file)
		fclose(p->file);
	*p = (struct page){0};
}
