#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/run.h"
#include "report/report.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { O_FORMAT = 256, O_NAGIOS };

static const struct option options[] = {
	{"format", required_argument, NULL, O_FORMAT},
	{"nagios", no_argument, NULL, O_NAGIOS},
	{NULL, 0, NULL, 0},
};

/* What monitoring plugins end with. */
enum { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

static const char *const nagios_words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

/* The mailboxes of the configuration; without any it is all that others fetch. */
static struct report_param configured(const struct conf *c, struct buf *b)
{
	for (size_t i = 0; i < c->n_accounts; i++)
		for (size_t k = 0; k < c->accounts[i].n_folders; k++) {
			buf_adds(b, b->len ? ", {\"account\": " : "[{\"account\": ");
			text_add_json(b, text_of(c->accounts[i].name));
			buf_adds(b, ", \"folder\": ");
			text_add_json(b, text_of(c->accounts[i].folders[k]));
			buf_addc(b, '}');
		}
	if (b->len)
		buf_addc(b, ']');
	return (struct report_param){"configured", b->len ? buf_cstr(b) : "all"};
}

static int print(struct run *r, const struct report_param *p, enum report_format f)
{
	bool people = f == REPORT_TABLE || f == REPORT_MARKDOWN;
	struct err e;

	if (store_open(&r->conf, STORE_READ, &r->store, &e) < 0 ||
	    report_query(r->store, &r->conf, people ? "status-table" : "status", p, 1, f, stdout,
			 &e) < 0)
		return run_failed(&e);
	return run_flushed(0);
}

/* ---- for Nagios and what understands its plugins ---- */

/* One line's words: a bar begins performance data, control characters would end the line. */
static void add_words(struct buf *b, const char *words)
{
	size_t from = b->len;

	text_add_visible(b, text_of(words));
	for (size_t i = from; i < b->len; i++)
		if (b->p[i] == '|')
			b->p[i] = '!';
}

static int worst_of(const struct store_rows *rows)
{
	const char *state = store_rows_count(rows) ? store_rows_value(rows, 0, 0) : NULL;

	return !state ? NAGIOS_UNKNOWN : strcmp(state, "critical") == 0 ? NAGIOS_CRITICAL :
	       strcmp(state, "warning") == 0 ? NAGIOS_WARNING : NAGIOS_OK;
}

/* "work/INBOX: No success for 7 h." */
static void add_row(struct buf *b, const struct store_rows *rows, int row)
{
	const char *words = store_rows_value(rows, row, 2);

	add_words(b, store_rows_value(rows, row, 1));
	buf_adds(b, ": ");
	add_words(b, words ? words : "all is well");
}

/*
 * The worst in the first line, with the performance data of all; what else is not well in lines of
 * its own. Rows: state, name, attention, perf; the worst first.
 */
static int say_nagios(const struct store_rows *rows)
{
	int worst = worst_of(rows), n = store_rows_count(rows), bad = 0;
	struct buf b = {0};

	while (bad < n && strcmp(store_rows_value(rows, bad, 0), "ok") != 0)
		bad++;
	buf_printf(&b, "RUADB %s - ", nagios_words[worst]);
	if (bad)
		add_row(&b, rows, 0);
	else
		buf_adds(&b, "all is well");
	if (bad > 1)
		buf_printf(&b, " (and %d more)", bad - 1);
	buf_adds(&b, " |");
	for (int i = 0; i < n; i++) {
		buf_addc(&b, ' ');
		add_words(&b, store_rows_value(rows, i, 3));
	}
	buf_addc(&b, '\n');
	for (int i = 1; i < bad; i++) {
		buf_printf(&b, "%s ", strcmp(store_rows_value(rows, i, 0), "critical") == 0 ?
			   nagios_words[NAGIOS_CRITICAL] : nagios_words[NAGIOS_WARNING]);
		add_row(&b, rows, i);
		buf_addc(&b, '\n');
	}
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
	return worst;
}

/* The plugin's own trouble. A database that is away stores nothing: that is no open question. */
static int nagios_failed(const struct err *e)
{
	int state = e->class == ERR_TEMP ? NAGIOS_CRITICAL : NAGIOS_UNKNOWN;
	struct buf b = {0};

	add_words(&b, e->msg);
	printf("RUADB %s - %s\n", nagios_words[state], buf_cstr(&b));
	buf_free(&b);
	return state;
}

static int nagios(struct run *r, const struct report_param *p)
{
	struct store_rows *rows;
	struct err e;

	if (store_open(&r->conf, STORE_READ, &r->store, &e) < 0 ||
	    report_query_rows(r->store, &r->conf, "status-nagios", p, 1, &rows, &e) < 0)
		return nagios_failed(&e);
	int state = say_nagios(rows);

	store_rows_free(rows);
	return run_flushed(0) ? NAGIOS_UNKNOWN : state;
}

/* Usage and configuration were told on standard error, which monitoring does not show. */
static int ended(int status, bool for_nagios)
{
	if (!for_nagios || !status)
		return status;
	printf("RUADB %s - ruadb status --nagios ended with %d: try it as the same user\n",
	       nagios_words[NAGIOS_UNKNOWN], status);
	return NAGIOS_UNKNOWN;
}

int cmd_status(struct run *r, int argc, char **argv)
{
	enum report_format format = REPORT_TABLE;
	bool for_nagios = false;
	struct buf b = {0};
	struct err e;
	int option, status;

	for (int i = 1; i < argc; i++)
		for_nagios = for_nagios || strcmp(argv[i], "--nagios") == 0;
	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return ended(status, for_nagios);
		if (option == O_FORMAT && report_format_of(optarg, &format, &e) < 0)
			return ended(run_usage(r, "%s", e.msg), for_nagios);
	}
	if (optind < argc)
		return ended(run_usage(r, "status takes no argument"), for_nagios);
	const struct report_param p = configured(&r->conf, &b);

	status = for_nagios ? nagios(r, &p) : print(r, &p, format);
	buf_free(&b);
	return status;
}
