/* A mail as an item: which of its parts are entries. */
#include "parse/item.h"
#include "parse/mime.h"
#include "parse/sniff.h"

#define MOST_MAILS 3 /* a mail attached to a mail attached to a mail */

/*
 * The media types of reports lie, so the bytes decide. Text is nobody's report, but where the part
 * calls itself an archive it is one that failed.
 */
static bool is_entry(const struct mail_part *part, const struct block *b)
{
	switch (sniff(b->p, b->len).kind) {
	case KIND_GZIP:
	case KIND_ZIP:
	case KIND_TAR:
	case KIND_XZ:
	case KIND_BZIP2:
	case KIND_ZSTD:
	case KIND_OLE:
	case KIND_REFUSED:
		return true;
	case KIND_XML:
		/* HTML is what people read; a report's own element makes the difference */
		return !part->body_text || sniff_feedback(b->p, b->len);
	case KIND_MAIL:
		return !part->body_text;
	case KIND_TEXT:
	case KIND_EMPTY:
		return part->called_archive;
	case KIND_JSON:
	case KIND_OTHER:
	case KIND_DEBRIS:
		break;
	}
	return false;
}

static void read_part(struct item *it, struct mail_part *part)
{
	struct block first = {0};
	struct err e;
	int r = source_next(part->content, &first, &e);

	if (r < 0 || !is_entry(part, &first))
		return;
	it->numbered = true;
	if (source_rewind(part->content, &e) < 0) {
		item_refused(it, &e);
		return;
	}
	it->in_place_of_report = part->called_archive;
	item_read(it, part->content);
	it->in_place_of_report = false;
}

static void read_parts(struct item *it, struct mail *m)
{
	struct mail_part part;
	uint32_t outcomes = it->outcomes;
	struct err e;
	int r;

	while ((r = mail_next(m, &part, &e)) > 0) {
		read_part(it, &part);
		source_close(part.content);
	}
	if (r < 0)
		item_refused(it, &e);
	else if (it->outcomes == outcomes)
		item_not_report(it, "a mail without a report");
}

/* All that s gives; for a mail that lies in something else. */
static int slurp(struct source *s, struct buf *ret, struct err *e)
{
	struct block b;
	int r;

	while ((r = source_next(s, &b, e)) == 1) {
		if (b.len > LIMIT_MAIL - ret->len)
			return err_set(e, ERR_LIMIT, "a mail of more than %d MB",
				       LIMIT_MAIL >> 20);
		buf_add(ret, b.p, b.len);
	}
	return r;
}

void mail_read(struct item *it, struct source *s)
{
	bool whole_item = s == it->whole, via_mail = it->via_mail;
	struct buf bytes = {0};
	struct mail *m;
	struct err e;
	int r;

	if (it->mails == MOST_MAILS)
		r = err_set(&e, ERR_LIMIT, "mails in mails, more than %d deep", MOST_MAILS);
	else if (whole_item)
		r = mail_open(it->data, it->size, it->fd, &m, &e);
	else if ((r = slurp(s, &bytes, &e)) == 0)
		r = mail_open(bytes.p, bytes.len, -1, &m, &e);
	if (r < 0) {
		item_refused(it, &e);
		buf_free(&bytes);
		return;
	}
	unsigned packed = it->packed;

	it->archive_mails += packed > 0;
	it->packed = 0;
	it->mails++;
	it->via_mail = true;
	read_parts(it, m);
	it->mails--;
	it->packed = packed;
	it->via_mail = via_mail;
	mail_close(m);
	buf_free(&bytes);
}
