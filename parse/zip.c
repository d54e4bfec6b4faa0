/*
 * A zip, by the local headers before its files (APPNOTE.TXT 4.3.7); its directory at the end is
 * only held against what was found.
 */
#include "parse/archive.h"

#include <stdlib.h>
#include <string.h>

#define STORED 0
#define DEFLATED 8
#define UNKNOWN UINT64_MAX

enum { ENCRYPTED = 1, DESCRIPTOR = 8, MASKED = 1 << 13 };

struct zip {
	struct archive_in a;
	struct inflation inflation;
	unsigned method, flags;
	uint32_t stored_crc, crc;
	uint64_t packed;    /* bytes of the file in the zip; UNKNOWN: told behind them */
	uint64_t size, out; /* bytes that come out of it: as said, and so far */
	uint32_t listed;    /* files in the directory */
	uint32_t total;     /* files there are, as the end of the directory says; 0: not met */
	bool ended;         /* the directory was met, or its end */
	bool folder;
};

/* At a signature that may follow a file. */
static bool at_signature(struct zip *z)
{
	const uint8_t *p;

	if (pull_peek(&z->a.in, 4) < 4)
		return false;
	p = z->a.in.p;
	return p[0] == 'P' && p[1] == 'K' &&
	       ((p[2] == 3 && p[3] == 4) || (p[2] == 1 && p[3] == 2) || (p[2] == 5 && p[3] == 6) ||
		(p[2] == 6 && (p[3] == 6 || p[3] == 8)));
}

/* The same, where it was looked for among anything. */
static bool is_likely(struct zip *z)
{
	size_t n = pull_peek(&z->a.in, 46);
	const uint8_t *p = z->a.in.p;

	if (n >= SNIFF_ZIP_HEADER && p[2] == 3)
		return sniff_zip_header(p);
	if (n >= 46 && p[2] == 1)
		return at_signature(z) && p[6] <= 63 && le16(p + 10) <= 99;
	return n >= 22 && p[2] == 5 && at_signature(z) && le32(p + 4) == 0;
}

/* The descriptor behind a file whose size nobody knew: it says how many bytes have come. */
static bool ends_here(struct zip *z)
{
	uint64_t used = z->a.in.at - z->a.data_at;
	size_t n = pull_peek(&z->a.in, 24);
	const uint8_t *p = z->a.in.p;

	return n >= 16 && memcmp(p, "PK\7\10", 4) == 0 &&
	       ((n >= 24 && le64(p + 8) == used) || le32(p + 8) == (uint32_t)used);
}

/* How far it is to something like a signature, or to where one may begin that is not whole. */
static size_t to_signature(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i + 2 < len && !(p[i] == 'P' && p[i + 1] == 'K' && p[i + 2] <= 8))
		i++;
	return i;
}

/* Passes over bytes up to a signature that stop accepts. false: there is none, or *ret_r is -1. */
static bool find(struct zip *z, bool (*stop)(struct zip *z), struct err *e, int *ret_r)
{
	struct pull *in = &z->a.in;

	*ret_r = 0;
	while (*ret_r == 0 && pull_peek(in, 3) >= 3) {
		size_t n = to_signature(in->p, in->len);

		*ret_r = archive_skip(&z->a, n, e);
		if (*ret_r == 0 && in->len >= 3) {
			if (stop(z))
				return true;
			*ret_r = archive_skip(&z->a, 1, e);
		}
	}
	return false;
}

/*
 * The descriptor behind a file; its signature is not always there, and its sizes have 32 bits or
 * 64: it is the one whose size is that of the data.
 */
static void take_descriptor(struct zip *z)
{
	uint64_t used = z->a.in.at - z->a.data_at;
	size_t n = pull_peek(&z->a.in, 28), sign;
	const uint8_t *p = z->a.in.p;

	sign = n >= 4 && memcmp(p, "PK\7\10", 4) == 0 ? 4 : 0;
	bool short_ = n >= sign + 12 && (sign || le32(p + sign + 4) == (uint32_t)used);
	bool long_ = n >= sign + 20 && le64(p + sign + 4) == used;

	/* of nothing both are right, but behind one comes the next header */
	if (long_ && !(n >= sign + 14 && memcmp(p + sign + 12, "PK", 2) == 0)) {
		z->stored_crc = le32(p + sign);
		z->size = le64(p + sign + 12);
		pull_take(&z->a.in, sign + 20);
	} else if (short_) {
		z->stored_crc = le32(p + sign);
		z->size = z->out - (uint32_t)z->out + le32(p + sign + 8);
		pull_take(&z->a.in, sign + 12);
	} else {
		/* nobody says what they should be */
		z->stored_crc = z->crc;
		z->size = z->out;
	}
}

