#include "cmd/counts.h"

int counts_check(const struct counts *c, struct err *e)
{
	int64_t found = c->records + c->records_refused + c->rows_repeat + c->rows_quarantined;

	if (found == c->rows_seen)
		return 0;
	return err_set(e, ERR_BUG,
		       "%lld records were read, but %lld stored, %lld refused, %lld in repeats and "
		       "%lld in quarantined reports: please report this",
		       (long long)c->rows_seen, (long long)c->records,
		       (long long)c->records_refused, (long long)c->rows_repeat,
		       (long long)c->rows_quarantined);
}

/* Not %f: the locale's decimal point is not JSON's. */
void counts_json_seconds(double seconds, FILE *out)
{
	long long ms = (long long)(seconds * 1000 + 0.5);

	if (seconds < 0)
		fputs("null", out);
	else
		fprintf(out, "%lld.%03lld", ms / 1000, ms % 1000);
}

void counts_json(const struct counts *c, FILE *out)
{
	const struct {
		const char *name;
		int64_t value;
	} members[] = {
		{"items", c->items},
		{"unchanged", c->unchanged},
		{"reports_stored", c->reports_stored},
		{"reports_repeat", c->reports_repeat},
		{"reports_near_repeat", c->reports_near_repeat},
		{"reports_conflict", c->reports_conflict},
		{"reports_partial", c->reports_partial},
		{"reports_mended", c->reports_mended},
		{"repairs", c->repairs},
		{"quarantined", c->quarantined},
		{"not_reports", c->not_reports},
		{"records", c->records},
		{"messages", c->messages},
		{"records_refused", c->records_refused},
		{"messages_refused", c->messages_refused},
		{"bytes_in", c->bytes_in},
		{"events", c->events},
		{"attempts", c->attempts},
		{"deliveries", c->deliveries},
		{"log_lines", c->log_lines},
		{"log_skipped", c->log_skipped},
		{"log_unreadable", c->log_unreadable},
		{"log_repeated", c->log_repeated},
		{"left", c->left},
	};

	fputc('{', out);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		fprintf(out, "\"%s\": %lld, ", members[i].name, (long long)members[i].value);
	fprintf(out, "\"interrupted\": %s, ", c->interrupted ? "true" : "false");
	fputs("\"seconds\": ", out);
	counts_json_seconds(c->seconds, out);
	fputs(", \"refresh_seconds\": ", out);
	counts_json_seconds(c->refresh_seconds, out);
}

static void line(FILE *out, int64_t n, const char *what)
{
	if (n)
		fprintf(out, "%12lld %s\n", (long long)n, what);
}

static void log_summary(const struct counts *c, bool parse_only, FILE *out)
{
	fprintf(out, "%12lld events %s: %lld attempts", (long long)c->events,
		parse_only ? "read, nothing stored" : "stored", (long long)c->attempts);
	if (!parse_only)
		fprintf(out, ", %lld new deliveries", (long long)c->deliveries);
	fprintf(out, ", of %lld lines\n", (long long)c->log_lines);
	line(out, c->log_repeated, "events known already");
	line(out, c->log_skipped, "lines of other programs, or of no interest");
	line(out, c->log_unreadable,
	     "lines of deliveries that can't be read: ruadb report log-health");
}

void counts_summary(const struct counts *c, bool parse_only, FILE *out)
{
	double mb = (double)c->bytes_in / 1e6;

	fprintf(out, "%lld items, %.1f MB in %.1f s%s\n", (long long)c->items, mb, c->seconds,
		c->interrupted ? "; interrupted, the next run goes on from here" : "");
	line(out, c->unchanged, "unchanged since an earlier run, not opened");
	if (!c->log_lines || c->reports_stored)
		fprintf(out, "%12lld reports %s: %lld records, %lld messages\n",
			(long long)c->reports_stored,
			parse_only ? "read, nothing stored" : "stored", (long long)c->records,
			(long long)c->messages);
	if (c->log_lines)
		log_summary(c, parse_only, out);
	line(out, c->reports_partial,
	     "of them only in part: their lines in the log say what is lost");
	line(out, c->reports_mended, "of them had to be mended: ruadb report repairs");
	line(out, c->reports_conflict, "of them say something else than an earlier one of the same "
	     "name (conflict)");
	line(out, c->reports_near_repeat, "of them repeat an earlier one under another report id "
	     "(not counted)");
	line(out, c->reports_repeat, "reports known already");
	line(out, c->not_reports, "files or attachments that are no report");
	line(out, c->records_refused, "records refused, inside of reports that were stored");
	line(out, c->quarantined, "quarantined: ruadb quarantine list");
	line(out, c->left, "could not be read now; the next run tries again");
}
