#include "ingest/imap_session.h"

#include <stdlib.h>
#include <unistd.h>

int imap_bodies_ask(struct imap *i, const uint32_t *uids, size_t n, uint32_t *ret_window,
		    struct err *e)
{
	struct imap_window *w = xcalloc(1, sizeof(*w));

	for (size_t k = 0; k < n; k++)
		uidset_add(&w->asked, uids[k]);
	imap_begin(i, &w->command);
	buf_adds(&i->out, "UID FETCH ");
	size_t done = uidset_text(&w->asked, 0, IMAP_LINE_MAX, &i->out);

	buf_adds(&i->out, " (UID BODY.PEEK[])\r\n");
	*i->windows_tail = w;
	i->windows_tail = &w->next;
	if (done < w->asked.n)
		return imap_break(i, ERR_BUG, e, "%zu messages are no window", n);
	*ret_window = w->command.no;
	return imap_send(i, e);
}

static void window_end(struct imap *i, bool *ret_refused)
{
	struct imap_window *w = i->windows;

	/* of what vanished servers say NIL or NO, too */
	*ret_refused = (w->nil || w->command.answer != ANSWER_OK) &&
		!imap_code_is(&w->command, "expungeissued");
	i->windows = w->next;
	if (!i->windows)
		i->windows_tail = &i->windows;
	uidset_free(&w->asked);
	free(w);
}

static void give_body(struct imap *i, struct imap_body *ret)
{
	struct imap_arrived *a = &i->queue[i->queue_from++];

	a->window->queued--;
	i->queue_bytes -= a->body.too_large ? 0 : a->body.size;
	*ret = a->body;
}

int imap_body_next(struct imap *i, int wake_fd, struct imap_body *ret, bool *ret_refused,
		   enum imap_got *ret_got, struct err *e)
{
	enum imap_heard what = IMAP_BYTES;

	for (;;) {
		struct imap_window *w = i->windows;

		if (!w) {
			*ret_got = IMAP_GOT_NOTHING;
			return 0;
		}
		if (w->command.done && !w->queued && imap_busy(&w->command))
			return imap_refused(i, &w->command, e, "messages can't be read now");
		if (w->command.done && !w->queued) {
			*ret_got = IMAP_GOT_WINDOW_END;
			window_end(i, ret_refused);
			return 0;
		}
		/* also of a session that is broken: what came before is as good as ever */
		if (i->queue_from < i->queue_n) {
			*ret_got = IMAP_GOT_BODY;
			give_body(i, ret);
			return 0;
		}
		if (imap_hear(i, wake_fd, INT64_MAX, true, &what, e) < 0 &&
		    i->queue_from == i->queue_n && !w->command.done)
			return -1;
		if (what == IMAP_WOKEN && i->queue_from == i->queue_n) {
			*ret_got = IMAP_GOT_WOKEN;
			return 0;
		}
	}
}

void imap_bodies_drop(struct imap *i)
{
	for (size_t k = i->queue_from; k < i->queue_n; k++) {
		free(i->queue[k].body.bytes);
		if (i->queue[k].body.fd >= 0)
			close(i->queue[k].body.fd);
	}
	free(i->queue);
	while (i->windows) {
		struct imap_window *w = i->windows;

		i->windows = w->next;
		uidset_free(&w->asked);
		free(w);
	}
	spool_drop(&i->body);
}
