/*
 * Is it a mail? Its first lines are a header, with the damage that mails come with: a "From " line
 * in front (once more quoted, perhaps), fields that are not folded as they should be, bytes that
 * are no ASCII, lines that end in CR. Two fields that only mails have make the difference.
 */
#include "parse/sniff.h"

#include <string.h>
#include <strings.h>

#define LONGEST_NAME 78

static const char *const mail_fields[] = {
	"Received", "Return-Path", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version",
	"Content-Type", "Delivered-To", "DKIM-Signature", "Authentication-Results", "Reply-To",
	"ARC-Seal", "X-Original-To", "Envelope-To", "X-Received", "Sender", "ContentType",
	"Content-Transfer-Encoding", "Content-Disposition",
};

static const char *line_end(const char *p, const char *end, char lf)
{
	const char *nl = memchr(p, lf, (size_t)(end - p));

	return nl ? nl : end;
}

/* Length of the field name at p ("Subject:"), 0 if there is none. Blanks before the colon occur. */
static size_t field_name(const char *p, const char *end)
{
	const char *s = p, *most = end - p > LONGEST_NAME ? p + LONGEST_NAME : end;

	while (s < most && (unsigned char)*s > ' ' && *s != ':')
		s++;
	size_t n = (size_t)(s - p);

	while (s < most && (*s == ' ' || *s == '\t'))
		s++;
	return s < most && *s == ':' ? n : 0;
}

static bool is_mail_field(const char *p, size_t len)
{
	for (size_t i = 0; i < sizeof(mail_fields) / sizeof(*mail_fields); i++)
		if (strlen(mail_fields[i]) == len && strncasecmp(mail_fields[i], p, len) == 0)
			return true;
	return false;
}

static bool begins(const char *p, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - p) > n && strncasecmp(p, with, n) == 0;
}

bool sniff_mail(const uint8_t *bytes, size_t len)
{
	const char *p = (const char *)bytes, *end = p + len;
	char lf = memchr(p, '\n', len) ? '\n' : '\r';
	int fields = 0, known = 0, others = 0;
	bool parts = begins(p, end, "--"); /* the header went, a boundary is the first line */

	if (parts || begins(p, end, "From ") || begins(p, end, ">From ")) {
		p = line_end(p, end, lf);
		p += p < end;
	}
	while (p < end && *p != '\n' && *p != '\r') {
		const char *nl = line_end(p, end, lf);
		size_t n = field_name(p, nl);

		if (*p == ' ' || *p == '\t')
			others += fields == 0;
		else if (n)
			known += is_mail_field(p, n);
		else if (nl < end)
			others++;
		fields += n > 0;
		if (others && !known)
			return false;
		p = nl + (nl < end);
	}
	return (known >= 2 || (parts && known && !others)) && others <= known;
}
