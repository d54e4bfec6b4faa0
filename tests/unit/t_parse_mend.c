/*
 * Mending by itself: text in, well-formed text and repairs out; in blocks of every size, and twice.
 * How whole reports come out of it: t_parse_recovery.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "parse/charset.h"
#include "parse/mend.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

#define REPAIR_WORD(kind, word) word,
static const char *const kinds[] = {REPAIR_KINDS(REPAIR_WORD)};

/*
 * Lines of what is told, in place of the parser's own (repairs.c): the linker takes these.
 */
static struct buf told;

void repairs_add(struct repairs *r, enum repair_kind kind, const char *where, struct text from,
		 struct text to, uint32_t record_no, uint32_t line)
{
	(void)r;
	buf_printf(&told, "%s", kinds[kind]);
	if (where)
		buf_printf(&told, " %s", where);
	if (from.p)
		buf_printf(&told, " [%.*s]", (int)from.len, from.p);
	if (to.p)
		buf_printf(&told, " -> [%.*s]", (int)to.len, to.p);
	if (record_no)
		buf_printf(&told, " record %u", record_no);
	if (line > 1)
		buf_printf(&told, " line %u", line);
	buf_addc(&told, '\n');
}

void repairs_add_times(struct repairs *r, enum repair_kind kind, const char *where,
		       struct text from, struct text to, uint32_t record_no, uint32_t line,
		       uint32_t times)
{
	(void)times;
	repairs_add(r, kind, where, from, to, record_no, line);
}

/* A source of blocks of one size, which may fail at its end. */
struct pieces {
	struct source source;
	const char *p;
	size_t len, at, size;
	enum err_class fails;
};

static int pieces_next(struct source *s, struct block *ret, struct err *e)
{
	struct pieces *p = (struct pieces *)s;
	size_t n = p->len - p->at;

	if (!n)
		return p->fails == ERR_NONE ? 0 : err_set(e, p->fails, "it is cut");
	if (n > p->size)
		n = p->size;
	*ret = (struct block){(const uint8_t *)p->p + p->at, n, false};
	p->at += n;
	return 1;
}

static int pieces_rewind(struct source *s, struct err *e)
{
	(void)e;
	((struct pieces *)s)->at = 0;
	return 0;
}

static void pieces_close(struct source *s)
{
	(void)s;
}

/* What is left of one document, and how it ends. */
static void take_document(struct source *m, struct buf *out, bool *ret_failed)
{
	struct block b;
	struct err e;
	int r;

	while ((r = source_next(m, &b, &e)) > 0)
		buf_add(out, b.p, b.len);
	*ret_failed = r < 0;
	if (r < 0)
		buf_printf(out, "(%s)", e.msg);
	else if (mend_broke_off(m, &e))
		buf_printf(out, "(cut%s%s)", e.class == ERR_NONE ? "" : ": ",
			   e.class == ERR_NONE ? "" : e.msg);
}

/* Elements with much text, again and again. */
static int endless_next(struct source *s, struct block *ret, struct err *e)
{
	struct pieces *p = (struct pieces *)s;

	(void)e;
	*ret = (struct block){(const uint8_t *)p->p, p->at ? p->len : strlen("<feedback>"), false};
	if (p->at)
		ret->p += strlen("<feedback>");
	p->at += ret->len;
	return 1;
}

static void too_large(void)
{
	struct buf text = {0};
	struct err e = {0};
	struct block b;

	buf_adds(&text, "<feedback>");
	for (int i = 0; i < 16; i++) {
		buf_adds(&text, "<x>");
		memset(buf_room(&text, 60000), 'x', 60000);
		text.len += 60000;
		buf_adds(&text, "</x>");
	}
	struct pieces pieces = {{endless_next, pieces_rewind, pieces_close}, text.p,
				text.len - strlen("<feedback>"), 0, 0, ERR_NONE};
	struct source *m = mend_open(&pieces.source, NULL);

	while (source_next(m, &b, &e) > 0)
		;
	is_str(e.msg, "not well-formed XML of more than 512 MB: that much is not mended",
	       "too much");
	ok(pieces.at > LIMIT_MENDED && pieces.at < LIMIT_MENDED + (2 << 20),
	   "and it is not read on");
	source_close(m);
	buf_free(&text);
}

