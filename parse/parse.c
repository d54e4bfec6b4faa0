/* The door: an item, by its content, to entries, each with one outcome. */
#include "parse/charset.h"
#include "parse/item.h"
#include "parse/mime.h"
#include "parse/sniff.h"
#include "base/mem.h"
#include "base/orgdomain.h"

#include <stdlib.h>
#include <string.h>

#define WORD 100 /* so short a word in an archive is in the place of a report: `unused` */

struct parser {
	struct emit *emit;
	struct repairs *repairs;
	struct xml *xml;
	const struct trust *trust;
	struct log *log;
	const struct log_hint *log_hint;
};

struct parser *parser_new(void)
{
	struct parser *p = xmalloc(sizeof(*p));

	charset_open_all();
	orgdomain_load();
	xml_setup();
	mime_setup();
	p->emit = emit_new();
	p->repairs = repairs_new();
	p->xml = xml_new(p->emit, p->repairs);
	p->trust = NULL;
	p->log = log_new(p->emit);
	p->log_hint = NULL;
	return p;
}

void parser_trust(struct parser *p, const struct trust *trust)
{
	p->trust = trust;
}

void parser_log(struct parser *p, const struct log_hint *log)
{
	p->log_hint = log;
}

void parser_free(struct parser *p)
{
	if (!p)
		return;
	log_free(p->log);
	xml_free(p->xml);
	repairs_free(p->repairs);
	emit_free(p->emit);
	free(p);
}

/* The number of the entry whose outcome comes now. false: there is none left, and that was told. */
static bool take_entry(struct item *it, uint32_t *ret_entry)
{
	struct err e;

	if (it->full)
		return false;
	it->outcomes++;
	it->numbered |= it->zero_taken; /* what comes behind the item itself is one of several */
	*ret_entry = it->numbered ? it->entry + 1 : 0;
	/* the last number is kept for telling of it, where 0 can't be */
	it->full = it->entry == LIMIT_ARCHIVE_MAILS - (uint32_t)it->zero_taken;
	if (!it->full) {
		it->entry = *ret_entry;
		it->zero_taken |= !it->numbered;
		return true;
	}
	err_set(&e, ERR_LIMIT, "more than %u reports and files in it: the rest was not read",
		it->entry);
	emit_refused(it->emit, it->zero_taken ? *ret_entry : 0, &e);
	return false;
}

void item_refused(struct item *it, const struct err *why)
{
	uint32_t entry;

	it->limits += why->class == ERR_LIMIT;
	if (take_entry(it, &entry))
		emit_refused(it->emit, entry, why);
}

void item_not_report(struct item *it, const char *what)
{
	uint32_t entry;

	if (take_entry(it, &entry))
		emit_not_report(it->emit, entry, what);
}

int item_too_packed(const struct item *it, struct err *e)
{
	if (it->packed < LIMIT_NESTED_COMPRESSION)
		return 0;
	return err_set(e, ERR_LIMIT, "packed more than %d times", LIMIT_NESTED_COMPRESSION);
}

/* A gzip, or another file that is packed as a whole. */
static void read_packed(struct item *it, struct source *s, const struct sniffed *what)
{
	size_t mark = repairs_mark(it->repairs);
	struct source *inside;
	struct err e;

	if (item_too_packed(it, &e) < 0) {
		item_refused(it, &e);
		return;
	}
	if (what->kind == KIND_GZIP)
		inside = source_gzip(s, what->skip, &it->budget, it->repairs);
	else
		inside = source_packed(s, what->kind, &it->budget, it->repairs);
	it->packed++;
	item_read(it, inside);
	it->packed--;
	source_close(inside);
	repairs_restore(it->repairs, mark);
}

static void tell_of_xml(struct item *it, uint32_t entry, enum xml_verdict v, struct err *e)
{
	if (v == XML_EMPTY && (it->packed || it->in_place_of_report)) {
		err_set(e, ERR_INPUT,
			"in the place of a report an XML document without an element");
		v = XML_BAD;
	}
	if (v == XML_NO_REPORT || v == XML_EMPTY)
		emit_not_report(it->emit, entry, "XML without feedback");
	else if (v == XML_BAD)
		emit_refused(it->emit, entry, e);
	it->limits += v == XML_BAD && e->class == ERR_LIMIT;
}

