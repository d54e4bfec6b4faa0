/* Shapes, values and limits of aggregate XML. */
#include "tests/unit/parse_trace.h"

static void shapes(void)
{
	const char *plain = HEAD_LINE SET_LINE RECORD_LINE("1") "end 1 3 0 0 c\n";

	is_str(trace_text(REPORT(RECORD)), plain, "a plain report");
	is_str(trace_text("\xef\xbb\xbf\r\n <?xml version=\"1.0\"?>" REPORT(RECORD)), plain,
	       "byte order mark, line end and blank before the declaration");
	is_str(trace_text("<!-- c --><?pi?><feedback>" METADATA POLICY RECORD
			  "</feedback>\n\n"),
	       plain, "comment and processing instruction");
	is_str(trace_text("<x:feedback>" METADATA POLICY RECORD "</x:feedback>"), plain,
	       "a prefix that nobody declared");
	is_str(trace_text("<schema><xs>x</xs>" REPORT(RECORD) "</schema>"), plain,
	       "feedback is not the root");
	is_str(trace_text("<feedback>" RECORD POLICY METADATA "</feedback>"), plain,
	       "records before the head: a second pass");
	is_str(trace_text("<feedback>" METADATA RECORD POLICY RECORD "</feedback>"),
	       HEAD_LINE SET_LINE RECORD_LINE("1") RECORD_LINE("2") "end 2 6 0 0 c\n",
	       "records on both sides of the head");
	is_str(trace_text("<feedback>" METADATA POLICY POLICY RECORD "</feedback>"),
	       "head 0 d begin=1792195200 end=1792281599 org=mx email=e@mx id=1 domain=a.example "
	       "p=none extra={\"unknown\":[{\"name\":\"policy_published/domain\",\"text\":"
	       "\"a.example\"},{\"name\":\"policy_published/p\",\"text\":\"none\"}]}\n" SET_LINE
		       RECORD_LINE("1") "repair element_repeated where=policy_published\n"
		       "end 1 3 0 0 c\n",
	       "a second policy_published is kept, and the first holds");
	trace_contains(trace_text("<feedback>" METADATA POLICY RECORD "<version>1.0</version>"
				  "</feedback>"),
		       "repair element_misplaced where=version from=1.0\n",
		       "what comes behind the records is told");
	trace_contains(trace_text(REPORT("<record>" ROW "<identities><header_from>b</header_from>"
					 "</identities></record>")),
		       "set\nrecord 1 c0000201 3 npf from=b\n",
		       "identities, and no auth_results");
}

static void schemas(void)
{
	trace_contains(trace_text("<feedback xmlns='http://dmarc.org/dmarc-xml/0.1'>" METADATA
					  POLICY "</feedback>"),
		       "head 0 7 ", "RFC 7489 by its namespace");
	trace_contains(trace_text("<feedback xmlns='urn:ietf:params:xml:ns:dmarc-2.0'>" METADATA
					  POLICY "</feedback>"),
		       "head 0 9 ", "RFC 9990 by its namespace");
	trace_contains(trace_text("<feedback><version>1.0</version>" METADATA POLICY
				  "</feedback>"),
		       "head 0 7 ", "RFC 7489 by its version element");
	trace_contains(trace_text("<feedback><version>2.0</version>" METADATA
				  "<policy_published><domain>a</domain><testing>n</testing>"
				  "</policy_published></feedback>"),
		       "head 0 9 ", "RFC 9990 by what only it has");
	trace_contains(trace_text("<feedback><version>1.0</version>" METADATA
				  "<policy_published><domain>a</domain><np>none</np><pct>100</pct>"
				  "</policy_published></feedback>"),
		       "head 0 7 ", "np alone is none of its features");
	trace_contains(trace_text("<feedback><extensions/>" METADATA POLICY "</feedback>"),
		       "head 0 d ", "a draft between");
	(void)trace_text("<feedback xmlns='urn:ietf:params:xml:ns:dmarc-2.0'>" METADATA POLICY);
	trace_contains(trace_text("<feedback><version>1.0</version>" METADATA POLICY
				  "</feedback>"),
		       "head 0 7 ",
		       "the namespace of a document that broke off before is forgotten");
}

