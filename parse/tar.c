/* A tar: ustar, GNU's, pax (POSIX.1-2001), and those before them. */
#include "parse/archive.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 512
#define MOST_SIZE (1ULL << 50)
#define SPARSE "is stored without its holes (sparse), which ruadb does not read: pack it again " \
	       "as a plain file"

struct tar {
	struct archive_in a;
	uint64_t size, left; /* of the file; what of it is still to be given */
	uint64_t pax_size;   /* the next file's, out of a header of its own; UINT64_MAX: none */
	bool pax_sparse;
	bool ended;          /* the blocks of zeroes that end it were seen */
};

/* Octal digits, or with the first bit set bytes of a big number. */
static uint64_t number(const uint8_t *p, size_t len)
{
	uint64_t n = 0;
	size_t i = 0;

	if (p[0] & 0x80) {
		n = p[0] & 0x7f;
		for (i = 1; i < len; i++)
			n = n >= MOST_SIZE ? MOST_SIZE : n << 8 | p[i];
		return n < MOST_SIZE ? n : MOST_SIZE;
	}
	while (i < len && p[i] == ' ')
		i++;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
		n = n << 3 | (unsigned)(p[i] - '0');
	return n < MOST_SIZE ? n : MOST_SIZE;
}

static uint64_t decimal(const char **p, const char *end)
{
	uint64_t n = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
		n = n < MOST_SIZE / 10 ? n * 10 + (unsigned)(**p - '0') : MOST_SIZE;
	return n;
}

static uint64_t padding(uint64_t size)
{
	return (HEADER - size % HEADER) % HEADER;
}

/* One "LENGTH KEY=VALUE\n" of a pax header, in t. */
static void pax_record(struct tar *t, const char *p, const char *end)
{
	const char *eq = memchr(p, '=', (size_t)(end - p));

	if (!eq)
		return;
	if (eq - p >= 10 && memcmp(p, "GNU.sparse", 10) == 0)
		t->pax_sparse = true;
	if (eq - p != 4 || memcmp(p, "size", 4) != 0)
		return;
	eq++;
	t->pax_size = decimal(&eq, end);
}

/* What is said of the next file. Of a longer header only the beginning is looked at. */
static int pax(struct tar *t, uint64_t size, struct err *e)
{
	char *p = (char *)t->a.block, *end = p;
	uint64_t rest = size + padding(size);

	while (end < p + SOURCE_BLOCK && end < p + size && pull_peek(&t->a.in, 1)) {
		size_t n = (size_t)(p + SOURCE_BLOCK - end);
		size_t most = (size_t)(size - (uint64_t)(end - p));

		n = n < most ? n : most;
		n = n < t->a.in.len ? n : t->a.in.len;
		memcpy(end, t->a.in.p, n);
		pull_take(&t->a.in, n);
		end += n;
		rest -= n;
	}
	while (p < end) {
		const char *d = p;
		uint64_t n = decimal(&d, end);

		if (n <= (uint64_t)(d - p) || n > (uint64_t)(end - p))
			break;
		pax_record(t, d + 1, p + n);
		p += n;
	}
	return archive_skip(&t->a, rest, e);
}

/* GNU's old form: the map of the holes goes on behind the header. */
static void skip_map(struct tar *t, bool more)
{
	while (more && pull_peek(&t->a.in, HEADER) >= HEADER) {
		more = t->a.in.p[504];
		pull_take(&t->a.in, HEADER);
	}
}

/* Of old ones only the slash behind its name tells a folder. */
static bool is_folder(const uint8_t *p)
{
	size_t n = strnlen((const char *)p, 100);

	return n && p[n - 1] == '/';
}

/* 1: at a file; 0: what the header was of is none; -1: *e. */
static int take_header(struct tar *t, struct err *e)
{
	const uint8_t *p = t->a.in.p;
	uint64_t size = number(p + 124, 12);
	bool more = p[482], sparse = p[156] == 'S', folder = size == 0 && is_folder(p);
	char type = (char)p[156];

	if (archive_name(&t->a, e) < 0)
		return -1;
	pull_take(&t->a.in, HEADER);
	switch (folder ? '5' : type) {
	case 'x':
	case 'X':
		return pax(t, size, e);
	case 'g': case 'L': case 'K': case 'N': case 'V': case 'D': case 'M':
		return archive_skip(&t->a, size + padding(size), e);
	case '1': case '2': case '3': case '4': case '5': case '6':
		t->pax_size = UINT64_MAX;
		t->pax_sparse = false;
		return 0; /* links, folders and devices have no data, whatever their size says */
	default:
		break;
	}
	if (sparse)
		skip_map(t, more);
	archive_at_file(&t->a);
	t->size = t->left = t->pax_size != UINT64_MAX ? t->pax_size : size;
	if (sparse || t->pax_sparse)
		err_set(&t->a.refusal, ERR_INPUT, "file %u of the tar " SPARSE, t->a.files);
	t->pax_size = UINT64_MAX;
	t->pax_sparse = false;
	return 1;
}

