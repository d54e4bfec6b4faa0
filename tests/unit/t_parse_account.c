/*
 * Every record is accounted for: reports made of odd values by chance, against sums of our own.
 * RUADB_TEST_SEED makes the same reports again; it is printed.
 */
#include "tests/unit/parse_trace.h"

#define REPORTS 1500
#define MOST_RECORDS 12

static uint64_t state;

/* 0..n-1 (splitmix64) */
static unsigned chance(unsigned n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ z >> 31) % n);
}

#define COUNT_OF(a) (sizeof(a) / sizeof(*(a)))
#define ANY(a) ((a)[chance(COUNT_OF(a))])

/* What is there, and what a reader makes of it; -1: nothing. */
static const struct {
	const char *xml;
	int64_t messages;
} counts[] = {
	{"<count>1</count>", 1},
	{"<count>3</count>", 3},
	{"<count>\n\t12 </count>", 12},
	{"<count>+4</count>", 4},
	{"<count>007</count>", 7},
	{"<count>5.0</count>", 5},
	{"<count>0</count>", 0},
	{"<count>4294967297</count>", 4294967297},
	{"<count>2</count><count>9</count>", 2},
	{"<count lang='en'>6</count>", 6},
	{"<count><![CDATA[8]]></count>", 8},
	{"<count>1<!-- 2 -->0</count>", 10},
	{"<count>&#49;1</count>", 11},
	{"<count/>", -1},
	{"", -1},
	{"<count>-1</count>", -1},
	{"<count>1,000</count>", -1},
	{"<count>1.000</count>", -1},
	{"<count>2.5</count>", -1},
	{"<count>1e3</count>", -1},
	{"<count>many</count>", -1},
	{"<count>1000000000000</count>", 1000000000000},
	{"<count>1000000000001</count>", -1},
	{"<count>9223372036854775808</count>", -1},
};

static const struct {
	const char *xml;
	bool good;
} addresses[] = {
	{"<source_ip>192.0.2.1</source_ip>", true},
	{"<source_ip> 198.51.100.7\n</source_ip>", true},
	{"<source_ip>2001:db8::1</source_ip>", true},
	{"<source_ip>::ffff:192.0.2.3</source_ip>", true},
	{"<source_ip>[192.0.2.4]</source_ip>", true},
	{"<source_ip>192.0.2.5:25</source_ip>", true},
	{"<source_ip>fe80::1%eth0</source_ip>", true},
	{"<source_ip>192.0.2.6</source_ip><source_ip>X</source_ip>", true},
	{"<source_ip>X.X.X.X</source_ip>", false},
	{"<source_ip>192.0.02.1</source_ip>", false},
	{"<source_ip/>", false},
	{"", false},
};

static const char *const evaluated[] = {
	"",
	"<policy_evaluated/>",
	"<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>"
	"</policy_evaluated>",
	"<policy_evaluated><disposition> Quarantine</disposition><dkim/><spf>softfail</spf>"
	"</policy_evaluated>",
	"<policy_evaluated><reason>sampled_out</reason><reason><type/></reason><reason/>"
	"<dkim>PASS</dkim></policy_evaluated>",
	"<policy_evaluated>x<disposition>what</disposition>y</policy_evaluated>",
};

static const char *const identifiers[] = {
	"",
	"<identifiers/>",
	"<identifiers><header_from>a.example</header_from></identifiers>",
	"<identities><header_from>A.Example</header_from><envelope_from/></identities>",
	"<header_from>a.example</header_from>",
	"<identifiers><envelope_to>&lt;&gt;</envelope_to><count>99</count></identifiers>",
};

static const char *const results[] = {
	"",
	"<auth_results/>",
	"<auth_results>" DKIM SPF "</auth_results>",
	"<auth_results><dkim/><spf><domain/><scope>pra</scope><result>hardfail</result></spf>"
	"</auth_results>",
	"<auth_results>" SPF SPF SPF "</auth_results><auth_results>" DKIM "</auth_results>",
	"<spf>pass</spf><ext:x xmlns:ext='urn:x'><ext:record>1</ext:record></ext:x>stray",
};