/* A report whose record has this row. */
static const char *with_row(const char *row)
{
	AUTO_FREE char *s = xasprintf("<feedback>%s%s<record><row>%s</row></record></feedback>",
				      METADATA, POLICY, row);

	return trace_text(s);
}

static void rows(void)
{
	trace_contains(with_row("<source_ip> 2001:DB8::1 </source_ip><count> 7 </count>"),
		       "record 1 20010db8000000000000000000000001 7 ---\n",
		       "IPv6, blanks, and nothing evaluated");
	trace_contains(with_row("<source_ip>::ffff:192.0.2.9</source_ip><count>1</count>"),
		       "record 1 c0000209 1 ---\n", "a mapped address is IPv4");
	trace_contains(with_row("<source_ip>fe80::1%eth0</source_ip><count>1</count>"),
		       "repair address_form where=row/source_ip from=fe80::1%eth0 to=fe80::1\n",
		       "no zones");
	trace_contains(with_row("<source_ip>192.0.2.256</source_ip><count>1</count>"),
		       "row 1 refused 1 source_ip is 192.0.2.256, which is no address: a number in "
		       "it is over 255 or missing\n", "no byte over 255");
	trace_contains(with_row("<source_ip>192.0.02.1</source_ip><count>1</count>"),
		       "row 1 refused 1 source_ip is 192.0.02.1, which may be two addresses: some "
		       "read 010 as 10, some as 8\n", "no leading zeroes");
	trace_contains(with_row("<count>4</count>"),
		       "row 1 refused 4 no source_ip\nend 0 0 1 4 c\n",
		       "no address: the row is refused, the report stays");
	trace_contains(with_row("<source_ip>192.0.2.1</source_ip><count>1.5</count>"),
		       "row 1 refused 0 count is 1.5, which is no whole number\n",
		       "no fractions of messages");
	trace_contains(with_row("<source_ip>192.0.2.1</source_ip><count>-1</count>"),
		       "row 1 refused 0 count is -1, which is less than nothing\n",
		       "no negative counts");
	trace_contains(with_row("<source_ip>192.0.2.1</source_ip>"
				"<count>1000000000001</count>"),
		       "row 1 refused 0 count is 1000000000001, which is more than "
		       "1000000000000, and no number of messages\n",
		       "no count over the limit");
	trace_contains(with_row("<source_ip>192.0.2.1</source_ip>"
				"<count>1000000000000</count>"),
		       "record 1 c0000201 1000000000000 ---\n", "the largest count");
	trace_contains(with_row("<source_ip/><count>0</count>"),
		       "row 1 refused 0 no source_ip and count 0: a null report's row\n"
		       "end 0 0 1 0 c\n",
		       "a null report");
	trace_contains(with_row("<source_ip>192.0.2.1</source_ip><count>1</count>"
				"<policy_evaluated><disposition>Softfail</disposition>"
				"<dkim>PASS</dkim><spf>hardfail</spf></policy_evaluated>"),
		       "record 1 c0000201 1 opf extra={\"raw\":{\"disposition\":\"Softfail\","
		       "\"spf\":\"hardfail\"}}\n",
		       "words that no RFC knows are kept beside their codes");
	trace_contains(with_row("<source_ip>192.0.2.1</source_ip><count>1</count><count>2</count>"
				"<port>25</port>"),
		       "record 1 c0000201 1 --- extra={\"unknown\":[{\"name\":\"row/count\","
		       "\"text\":\"2\"},{\"name\":\"row/port\",\"text\":\"25\"}]}\n",
		       "of two the first holds; what is unknown is kept");
}

static void reasons(void)
{
	trace_contains(with_row("<source_ip>192.0.2.1</source_ip><count>1</count>"
				"<policy_evaluated><reason><type>other</type>"
				"<comment lang=\"de\">a \"b\"</comment></reason><reason>sampled_out"
				"</reason><reason><type/></reason></policy_evaluated>"),
		       "extra={\"reasons\":[{\"type\":\"other\",\"comment\":\"a \\\"b\\\"\","
		       "\"lang\":\"de\"},{\"type\":\"sampled_out\"},{}]}\n",
		       "reasons, one of them as bare text, one empty");
}

