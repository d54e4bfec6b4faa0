/* Tars as they come, xz, bzip2 and zstd; and what is refused by name. */
#include "tests/unit/parse_pack.h"

#include <archive.h>
#include <archive_entry.h>

static struct buf tar_end(struct buf b)
{
	zeroes(&b, 1024);
	return b;
}

static void whole(void)
{
	struct buf b = {0};

	tar_add_text(&b, "a.xml", DOCUMENT);
	is_str(trace_buf(tar_end(b)), entry_outcome('1'), "a tar");
	b = (struct buf){0};
	tar_add(&b, "d/", '5', "", 0);
	tar_add(&b, "pax", 'x', "16 size=0000695\n26 mtime=1.0000000000000\n", 42);
	tar_add_text(&b, "d/a.xml", DOCUMENT);
	tar_add(&b, "long", 'L', "d/a name that is longer than it seems\0", 38);
	tar_add_text(&b, "../../b.xml", "<feedback>" RECORD POLICY METADATA "</feedback>");
	tar_add(&b, "link", '2', "", 0);
	tar_add_text(&b, "c.txt", "unused");
	tar_add_text(&b, "d", "");
	tar_add(&b, "e.xml", '\0', DOCUMENT, strlen(DOCUMENT));
	b = tar_end(b);
	trace_contains(trace_item(b.p, b.len, -1), entry_outcome('1'), "a long name, a pax header");
	trace_contains(buf_cstr(&trace), entry_outcome('2'), "in two passes");
	trace_contains(buf_cstr(&trace),
		       "refused 3 input: an archive that holds no report, but `unused`\n"
		       "refused 4 input: an empty file in the place of a report\n",
		       "a word, nothing");
	trace_contains(buf_cstr(&trace), entry_outcome('5'), "and a file of an old tar");
	ok(!strstr(buf_cstr(&trace), "repair"), "nothing is wrong with it");
	trace_contains(trace_buf(gzipped(b.p, b.len)), entry_outcome('5'), "in a gzip");
	struct buf twice = {0};

	tar_add(&twice, "inner.tar", '0', b.p, b.len);
	tar_add_text(&twice, "z.xml", DOCUMENT);
	trace_contains(trace_buf(gzipped_buf(tar_end(twice))), entry_outcome('6'),
		       "a tar in a tar in a gzip");
	struct buf cut = gzipped(b.p, b.len);

	ok(!strstr(trace_item(cut.p, cut.len - 3, -1), "behind file"),
	   "a gzip around it is cut behind it: nothing is missing");
	buf_free(&cut);
	for (int i = 0; i < 3; i++) {
		twice = (struct buf){0};
		tar_add(&twice, "inner.tar", '0', b.p, b.len);
		buf_free(&b);
		b = tar_end(twice);
	}
	trace_contains(trace_item(b.p, b.len, -1), "record 1 ", "four deep");
	twice = (struct buf){0};
	tar_add(&twice, "inner.tar", '0', b.p, b.len);
	trace_contains(trace_buf(tar_end(twice)),
		       "refused 1 limit: archives in archives, more than 4 deep\n", "not five");
	buf_free(&b);
}

static void joined(void)
{
	struct buf b = {0};

	tar_add_text(&b, "a.xml", DOCUMENT);
	b = tar_end(b);
	tar_add_text(&b, "b.xml", DOCUMENT);
	b = tar_end(b);
	trace_contains(trace_item(b.p, b.len, -1), entry_outcome('1'), "two tars, one behind");
	trace_contains(buf_cstr(&trace), entry_outcome('2'), "the other");
	buf_adds(&b, "\r\n-- \r\nSent by a gateway\r\n");
	ok(!strstr(trace_buf(b), "refused"), "something behind them is nothing");
}

static void cut(void)
{
	struct buf b = {0};

	tar_add_text(&b, "a.xml", DOCUMENT);
	tar_add_text(&b, "b.xml", DOCUMENT);
	trace_contains(trace_item(b.p, b.len, -1), "head 2", "without its end");
	trace_contains(buf_cstr(&trace), "repair archive_cut where=tar\nend 1 3 0 0 c\n",
		       "the last one is told of");
	ok(!strstr(buf_cstr(&trace), "refused"), "and stored");
	trace_contains(trace_item(b.p, b.len - 900, -1), "end 1 3 0 0 c\n", "cut in a file");
	trace_contains(buf_cstr(&trace), " 2 ", "which is told of");
	trace_contains(trace_item(b.p, b.len / 2 + 100, -1),
		       "end 1 3 0 0 c\nrefused 2 input: tar that ends in the middle\n",
		       "cut in a header");
	buf_free(&b);
}