static void read_xml(struct item *it, struct source *s, const struct block *first, size_t skip)
{
	struct budget *spend = it->packed || it->archives ? NULL : &it->budget;
	uint32_t entry;
	struct err e;
	int more;

	if (!take_entry(it, &entry))
		return;
	tell_of_xml(it, entry, xml_read(it->xml, s, first, skip, spend, entry, it->sender, &e),
		    &e);
	/* the item itself is the first of them, those behind it are its entries */
	while ((more = xml_more(it->xml, &e)) > 0) {
		it->numbered = true;
		if (!take_entry(it, &entry))
			break;
		tell_of_xml(it, entry, xml_read_more(it->xml, entry, it->sender, &e), &e);
	}
	if (more < 0) {
		it->numbered = true;
		item_refused(it, &e);
	}
	xml_done(it->xml);
}

static bool is_word(struct text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if ((unsigned char)t.p[i] <= ' ')
			return false;
	return t.len <= WORD;
}

/* Neither XML nor packed. In an archive a word in the place of a report is a report that failed;
 * a sentence is a text that lies beside one. */
static void read_text(struct item *it, const struct block *first, const struct sniffed *what)
{
	struct text t = text_trim((struct text){(const char *)first->p, (uint32_t)first->len});
	struct err e;

	if (!(it->packed || it->archives || it->in_place_of_report) || !is_word(t)) {
		item_not_report(it, what->words);
		return;
	}
	struct buf word = {0};

	text_add_visible(&word, t);
	err_set(&e, ERR_INPUT, "an archive that holds no report, but `%s`", buf_cstr(&word));
	buf_free(&word);
	item_refused(it, &e);
}

static void read_empty(struct item *it)
{
	struct err e;

	if (!it->packed && !it->archives && !it->in_place_of_report) {
		item_not_report(it, "an empty file");
		return;
	}
	err_set(&e, ERR_INPUT, it->archives ? "an empty file in the place of a report"
					    : "an archive with nothing in it");
	item_refused(it, &e);
}

static void read_log(struct item *it, struct source *s)
{
	uint64_t before = it->budget.out;
	bool plain = !it->packed && !it->archives;
	uint32_t entry;
	struct err e;

	if (!take_entry(it, &entry))
		return;
	it->budget.in_log = true;
	if (log_read(it->log, s, plain ? &it->budget : NULL, it->log_hint, entry, &e) < 0) {
		it->limits += e.class == ERR_LIMIT;
		emit_refused(it->emit, entry, &e);
	}
	it->budget.in_log = false;
	it->budget.of_logs += it->budget.out - before;
}

/* The names that tell Outlook from Office may stand anywhere in it. */
static void read_ole(struct item *it, struct source *s, const struct block *first,
		     const char *words)
{
	uint8_t seam[2 * SNIFF_OUTLOOK_OVERLAP];
	struct block b = *first;
	size_t kept = 0, seen = 0;
	struct err e;
	int r = 1;

	for (; r == 1 && seen <= LIMIT_MAIL; r = source_next(s, &b, &e)) {
		size_t n = b.len < SNIFF_OUTLOOK_OVERLAP ? b.len : SNIFF_OUTLOOK_OVERLAP;

		memcpy(seam + kept, b.p, n);
		if (sniff_outlook(b.p, b.len) || sniff_outlook(seam, kept + n)) {
			err_set(&e, ERR_INPUT, SNIFF_OUTLOOK);
			r = -1;
			break;
		}
		memcpy(seam, b.p + b.len - n, n);
		kept = n;
		seen += b.len;
	}
	if (r < 0)
		item_refused(it, &e);
	else
		item_not_report(it, words);
}

/*
 * A source whose first block was looked at: it can be given again, as long as the next one was not
 * asked for. To go back in an archive within a gzip is dear, and most files are of one block.
 */
struct looked {
	struct source source, *below;
	struct block first;
	enum { AT_FIRST, FIRST_GIVEN, BELOW } state;
};

static int looked_next(struct source *s, struct block *ret, struct err *e)
{
	struct looked *l = (struct looked *)s;

	if (l->state != AT_FIRST) {
		l->state = BELOW;
		return source_next(l->below, ret, e);
	}
	*ret = l->first;
	l->state = FIRST_GIVEN;
	return 1;
}

static int looked_rewind(struct source *s, struct err *e)
{
	struct looked *l = (struct looked *)s;

	if (l->state == BELOW)
		return source_rewind(l->below, e);
	l->state = AT_FIRST;
	return 0;
}

