/*
 * Elements where no schema has them, text where only elements may be, and reports that break off:
 * what is taken, what is told, and that no content hash becomes another by it.
 */
#include "parse/aggregate.h"
#include "tests/unit/parse_trace.h"

#define EVALUATED \
	"<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>" \
	"</policy_evaluated>"
#define IP "<source_ip>192.0.2.1</source_ip>"
#define COUNT "<count>3</count>"
#define AUTH "<auth_results>" DKIM SPF "</auth_results>"
#define GOOD HEAD_LINE SET_LINE RECORD_LINE("1")
#define END "end 1 3 0 0 c\n"

/* The content hash of the last trace, in hex. */
static const char *hash(void)
{
	static char hex[65];

	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", trace_hash[i]);
	return hex;
}

static void misplaced(void)
{
	is_str(trace_text(REPORT("<record>" IP COUNT EVALUATED IDENTIFIERS AUTH "</record>")),
	       GOOD "repair element_misplaced where=source_ip to=row/source_ip\n"
		    "repair element_misplaced where=count to=row/count\n"
		    "repair element_misplaced where=policy_evaluated to=row/policy_evaluated\n" END,
	       "a record without a row around its fields");
	is_str(trace_text(REPORT("<record><row>" IP COUNT EVALUATED IDENTIFIERS AUTH
				 "</row></record>")),
	       GOOD "repair element_misplaced where=row/identifiers to=identifiers\n"
		    "repair element_misplaced where=row/auth_results to=auth_results\n" END,
	       "all of it in the row");
	is_str(trace_text(REPORT("<record>" ROW "<header_from>a.example</header_from>" AUTH
				 "</record>")),
	       GOOD "repair element_misplaced where=header_from to=identifiers/header_from\n" END,
	       "header_from directly in the record");
	is_str(trace_text("<feedback><report_metadata><org_name>mx</org_name><email>e@mx</email>"
			  "<report_id>1</report_id></report_metadata>" POLICY
			  "<date_range><begin>1792195200</begin><end>1792281599</end></date_range>"
			  RECORD "</feedback>"),
	       GOOD "repair element_misplaced where=date_range to=report_metadata/date_range\n" END,
	       "date_range outside report_metadata");
	is_str(trace_text("<feedback><report_metadata><org_name>mx</org_name><email>e@mx</email>"
			  "<report_id>1</report_id></report_metadata>" POLICY RECORD
			  "<date_range><begin>1792195200</begin><end>1792281599</end></date_range>"
			  "</feedback>"),
	       GOOD "repair element_misplaced where=date_range to=report_metadata/date_range\n" END,
	       "and behind the records");
	trace_contains(trace_text("<feedback><report_metadata><org_name>mx</org_name>"
				  "<email>e@mx</email><report_id>1</report_id><begin>1792195200"
				  "</begin><end>1792281599</end></report_metadata>" POLICY RECORD
				  "</feedback>"),
		       GOOD, "begin and end without date_range");
	trace_contains(trace_text("<feedback><org_name>mx</org_name><email>e@mx</email><report_id>1"
				  "</report_id><report_metadata><date_range>"
				  "<begin>1792195200</begin>"
				  "<end>1792281599</end></date_range></report_metadata>"
				  POLICY RECORD
				  "</feedback>"),
		       GOOD "repair element_misplaced where=org_name to=report_metadata/org_name\n",
		       "org_name outside report_metadata");
}

static void records_elsewhere(void)
{
	is_str(trace_text("<feedback>" METADATA POLICY "<records>" RECORD RECORD
			  "</records></feedback>"),
	       GOOD RECORD_LINE("2") "repair element_misplaced where=records/record to=record x2\n"
				     "end 2 6 0 0 c\n",
	       "records in something that nobody knows are records");
	is_str(trace_text("<feedback>" METADATA "<policy_published><domain>a.example</domain>"
			  "<p>none</p>" RECORD "</policy_published></feedback>"),
	       GOOD "repair element_misplaced where=policy_published/record to=record\n" END,
	       "records in the policy");
	trace_contains(trace_text(REPORT("<record>" ROW IDENTIFIERS RECORD AUTH "</record>")),
		       "set\nrecord 1 c0000201 3 npf from=a.example\n" SET_LINE RECORD_LINE("2")
		       "repair element_misplaced where=record to=record\n"
		       "repair element_missing where=auth_results\n",
		       "a record in a record is one of its own");
	trace_contains(buf_cstr(&trace),
		       "repair element_misplaced where=record/auth_results/dkim/domain "
		       "from=a.example\n",
		       "what comes behind it of the outer one is told");
	trace_contains(trace_text("<feedback>" METADATA POLICY "<extension><record><row>" IP COUNT
				  "</row></record></extension>" RECORD "</feedback>"),
		       "end 1 3 0 0 c\n", "what is in an extension is none of ours");
}

