/* The kinds, and those that a change of one element does not make. */
#include "bench/odd.h"
#include "bench/odd_pack.h"

#include <inttypes.h>
#include <stdio.h>

#define GZIP_TYPE "application/gzip; name=\"report.xml.gz\"\r\n"
#define ZIP_TYPE "application/zip; name=\"report.zip\"\r\n"

/* ---- the XML ---- */

static void set(struct odd *o, const char *path, const char *text)
{
	edit_apply(&o->xml, &(struct edit){path, EDIT_TEXT, text, 1});
}

static void set_number(struct odd *o, const char *path, int64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, n);
	set(o, path, digits);
}

static void replace_each(struct buf *xml, char what, const char *with)
{
	struct buf to = {0};

	for (size_t i = 0; i < xml->len; i++)
		if (xml->p[i] == what)
			buf_adds(&to, with);
		else
			buf_addc(&to, xml->p[i]);
	buf_free(xml);
	*xml = to;
}

/* Q8: one line, CRLF, a byte order mark. */
static void lines(struct odd *o)
{
	if (o->variant < 2) {
		replace_each(&o->xml, '\n', o->variant ? "\r\n" : "");
		return;
	}
	struct buf to = {0};

	buf_adds(&to, "\xef\xbb\xbf");
	buf_add(&to, o->xml.p, o->xml.len);
	buf_free(&o->xml);
	o->xml = to;
}

/* Q10: the report is away, and in its place stands a word, or nothing. It is sent with the next
 * archive of several. */
static void unused(struct odd *o)
{
	o->held->len = 0;
	buf_add(o->held, o->xml.p, o->xml.len);
	o->xml.len = 0;
	if (o->variant == 0)
		buf_adds(&o->xml, "unused");
	o->reports = 0;
	o->outcome = ODD_QUARANTINED;
}

/* Q20: an id that other reporters make in the same way. */
static void common_id(struct odd *o)
{
	struct buf id = {0};

	buf_printf(&id, "%s.%" PRId64 ".%" PRId64, o->g->pool->domain, o->g->begin,
		   o->g->begin + 86399);
	set(o, "report_metadata/report_id", buf_cstr(&id));
	buf_free(&id);
}

/* Q23: no time between begin and end, or less than none. */
static void instant(struct odd *o)
{
	set_number(o, "date_range/end", o->g->begin - (o->variant ? 3600 : 0));
}

/* Q24: a week, most of a year, not from midnight, less than an hour. */
static void range(struct odd *o)
{
	static const int64_t seconds[] = {7 * 86400, 201 * 86400, 86399, 1800};

	if (o->variant == 2)
		set_number(o, "date_range/begin", o->g->begin + 12345);
	set_number(o, "date_range/end",
		   o->g->begin + (o->variant == 2 ? 12345 : 0) + seconds[o->variant]);
}

/* Q32: one record a message, so that all are the same. */
static void one_a_message(struct odd *o)
{
	struct buf record = {0};

	set(o, "record/row/count", "1");
	edit_take(&o->xml, "record", &record);
	edit_apply(&o->xml, &(struct edit){"record", EDIT_ELEMENT, buf_cstr(&record), EDIT_EACH});
	buf_free(&record);
}

/* D1: cut in the last record. */
static void cut_xml(struct odd *o)
{
	static const char tag[] = "<auth_results>";
	size_t n = o->xml.len - (sizeof(tag) - 1);

	while (memcmp(o->xml.p + n, tag, sizeof(tag) - 1) != 0)
		n--;
	o->xml.len = n + 3;
	o->outcome = ODD_PARTIAL;
}

/* ---- the archive ---- */

static void gzip(struct odd *o)
{
	pack_gzip(o->xml.p, o->xml.len, &o->packed);
}

static void zip(struct odd *o)
{
	pack_zip(&(struct pack_file){"report.xml", &o->xml}, 1, &o->packed);
}

/* Q10, an archive always: as a bare file the word would be nobody's report. */
static void twin(struct odd *o)
{
	(o->zip ? zip : gzip)(o);
}

static void plain(struct odd *o)
{
	buf_add(&o->packed, o->xml.p, o->xml.len);
}

static void gzip_in_gzip(struct odd *o)
{
	struct buf inner = {0};

	pack_gzip(o->xml.p, o->xml.len, &inner);
	pack_gzip(inner.p, inner.len, &o->packed);
	buf_free(&inner);
}

static void gzip_and_line_end(struct odd *o)
{
	gzip(o);
	buf_adds(&o->packed, "\r\n");
}

