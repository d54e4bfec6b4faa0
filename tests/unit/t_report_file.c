/* Reports as files: the head, :names to $n, values that are taken and refused. */
#include "report/file.h"
#include "report/scan.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static const char head[] = "-- title: Some title\n"
			   "-- about: First line,\n"
			   "-- about: second line.\n"
			   "-- picture: bars\n"
			   "-- just a comment\n"
			   "-- param: since date default all First day\n"
			   "-- param: domain domain default Example.COM. Only this\n"
			   "-- param:  n\tinteger  \n";

static void test_head(void)
{
	struct report_file f;
	struct err e;
	AUTO_FREE char *text = xasprintf("%s-- layout: lines\nSELECT 1\n-- title: no\n", head);

	is_int(report_file_parse(&f, "x.sql", text, true, &e), 0, "a head is read");
	is_str(f.title, "Some title", "title");
	is_str(f.about, "First line, second line.", "about, of several lines");
	ok(f.lines, "layout");
	is_int(f.n_params, 3, "parameters");
	is_str(f.params[0].name, "since", "name of the first");
	is_int(f.params[0].type, PARAM_DATE, "its type");
	ok(f.params[0].has_standard && !f.params[0].standard, "its default is all");
	is_str(f.params[0].meaning, "First day", "its meaning");
	is_str(f.params[1].standard, "Example.COM.", "a default that is a value");
	ok(f.params[2].type == PARAM_INTEGER && !f.params[2].has_standard, "one without default");
	report_file_free(&f);

	is_int(report_file_parse(&f, "x.sql", "SELECT 1", true, &e), -1, "no title: refused");
	is_int(e.class, ERR_CONFIG, "as a matter of configuration");
	is_str(e.msg, "x.sql does not begin with '-- title: ...'", "the file is named");
	is_int(report_file_parse(&f, "x.sql", "-- title: x\n-- param: a colour\n", true, &e), -1,
	       "an unknown type: refused");
	is_int(report_file_parse(&f, "x.sql", "-- title: x\n-- param: 1a date\n", true, &e), -1,
	       "a name that is none: refused");
	is_int(report_file_parse(&f, "x.sql", "-- title: \xff\n", true, &e), -1, "not UTF-8: refused");
	is_int(report_file_parse(&f, "x.sql", "-- param: n integer\nSELECT :n", false, &e), 0,
	       "a query of the program's own needs no title");
	report_file_free(&f);
}

static void refused(const char *text, const char *wanted)
{
	struct report_file f;
	struct err e;

	is_int(report_file_parse(&f, "x.sql", text, true, &e), -1, wanted);
	is_str(e.msg, wanted, "says so");
}

static void test_mistakes(void)
{
	refused("-- title: x\n-- about: y\n-- param: n intger\n",
		"x.sql:3: '-- param: n intger' is not a name and one of date, text, domain, integer, "
		"boolean, address");
	refused("-- title: x\n-- param: n integer default ten\n",
		"x.sql:2: its default: 'ten' is not a whole number");
	refused("-- title: x\n-- param: n integer\n-- param: n text\n",
		"x.sql:3: there are two parameters 'n'");
	refused("-- title: x\nSELECT ';' /* ; */; -- ;\n;\n\nDELETE FROM y",
		"x.sql:5: a second statement begins here; a report is one SELECT");

	struct buf many = {0};

	buf_adds(&many, "-- title: x\n");
	for (int i = 0; i <= REPORT_PARAMS; i++)
		buf_printf(&many, "-- param: p%d integer\n", i);
	refused(buf_cstr(&many), "x.sql:18: more than 16 parameters");
	buf_free(&many);
}

/* What becomes of a statement in a file with the parameters since and n. */
static void scanned(const char *sql, const char *wanted)
{
	struct report_file_param since = {.name = (char *)"since", .type = PARAM_DATE};
	struct report_file_param n = {.name = (char *)"n", .type = PARAM_INTEGER};
	struct report_file f = {.params = {since, n}, .n_params = 2};
	AUTO_FREE char *got = report_scan(&f, sql), *name = xstrdup(sql);

	name[strcspn(name, "\n")] = '\0';
	is_str(got, wanted, name);
}

