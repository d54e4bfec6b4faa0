/* Recovery from end to end: broken documents to reports, with what is told and what is lost. */
#include "tests/unit/parse_trace.h"

#define PLAIN_LINES HEAD_LINE SET_LINE RECORD_LINE("1")

static unsigned count(const char *in, const char *what)
{
	unsigned n = 0;

	for (; (in = strstr(in, what)); in += strlen(what))
		n++;
	return n;
}

static void whole(void)
{
	is_str(trace_text("junk <?xml version=\"1.0\"?\">" REPORT(RECORD) " tail"),
	       PLAIN_LINES "repair text_before from=junk\n"
			   "repair xml_declaration from=<?xml version=\"1.0\"?\">\n"
			   "repair text_behind where=feedback from=tail\nend 1 3 0 0 c\n",
	       "around the document");
	is_str(trace_text("<schema>" REPORT(RECORD)),
	       PLAIN_LINES "repair wrapper where=feedback from=<schema>\nend 1 3 0 0 c\n",
	       "an element around it that is not closed");
	trace_contains(trace_text("<xs xmlns='urn:ietf:params:xml:ns:dmarc-2.0'>" REPORT(RECORD)),
		       "head 0 9 ", "its name space counts");
	trace_contains(trace_text(REPORT("<record>" ROW "<identifiers><header_from>a & b <c@d>"
					 "</header_from></identifiers></record>")),
		       "record 1 c0000201 3 npf from=a & b <c@d>\n", "no text is lost");
	trace_contains(trace_text(REPORT("<record><row><source_ip>192.0.2.1</source_ip><count>5"
					 "<policy_evaluated/></row></record>" RECORD)),
		       "record 1 c0000201 5 ---\n", "an end tag");
	is_int(count(trace_text(REPORT(RECORD "<record>" ROW RECORD "<record>" ROW
					      "</row></record>" ROW "</record>" RECORD)),
		     "\nrecord "),
	       6, "records without an end, or a start: each comes out");
	is_str(trace_text("<feedback>" RECORD METADATA POLICY "&</feedback>"),
	       PLAIN_LINES "repair bare_markup where=feedback from=& to=&amp;\n"
			   "repair stray_text where=feedback from=&\nend 1 3 0 0 c\n",
	       "records before the head: read once more, told once");
}

static void several(void)
{
	is_str(trace_text(REPORT(RECORD) "<?xml version='1.0'?>\n" REPORT(RECORD RECORD)),
	       PLAIN_LINES "end 1 3 0 0 c\n"
			   "head 1 d begin=1792195200 end=1792281599 org=mx email=e@mx id=1 "
			   "domain=a.example p=none\n" SET_LINE RECORD_LINE("1") RECORD_LINE("2")
			   "end 2 6 0 0 c\n",
	       "two documents, one behind the other");
	is_int(count(trace_text("<all>" REPORT(RECORD) REPORT(RECORD) "<feedback>" RECORD POLICY
						METADATA "</feedback>" REPORT("") "</all>"),
		     "end "),
	       4, "several in one element, one of them records first");
	trace_contains(trace_text("<feedback>" METADATA POLICY RECORD "<record>"
				  ROW REPORT(RECORD)),
		       "end 1 3 1 3 p\n", "the first is cut: its last record is refused");
	trace_contains(trace_text(REPORT(RECORD) "<feedback>x</feedback>"),
		       "end 1 3 0 0 c\nrefused 1 ",
		       "what is wrong with the second changes nothing for the first");
}

static void cut(void)
{
	is_str(trace_text("<feedback>" METADATA POLICY RECORD
			  "<record><row><source_ip>192.0.2.1</source_ip><count>71"),
	       PLAIN_LINES "row 2 refused 0 the report breaks off in this record\n"
			   "repair document_cut where=row to=</row></record></feedback>\n"
			   "end 1 3 1 0 p\n",
	       "in a count: it is not taken for one");
	is_str(trace_text("<feedback>" METADATA POLICY RECORD),
	       PLAIN_LINES "repair document_cut where=feedback to=</feedback>\nend 1 3 0 0 p\n",
	       "only the last tag is missing: nobody knows of what more");
	trace_contains(trace_text("<feedback>" METADATA "<policy_published><domain>a.exam"),
		       "refused 0 input: not well-formed XML, line 1: the document ends in the "
		       "middle; and what can be mended of it is no report: ",
		       "in the head");
}

static void refused(void)
{
	trace_contains(trace_text("<feedback>\n<a>\n</feedback>"),
		       "refused 0 input: not well-formed XML, line 3: an end tag that is not that "
		       "of the open element; and what can be mended of it is no report: feedback "
		       "without", "both reasons");
	trace_contains(trace_text("<feedback><!DOCTYPE a>"), "a DOCTYPE, which no report has\n",
		       "a DOCTYPE within");
	is_str(trace_text("<eedback>" METADATA POLICY RECORD "</feedback>"),
	       PLAIN_LINES "repair start_tag to=<feedback>\n"
			   "repair wrapper where=feedback from=<eedback>\nend 1 3 0 0 c\n",
	       "the tag of feedback itself");
	trace_contains(trace_text("<page><p>feedback</page>"), "not 0 XML without feedback\n",
		       "what is no report is not mended");
}

/* n records behind head; "" or what stands behind the report. */
static const char *large(const char *head, unsigned n, const char *behind)
{
	struct buf b = {0};

	buf_adds(&b, head);
	for (unsigned i = 0; i < n; i++)
		buf_adds(&b, RECORD);
	buf_adds(&b, behind);
	const char *got = trace_item(b.p, b.len, -1);

	buf_free(&b);
	return got;
}

/* libxml2 would wait until all of the document is there for what has no end. */
static void much_behind(void)
{
	trace_quiet = true;
	trace_contains(large("<feedback>a & b" METADATA POLICY, 1000, "</feedback>"),
		       "end 1000 3000 0 0 c\n", "a `&` in front of 100 KB");
	trace_contains(large("<feedback><!-- " METADATA POLICY, 1000, "</feedback>"),
		       "end 1000 3000 0 0 c\n", "a comment without an end");
	trace_contains(large("<feedback><![CDATA[ " METADATA POLICY, 1000, "</feedback>"),
		       "end 1000 3000 0 0 c\n", "a CDATA section without an end");
	trace_contains(large("<!DOCTYPE feedback [<!ENTITY ", 1000, ""),
		       "refused 0 input: a DOCTYPE, which no report has\n",
		       "a DOCTYPE without an end");
	const char *got = large("<feedback>a & b" METADATA POLICY, 50000, "</feedback>\n");

	trace_contains(got, "end 50000 150000 0 0 c\n", "more than 8 MB");
	is_int(count(got, "refused "), 0, "and nothing behind them is found too far away");
	trace_quiet = false;
}

int main(void)
{
	whole();
	several();
	cut();
	refused();
	much_behind();
	return trace_done();
}