/* To the next block that is a header: true. */
static bool find_header(struct tar *t, struct err *e, int *ret_r)
{
	*ret_r = 0;
	while (pull_peek(&t->a.in, HEADER) >= HEADER && !sniff_tar_header(t->a.in.p)) {
		*ret_r = archive_skip(&t->a, HEADER, e);
		if (*ret_r < 0)
			return false;
	}
	return t->a.in.len >= HEADER;
}

/* Over what was left of a file. If its size is a lie, there may be files within what it says. */
static int leave_file(struct tar *t, struct err *e)
{
	uint64_t here = t->a.in.at, rest = t->left + padding(t->size), given = here - t->a.data_at;
	int r;

	if (t->a.done)
		return 0;
	t->a.done = true;
	if (archive_skip(&t->a, rest, e) == 0 && t->a.in.at == here + rest)
		return 0;
	if (t->a.told)
		return 0; /* cut, and so is the tar */
	/* what only its beginning was looked at of may hold files from there on */
	r = archive_return(&t->a, given <= SOURCE_BLOCK ? t->a.data_at : here + padding(given), e);
	if (r > 0 && find_header(t, e, &r)) {
		t->a.lost = true;
		return 0;
	}
	return r < 0 ? -1 : archive_ended(&t->a, e);
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* No more headers. A tar that was read to its own end loses nothing by what it lies in. */
static int end(struct tar *t, struct err *e)
{
	if (t->a.in.broke.class != ERR_NONE)
		return t->ended && !t->a.lost && !t->a.in.len ? 0 : archive_ended(&t->a, e);
	if (t->a.lost)
		return err_set(e, ERR_INPUT, "damaged tar: between the files that could be read "
					     "there is something that could not");
	if (!t->ended && t->a.in.len)
		return archive_ended(&t->a, e);
	return 0;
}

static int tar_next(struct archive_in *a, struct err *e)
{
	struct tar *t = (struct tar *)a;
	int r = leave_file(t, e);

	while (r == 0) {
		size_t n = pull_peek(&a->in, HEADER);

		if (n < HEADER)
			return end(t, e);
		if (sniff_tar_header(a->in.p)) {
			t->ended = false;
			r = take_header(t, e);
		} else if (all_zero(a->in.p, HEADER)) {
			t->ended = true;
			r = archive_skip(a, HEADER, e);
		} else {
			t->a.lost |= !t->ended;
			if (!find_header(t, e, &r))
				return r < 0 ? -1 : end(t, e);
		}
	}
	return r;
}

static int tar_fill(struct archive_in *a)
{
	struct tar *t = (struct tar *)a;
	size_t room;
	uint8_t *to = archive_room(a, &room);
	size_t n = t->left < room ? (size_t)t->left : room;

	if (t->left == 0) {
		pull_skip(&a->in, padding(t->size));
		if (!pull_peek(&a->in, 1))
			archive_cut_behind(a);
		return 0;
	}
	if (!pull_peek(&a->in, 1))
		return archive_cut(a);
	n = n < a->in.len ? n : a->in.len;
	memcpy(to, a->in.p, n);
	pull_take(&a->in, n);
	a->filled += n;
	t->left -= n;
	return 1;
}

static void tar_restart(struct archive_in *a)
{
	struct tar *t = (struct tar *)a;

	t->left = t->size;
}

void tar_read(struct item *it, struct source *s)
{
	static const struct archive_format format = {"tar", tar_next, tar_fill, tar_restart};
	struct tar *t = xmalloc(sizeof(*t));

	t->pax_size = UINT64_MAX;
	t->pax_sparse = t->ended = false;
	archive_read(it, &t->a, &format, s, 0);
	free(t);
}
