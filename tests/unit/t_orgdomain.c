/* Organizational domains by the public suffix list, and that the list is there and no old one. */
#include "base/orgdomain.h"
#include "tests/unit/tap.h"

#define YEAR_2023 1672531200

static const char *of(struct text name)
{
	static char got[1024];
	struct text org = orgdomain_of(name);

	if (!text_present(org))
		return "(absent)";
	/* a tail of the name itself, whatever it is */
	if (org.p + org.len != name.p + name.len || org.len > name.len)
		return "(no tail)";
	snprintf(got, sizeof(got), "%.*s", (int)org.len, org.p);
	return got;
}

static void is_org(const char *name, const char *wanted, const char *why)
{
	is_str(of(text_of(name)), wanted, why);
}

static void test_names(void)
{
	is_org("example.com", "example.com", "a registered name is its own");
	is_org("a.b.example.com", "example.com", "names below it are of it");
	is_org("mail.example.co.uk", "example.co.uk", "a public suffix of two labels");
	is_org("www.example.city.kawasaki.jp", "city.kawasaki.jp",
	       "an exception of the list");
	is_org("a.b.c.kawasaki.jp", "b.c.kawasaki.jp", "a rule with an asterisk");
	is_org("mail.example.github.io", "example.github.io", "the private part of the list counts");
	is_org("a.b.example", "b.example", "a top level domain that is in no list: one label");
}

static void test_own(void)
{
	is_org("co.uk", "co.uk", "a public suffix is its own");
	is_org("github.io", "github.io", "a private one, too");
	is_org("com", "com", "a single label");
	is_org("localhost", "localhost", "one that nobody knows");
	is_org("192.0.2.1", "192.0.2.1", "an IPv4 address");
	is_org("2001:db8::1", "2001:db8::1", "an IPv6 address");
	is_org("", "", "an empty name");
	is_str(of(TEXT_ABSENT), "(absent)", "an absent one");
	is_org(".", ".", "a dot");
	is_org("a..example.com", "example.com", "an empty label in the middle");
}

static void test_letters(void)
{
	is_org("mail.\xc3\xbc" "ber.example.com", "example.com", "a label of other letters");
	is_org("mail.example.xn--55qx5d.cn", "example.xn--55qx5d.cn", "a suffix in A-labels");
	is_org("mail.example.\xe5\x85\xac\xe5\x8f\xb8.cn",
	       "example.\xe5\x85\xac\xe5\x8f\xb8.cn", "the same in U-labels");
	is_org("mail.\xff.example.com", "mail.\xff.example.com", "bytes that are no UTF-8");
	is_int(orgdomain_of((struct text){"mail.a\0b.example.com", 20}).len, 20, "a byte of zero");
}

/* 'a' in labels of 49 in front of ".example.com", n bytes in all. */
static struct text long_name(char *to, uint32_t n)
{
	memcpy(to + n - 12, ".example.com", 12);
	for (uint32_t i = 0; i < n - 12; i++)
		to[i] = i % 50 == 49 ? '.' : 'a';
	return (struct text){to, n};
}

static void test_lengths(void)
{
	char p[300];

	is_str(of(long_name(p, 253)), "example.com", "the longest name");
	is_int(orgdomain_of(long_name(p, 254)).len, 254, "a longer one is its own");
	is_int(orgdomain_of(long_name(p, 300)).len, 300, "and so on");
}

int main(void)
{
	is_org("mail.example.co.uk", "example.co.uk", "before it is loaded: what libpsl has");
	orgdomain_load();
	orgdomain_load();
	test_names();
	test_own();
	test_letters();
	test_lengths();
	ok(orgdomain_list_time() >= YEAR_2023, "the list was made in 2023 or later");
	return tap_done();
}
