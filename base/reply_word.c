#include "base/reply_word.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define D CH_DIGIT
#define U CH_UPPER
#define L CH_LOWER
#define S CH_SIGN
const uint8_t reply_chars[256] = {
	['0'] = D, D, D, D, D, D, D, D, D, D,
	['A'] = U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
	['a'] = L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	['.'] = CH_DOT, ['@'] = CH_AT, ['='] = CH_EQUALS, ['/'] = CH_SLASH,
	['-'] = S, ['_'] = S, ['+'] = S, ['~'] = S, ['!'] = S, ['$'] = S, ['*'] = S, ['#'] = S,
	['&'] = S, ['^'] = S, ['\''] = S,
};
#undef D
#undef U
#undef L
#undef S

/* How many characters from p on are of these. */
static size_t run(const char *p, size_t n, unsigned int of)
{
	size_t i = 0;

	while (i < n && reply_char(p[i]) & of)
		i++;
	return i;
}

/* ---- addresses ---- */

bool reply_ip4(const char *p, size_t n, struct ip *ret)
{
	uint8_t bytes[4];
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		size_t digits = run(p + at, n - at < 4 ? n - at : 4, CH_DIGIT);
		unsigned int value = 0;

		if (!digits || digits > 3 || (digits > 1 && p[at] == '0'))
			return false;
		for (size_t k = 0; k < digits; k++)
			value = value * 10 + (unsigned int)(p[at + k] - '0');
		at += digits;
		if (value > 255 || (i < 3 ? at == n || p[at] != '.' : at != n))
			return false;
		bytes[i] = (uint8_t)value;
		at++;
	}
	*ret = (struct ip){.family = 4};
	memcpy(ret->bytes, bytes, 4);
	return true;
}

bool reply_ip(const char *p, size_t n, struct ip *ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char s[INET6_ADDRSTRLEN];
	struct ip ip = {.family = 6};

	if (reply_ip4(p, n, ret))
		return true;
	if (n >= sizeof(s) || !memchr(p, ':', n))
		return false;
	memcpy(s, p, n);
	s[n] = '\0';
	if (inet_pton(AF_INET6, s, ip.bytes) != 1)
		return false;
	if (memcmp(ip.bytes, mapped, 12) == 0) {
		*ret = (struct ip){.family = 4};
		memcpy(ret->bytes, ip.bytes + 12, 4);
		return true;
	}
	*ret = ip;
	return true;
}

/* ---- codes that stay ---- */

bool reply_enhanced(const char *p, size_t n)
{
	size_t subject, detail;

	if (n < 5 || n > 9 || !strchr("245", p[0]) || p[1] != '.')
		return false;
	subject = run(p + 2, n - 2, CH_DIGIT);
	if (!subject || subject > 3 || n < 4 + subject || p[2 + subject] != '.')
		return false;
	detail = run(p + 3 + subject, n - 3 - subject, CH_DIGIT);
	return detail && detail <= 3 && n == 3 + subject + detail;
}

/* S844, CS01, TSS04, RL000010, OFR004_104, SC-001, OFR_506, P4: capitals, then digits; longer ones
 * are ids, unless zeros begin them as in a numbered list. */
static bool is_code(const char *p, size_t n)
{
	size_t letters = run(p, n, CH_UPPER), digits = run(p + letters, n - letters, CH_DIGIT), at;

	if (!letters || letters > 4)
		return false;
	at = letters + digits;
	if (digits > 4 && (letters < 2 || digits > 6 || p[letters] != '0' || p[letters + 1] != '0'))
		return false;
	if (at == n)
		return true;
	if (n - at > 5 || n - at < 2 || (p[at] != '-' && p[at] != '_'))
		return false;
	at++;
	return run(p + at, n - at, CH_DIGIT) == n - at || run(p + at, n - at, CH_UPPER) == n - at;
}

/* AUP#1310, AUP#In-1310, AUP#CDRBL */
static bool is_numbered_rule(const char *p, size_t n)
{
	size_t letters = run(p, n, CH_LETTER);

	return letters >= 2 && n > letters + 1 && n < letters + 14 && p[letters] == '#' &&
	       run(p + letters + 1, n - letters - 1, CH_DIGIT) < 6;
}

static bool is_one_of(const char *p, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && strncasecmp(*words, p, n) == 0)
			return true;
	return false;
}

static bool is_term(const char *p, size_t n)
{
	static const char *const terms[] = {"ipv4", "ipv6", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2",
					    "tlsv1.3", "tls1.2", "tls1.3", "sslv3", "sha-1", "sha1",
					    "sha256", "sha-256", "md5", "utf-8", "utf8", "utf-16",
					    "8bitmime", "7bit", "8bit", "base64", "iso-8859-1",
					    "ed25519", "x509", "web2", NULL};

	return n <= 10 && is_one_of(p, n, terms);
}

static bool is_unit(const char *p, size_t n)
{
	static const char *const units[] = {"s", "sec", "secs", "seconds", "m", "min", "mins",
					    "minutes", "h", "hours", "d", "days", "ms", "k", "kb",
					    "mb", "gb", "kib", "mib", "gib", "b", "bytes", "th",
					    "st", "nd", "rd", "x", NULL};

	return n <= 7 && is_one_of(p, n, units);
}

