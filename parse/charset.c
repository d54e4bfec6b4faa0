#include "parse/charset.h"

#include <iconv.h>
#include <stddef.h>

/* Those that mails and reports were seen in, and their kin. */
static const char *const names[] = {
	"UTF-8",        "US-ASCII",     "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-4",
	"ISO-8859-5",   "ISO-8859-7",   "ISO-8859-9",   "ISO-8859-15",  "WINDOWS-1250",
	"WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1257",
	"CP1250",       "CP1251",       "CP1252",       "UTF-16",       "UTF-16LE",
	"UTF-16BE",     "UTF-32",       "UTF-32LE",     "UTF-32BE",     "KOI8-R",
	"KOI8-U",       "ISO-2022-JP",  "SHIFT_JIS",    "EUC-JP",       "EUC-KR",
	"GB2312",       "GBK",          "GB18030",      "BIG5",
};

/* Further names, of those that iconv does not know by its own rules. */
static const struct {
	const char *alias, *name;
} aliases[] = {
	{"ASCII", "US-ASCII"},       {"LATIN1", "ISO-8859-1"},     {"LATIN2", "ISO-8859-2"},
	{"LATIN5", "ISO-8859-9"},    {"LATIN9", "ISO-8859-15"},    {"X-SJIS", "SHIFT_JIS"},
	{"SJIS", "SHIFT_JIS"},       {"WINDOWS-31J", "SHIFT_JIS"}, {"KS_C_5601-1987", "EUC-KR"},
	{"WIN-1252", "WINDOWS-1252"}, {"ANSI", "WINDOWS-1252"},    {"ISO-88591", "ISO-8859-1"},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static iconv_t kept[COUNT(names)][2];

void charset_open_all(void)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		kept[i][0] = iconv_open("UTF-8", names[i]);
		kept[i][1] = iconv_open(names[i], "UTF-8");
	}
}

static char plain(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 32);
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : 0;
}

/* The same letters and digits. */
static bool same(struct text t, const char *name)
{
	for (uint32_t i = 0;; i++, name++) {
		while (i < t.len && !plain(t.p[i]))
			i++;
		while (*name && !plain(*name))
			name++;
		if (i >= t.len || !*name)
			return i >= t.len && !*name;
		if (plain(t.p[i]) != *name)
			return false;
	}
}

const char *charset_find(struct text name)
{
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (same(name, aliases[i].alias))
			name = text_of(aliases[i].name);
	for (size_t i = 0; i < COUNT(names); i++)
		if (kept[i][0] && kept[i][0] != (iconv_t)-1 && same(name, names[i]))
			return names[i];
	return NULL;
}
