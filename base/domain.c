#include "base/domain.h"
#include "base/orgdomain.h"

#define NAME_BYTES 253 /* RFC 1035 section 2.3.4, without the dot at the end */
#define LABEL_BYTES 63
#define SHOWN 100 /* bytes of a name in a sentence */

static int refuse(struct err *e, struct text name, const char *why)
{
	int n = name.len > SHOWN ? SHOWN : (int)name.len;

	return err_set(e, ERR_CONFIG, "'%.*s' %s", n, name.p ? name.p : "", why);
}

/* Letters, digits, - and _; no - at an end. */
static bool label_ok(const char *p, size_t n)
{
	if (!n || n > LABEL_BYTES || p[0] == '-' || p[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9') ||
		      p[i] == '-' || p[i] == '_'))
			return false;
	return true;
}

/* How many labels; 0: one of them is none. *ret_digits: the last one is all digits. */
static int count_labels(const char *p, size_t n, bool *ret_digits)
{
	int labels = 0;

	for (size_t at = 0; at <= n; labels++) {
		const char *dot = memchr(p + at, '.', n - at);
		size_t len = dot ? (size_t)(dot - p) - at : n - at, digits = 0;

		if (!label_ok(p + at, len))
			return 0;
		while (digits < len && p[at + digits] >= '0' && p[at + digits] <= '9')
			digits++;
		*ret_digits = digits == len;
		at += len + 1;
	}
	return labels;
}

static bool is_ascii(struct text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if ((unsigned char)t.p[i] >= 0x80)
			return false;
	return true;
}

static int parse(struct buf *b, struct text name, int least, struct err *e)
{
	size_t at = b->len;
	bool digits = false;

	name = text_trim(name);
	if (!text_present(name) || !name.len)
		return err_set(e, ERR_CONFIG, "a name is empty");
	if (!text_utf8_ok(name.p, name.len))
		return refuse(e, name, "is not a domain name: not UTF-8");
	if (!is_ascii(name))
		return refuse(e, name, "is not written as it stands in the DNS: write its A-labels "
			      "(xn--..., idn2 prints them)");
	text_add_name(b, name);
	size_t n = b->len - at;
	int labels = n ? count_labels(b->p + at, n, &digits) : 0;

	if (labels >= least && n <= NAME_BYTES && !(least > 1 && digits))
		return 0;
	b->len = at;
	if (labels && n > NAME_BYTES)
		return refuse(e, name, "is longer than a domain name may be");
	if (labels && labels < least)
		return refuse(e, name, "is a single label and no domain of anybody's");
	if (labels)
		return refuse(e, name, "is an address, not a domain name");
	return refuse(e, name, least > 1 ? "is not a domain name" : "is not a selector");
}

int domain_parse(struct buf *b, struct text name, struct err *e)
{
	return parse(b, name, 2, e);
}

int domain_parse_selector(struct buf *b, struct text name, struct err *e)
{
	return parse(b, name, 1, e);
}

int domain_parse_own(struct buf *b, struct text name, struct err *e)
{
	size_t at = b->len;

	if (parse(b, name, 1, NULL) == 0) {
		struct text t = {b->p + at, (uint32_t)(b->len - at)};
		bool suffix = orgdomain_is_suffix(t);

		b->len = at;
		if (suffix)
			return refuse(e, name, "is a public suffix: others register names below "
				      "it, so it is nobody's own; declare the name below it that "
				      "is yours");
	}
	return parse(b, name, 2, e);
}
