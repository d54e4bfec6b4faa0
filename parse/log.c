/* Reading a log: blocks to lines. Most lines stand whole in a block, and are read there. */
#include "parse/log_inner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct log *log_new(struct emit *emit)
{
	struct log *l = xcalloc(1, sizeof(*l));

	l->emit = emit;
	l->held = log_held_new();
	/* a key of our own: nobody makes two names that are one to us */
	if (getrandom(l->key, sizeof(l->key), 0) != sizeof(l->key))
		abort();
	return l;
}

void log_free(struct log *l)
{
	if (!l)
		return;
	log_csv_free(l->csv);
	log_held_free(l->held);
	buf_free(&l->pattern);
	buf_free(&l->values);
	buf_free(&l->text);
	buf_free(&l->journal);
	buf_free(&l->line);
	free(l);
}

/* A CSV has its header line in front, or was told of it. */
static enum log_verdict one_line(struct log *l, struct text t)
{
	if (l->csv)
		return log_powermta(l, l->csv, t);
	enum log_verdict v = log_line(l, t);

	if (v == LOG_SKIPPED && l->first && memchr(t.p, ',', t.len))
		l->csv = log_csv_new(t);
	return v;
}

static void take_line(struct log *l, const char *p, size_t len, size_t bytes)
{
	struct text t = {p, (uint32_t)(len < LIMIT_LOG_LINE ? len : LIMIT_LOG_LINE)};

	if (t.len && t.p[t.len - 1] == '\r')
		t.len--;
	log_count(l, one_line(l, t), t, bytes);
	l->first = false;
}

/* The rest of a line that began in an earlier block. */
static size_t end_line(struct log *l, const char *p, size_t len, size_t *left_out)
{
	const char *end = memchr(p, '\n', len);
	size_t n = end ? (size_t)(end - p) : len;
	size_t room = LIMIT_LOG_LINE > l->line.len ? LIMIT_LOG_LINE - l->line.len : 0;
	size_t some = n < room ? n : room;

	buf_add(&l->line, p, some);
	*left_out += n - some;
	if (!end)
		return n;
	take_line(l, buf_cstr(&l->line), l->line.len, l->line.len + *left_out + 1);
	l->line.len = *left_out = 0;
	return n + 1;
}

static void take_block(struct log *l, const char *p, size_t len, size_t *left_out)
{
	const char *end;
	size_t n = 0;

	if (l->line.len)
		n = end_line(l, p, len, left_out);
	for (; n < len; n = (size_t)(end - p) + 1) {
		end = memchr(p + n, '\n', len - n);
		if (!end) {
			end_line(l, p + n, len - n, left_out);
			return;
		}
		take_line(l, p + n, (size_t)(end - p) - n, (size_t)(end - p) - n + 1);
	}
}

static void begin(struct log *l, const struct log_hint *hint, uint32_t entry)
{
	log_csv_free(l->csv);
	l->csv = hint && hint->form == FORM_CSV ? log_csv_new(hint->columns) : NULL;
	l->line.len = 0;
	l->first = !hint || hint->form == FORM_ANY;
	/* a file's time may have been lost: no log is older than the year 2000 */
	log_clock_set(l, hint && hint->now > 946684800 ? hint->now : (int64_t)time(NULL));
	log_begin(l, entry);
}

int log_read(struct log *l, struct source *s, struct budget *spend, const struct log_hint *hint,
	     uint32_t entry, struct err *e)
{
	size_t left_out = 0;
	struct block b;
	int r;

	begin(l, hint, entry);
	while ((r = source_next(s, &b, e)) > 0 && !emit_failed(l->emit, NULL)) {
		take_block(l, (const char *)b.p, b.len, &left_out);
		if (spend && budget_spend(spend, b.len, e) < 0) {
			r = -1;
			break;
		}
	}
	/* the last line may have no end; of what breaks off, it is half of one */
	if (r == 0 && l->line.len)
		take_line(l, buf_cstr(&l->line), l->line.len, l->line.len + left_out);
	log_end_part(l, r >= 0);
	return r < 0 ? -1 : 0;
}