/* Letters at random, as in base64: upper and lower case change more often than in CamelCase. */
static bool is_random(const char *p, size_t n)
{
	size_t changes = 0;

	for (size_t i = 1; i < n; i++)
		changes += (reply_char(p[i]) & CH_LETTER) != (reply_char(p[i - 1]) & CH_LETTER);
	return n >= 10 && changes * 5 >= n * 2;
}

bool reply_month(const char *p)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; i < 36; i += 3)
		if (memcmp(months + i, p, 3) == 0)
			return true;
	return false;
}

bool reply_weekday(const char *p)
{
	static const char days[] = "MonTueWedThuFriSatSun";

	for (size_t i = 0; i < 21; i += 3)
		if (memcmp(days + i, p, 3) == 0)
			return true;
	return false;
}

/* ---- what varies ---- */

/* A name with dots whose last label is letters; "Exception" in STOREDRV.Deliver.Exception is none. */
static bool is_host(const char *p, size_t n)
{
	size_t label = 0, labels = 1;

	if (n < 4 || n > 253)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.') {
			if (i == label)
				return false;
			label = i + 1;
			labels++;
		} else if (!(reply_char(p[i]) & CH_ALNUM) && p[i] != '-' && p[i] != '_') {
			return false;
		}
	}
	const char *top = p + label;
	size_t len = n - label, upper = run(top, len, CH_UPPER);

	if (labels < 2 || len < 2)
		return false;
	if (len > 4 && strncasecmp(top, "xn--", 4) == 0)
		return true;
	return run(top, len, CH_LETTER) == len && (upper == 0 || upper == len);
}

/* Sites that a reply refers to. They are few, and which one it is matters. */
static bool is_site(const char *p, size_t n)
{
	static const char *const first[] = {"www.", "support.", "postmaster.", "help.", "ipcheck.",
					    "sendersupport.", "bl.", "dnsbl.", "rbl.", NULL};
	static const char *const last[] = {"spamhaus.org", "spamhaus.net", "spamcop.net",
					   "proofpoint.com", "cloudmark.com", "barracudacentral.org",
					   "sorbs.net", "uceprotect.net", "surriel.com",
					   "mailspike.net", "senderbase.org", "abusix.zone",
					   "spfbl.net", "0spam.org", "manitu.net", "invaluement.com",
					   "mimecast.com", "trustedsource.org", NULL};

	for (const char *const *s = first; *s; s++)
		if (n > strlen(*s) && strncasecmp(p, *s, strlen(*s)) == 0)
			return true;
	for (const char *const *s = last; *s; s++) {
		size_t len = strlen(*s);

		if (n >= len && strncasecmp(p + n - len, *s, len) == 0 &&
		    (n == len || p[n - len - 1] == '.'))
			return true;
	}
	return false;
}

enum variable reply_word(const char *p, size_t n, unsigned int has, size_t *ret_n,
			 struct ip *ret_ip)
{
	size_t digits;

	*ret_n = n;
	if (!(has & CH_LETTER)) {
		if (reply_ip4(p, n, ret_ip))
			return VAR_IP;
		return reply_enhanced(p, n) ? VAR_NONE : VAR_NUMBER;
	}
	if (has & CH_DOT && is_host(p, n))
		return is_site(p, n) ? VAR_NONE : VAR_HOST;
	if (!(has & CH_DIGIT))
		return is_random(p, n) ? VAR_ID : VAR_NONE;
	if (is_code(p, n) || is_numbered_rule(p, n) || is_term(p, n))
		return VAR_NONE;
	digits = run(p, n, CH_DIGIT | CH_DOT);
	if (digits && is_unit(p + digits, n - digits)) {
		*ret_n = digits;
		return VAR_NUMBER;
	}
	return n < 4 ? VAR_NONE : VAR_ID;
}

/* The domain in /help/example.com.html, but not error-codes.php. */
static bool is_host_in_url(const char *p, size_t n)
{
	static const char *const kinds[] = {"html", "htm", "php", "asp", "aspx", "cgi", "jsp", "txt",
					    "pdf", NULL};
	const char *dot = memchr(p, '.', n);
	size_t head = dot ? (size_t)(dot - p) + 1 : n;

	return dot && is_host(p, n) && !is_one_of(dot + 1, n - head, kinds);
}

enum variable reply_url_word(const char *p, size_t n, struct ip *ret_ip)
{
	unsigned int has = 0;

	for (size_t i = 0; i < n; i++)
		has |= reply_char(p[i]);
	if (has & CH_DOT && !(has & CH_AT) && is_host_in_url(p, n))
		return VAR_HOST;
	if (!(has & CH_DIGIT))
		return has & CH_AT ? VAR_ADDRESS : is_random(p, n) ? VAR_ID : VAR_NONE;
	if (reply_ip(p, n, ret_ip))
		return VAR_IP;
	if (has & CH_AT)
		return VAR_ADDRESS;
	if (!(has & CH_LETTER))
		return n > 7 ? VAR_NUMBER : VAR_NONE;
	return n < 8 || is_code(p, n) || is_term(p, n) || run(p, n, CH_LETTER | CH_SIGN) >= n - 5 ?
		VAR_NONE : VAR_ID;
}
