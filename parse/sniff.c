#include "parse/sniff.h"

#include <string.h>

#define LOOK 65536 /* so far the search for a report goes */
#define TAR_HEADER 512

#define UNREAD(what) what ", which ruadb does not read: unpack it and hand over what is in it"

static const struct {
	const char *bytes;
	size_t len;
	enum kind kind;
	const char *words;
} magic[] = {
	{"\x1f\x8b", 2, KIND_GZIP, "gzip"},
	{"PK\3\4", 4, KIND_ZIP, "zip"},
	{"PK\5\6", 4, KIND_ZIP, "an empty zip"},
	{"PK\7\10PK\3\4", 8, KIND_ZIP, "zip"}, /* was to be split over several disks */
	{"PK00PK\3\4", 8, KIND_ZIP, "zip"},
	{"\xfd""7zXZ\0", 6, KIND_XZ, "xz"},
	{"\x28\xb5\x2f\xfd", 4, KIND_ZSTD, "zstd"},
	{"\x89PNG", 4, KIND_OTHER, "a PNG picture"},
	{"\xff\xd8\xff", 3, KIND_OTHER, "a JPEG picture"},
	{"GIF8", 4, KIND_OTHER, "a GIF picture"},
	{"%PDF-", 5, KIND_OTHER, "a PDF document"},
	{"\0\5\26\7", 4, KIND_DEBRIS, "what macOS keeps beside a file"},
	{"\0\0\0\1Bud1", 8, KIND_DEBRIS, "what macOS keeps of a folder"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, KIND_OLE, "an Office document"},
	{"7z\xbc\xaf\x27\x1c", 6, KIND_REFUSED, UNREAD("a 7-Zip archive")},
	{"Rar!\x1a\7", 6, KIND_REFUSED, UNREAD("a RAR archive")},
	{"MSCF\0\0\0\0", 8, KIND_REFUSED, UNREAD("a Windows cabinet")},
	{"\x1f\x9d", 2, KIND_REFUSED, UNREAD("a file packed by compress (.Z)")},
	{"LZIP\1", 5, KIND_REFUSED, UNREAD("a file packed by lzip")},
	{"\x89LZO\0\r\n\x1a\n", 9, KIND_REFUSED, UNREAD("a file packed by lzop")},
	{"\4\x22\x4d\x18", 4, KIND_REFUSED, UNREAD("a file packed by lz4")},
	{"!<arch>\n", 8, KIND_REFUSED, UNREAD("an ar archive")},
	{"xar!\0", 5, KIND_REFUSED, UNREAD("a xar archive")},
	{"SIT!", 4, KIND_REFUSED, UNREAD("a StuffIt archive")},
	{"StuffIt (c)", 11, KIND_REFUSED, UNREAD("a StuffIt archive")},
	{"\x78\x9f\x3e\x22", 4, KIND_REFUSED,
	 "winmail.dat (TNEF, made by Outlook or Exchange), which ruadb does not read: take out "
	 "what is in it, and let such mails be sent as MIME"},
	{"-----BEGIN PGP MESSAGE-----", 27, KIND_REFUSED,
	 "encrypted or signed by PGP, which ruadb does not undo: decrypt it and hand over what "
	 "comes out"},
	{"-----BEGIN PKCS7-----", 21, KIND_REFUSED,
	 "encrypted or signed by S/MIME, which ruadb does not undo: hand over what is in it"},
	/* UTF-16, with byte order mark and without */
	{"\xff\xfe<\0", 4, KIND_XML, "XML"},
	{"\xfe\xff\0<", 4, KIND_XML, "XML"},
	{"<\0?\0", 4, KIND_XML, "XML"},
	{"\0<\0?", 4, KIND_XML, "XML"},
	{"<", 1, KIND_XML, "XML"},
};

bool sniff_zip_header(const uint8_t *p)
{
	unsigned method = p[8] | (unsigned)p[9] << 8, name = p[26] | (unsigned)p[27] << 8;

	return memcmp(p, "PK\3\4", 4) == 0 && p[4] <= 63 && method <= 99 && name > 0 &&
	       name <= 4096;
}

