#include "cmd/progress.h"
#include "base/log.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define REDRAW (SECOND / 10)
#define LINE (30 * SECOND)

enum mode { OFF, TERMINAL, LINES };

/* One run, one terminal. */
static struct {
	enum mode mode;
	int64_t began, shown;
	bool drawn;
	double rate; /* bytes a second, smoothed: old files and new ones differ */
	int64_t bytes_before;
} state;

static void clear(void)
{
	if (state.drawn)
		fputs("\r\033[K", stderr);
	state.drawn = false;
}

void progress_begin(bool quiet)
{
	state.mode = quiet ? OFF : isatty(STDERR_FILENO) ? TERMINAL : LINES;
	state.began = state.shown = 0;
	state.drawn = false;
	state.rate = 0;
	state.bytes_before = 0;
	log_set_clear(state.mode == TERMINAL ? clear : NULL);
}

void progress_end(void)
{
	clear();
	log_set_clear(NULL);
	state.mode = OFF;
}

static void smooth(const struct progress *p, int64_t elapsed)
{
	double now = (double)(p->bytes_done - state.bytes_before) * 1e9 / (double)elapsed;

	state.rate = state.rate > 0 ? state.rate * 0.9 + now * 0.1 : now;
	state.bytes_before = p->bytes_done;
}

static void time_left(const struct progress *p, char *to, size_t size)
{
	double s = state.rate > 1 ? (double)(p->bytes - p->bytes_done) / state.rate : 0;
	long left = s > 0 && s < 1e7 ? (long)s : 0;

	snprintf(to, size, "%ld:%02ld:%02ld", left / 3600, left / 60 % 60, left % 60);
}

static void draw(const struct progress *p)
{
	struct winsize ws;
	char line[256], left[32];
	size_t width = 80;
	int n;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 10)
		width = ws.ws_col;
	time_left(p, left, sizeof(left));
	n = snprintf(line, sizeof(line),
		     "%zu/%zu files  %lld reports  %lld records  %.1f MB/s  %s left",
		     p->files_done, p->files, (long long)p->reports, (long long)p->records,
		     state.rate / 1e6, left);
	if (n < 0)
		return;
	if (width > sizeof(line))
		width = sizeof(line);
	line[width - 1] = '\0'; /* a wrapped line can't be redrawn */
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	state.drawn = true;
}

static void say(const struct progress *p)
{
	struct log_line l = log_begin(LOG_INFO, "progress");
	char left[32];

	time_left(p, left, sizeof(left));
	log_int(&l, "files", (int64_t)p->files_done);
	log_int(&l, "of", (int64_t)p->files);
	log_int(&l, "reports", p->reports);
	log_int(&l, "records", p->records);
	log_int(&l, "kb_per_second", (int64_t)(state.rate / 1e3));
	log_text(&l, "left", text_of(left));
	log_end(&l);
}

void progress_show(const struct progress *p, int64_t now)
{
	if (state.mode == OFF)
		return;
	if (!state.began)
		state.began = state.shown = now;

	int64_t elapsed = now - state.shown;

	if (elapsed < (state.mode == TERMINAL ? REDRAW : LINE))
		return;
	smooth(p, elapsed);
	state.shown = now;
	if (state.mode == TERMINAL)
		draw(p);
	else
		say(p);
}