/* All documents, a bar between them. twice: each is read once more, and that counts. */
static void mend_all(const char *p, size_t len, size_t size, enum err_class fails, bool twice,
		     struct buf *out)
{
	struct pieces pieces = {{pieces_next, pieces_rewind, pieces_close}, p, len, 0, size, fails};
	struct source *m = mend_open(&pieces.source, NULL);
	struct err e;
	bool failed;
	int more;

	out->len = told.len = 0;
	do {
		size_t start = out->len;

		take_document(m, out, &failed);
		if (twice && !failed && out->len > start) {
			out->len = start;
			if (source_rewind(m, &e) < 0)
				buf_printf(out, "(%s)", e.msg);
			take_document(m, out, &failed);
		}
		more = failed ? 0 : mend_more(m, &e);
		if (more > 0) {
			buf_addc(out, '|');
			mend_next(m);
		}
	} while (more > 0);
	if (more < 0)
		buf_printf(out, "(%s)", e.msg);
	source_close(m);
}

static const char *mended_bytes(const char *p, size_t len, enum err_class fails)
{
	static const size_t sizes[] = {1, 2, 3, 7};
	static struct buf whole, pieces, lines;

	mend_all(p, len, len, fails, false, &whole);
	lines.len = 0;
	buf_add(&lines, told.p, told.len);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes) && len < 10000; i++) {
		mend_all(p, len, sizes[i], fails, i & 1, &pieces);
		if (strcmp(buf_cstr(&pieces), buf_cstr(&whole)) != 0 ||
		    strcmp(buf_cstr(&told), buf_cstr(&lines)) != 0)
			return "it depends on how it comes in blocks";
	}
	return buf_cstr(&whole);
}

/* Text in, text out, and what is told. */
static void is_mended(const char *from, const char *to, const char *repairs, const char *name)
{
	is_str(mended_bytes(from, strlen(from), ERR_NONE), to, name);
	is_str(buf_cstr(&told), repairs, name);
}

#define F(inside) "<feedback>" inside "</feedback>"
#define R(inside) F("<record>" inside "</record>")

static void before(void)
{
	is_mended("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback/>", F(""), "",
		  "a declaration goes");
	is_mended("\n banner \n<?xml version='1.0'?>\n" F(""), F(""),
		  "text_before [banner] line 2\n", "text before it");
	is_mended("<p>banner</p> x<?xml version='1.0'?>" F(""), F(""), "text_before [x]\n",
		  "elements before it");
	is_mended("<?xml version=\"1.0\"?\">" F(""), F(""),
		  "xml_declaration [<?xml version=\"1.0\"?\">]\n", "a quote too many");
	is_mended("<?xml version=\"2.0\"?>" F(""), F(""),
		  "xml_declaration [<?xml version=\"2.0\"?>]\n", "a version that there is not");
	is_mended("<?xml version=\"1.0\"\n" F(""), F(""),
		  "xml_declaration [<?xml version=\"1.0\"\n]\n", "no end");
	is_mended("<xs:schema xmlns:xs=\"u\" xmlns=\"v\"><a>text</a><feedback xmlns=\"w\">"
		  "</feedback>",
		  "<feedback xmlns=\"w\" xmlns:xs=\"u\"></feedback>",
		  "wrapper feedback [<xs:schema>]\n",
		  "an element around it that is not closed; its name spaces stay");
	is_mended("<a><b>" F("&") "</b></a>", F("&amp;"), "bare_markup feedback [&] -> [&amp;]\n",
		  "elements around it that are closed");
	is_mended("<ns2:feedback>&</ns2:feedback>", "<ns2:feedback>&amp;</ns2:feedback>",
		  "bare_markup feedback [&] -> [&amp;]\n", "a prefix");
	is_mended("<eedback><report_metadata></report_metadata></feedback>",
		  F("<report_metadata></report_metadata>"),
		  "start_tag -> [<feedback>]\nwrapper feedback [<eedback>]\n",
		  "a start tag of feedback that is none");
	is_mended("<!DOCTYPE feedback>" F(""), "(a DOCTYPE, which no report has)", "", "a DOCTYPE");
	is_mended("nothing <a>", "", "", "nothing");
}