/* Behind a program that unpacks itself, or bytes that somebody put before it. */
static const uint8_t *find_zip(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	while ((p = memmem(p, (size_t)(end - p), "PK\3\4", 4)) && end - p >= SNIFF_ZIP_HEADER) {
		if (sniff_zip_header(p))
			return p;
		p++;
	}
	return NULL;
}

bool sniff_tar_header(const uint8_t *p)
{
	unsigned said = 0, sum = 0, digits = 0;
	int signed_sum = 0;

	for (size_t i = 148; i < 156; i++) {
		if (p[i] >= '0' && p[i] <= '7') {
			said = said << 3 | (unsigned)(p[i] - '0');
			digits++;
		} else if (digits || (p[i] != ' ' && p[i] != '\0')) {
			break;
		}
	}
	if (!digits)
		return false;
	for (size_t i = 0; i < TAR_HEADER; i++) {
		uint8_t c = i >= 148 && i < 156 ? ' ' : p[i];

		sum += c;
		signed_sum += (int8_t)c;
	}
	/* old ones summed up signed bytes */
	return said == sum || (int)said == signed_sum;
}

/* OBJECT IDENTIFIER 1.2.840.113549.1.7, PKCS#7; what follows is the kind of content. */
#define PKCS7 "\6\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"

/* S/MIME. A signature alone, that of a mail of several parts, holds nothing. */
static bool is_pkcs7(const uint8_t *p, size_t len, struct sniffed *ret)
{
	const uint8_t *oid = len > 40 && p[0] == 0x30 && p[1] >= 0x80 && p[1] <= 0x84
				     ? memmem(p, 20, PKCS7, 10) : NULL;

	if (!oid)
		return false;
	const uint8_t *end = p + len, *data = memmem(oid + 11, (size_t)(end - oid - 11),
						     PKCS7 "\1", 11);
	/* content stands in [0] EXPLICIT behind its kind */
	bool detached = oid[10] == 2 && data && data + 11 < end && data[11] != 0xa0;

	if (detached)
		*ret = (struct sniffed){KIND_OTHER, "an S/MIME signature", 0};
	else
		*ret = (struct sniffed){KIND_REFUSED, "encrypted or signed by S/MIME, which ruadb "
						      "does not undo: hand over what is in it", 0};
	return true;
}

static size_t blanks(const uint8_t *p, size_t len)
{
	size_t n = len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (n < len && (p[n] == ' ' || (p[n] >= '\t' && p[n] <= '\r')))
		n++;
	return n;
}

