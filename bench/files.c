#include "bench/files.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void bench_die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void load(struct file *f)
{
	FILE *in = fopen(f->path, "rb");
	struct buf b = {0};
	size_t n;

	if (!in)
		bench_die(f->path, strerror(errno));
	while ((n = fread(buf_room(&b, 65536), 1, 65536, in)) > 0)
		b.len += n;
	if (ferror(in))
		bench_die(f->path, "can't be read");
	fclose(in);
	f->bytes = b.p;
	f->size = b.len;
}

struct files files_load(const char *dir, size_t max)
{
	struct dirent **names;
	int n = scandir(dir, &names, visible, alphasort);
	struct files f = {0};

	if (n < 0)
		bench_die(dir, strerror(errno));
	f.v = xcalloc((size_t)n + 1, sizeof(*f.v));
	for (int i = 0; i < n; i++) {
		if (!max || f.n < max) {
			f.v[f.n].path = xasprintf("%s/%s", dir, names[i]->d_name);
			load(&f.v[f.n++]);
		}
		free(names[i]);
	}
	free(names);
	return f;
}

static void unpack(struct file *f)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct buf b = {0};
	const void *block;
	size_t size;
	la_int64_t offset;
	int rc;

	archive_read_support_filter_gzip(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, f->bytes, f->size) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		bench_die(f->path, archive_error_string(a));
	while ((rc = archive_read_data_block(a, &block, &size, &offset)) == ARCHIVE_OK)
		buf_add(&b, block, size);
	if (rc != ARCHIVE_EOF)
		bench_die(f->path, archive_error_string(a));
	archive_read_free(a);
	free(f->bytes);
	f->bytes = b.p;
	f->size = b.len;
}

void files_unpack(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		unpack(&f->v[i]);
}

void files_free(struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].path);
		free(f->v[i].bytes);
	}
	free(f->v);
	*f = (struct files){0};
}