static void behind(void)
{
	is_mended(F("") " \n</html> tail", F(""), "text_behind feedback [</html> tail] line 2\n",
		  "text behind it");
	is_mended(F("") "<?xml version=\"1.0\"?>\n<x:feedback><a></a></x:feedback>",
		  F("") "|<x:feedback><a></a></x:feedback>", "", "a second document");
	is_mended("<all>" F("<a/>") "," F("<b/>") F("<c/>") "</all>",
		  F("<a/>") "|" F("<b/>") "|" F("<c/>"), "", "several in one element");
	is_mended("<feedback><record></record></feedback><record></record>",
		  "<feedback><record></record><record></record></feedback>(cut)",
		  "end_tag feedback [</feedback>]\ndocument_cut feedback -> [</feedback>]\n",
		  "records behind its end are of it");
	is_mended(F("") "</feedback>", F(""), "text_behind feedback [</feedback>]\n",
		  "an end tag too many");
	is_mended("<feedback><record><feedback><record/></feedback>",
		  "<feedback><record></record></feedback>(cut: another report begins before the "
		  "end of this one)|<feedback><record/></feedback>",
		  "document_cut record [another report begins before the end of this one] -> "
		  "[</record></feedback>] record 1\n",
		  "a second one in the first");
	is_mended("<feedback><feedback><a/></feedback></feedback>", F("<a/>"),
		  "start_tag feedback [<feedback>]\ntext_behind feedback [</feedback>]\n",
		  "a start tag twice");
}

static void texts(void)
{
	is_mended(F("<report_metadata><email>Postmaster <a@b.example></email></report_metadata>"),
		  F("<report_metadata><email>Postmaster &lt;a@b.example></email>"
		    "</report_metadata>"),
		  "bare_markup report_metadata/email [<a@b.example>] -> [&lt;a@b.example>]\n",
		  "an address in brackets");
	is_mended(F("<report_metadata><email><abuse.example.com></email></report_metadata>"),
		  F("<report_metadata><email>&lt;abuse.example.com></email></report_metadata>"),
		  "bare_markup report_metadata/email [<abuse.example.com>] -> "
		  "[&lt;abuse.example.com>]\n",
		  "a host in brackets");
	is_mended(F("<report_metadata><org_name>a & b <i>c</i> < d</org_name></report_metadata>"),
		  F("<report_metadata><org_name>a &amp; b <i>c</i> &lt; d</org_name>"
		    "</report_metadata>"),
		  "bare_markup report_metadata/org_name [&] -> [&amp;]\n"
		  "bare_markup report_metadata/org_name [< d] -> [&lt; d]\n",
		  "`&` and `<`, but an element stays one");
	is_mended(F("<a>&nbsp;&amp;&#65;&#x41;&#0;&lt &#xD800; ]]> ]]&gt;</a>"),
		  F("<a>&amp;nbsp;&amp;&#65;&#x41;&amp;#0;&amp;lt &amp;#xD800; ]]&gt; ]]&gt;</a>"),
		  "entity a [&nbsp;] -> [&amp;nbsp;]\nentity a [&#0;] -> [&amp;#0;]\n"
		  "bare_markup a [&lt] -> [&amp;lt]\nentity a [&#xD800;] -> [&amp;#xD800;]\n"
		  "bare_markup a []]>] -> []]&gt;]\n",
		  "entities and references that XML does not have");
	is_mended(R("<row><comment>no <record yet</comment></row>"),
		  "<feedback><record><row><comment>no </comment></row></record>"
		  "<record yet=\"\"></record></feedback>",
		  "end_tag row/comment -> [</comment>] record 1\nend_tag row -> [</row>] record 1\n"
		  "end_tag record -> [</record>] record 1\n"
		  "start_tag feedback [<record yet] -> [<record yet=\"\">]\n"
		  "end_tag record [</comment>] record 2\nend_tag record [</row>] record 2\n",
		  "but never a record is taken for text");
	is_mended(F("<report_metadata><org_name>a <email> b</org_name></report_metadata>"),
		  F("<report_metadata><org_name>a &lt;email> b</org_name></report_metadata>"),
		  "bare_markup report_metadata/org_name [<email>] -> [&lt;email>]\n",
		  "a name in prose");
}

