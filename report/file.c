#include "report/file.h"
#include "report/scan.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A report is read whole: more than this is none. */
#define FILE_MAX (1 << 20)

static const char *const type_names[] = {"date", "text", "domain", "integer", "boolean"};

/* The next word of *p, which is moved behind it and the blanks that follow; "" at the end. */
static char *word(const char **p)
{
	const char *from = *p + strspn(*p, " \t");
	size_t n = strcspn(from, " \t");

	*p = from + n + strspn(from + n, " \t");
	return xstrndup(from, n);
}

static bool is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n && !s[n] && !isdigit((unsigned char)*s);
}

static int parse_type(const char *name, enum param_type *ret)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (strcmp(name, type_names[i]) == 0) {
			*ret = (enum param_type)i;
			return 0;
		}
	return -1;
}

/* "since date default all First day" */
static int add_param(struct report_file *f, const char *line, struct err *e)
{
	struct report_file_param *p = &f->params[f->n_params];
	const char *all = line;

	if (f->n_params == REPORT_PARAMS)
		return err_set(e, ERR_CONFIG, "%s: more than %d parameters", f->path, REPORT_PARAMS);
	*p = (struct report_file_param){.name = word(&line)};
	f->n_params++;
	AUTO_FREE char *type = word(&line);

	if (!is_name(p->name) || parse_type(type, &p->type) < 0)
		return err_set(e, ERR_CONFIG, "%s: '-- param: %s' is not a name and one of date, "
			       "text, domain, integer, boolean", f->path, all);
	if (strncmp(line, "default", 7) == 0 && (line[7] == ' ' || line[7] == '\t')) {
		free(word(&line));
		p->has_standard = true;
		p->standard = word(&line);
		if (strcmp(p->standard, "all") == 0) {
			free(p->standard);
			p->standard = NULL;
		}
	}
	p->meaning = xstrdup(line);
	return 0;
}

/* One line of the head, behind "-- ". */
static int head_line(struct report_file *f, const char *line, struct err *e)
{
	const char *colon = strchr(line, ':');

	if (!colon)
		return 0;
	const char *value = colon + 1 + strspn(colon + 1, " \t");
	struct text key = {line, (uint32_t)(colon - line)};

	if (text_is(key, "title")) {
		free(f->title);
		f->title = xstrdup(value);
	} else if (text_is(key, "about")) {
		char *longer = f->about ? xasprintf("%s %s", f->about, value) : xstrdup(value);

		free(f->about);
		f->about = longer;
	} else if (text_is(key, "layout")) {
		f->lines = strcmp(value, "lines") == 0;
	} else if (text_is(key, "param")) {
		return add_param(f, value, e);
	}
	return 0;
}

static int parse_head(struct report_file *f, const char *text, struct err *e)
{
	while (strncmp(text, "--", 2) == 0) {
		size_t n = strcspn(text, "\n");
		struct text t = text_trim((struct text){text + 2, (uint32_t)(n - 2)});
		AUTO_FREE char *line = xstrndup(t.p, t.len);

		if (head_line(f, line, e) < 0)
			return -1;
		text += n + (text[n] == '\n');
	}
	if (!f->title)
		return err_set(e, ERR_CONFIG, "%s does not begin with '-- title: ...'", f->path);
	return 0;
}

int report_file_parse(struct report_file *f, const char *path, const char *text, struct err *e)
{
	*f = (struct report_file){.path = xstrdup(path)};
	if (!text_utf8_ok(text, strlen(text))) {
		err_set(e, ERR_CONFIG, "%s is not UTF-8", path);
		goto fail;
	}
	if (parse_head(f, text, e) < 0)
		goto fail;
	f->sql = report_scan(f, text);
	return 0;
fail:
	report_file_free(f);
	return -1;
}

void report_file_free(struct report_file *f)
{
	for (size_t i = 0; i < f->n_params; i++) {
		free(f->params[i].name);
		free(f->params[i].meaning);
		free(f->params[i].standard);
	}
	free(f->path);
	free(f->title);
	free(f->about);
	free(f->sql);
	*f = (struct report_file){0};
}

/* ---- folders ---- */

/* 1: *f is set; 0: no such file. */
static int read_path(const char *path, struct report_file *f, struct err *e)
{
	FILE *in = fopen(path, "re");

	if (!in && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!in)
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	AUTO_FREE char *text = xmalloc(FILE_MAX + 1);
	size_t n = fread(text, 1, FILE_MAX, in);
	bool bad = ferror(in), more = n == FILE_MAX && fgetc(in) != EOF;

	fclose(in);
	text[n] = '\0';
	if (bad || more)
		return err_set(e, ERR_CONFIG, "%s: %s", path,
			       bad ? "can't be read" : "is too large for a report");
	return report_file_parse(f, path, text, e) < 0 ? -1 : 1;
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

int report_file_find(const struct conf *c, const char *name, struct report_file *f, struct err *e)
{
	struct names all = find_all(c);
	struct buf there = {0};
	int got = 0;

	for (size_t i = 0; i < all.n; i++) {
		if (strcmp(all.p[i].name, name) == 0) {
			got = read_path(all.p[i].path, f, e);
			break;
		}
		buf_printf(&there, "%s%s", i ? ", " : "", all.p[i].name);
	}
	if (!got)
		err_set(e, ERR_CONFIG, "there is no report '%s'; there are: %s", name,
			there.len ? buf_cstr(&there) : "none");
	buf_free(&there);
	names_free(&all);
	return got == 1 ? 0 : -1;
}

int report_query_find(const struct conf *c, const char *name, struct report_file *f, struct err *e)
{
	AUTO_FREE char *path = xasprintf("%s/sql/queries/%s.sql", c->datadir ? c->datadir : ".", name);
	int got = read_path(path, f, e);

	return got == 1 ? 0 : got < 0 ? -1 : err_set(e, ERR_CONFIG, "%s is not there: is ruadb "
		"installed whole?", path);
}
