/*
 * Values of records that reporters really send, or that nobody should: Qn is the quirk's number in
 * samples/INDEX. What is taken, what is told, and which rows are refused.
 */
#include "tests/unit/parse_trace.h"

#define EVALUATED(d, dkim, spf) \
	"<policy_evaluated><disposition>" d "</disposition><dkim>" dkim "</dkim><spf>" spf \
	"</spf></policy_evaluated>"
#define IP "<source_ip>192.0.2.1</source_ip>"
#define COUNT "<count>3</count>"
#define AUTH "<auth_results>" SPF "</auth_results>"
#define HEADER_LINE "set [mf d=b.example]\n"

/* A report of one record that is right but for its row. */
static const char *with_row(const char *row)
{
	AUTO_FREE char *s = xasprintf("<feedback>" METADATA POLICY "<record><row>%s</row>"
				      IDENTIFIERS AUTH "</record></feedback>", row);

	return trace_text(s);
}

static const char *with_ip(const char *ip)
{
	AUTO_FREE char *s = xasprintf("<source_ip>%s</source_ip>" COUNT EVALUATED("none", "pass",
									       "fail"), ip);

	return with_row(s);
}

static const char *with_count(const char *count)
{
	AUTO_FREE char *s = xasprintf(IP "<count>%s</count>" EVALUATED("none", "pass", "fail"),
				      count);

	return with_row(s);
}

static const char *with_evaluated(const char *evaluated)
{
	AUTO_FREE char *s = xasprintf(IP COUNT "%s", evaluated);

	return with_row(s);
}

static const char *with_results(const char *results)
{
	AUTO_FREE char *s = xasprintf("<feedback>" METADATA POLICY "<record>" ROW IDENTIFIERS
				      "<auth_results>%s</auth_results></record></feedback>",
				      results);

	return trace_text(s);
}

static const char *with_identifiers(const char *identifiers)
{
	AUTO_FREE char *s = xasprintf("<feedback>" METADATA POLICY "<record>" ROW "%s" AUTH
				      "</record></feedback>", identifiers);

	return trace_text(s);
}

static void nothing_told(const char *got, const char *name)
{
	ok(!strstr(got, "repair ") && strstr(got, "end 1 3 0 0 c\n"), name);
	if (strstr(got, "repair "))
		tap_note("in %s", got);
}

/* One repair, and nothing else is told. */
static void told(const char *got, const char *repair, const char *name)
{
	AUTO_FREE char *wanted = xasprintf("\nrepair %s\nend 1 3 0 0 c\n", repair);

	trace_contains(got, wanted, name);
	ok(!strstr(strstr(got, "repair ") ? strstr(got, "repair ") + 1 : "", "repair "),
	   "and that alone is told");
}

static void refused(const char *got, int messages, const char *why)
{
	AUTO_FREE char *wanted = xasprintf("row 1 refused %d %s\nend 0 0 1 %d c\n", messages, why,
					   messages);

	trace_contains(got, wanted, why);
}

static void null_reports(void)
{
	static const char why[] = "no source_ip and count 0: a null report's row";

	refused(with_row("<source_ip/><count>0</count>" EVALUATED("", "", "")), 0, why);
	refused(with_row("<count>0</count>"), 0, why);
	trace_contains(trace_text(REPORT("<record><row><source_ip/><count>0</count></row></record>"
					 RECORD "<record><row><count>7</count></row></record>")),
		       "row 1 refused 0 no source_ip and count 0: a null report's row\n" SET_LINE
		       RECORD_LINE("2") "row 3 refused 7 no source_ip\nend 1 3 2 7 c\n",
		       "Q30 rows without an address are refused and counted, the others stay");
}

