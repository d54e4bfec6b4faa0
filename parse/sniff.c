#include "parse/sniff.h"

#include <string.h>
#include <strings.h>

#define LOOK 65536 /* so far the search for a report goes */

static const struct {
	const char *bytes;
	size_t len;
	enum kind kind;
	const char *words;
} magic[] = {
	{"\x1f\x8b", 2, KIND_GZIP, "gzip"},
	{"PK\3\4", 4, KIND_ZIP, "zip"},
	{"PK\5\6", 4, KIND_ZIP, "an empty zip"},
	{"\x89PNG", 4, KIND_OTHER, "a PNG picture"},
	{"\xff\xd8\xff", 3, KIND_OTHER, "a JPEG picture"},
	{"GIF8", 4, KIND_OTHER, "a GIF picture"},
	{"%PDF-", 5, KIND_OTHER, "a PDF document"},
	{"BZh", 3, KIND_OTHER, "bzip2"},
	{"\xfd""7zXZ", 5, KIND_OTHER, "xz"},
	{"\x28\xb5\x2f\xfd", 4, KIND_OTHER, "zstd"},
	{"7z\xbc\xaf", 4, KIND_OTHER, "7-Zip"},
	{"\xd0\xcf\x11\xe0", 4, KIND_OTHER, "an Office or Outlook document"},
	/* UTF-16, with byte order mark and without */
	{"\xff\xfe<\0", 4, KIND_XML, "XML"},
	{"\xfe\xff\0<", 4, KIND_XML, "XML"},
	{"<\0?\0", 4, KIND_XML, "XML"},
	{"\0<\0?", 4, KIND_XML, "XML"},
	{"<", 1, KIND_XML, "XML"},
	{"{", 1, KIND_JSON, "JSON"},
	{"[", 1, KIND_JSON, "JSON"},
};

static const char *const mail_fields[] = {
	"Received", "Return-Path", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version",
	"Content-Type", "Delivered-To", "DKIM-Signature", "Authentication-Results", "Reply-To",
	"ARC-Seal", "X-Original-To", "Envelope-To", "X-Received", "Sender",
};

/* Length of the field name at p ("Subject:"), 0 if there is none. */
static size_t field_name(const char *p, const char *end)
{
	const char *s = p;

	while (s < end && *s > ' ' && *s < 0x7f && *s != ':')
		s++;
	return s < end && *s == ':' ? (size_t)(s - p) : 0;
}

static bool is_mail_field(const char *p, size_t len)
{
	for (size_t i = 0; i < sizeof(mail_fields) / sizeof(*mail_fields); i++)
		if (strlen(mail_fields[i]) == len && strncasecmp(mail_fields[i], p, len) == 0)
			return true;
	return false;
}

/* Header syntax from the first line on, and two fields that only mails have. */
static bool is_mail(const char *p, const char *end)
{
	int known = 0;

	if (end - p > 5 && memcmp(p, "From ", 5) == 0) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (!nl)
			return false;
		p = nl + 1;
	}
	for (bool first = true; p < end && *p != '\n' && *p != '\r'; first = false) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (*p != ' ' && *p != '\t') {
			size_t n = field_name(p, end);

			if (!n)
				return !nl && known >= 2;
			known += is_mail_field(p, n);
		} else if (first) {
			return false;
		}
		if (!nl)
			break;
		p = nl + 1;
	}
	return known >= 2;
}

static size_t blanks(const uint8_t *p, size_t len)
{
	size_t n = len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (n < len && (p[n] == ' ' || (p[n] >= '\t' && p[n] <= '\r')))
		n++;
	return n;
}

struct sniffed sniff(const uint8_t *p, size_t len)
{
	size_t skip = blanks(p, len);

	if (skip == len)
		return (struct sniffed){KIND_EMPTY, "nothing but blanks", 0};
	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		if (len - skip >= magic[i].len && memcmp(p + skip, magic[i].bytes, magic[i].len) == 0)
			return (struct sniffed){magic[i].kind, magic[i].words, skip};
	if (len >= 262 && memcmp(p + 257, "ustar", 5) == 0)
		return (struct sniffed){KIND_OTHER, "a tar archive", skip};
	if (is_mail((const char *)p + skip, (const char *)p + len))
		return (struct sniffed){KIND_MAIL, "a mail", skip};
	if (memchr(p, '\0', len))
		return (struct sniffed){KIND_OTHER, "bytes of an unknown kind", skip};
	return (struct sniffed){KIND_TEXT, "text", skip};
}

bool sniff_feedback(const uint8_t *p, size_t len)
{
	const uint8_t *start = p, *end = p + (len < LOOK ? len : LOOK);

	while ((p = memmem(p, (size_t)(end - p), "feedback", strlen("feedback")))) {
		if (p > start && (p[-1] == '<' || p[-1] == ':'))
			return true;
		p++;
	}
	return false;
}
