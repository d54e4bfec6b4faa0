#include "report/file.h"
#include "report/scan.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION "-- section:"

static const char *const type_names[] = {"date", "text", "domain", "integer", "boolean",
					 "address"};

const char *report_file_type(enum param_type type)
{
	return type_names[type];
}

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

static int take_standard(struct report_file_param *p, const char **line, struct err *e)
{
	if (strncmp(*line, "default", 7) != 0 || ((*line)[7] != ' ' && (*line)[7] != '\t'))
		return 0;
	free(word(line));
	p->has_standard = true;
	p->standard = word(line);
	if (strcmp(p->standard, "all") == 0) {
		free(p->standard);
		p->standard = NULL;
		return 0;
	}
	return report_file_check(p->type, p->standard, e) < 0 ? err_wrap(e, "its default") : 0;
}

/* "since date default all First day" */
static int add_param(struct report_file *f, const char *line, struct err *e)
{
	struct report_file_param *p = &f->params[f->n_params];
	const char *all = line;

	if (f->n_params == REPORT_PARAMS)
		return err_set(e, ERR_CONFIG, "more than %d parameters", REPORT_PARAMS);
	*p = (struct report_file_param){.name = word(&line)};
	f->n_params++;
	AUTO_FREE char *type = word(&line);

	if (!is_name(p->name) || parse_type(type, &p->type) < 0)
		return err_set(e, ERR_CONFIG, "'-- param: %s' is not a name and one of date, "
			       "text, domain, integer, boolean, address", all);
	for (size_t i = 0; i + 1 < f->n_params; i++)
		if (strcmp(f->params[i].name, p->name) == 0)
			return err_set(e, ERR_CONFIG, "there are two parameters '%s'", p->name);
	if (take_standard(p, &line, e) < 0)
		return -1;
	p->meaning = xstrdup(line);
	return 0;
}

/* "replies Exact replies": what the head said of the whole is not said of its sections. */
static int begin_section(struct report_file *f, const char *line, struct err *e)
{
	const char *all = line;

	free(f->section);
	free(f->section_title);
	free(f->about);
	f->about = NULL;
	f->lines = f->words = false;
	f->section = word(&line);
	f->section_title = xstrdup(line);
	if (!is_name(f->section) || !*line)
		return err_set(e, ERR_CONFIG, "'-- section: %s' is not a name and a title", all);
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
		f->words = strcmp(value, "words") == 0;
	} else if (text_is(key, "optional")) {
		f->optional = strcmp(value, "yes") == 0;
	} else if (text_is(key, "queries")) {
		f->queries = strcmp(value, "yes") == 0;
	} else if (text_is(key, "section")) {
		return begin_section(f, value, e);
	} else if (text_is(key, "evidence")) {
		f->evidence = strcmp(value, "yes") == 0;
	} else if (text_is(key, "param")) {
		return add_param(f, value, e);
	}
	return 0;
}

/* Comment lines from text on, the first of which is line `number`. A line that begins a section ends
 * the head before it. */
static int parse_head(struct report_file *f, const char *text, int number, struct err *e)
{
	const char *first = text;

	for (; strncmp(text, "--", 2) == 0; number++) {
		size_t n = strcspn(text, "\n");
		if (text != first && strncmp(text, SECTION, strlen(SECTION)) == 0)
			break;
		struct text t = text_trim((struct text){text + 2, (uint32_t)(n - 2)});
		AUTO_FREE char *line = xstrndup(t.p, t.len);

		if (head_line(f, line, e) < 0)
			return err_wrap(e, "%s:%d", f->path, number);
		text += n + (text[n] == '\n');
	}
	return 0;
}

/* A statement more than one would be refused by PostgreSQL, in words about prepared statements. */
static int check_single(const struct report_file *f, struct err *e)
{
	const char *second = report_scan_second(f->source);
	int line = 1;

	if (!second)
		return 0;
	for (const char *p = f->source; p < second; p++)
		line += *p == '\n';
	return err_set(e, ERR_CONFIG, "%s:%d: a second statement begins here; a report is one "
		       "SELECT", f->path, line);
}

/* The next line from p on that begins a section; NULL: there is none. Counts lines. */
static const char *next_section(const char *p, int *number)
{
	while (*p) {
		if (strncmp(p, SECTION, strlen(SECTION)) == 0)
			return p;
		p += strcspn(p, "\n");
		p += *p == '\n';
		++*number;
	}
	return NULL;
}

static size_t count_sections(const char *text)
{
	size_t n = 0;
	int number = 0;

	for (const char *p = text; (p = next_section(p, &number)); p++)
		n++;
	return n;
}

/* section: text is that of one section, with the head of the whole. */
static int parse(struct report_file *f, const char *path, const char *text, bool titled,
		 bool section, struct err *e)
{
	int number = 1;
	const char *at = text;

	*f = (struct report_file){.path = xstrdup(path), .source = xstrdup(text)};
	if (!text_utf8_ok(text, strlen(text)))
		return err_set(e, ERR_CONFIG, "%s is not UTF-8", path);
	if (parse_head(f, text, 1, e) < 0)
		return -1;
	if (titled && !f->title)
		return err_set(e, ERR_CONFIG, "%s does not begin with '-- title: ...'", path);
	if (!section && (f->n_sections = count_sections(text)))
		return 0;
	if (section && (at = next_section(text, &number)) && parse_head(f, at, number, e) < 0)
		return -1;
	if (check_single(f, e) < 0)
		return -1;
	f->sql = report_scan(f, text);
	return 0;
}

int report_file_section(const struct report_file *whole, size_t i, struct report_file *ret_f,
			struct err *e)
{
	struct buf b = {0};
	size_t of = 0; /* sections so far */

	for (const char *p = whole->source; *p;) {
		size_t n = strcspn(p, "\n");

		of += strncmp(p, SECTION, strlen(SECTION)) == 0;
		if (!of || of == i + 1)
			buf_add(&b, p, n);
		p += n;
		if (*p == '\n')
			buf_addc(&b, *p++);
	}
	int rc = parse(ret_f, whole->path, buf_cstr(&b), true, true, e);

	if (rc < 0)
		report_file_free(ret_f);
	buf_free(&b);
	return rc;
}

int report_file_parse(struct report_file *f, const char *path, const char *text, bool titled,
		      struct err *e)
{
	if (parse(f, path, text, titled, false, e) == 0)
		return 0;
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
	free(f->section);
	free(f->section_title);
	free(f->sql);
	free(f->source);
	*f = (struct report_file){0};
}