static void zip_of_several(struct odd *o)
{
	struct buf note = {0};
	struct pack_file files[3] = {{"readme.txt", &note}, {"a/report.xml", &o->xml}};
	unsigned n = 2;

	buf_adds(&note, "Aggregate reports, one a file.\n");
	if (o->held->len) {
		files[n++] = (struct pack_file){"b/report.xml", o->held};
		o->records += edit_count(o->held, "<record>");
		o->reports++;
	}
	pack_zip(files, n, &o->packed);
	o->held->len = 0;
	buf_free(&note);
}

/* D2: what is left of the report is what inflate gives; without its head it is nothing. */
static void cut_gzip(struct odd *o)
{
	struct buf left = {0};

	gzip(o);
	o->packed.len -= o->packed.len / 8 + 8;
	pack_salvage(&o->packed, &left);
	unsigned whole = edit_count(&left, "</record>");

	o->refused = edit_count(&left, "<record>") - whole;
	o->records = whole;
	o->outcome = ODD_PARTIAL;
	if (!edit_count(&left, "</policy_published>")) {
		o->reports = o->refused = 0;
		o->outcome = ODD_QUARANTINED;
	}
	buf_free(&left);
}

static void wrong_checksum(struct odd *o)
{
	gzip(o);
	o->packed.p[o->packed.len - 8] ^= 1;
}

/* D4: the file of the report is whole, what stands behind it is not. */
static void zip_without_directory(struct odd *o)
{
	zip(o);
	o->packed.len = (size_t)((char *)memmem(o->packed.p, o->packed.len, "PK\1\2", 4) -
				 o->packed.p);
}

/* ---- the mail ---- */

static void mail_of(struct odd *o, struct pack_mail m, void (*pack)(struct odd *o))
{
	struct buf report;

	pack(o);
	report = o->packed;
	o->packed = (struct buf){0};
	m.report = &report;
	m.no = o->no;
	pack_mail(&m, &o->packed);
	buf_free(&report);
}

static void media_type(struct odd *o)
{
	static const char *const types[] = {
		"Content-Type: application/octet-stream; name=\"report.xml.gz\"\r\n",
		"Content-Type: application/x-gzip; name=\"report.xml.gz\"\r\n",
		"Content-Type: application/x-zip-compressed; name=\"report.zip\"\r\n",
	};

	mail_of(o, (struct pack_mail){.type = types[o->variant]}, o->variant == 2 ? zip : gzip);
}

static void gzip_called_zip(struct odd *o)
{
	mail_of(o, (struct pack_mail){.type = "Content-Type: " ZIP_TYPE}, gzip);
}

/* Q50: a file; attached; inline; without a name. */
static void not_packed(struct odd *o)
{
	struct pack_mail m = {.type = "Content-Type: text/xml; name=\"report.xml\"\r\n"};

	if (o->variant == 3) {
		plain(o);
		o->extension = "xml";
		return;
	}
	if (o->variant == 1)
		m.disposition = "Content-Disposition: inline\r\n";
	else if (o->variant == 2)
		m = (struct pack_mail){.type = "Content-Type: text/xml\r\n", .disposition = ""};
	m.base64 = o->variant == 1 ? PACK_PLAIN : PACK_CLEAN;
	mail_of(o, m, plain);
}

static void field_without_hyphen(struct odd *o)
{
	mail_of(o, (struct pack_mail){.type = "ContentType: " GZIP_TYPE}, gzip);
}

static void mail_in_mail(struct odd *o)
{
	mail_of(o, (struct pack_mail){.shape = PACK_RFC822}, gzip);
}

static void body_is_archive(struct odd *o)
{
	mail_of(o, (struct pack_mail){.shape = PACK_BODY, .type = "Content-Type: " ZIP_TYPE}, zip);
}

static void html_first(struct odd *o)
{
	mail_of(o, (struct pack_mail){.html = "<!DOCTYPE html><html><head><meta charset=\"utf-8\">"
				      "</head><body><p>Report&nbsp;for<br>example.com</p></body>"
				      "</html>"}, gzip);
}

static void odd_name(struct odd *o)
{
	static const char *const fields[] = {
		"Content-Disposition: attachment;\r\n"
		"\tfilename*0=\"mail.example!example.com!\";\r\n"
		"\tfilename*1=\"1782864000!1782950399.xml.gz\"\r\n",
		"Content-Disposition: attachment; filename=\"!example.com!1782864000!"
		"1782950399.xml.gz\"\r\n",
	};

	mail_of(o, (struct pack_mail){.disposition = fields[o->variant]}, gzip);
}

static void odd_subject(struct odd *o)
{
	static const char *const subjects[] = {
		"Dmarc Aggregate Report Domain: {example.com}  Submitter: {Cloud Example}  "
		"Date: {2026-07-01}\r\n  Report-ID: {5f6c}",
		"Report domain: example.com Submitter: mail.example Report-ID: 1",
		"[Preview] Report Domain: example.com Submitter: outer.example Report-ID: 1",
		"=?UTF-8?B?UmVwb3J0IERvbWFpbjogZXhhbXBsZS5jb20=?=",
	};

	mail_of(o, (struct pack_mail){.subject = subjects[o->variant]}, gzip);
}