static void addresses(void)
{
	static const struct {
		const char *ip, *hex, *plain; /* plain: NULL if nothing is told */
	} good[] = {
		{"192.0.2.1", "c0000201", NULL},
		{" 192.0.2.1\n", "c0000201", NULL},
		{"2001:DB8::1", "20010db8000000000000000000000001", NULL},
		{"::ffff:192.0.2.1", "c0000201", NULL},
		{"::", "00000000000000000000000000000000", NULL},
		{"[192.0.2.1]", "c0000201", "192.0.2.1"},
		{"192.0.2.1:25", "c0000201", "192.0.2.1"},
		{"[192.0.2.1]:25", "c0000201", "192.0.2.1"},
		{"192.0.2.1/32", "c0000201", "192.0.2.1"},
		{"[2001:db8::1]", "20010db8000000000000000000000001", "2001:db8::1"},
		{"[IPv6:2001:db8::1]", "20010db8000000000000000000000001", "2001:db8::1"},
		{"[2001:db8::1]:587", "20010db8000000000000000000000001", "2001:db8::1"},
		{"2001:db8::1/128", "20010db8000000000000000000000001", "2001:db8::1"},
		{"fe80::1%eth0", "fe800000000000000000000000000001", "fe80::1"},
		{"[fe80::1%25eth0]", "fe800000000000000000000000000001", "fe80::1"},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		AUTO_FREE char *record = xasprintf("record 1 %s 3 npf ", good[i].hex);
		const char *got = with_ip(good[i].ip);

		trace_contains(got, record, good[i].ip);
		if (!good[i].plain) {
			nothing_told(got, good[i].ip);
			continue;
		}
		AUTO_FREE char *repair = xasprintf("address_form where=row/source_ip from=%s to=%s",
						   good[i].ip, good[i].plain);

		told(got, repair, good[i].ip);
	}
}

static void no_addresses(void)
{
	static const char *const none[] = {
		"X.X.X.X", "unknown", "mail.example.com", "192.0.2", "192.0.2.1.",
		"192.0.2.1:25:25",
		"192.0.2.1:99999x", "[192.0.2.1", "192.0.2.1]", "[]", "2001:db8::1::2", "fe80::1%",
		"192.0.2.1%eth0", "192.0.2.1 192.0.2.2", "3221225985", ":", "/", "%", "[", "]:25",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		AUTO_FREE char *why = xasprintf("source_ip is %s, which is no address", none[i]);

		trace_contains(with_ip(none[i]), why, "Q31 no address");
		trace_contains(buf_cstr(&trace), "end 0 0 1 3 c\n", "Q31 its messages are counted");
	}
	refused(with_ip("192.0.010.1"), 3, "source_ip is 192.0.010.1, which may be two addresses: "
					   "some read 010 as 10, some as 8");
	refused(with_ip("192.0.2.0/24"), 3,
		"source_ip is 192.0.2.0/24, which is a network and no address");
	refused(with_ip("192.0.2.256"), 3, "source_ip is 192.0.2.256, which is no address: a "
		"number "
					   "in it is over 255 or missing");
	refused(with_ip(""), 3, "no source_ip");
	trace_contains(with_ip("0123456789012345678901234567890123456789012345678901234567890123456"
			       "78901234567890"),
		       "row 1 refused 3 source_ip is 0123456789012345678901234567890123456789012345"
		       "6789012345678901234567890123456789.., which is no address\n",
		       "a long one is cut in the sentence");
}