static int damaged(struct zip *z)
{
	repairs_outer(z->a.repairs, REPAIR_ARCHIVE_DAMAGED, "zip", TEXT_ABSENT, TEXT_ABSENT);
	return err_set(&z->a.fault, ERR_INPUT, "file %u of the zip is damaged", z->a.files);
}

/*
 * All of the file is there, and one number that is wrong is told of and no more. If both checksum
 * and length are, it is not they that are damaged.
 */
static int end_file(struct zip *z)
{
	uint64_t used = z->a.in.at - z->a.data_at;

	if (z->packed != UNKNOWN)
		unpack_check_length(z->a.repairs, "zip", z->packed, used);
	if (z->flags & DESCRIPTOR)
		take_descriptor(z);
	if (z->method == DEFLATED && z->stored_crc != z->crc && z->size != z->out) {
		inflation_damaged(&z->inflation);
		return damaged(z);
	}
	unpack_check_crc(z->a.repairs, "zip", z->stored_crc, z->crc);
	unpack_check_length(z->a.repairs, "zip", z->size, z->out);
	if (!pull_peek(&z->a.in, 1))
		archive_cut_behind(&z->a);
	return 0;
}

static int give(struct zip *z, const uint8_t *p, size_t n)
{
	z->crc = (uint32_t)crc32(z->crc, p, (uInt)n);
	z->out += n;
	z->a.filled += n;
	return 1;
}

/* As long as a descriptor is looked for, the bytes of a file are those up to the next "P". */
static size_t before_descriptor(struct zip *z, size_t room)
{
	size_t n = z->a.in.len < room ? z->a.in.len : room;
	const uint8_t *p = memchr(z->a.in.p, 'P', n);

	if (p == z->a.in.p)
		return ends_here(z) ? 0 : 1;
	return p ? (size_t)(p - z->a.in.p) : n;
}

static int fill_stored(struct zip *z)
{
	size_t room, n;
	uint8_t *to = archive_room(&z->a, &room);

	if (z->out == z->packed)
		return end_file(z);
	if (!pull_peek(&z->a.in, 1))
		return archive_cut(&z->a);
	if (z->packed == UNKNOWN) {
		n = before_descriptor(z, room);
		if (n == 0)
			return end_file(z);
	} else {
		n = z->packed - z->out < room ? (size_t)(z->packed - z->out) : room;
		n = n < z->a.in.len ? n : z->a.in.len;
	}
	memcpy(to, z->a.in.p, n);
	pull_take(&z->a.in, n);
	return give(z, to, n);
}

/* The data say themselves where they end; the size in the header may be a lie. */
static int fill_deflated(struct zip *z)
{
	struct pull *in = &z->a.in;
	size_t room, n;
	uint8_t *to = archive_room(&z->a, &room);

	if (!pull_peek(in, 1))
		return archive_cut(&z->a);
	int r = inflation_some(&z->inflation, in, to, room, &n);

	z->out += n;
	z->a.filled += n;
	z->crc = z->inflation.crc;
	return r < 0 ? damaged(z) : r == 0 ? end_file(z) : 1;
}

static int zip_fill(struct archive_in *a)
{
	struct zip *z = (struct zip *)a;

	return z->method == STORED ? fill_stored(z) : fill_deflated(z);
}

static void zip_restart(struct archive_in *a)
{
	struct zip *z = (struct zip *)a;

	z->crc = (uint32_t)crc32(0, NULL, 0);
	z->out = 0;
	inflation_rewind(&z->inflation);
	if (z->method == DEFLATED)
		inflation_begin(&z->inflation);
}