/* Q60: base64 with more in it, and what gateways write into the text. */
static void unclean(struct odd *o)
{
	static const enum pack_base64 forms[] = {
		PACK_BLANKS, PACK_STRAY, PACK_ONE_LINE, PACK_CLEAN,
	};

	mail_of(o, (struct pack_mail){.base64 = forms[o->variant],
				      .text = "CAUTION: this mail came from outside. <external> Do "
					      "not open attachments.\r\n----\r\nA report."}, gzip);
}

/* D9: a mail in a zip, a mailbox in a gzip. */
static void packed_mail(struct odd *o)
{
	struct buf mail = {0};

	if (o->variant)
		buf_adds(&mail, "From reports@mail.example Thu Jul  2 04:00:00 2026\n");
	mail_of(o, (struct pack_mail){.no = o->no}, gzip);
	buf_add(&mail, o->packed.p, o->packed.len);
	o->packed.len = 0;
	if (o->variant) {
		pack_gzip(mail.p, mail.len, &o->packed);
		o->extension = "gz";
	} else {
		pack_zip(&(struct pack_file){"report.eml", &mail}, 1, &o->packed);
	}
	buf_free(&mail);
}

const struct odd_kind odd_kinds[ODD_KINDS] = {
	{.name = "q01"},
	{.name = "q02", .mended = true},
	{.name = "q03", .mended = true},
	{.name = "q04"},
	{.name = "q05", .mended = true},
	{.name = "q06", .mended = true},
	{.name = "q07"},
	{.name = "q08", .variants = 3, .change = lines},
	{.name = "q09"},
	{.name = "q10", .variants = 2, .change = unused, .pack = twin},
	{.name = "q11"},
	{.name = "q12"},
	{.name = "q13"},
	{.name = "q14"},
	{.name = "q15"},
	{.name = "q16"},
	{.name = "q17"},
	{.name = "q18"},
	{.name = "q19"},
	{.name = "q20", .variants = 1, .change = common_id},
	{.name = "q21", .twice = true},
	{.name = "q22"},
	{.name = "q23", .variants = 2, .change = instant},
	{.name = "q24", .variants = 4, .change = range},
	{.name = "q25"},
	{.name = "q26"},
	{.name = "q27"},
	{.name = "q28"},
	{.name = "q29", .refused = 1},
	{.name = "q30", .refused = 1},
	{.name = "q31", .refused = 1},
	{.name = "q32", .variants = 1, .change = one_a_message},
	{.name = "q33"},
	{.name = "q34"},
	{.name = "q35"},
	{.name = "q36"},
	{.name = "q37"},
	{.name = "q38"},
	{.name = "q39"},
	{.name = "q40"},
	{.name = "q41"},
	{.name = "q42"},
	{.name = "q43"},
	{.name = "q44"},
	{.name = "q45"},
	{.name = "q46"},
	{.name = "q47"},
	{.name = "q48", .variants = 3, .pack = media_type, .extension = "eml"},
	{.name = "q49", .pack = gzip_called_zip, .extension = "eml"},
	{.name = "q50", .variants = 4, .pack = not_packed, .extension = "eml"},
	{.name = "q51", .pack = gzip_in_gzip, .extension = "xml.gz.gz"},
	{.name = "q52", .pack = gzip_and_line_end, .extension = "xml.gz"},
	{.name = "q53", .pack = field_without_hyphen, .extension = "eml"},
	{.name = "q54", .pack = mail_in_mail, .extension = "eml"},
	{.name = "q55", .pack = body_is_archive, .extension = "eml"},
	{.name = "q56", .pack = html_first, .extension = "eml"},
	{.name = "q57", .pack = zip_of_several, .extension = "zip"},
	{.name = "q58", .variants = 2, .pack = odd_name, .extension = "eml"},
	{.name = "q59", .variants = 4, .pack = odd_subject, .extension = "eml"},
	{.name = "q60", .variants = 4, .pack = unclean, .extension = "eml"},
	{.name = "d01", .change = cut_xml, .refused = 1, .mended = true},
	{.name = "d02", .pack = cut_gzip, .extension = "xml.gz", .mended = true},
	{.name = "d03", .pack = wrong_checksum, .extension = "xml.gz", .mended = true},
	{.name = "d04", .pack = zip_without_directory, .extension = "zip"},
	{.name = "d05", .mended = true},
	{.name = "d06", .mended = true},
	{.name = "d07"},
	{.name = "d08", .mended = true},
	{.name = "d09", .variants = 2, .pack = packed_mail, .extension = "zip"},
	{.name = "d10", .mended = true},
	{.name = "d11", .mended = true},
};