static void start_tags(void)
{
	is_mended("<feedback a=1 b = '2'c=\"x<y&z\" b=\"3\" d e='\"'>\n</feedback>",
		  "<feedback a=\"1\" b=\"2\" c=\"x&lt;y&amp;z\" d=\"\" e=\"&quot;\">\n</feedback>",
		  "start_tag [<feedback a=1 b = '2'c=\"x<y&z\" b=\"3\" d e='\"'>] -> [<feedback "
		  "a=\"1\" b=\"2\" c=\"x&lt;y&amp;z\" d=\"\" e=\"&quot;\">]\n",
		  "attributes");
	is_mended(F("<record a=\"1><row/></record>"), F("<record a=\"1\"><row/></record>"),
		  "start_tag feedback [<record a=\"1>] -> [<record a=\"1\">]\n", "an open quote");
	is_mended(F("<record <row/></record>"), F("<record><row/></record>"),
		  "start_tag feedback [<record ] -> [<record>]\n", "cut by another tag");
	is_mended(F("<row/></record><row></row>"),
		  F("<record><row/></record><record><row></row></record>"),
		  "start_tag feedback -> [<record>]\nstart_tag feedback -> [<record>]\n"
		  "end_tag record -> [</record>] record 2\n",
		  "rows of no record");
	is_mended(R("<row/></row><row></row>"),
		  F("<record><row/></record><record><row></row></record>"),
		  "end_tag record [</row>] record 1\nend_tag record -> [</record>] record 1\n"
		  "start_tag feedback -> [<record>]\n",
		  "a second row is of another record");
	is_mended(R("<spf><domain>a</domain></spf></auth_results>"),
		  R("<auth_results><spf><domain>a</domain></spf></auth_results>"),
		  "start_tag record -> [<auth_results>] record 1\n",
		  "auth_results begin without a tag");
}

static void end_tags(void)
{
	is_mended(R("<row><count>5<policy_evaluated/></row>"),
		  R("<row><count>5</count><policy_evaluated/></row>"),
		  "end_tag row/count -> [</count>] record 1\n", "of a leaf");
	is_mended(F("<record><row></row><record><row/></record>"),
		  F("<record><row></row></record><record><row/></record>"),
		  "end_tag record -> [</record>] record 1\n", "of a record");
	is_mended(R("<row><count>5</cuont><x/></row>"), R("<row><count>5</count><x/></row>"),
		  "end_tag row/count [</cuont>] -> [</count>] record 1\n", "misspelled");
	is_mended(R("<row><count>5 /count> <x/></row>"), R("<row><count>5 </count><x/></row>"),
		  "end_tag row/count [/count> ] -> [</count>] record 1\n", "without its `<`");
	is_mended(R("<row></rwo><identifiers/>"), R("<row></row><identifiers/>"),
		  "end_tag row [</rwo>] -> [</row>] record 1\n",
		  "misspelled, of what has children");
	is_mended(R("<row></row></spf>"), R("<row></row>"), "end_tag record [</spf>] record 1\n",
		  "of nothing");
	is_mended(R("<row></row <identifiers/>"), R("<row></row><identifiers/>"),
		  "end_tag row [</row ] -> [</row>] record 1\n", "cut by another tag");
	is_mended(F("<extension><record>&</record></extension>"),
		  F("<extension><record>&amp;</record></extension>"),
		  "bare_markup extension/record [&] -> [&amp;]\n", "what is nested well stays so");
}

