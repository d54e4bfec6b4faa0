/*
 * Values of the head that reporters really send, or that nobody should: Qn is the quirk's number in
 * samples/INDEX. What is told of each, and what is taken.
 */
#include "tests/unit/parse_trace.h"

/* A report with this report_metadata, this policy_published and these records. */
static const char *with(const char *metadata, const char *policy, const char *records)
{
	AUTO_FREE char *s = xasprintf("<feedback><report_metadata>%s</report_metadata>"
				      "<policy_published>%s</policy_published>%s</feedback>",
				      metadata, policy, records);

	return trace_text(s);
}

#define DATES "<date_range><begin>1792195200</begin><end>1792281599</end></date_range>"
#define WHO "<org_name>mx</org_name><email>e@mx</email><report_id>1</report_id>"
#define DOMAIN "<domain>a.example</domain>"
#define GOOD_END "end 1 3 0 0 c\n"

static const char *with_dates(const char *begin, const char *end)
{
	AUTO_FREE char *s = xasprintf(WHO "<date_range><begin>%s</begin><end>%s</end></date_range>",
				      begin, end);

	return with(s, DOMAIN "<p>none</p>", RECORD);
}

static const char *with_policy(const char *policy)
{
	AUTO_FREE char *s = xasprintf(DOMAIN "%s", policy);

	return with(WHO DATES, s, RECORD);
}

static void nothing_told(const char *got, const char *name)
{
	ok(!strstr(got, "repair ") && strstr(got, GOOD_END), name);
	if (strstr(got, "repair "))
		tap_note("in %s", got);
}

static void elements(void)
{
	const char *got = with_policy("<p>none</p><np>reject</np><rf>afrf</rf><ri>86400</ri>");

	nothing_told(got, "Q11 np, rf, ri: nothing is wrong with them");
	trace_contains(got, "np=reject extra={\"unknown\":[{\"name\":\"policy_published/rf\","
			    "\"text\":\"afrf\"},{\"name\":\"policy_published/ri\"",
		       "Q11 and what has no column is kept");
	nothing_told(trace_text("<feedback><policy_published><p>none</p>" DOMAIN
				"</policy_published><report_metadata>" DATES WHO
				"</report_metadata>"
				"<record><auth_results>" SPF DKIM "</auth_results>" IDENTIFIERS ROW
				"</record></feedback>"),
		     "Q12 the order is free");
	trace_contains(trace_text("<feedback>" METADATA POLICY "<policy_published><domain>other"
				  "</domain></policy_published>" RECORD "</feedback>"),
		       "domain=a.example p=none extra={\"unknown\":[{\"name\":"
		       "\"policy_published/domain\",\"text\":\"other\"}]}\n",
		       "Q13 of two policies the first holds, and the second is kept");
	trace_contains(buf_cstr(&trace), "repair element_repeated where=policy_published\n"
		       GOOD_END,
		       "Q13 and told");
	trace_contains(trace_text("<feedback>" METADATA "<report_metadata><org_name>b</org_name>"
				  "</report_metadata>" POLICY RECORD "</feedback>"),
		       "repair element_repeated where=report_metadata\n" GOOD_END,
		       "of two report_metadata the first holds");
	trace_contains(with_policy("<p>none</p><p>reject</p>"),
		       "repair element_repeated where=policy_published/p from=reject to=none\n",
		       "a leaf twice: another value is told");
	nothing_told(with_policy("<p>none</p><p>none</p>"), "a leaf twice: the same is not");
}

