#include "parse/mime.h"
#include "parse/sniff.h"
#include "parse/window.h"
#include "base/mem.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#ifdef RUADB_SANITIZE
#include <sanitizer/lsan_interface.h>
#endif

#define LEAST_BESIDE 64 /* bytes beside the parts in which a report could be */

/* A leaf: a part, or text beside parts. */
struct leaf {
	GMimeObject *object; /* the root owns it */
	const char *text;    /* what stands before or behind parts; NULL for a part */
	const char *where;   /* of such a text */
	enum mail_form form;
};

struct mail {
	const void *data; /* the mail, or NULL: by descriptor */
	int fd;
	size_t begin, mime, end; /* mime: what stands before it is of no use to find the parts */
	struct buf mended; /* where it had to be */
	GByteArray *bytes; /* data as GLib has it: not its own, and never written to */
	struct repairs *repairs;
	GMimeStream *stream, *stream_before;
	GMimeObject *root;   /* from mime on */
	GMimeObject *before; /* the fields before mime, once they are asked for; or NULL */
	struct leaf *leaves;
	size_t n_leaves, room, next, n_parts;
	bool cut, whole;
	struct err limit; /* the first that was met; ERR_NONE */
};

/* ---- what a part is by its type ---- */

static const struct {
	const char *type, *subtype;
	enum mail_form form;
} forms[] = {
	{"application", "pgp-signature", FORM_SIGNATURE},
	{"application", "pkcs7-signature", FORM_SIGNATURE},
	{"application", "x-pkcs7-signature", FORM_SIGNATURE},
	{"message", "rfc822", FORM_MAIL},
	{"message", "rfc2822", FORM_MAIL},
	{"message", "global", FORM_MAIL},
	{"message", "news", FORM_MAIL},
	{"message", "feedback-report", FORM_FAILURE},
	{"message", "delivery-status", FORM_DELIVERY},
	{"message", "global-delivery-status", FORM_DELIVERY},
	{"application", "tlsrpt+gzip", FORM_TLS},
	{"application", "tlsrpt+json", FORM_TLS},
	{"application", "pkcs7-mime", FORM_SMIME_ENCRYPTED},
	{"application", "x-pkcs7-mime", FORM_SMIME_ENCRYPTED},
	{"application", "pgp-encrypted", FORM_PGP},
	{"application", "ms-tnef", FORM_TNEF},
	{"application", "vnd.ms-tnef", FORM_TNEF},
	{"application", "vnd.ms-outlook", FORM_OUTLOOK},
	{"message", "partial", FORM_PARTIAL},
};

static enum mail_form form_of(GMimeObject *o)
{
	GMimeContentType *type = g_mime_object_get_content_type(o);
	const char *main = type ? g_mime_content_type_get_media_type(type) : NULL;

	if (!main || (g_ascii_strcasecmp(main, "application") != 0 &&
		      g_ascii_strcasecmp(main, "message") != 0))
		return FORM_BYTES;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!g_mime_content_type_is_type(type, forms[i].type, forms[i].subtype))
			continue;
		const char *smime = g_mime_content_type_get_parameter(type, "smime-type");

		if (forms[i].form == FORM_SMIME_ENCRYPTED && smime &&
		    g_ascii_strncasecmp(smime, "signed", 6) == 0)
			return FORM_SMIME_SIGNED;
		return forms[i].form;
	}
	return FORM_BYTES;
}

/* ---- the tree of parts ---- */

/* The first limit that is met is told. */
static struct err *met(struct mail *m)
{
	return m->limit.class == ERR_NONE ? &m->limit : NULL;
}

static void add_leaf(struct mail *m, struct leaf leaf)
{
	if (m->n_leaves == m->room) {
		m->room = m->room ? m->room * 4 : 8;
		m->leaves = xrealloc(m->leaves, m->room * sizeof(*m->leaves));
	}
	m->leaves[m->n_leaves++] = leaf;
}

static void collect(struct mail *m, GMimeObject *o, unsigned level);

static void collect_beside(struct mail *m, const char *text, const char *where)
{
	if (text && strnlen(text, LEAST_BESIDE) == LEAST_BESIDE)
		add_leaf(m, (struct leaf){NULL, text, where, FORM_BYTES});
}

