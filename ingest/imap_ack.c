#include "ingest/imap_session.h"

/* One acknowledgement: a command names as many UIDs as a line holds. */
struct ack {
	struct imap *i;
	struct buf set;        /* of this command */
	struct buf target;     /* of AFTER_MOVE: a blank, and the name quoted */
	const char *folder;    /* the same as people know it */
};

/* UID VERB SET REST */
static void say_uid(struct ack *a, struct imap_command *c, const char *verb, const char *rest)
{
	struct buf *out = &a->i->out;

	imap_begin(a->i, c);
	buf_printf(out, "UID %s ", verb);
	buf_add(out, a->set.p, a->set.len);
	buf_adds(out, rest);
	buf_adds(out, "\r\n");
}

/* ---- move and copy ---- */

static int transfer_once(struct ack *a, const char *verb, struct imap_command *c, struct err *e)
{
	say_uid(a, c, verb, buf_cstr(&a->target));
	return imap_finish(a->i, c, e);
}

static int on_target(struct ack *a, const char *verb, const char *rest, struct imap_command *c,
		     struct err *e)
{
	imap_begin(a->i, c);
	buf_adds(&a->i->out, verb);
	buf_add(&a->i->out, a->target.p, a->target.len);
	buf_adds(&a->i->out, rest);
	buf_adds(&a->i->out, "\r\n");
	return imap_finish(a->i, c, e);
}

/*
 * Is it the target that the NO was about? [TRYCREATE] says so, but not every server says it: then
 * STATUS tells whether it is there. 1: it was missing, and is there now.
 */
static int make_target(struct ack *a, const struct imap_command *no, struct err *e)
{
	struct imap_command c;

	if (!imap_code_is(no, "trycreate")) {
		if (*no->code && !imap_code_is(no, "nonexistent"))
			return 0;
		if (on_target(a, "STATUS", " (UIDNEXT)", &c, e) < 0)
			return -1;
		if (c.answer == ANSWER_OK)
			return 0;
	}
	if (on_target(a, "CREATE", "", &c, e) < 0)
		return -1;
	/* somebody else may have made it meanwhile */
	if (c.answer != ANSWER_OK && !imap_code_is(&c, "alreadyexists"))
		return imap_refused(a->i, &c, e, "folder '%s' is not there, and can't be made",
				    a->folder);
	/* only so that people see it: no matter what becomes of it */
	return on_target(a, "SUBSCRIBE", "", &c, e) < 0 ? -1 : 1;
}

static int transfer(struct ack *a, const char *verb, struct err *e)
{
	struct imap_command c;

	if (transfer_once(a, verb, &c, e) < 0)
		return -1;
	if (c.answer == ANSWER_NO) {
		/* What was expunged elsewhere is told by then, and is no longer asked for. */
		int r = imap_code_is(&c, "expungeissued") ? imap_noop(a->i, e) == 0 ? 1 : -1
							  : make_target(a, &c, e);

		if (r < 0 || (r > 0 && transfer_once(a, verb, &c, e) < 0))
			return -1;
	}
	if (c.answer != ANSWER_OK)
		return imap_refused(a->i, &c, e, "messages can't be moved to '%s'", a->folder);
	return 0;
}

/* ---- flags ---- */

static int store(struct ack *a, const char *rest, struct err *e)
{
	struct imap_command c;

	say_uid(a, &c, "STORE", rest);
	if (imap_finish(a->i, &c, e) < 0)
		return -1;
	/* of what vanished nothing can be marked, and need not */
	if (c.answer != ANSWER_OK && !imap_code_is(&c, "expungeissued"))
		return imap_refused(a->i, &c, e, "messages can't be marked");
	return 0;
}

/* In one send: where the mark is refused, UID EXPUNGE finds nothing to do. */
static int expunge(struct ack *a, struct err *e)
{
	struct imap_command mark, end;

	if (!(a->i->can & IMAP_CAN_UIDPLUS))
		return store(a, " +FLAGS.SILENT (\\Deleted)", e);
	say_uid(a, &mark, "STORE", " +FLAGS.SILENT (\\Deleted)");
	say_uid(a, &end, "EXPUNGE", "");
	if (imap_finish(a->i, &mark, e) < 0 || imap_finish(a->i, &end, e) < 0)
		return -1;
	if (mark.answer != ANSWER_OK && !imap_code_is(&mark, "expungeissued"))
		return imap_refused(a->i, &mark, e, "messages can't be marked as deleted");
	if (end.answer != ANSWER_OK)
		return imap_refused(a->i, &end, e, "messages can't be expunged");
	return 0;
}

/* ---- all of it ---- */

static int do_one(struct ack *a, enum after_what what, struct err *e)
{
	switch (what) {
	case AFTER_MOVE:
		if (a->i->can & IMAP_CAN_MOVE)
			return transfer(a, "MOVE", e);
		return transfer(a, "COPY", e) < 0 ? -1 : expunge(a, e);
	case AFTER_DELETE:
		return expunge(a, e);
	case AFTER_SEEN:
		return store(a, " +FLAGS.SILENT (\\Seen)", e);
	case AFTER_FLAG:
		return store(a, a->i->folder.keywords ? " +FLAGS.SILENT (" IMAP_KEYWORD ")"
						      : " +FLAGS.SILENT (\\Flagged)", e);
	case AFTER_LEAVE:
		break;
	}
	return 0;
}

/* A flag that is gone with the session would have us mark the same messages for ever. */
static int may(const struct imap *i, enum after_what what, struct err *e)
{
	const struct imap_folder *f = &i->folder;

	if (f->read_only)
		return err_set(e, ERR_CONFIG, "the folder is read-only: nothing in it can be moved,"
			       " marked or deleted");
	if (what == AFTER_FLAG && !f->keywords && !f->flagged)
		return err_set(e, ERR_CONFIG, "the server keeps neither keywords nor \\Flagged in this"
			       " folder");
	if (what == AFTER_SEEN && !f->seen)
		return err_set(e, ERR_CONFIG, "the server does not keep \\Seen in this folder");
	/* copies that can't be taken away where they come from would be made again and again */
	if (!f->deleted && (what == AFTER_DELETE ||
			    (what == AFTER_MOVE && !(i->can & IMAP_CAN_MOVE))))
		return err_set(e, ERR_CONFIG, "the server does not let messages of this folder be"
			       " deleted");
	return 0;
}

int imap_acknowledge(struct imap *i, const struct uidset *uids, enum after_what what,
		     const char *folder, enum after_what *ret_done, const char **ret_why,
		     struct err *e)
{
	struct ack a = {.i = i, .folder = folder};
	const char *why = NULL;
	int r = 0;

	if (what == AFTER_MOVE && !(i->can & (IMAP_CAN_MOVE | IMAP_CAN_UIDPLUS))) {
		what = AFTER_FLAG;
		why = "the server can neither MOVE nor UIDPLUS: messages are marked where they are";
	}
	if (what != AFTER_LEAVE && may(i, what, e) < 0)
		return -1;
	if (what == AFTER_MOVE) {
		buf_addc(&a.target, ' ');
		imap_add_folder(i, folder, &a.target);
	}
	for (size_t range = 0; r == 0 && range < uids->n && what != AFTER_LEAVE;) {
		a.set.len = 0;
		range += uidset_text(uids, range, IMAP_LINE_MAX, &a.set);
		r = do_one(&a, what, e);
	}
	buf_free(&a.set);
	buf_free(&a.target);
	if (r < 0)
		return -1;
	*ret_done = what;
	*ret_why = why;
	return 0;
}