static void comments(void)
{
	is_mended(F("<!-- a -- b --><?x y?><a>&</a>"), F("<a>&amp;</a>"),
		  "comment feedback [<!-- a -- b -->]\nbare_markup a [&] -> [&amp;]\n",
		  "a comment with --");
	is_mended(F("<!-- a <record/>"), F("&lt;!-- a <record/>"),
		  "comment feedback [<!--] -> [&lt;!--]\n", "a comment that is not closed is text");
	is_mended(F("<!-- a <record/> <!-- b -->"), F("&lt;!-- a <record/> "),
		  "comment feedback [<!--] -> [&lt;!--]\n", "also before another one");
	is_mended(F("<a>& <![CDATA[<b>&]]></a><a><![CDATA[c</a>"),
		  F("<a>&amp; <![CDATA[<b>&]]></a><a>c</a>"),
		  "bare_markup a [&] -> [&amp;]\ncomment a [<![CDATA[]\n", "CDATA");
}

static void cuts(void)
{
	is_mended("<feedback><record><row><count>12", "<feedback><record><row></row></record>"
						      "</feedback>(cut)",
		  "document_cut row -> [</row></record></feedback>] record 1\n",
		  "what is cut says nothing");
	is_mended("<feedback><record><row><count>1<!-- -->2",
		  "<feedback><record><row></row></record>"
							      "</feedback>(cut)",
		  "document_cut row -> [</row></record></feedback>] record 1\n",
		  "nor what stands before it in the same element");
	is_mended("<feedback><record></record><reco", "<feedback><record></record></feedback>(cut)",
		  "document_cut feedback -> [</feedback>]\n", "between records");
	is_mended("<feedback><record></record></feedback", "<feedback><record></record></feedback>",
		  "end_tag feedback [</feedback] -> [</feedback>]\n", "in the last tag");
	is_str(mended_bytes("<feedback><record>", 18, ERR_INPUT),
	       "<feedback><record></record></feedback>(cut: it is cut)", "the source fails");
	is_str(mended_bytes("<feedback></feedback> ", 22, ERR_INPUT), "<feedback></feedback>",
	       "it fails behind the report");
	is_str(mended_bytes("<feedback></feedback> ", 22, ERR_LIMIT),
	       "<feedback></feedback>(it is cut)", "it meets a limit behind the report");
	is_str(mended_bytes("<feedback><record>", 18, ERR_LIMIT),
	       "<feedback><record>(it is cut)",
	       "a limit is none that mending passes by");
}

/* Takes b; its text comes to a limit. */
static void is_refused(struct buf *b, const char *why)
{
	struct buf out = {0};

	mend_all(b->p, b->len, b->len, ERR_NONE, false, &out);
	if (!ok(strstr(buf_cstr(&out), why) != NULL, why))
		tap_note("got %.100s", out.p);
	buf_free(&out);
	b->len = 0;
}

static void add_blanks(struct buf *b, size_t n)
{
	memset(buf_take(b, n), ' ', n);
}

static void limits(void)
{
	struct buf b = {0};

	for (int i = 0; i < 40; i++)
		buf_printf(&b, "<x%d>", i);
	is_refused(&b, "elements deeper than 32");
	buf_adds(&b, "<feedback><a ");
	add_blanks(&b, LIMIT_TAG);
	is_refused(&b, "a tag of more than 65536 bytes");
	buf_adds(&b, "<feedback>");
	add_blanks(&b, LIMIT_SILENCE + 2 * LIMIT_TAG);
	buf_adds(&b, "<a>");
	is_refused(&b, "more than 1048576 bytes without an element");
	buf_adds(&b, "<feedback></feedback>");
	add_blanks(&b, 2 * LIMIT_SILENCE);
	is_refused(&b, "<feedback></feedback>(more than 1048576 bytes without an element)");
	buf_adds(&b, "<feedback");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, " a%d=%d", i, i);
	buf_adds(&b, "/>");
	is_refused(&b, "a tag of more than 128 attributes");
	buf_free(&b);
}

int main(void)
{
	charset_open_all();
	before();
	behind();
	texts();
	start_tags();
	end_tags();
	comments();
	cuts();
	limits();
	buf_free(&told);
	too_large();
	return tap_done();
}