static void collect_multipart(struct mail *m, GMimeMultipart *multi, unsigned level)
{
	int n = g_mime_multipart_get_count(multi);

	if (GMIME_IS_MULTIPART_ENCRYPTED(multi)) {
		add_leaf(m, (struct leaf){(GMimeObject *)multi, NULL, NULL, FORM_PGP});
		return;
	}
	if (n == 0 && multi->prologue) { /* no boundary: a leaf by another name */
		m->n_parts++;
		add_leaf(m, (struct leaf){(GMimeObject *)multi, multi->prologue, NULL, FORM_BYTES});
		return;
	}
	collect_beside(m, multi->prologue, "before the parts");
	for (int i = 0; i < n; i++)
		collect(m, g_mime_multipart_get_part(multi, i), level + 1);
	collect_beside(m, multi->epilogue, "behind the parts");
}

static void collect(struct mail *m, GMimeObject *o, unsigned level)
{
	if (level > LIMIT_MIME_DEPTH) {
		err_set(met(m), ERR_LIMIT, "a mail with parts nested deeper than %d levels: what "
			"lies deeper was not read", LIMIT_MIME_DEPTH);
		return;
	}
	if (GMIME_IS_MULTIPART(o)) {
		collect_multipart(m, GMIME_MULTIPART(o), level);
		return;
	}
	if (!GMIME_IS_PART(o))
		return;
	if (m->n_parts == LIMIT_MIME_PARTS) {
		err_set(met(m), ERR_LIMIT, "a mail with more than %d parts: the first ones were "
			"read", LIMIT_MIME_PARTS);
		return;
	}
	m->n_parts++;
	add_leaf(m, (struct leaf){o, NULL, NULL, form_of(o)});
}

/* ---- a leaf as a source ---- */

static enum transfer transfer_of(GMimeObject *o)
{
	const char *field = g_mime_object_get_header(o, "Content-Transfer-Encoding");

	if (!field)
		return TRANSFER_NONE;
	switch (g_mime_content_encoding_from_string(field)) {
	case GMIME_CONTENT_ENCODING_BASE64:
		return TRANSFER_BASE64;
	case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
		return TRANSFER_QUOTED;
	case GMIME_CONTENT_ENCODING_UUENCODE:
		return TRANSFER_UU;
	default:
		return TRANSFER_NONE;
	}
}

/* Its bytes as they stand in the mail; NULL: there are none. */
static struct source *leaf_raw(const struct mail *m, const struct leaf *l)
{
	if (l->text)
		return source_bytes(l->text, strlen(l->text), -1);
	GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(l->object));
	GMimeStream *at = content ? g_mime_data_wrapper_get_stream(content) : NULL;

	if (!at || at->bound_start < 0 || at->bound_end < at->bound_start)
		return NULL;
	/* a mail in memory begins at m->begin for GMime too: the bounds are those of the whole */
	return source_window(m->data, m->fd, (size_t)at->bound_start, (size_t)at->bound_end);
}

static bool is_body_text(GMimeObject *o, bool *ret_html)
{
	GMimeContentType *type = g_mime_object_get_content_type(o);
	const char *disposition = g_mime_object_get_disposition(o);

	*ret_html = type && g_mime_content_type_is_type(type, "text", "html");
	if (disposition && g_ascii_strcasecmp(disposition, GMIME_DISPOSITION_ATTACHMENT) == 0)
		return false;
	return *ret_html || (type && g_mime_content_type_is_type(type, "text", "plain"));
}

static void name_leaf(struct mail_part *ret, const struct leaf *l, size_t part)
{
	struct buf name = {0};

	if (l->where)
		buf_adds(&name, l->where);
	else
		buf_printf(&name, "part %zu", part);
	size_t n = name.len < sizeof(ret->where) ? name.len : sizeof(ret->where) - 1;

	memcpy(ret->where, name.p, n);
	ret->where[n] = '\0';
	buf_free(&name);
}

int mail_next(struct mail *m, struct mail_part *ret, struct err *e)
{
	if (m->next == m->n_leaves) {
		if (m->limit.class == ERR_NONE)
			return 0;
		*e = m->limit;
		return -1;
	}
	const struct leaf *l = &m->leaves[m->next++];

	*ret = (struct mail_part){.form = l->form};
	name_leaf(ret, l, m->next);
	ret->body_text = l->where != NULL;
	if (l->object && !l->where)
		ret->body_text = is_body_text(l->object, &ret->html);
	if (l->form != FORM_BYTES && l->form != FORM_MAIL && l->form != FORM_TLS)
		return 1;
	ret->content = leaf_raw(m, l);
	ret->beside = l->text != NULL;
	if (ret->content && !l->where)
		ret->content = transfer_open(ret->content,
					     transfer_of(l->object),
					     m->repairs, ret->where);
	return 1;
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = s ? strlen(s) : 0, k = strlen(end);

	return n >= k && g_ascii_strcasecmp(s + n - k, end) == 0;
}

