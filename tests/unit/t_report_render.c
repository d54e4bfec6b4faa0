/* Rows in every format: what strangers wrote is escaped for where it goes. */
#include "base/buf.h"
#include "report/render.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

/* Rows that need no database. Kinds: t text, n number, b boolean, j JSON. */
struct store_rows {
	const char *kinds;
	const char *const *names;
	const char *const *values;
	int rows;
};

int store_rows_count(const struct store_rows *r)
{
	return r->rows;
}

int store_rows_columns(const struct store_rows *r)
{
	return (int)strlen(r->kinds);
}

const char *store_rows_name(const struct store_rows *r, int column)
{
	return r->names[column];
}

bool store_rows_is_number(const struct store_rows *r, int column)
{
	return r->kinds[column] == 'n';
}

bool store_rows_is_bool(const struct store_rows *r, int column)
{
	return r->kinds[column] == 'b';
}

bool store_rows_is_json(const struct store_rows *r, int column)
{
	return r->kinds[column] == 'j';
}

const char *store_rows_value(const struct store_rows *r, int row, int column)
{
	return r->values[row * store_rows_columns(r) + column];
}

static void renders(const struct store_rows *rows, enum report_format f, struct render_how how,
		    const char *wanted, const char *name)
{
	char *got = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&got, &n);

	if (!out)
		return;
	render(rows, f, &how, out);
	fclose(out);
	is_str(got, wanted, name);
	free(got);
}

#define PLAIN ((struct render_how){0})
#define TERMINAL ((struct render_how){.terminal = true})

static const char *const names[] = {"source", "messages", "passed", "more"};
static const char *const values[] = {
	"192.0.2.1", "1200", "t", "{\"a\": 1}", "\u00e9\u4e2d|x", "-7", "f", NULL, NULL, "NaN", NULL, "[]"};
static const struct store_rows rows = {"tnbj", names, values, 3};

static void test_formats(void)
{
	renders(&rows, REPORT_TABLE, PLAIN,
		"source     messages  passed  more\n"
		"---------  --------  ------  --------\n"
		"192.0.2.1      1200  yes     {\"a\": 1}\n"
		"\u00e9\u4e2d|x            -7  no      -\n"
		"-               NaN  -       []\n",
		"table: numbers to the right, wide characters take two columns, NULL is -");
	renders(&rows, REPORT_JSON, PLAIN,
		"[\n"
		" {\"source\": \"192.0.2.1\", \"messages\": 1200, \"passed\": true, \"more\": {\"a\": 1}},\n"
		" {\"source\": \"\u00e9\u4e2d|x\", \"messages\": -7, \"passed\": false, \"more\": null},\n"
		" {\"source\": null, \"messages\": \"NaN\", \"passed\": null, \"more\": []}\n"
		"]\n",
		"json: types are kept");
	renders(&rows, REPORT_CSV, PLAIN,
		"source,messages,passed,more\r\n"
		"192.0.2.1,1200,true,\"{\"\"a\"\": 1}\"\r\n"
		"\u00e9\u4e2d|x,-7,false,\r\n"
		",NaN,,[]\r\n",
		"csv: quoted where it must be, negative numbers as they are");
	renders(&rows, REPORT_JSONL, (struct render_how){.title = "T", .foot = "F"},
		"{\"source\": \"192.0.2.1\", \"messages\": 1200, \"passed\": true, \"more\": {\"a\": 1}}\n"
		"{\"source\": \"\u00e9\u4e2d|x\", \"messages\": -7, \"passed\": false, \"more\": null}\n"
		"{\"source\": null, \"messages\": \"NaN\", \"passed\": null, \"more\": []}\n",
		"jsonl: an object a line, and nothing else");
	renders(&rows, REPORT_TSV, (struct render_how){.title = "T", .foot = "F"},
		"source\tmessages\tpassed\tmore\n"
		"192.0.2.1\t1200\ttrue\t{\"a\": 1}\n"
		"\u00e9\u4e2d|x\t-7\tfalse\t\n"
		"\tNaN\t\t[]\n",
		"tsv: no quotes, NULL is an empty cell");
	renders(&rows, REPORT_MARKDOWN, (struct render_how){.title = "T"},
		"## T\n\n"
		"| source | messages | passed | more |\n"
		"|---|---:|---|---|\n"
		"| 192.0.2.1 | 1200 | yes | {\"a\": 1} |\n"
		"| \u00e9\u4e2d\\|x | -7 | no | - |\n"
		"| - | NaN | - | \\[\\] |\n",
		"markdown: a table");
}

static const char *const hostile[] = {"=1+1", "\033[2Jx", "a\nb", "\u202ecod", "\xc2\x9bm", "@x", "-y",
				      "+z", "\tq", "a,b", "<b>*_`", "\\"};
static const char *const hostile_name[] = {"x"};
static const struct store_rows strange = {"t", hostile_name, hostile, 12};

