#include "parse/mime.h"
#include "base/mem.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

struct mail {
	GMimeStream *stream;
	GMimeMessage *message;
	GMimeObject **parts; /* leaf parts in order; the message owns them */
	size_t n_parts, next;
};

/* ---- a decoded part as a source ---- */

struct part_source {
	struct source source;
	GMimeStream *stream;
	char block[SOURCE_BLOCK];
};

static int part_next(struct source *s, struct block *ret, struct err *e)
{
	struct part_source *p = (struct part_source *)s;
	ssize_t n = g_mime_stream_read(p->stream, p->block, sizeof(p->block));

	if (n < 0)
		return err_set(e, ERR_TEMP, "a part of the mail can't be read");
	*ret = (struct block){(const uint8_t *)p->block, (size_t)n, false};
	return n > 0;
}

static int part_rewind(struct source *s, struct err *e)
{
	struct part_source *p = (struct part_source *)s;

	if (g_mime_stream_reset(p->stream) < 0)
		return err_set(e, ERR_TEMP, "a part of the mail can't be read again");
	return 0;
}

static void part_close(struct source *s)
{
	struct part_source *p = (struct part_source *)s;

	g_object_unref(p->stream);
	free(p);
}

static struct source *part_source(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);

	if (!content)
		return NULL;
	struct part_source *p = xmalloc(sizeof(*p));
	GMimeFilter *decode =
		g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(content), FALSE);
	GMimeStream *raw = g_mime_data_wrapper_get_stream(content);

	p->source = (struct source){part_next, part_rewind, part_close};
	g_mime_stream_reset(raw);
	p->stream = g_mime_stream_filter_new(raw);
	g_mime_stream_filter_add(GMIME_STREAM_FILTER(p->stream), decode);
	g_object_unref(decode);
	return &p->source;
}

/* ---- the tree of parts ---- */

static int collect(struct mail *m, GMimeObject *o, int depth, struct err *e);

static int collect_multipart(struct mail *m, GMimeMultipart *multi, int depth, struct err *e)
{
	int n = g_mime_multipart_get_count(multi);

	for (int i = 0; i < n; i++)
		if (collect(m, g_mime_multipart_get_part(multi, i), depth + 1, e) < 0)
			return -1;
	return 0;
}

static int collect(struct mail *m, GMimeObject *o, int depth, struct err *e)
{
	if (depth > LIMIT_MIME_DEPTH)
		return err_set(e, ERR_LIMIT, "a mail with parts nested deeper than %d",
			       LIMIT_MIME_DEPTH);
	if (GMIME_IS_MULTIPART(o))
		return collect_multipart(m, GMIME_MULTIPART(o), depth, e);
	if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
		GMimeObject *root = inner ? g_mime_message_get_mime_part(inner) : NULL;

		return root ? collect(m, root, depth + 1, e) : 0;
	}
	if (!GMIME_IS_PART(o))
		return 0;
	if (m->n_parts == LIMIT_MIME_PARTS)
		return err_set(e, ERR_LIMIT, "a mail with more than %d parts", LIMIT_MIME_PARTS);
	m->parts[m->n_parts++] = o;
	return 0;
}

static bool is_body_text(GMimeObject *o)
{
	GMimeContentType *type = g_mime_object_get_content_type(o);
	const char *disposition = g_mime_object_get_disposition(o);

	if (disposition && g_ascii_strcasecmp(disposition, GMIME_DISPOSITION_ATTACHMENT) == 0)
		return false;
	return type && (g_mime_content_type_is_type(type, "text", "plain") ||
			g_mime_content_type_is_type(type, "text", "html"));
}

/* application/gzip, x-gzip, zip, x-zip-compressed, zip-compressed.. */
static bool is_called_archive(GMimeObject *o)
{
	GMimeContentType *type = g_mime_object_get_content_type(o);
	const char *subtype = type ? g_mime_content_type_get_media_subtype(type) : NULL;

	return subtype && strcasestr(subtype, "zip") != NULL;
}

/* ---- the door ---- */

/* A mail with all that is looked up late in GLib's type system and GMime's tables. */
static const char rehearsal[] =
	"From: =?ISO-8859-1?Q?a?= <a@example.com>\nSubject: =?UTF-8?B?YQ==?=\n"
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n"
	"Content-Type: message/rfc822\n\nSubject: a\n\na\n--b\n"
	"Content-Type: text/plain; charset=windows-1252; name*0=\"a\"; name*1=\"b\"\n"
	"Content-Transfer-Encoding: quoted-printable\nContent-Disposition: inline\n\na=41\n--b\n"
	"Content-Type: application/gzip\nContent-Transfer-Encoding: base64\n"
	"Content-Disposition: attachment; filename*=UTF-8''a\n\nYQ==\n--b--\n";

void mime_setup(void)
{
	struct mail *m;
	struct mail_part part;
	struct block b;

	g_mime_init();
	if (mail_open(rehearsal, sizeof(rehearsal) - 1, -1, &m, NULL) < 0)
		return;
	while (mail_next(m, &part, NULL) > 0) {
		while (source_next(part.content, &b, NULL) > 0)
			;
		source_close(part.content);
	}
	mail_close(m);
}

int mail_open(const void *data, size_t size, int fd, struct mail **ret_m, struct err *e)
{
	if (size > LIMIT_MAIL)
		return err_set(e, ERR_LIMIT, "a mail of %zu MB, over %d MB", size >> 20,
			       LIMIT_MAIL >> 20);
	if (mail_scan(data, size, fd, e) < 0)
		return -1;
	struct mail *m = xcalloc(1, sizeof(*m));
	GMimeObject *root;

	m->parts = xcalloc(LIMIT_MIME_PARTS, sizeof(*m->parts));
	if (data) {
		m->stream = g_mime_stream_mem_new_with_buffer(data, size);
	} else {
		m->stream = g_mime_stream_fs_new_with_bounds(fd, 0, (gint64)size);
		g_mime_stream_fs_set_owner(GMIME_STREAM_FS(m->stream), FALSE);
	}
	GMimeParser *parser = g_mime_parser_new_with_stream(m->stream);

	m->message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	root = m->message ? g_mime_message_get_mime_part(m->message) : NULL;
	if (root && collect(m, root, 0, e) < 0) {
		mail_close(m);
		return -1;
	}
	*ret_m = m;
	return 0;
}

int mail_next(struct mail *m, struct mail_part *ret, struct err *e)
{
	(void)e;
	while (m->next < m->n_parts) {
		GMimeObject *o = m->parts[m->next++];

		ret->content = part_source(GMIME_PART(o));
		ret->body_text = is_body_text(o);
		ret->called_archive = is_called_archive(o);
		if (ret->content)
			return 1;
	}
	return 0;
}

void mail_close(struct mail *m)
{
	if (m->message)
		g_object_unref(m->message);
	g_object_unref(m->stream);
	free(m->parts);
	free(m);
}