static void test_scan(void)
{
	scanned("day >= :since LIMIT :n", "day >= $1::date LIMIT $2::bigint");
	scanned(":n", "$1::bigint");
	scanned(":n :since :n", "$2::bigint $1::date $2::bigint");
	scanned(":nn :other", ":nn :other");
	scanned("x::n, a[1:2]", "x::n, a[1:2]");
	scanned("':n' \":n\" 'it''s :n' :n", "':n' \":n\" 'it''s :n' $1::bigint");
	scanned("E'\\':n' :n", "E'\\':n' $1::bigint");
	scanned("'\\' :n", "'\\' $1::bigint");
	scanned("-- :n\n:n", "-- :n\n$1::bigint");
	scanned("/* /* :n */ :n */ :n", "/* /* :n */ :n */ $1::bigint");
	scanned("$$ :n $$ $a$ :n $b$ $a$ :n", "$$ :n $$ $a$ :n $b$ $a$ $1::bigint");
	scanned("a$n$ :n", "a$n$ $1::bigint");
	scanned("'open :n", "'open :n");
	scanned("/* open :n", "/* open :n");
	scanned("$$ open :n", "$$ open :n");
}

/* A place in the statement with $1.. is brought back to where it was written. */
static void test_origin(void)
{
	static const char sql[] = "A :since B, ':n' :n C";
	struct report_file_param since = {.name = (char *)"since", .type = PARAM_DATE};
	struct report_file_param n = {.name = (char *)"n", .type = PARAM_INTEGER};
	struct report_file f = {.params = {since, n}, .n_params = 2};
	AUTO_FREE char *got = report_scan(&f, sql);
	bool same = true;

	for (const char *p = got; *p; p++)
		if (*p >= 'A' && *p <= 'C')
			same = same && sql[report_scan_origin(&f, sql, (size_t)(p - got))] == *p;
	ok(same, "what stands beside the parameters is found again");
	is_int(report_scan_origin(&f, sql, 5), 2, "what is within a value's place is its :name");
	is_int(report_scan_origin(&f, sql, 999), sizeof(sql) - 1, "beyond the end is the end");
}

/* The value that `type` makes of value, "refused" or "NULL". */
static void bound(enum param_type type, const char *value, const char *wanted, const char *name)
{
	struct report_file f = {.params = {{.name = (char *)"p", .meaning = (char *)"", .type = type,
				  .number = 1}},
				.n_params = 1, .n_used = 1};
	struct report_param given = {"p", value};
	char *got[REPORT_PARAMS];
	struct err e;
	int rc = report_file_bind(&f, &given, 1, got, &e);

	is_str(rc < 0 ? "refused" : got[0] ? got[0] : "NULL", wanted, name);
	free(got[0]);
}

