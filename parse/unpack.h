/*
 * unpack - what the readers of gzip, zip and tar share: numbers, and how wrong ones are told of.
 */
#ifndef PARSE_UNPACK_H
#define PARSE_UNPACK_H

#include "parse/repairs.h"

/* Little-endian. */
static inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* All data is there; its CRC-32 or its length is not the stored one. where: "gzip". */
void unpack_check_crc(struct repairs *r, const char *where, uint32_t stored, uint32_t computed);
void unpack_check_length(struct repairs *r, const char *where, uint64_t stored,
			 uint64_t computed);

#endif