static void results(void)
{
	trace_contains(trace_text(REPORT("<record>" ROW "<auth_results>"
					 "<spf><domain/><result>TempError</result></spf><dkim/>"
					 "<spf><scope>pra</scope><result>unknown</result></spf>"
					 "<dkim><result>hardfail</result>"
					 "<human_result lang='en'>no key</human_result></dkim>"
					 "</auth_results></record>")),
		       "set [st d=] [d-] [oo raw=unknown] [df raw=hardfail]\n"
		       "record 1 c0000201 3 npf extra={\"raw\":{\"scope_3\":\"pra\"},"
		       "\"human_results\":[{\"no\":4,\"text\":\"no key\",\"lang\":\"en\"}]}\n",
		       "results in the order of the file, with what has no code");
	trace_text(REPORT(RECORD RECORD "<record>" ROW "<auth_results>" SPF "</auth_results>"
					"</record>" RECORD));
	is_int(trace_sets, 2, "equal sets are sent once a report");
	trace_text(REPORT(RECORD));
	is_int(trace_sets, 1, "and again for the next report");
}

static void head_values(void)
{
	trace_contains(trace_text("<feedback><report_metadata><org_name> M &amp; X </org_name>"
				  "<error lang='fr'>un</error><error>deux</error>"
				  "<date_range><begin>1792195200.75</begin><end> 1792281599 </end>"
				  "</date_range></report_metadata><policy_published>"
				  "<domain>a</domain><sp></sp><pct>all</pct><rf>afrf</rf>"
				  "</policy_published></feedback>"),
		       "begin=1792195200 end=1792281599 org=M & X domain=a extra={"
		       "\"raw\":{\"begin\":\"1792195200.75\",\"pct\":\"all\"},"
		       "\"errors\":[{\"text\":\"un\",\"lang\":\"fr\"},{\"text\":\"deux\"}],"
		       "\"unknown\":[{\"name\":\"policy_published/rf\",\"text\":\"afrf\"}]}\n",
		       "fraction, errors, raw and unknown words of the head");
	trace_contains(trace_text("<feedback>" METADATA POLICY
				  "<extension><e:a xmlns:e='urn:e' k='v&amp;w&lt;'>t<e:b/></e:a>"
				  "</extension></feedback>"),
		       "\"extensions\":[{\"name\":\"extension/a\",\"ns\":\"urn:e\","
		       "\"attributes\":{\"k\":\"v&w<\"}},"
		       "{\"name\":\"extension/a\",\"ns\":\"urn:e\",\"text\":\"t\"},"
		       "{\"name\":\"extension/a/b\",\"ns\":\"urn:e\",\"text\":\"\"}]",
		       "extensions, flat");
	trace_contains(trace_text("<feedback>" METADATA "<policy_published><p>none</p>"
				  "</policy_published></feedback>"),
		       "refused 0 input: a report without the domain of the policy: it is not "
		       "known which domain it is about\n",
		       "no domain, no report");
	trace_contains(trace_text("<feedback>" POLICY "</feedback>"),
		       "refused 0 input: feedback without report_metadata: it is not "
		       "known who reports, and about which days\n", "no metadata");
	trace_contains(trace_text("<feedback><report_metadata/>" POLICY "</feedback>"),
		       "refused 0 input: a report without begin and end of its date_range",
		       "no dates");
}

static void refused(void)
{
	trace_contains(trace_text("<!DOCTYPE feedback [<!ENTITY a 'b'>]>" REPORT("")),
		       "refused 0 input: a DOCTYPE", "no DOCTYPE");
	trace_contains(trace_text("<feedback>&a;</feedback>"),
		       "line 1: an entity that XML does not have; and what can be mended of it is "
		       "no report: feedback without report_metadata",
		       "no entities");
	trace_contains(trace_text("<feedback>\n<a>\n</feedback>"),
		       "refused 0 input: not well-formed XML, line 3: an end tag", "with its line");
	trace_contains(trace_text("<feedback>" METADATA POLICY RECORD),
		       RECORD_LINE("1") "repair document_cut where=feedback to=</feedback>\n"
					"end 1 3 0 0 p\n",
		       "what ends in the middle is partial");
	is_str(trace_text("<!DOCTYPE html><html><body></html>"), "not 0 XML without feedback\n",
	       "a page of the web is no broken report");
	is_str(trace_text("<rss><title>feedback</title></rss>"), "not 0 XML without feedback\n",
	       "the word alone is no report");
}