/* What begins again: from its beginning. */
static void read_container(struct item *it, struct source *s, const struct sniffed *what)
{
	struct source *below = ((struct looked *)s)->below;
	struct err e;

	/* a mail that is the item itself is read without a copy */
	if (what->kind == KIND_MAIL && below == it->whole)
		s = below;
	if (source_rewind(s, &e) < 0)
		item_refused(it, &e);
	else if (what->kind == KIND_ZIP)
		zip_read(it, s, what->skip);
	else if (what->kind == KIND_TAR)
		tar_read(it, s);
	else if (what->kind == KIND_MAIL)
		mail_read(it, s);
	else
		read_packed(it, s, what);
}

static void read_as(struct item *it, struct source *s, const struct block *first,
		    const struct sniffed *what)
{
	struct err e;

	switch (what->kind) {
	case KIND_EMPTY:
		read_empty(it);
		break;
	case KIND_XML:
		read_xml(it, s, first, what->skip);
		break;
	case KIND_JSON:
	case KIND_OTHER:
	case KIND_DEBRIS:
		item_not_report(it, what->words);
		break;
	case KIND_LOG:
		if (source_rewind(s, &e) < 0)
			item_refused(it, &e);
		else
			read_log(it, s);
		break;
	case KIND_OLE:
		read_ole(it, s, first, what->words);
		break;
	case KIND_REFUSED:
		err_set(&e, ERR_INPUT, "%s", what->words);
		item_refused(it, &e);
		break;
	case KIND_TEXT:
		read_text(it, first, what);
		break;
	case KIND_GZIP:
	case KIND_XZ:
	case KIND_BZIP2:
	case KIND_ZSTD:
	case KIND_ZIP:
	case KIND_TAR:
	case KIND_MAIL:
		read_container(it, s, what);
		break;
	}
}

struct sniffed item_sniff(const struct item *it, const struct block *first)
{
	if (!it->mails && log_looks_so(first->p, first->len))
		return (struct sniffed){KIND_LOG, "a delivery log", 0};
	return sniff(first->p, first->len);
}

void item_read(struct item *it, struct source *s)
{
	struct looked l = {{looked_next, looked_rewind, NULL}, s, {0}, FIRST_GIVEN};
	struct sniffed what = {KIND_EMPTY, NULL, 0};
	struct err e;
	int r = source_next(s, &l.first, &e);

	if (r < 0) {
		item_refused(it, &e);
		return;
	}
	if (r > 0)
		what = item_sniff(it, &l.first);
	else
		l.state = BELOW;
	read_as(it, &l.source, &l.first, &what);
	it->exempt = item_exempt(what.kind);
}

static struct item begin(struct parser *p, uint64_t item, struct parse_sink *sink)
{
	repairs_restore(p->repairs, 0);
	emit_start(p->emit, item, sink);
	return (struct item){.emit = p->emit, .xml = p->xml, .repairs = p->repairs,
			     .trust = p->trust, .log = p->log, .log_hint = p->log_hint,
			     .budget.sink = sink, .fd = -1};
}

static int end(struct item *it, struct err *e)
{
	uint64_t out = it->budget.out;

	emit_item_end(it->emit, it->outcomes, out < LIMIT_LOG_OUTPUT ? out : LIMIT_LOG_OUTPUT);
	return emit_failed(it->emit, e) ? -1 : 0;
}

int parse_item(struct parser *p, uint64_t item, const void *data, size_t size, int fd,
	       struct parse_sink *sink, struct err *e)
{
	struct source *s = source_bytes(data, size, fd);
	struct item it = begin(p, item, sink);

	it.whole = s;
	it.data = data;
	it.size = size;
	it.fd = fd;
	if (p->log_hint && p->log_hint->form != FORM_ANY)
		read_log(&it, s);
	else
		item_read(&it, s);
	source_close(s);
	return end(&it, e);
}

int parse_xml(struct parser *p, uint64_t item, uint32_t entry, const void *xml, size_t size,
	      struct parse_sink *sink, struct err *e)
{
	struct source *s = source_bytes(xml, size, -1);
	struct block first;
	struct err why;
	struct item it = begin(p, item, sink);

	if (entry) {
		it.numbered = true;
		it.entry = entry - 1;
	}
	if (source_next(s, &first, &why) == 1)
		read_xml(&it, s, &first, 0);
	else
		item_not_report(&it, "nothing");
	source_close(s);
	return end(&it, e);
}