bool mail_called_report(const struct mail *m)
{
	const struct leaf *l = &m->leaves[m->next - 1];

	if (!GMIME_IS_PART(l->object) || l->form == FORM_TLS)
		return false;
	GMimeContentType *type = g_mime_object_get_content_type(l->object);
	const char *subtype = type ? g_mime_content_type_get_media_subtype(type) : NULL;
	const char *name = g_mime_part_get_filename(GMIME_PART(l->object));

	if (subtype && (strcasestr(subtype, "zip") || g_ascii_strcasecmp(subtype, "xml") == 0))
		return true;
	return ends_in(name, ".gz") || ends_in(name, ".zip") || ends_in(name, ".xml");
}

/* ---- the mail ---- */

/* A mail with all that is looked up late in GLib's type system and GMime's tables. */
static const char rehearsal[] =
	"From: =?ISO-8859-1?Q?a?= <a@example.com>\nSubject: =?UTF-8?B?YQ==?=\n"
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n"
	"Content-Type: message/rfc822\n\nSubject: a\n\na\n--b\n"
	"Content-Type: text/plain; charset=windows-1252; name*0=\"a\"; name*1=\"b\"\n"
	"Content-Transfer-Encoding: quoted-printable\nContent-Disposition: inline\n\na=41\n--b\n"
	"Content-Type: multipart/signed; boundary=\"c\"\n\n--c\n\na\n--c\n"
	"Content-Type: application/pkcs7-signature\n\na\n--c--\n--b\n"
	"Content-Type: multipart/encrypted; boundary=\"d\"\n\n--d\n\na\n--d--\n--b\n"
	"Content-Type: application/pkcs7-mime\n\na\n--b\nContent-Type: message/partial\n\na\n--b\n"
	"Content-Type: application/gzip\nContent-Transfer-Encoding: base64\n"
	"Content-Disposition: attachment; filename*=UTF-8''a\n\nYQ==\n--b--\n";

static void start_gmime(void)
{
	/* it forgets, but does not free, what it registered itself for these types */
#ifdef RUADB_SANITIZE
	__lsan_disable();
#endif
	g_mime_init();
#ifdef RUADB_SANITIZE
	__lsan_enable();
#endif
	/* an attached mail is bytes as well: GMime would parse its addresses, by recursion */
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].form == FORM_MAIL)
			g_mime_object_register_type(forms[i].type, forms[i].subtype,
						    GMIME_TYPE_PART);
}

void mime_setup(void)
{
	struct repairs *r = repairs_new();
	struct mail *m;
	struct mail_part part;
	struct block b;
	struct err e;

	start_gmime();
	if (mail_open(rehearsal, sizeof(rehearsal) - 1, -1, r, &m, &e) == 0) {
		while (mail_next(m, &part, &e) > 0) {
			(void)mail_called_report(m);
			while (part.content && source_next(part.content, &b, &e) > 0)
				;
			source_close(part.content);
		}
		(void)mail_words(m, false);
		mail_close(m);
	}
	repairs_free(r);
}

/* What the lines say; mended where it has to be. */
static int prepare(struct mail *m, size_t size, struct err *e)
{
	struct mail_lines l;
	bool again;

	do {
		if (mail_scan(m->data, size, m->fd, &l, e) < 0)
			return -1;
		again = l.cr_only;
		if (!mail_wants_mending(&l))
			break;
		struct buf mended = {0};

		if (mail_mend(m->data, m->fd, &l, m->repairs, &mended, e) < 0)
			return -1;
		buf_free(&m->mended);
		m->mended = mended;
		m->data = mended.p;
		size = mended.len;
		l.begin = l.mime = 0;
		l.end = size;
	} while (again);
	if (l.limit.class != ERR_NONE)
		m->limit = l.limit;
	m->begin = l.begin;
	m->mime = l.mime;
	m->end = l.end;
	return 0;
}

/* One for the life of the process: a new one costs as much as a part. */
static GMimeParser *parser;

/*
 * The mail as GMime sees it from `from` on; *ret_s has to stay as long as what is returned. As a
 * part, not as a message: nobody asks for its addresses and dates.
 */
static GMimeObject *parse(const struct mail *m, size_t from, size_t end, GMimeStream **ret_s)
{
	GMimeStream *s;

	if (m->data) {
		s = g_mime_stream_mem_new_with_byte_array(m->bytes);
		g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(s), FALSE);
	} else {
		s = g_mime_stream_fs_new_with_bounds(m->fd, 0, (gint64)end);
		g_mime_stream_fs_set_owner(GMIME_STREAM_FS(s), FALSE);
	}
	g_mime_stream_set_bounds(s, (gint64)from, (gint64)end);
	g_mime_stream_reset(s);
	if (!parser)
		parser = g_mime_parser_new();
	g_mime_parser_init_with_stream(parser, s);

	GMimeObject *root = g_mime_parser_construct_part(parser, NULL);

	*ret_s = s;
	return root;
}

