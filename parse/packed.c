/*
 * xz, bzip2 and zstd: libarchive with exactly that one filter, which it is told and does not guess
 * (what it guesses it unpacks up to 25 times over), and its format `raw`.
 */
#include "parse/source.h"
#include "parse/repairs.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct packed {
	struct source source, *below;
	struct budget *budget;
	struct spending spent;
	struct repairs *repairs;
	const char *name;
	int filter;
	struct archive *a;
	struct err broke; /* of the source below */
};

static la_ssize_t on_read(struct archive *a, void *ctx, const void **ret)
{
	struct packed *k = ctx;
	struct block b;
	int r = source_next(k->below, &b, &k->broke);

	(void)a;
	/* of an error libarchive would give nothing more, though it has something still */
	if (r <= 0)
		return 0;
	*ret = b.p;
	return (la_ssize_t)b.len;
}

static bool says(const char *text, const char *word)
{
	return text && strcasestr(text, word);
}

static int fault(struct packed *k, struct err *e)
{
	const char *what = archive_error_string(k->a);

	if (k->broke.class != ERR_NONE) {
		*e = k->broke;
		return -1;
	}
	if (says(what, "memory"))
		return err_set(e, ERR_LIMIT, "a file packed by %s that takes too much memory to "
					     "unpack", k->name);
	bool cut = says(what, "truncated");

	repairs_outer(k->repairs, cut ? REPAIR_ARCHIVE_CUT : REPAIR_ARCHIVE_DAMAGED, k->name,
		      TEXT_ABSENT, TEXT_ABSENT);
	return err_set(e, ERR_INPUT, cut ? "%s that ends in the middle" : "%s that is damaged",
		       k->name);
}

/* A number of 7 bits a byte. */
static uint64_t varint(const uint8_t **p, const uint8_t *end)
{
	uint64_t v = 0;

	for (unsigned shift = 0; *p < end && shift < 63; shift += 7) {
		uint8_t c = *(*p)++;

		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			break;
	}
	return v;
}

/* Bytes of memory that the first block of an xz asks for; 0: it can not be said. */
static uint64_t xz_dictionary(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	if (len < 24)
		return 0;
	p += 12; /* the stream's header */
	uint8_t flags = p[1];

	p += 2;
	for (uint8_t sizes = flags & 0xc0; sizes; sizes = (uint8_t)(sizes << 1))
		if (sizes & 0x80)
			varint(&p, end);
	for (int filters = (flags & 3) + 1; filters && p < end; filters--) {
		uint64_t id = varint(&p, end), props = varint(&p, end);

		if (id == 0x21 && props == 1 && p < end)
			return (uint64_t)(2 | (*p & 1)) << ((*p & 63) / 2 + 11);
		if (props >= (uint64_t)(end - p))
			break;
		p += props;
	}
	return 0;
}

static int look_at_xz(struct packed *k, struct err *e)
{
	struct block b;
	int r = source_next(k->below, &b, e);

	if (r < 0 || source_rewind(k->below, e) < 0)
		return -1;
	if (r > 0 && xz_dictionary(b.p, b.len) > LIMIT_DICTIONARY)
		return err_set(e, ERR_LIMIT, "a file packed by xz that takes more than %d MB of "
					     "memory to unpack", LIMIT_DICTIONARY >> 20);
	return 0;
}

static int open_archive(struct packed *k, struct err *e)
{
	struct archive_entry *entry;

	if (k->filter == ARCHIVE_FILTER_XZ && look_at_xz(k, e) < 0)
		return -1;
	k->broke.class = ERR_NONE;
	k->a = archive_read_new();
	if (!k->a || archive_read_support_format_raw(k->a) != ARCHIVE_OK)
		abort();
	if (archive_read_append_filter(k->a, k->filter) != ARCHIVE_OK ||
	    archive_read_open(k->a, k, NULL, on_read, NULL) != ARCHIVE_OK)
		return fault(k, e);
	int r = archive_read_next_header(k->a, &entry);

	return r == ARCHIVE_OK || r == ARCHIVE_EOF ? 0 : fault(k, e);
}

static int packed_next(struct source *s, struct block *ret, struct err *e)
{
	struct packed *k = (struct packed *)s;
	const void *p;
	size_t n = 0;
	la_int64_t offset;

	if (!k->a && open_archive(k, e) < 0)
		return -1;
	while (n == 0) {
		int r = archive_read_data_block(k->a, &p, &n, &offset);

		if (r == ARCHIVE_EOF && k->broke.class == ERR_NONE)
			return 0;
		if (r != ARCHIVE_OK)
			return fault(k, e);
	}
	*ret = (struct block){p, n, false};
	return budget_spend_new(k->budget, &k->spent, n, e) < 0 ? -1 : 1;
}

static int packed_rewind(struct source *s, struct err *e)
{
	struct packed *k = (struct packed *)s;

	archive_read_free(k->a);
	k->a = NULL;
	k->spent.at = 0;
	return source_rewind(k->below, e);
}

static void packed_close(struct source *s)
{
	archive_read_free(((struct packed *)s)->a);
	free(s);
}

struct source *source_packed(struct source *below, enum kind kind, struct budget *b,
			     struct repairs *r)
{
	struct packed *k = xcalloc(1, sizeof(*k));

	k->source = (struct source){packed_next, packed_rewind, packed_close};
	k->below = below;
	k->budget = b;
	k->repairs = r;
	k->name = kind == KIND_XZ ? "xz" : kind == KIND_BZIP2 ? "bzip2" : "zstd";
	k->filter = kind == KIND_XZ ? ARCHIVE_FILTER_XZ
		  : kind == KIND_BZIP2 ? ARCHIVE_FILTER_BZIP2 : ARCHIVE_FILTER_ZSTD;
	return &k->source;
}
