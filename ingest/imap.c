#include "ingest/imap_session.h"

#include <stdlib.h>
#include <string.h>

#define LOGOUT_MS 1000

/* ---- open and close ---- */

/* What comes with the login tells nothing of its own: asked for anew, in one send. NAMESPACE may
 * be unknown (BAD). */
static int introduce(struct imap *i, struct err *e)
{
	struct imap_command capability, list, namespace;

	imap_say(i, &capability, "CAPABILITY");
	imap_say(i, &list, "LIST \"\" \"\"");
	imap_say(i, &namespace, "NAMESPACE");
	if (imap_finish(i, &capability, e) < 0 || imap_finish(i, &list, e) < 0 ||
	    imap_finish(i, &namespace, e) < 0)
		return -1;
	if (capability.answer != ANSWER_OK)
		return imap_refused(i, &capability, e, "CAPABILITY");
	if (list.answer != ANSWER_OK)
		return imap_refused(i, &list, e, "LIST");
	return 0;
}

int imap_open(const struct account *a, struct login *l, bool (*stop)(void *ctx), void *stop_ctx,
	      const struct imap_trace *trace, struct imap **ret_i, struct err *e)
{
	struct imap_conn *conn;

	if (imap_conn_open(a, l, stop, stop_ctx, trace, &conn, e) < 0)
		return -1;
	struct imap *i = xcalloc(1, sizeof(*i));

	i->account = a;
	i->stop = stop;
	i->stop_ctx = stop_ctx;
	i->conn = conn;
	i->in = xmalloc(IMAP_IN_SIZE);
	i->body.fd = -1;
	i->windows_tail = &i->windows;
	imap_listen(i);
	if (introduce(i, e) < 0) {
		imap_close(i);
		return -1;
	}
	*ret_i = i;
	return 0;
}

/* A server that is still busy with us, or that does not stop talking, is not waited for: it hears
 * the end of the connection. */
static void log_out(struct imap *i)
{
	int64_t until = imap_now_ms() + LOGOUT_MS;
	enum imap_heard what = IMAP_BYTES;
	struct imap_command c;

	if (i->broken.class != ERR_NONE)
		return;
	i->leaving = true;
	i->stop = NULL;
	imap_say(i, &c, "LOGOUT");
	if (imap_send(i, NULL) < 0)
		return;
	while (!c.done && what != IMAP_NOTHING && imap_now_ms() < until)
		if (imap_hear(i, -1, until, false, &what, NULL) < 0)
			return;
	i->commands = NULL;
}

void imap_close(struct imap *i)
{
	if (!i)
		return;
	log_out(i);
	imap_bodies_drop(i);
	imap_parser_free(i->parser);
	imap_conn_close(i->conn);
	buf_free(&i->out);
	buf_free(&i->others);
	free(i->prefix);
	free(i->in);
	free(i);
}

unsigned imap_can(const struct imap *i)
{
	return i->can;
}

/* ---- folders ---- */

/* Somebody else's folder, or a shared one, has a prefix that is not ours. */
static bool is_of_others(const struct imap *i, const char *folder)
{
	struct buf name = {0};
	bool is = false;

	imap_folder_encode(folder, i->delimiter, NULL, &name);
	for (size_t at = 0; at < i->others.len && !is; at += strlen(i->others.p + at) + 1)
		is = strncmp(buf_cstr(&name), i->others.p + at, strlen(i->others.p + at)) == 0;
	buf_free(&name);
	return is;
}

void imap_add_folder(const struct imap *i, const char *folder, struct buf *b)
{
	struct buf name = {0};

	imap_folder_encode(folder, i->delimiter, is_of_others(i, folder) ? NULL : i->prefix, &name);
	buf_addc(b, '"');
	for (size_t k = 0; k < name.len; k++) {
		if (name.p[k] == '"' || name.p[k] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, name.p[k]);
	}
	buf_addc(b, '"');
	buf_free(&name);
}

int imap_select(struct imap *i, const char *folder, bool examine, struct imap_folder *ret,
		struct err *e)
{
	struct imap_command c;

	i->folder = (struct imap_folder){.read_only = examine, .flagged = true, .seen = true,
					 .deleted = true}; /* until PERMANENTFLAGS says else */
	imap_begin(i, &c);
	buf_adds(&i->out, examine ? "EXAMINE " : "SELECT ");
	imap_add_folder(i, folder, &i->out);
	buf_adds(&i->out, "\r\n");
	if (imap_finish(i, &c, e) < 0)
		return -1;
	if (c.answer != ANSWER_OK)
		return imap_refused(i, &c, e, "folder '%s' can't be opened", folder);
	if (!i->folder.uidvalidity)
		return err_set(e, ERR_CONFIG, "folder '%s': the server gives it no UIDVALIDITY, so"
			       " its messages can't be told from one another", folder);
	i->news = false;
	*ret = i->folder;
	return 0;
}

int imap_noop(struct imap *i, struct err *e)
{
	struct imap_command c;

	imap_say(i, &c, "NOOP");
	if (imap_finish(i, &c, e) < 0)
		return -1;
	return c.answer == ANSWER_OK ? 0 : imap_refused(i, &c, e, "NOOP");
}