static void metadata(void)
{
	static const char *const versions[] = {"", "<version>0.1</version>", "<version>1</version>",
					       "<version>2.0</version>", "<version/>"};

	for (int i = 0; i < 5; i++) {
		AUTO_FREE char *s = xasprintf("<feedback>%s" METADATA POLICY RECORD "</feedback>",
					      versions[i]);

		nothing_told(trace_text(s), "Q14 any version, or none");
	}
	trace_contains(with("<org_name lang='en'>mx</org_name><email x='y'>e@mx</email>"
			    "<report_id>1</report_id>" DATES, DOMAIN "<p>none</p>", RECORD),
		       "org=mx email=e@mx id=1 domain=a.example p=none extra={\"attributes\":[",
		       "Q15 attributes disturb nothing");
	trace_contains(with("<org_name/><email>&lt;e@Mx.example&gt;</email><report_id>1"
			    "</report_id>" DATES, DOMAIN "<p>none</p>", RECORD),
		       "repair org_name_empty where=report_metadata/org_name to=Mx.example\n",
		       "Q16 org_name empty: the domain of email, without the bracket of Q7");
	trace_contains(with("<report_id>1</report_id>" DATES, DOMAIN "<p>none</p>", RECORD),
		       "repair element_missing where=report_metadata/email\n"
		       "repair org_name_empty where=report_metadata/org_name\n" GOOD_END,
		       "Q16 neither org_name nor email: stored, and told");
	nothing_told(with("<org_name> esa1.hc4051-89.iphmx.com </org_name><email>e@mx</email>"
			  "<report_id>1</report_id>" DATES, DOMAIN "<p>none</p>", RECORD),
		     "Q16 a blank behind it, or a host: nothing wrong");
	trace_contains(with("<org_name>mx</org_name><report_id>1</report_id>" DATES,
			    DOMAIN "<p>none</p>", RECORD),
		       "repair element_missing where=report_metadata/email\n" GOOD_END,
		       "Q17 email missing");
	trace_contains(with("<org_name>mx</org_name><email>e@mx</email><report_id>"
			    " &lt;a!b$c=d:e@f&gt; </report_id>" DATES, DOMAIN "<p>none</p>",
			    RECORD),
		       "id=<a!b$c=d:e@f> ", "Q18 a report id is what it is, but for blanks");
	trace_contains(with("<org_name>mx</org_name><email>e@mx</email>" DATES,
			    DOMAIN "<p>none</p>", RECORD),
		       "repair element_missing where=report_metadata/report_id\n" GOOD_END,
		       "report_id missing: stored, and told");
	nothing_told(with(WHO "<extra_contact_info/><error>a</error><error>b</error>" DATES,
			  DOMAIN "<p>none</p>", RECORD),
		     "Q25 extra_contact_info empty, several errors");
}

/* Both times, and what is told of them. */
static void times_are(const char *begin, const char *end, const char *taken, const char *told,
		      const char *name)
{
	const char *got = with_dates(begin, end);

	trace_contains(got, taken, name);
	if (told)
		trace_contains(got, told, name);
	else
		ok(!strstr(got, "repair "), name);
}

#define TAKEN " begin=1793491200 end=1793577599 "
#define BEGIN_IS(from) \
	"repair time_form where=report_metadata/date_range/begin from=" from " to=1793491200\n"

static void times(void)
{
	times_are(" 1793491200 ", "\n1793577599\n", TAKEN, NULL, "Q22 blanks are no matter");
	times_are("+1793491200", "01793577599", TAKEN, NULL,
		  "whole numbers as XML Schema has them");
	times_are("1793491200.0", "1793577599.99", TAKEN, BEGIN_IS("1793491200.0"),
		  "Q22 a fraction is cut");
	times_are("1793491200000", "1793577599999", TAKEN, BEGIN_IS("1793491200000"),
		  "milliseconds");
	times_are("1793491200000000", "1793577599999999", TAKEN, BEGIN_IS("1793491200000000"),
		  "microseconds");
	times_are("2026-11-01T00:00:00Z", "2026-11-01T23:59:59Z", TAKEN,
		  BEGIN_IS("2026-11-01T00:00:00Z"), "an ISO date");
	times_are("2026-11-01 00:00:00", "2026-11-01 23:59:59", TAKEN,
		  BEGIN_IS("2026-11-01 00:00:00"), "with a blank and without a zone: UTC");
	times_are("2026-11-01T01:00:00.5+01:00", "2026-11-01T18:59:59-0500", TAKEN,
		  BEGIN_IS("2026-11-01T01:00:00.5+01:00"), "with offsets");
	times_are("2024-02-29T00:00Z", "2024-03-01T00:00Z", " begin=1709164800 end=1709251200 ",
		  "repair time_form", "a leap day");
	times_are("1793491200", "1793491200", " begin=1793491200 end=1793491200 ", NULL,
		  "Q23 begin = end");
	times_are("1793577599", "1793491200", " begin=1793577599 end=1793491200 ",
		  "repair range_swapped where=report_metadata/date_range from=1793577599 to "
		  "1793491200 to=1793491200 to 1793577599\n",
		  "Q23 begin after end: as sent, and told");
	times_are("1793491200", "1810857600", " begin=1793491200 end=1810857600 ", NULL,
		  "Q24 201 days");
	times_are("1793495400", "1793497200", " begin=1793495400 end=1793497200 ", NULL,
		  "Q24 half an hour, not from midnight");
}

