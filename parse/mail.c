/* A mail as an item: which of its parts are entries. */
#include "parse/mail.h"
#include "parse/mime.h"
#include "parse/sniff.h"
#include "base/mem.h"

#include <string.h>
#include <unistd.h>

#define MOST_OVER 5 /* parts beyond a limit: each costs time until it is known to be */

struct reading {
	struct item *it;
	struct mail *mail;
	bool attached;     /* to another mail, which says what it is if neither holds a report */
	bool error_report; /* a text says that it is one */
};

static bool is_archive(enum kind kind)
{
	switch (kind) {
	case KIND_GZIP:
	case KIND_ZIP:
	case KIND_TAR:
	case KIND_XZ:
	case KIND_BZIP2:
	case KIND_ZSTD:
	case KIND_OLE:
	case KIND_REFUSED:
		return true;
	default:
		return false;
	}
}

/*
 * The media types of reports lie, so the bytes decide. Text is nobody's report, but where the part
 * calls itself one it is one that failed.
 */
static bool is_entry(const struct reading *r, const struct mail_part *part, enum kind kind,
		     const struct block *b)
{
	if (is_archive(kind))
		return true;
	if (kind == KIND_MAIL)
		return !part->body_text;
	if (kind == KIND_XML) /* HTML is what people read; a report's own element tells */
		return !(part->body_text || part->html) || sniff_feedback(b->p, b->len);
	if (kind == KIND_TEXT || kind == KIND_EMPTY)
		return mail_called_report(r->mail);
	return false;
}

/* RFC 7489, 7.2.2: a mail in place of a report that was too large to send. */
static bool is_error_report(const struct block *b)
{
	return memmem(b->p, b->len, "Report-Domain:", 14) && memmem(b->p, b->len, "Submitter:", 10);
}

static void read_entry(struct reading *r, struct mail_part *part, enum kind kind)
{
	struct item *it = r->it;
	struct err e;

	if (kind != KIND_MAIL) /* its own parts are */
		it->numbered = true;
	if (source_rewind(part->content, &e) < 0) {
		item_refused(it, &e);
		return;
	}
	it->in_place_of_report = mail_called_report(r->mail);
	it->attached_mail = kind == KIND_MAIL;
	if (kind == KIND_MAIL)
		mail_read(it, part->content);
	else
		item_read(it, part->content);
	it->in_place_of_report = it->attached_mail = false;
}

/* Text beside parts, and text that is parts whose boundary or header went. */
static bool is_text_with_report(const struct mail_part *part, enum kind kind,
				const struct block *b)
{
	if (kind == KIND_TEXT)
		return mail_has_block(b->p, b->len);
	if (kind == KIND_MAIL)
		return (part->body_text || part->beside) &&
		       (mail_has_block(b->p, b->len) || sniff_feedback(b->p, b->len));
	return kind == KIND_XML && part->beside;
}

/* For a form that can't be read: what it is and what to do. */
static const char *form_words(enum mail_form form)
{
	switch (form) {
	case FORM_SMIME_ENCRYPTED:
		return "an encrypted mail (S/MIME): decrypt it with your mail program and hand in "
		       "what is attached to it";
	case FORM_SMIME_SIGNED:
		return "a mail that is packed into its S/MIME signature (smime.p7m): save what is "
		       "attached to it with your mail program and hand that in";
	case FORM_PGP:
		return "an encrypted mail (PGP): decrypt it with your mail program and hand in "
		       "what is attached to it";
	case FORM_TNEF:
		return "an attachment in Outlook's own form (winmail.dat, TNEF): unpack it with "
		       "tnef or ytnef and hand in what comes out, and turn off that form at the "
		       "server that forwards these mails";
	case FORM_OUTLOOK:
		return "an Outlook message (.msg): save it in Outlook as .eml, or save what is "
		       "attached to it, and hand that in";
	case FORM_PARTIAL:
		return "a mail that was sent in pieces (message/partial), of which this is one: "
		       "save the attachment in a mail program that puts them together and hand "
		       "that in";
	default:
		return "nothing that can be read";
	}
}

static void read_part(struct reading *r, struct mail_part *part)
{
	struct block first = {0};
	struct err e;

	if (part->form >= FORM_UNREAD) {
		r->it->numbered = true;
		err_set(&e, ERR_INPUT, "%s", form_words(part->form));
		item_refused(r->it, &e);
	}
	if (!part->content)
		return;
	int got = source_next(part->content, &first, &e);

	if (got < 0) {
		r->it->numbered = true;
		item_refused(r->it, &e);
		return;
	}
	enum kind kind = got ? sniff(first.p, first.len).kind : KIND_EMPTY;

	if (part->form == FORM_MAIL && !is_archive(kind))
		kind = KIND_MAIL;
	if (is_text_with_report(part, kind, &first)) {
		if (source_rewind(part->content, &e) == 0)
			mail_blocks_read(r->it, part->content, part->where);
	} else if (is_entry(r, part, kind, &first)) {
		read_entry(r, part, kind);
	} else if (kind == KIND_TEXT && part->body_text) {
		r->error_report = r->error_report || is_error_report(&first);
	}
}

static void refuse(struct item *it, const char *why)
{
	struct err e;

	err_set(&e, ERR_INPUT, "%s", why);
	item_refused(it, &e);
}