/* What may mean two things is kept as it is. */
static void doubtful(void)
{
	const char *got = trace_text(REPORT("<record><row>" IP COUNT "<dkim>pass</dkim></row>"
					    IDENTIFIERS AUTH "</record>"));

	trace_contains(got, " 3 --- from=a.example "
		       "extra={\"unknown\":[{\"name\":\"row/dkim\",\"text\":"
			    "\"pass\"}]}\n", "dkim in row may be two things");
	trace_contains(got, "repair element_misplaced where=row/dkim\n", "and is told");
	is_str(trace_text(REPORT("<record>" ROW IDENTIFIERS AUTH "<x:count xmlns:x='urn:x'>9"
				 "</x:count></record>")),
	       HEAD_LINE SET_LINE "record 1 c0000201 3 npf from=a.example "
	       "extra={\"unknown\":[{\"name\":"
				  "\"count\",\"ns\":\"urn:x\",\"text\":\"9\"}]}\n" END,
	       "another namespace's count is not the count");
	trace_contains(trace_text(REPORT("<record>" ROW "<row>" IP "<count>9</count></row>"
					 IDENTIFIERS
					 AUTH "</record>")),
		       "repair element_repeated where=row\n"
		       "repair element_repeated where=row/count from=9 to=3\nend 1 3",
		       "a second row: the first holds");
}

static void stray(void)
{
	is_str(trace_text("<feedback>" METADATA "<policy_published><domain>a.example</domain>"
			  "<p>none</p>11</policy_published>x<record>y" ROW IDENTIFIERS AUTH
			  "z</record> &amp; </feedback>"),
	       GOOD "repair stray_text where=policy_published from=11\n"
		    "repair stray_text where=feedback from=x\n"
		    "repair stray_text where=record from=y\n"
		    "repair stray_text where=record from=z\n"
		    "repair stray_text where=feedback from=&\n" END,
	       "Q9 text between elements");
	is_str(trace_text("<feedback>x" RECORD "y" POLICY METADATA "</feedback>"),
	       GOOD "repair stray_text where=feedback from=x\n"
		    "repair stray_text where=feedback from=y\n" END,
	       "told once, though read twice");
	trace_contains(trace_text("<feedback>" METADATA
				  "<policy_published><domain>a.example</domain>"
				  "<p>none<b/>reject</p></policy_published>" RECORD "</feedback>"),
		       "repair stray_text where=policy_published/p from=reject\n",
		       "text behind a child of a value");
	trace_contains(trace_text("<feedback>" METADATA POLICY "<x>a<y/>b</x>" RECORD
				  "</feedback>"),
		       "{\"name\":\"x\",\"text\":\"a\"},{\"name\":\"x/y\",\"text\":\"\"},"
		       "{\"name\":\"x\",\"text\":\"b\"}]",
		       "of what nobody knows all text is kept");
}

/* Reports that were stored before these things were taken must stay repeats. */
static void hashes(void)
{
	trace_text(REPORT("<record><row>" IP COUNT "</row><identifiers/></record>"));
	AUTO_FREE char *bare = xstrdup(hash());

	trace_text(REPORT("<record><row>" IP COUNT IDENTIFIERS AUTH "</row>" EVALUATED
			  "<identifiers/></record>"));
	is_str(hash(), bare, "what stands elsewhere is no part of the hash, as the unknown is");
	trace_text(REPORT(RECORD));
	is_str(hash(), "9d235af6e86cca68458aac5feabf9844b18eb23d0bc88dae863b5ff7ebf5cb77",
	       "a plain report's: as version 1 made it");
	trace_text("<feedback>" METADATA "<policy_published><domain>a.example</domain><p> None</p>"
		   "<sp/><pct>100%</pct></policy_published><record><row><source_ip> 192.0.2.1"
		   "</source_ip><count>3</count><policy_evaluated><disposition> Pass</disposition>"
		   "<reason>sampled_out</reason><reason><type>Forwarded</type><comment>c</comment>"
		   "</reason></policy_evaluated></row><identities><header_from>B</header_from>"
		   "</identities><auth_results><dkim/><spf><domain/><scope>MFROM</scope><result>"
		   "hardfail</result><human_result>h</human_result></spf></auth_results></record>"
		   "<record><row><source_ip>X.X.X.X</source_ip><count>2</count></row></record>"
		   "</feedback>");
	is_str(hash(), "c389ac5ecb4d1320b70c31b2637722986f369587f9b3a921d42028f836870c55",
	       "an odd one's: as version 1 made it");
}

