/* t_parse_log_kumomta - KumoMTA's log: the sample against its truth, what a peer may write, cuts. */
#include "tests/unit/log_told.h"

#define FRONT "{\"type\":\"TransientFailure\",\"id\":\"1d98\",\"sender\":\"a@example.com\","       \
	      "\"timestamp\":1780323603,\"num_attempts\":0,\"egress_source\":\"v\","             \
	      "\"nodeid\":\"n\",\"egress_pool\":\"p\","

static void is_told(const char *log, const char *stage, const char *peer, const char *said,
		    const char *name)
{
	char *wanted = xasprintf("2026-06-01 14:20:03 1d98 attempt deferred stage=%s host=k:n "
				 "service=v to=b@example.net%s tries=1 from=a@example.com%s\n",
				 stage, peer, said);

	told_is(log, wanted, name);
	free(wanted);
}

static void test_fields(void)
{
	is_told(FRONT "\"recipient\":\"b@example.net\",\"response\":{\"command\":\"EHLO x\",\"content\":"
		"\"a \\\"b\\\" \\u00e9\\n c\",\"enhanced_code\":{\"detail\":1,\"class\":4,\"subject\":7},"
		"\"code\":421},\"peer_address\":{\"addr\":\"2001:db8::5\",\"name\":\"MX.example.net.\"}}",
		"ehlo", " peer=mx.example.net[2001:db8::5]",
		" enhanced=4.7.1 code=421 says=421 4.7.1 a \"b\" \xc3\xa9  c",
		"members in any order, escapes");
	is_told(FRONT "\"recipient\":[\"b@example.net\"],\"response\":{\"code\":0,\"content\":\"\"},"
		"\"peer_address\":{\"addr\":\"0.0.0.0\",\"name\":\"\"}}", "-", "", "",
		"an empty response, and an address that is none");
	is_told(FRONT "\"recipient\":[\"b@example.net\"],\"queue\":\"t@[IPv6:2001:db8::1]\","
		"\"response\":{\"code\":99999999999999999999,\"content\":\"x\",\"enhanced_code\":"
		"{\"class\":-4}}}", "-", "", " code=0 says=x", "numbers that are none");
}

static void test_forged(void)
{
	is_told(FRONT "\"recipient\":\"b@example.net\",\"response\":{\"code\":450,\"content\":\"\\\"},"
		"\\\"type\\\":\\\"Delivery\\\",{\\\"\",\"command\":\"DATA\"},\"meta\":{\"type\":"
		"\"Delivery\",\"recipient\":\"x@example.net\"}}", "data", "",
		" code=450 says=450 \"},\"type\":\"Delivery\",{\"", "a reply with a record in it");
	told_is(FRONT "\"recipient\":\"b@example.net\"} {\"type\":\"Delivery\"}",
		"unreadable 1 a record of KumoMTA that is no JSON: " FRONT
		"\"recipient\":\"b@example.net\"} {\"type\":\"Delivery\"}\n",
		"something behind the object");
}

static void test_cut(void)
{
	static const char record[] = FRONT "\"recipient\":[\"b@example.net\",\"c@example.net\"],"
		"\"response\":{\"code\":450,\"content\":\"x\\u00e9\"}}";
	unsigned bad = 0;

	for (size_t n = 0; n < sizeof(record) - 1; n++) {
		char *copy = xstrndup(record, n);
		const char *got = told_lines(copy);

		bad += strstr(got, "frames:") != NULL || strstr(got, "attempt ") == got + 25;
		free(copy);
	}
	is_int(bad, 0, "a record cut anywhere");
}

int main(void)
{
	told_sample("kumomta", "jsonl");
	test_fields();
	test_forged();
	test_cut();
	return told_done();
}
