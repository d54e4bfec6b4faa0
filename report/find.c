/* Where reports lie: the user's folder first, then the shipped one. */
#include "report/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A report is read whole: more than this is none. */
#define FILE_MAX (1 << 20)

/* 1: *ret is the text of the file, the caller's to free; 0: no such file. */
static int read_text(const char *path, char **ret, struct err *e)
{
	FILE *in = fopen(path, "re");

	if (!in && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!in)
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	char *text = xmalloc(FILE_MAX + 1);
	size_t n = fread(text, 1, FILE_MAX, in);
	bool bad = ferror(in), more = n == FILE_MAX && fgetc(in) != EOF;

	fclose(in);
	text[n] = '\0';
	if (bad || more) {
		free(text);
		return err_set(e, ERR_CONFIG, "%s: %s", path,
			       bad ? "can't be read" : "is too large for a report");
	}
	*ret = text;
	return 1;
}

/* 1: *f is set; 0: no such file. */
static int read_path(const char *path, bool titled, struct report_file *f, struct err *e)
{
	AUTO_FREE char *text = NULL;
	int got = read_text(path, &text, e);

	if (got <= 0)
		return got;
	return report_file_parse(f, path, text, titled, e) < 0 ? -1 : 1;
}

struct name {
	char *name, *path;
};

struct names {
	struct name *p;
	size_t n;
};

static void add_folder(struct names *all, const char *folder)
{
	DIR *d = opendir(folder);

	if (!d)
		return;
	for (struct dirent *entry; (entry = readdir(d));) {
		size_t n = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || n < 5 || strcmp(entry->d_name + n - 4, ".sql"))
			continue;
		all->p = xrealloc(all->p, (all->n + 1) * sizeof(*all->p));
		all->p[all->n].name = xstrndup(entry->d_name, n - 4);
		all->p[all->n].path = xasprintf("%s/%s", folder, entry->d_name);
		all->n++;
	}
	closedir(d);
}

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Those of the user's folder first; a shipped one of the same name is dropped. */
static struct names find_all(const struct conf *c)
{
	struct names all = {0};
	AUTO_FREE char *shipped = xasprintf("%s/sql/reports", c->datadir ? c->datadir : ".");

	if (c->reports_dir)
		add_folder(&all, c->reports_dir);
	size_t own = all.n, kept;

	add_folder(&all, shipped);
	kept = own;
	for (size_t i = own; i < all.n; i++) {
		size_t k = 0;

		while (k < own && strcmp(all.p[k].name, all.p[i].name))
			k++;
		if (k == own) {
			all.p[kept++] = all.p[i];
		} else {
			free(all.p[i].name);
			free(all.p[i].path);
		}
	}
	all.n = kept;
	if (all.n)
		qsort(all.p, all.n, sizeof(*all.p), by_name);
	return all;
}

static void names_free(struct names *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->p[i].name);
		free(all->p[i].path);
	}
	free(all->p);
}

int report_file_each(const struct conf *c,
		     int (*each)(void *ctx, const char *name, const char *path, struct err *e),
		     void *ctx, struct err *e)
{
	struct names all = find_all(c);
	int rc = 0;

	for (size_t i = 0; i < all.n && rc == 0; i++)
		rc = each(ctx, all.p[i].name, all.p[i].path, e);
	names_free(&all);
	return rc;
}

#define LISTED 300 /* bytes of names that fit into an error */

int report_file_find(const struct conf *c, const char *name, struct report_file *f, struct err *e)
{
	struct names all = find_all(c);
	struct buf there = {0};
	int got = 0;

	for (size_t i = 0; i < all.n; i++) {
		if (strcmp(all.p[i].name, name) == 0) {
			got = read_path(all.p[i].path, true, f, e);
			break;
		}
		buf_printf(&there, "%s%s", i ? ", " : "", all.p[i].name);
	}
	if (!got && there.len > LISTED)
		err_set(e, ERR_CONFIG, "there is no report '%.100s'; ruadb report lists those there are",
			name);
	else if (!got)
		err_set(e, ERR_CONFIG, "there is no report '%.100s'; there are: %s", name,
			there.len ? buf_cstr(&there) : "none");
	buf_free(&there);
	names_free(&all);
	return got == 1 ? 0 : -1;
}

static char *query_path(const struct conf *c, const char *name)
{
	return xasprintf("%s/sql/queries/%s.sql", c->datadir ? c->datadir : ".", name);
}

static int missing(const char *path, struct err *e)
{
	return err_set(e, ERR_CONFIG, "%s is missing: is ruadb installed whole?", path);
}

int report_query_find(const struct conf *c, const char *name, struct report_file *f, struct err *e)
{
	AUTO_FREE char *path = query_path(c, name);
	int got = read_path(path, false, f, e);

	return got == 1 ? 0 : got < 0 ? -1 : missing(path, e);
}

int report_query_text(const struct conf *c, const char *name, char **ret, struct err *e)
{
	AUTO_FREE char *path = query_path(c, name);
	int got = read_text(path, ret, e);

	return got == 1 ? 0 : got < 0 ? -1 : missing(path, e);
}