static void test_hostile(void)
{
	renders(&strange, REPORT_TABLE, PLAIN,
		"x\n---------------\n=1+1\n\\x1b[2Jx\na\\x0ab\n\\xe2\\x80\\xaecod\n\\xc2\\x9bm\n@x\n-y\n+z\n"
		"\\x09q\na,b\n<b>*_`\n\\\n",
		"table: control characters and marks of direction are visible");
	renders(&strange, REPORT_JSON, PLAIN,
		"[\n {\"x\": \"=1+1\"},\n {\"x\": \"\\u001b[2Jx\"},\n {\"x\": \"a\\u000ab\"},\n"
		" {\"x\": \"\\u202ecod\"},\n {\"x\": \"\\u009bm\"},\n {\"x\": \"@x\"},\n {\"x\": \"-y\"},\n"
		" {\"x\": \"+z\"},\n {\"x\": \"\\u0009q\"},\n {\"x\": \"a,b\"},\n {\"x\": \"<b>*_`\"},\n"
		" {\"x\": \"\\\\\"}\n]\n",
		"json: escaped, beyond ASCII too");
	renders(&strange, REPORT_CSV, PLAIN,
		"x\r\n'=1+1\r\n\033[2Jx\r\n\"a\nb\"\r\n\u202ecod\r\n\xc2\x9bm\r\n'@x\r\n'-y\r\n'+z\r\n'\tq\r\n"
		"\"a,b\"\r\n<b>*_`\r\n\\\r\n",
		"csv: formulas are defused, the rest is as it came");
	renders(&strange, REPORT_CSV, TERMINAL,
		"x\r\n'=1+1\r\n\\x1b[2Jx\r\na\\x0ab\r\n\\xe2\\x80\\xaecod\r\n\\xc2\\x9bm\r\n'@x\r\n'-y\r\n"
		"'+z\r\n'\\x09q\r\n\"a,b\"\r\n<b>*_`\r\n\\\r\n",
		"csv on a terminal: control characters are visible");
	renders(&strange, REPORT_TSV, PLAIN,
		"x\n'=1+1\n\\x1b[2Jx\na\\nb\n\\xe2\\x80\\xaecod\n\\xc2\\x9bm\n'@x\n'-y\n'+z\n'\\tq\n"
		"a,b\n<b>*_`\n\\\\\n",
		"tsv: a row is a line; formulas are defused");
	renders(&strange, REPORT_MARKDOWN, PLAIN,
		"| x |\n|---|\n| =1+1 |\n| \\\\x1b\\[2Jx |\n| a\\\\x0ab |\n| \\\\xe2\\\\x80\\\\xaecod |\n"
		"| \\\\xc2\\\\x9bm |\n| @x |\n| -y |\n| +z |\n| \\\\x09q |\n| a,b |\n| \\<b\\>\\*\\_\\` |\n"
		"| \\\\ |\n",
		"markdown: its marks and HTML are escaped");
}

static void test_layout(void)
{
	static const char *const n[] = {"name", "count", "far"};
	static const char *const v[] = {"a-very-long-name.example.com", "12", "x"};
	const struct store_rows one = {"tnt", n, v, 1}, none = {"tnt", n, v, 0};

	renders(&one, REPORT_TABLE, (struct render_how){.title = "T", .lines = true},
		"T\n\nname   a-very-long-name.example.com\ncount  12\nfar    x\n", "a row as lines");
	renders(&one, REPORT_MARKDOWN, (struct render_how){.lines = true},
		"| | |\n|---|---:|\n| name | a-very-long-name.example.com |\n| count | 12 |\n| far | x |\n",
		"a row as lines, in Markdown");
	renders(&one, REPORT_TABLE, (struct render_how){.width = 30},
		"name                count  far\n------------------  -----  ---\na-very-long-name.\u2026     12  x\n",
		"a narrow terminal: text is cut, and says so");
	renders(&one, REPORT_TABLE, (struct render_how){.width = 24},
		"name               count\n-----------------  -----\na-very-long-name\u2026     12\n"
		"(no room for: far)\n",
		"a very narrow one: the last columns are left out, and named");
	renders(&none, REPORT_TABLE, PLAIN, "no rows\n", "no rows");
	renders(&none, REPORT_JSON, PLAIN, "[]\n", "no rows, json");
	renders(&none, REPORT_CSV, PLAIN, "name,count,far\r\n", "no rows, csv");
	renders(&one, REPORT_TABLE, (struct render_how){.title = "T", .colour = true, .lines = true},
		"\033[1mT\033[0m\n\nname   a-very-long-name.example.com\ncount  12\nfar    x\n",
		"the title is bold where colour is wanted");
}

static void test_about(void)
{
	static const char *const n[] = {"x"};
	static const char *const v[] = {"1"};
	const struct store_rows one = {"n", n, v, 1};

	renders(&one, REPORT_TABLE, (struct render_how){.title = "T", .about = "some words  about it",
							.width = 10},
		"T\nsome words\nabout it\n\nx\n-\n1\n", "what the rows are is wrapped");
	renders(&one, REPORT_TABLE, (struct render_how){.foot = "As of now; no more.", .width = 12},
		"x\n-\n1\n\nAs of now;\nno more.\n", "what it rests on stands below, wrapped");
	renders(&one, REPORT_MARKDOWN, (struct render_how){.foot = "As of_now."},
		"| x |\n|---:|\n| 1 |\n\nAs of\\_now.\n", "in Markdown escaped");
	renders(&one, REPORT_CSV, (struct render_how){.title = "T", .about = "words", .foot = "F"}, "x\r\n1\r\n",
		"csv has rows only");
}

int main(void)
{
	test_formats();
	test_hostile();
	test_layout();
	test_about();
	return tap_done();
}
