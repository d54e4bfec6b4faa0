#include "parse/charset.h"

#include <iconv.h>
#include <stddef.h>

static const char *const names[] = {
	"UTF-8",        "US-ASCII",     "ISO-8859-1",  "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251",
	"WINDOWS-1252", "CP1250",       "CP1251",      "CP1252",      "UTF-16",       "UTF-16LE",
	"UTF-16BE",     "UTF-32",       "UTF-32LE",    "UTF-32BE",    "KOI8-R",       "ISO-2022-JP",
	"GB18030",
};

#define COUNT (sizeof(names) / sizeof(names[0]))

static iconv_t kept[COUNT][2];

void charset_open_all(void)
{
	for (size_t i = 0; i < COUNT; i++) {
		kept[i][0] = iconv_open("UTF-8", names[i]);
		kept[i][1] = iconv_open(names[i], "UTF-8");
	}
}
