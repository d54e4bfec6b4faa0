#include "ingest/imap_session.h"

#define IDLE_MS (20LL * 60 * 1000) /* under the 29 minutes of RFC 2177, and what routers forget */
#define NOOP_MS (60LL * 1000)

/* Until something new, wake_fd or the time: silence is what is to be expected. */
static int listen_until(struct imap *i, int64_t until, int wake_fd, const bool *ended, bool *ret_woken,
			struct err *e)
{
	enum imap_heard what;

	while (!i->news && !*ended && !*ret_woken && imap_now_ms() < until) {
		if (imap_hear(i, wake_fd, until, false, &what, e) < 0)
			return -1;
		*ret_woken = what == IMAP_WOKEN;
	}
	return 0;
}

static int idle(struct imap *i, int64_t until, int wake_fd, bool *ret_woken, struct err *e)
{
	enum imap_heard what;
	struct imap_command c;

	i->continued = false;
	imap_say(i, &c, "IDLE");
	if (imap_send(i, e) < 0)
		return -1;
	while (!i->continued && !c.done)
		if (imap_hear(i, -1, INT64_MAX, true, &what, e) < 0)
			return -1;
	if (c.done) {
		i->can &= ~(unsigned)IMAP_CAN_IDLE; /* it said that it can, and can not: NOOP */
		return 0;
	}
	if (listen_until(i, until, wake_fd, &c.done, ret_woken, e) < 0)
		return -1;
	if (!c.done)
		buf_adds(&i->out, "DONE\r\n");
	return imap_finish(i, &c, e);
}

static int nap(struct imap *i, int64_t until, int wake_fd, bool *ret_woken, struct err *e)
{
	bool never = false;

	if (listen_until(i, until, wake_fd, &never, ret_woken, e) < 0)
		return -1;
	return *ret_woken ? 0 : imap_noop(i, e);
}

int imap_wait(struct imap *i, int seconds, int wake_fd, bool use_idle, bool *ret_news,
	      struct err *e)
{
	int64_t end = imap_now_ms() + (int64_t)seconds * 1000;
	bool woken = false;

	while (!i->news && !woken && imap_now_ms() < end) {
		bool idles = use_idle && (i->can & IMAP_CAN_IDLE);
		int64_t until = imap_now_ms() + (idles ? IDLE_MS : NOOP_MS);

		if (until > end)
			until = end;
		if ((idles ? idle : nap)(i, until, wake_fd, &woken, e) < 0)
			return -1;
	}
	*ret_news = i->news;
	i->news = false;
	return 0;
}