/* Headers that lie, or are gone. */
static void damaged(void)
{
	static const uint64_t sizes[] = {1 << 20, 8ULL << 32, ~0ULL >> 1};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf b = {0};

		tar_add_text(&b, "a.xml", DOCUMENT);
		tar_header(&b, "b.png", '0', sizes[i]);
		buf_add(&b, "\x89PNG\r\n\x1a\n", 8);
		zeroes(&b, 504);
		tar_add_text(&b, "c.xml", DOCUMENT);
		trace_contains(trace_buf(tar_end(b)), "\nnot 2 a PNG picture\nhead 3 ",
			       "behind a picture whose size is a lie");
		trace_contains(buf_cstr(&trace), "refused 4 input: damaged tar: between the files "
			       "that could be read there is something that could not\n",
			       "that something may be missing is told");
	}
	struct buf b = {0};

	tar_add_text(&b, "a.xml", DOCUMENT);
	size_t at = b.len;

	tar_add_text(&b, "b.xml", DOCUMENT);
	b.p[at + 10] = 'x';
	tar_add_text(&b, "c.xml", DOCUMENT);
	trace_contains(trace_buf(tar_end(b)), "end 1 3 0 0 c\nhead 2 ",
		       "a header whose checksum does not agree is passed over");
	trace_contains(buf_cstr(&trace), "refused 3 input: damaged tar: ", "and told of");
	b = (struct buf){0};
	tar_add_text(&b, "a.xml", DOCUMENT);
	tar_add(&b, "b.xml", 'S', DOCUMENT, strlen(DOCUMENT));
	tar_add(&b, "pax", 'x', "22 GNU.sparse.major=1\n", 22);
	tar_add_text(&b, "c.xml", DOCUMENT);
	tar_add_text(&b, "d.xml", DOCUMENT);
	trace_contains(trace_buf(tar_end(b)),
		       "refused 2 input: file 2 of the tar is stored without "
		       "its holes (sparse), which ruadb does not read: pack it again as a plain "
		       "file\nrefused 3 input: file 3 of the tar ", "sparse files");
	trace_contains(buf_cstr(&trace), entry_outcome('4'), "and what stands behind them");
}

/* data, packed by libarchive with one filter. */
static struct buf packed(int filter, const void *data, size_t len)
{
	struct buf b = {0};
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t used;

	archive_write_set_format_raw(a);
	archive_write_add_filter(a, filter);
	archive_write_set_bytes_in_last_block(a, 1);
	archive_write_open_memory(a, buf_room(&b, 1 << 20), 1 << 20, &used);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_write_header(a, e);
	archive_write_data(a, data, len);
	archive_entry_free(e);
	archive_write_close(a);
	archive_write_free(a);
	b.len = used;
	return b;
}

static void filters(void)
{
	static const struct {
		int filter;
		const char *name;
	} all[] = {{ARCHIVE_FILTER_XZ, "xz"}, {ARCHIVE_FILTER_BZIP2, "bzip2"},
		   {ARCHIVE_FILTER_ZSTD, "zstd"}};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		int f = all[i].filter, at = f == ARCHIVE_FILTER_BZIP2 ? 12 : 6;
		struct buf one = packed(f, DOCUMENT, strlen(DOCUMENT)), b;
		char wanted[80], kept[24];

		is_str(trace_item(one.p, one.len, -1), OUTCOME, all[i].name);
		snprintf(wanted, sizeof(wanted), "refused 0 input: %s that ", all[i].name);
		trace_contains(trace_item(one.p, one.len - 30, -1), wanted, "cut");
		memcpy(kept, one.p + at, 24);
		memset(one.p + at, 0xff, 24);
		trace_contains(trace_item(one.p, one.len, -1), wanted, "damaged");
		memcpy(one.p + at, kept, 24);
		b = packed(f, one.p, one.len);
		is_str(trace_item(b.p, b.len, -1), OUTCOME, "twice");
		buf_free(&b);
		b = gzipped(one.p, one.len);
		trace_contains(trace_item(b.p, b.len - 3, -1), "end 1 3 0 0 c\n",
			       "in a gzip that is cut in its trailer");
		buf_free(&b);
		b = packed(f, one.p, one.len);
		buf_free(&one);
		one = packed(f, b.p, b.len);
		is_str(trace_buf(one), "refused 0 limit: packed more than 2 times\n", "not thrice");
		buf_free(&b);
		b = (struct buf){0};
		tar_add_text(&b, "a.xml", DOCUMENT);
		b = tar_end(b);
		is_str(trace_buf(packed(f, b.p, b.len)), entry_outcome('1'), "a tar in it");
		buf_free(&b);
		const char *back = "<feedback>" RECORD POLICY METADATA "</feedback>";

		is_str(trace_buf(packed(f, back, strlen(back))), OUTCOME, "unpacked twice");
	}
}