static void counts(void)
{
	trace_contains(with_count("4294967296"), "record 1 c0000201 4294967296 ",
		       "Q47 over 32 bits");
	trace_contains(with_count("1000000000000"), "record 1 c0000201 1000000000000 ",
		       "Q47 the most that is taken");
	nothing_told(with_count(" +3 "), "a plus is allowed in whole numbers");
	nothing_told(with_count("0003"), "and so are zeroes");
	told(with_count("3.0"), "number_form where=row/count from=3.0 to=3",
	     "a fraction of nothing");
	refused(with_count("1000000000001"), 0,
		"count is 1000000000001, which is more than 1000000000000, and no number of "
		"messages");
	refused(with_count("1000000000001.0"), 0,
		"count is 1000000000001.0, which is more than 1000000000000, and no number of "
		"messages");
	refused(with_count("9223372036854775807"), 0,
		"count is 9223372036854775807, which is more than 1000000000000, and no number of "
		"messages");
	refused(with_count("99999999999999999999999999"), 0,
		"count is 99999999999999999999999999, which is more than 1000000000000, and no "
		"number of messages");
	refused(with_count("-1"), 0, "count is -1, which is less than nothing");
	refused(with_count("1,000"), 0,
		"count is 1,000, which can be read as thousands or as a fraction");
	refused(with_count("1.000"), 0,
		"count is 1.000, which can be read as thousands or as a fraction");
	refused(with_count("1 000"), 0,
		"count is 1 000, which can be read as thousands or as a fraction");
	refused(with_count("1.5"), 0, "count is 1.5, which is no whole number");
	refused(with_count("1e3"), 0, "count is 1e3, which is a number with an exponent, and no "
		"count");
	refused(with_count("many"), 0, "count is many, which is no number");
	refused(with_count("0x10"), 0, "count is 0x10, which is no number");
	refused(with_count(""), 0, "no count");
	refused(with_row(IP EVALUATED("none", "pass", "fail")), 0, "no count");
	trace_contains(trace_text(REPORT(RECORD RECORD RECORD)), "end 3 9 0 0 c\n",
		       "Q32 equal records are as many");
}

static void evaluated(void)
{
	const char *got = with_evaluated("");

	trace_contains(got, " 3 --- from=a.example\n", "Q39 policy_evaluated missing");
	told(got, "element_missing where=row/policy_evaluated", "Q39 policy_evaluated missing");
	got = with_evaluated("<policy_evaluated><disposition>none</disposition>"
			     "</policy_evaluated>");
	trace_contains(got, " 3 n-- ", "Q39 dkim and spf missing");
	trace_contains(got, "repair element_missing where=row/policy_evaluated/dkim\n"
			    "repair element_missing where=row/policy_evaluated/spf\nend",
		       "Q39 dkim and spf missing");
	got = with_evaluated(EVALUATED("none", "", "pass"));
	trace_contains(got, " 3 n-p ", "an empty one is absent");
	told(got, "element_empty where=row/policy_evaluated/dkim", "an empty one is absent");
	got = with_evaluated(EVALUATED("none", "fail", "softfail"));
	trace_contains(got, " 3 nfs ", "Q39 softfail");
	told(got, "word_unknown where=row/policy_evaluated/spf from=softfail", "Q39 softfail");
	told(with_evaluated(EVALUATED("none", "none", "fail")),
	     "word_unknown where=row/policy_evaluated/dkim from=none", "Q39 none");
	got = with_evaluated(EVALUATED(" quarantine", "fail", "fail"));
	trace_contains(got, " 3 qff ", "Q40 a blank before the word");
	told(got, "word_form where=row/policy_evaluated/disposition from= quarantine to=quarantine",
	     "Q40 a blank before the word");
	nothing_told(with_evaluated(EVALUATED("pass", "pass", "pass")),
		     "Q40 pass is RFC 9990's, in any report");
	got = with_evaluated(EVALUATED("softfail", "fail", "fail"));
	trace_contains(got, " 3 off from=a.example extra={\"raw\":{\"disposition\":\"softfail\"}}",
		       "Q40 softfail is kept beside its code");
	told(got, "word_unknown where=row/policy_evaluated/disposition from=softfail",
	     "Q40 softfail");
	got = with_evaluated(EVALUATED("None", "\tPASS", "Pass "));
	trace_contains(got, " 3 npp ", "Q41 case");
	trace_contains(got, "repair word_form where=row/policy_evaluated/disposition from=None "
		       "to=none\n"
			    "repair word_form where=row/policy_evaluated/dkim from=\tPASS to=pass\n"
			    "repair word_form where=row/policy_evaluated/spf from=Pass  "
			    "to=pass\nend",
		       "Q41 case, each as it was sent");
	nothing_told(with_evaluated(EVALUATED("quarantine", "pass", "pass")),
		     "Q45 a disposition that contradicts the policy");
}