/* A document that is cut is closed by somebody else: here by hand, as parse/mend.h does it. */
static const char *broken(const char *whole, const char *closing)
{
	static const struct frame_handler h = {
		.head = on_head, .set = on_set, .record = on_record,
		.row_refused = on_row_refused, .repair = on_repair, .again = on_again,
		.end = on_end, .refused = on_refused, .not_report = on_not_report,
		.item_end = on_item_end,
	};
	struct frame_check *check = frame_check_new(&h);
	struct parse_sink sink = {.ctx = check, .flush = trace_frames};
	struct emit *m = emit_new();
	struct repairs *r = repairs_new();
	struct aggregate *a = aggregate_new(m, r);
	xmlSAXHandler sax = {0};
	struct err e = {0};

	trace.len = 0;
	frame_check_expect(check, ITEM);
	aggregate_handlers(&sax);
	xmlParserCtxtPtr ctxt = xmlCreatePushParserCtxt(&sax, a, NULL, 0, NULL);

	emit_start(m, ITEM, &sink);
	aggregate_document(a, 0, false);
	aggregate_begin(a, ctxt);
	xmlParseChunk(ctxt, whole, (int)strlen(whole), 0);
	aggregate_break_off(a, "the gzip ends in the middle");
	xmlParseChunk(ctxt, closing, (int)strlen(closing), 1);
	if (aggregate_refused(a, &e) || aggregate_end(a, &e) < 0)
		emit_refused(m, 0, &e);
	emit_item_end(m, 1, 0);
	xmlFreeParserCtxt(ctxt);
	aggregate_free(a);
	repairs_free(r);
	emit_free(m);
	frame_check_free(check);
	buf_free(&sink.out);
	return buf_cstr(&trace);
}

#define CUT(records, closing) broken("<feedback>" METADATA POLICY records, closing "</feedback>")

static void breaks(void)
{
	trace_contains(CUT(RECORD "<record><row>" IP "<count>12</count>", "</row></record>"),
		       RECORD_LINE("1") "row 2 refused 12 the report breaks off in this record\n"
					"end 1 3 1 12 p\n",
		       "a count that was whole counts");
	is_str(trace_lost,
	       "the gzip ends in the middle: record 2 is not whole and refused, and what may have "
	       "come behind it is lost",
	       "what is lost behind it");
	trace_contains(CUT(RECORD "<record><row>" IP "<count>12", "</count></row></record>"),
		       RECORD_LINE("1") "row 2 refused 0 the report breaks off in this record\n"
					"end 1 3 1 0 p\n",
		       "one that may go on does not");
	trace_contains(CUT(RECORD "<record><row>" IP COUNT "<policy_evaluated><spf>pa",
			   "</spf></policy_evaluated></row></record>"),
		       "refused 3 the report breaks off in this record\nend 1 3 1 3 p\n",
		       "a word that is cut is not told as a wrong one");
	trace_contains(CUT(RECORD, ""), "end 1 3 0 0 p\n", "between records");
	is_str(trace_lost, "the gzip ends in the middle: what may have come behind record 1 is "
	       "lost", "what is lost behind it");
	trace_contains(CUT("", ""), "end 0 0 0 0 p\n", "before the first");
	is_str(trace_lost, "the gzip ends in the middle: its records are lost", "all are lost");
	trace_contains(broken("<feedback>" METADATA
			      "<policy_published><domain>a.example</domain><sp>no",
			      "</sp></policy_published></feedback>"),
		       "refused 0 input: the gzip ends in the middle, before report_metadata and "
		       "policy_published are whole\n",
		       "in the head: nothing of it can be trusted");
}

/* 30 elements with long names, and a million that are told: not a million long paths. */
static void long_paths(void)
{
	struct buf b = {0};
	const size_t name = 40000;

	buf_adds(&b, "<feedback>" METADATA POLICY);
	for (int i = 0; i < 28; i++) {
		buf_addc(&b, '<');
		memset(buf_take(&b, name), 'n', name);
		buf_addc(&b, '>');
	}
	for (int i = 0; i < 1000000; i++)
		buf_adds(&b, "<p/>");
	trace_contains(trace_item(b.p, b.len, -1),
		       "refused 0 limit: elements whose names are longer than 4096 bytes in all\n",
		       "names are limited where they are told");
	buf_free(&b);
}

int main(void)
{
	misplaced();
	records_elsewhere();
	doubtful();
	stray();
	hashes();
	breaks();
	long_paths();
	return trace_done();
}