/* -1: *e says why there may be more. */
static int read_parts(struct reading *r, struct err *e)
{
	struct item *it = r->it;
	unsigned over = it->limits;
	struct mail_part part;
	int got;

	while ((got = mail_next(r->mail, &part, e)) > 0) {
		size_t mark = repairs_mark(it->repairs);

		if (it->limits - over >= MOST_OVER) {
			source_close(part.content);
			return err_set(e, ERR_LIMIT, "a mail with more than %d parts that are each "
				       "beyond a limit: those behind were not read", MOST_OVER);
		}
		read_part(r, &part);
		source_close(part.content);
		repairs_restore(it->repairs, mark);
	}
	return got;
}

static void read_open(struct reading *r, const struct err *cut)
{
	struct item *it = r->it;
	uint32_t outcomes = it->outcomes;
	struct err e;

	if (read_parts(r, &e) < 0)
		item_refused(it, &e);
	if (it->outcomes == outcomes) {
		struct source *raw = mail_raw(r->mail);

		mail_blocks_read(it, raw, "mail");
		source_close(raw);
	}
	if (cut && !mail_is_whole(r->mail))
		item_refused(it, cut);
	else if (it->outcomes > outcomes || r->attached)
		return;
	else if (mail_is_cut(r->mail) && mail_subject_of_report(r->mail))
		refuse(it, "a mail with the subject of a report that breaks off before one begins");
	else
		item_not_report(it, mail_words(r->mail, r->error_report));
}

/* Who sent it. Of the bytes as they came: what is mended of a header is a guess. */
static void read_sender(const struct trust *trust, const void *data, size_t size, int fd,
			struct authres *ret)
{
	size_t most = size < LIMIT_MAIL_HEADER + 1 ? size : LIMIT_MAIL_HEADER + 1;
	AUTO_FREE char *room = NULL;

	if (trust && !data) {
		data = room = xmalloc(most + 1);
		for (size_t n = 0; n < most;) {
			ssize_t got = pread(fd, room + n, most - n, (off_t)n);

			if (got <= 0)
				most = n; /* mail_open has told of what can't be read */
			else
				n += (size_t)got;
		}
	}
	authres_read(data, most, trust, ret);
}

void mail_read_bytes(struct item *it, const void *data, size_t size, int fd, const struct err *cut)
{
	size_t mark = repairs_mark(it->repairs);
	const struct authres *sender = it->sender;
	struct authres own;
	unsigned packed = it->packed;
	struct reading r = {.it = it, .attached = it->attached_mail};
	struct err e;
	int opened = -1;

	it->attached_mail = false;
	if (it->mails > LIMIT_MAIL_DEPTH)
		err_set(&e, ERR_LIMIT, "mails attached to mails, more than %d deep: what lies "
			"deeper was not read", LIMIT_MAIL_DEPTH);
	else
		opened = mail_open(data, size, fd, it->repairs, &r.mail, &e);
	if (opened < 0) {
		repairs_restore(it->repairs, mark);
		item_refused(it, &e);
		return;
	}
	if (cut)
		repairs_outer(it->repairs, REPAIR_MAIL_CUT, "mail", text_of(cut->msg), TEXT_ABSENT);
	it->packed = 0;
	if (!sender) { /* an attached mail's own header is what its bearer wrote */
		read_sender(it->trust, data, size, fd, &own);
		it->sender = &own;
	}
	it->mails++;
	read_open(&r, cut);
	it->mails--;
	it->packed = packed;
	it->sender = sender;
	mail_close(r.mail);
	repairs_restore(it->repairs, mark);
}

/*
 * All that s gives, in *ret: its one block, or gathered in room. -1: behind what *ret has, s is
 * damaged, or it is too much.
 */
static int slurp(struct source *s, struct buf *room, struct block *ret, struct err *e)
{
	int r;

	*ret = (struct block){0};
	while ((r = source_next(s, ret, e)) == 1 && !(ret->last && !room->len)) {
		if (ret->len > LIMIT_MAIL - room->len)
			return err_set(e, ERR_LIMIT, "a mail of more than %d MB", LIMIT_MAIL >> 20);
		buf_add(room, ret->p, ret->len);
	}
	if (r != 1)
		*ret = (struct block){(const uint8_t *)buf_cstr(room), room->len, true};
	return r < 0 ? -1 : 0;
}

/* -1: s is damaged at its beginning. */
static int begins_with_from(struct source *s, bool *ret, struct err *e)
{
	struct block b;
	int r = source_next(s, &b, e);

	*ret = r > 0 && b.len >= 5 && memcmp(b.p, "From ", 5) == 0;
	return r < 0 ? -1 : source_rewind(s, e);
}

void mail_read(struct item *it, struct source *s)
{
	struct buf room = {0};
	struct block all;
	struct err e;
	bool from;

	if (begins_with_from(s, &from, &e) < 0) {
		item_refused(it, &e);
		return;
	}
	if (from) {
		it->attached_mail = false; /* each of them is an entry */
		mbox_read(it, s);
		return;
	}
	if (s == it->whole) {
		mail_read_bytes(it, it->data, it->size, it->fd, NULL);
		return;
	}
	int r = slurp(s, &room, &all, &e);

	if (r < 0 && e.class == ERR_LIMIT)
		item_refused(it, &e);
	else
		mail_read_bytes(it, all.p, all.len, -1, r < 0 ? &e : NULL);
	buf_free(&room);
}