static void reasons(void)
{
	static const char *const known[] = {"forwarded", "sampled_out", "trusted_forwarder",
					    "mailing_list", "local_policy", "other",
					    "policy_test_mode"};

	for (int i = 0; i < 7; i++) {
		AUTO_FREE char *s = xasprintf(
			"<policy_evaluated><disposition>none</disposition><dkim>pass</dkim>"
			"<spf>pass</spf><reason><type>%s</type><comment/></reason>"
			"</policy_evaluated>",
			known[i]);

		nothing_told(with_evaluated(s), known[i]);
	}
#define REASON(r) \
	"<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf>" \
	"<reason>" r "</reason></policy_evaluated>"
	const char *got = with_evaluated(REASON(" sampled_out "));

	trace_contains(got, "extra={\"reasons\":[{\"type\":\"sampled_out\"}]}\n", "Q42 bare text");
	told(got, "stray_text where=row/policy_evaluated/reason from=sampled_out to=type",
	     "Q42 bare text");
	told(with_evaluated(REASON("<type/>")),
	     "element_empty where=row/policy_evaluated/reason/type", "Q42 type empty");
	told(with_evaluated(REASON("")), "element_missing where=row/policy_evaluated/reason/type",
	     "Q42 type missing");
	got = with_evaluated(REASON("<type>Forwarded</type>"));
	trace_contains(got, "[{\"type\":\"forwarded\"}]", "case");
	told(got, "word_form where=row/policy_evaluated/reason/type from=Forwarded to=forwarded",
	     "case");
	got = with_evaluated(REASON("<type>arc</type>"));
	trace_contains(got, "[{\"type\":\"arc\"}]", "an unknown one is kept");
	told(got, "word_unknown where=row/policy_evaluated/reason/type from=arc", "unknown");
}

static void spf(void)
{
	const char *got = with_results("<spf><domain/><result>none</result></spf>");

	trace_contains(got, "set [sn d=]\n", "Q34 spf/domain empty");
	told(got, "element_empty where=auth_results/spf/domain", "Q34 spf/domain empty");
	told(with_results("<spf><result>none</result></spf>"),
	     "element_missing where=auth_results/spf/domain", "Q34 spf/domain missing");
	got = with_results(SPF
			   "<spf><domain>h</domain><scope>helo</scope><result>pass</result></spf>"
			   "<spf><domain>a</domain><result>softfail</result></spf>");
	trace_contains(got, "set [mf d=b.example] [hp d=h] [ss d=a]\n",
		       "Q34 three, helo, no scope");
	nothing_told(got, "Q34 three, helo, no scope");
	told(with_results("<spf><domain>a</domain><scope/><result>pass</result></spf>"),
	     "element_empty where=auth_results/spf/scope", "scope empty");
	got = with_results("<spf><domain>a</domain><scope>pra</scope><result>pass</result></spf>");
	trace_contains(got, "set [op d=a]\n", "scope unknown");
	told(got, "word_unknown where=auth_results/spf/scope from=pra", "scope unknown");
	got = with_results("<spf><domain>a</domain><result>hardfail</result></spf>");
	trace_contains(got, "set [sf d=a raw=hardfail]\n", "Q38 hardfail is fail");
	told(got, "word_synonym where=auth_results/spf/result from=hardfail to=fail",
	     "Q38 hardfail");
	got = with_results("<spf><domain>a</domain><result>unknown</result></spf>"
			   "<spf><domain>a</domain><result>error</result></spf>");
	trace_contains(got, "set [so d=a raw=unknown] [so d=a raw=error]\n", "Q38 unknown, error");
	trace_contains(got, "repair word_unknown where=auth_results/spf/result from=unknown\n"
			    "repair word_unknown where=auth_results/spf/result from=error\nend",
		       "Q38 unknown, error");
}

