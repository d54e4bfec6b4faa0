#include "parse/unpack.h"

#include <inttypes.h>
#include <stdio.h>

void unpack_check_crc(struct repairs *r, const char *where, uint32_t stored, uint32_t computed)
{
	char from[16], to[16];

	if (stored == computed)
		return;
	snprintf(from, sizeof(from), "%08" PRIx32, stored);
	snprintf(to, sizeof(to), "%08" PRIx32, computed);
	repairs_outer(r, REPAIR_ARCHIVE_CHECKSUM, where, text_of(from), text_of(to));
}

void unpack_check_length(struct repairs *r, const char *where, uint64_t stored, uint64_t computed)
{
	char from[24], to[24];

	if (stored == computed)
		return;
	snprintf(from, sizeof(from), "%" PRIu64, stored);
	snprintf(to, sizeof(to), "%" PRIu64, computed);
	repairs_outer(r, REPAIR_ARCHIVE_LENGTH, where, text_of(from), text_of(to));
}