static const char *method_name(unsigned method)
{
	static const struct {
		unsigned method;
		const char *name;
	} names[] = {{1, "Shrink"}, {6, "Implode"}, {9, "Deflate64"}, {12, "bzip2"}, {14, "LZMA"},
		     {20, "zstd"}, {93, "zstd"}, {95, "xz"}, {96, "JPEG"}, {98, "PPMd"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].method == method)
			return names[i].name;
	return "an unknown method";
}

/* Sizes that don't fit into 32 bits stand in a field of their own. */
static void take_extra(struct zip *z, size_t left)
{
	struct pull *in = &z->a.in;

	while (left >= 4 && pull_peek(in, 4) >= 4) {
		unsigned id = le16(in->p);
		size_t len = le16(in->p + 2), at = 0, n;

		pull_take(in, 4);
		left -= 4;
		len = len < left ? len : left;
		n = id == 1 ? pull_peek(in, len < 16 ? len : 16) : 0;
		n = n < len ? n : len;
		if (z->size == UINT32_MAX && n >= 8) {
			z->size = le64(in->p);
			at = 8;
		}
		if (z->packed == UINT32_MAX && n >= at + 8)
			z->packed = le64(in->p + at);
		pull_skip(in, len);
		left -= len;
	}
	pull_skip(in, left);
}

/* What can't be read of it, for people. */
static void refuse(struct zip *z)
{
	struct err *e = &z->a.refusal;

	if (z->flags & (ENCRYPTED | MASKED) || z->method == 99)
		err_set(e, ERR_INPUT, "file %u of the zip is encrypted: unpack it with its "
				      "password and hand over what is in it", z->a.files);
	else if (z->method != STORED && z->method != DEFLATED)
		err_set(e, ERR_INPUT, "file %u of the zip is packed with %s, which ruadb does not "
				      "read: unpack it and hand over what is in it",
			z->a.files, method_name(z->method));
}

static void take_numbers(struct zip *z, const uint8_t *p)
{
	z->flags = le16(p + 6);
	z->method = le16(p + 8);
	z->stored_crc = le32(p + 14);
	z->packed = le32(p + 18);
	z->size = le32(p + 22);
}

/* 1: at a file; 0: at a folder; -1: *e. */
static int take_header(struct zip *z, struct err *e)
{
	struct pull *in = &z->a.in;
	size_t name = le16(in->p + 26), extra = le16(in->p + 28);

	if (archive_name(&z->a, e) < 0)
		return -1;
	take_numbers(z, in->p);
	pull_take(in, SNIFF_ZIP_HEADER);
	pull_skip(in, name ? name - 1 : 0);
	z->folder = name && pull_peek(in, 1) && in->p[0] == '/' && z->size == 0;
	pull_skip(in, name ? 1 : 0);
	take_extra(z, extra);
	if (z->flags & DESCRIPTOR && z->packed == 0)
		z->packed = UNKNOWN;
	if (z->packed == 0)
		z->method = STORED;
	archive_at_file(&z->a);
	z->a.files -= z->folder;
	if (z->folder)
		return 0;
	refuse(z);
	inflation_forget(&z->inflation);
	zip_restart(&z->a);
	return 1;
}

/* To where the data of a file that was not read to its end are over. 1: there; 0: not found. */
static int skip_data(struct zip *z, struct err *e)
{
	uint64_t end = z->a.data_at + z->packed;
	int r = 0;

	if (z->packed == UNKNOWN) {
		if ((z->folder && at_signature(z)) || find(z, ends_here, e, &r)) {
			take_descriptor(z);
			return 1;
		}
		return r;
	}
	if (end < z->a.in.at)
		r = pull_goto(&z->a.in, end, e);
	else
		r = archive_skip(&z->a, end - z->a.in.at, e);
	if (r == 0 && z->flags & DESCRIPTOR && z->a.in.at == end)
		take_descriptor(z);
	return r < 0 ? -1 : at_signature(z);
}