static void dkim(void)
{
	static const char *const unknown[] = {"unknown", "invalid", "not.evaluated", "softfail"};

	nothing_told(with_results(""), "Q33 auth_results empty");
	nothing_told(with_results(DKIM), "Q33 only dkim");
	told(trace_text(REPORT("<record>" ROW IDENTIFIERS "</record>")),
	     "element_missing where=auth_results", "Q33 auth_results missing");
	const char *got = with_results("<dkim><domain/><selector/><result/></dkim><dkim/>");

	trace_contains(got, "set [d- d= s=] [d-]\n", "Q35 dkim empty");
	told(got, "element_empty where=auth_results/dkim x2", "Q35 dkim empty");
	nothing_told(with_results("<dkim><domain>a</domain><result>pass</result></dkim>"),
		     "Q36 selector missing");
	for (int i = 0; i < 4; i++) {
		AUTO_FREE char *s = xasprintf("<dkim><domain>a</domain><result>%s</result></dkim>",
					      unknown[i]);
		AUTO_FREE char *repair = xasprintf(
			"word_unknown where=auth_results/dkim/result from=%s", unknown[i]);

		told(with_results(s), repair, "Q37 a word that DKIM does not have");
	}
	got = with_results("<dkim><domain>a</domain><result>TempError</result></dkim>");
	trace_contains(got, "set [dt d=a]\n", "Q41 TempError");
	told(got, "word_form where=auth_results/dkim/result from=TempError to=temperror",
	     "Q41 TempError");
	told(with_results("<dkim><domain>a</domain></dkim>"),
	     "element_missing where=auth_results/dkim/result", "result missing");
	nothing_told(with_results(SPF), "Q46 evaluated as pass, but no dkim result");
	got = with_results("<dkim><domain>a</domain><result>\n pass\n</result></dkim>");
	told(got, "word_form where=auth_results/dkim/result from=\n pass\n to=pass",
	     "blanks around a word are not the word");
	trace_contains(trace_text(REPORT("<record>" ROW IDENTIFIERS "<auth_results><spf><domain>a"
					 "</domain><result>Pass</result></spf></auth_results>"
					 "</record>"
					 "<record>" ROW IDENTIFIERS "<auth_results><spf><domain>a"
					 "</domain><result>Pass</result></spf></auth_results>"
					 "</record>"
					 )),
		       "from=Pass to=pass x2\n", "as often as it was sent, though one set is");
}

static void identifiers(void)
{
	const char *got = with_identifiers("<identities><header_from>b</header_from></identities>");

	trace_contains(got, " from=b\n", "Q43 identities");
	told(got, "element_name where=identifiers from=identities to=identifiers",
	     "Q43 identities");
	got = with_identifiers("<identifiers><HEADER_FROM>b</HEADER_FROM></identifiers>");
	trace_contains(got, " from=b\n", "names of elements in other case");
	told(got, "element_name where=identifiers/header_from from=HEADER_FROM to=header_from",
	     "names of elements in other case");
	nothing_told(with_identifiers(IDENTIFIERS), "Q44 envelope_from missing");
	got = with_identifiers("<identifiers><header_from>B.Example</header_from><envelope_from/>"
			       "</identifiers>");
	trace_contains(got, " from=B.Example env=\n", "Q44 envelope_from empty, upper case");
	nothing_told(got, "Q44 envelope_from empty, upper case");
	told(with_identifiers("<identifiers><header_from> </header_from></identifiers>"),
	     "element_empty where=identifiers/header_from", "Q44 header_from empty");
	told(with_identifiers(""), "element_missing where=identifiers/header_from",
	     "identifiers missing");
}

int main(void)
{
	null_reports();
	addresses();
	no_addresses();
	counts();
	evaluated();
	reasons();
	spf();
	dkim();
	identifiers();
	return trace_done();
}