/* bzip2 has two forms: a first block, and nothing at all. */
static bool is_bzip2(const uint8_t *p, size_t len)
{
	return len >= 10 && memcmp(p, "BZh", 3) == 0 && p[3] >= '1' && p[3] <= '9' &&
	       (memcmp(p + 4, "1AY&SY", 6) == 0 ||
		memcmp(p + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/* What has no bytes of its own at its beginning. */
/* RFC 8460, 4.4: members that it has to have, in whatever order. */
static bool is_tls_report(const uint8_t *p, size_t len)
{
	return memmem(p, len, "\"organization-name\"", 19) && memmem(p, len, "\"policies\"", 10);
}

static struct sniffed sniff_further(const uint8_t *p, size_t len, size_t skip)
{
	struct sniffed s;
	const uint8_t *zip;

	if (is_bzip2(p, len))
		return (struct sniffed){KIND_BZIP2, "bzip2", 0};
	if (len >= TAR_HEADER && sniff_tar_header(p))
		return (struct sniffed){KIND_TAR, "a tar archive", 0};
	if (is_pkcs7(p, len, &s))
		return s;
	if (len > 21 && p[2] == '-' && p[3] == 'l' && p[4] == 'h' && p[6] == '-')
		return (struct sniffed){KIND_REFUSED, UNREAD("an LHA archive"), 0};
	if (len > 10 && p[0] == 0x60 && p[1] == 0xea && p[4] >= 28 && p[4] <= 64 && p[10] <= 4)
		return (struct sniffed){KIND_REFUSED, UNREAD("an ARJ archive"), 0};
	if (sniff_mail(p + skip, len - skip))
		return (struct sniffed){KIND_MAIL, "a mail", skip};
	if (sniff_feedback(p, len))
		return (struct sniffed){KIND_XML, "XML", skip};
	if (p[skip] == '{' || p[skip] == '[')
		return (struct sniffed){KIND_JSON, is_tls_report(p, len) ? SNIFF_TLS : "JSON",
					skip};
	zip = find_zip(p, len);
	if (zip)
		return (struct sniffed){KIND_ZIP, "zip", (size_t)(zip - p)};
	if (len > 64 && (memcmp(p, "MZ", 2) == 0 || memcmp(p, "\177ELF", 4) == 0))
		return (struct sniffed){KIND_OTHER, "a program", 0};
	if (memchr(p, '\0', len))
		return (struct sniffed){KIND_OTHER, "bytes of an unknown kind", skip};
	return (struct sniffed){KIND_TEXT, "text", skip};
}

struct sniffed sniff(const uint8_t *p, size_t len)
{
	size_t skip = blanks(p, len);

	if (skip == len)
		return (struct sniffed){KIND_EMPTY, "nothing but blanks", 0};
	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++) {
		if (len - skip < magic[i].len ||
		    memcmp(p + skip, magic[i].bytes, magic[i].len) != 0)
			continue;
		struct sniffed s = {magic[i].kind, magic[i].words, skip};

		if (s.kind == KIND_OLE && sniff_outlook(p, len))
			s = (struct sniffed){KIND_REFUSED, SNIFF_OUTLOOK, 0};
		return s;
	}
	return sniff_further(p, len, skip);
}

static bool is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.' || c >= 0x80;
}

/* The start of a tag stands before p: < and perhaps a prefix. */
static bool begins_tag(const uint8_t *start, const uint8_t *p)
{
	const uint8_t *q = p;

	if (q > start && q[-1] == ':')
		for (q--; q > start && is_name_char(q[-1]);)
			q--;
	return q > start && q[-1] == '<';
}

/* A tag of that name, not an address: mailto:feedback@example.com is in many a mail. */
static bool has_tag(const uint8_t *p, size_t len, const char *name)
{
	const uint8_t *start = p, *end = p + len;

	while ((p = memmem(p, (size_t)(end - p), name, strlen(name)))) {
		const uint8_t *behind = p + strlen(name);

		if (begins_tag(start, p) &&
		    (behind == end || !(is_name_char(*behind) || *behind == '@')))
			return true;
		p++;
	}
	return false;
}

/* The tag of feedback itself may be what is broken, or be in other case. */
static bool has_feedback(const uint8_t *p, size_t len)
{
	return has_tag(p, len, "feedback") || has_tag(p, len, "report_metadata") ||
	       has_tag(p, len, "policy_published") || has_tag(p, len, "Feedback") ||
	       has_tag(p, len, "FEEDBACK") || memmem(p, len, "<!DOCTYPE feedback", 18);
}

bool sniff_feedback(const uint8_t *p, size_t len)
{
	uint8_t letters[LOOK];
	size_t n = 0;

	if (len > LOOK)
		len = LOOK;
	if (has_feedback(p, len))
		return true;
	if (!memchr(p, '\0', len))
		return false;
	/* UTF-16 and UTF-32 are ASCII between NULs, in either order */
	for (size_t i = 0; i < len; i++)
		if (p[i])
			letters[n++] = p[i];
	return has_feedback(letters, n);
}

bool sniff_outlook(const uint8_t *p, size_t len)
{
	/* names of its streams, in UTF-16 */
	return memmem(p, len, "_\0_\0s\0u\0b\0s\0t\0g\0001\0", 18) ||
	       memmem(p, len, "_\0_\0n\0a\0m\0e\0i\0d\0_\0", 18) ||
	       memmem(p, len, "_\0_\0p\0r\0o\0p\0e\0r\0t\0i\0e\0s\0_\0", 26);
}