/* Repeats s until there are n of it, between before and after. */
static const char *many(const char *before, const char *s, size_t n, const char *after)
{
	struct buf b = {0};

	buf_adds(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, s);
	buf_adds(&b, after);
	const char *got = trace_item(b.p, b.len, -1);

	buf_free(&b);
	return got;
}

#define BEFORE "<feedback>" METADATA POLICY

static const char *trace_text_of(const char *a, const char *b, const char *c)
{
	struct buf all = {0};

	buf_adds(&all, a);
	buf_adds(&all, b);
	buf_adds(&all, c);
	const char *got = trace_text(buf_cstr(&all));

	buf_free(&all);
	return got;
}

static void limits(void)
{
	trace_quiet = true;
	trace_contains(many("", "<a>", 33, "<b/>"), "not 0 ", "too deep without feedback");
	trace_contains(many("<feedback>", "<a>", 32, ""),
		       "refused 0 limit: elements deeper than 32", "too deep");
	trace_contains(many(BEFORE "<record><row><source_ip>", "1", 4097, "</source_ip>"),
		       "refused 0 limit: source_ip is longer than 4096 bytes\n", "too long a text");
	trace_contains(many("<feedback><report_metadata><error>", "e", 65536,
			    "</error></report_metadata></feedback>"),
		       "refused 0 input: feedback without policy", "64 KB of an error are fine");
	trace_contains(many(BEFORE "<record>" ROW "<auth_results>", DKIM, 101,
			    "</auth_results></record></feedback>"),
		       "refused 0 limit: more than 100 results in record 1\n", "too many results");
	trace_contains(many(BEFORE "<record>" ROW "<auth_results>", DKIM, 100,
			    "</auth_results></record></feedback>"),
		       "end 1 3 0 0 c\n", "100 results are fine");
	trace_contains(many(BEFORE "<record><row><policy_evaluated>", "<reason/>", 17, ""),
		       "refused 0 limit: more than 16 reasons in record 1\n", "too many reasons");
	struct buf attributes = {0};

	for (int i = 0; i < LIMIT_ATTRIBUTES; i++)
		buf_printf(&attributes, " a%d='b'", i);
	buf_addc(&attributes, '\0');
	trace_contains(trace_text_of(BEFORE "<a", attributes.p, "/>" RECORD "</feedback>"),
		       "end 1 3 0 0 c\n", "128 attributes are fine");
	trace_contains(trace_text_of(BEFORE "<a xmlns:a='b'", attributes.p, "/></feedback>"),
		       "refused 0 limit: an element with more than 128 attributes\n",
		       "too many attributes");
	buf_free(&attributes);
	trace_contains(many(BEFORE "<a ", "b", 100000, ""),
		       "refused 0 limit: a tag of more than 65536 bytes\n", "too long a tag");
	trace_contains(many(BEFORE, "<x>0123456789abcdef</x>", 30000, "</feedback>"),
		       "refused 0 limit: more than 1048576 bytes beside the known fields\n",
		       "too much that is unknown");
	trace_contains(trace_text("<feedback>" METADATA POLICY "<record><row><source_ip>192.0.2.1"
				  "</source_ip><count>1000000000001</count></row></record>"
				  "<record><row><source_ip>192.0.2.1</source_ip>"
				  "<count>1</count></row></record></feedback>"),
		       "end 1 1 1 0 c\n", "too large a count refuses its row only");
	trace_contains(many(BEFORE, "<record/>", LIMIT_REFUSED_ROWS, "</feedback>"),
		       "end 0 0 10000 0 c\n", "10000 records that are refused");
	trace_contains(many(BEFORE, "<record/>", 5000000, "</feedback>"),
		       "refused 0 limit: more than 10000 records without a usable source_ip or "
		       "count, and hardly one with both\n", "millions of them");
	trace_contains(many(BEFORE, RECORD "<record/><record/>", 10000, "</feedback>"),
		       "end 10000 30000 20000 0 c\n", "where others are stored, all are read");
	trace_contains(many(BEFORE, RECORD, 5000, "</feedback>"), "end 5000 15000 0 0 c\n",
		       "5000 records in frames");
	is_int(trace_sets, 1, "and one set");
	trace_quiet = false;
}