/* Over what was left of a file; where it says wrongly how long it is, to the next that is found. */
static int leave_file(struct zip *z, struct err *e)
{
	uint64_t here = z->a.in.at;
	int r;

	if (z->a.done)
		return 0;
	z->a.done = true;
	if (z->a.told && !pull_peek(&z->a.in, 1))
		return 0; /* cut, and so is the zip */
	r = skip_data(z, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	/* what only its beginning was looked at of may hold files from there on */
	r = archive_return(&z->a, here - z->a.data_at <= SOURCE_BLOCK ? z->a.data_at : here, e);
	if (r > 0 && find(z, is_likely, e, &r)) {
		z->a.lost = true;
		return 0;
	}
	if (r < 0)
		return -1;
	if (z->a.told)
		return 0;
	return archive_ended(&z->a, e);
}

/* No more headers. A zip that was read to its own end loses nothing by what it lies in. */
static int end(struct zip *z, struct err *e)
{
	if (z->a.in.broke.class != ERR_NONE)
		return z->total && z->total == z->a.names ? 0 : archive_ended(&z->a, e);
	if (z->listed > z->a.names)
		return err_set(e, ERR_INPUT, "damaged zip: its directory lists %u files and "
					     "folders, of which only %u could be found",
			       z->listed, z->a.names);
	if (z->a.lost && z->listed < z->a.names)
		return err_set(e, ERR_INPUT, "damaged zip: between the files that could be read "
					     "there is something that could not");
	return 0;
}

/* Bytes of what is here, behind the files or before the first; 0: nothing known. */
static uint64_t other_length(struct zip *z, size_t n)
{
	const uint8_t *p = z->a.in.p;

	if (n >= 46 && memcmp(p, "PK\1\2", 4) == 0)
		return 46ULL + le16(p + 28) + le16(p + 30) + le16(p + 32);
	if (n >= 22 && memcmp(p, "PK\5\6", 4) == 0)
		return 22ULL + le16(p + 20);
	if (n >= 12 && memcmp(p, "PK\6\6", 4) == 0)
		return 12 + (le64(p + 4) & UINT32_MAX);
	if (n >= 20 && memcmp(p, "PK\6\7", 4) == 0)
		return 20;
	if (n >= 8 && memcmp(p, "PK\6\10", 4) == 0)
		return 8ULL + le32(p + 4);
	return 0;
}

/* Behind the last file, or at what can't be read. 0: go on; 1: nothing comes; -1: *e. */
static int pass_other(struct zip *z, size_t n, struct err *e)
{
	uint64_t length = other_length(z, n);
	int r;

	if (length) {
		z->listed += z->a.in.p[2] == 1;
		if (z->a.in.p[2] == 5)
			z->total = le16(z->a.in.p + 10);
		z->ended = true;
		return archive_skip(&z->a, length, e);
	}
	/* said at the beginning of what was to be split over several disks */
	if (z->a.names == 0 && (memcmp(z->a.in.p, "PK\7\10", 4) == 0 ||
				memcmp(z->a.in.p, "PK00", 4) == 0))
		return archive_skip(&z->a, 4, e);
	z->a.lost |= !z->ended;
	if (find(z, is_likely, e, &r))
		return 0;
	return r < 0 ? -1 : 1;
}

static int zip_next(struct archive_in *a, struct err *e)
{
	struct zip *z = (struct zip *)a;
	int r = leave_file(z, e);

	while (r == 0) {
		size_t n = pull_peek(&a->in, 46);

		if (n < 4)
			return end(z, e);
		if (memcmp(a->in.p, "PK\3\4", 4) == 0) {
			if (n < SNIFF_ZIP_HEADER)
				return archive_ended(&z->a, e);
			r = take_header(z, e);
			if (r == 0)
				r = leave_file(z, e);
			else if (r > 0)
				return 1;
		} else {
			r = pass_other(z, n, e);
			if (r > 0)
				return end(z, e);
		}
	}
	return r;
}

void zip_read(struct item *it, struct source *s, size_t skip)
{
	static const struct archive_format format = {"zip", zip_next, zip_fill, zip_restart};
	struct err e;

	if (item_too_packed(it, &e) < 0) {
		item_refused(it, &e);
		return;
	}
	struct zip *z = xmalloc(sizeof(*z));

	memset(&z->inflation, 0, sizeof(*z) - offsetof(struct zip, inflation));
	it->packed++;
	archive_read(it, &z->a, &format, s, skip);
	it->packed--;
	inflation_end(&z->inflation);
	free(z);
}
