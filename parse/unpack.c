#include "parse/unpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

void inflation_rewind(struct inflation *f)
{
	f->before = f->size = f->good = 0;
}

void inflation_forget(struct inflation *f)
{
	inflation_rewind(f);
	f->limit = UINT64_MAX;
}

void inflation_begin(struct inflation *f)
{
	if (f->open ? inflateReset(&f->z) != Z_OK : inflateInit2(&f->z, -MAX_WBITS) != Z_OK)
		abort();
	f->open = true;
	f->before += f->size;
	f->good = f->before;
	f->size = 0;
	f->crc = (uint32_t)crc32(0, NULL, 0);
}

int inflation_damaged(struct inflation *f)
{
	f->limit = f->before;
	return -1;
}

int inflation_some(struct inflation *f, struct pull *l, uint8_t *to, size_t room, size_t *ret_n)
{
	uint64_t most = f->limit - f->before - f->size;

	room = room < most ? room : (size_t)most;
	*ret_n = 0;
	if (room == 0)
		return -1;
	f->z.next_in = (Bytef *)(uintptr_t)l->p;
	f->z.avail_in = l->len < UINT32_MAX ? (uInt)l->len : UINT32_MAX;
	f->z.next_out = to;
	f->z.avail_out = (uInt)room;
	int r = inflate(&f->z, Z_BLOCK);

	/* a block in the bits that zlib holds already: no byte came or went */
	if (r == Z_BUF_ERROR)
		r = inflate(&f->z, Z_NO_FLUSH);
	if (r == Z_MEM_ERROR)
		abort();
	pull_take(l, (size_t)(f->z.next_in - l->p));
	*ret_n = room - f->z.avail_out;
	f->crc = (uint32_t)crc32(f->crc, to, (uInt)*ret_n);
	f->size += *ret_n;
	if (f->z.data_type & 128)
		f->good = f->before + f->size;
	if (r == Z_OK || r == Z_BUF_ERROR)
		return 1;
	if (r == Z_STREAM_END)
		return 0;
	f->limit = f->good;
	return -1;
}

void inflation_end(struct inflation *f)
{
	if (f->open)
		inflateEnd(&f->z);
}