/* The 32 bytes of the report's content, in hex. */
static void content_of(const char *xml, char ret[65])
{
	trace_text(xml);
	for (int i = 0; i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", trace_hash[i]);
}

static void same_content(const char *xml, bool same, const char *name)
{
	char first[65], other[65];

	content_of(REPORT(RECORD RECORD), first);
	content_of(xml, other);
	ok((strcmp(first, other) == 0) == same, name);
}

static void content(void)
{
	same_content(" <feedback>\n" METADATA "\n" POLICY RECORD "\n\n" RECORD "</feedback> ", true,
		     "white space does not matter");
	same_content("<feedback>" RECORD RECORD POLICY METADATA "</feedback>", true,
		     "the order of head and records does not matter");
	same_content("<feedback><version>1.0</version><report_metadata><org_name>other</org_name>"
		     "<date_range><begin>1</begin></date_range></report_metadata>" POLICY
		     "<extension><a>1</a></extension>" RECORD "<x>y</x>" RECORD "</feedback>",
		     true, "identity, metadata, extensions and the unknown do not matter");
	same_content(REPORT(RECORD), false, "the number of records matters");
	same_content("<feedback>" METADATA "<policy_published><domain>a.example</domain>"
		     "<p>none</p><sp/></policy_published>" RECORD RECORD "</feedback>",
		     false, "absent differs from empty");
	same_content(REPORT(RECORD "<record>" ROW IDENTIFIERS "<auth_results>" SPF DKIM
				   "</auth_results></record>"),
		     false, "the order of results matters");
	same_content(REPORT(RECORD "<record>" ROW IDENTIFIERS "<auth_results>" DKIM
				   "<spf><domain>b.example</domain><scope>mfrom</scope>"
				   "<result>Fail</result></spf></auth_results></record>"),
		     false, "words count as sent, before normalising");
}

/* Each of its characters with NULs around it: those before, and those behind. */
static void widened(size_t before, size_t behind, const char *repair, const char *name)
{
	static const char nul[3];
	struct buf b = {0};

	for (const char *p = REPORT(RECORD); *p; p++) {
		buf_add(&b, nul, before);
		buf_addc(&b, *p);
		buf_add(&b, nul, behind);
	}
	const char *got = trace_item(b.p, b.len, -1);

	trace_contains(got, HEAD_LINE, name);
	trace_contains(got, repair, "and it is told");
	buf_free(&b);
}

static void characters(void)
{
	widened(0, 1, "repair encoding_wrong to=UTF-16LE\n", "UTF-16LE without a mark");
	widened(1, 0, "repair encoding_wrong to=UTF-16BE\n", "UTF-16BE without a mark");
	widened(0, 3, "repair encoding_wrong to=UTF-32LE\n", "UTF-32LE without a mark");
	widened(3, 0, "", "UTF-32BE without a mark");

	static const char nuls[] = "\0\0\0" REPORT(RECORD) "\0\0";
	const char *got = trace_item(nuls, sizeof(nuls) - 1, -1);

	trace_contains(got, HEAD_LINE, "NULs around a document");
	trace_contains(got, "repair control_character from=\\x00 to= x", "they are told");
	got = trace_text("<?xml version='1.0'?>" REPORT(RECORD) "<!-- Sue\xf1o -->");
	trace_contains(got, "repair invalid_bytes from=\\xf1 to=ñ\nend 1 3 0 0 c\n",
		       "bytes of windows-1252");
}

int main(void)
{
	shapes();
	characters();
	schemas();
	rows();
	reasons();
	results();
	head_values();
	refused();
	limits();
	content();
	return trace_done();
}
