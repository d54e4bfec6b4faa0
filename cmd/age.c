#include "cmd/age.h"

#include <errno.h>
#include <stdlib.h>

bool age_parse(const char *text, int64_t *ret)
{
	char *end;

	errno = 0;
	long long n = strtoll(text, &end, 10);
	int64_t unit = *end == 'h' ? 3600 : *end == 'd' ? 86400 : *end == 'w' ? 604800 : 0;

	if (errno || end == text || !unit || end[1] || n < 1 || n > 1000000)
		return false;
	*ret = n * unit;
	return true;
}