/* Stream header, and a block header that asks for a dictionary of 1.5 GB. */
static void large_dictionary(void)
{
	uint8_t head[] = {0xfd, '7', 'z', 'X', 'Z', 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46,
				       2, 0, 0x21, 1, 37, 0, 0, 0, 0xf0, 0x12, 0x03, 0x5b};

	is_str(trace_item(head, sizeof(head), -1),
	       "refused 0 limit: a file packed by xz that takes more than 64 MB of memory to "
	       "unpack\n", "an xz that asks for too much memory");
	head[16] = 40; /* 4 GB, the most that can be said */
	trace_contains(trace_item(head, sizeof(head), -1), "refused 0 limit: ", "or for more");
}

static void refused(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *wanted;
	} all[] = {
		{"7z\xbc\xaf\x27\x1c\0\4", 8,
		 "a 7-Zip archive, which ruadb does not read: unpack it "
					      "and hand over what is in it\n"},
		{"Rar!\x1a\7\1\0", 8, "a RAR archive, "},
		{"MSCF\0\0\0\0", 8, "a Windows cabinet, "},
		{"LZIP\1\x0c", 6, "a file packed by lzip, "},
		{"\x1f\x9d\x90x", 4, "a file packed by compress (.Z), "},
		{"\4\x22\x4d\x18\x64\x40", 6, "a file packed by lz4, "},
		{"\x78\x9f\x3e\x22\1\0", 6, "winmail.dat (TNEF, made by Outlook or Exchange), "},
		{"-----BEGIN PGP MESSAGE-----\n", 28, "encrypted or signed by PGP, "},
	};
	char wanted[200];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(wanted, sizeof(wanted), "refused 0 input: %s", all[i].wanted);
		trace_contains(trace_item(all[i].bytes, all[i].len, -1), wanted, "refused by name");
	}
}

/* DER of PKCS#7: signed data with its content or without, and enveloped data. */
static void smime(void)
{
	static const char begin[] = "\x30\x80\6\x09\x2a\x86\x48\x86\xf7\x0d\1\7";
	static const char data[] = "\xa0\x80\x30\x80\2\1\1\x31\x0d\x30\x0b\6\x09\x60\x86"
				   "\x48\1\x65\3\4\2\1\x30\x80\6\x09\x2a\x86\x48\x86\xf7\x0d\1\7\1";
	struct buf b = {0};

	for (int i = 0; i < 3; i++) {
		b.len = 0;
		buf_add(&b, begin, sizeof(begin) - 1);
		buf_addc(&b, i == 2 ? 3 : 2);
		buf_add(&b, data, sizeof(data) - 1);
		buf_add(&b, i ? "\xa0\x80\x24\x80\4" : "\0\0\0\0\xa0", 5);
		is_str(trace_item(b.p, b.len, -1),
		       i ? "refused 0 input: encrypted or signed by S/MIME, which ruadb does not "
		       "undo: hand over what is in it\n"
			 : "not 0 an S/MIME signature\n",
		       i ? "S/MIME with something in it" : "a signature alone");
	}
	buf_free(&b);
}

static void ole(void)
{
	struct buf b = {0};

	buf_add(&b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	zeroes(&b, 100000);
	is_str(trace_item(b.p, b.len, -1), "not 0 an Office document\n", "an Office document");
	buf_add(&b, "_\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000\0_\0", 24);
	is_str(trace_item(b.p, b.len, -1),
	       "refused 0 input: an Outlook message (.msg), which ruadb does not read: save it as "
	       ".eml and hand that over\n", "an Outlook message");
	/* by blocks of a gzip: the name lies across two of them */
	b.len = 8;
	zeroes(&b, 65536 - 8 - 9);
	buf_add(&b, "_\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000\0_\0", 24);
	trace_contains(trace_buf(gzipped_buf(b)), "refused 0 input: an Outlook message",
		       "in a gzip");
}

int main(void)
{
	whole();
	joined();
	cut();
	damaged();
	filters();
	large_dictionary();
	refused();
	smime();
	ole();
	return trace_done();
}
