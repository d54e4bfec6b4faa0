/* What reporters write otherwise than the schema says, as changes of the XML. */
#include "bench/odd.h"

#define EACH EDIT_EACH
#define RECORD "record/"
#define ROW "record/row/"
#define EVALUATED "record/row/policy_evaluated/"
#define AUTH "record/auth_results"
#define IDENTIFIERS "record/identifiers"
#define META "report_metadata/"
#define POLICY "policy_published/"

struct rule {
	unsigned char quirk, variant; /* those of one variant go together */
	struct edit edit;
};

#define NULL_RECORD \
	"<record><row><source_ip></source_ip><count>0</count><policy_evaluated>" \
	"<disposition></disposition><dkim></dkim><spf></spf></policy_evaluated></row>" \
	"<identifiers><header_from></header_from></identifiers>" \
	"<auth_results><spf><domain></domain><result></result></spf></auth_results></record>"
#define EMPTY_DKIM "<dkim><domain></domain><selector></selector><result></result></dkim>"
#define MORE_SPF \
	"<spf><domain>a.example.net</domain><result>none</result></spf>" \
	"<spf><domain>b.example.net</domain><result>softfail</result></spf>"
#define XS "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""

static const struct rule rules[] = {
	{1, 0, {"feedback", EDIT_START, "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">",
		1}},
	{1, 1, {"feedback", EDIT_START, "<feedback xmlns=\"http//dmarc.org/dmarc-xml/0.1\">", 1}},
	{1, 2, {"feedback", EDIT_START, "<feedback " XS ">", 1}},
	{1, 3, {"feedback", EDIT_START, "<feedback>", 1}},
	{2, 0, {"feedback", EDIT_BEFORE, "<xs:schema " XS " targetNamespace=\"http://dmarc.org/"
		"dmarc-xml/0.1\">\n", 1}},
	{3, 0, {"?xml", EDIT_TEXT, "<?xml version=\"1.0\"?\">", 1}},
	{4, 0, {"?xml", EDIT_TEXT, "<?xml version=\"1.0\" encoding=\"windows-1252\"?>", 1}},
	{4, 0, {META "org_name", EDIT_APPEND, " \x93Post\x94", 1}},
	{5, 0, {META "org_name", EDIT_APPEND, " Sue\xf1o", 1}},
	{5, 1, {EVALUATED "disposition", EDIT_BEHIND, "<reason><type>other</type><comment>the "
		"sender\x92s list</comment></reason>", 1}},
	{6, 0, {META "email", EDIT_TEXT, "<dmarc@mail.example>", 1}},
	{6, 1, {IDENTIFIERS "/header_from", EDIT_PREPEND, "a < b ", 1}},
	{6, 2, {META "org_name", EDIT_APPEND, " & Sons", 1}},
	{7, 0, {META "email", EDIT_TEXT, "&lt;dmarc@mail.example&gt;", 1}},
	{9, 0, {POLICY "sp", EDIT_BEHIND, "11", 1}},
	{9, 1, {RECORD "row", EDIT_BEHIND, "text", 1}},
	{11, 0, {POLICY "sp", EDIT_BEHIND, "<np>reject</np>", 1}},
	{11, 1, {POLICY "sp", EDIT_BEHIND, "<rf>afrf</rf><ri>86400</ri>", 1}},
	{12, 0, {AUTH, EDIT_FRONT, "spf", EACH}},
	{12, 1, {"report_metadata", EDIT_FRONT, "date_range", 1}},
	{12, 2, {"feedback", EDIT_FRONT, "record", 1}},
	{13, 0, {"policy_published", EDIT_BEHIND, "<policy_published><domain>other.example.net"
		"</domain><p>none</p></policy_published>", 1}},
	{14, 0, {"version", EDIT_ELEMENT, "", 1}},
	{14, 1, {"version", EDIT_ELEMENT, "", 1}},
	{14, 1, {"report_metadata", EDIT_BEFORE, "<version>0.1</version>", 1}},
	{14, 2, {"version", EDIT_ELEMENT, "", 1}},
	{14, 2, {"report_metadata", EDIT_BEFORE, "<version>1</version>", 1}},
	{14, 3, {"version", EDIT_ELEMENT, "", 1}},
	{14, 3, {"report_metadata", EDIT_BEFORE, "<version>2.0</version>", 1}},
	{15, 0, {META "org_name", EDIT_START, "<org_name lang=\"en\">", 1}},
	{15, 1, {META "email", EDIT_START, "<email lang=\"en\">", 1}},
	{15, 2, {AUTH "/spf/result", EDIT_START, "<result lang=\"en\">", EACH}},
	{16, 0, {META "org_name", EDIT_TEXT, "", 1}},
	{16, 1, {META "org_name", EDIT_APPEND, " ", 1}},
	{16, 2, {META "org_name", EDIT_TEXT, "esa1.hc4051-89.filter.example", 1}},
	{17, 0, {META "email", EDIT_ELEMENT, "", 1}},
	{18, 0, {META "report_id", EDIT_PREPEND, "&lt;", 1}},
	{18, 0, {META "report_id", EDIT_APPEND, "@mail.example&gt;", 1}},
	{18, 1, {META "report_id", EDIT_PREPEND, "d1.example.com:", 1}},
	{18, 2, {META "report_id", EDIT_APPEND, "!d1.example.com!1782864000!coffee", 1}},
	{18, 3, {META "report_id", EDIT_APPEND, "$4bf72a=1c@esa1.filter.example", 1}},
	{19, 0, {META "report_id", EDIT_TEXT, "20260701000000", 1}},
	{22, 0, {META "date_range/begin", EDIT_APPEND, ".0", 1}},
	{22, 0, {META "date_range/end", EDIT_APPEND, ".9990", 1}},
	{22, 1, {META "date_range/begin", EDIT_APPEND, " ", 1}},
	{22, 1, {META "date_range/end", EDIT_APPEND, "\n ", 1}},
	{25, 0, {META "extra_contact_info", EDIT_ELEMENT, "", 1}},
	{25, 0, {META "email", EDIT_BEHIND, "<extra_contact_info></extra_contact_info>", 1}},
	{25, 1, {META "date_range", EDIT_BEHIND, "<error>no DNS at 04:00</error>"
		"<error>no DNS at 05:00</error>", 1}},
	{26, 0, {POLICY "sp", EDIT_TEXT, "", 1}},
	{26, 1, {POLICY "sp", EDIT_TEXT, "nil", 1}},
	{26, 2, {POLICY "sp", EDIT_ELEMENT, "", 1}},
	{26, 3, {POLICY "fo", EDIT_ELEMENT, "", 1}},
	{26, 3, {POLICY "pct", EDIT_ELEMENT, "", 1}},
	{27, 0, {POLICY "domain", EDIT_PREPEND, "news.", 1}},
	{28, 0, {"record", EDIT_ELEMENT, "", EACH}},
	{29, 0, {"record", EDIT_ELEMENT, "", EACH}},
	{29, 0, {"policy_published", EDIT_BEHIND, NULL_RECORD, 1}},
	{30, 0, {ROW "source_ip", EDIT_ELEMENT, "", 1}},
	{31, 0, {ROW "source_ip", EDIT_TEXT, "X.X.X.X", 1}},
	{33, 0, {AUTH, EDIT_ELEMENT, "", EACH}},
	{33, 1, {AUTH, EDIT_TEXT, "", EACH}},
	{33, 2, {AUTH "/spf", EDIT_ELEMENT, "", EACH}},
	{34, 0, {AUTH "/spf/domain", EDIT_TEXT, "", EACH}},
	{34, 1, {AUTH "/spf/domain", EDIT_ELEMENT, "", EACH}},
	{34, 2, {AUTH "/spf", EDIT_BEHIND, MORE_SPF, EACH}},
	{34, 3, {AUTH "/spf/scope", EDIT_ELEMENT, "", EACH}},
	{34, 4, {AUTH "/spf/scope", EDIT_ELEMENT, "", EACH}},
	{34, 4, {AUTH "/spf/domain", EDIT_BEHIND, "<scope>helo</scope>", EACH}},
	{35, 0, {AUTH, EDIT_PREPEND, EMPTY_DKIM, EACH}},
	{36, 0, {AUTH "/dkim/selector", EDIT_ELEMENT, "", EACH}},
	{37, 0, {AUTH "/dkim/result", EDIT_TEXT, "unknown", EACH}},
	{37, 1, {AUTH "/dkim/result", EDIT_TEXT, "invalid", EACH}},
	{37, 2, {AUTH "/dkim/result", EDIT_TEXT, "not.evaluated", EACH}},
	{38, 0, {AUTH "/spf/result", EDIT_TEXT, "hardfail", EACH}},
	{38, 1, {AUTH "/spf/result", EDIT_TEXT, "unknown", EACH}},
	{38, 2, {AUTH "/spf/result", EDIT_TEXT, "error", EACH}},
	{39, 0, {EVALUATED "spf", EDIT_TEXT, "none", EACH}},
	{39, 1, {EVALUATED "spf", EDIT_TEXT, "softfail", EACH}},
	{39, 2, {EVALUATED "spf", EDIT_ELEMENT, "", EACH}},
	{39, 2, {EVALUATED "dkim", EDIT_ELEMENT, "", EACH}},
	{40, 0, {EVALUATED "disposition", EDIT_TEXT, "softfail", EACH}},
	{40, 1, {EVALUATED "disposition", EDIT_TEXT, " quarantine", EACH}},
	{40, 2, {EVALUATED "disposition", EDIT_TEXT, "pass", EACH}},
	{41, 0, {EVALUATED "dkim", EDIT_TEXT, "Pass", EACH}},
	{41, 0, {EVALUATED "disposition", EDIT_TEXT, "None", EACH}},
	{41, 1, {EVALUATED "spf", EDIT_TEXT, "PASS", EACH}},
	{41, 1, {AUTH "/spf/result", EDIT_TEXT, "TempError", EACH}},
	{42, 0, {EVALUATED "spf", EDIT_BEHIND, "<reason>sampled_out</reason>", EACH}},
	{42, 1, {EVALUATED "spf", EDIT_BEHIND, "<reason><type></type></reason>", EACH}},
	{42, 2, {EVALUATED "spf", EDIT_BEHIND, "<reason><type>local_policy</type><comment>arc=none"
		"</comment></reason>", EACH}},
	{43, 0, {IDENTIFIERS, EDIT_NAME, "identities", EACH}},
	{44, 0, {IDENTIFIERS "/envelope_from", EDIT_ELEMENT, "", EACH}},
	{44, 1, {IDENTIFIERS "/envelope_from", EDIT_ELEMENT, "", EACH}},
	{44, 1, {IDENTIFIERS "/header_from", EDIT_BEFORE, "<envelope_from/>", EACH}},
	{44, 2, {IDENTIFIERS "/header_from", EDIT_TEXT, "", EACH}},
	{44, 3, {IDENTIFIERS "/header_from", EDIT_TEXT, "MAIL.EXAMPLE.COM", EACH}},
	{45, 0, {POLICY "p", EDIT_TEXT, "none", 1}},
	{45, 0, {EVALUATED "disposition", EDIT_TEXT, "quarantine", EACH}},
	{46, 0, {AUTH "/dkim", EDIT_ELEMENT, "", EACH}},
	{46, 0, {EVALUATED "dkim", EDIT_TEXT, "pass", EACH}},
	{47, 0, {ROW "count", EDIT_TEXT, "5000000000", EACH}},
	/* not of the wild, but of what editors, gateways and databases do to text */
	{65, 0, {META "org_name", EDIT_APPEND, "\x01\x0b", 1}},
	{65, 1, {META "org_name", EDIT_APPEND, "&#1;", 1}},
	{66, 0, {"?xml", EDIT_TEXT, "<?xml version=\"1.0\" encoding=\"utf8mb4\"?>", 1}},
	{67, 0, {"feedback", EDIT_NAME, "ns2:feedback", 1}},
	{68, 0, {"?xml", EDIT_TEXT, "Report of the day:\r\n<?xml version=\"1.0\"?>", 1}},
	{70, 0, {IDENTIFIERS "/header_from", EDIT_END, "</from>", 1}},
	{70, 1, {AUTH "/spf/result", EDIT_END, "", 1}},
	{71, 0, {"feedback", EDIT_BEHIND, "\nSent by the gateway.\n", 1}},
};

#define N_RULES (sizeof(rules) / sizeof(*rules))

unsigned odd_rule_variants(unsigned kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < N_RULES; i++)
		if (rules[i].quirk == kind + 1 && rules[i].variant >= n)
			n = rules[i].variant + 1u;
	return n;
}

unsigned odd_apply_rules(struct odd *o, unsigned kind, unsigned variant)
{
	unsigned n = 0;

	for (size_t i = 0; i < N_RULES; i++)
		if (rules[i].quirk == kind + 1 && rules[i].variant == variant)
			n += edit_apply(&o->xml, &rules[i].edit);
	return n;
}