static struct {
	uint64_t records, refused;
	int64_t messages, messages_refused;
} sums;

static void account(int64_t messages, bool address)
{
	if (messages >= 0 && address) {
		sums.records++;
		sums.messages += messages;
	} else {
		sums.refused++;
		sums.messages_refused += messages > 0 ? messages : 0;
	}
}

static void add_record(struct buf *b, unsigned depth)
{
	unsigned c = chance(COUNT_OF(counts)), a = chance(COUNT_OF(addresses));
	bool row = chance(8) > 0;

	if (chance(2)) { /* most are as they should be */
		c %= 2;
		a %= 3;
	}
	account(counts[c].messages, addresses[a].good);
	buf_adds(b, "<record>");
	buf_printf(b, row ? "<row>%s%s%s</row>" : "%s%s%s", counts[c].xml, addresses[a].xml,
		   ANY(evaluated));
	if (chance(30) == 0 && depth < 3)
		add_record(b, depth + 1);
	/* a second count is none where the first was */
	const char *who = ANY(identifiers);

	if (!strstr(who, "<count>") || counts[c].xml[0])
		buf_adds(b, who);
	buf_adds(b, ANY(results));
	buf_adds(b, "</record>");
	buf_adds(b, chance(9) ? "\n" : "stray");
}

static void add_records(struct buf *b, unsigned n)
{
	bool wrapped = chance(10) == 0;

	buf_adds(b, wrapped ? "<records>" : "");
	while (n--)
		add_record(b, 0);
	buf_adds(b, wrapped ? "</records>" : "");
}

static void make_report(struct buf *b)
{
	static const char *const policies[] = {
		POLICY, POLICY POLICY,
		"<policy_published>11<domain>a.example</domain><sp>nil</sp></policy_published>",
	};
	const char *metadata = METADATA;
	unsigned before = chance(5) ? 0 : chance(MOST_RECORDS), behind = chance(MOST_RECORDS);

	memset(&sums, 0, sizeof(sums));
	b->len = 0;
	buf_adds(b, chance(2) ? "<feedback>" : "<feedback "
		 "xmlns='urn:ietf:params:xml:ns:dmarc-2.0'>");
	add_records(b, before);
	buf_adds(b, chance(2) ? metadata : "");
	bool told = strstr(buf_cstr(b), metadata) != NULL;

	buf_adds(b, ANY(policies));
	add_records(b, behind);
	buf_adds(b, told ? "" : metadata);
	buf_adds(b, "</feedback>");
}

int main(void)
{
	const char *seed = getenv("RUADB_TEST_SEED");
	struct buf b = {0};
	unsigned wrong = 0;
	uint64_t from = seed ? strtoull(seed, NULL, 10) : 20261122;

	tap_note("RUADB_TEST_SEED=%llu", (unsigned long long)from);
	for (unsigned i = 0; i < REPORTS && wrong < 3; i++) {
		char wanted[120];

		state = from + i;
		make_report(&b);
		snprintf(wanted, sizeof(wanted), "\nend %llu %lld %llu %lld c\n",
			 (unsigned long long)sums.records, (long long)sums.messages,
			 (unsigned long long)sums.refused, (long long)sums.messages_refused);
		const char *got = trace_item(b.p, b.len, -1);

		if (strstr(got, wanted) && !strstr(got, "CHECK"))
			continue;
		wrong++;
		tap_note("wanted%s# of RUADB_TEST_SEED=%llu: %s\n# in %s", wanted,
			 (unsigned long long)from + i, buf_cstr(&b), got);
	}
	is_int(wrong, 0, "records and refused rows are all records, and so are their messages");
	buf_free(&b);
	return trace_done();
}