int mail_open(const void *data, size_t size, int fd, struct repairs *r, struct mail **ret_m,
	      struct err *e)
{
	if (size > LIMIT_MAIL)
		return err_set(e, ERR_LIMIT, "a mail of %zu MB, over %d MB", size >> 20,
			       LIMIT_MAIL >> 20);
	struct mail *m = xcalloc(1, sizeof(*m));

	m->data = data;
	m->fd = fd;
	m->repairs = r;
	if (prepare(m, size, e) < 0) {
		mail_close(m);
		return -1;
	}
	if (m->data)
		m->bytes = g_byte_array_new_take((guint8 *)(uintptr_t)m->data, m->end);
	m->root = parse(m, m->mime, m->end, &m->stream);
	GMimeObject *root = m->root;

	if (root) {
		bool ended = GMIME_IS_MULTIPART(root) && GMIME_MULTIPART(root)->write_end_boundary;

		m->whole = ended && g_mime_multipart_get_count(GMIME_MULTIPART(root)) > 0;
		m->cut = GMIME_IS_MULTIPART(root) && !ended && m->limit.class == ERR_NONE;
		collect(m, root, 0);
	}
	if (m->cut)
		repairs_outer(r, REPAIR_MAIL_CUT, "mail", text_of("no last boundary"), TEXT_ABSENT);
	*ret_m = m;
	return 0;
}

bool mail_is_cut(const struct mail *m)
{
	return m->cut;
}

bool mail_is_whole(const struct mail *m)
{
	return m->whole;
}

struct source *mail_raw(const struct mail *m)
{
	return source_window(m->data, m->fd, m->begin, m->end);
}

void mail_close(struct mail *m)
{
	if (m->root)
		g_object_unref(m->root);
	if (m->stream)
		g_object_unref(m->stream);
	if (m->before)
		g_object_unref(m->before);
	if (m->stream_before)
		g_object_unref(m->stream_before);
	if (m->bytes)
		g_byte_array_free(m->bytes, FALSE);
	free(m->leaves);
	buf_free(&m->mended);
	free(m);
}

/* ---- what it is without a report ---- */

static const char *field(struct mail *m, const char *name)
{
	const char *value = m->root ? g_mime_object_get_header(m->root, name) : NULL;

	if (value)
		return value;
	if (!m->stream_before && m->mime > m->begin)
		m->before = parse(m, m->begin, m->mime, &m->stream_before);
	return m->before ? g_mime_object_get_header(m->before, name) : NULL;
}

bool mail_subject_of_report(struct mail *m)
{
	const char *s = field(m, "Subject");

	return s && (strcasestr(s, "report domain:") ||
		     (strcasestr(s, "dmarc") && strcasestr(s, "report")));
}

static const char *report_type(const struct mail *m)
{
	GMimeContentType *type = m->root ? g_mime_object_get_content_type(m->root) : NULL;
	const char *s = type && g_mime_content_type_is_type(type, "multipart", "report")
				? g_mime_content_type_get_parameter(type, "report-type") : NULL;

	return s ? s : "";
}

static bool has_form(const struct mail *m, enum mail_form form)
{
	for (size_t i = 0; i < m->n_leaves; i++)
		if (m->leaves[i].form == form)
			return true;
	return false;
}

const char *mail_words(struct mail *m, bool error_report)
{
	const char *type = report_type(m), *automatic = field(m, "Auto-Submitted");

	if (g_ascii_strcasecmp(type, "feedback-report") == 0 || has_form(m, FORM_FAILURE))
		return "a failure report on single mails (ARF), no aggregate report";
	if (g_ascii_strcasecmp(type, "delivery-status") == 0 || has_form(m, FORM_DELIVERY))
		return "a delivery status notification, without a report";
	if (g_ascii_strcasecmp(type, "tlsrpt") == 0 || has_form(m, FORM_TLS))
		return SNIFF_TLS;
	if (error_report)
		return "an error report (RFC 7489, 7.2.2): a reporter could not send its report";
	if (automatic && g_ascii_strncasecmp(automatic, "no", 2) != 0)
		return "an automatic reply, without a report";
	if (mail_subject_of_report(m))
		return "a mail with the subject of a report, but without one: was its attachment "
		       "taken out on the way?";
	return "a mail without a report";
}