static void no_times(void)
{
	static const char *const none[] = {
		"01/02/2026", "2026-11-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
		"2026-11-01T24:00:00Z", "2026-11-01T00:00:00CET", "1.8e9", "-1", "yesterday",
		"9999999999999", "99999999999999999999999999", "0x6ae5a280", "1,793,491",
		"17934912.00.0", "2026-11-01T00:00:00+25:00", "", "1793491200s",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		const char *got = with_dates(none[i], "1793577599");

		trace_contains(got, "head 0 d end=1793577599 ", none[i]);
	}
	trace_contains(with_dates("yesterday", "1793577599"),
		       "repair time_missing where=report_metadata/date_range/begin "
		       "from=yesterday\n",
		       "what is no time is told");
	trace_contains(with(WHO "<date_range><end>1793577599</end></date_range>",
			    DOMAIN "<p>none</p>", RECORD),
		       "repair time_missing where=report_metadata/date_range/begin\n" GOOD_END,
		       "begin missing: stored, on no day");
	is_str(with_dates("01/02/2026", "02/02/2026"),
	       "refused 0 input: a report whose date_range has neither a begin nor an end that is "
	       "a time: 01/02/2026 and 02/02/2026\n",
	       "neither is a time: quarantined, with what stands there");
}

static void policy(void)
{
	nothing_told(with_policy("<p>reject</p>"), "Q26 sp, fo, pct missing");
	trace_contains(with_policy("<p>none</p><sp/><pct/><fo/>"),
		       " p=none\n", "Q26 sp empty is sp absent");
	trace_contains(buf_cstr(&trace),
		       "repair element_empty where=policy_published/sp\n"
		       "repair element_empty where=policy_published/pct\n" GOOD_END,
		       "Q26 and told; an empty fo is allowed");
	trace_contains(with_policy("<p>none</p><sp>nil</sp>"),
		       "repair word_unknown where=policy_published/sp from=nil\n", "Q26 sp nil");
	trace_contains(with_policy("<p> "
				   "None</p><sp>REJECT</sp><adkim>R</adkim><aspf>strict</aspf>"),
		       " p=none sp=reject adkim=r aspf=s extra={\"raw\":{\"aspf\":\"strict\"}}\n",
		       "words of the policy in any form");
	trace_contains(buf_cstr(&trace),
		       "repair word_form where=policy_published/p from= None to=none\n"
		       "repair word_form where=policy_published/sp from=REJECT to=reject\n"
		       "repair word_form where=policy_published/adkim from=R to=r\n"
		       "repair word_synonym where=policy_published/aspf from=strict to=s\n",
		       "and told");
	nothing_told(with_policy("<p>none</p><fo>0:1:d:s</fo><testing>n</testing>"
				 "<discovery_method>treewalk</discovery_method><pct> 50 </pct>"),
		     "what is right is right");
	trace_contains(with_policy("<p>none</p><fo>2</fo><testing>maybe</testing>"),
		       "repair word_unknown where=policy_published/fo from=2\n"
		       "repair word_unknown where=policy_published/testing from=maybe\n",
		       "unknown words of fo and testing");
	trace_contains(with_policy("<p>none</p><pct>100%</pct>"),
		       " pct=100 extra={\"raw\":{\"pct\":",
		       "pct with its sign");
	trace_contains(buf_cstr(&trace),
		       "repair number_form where=policy_published/pct from=100% to=100\n", "told");
	trace_contains(with_policy("<p>none</p><pct>150</pct>"),
		       "repair word_unknown where=policy_published/pct from=150\n",
		       "150 of 100 is no number of them");
	trace_contains(with_policy(""), "repair element_missing where=policy_published/p\n",
		       "p missing");
	trace_contains(trace_text("<feedback>" METADATA "<policy_published><domain>mail.a.example"
				  "</domain><p>none</p></policy_published>" RECORD "</feedback>"),
		       " domain=mail.a.example ", "Q27 the domain is what it is");
	trace_contains(trace_text("<feedback>" METADATA POLICY "</feedback>"), "end 0 0 0 0 c\n",
		       "Q28 no record");
}

static void refusals(void)
{
	is_str(trace_text("<feedback>" POLICY RECORD "</feedback>"),
	       "refused 0 input: feedback without report_metadata: it is not known who reports, "
	       "and about which days\n",
	       "no report_metadata");
	is_str(trace_text("<feedback>" METADATA RECORD "</feedback>"),
	       "refused 0 input: feedback without policy_published: it is not known which domain "
	       "the "
	       "report is about\n",
	       "no policy_published");
	is_str(with(WHO, DOMAIN, RECORD),
	       "refused 0 input: a report without begin and end of its date_range: it is not known "
	       "which days it is about\n",
	       "no date_range");
	is_str(with(WHO DATES, "<domain> </domain>", RECORD),
	       "refused 0 input: a report without the domain of the policy: it is not known which "
	       "domain it is about\n",
	       "no domain");
}

int main(void)
{
	elements();
	metadata();
	times();
	no_times();
	policy();
	refusals();
	return trace_done();
}