static void test_bind(void)
{
	struct report_file f;
	struct err e;
	char *got[REPORT_PARAMS];
	struct report_param wrong = {"sinc", "x"}, n = {"n", "7"};
	AUTO_FREE char *text = xasprintf("%sSELECT :n, :since", head);

	bound(PARAM_DATE, "2026-02-28", "2026-02-28", "a day");
	bound(PARAM_DATE, "2026-02-29", "refused", "a day that is none");
	bound(PARAM_DATE, "yesterday", "refused", "a word for a day");
	bound(PARAM_DATE, "2026-02-28x", "refused", "a day and more");
	bound(PARAM_DATE, "all", "NULL", "all is NULL");
	bound(PARAM_DOMAIN, " Example.COM. ", "example.com", "a domain, as it is compared");
	bound(PARAM_INTEGER, "-12", "-12", "a number");
	bound(PARAM_INTEGER, "12a", "refused", "none");
	bound(PARAM_INTEGER, "", "refused", "an empty one");
	bound(PARAM_BOOLEAN, "yes", "yes", "yes");
	bound(PARAM_BOOLEAN, "maybe", "refused", "maybe");
	bound(PARAM_ADDRESS, "192.0.2.1", "192.0.2.1", "an address");
	bound(PARAM_ADDRESS, "::ffff:192.0.2.1", "192.0.2.1", "one of IPv4 in IPv6's form");
	bound(PARAM_ADDRESS, "::FFFF:192.0.2.0/120", "192.0.2.0/24", "and a range of that form");
	bound(PARAM_ADDRESS, "2001:DB8::/32", "2001:DB8::/32", "a range");
	bound(PARAM_ADDRESS, "192.0.2.0/33", "refused", "a range that is none");
	bound(PARAM_ADDRESS, "192.0.2.0/", "refused", "half a range");
	bound(PARAM_ADDRESS, "192.0.2", "refused", "half an address");
	bound(PARAM_ADDRESS, "192.0.2.1 OR true", "refused", "an address and more");
	bound(PARAM_TEXT, "'; DROP", "'; DROP", "text is only text");

	time_t back = time(NULL) - 14 * 86400;
	struct tm tm;
	char day[32];

	gmtime_r(&back, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	bound(PARAM_DATE, "2w", day, "two weeks back");

	is_int(report_file_parse(&f, "x.sql", text, true, &e), 0, "a file");
	is_int(report_file_bind(&f, &wrong, 1, got, &e), -1, "an unknown parameter");
	is_str(e.msg, "this report takes no 'sinc'; it takes: since, domain, n", "says which");
	is_int(report_file_bind(&f, NULL, 0, got, &e), -1, "a missing one");
	is_int(f.n_used, 2, "the statement uses two of three");
	free(got[0]);
	free(got[1]);
	is_int(report_file_bind(&f, &n, 1, got, &e), 0, "with what it needs");
	ok(!got[0], "a default of all is NULL");
	is_str(got[1], "7", "a value");
	free(got[1]);
	report_file_free(&f);
}

static void put_file(const char *folder, const char *name, const char *text)
{
	AUTO_FREE char *path = xasprintf("%s/%s", folder, name);
	FILE *out = fopen(path, "w");

	if (out) {
		fputs(text, out);
		fclose(out);
	}
}

static int add_name(void *ctx, const char *name, const char *path, struct err *e)
{
	(void)path;
	(void)e;
	buf_printf(ctx, "%s ", name);
	return 0;
}

static void test_find(void)
{
	char folder[] = "/tmp/ruadb-report-XXXXXX";

	if (!mkdtemp(folder)) {
		tap_skip("no folder in /tmp");
		return;
	}
	AUTO_FREE char *own = xasprintf("%s/own", folder), *data = xasprintf("%s/data", folder);
	AUTO_FREE char *sql = xasprintf("%s/sql", data), *shipped = xasprintf("%s/reports", sql);
	struct conf c = {.reports_dir = own, .datadir = data};
	struct report_file f;
	struct buf names = {0};
	struct err e;

	mkdir(own, 0700);
	mkdir(data, 0700);
	mkdir(sql, 0700);
	mkdir(shipped, 0700);
	put_file(shipped, "b.sql", "-- title: shipped b\n");
	put_file(shipped, "c.sql", "-- title: shipped c\n");
	put_file(own, "b.sql", "-- title: own b\n");
	put_file(own, "a.sql", "-- title: own a\n");
	put_file(own, ".hidden.sql", "x");
	put_file(own, "notes.txt", "x");
	is_int(report_file_each(&c, add_name, &names, &e), 0, "all reports");
	is_str(buf_cstr(&names), "a b c ", "sorted, each name once");
	is_int(report_file_find(&c, "b", &f, &e), 0, "one of both folders");
	is_str(f.title, "own b", "the user's wins");
	report_file_free(&f);
	is_int(report_file_find(&c, "../b", &f, &e), -1, "a path is no name");
	is_str(e.msg, "there is no report '../b'; there are: a, b, c", "says which there are");
	buf_free(&names);

	static const char *const made[] = {"data/sql/reports/b.sql", "data/sql/reports/c.sql", "own/b.sql",
		"own/a.sql", "own/.hidden.sql", "own/notes.txt", "data/sql/reports", "data/sql", "data", "own"};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		AUTO_FREE char *path = xasprintf("%s/%s", folder, made[i]);

		remove(path);
	}
	remove(folder);
}

int main(void)
{
	test_head();
	test_mistakes();
	test_scan();
	test_origin();
	test_bind();
	test_find();
	return tap_done();
}
