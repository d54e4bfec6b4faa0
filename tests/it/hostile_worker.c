/*
 * hostile_worker - a ruadb-parse that goes wrong on items that ask for it: an item with one of the
 * marks below in it. All other items are parsed as always. Tests name it in RUADB_PARSE.
 *
 *   HOSTILE-CRASH  dies of a fault of its own        HOSTILE-HANG  says nothing any more
 *   HOSTILE-SPIN   uses up its CPU time              HOSTILE-GROW  uses up its memory
 *   HOSTILE-LIE!   sends what is no frame            HOSTILE-SUMS  sums that are not the records'
 *   HOSTILE-END!   ends as if all were well          HOSTILE-KILL  is killed as by somebody else,
 *                                                                  every second time it is tried
 *   HOSTILE-LOST   a partial report, nothing lost    HOSTILE-WHOL  a whole one, something lost
 *   HOSTILE-MEND   more REPAIRs than there may be    HOSTILE-AMID  AGAIN outside of a report
 *   HOSTILE-AGAI   says a report of 5000 records, takes it back, and reads the item as always
 *   HOSTILE-PART   is as honest as one can be: a part of the report with one record of 9
 *                  messages, two things mended, the rest lost
 *   HOSTILE-DIES   says a report of 5000 records and crashes before its end
 */
#include "base/frame.h"
#include "parse/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct buf in;
static int passed = -1;

static int flush(void *ctx, struct buf *out, struct err *e)
{
	(void)ctx;
	(void)e;
	for (size_t done = 0; done < out->len;) {
		ssize_t n = write(0, out->p + done, out->len - done);

		if (n < 0)
			_exit(0);
		done += (size_t)n;
	}
	out->len = 0;
	return 0;
}

/* The next frame, payload in *ret; ends the process with the stream. */
static struct frame next(struct buf *ret)
{
	struct frame f;
	struct err e;
	size_t used;

	while (frame_next((const uint8_t *)in.p, in.len, &f, &used, &e) != 1) {
		union {
			struct cmsghdr header;
			char room[CMSG_SPACE(sizeof(int))];
		} control;
		struct iovec v = {buf_room(&in, 4096), 4096};
		struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.room,
				   .msg_controllen = sizeof(control.room)};
		ssize_t n = recvmsg(0, &m, 0);

		if (n <= 0)
			_exit(0);
		if (CMSG_FIRSTHDR(&m))
			memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
		in.len += (size_t)n;
	}
	ret->len = 0;
	buf_add(ret, f.payload, f.len);
	f.payload = (const uint8_t *)buf_cstr(ret);
	memmove(in.p, in.p + used, in.len - used);
	in.len -= used;
	return f;
}

static void use_up_memory(void)
{
#ifdef RUADB_SANITIZE
	_exit(71); /* a sanitizer's memory has no such limit, and malloc another end */
#endif
	struct rlimit as = {256 << 20, 256 << 20};

	setrlimit(RLIMIT_AS, &as);
	for (;;)
		memset(xmalloc(1 << 20), 1, 1 << 20); /* ends with 71 */
}

static void use_up_time(void)
{
	struct rlimit cpu = {1, 2};

	setrlimit(RLIMIT_CPU, &cpu);
	for (volatile int i = 0;; i++)
		;
}

static void put_head(struct buf *b, uint64_t item)
{
	const struct report_head h = {.schema = SCHEMA_RFC7489, .domain = text_of("example.com"),
				      .auth = AUTH_LOCAL, .auth_method = METHOD_NONE,
				      .auth_relation = RELATION_ABSENT,
				      .begin_at = TIME_ABSENT, .end_at = TIME_ABSENT, .pct = -1};
	size_t at = frame_begin(b, FRAME_HEAD, item);

	frame_put_head(b, &h);
	frame_finish(b, at);
}

static void put_records(struct buf *b, uint64_t item, uint32_t n)
{
	for (uint32_t i = 1; i <= n; i++) {
		const struct record r = {
			.record_no = i, .source_ip = {4, {192, 0, 2, 99}}, .messages = 1,
			.disposition = DISPOSITION_NONE, .dkim_evaluated = RESULT_PASS,
			.spf_evaluated = RESULT_PASS, .dkim_aligned = ALIGNED_ABSENT,
			.spf_aligned = ALIGNED_ABSENT,
		};
		size_t at = frame_begin(b, FRAME_RECORDS, item);

		if (i == 1)
			frame_put_set(b, 0);
		frame_put_record(b, 0, &r);
		frame_finish(b, at);
	}
}

static void put_end(struct buf *b, uint64_t item, const struct report_sums *s)
{
	size_t at = frame_begin(b, FRAME_END, item);

	frame_put_sums(b, s);
	frame_finish(b, at);
}

/* A report without a record, with an END that lies, and nothing more. */
static void lie(uint64_t item, struct report_sums s)
{
	struct buf b = {0};

	put_head(&b, item);
	put_end(&b, item, &s);
	flush(NULL, &b, NULL);
	pause();
}

static void too_many_repairs(uint64_t item)
{
	const struct repair r = {.what = text_of("time_form"), .times = 1};
	struct buf b = {0};

	put_head(&b, item);
	for (int i = 0; i <= LIMIT_REPAIRS; i++) {
		size_t at = frame_begin(&b, FRAME_REPAIR, item);

		frame_put_repair(&b, &r);
		frame_finish(&b, at);
	}
	flush(NULL, &b, NULL);
	pause();
}

static void begin_report(uint64_t item)
{
	struct buf b = {0};

	put_head(&b, item);
	put_records(&b, item, 5000);
	flush(NULL, &b, NULL);
	buf_free(&b);
}

/* What a worker says that finds out late that it has to read once more. */
static void take_back(uint64_t item)
{
	struct buf b = {0};

	frame_finish(&b, frame_begin(&b, FRAME_AGAIN, item));
	flush(NULL, &b, NULL);
	buf_free(&b);
}

static void put_mended(struct buf *b, uint64_t item)
{
	const struct repair r = {.what = text_of("document_cut"), .times = 2, .line = 12};
	size_t at = frame_begin(b, FRAME_REPAIR, item);

	frame_put_repair(b, &r);
	frame_finish(b, at);
}

/* A part of the report that t_repairs.sh writes. */
static void part_of_report(uint64_t item)
{
	const struct report_head h = {
		.auth = AUTH_LOCAL, .auth_method = METHOD_NONE, .auth_relation = RELATION_ABSENT,
		.schema = SCHEMA_RFC7489, .org_name = text_of("mx.example.org"),
		.report_id = text_of("HOSTILE-PART"), .begin_at = 1790812800,
		.end_at = 1790899199, .domain = text_of("d99.example.com"), .pct = -1};
	const struct record r = {.record_no = 1, .source_ip = {4, {192, 0, 2, 99}}, .messages = 9,
				 .disposition = DISPOSITION_NONE, .dkim_evaluated = RESULT_PASS,
				 .spf_evaluated = RESULT_PASS, .dkim_aligned = ALIGNED_ABSENT,
				 .spf_aligned = ALIGNED_ABSENT};
	const struct report_sums s = {.records = 1, .messages = 9, .content_hash = {1},
				      .state = STATE_PARTIAL,
				      .lost = text_of("the document ends in record 2")};
	struct buf b = {0};
	size_t at = frame_begin(&b, FRAME_HEAD, item);

	frame_put_head(&b, &h);
	frame_finish(&b, at);
	at = frame_begin(&b, FRAME_RECORDS, item);
	frame_put_set(&b, 0);
	frame_put_record(&b, 0, &r);
	frame_finish(&b, at);
	put_mended(&b, item);
	put_end(&b, item, &s);
	at = frame_begin(&b, FRAME_ITEM_END, item);
	frame_put_u32(&b, 1);
	frame_put_u64(&b, 0);
	frame_finish(&b, at);
	flush(NULL, &b, NULL);
	buf_free(&b);
}

/* Marks that are about frames. */
static void say_frames(uint64_t item, const char *mark)
{
	if (memcmp(mark, "AGAI", 4) == 0 || memcmp(mark, "DIES", 4) == 0)
		begin_report(item);
	if (memcmp(mark, "SUMS", 4) == 0)
		lie(item, (struct report_sums){.records = 2, .state = STATE_COMPLETE});
	else if (memcmp(mark, "LOST", 4) == 0)
		lie(item, (struct report_sums){.state = STATE_PARTIAL});
	else if (memcmp(mark, "WHOL", 4) == 0)
		lie(item, (struct report_sums){.state = STATE_COMPLETE, .lost = text_of("all")});
	else if (memcmp(mark, "MEND", 4) == 0)
		too_many_repairs(item);
	else if (memcmp(mark, "AMID", 4) == 0 || memcmp(mark, "AGAI", 4) == 0)
		take_back(item);
}

/* True: the item is answered. */
static bool misbehave(uint64_t item, const struct buf *data)
{
	const char *mark = memmem(data->p, data->len, "HOSTILE-", 8);

	if (!mark || (size_t)(data->p + data->len - mark) < 12)
		return false;
	mark += 8;
	if (memcmp(mark, "PART", 4) == 0) {
		part_of_report(item);
		return true;
	}
	say_frames(item, mark);
	if (memcmp(mark, "CRAS", 4) == 0 || memcmp(mark, "DIES", 4) == 0)
		raise(SIGSEGV);
	else if (memcmp(mark, "HANG", 4) == 0)
		for (;;)
			pause();
	else if (memcmp(mark, "SPIN", 4) == 0)
		use_up_time();
	else if (memcmp(mark, "GROW", 4) == 0)
		use_up_memory();
	else if (memcmp(mark, "LIE!", 4) == 0 && write(0, "no frame at all, is it?", 23) > 0)
		pause();
	else if (memcmp(mark, "END!", 4) == 0)
		exit(0);
	else if (memcmp(mark, "KILL", 4) == 0 && getpid() % 2)
		raise(SIGKILL);
	return false;
}

int main(void)
{
	struct parser *p = parser_new();
	struct parse_sink sink = {.flush = flush};
	struct buf frame = {0}, data = {0}, columns = {0};
	struct rlimit no_core = {0, 0};
	struct err e;

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
	for (;;) {
		struct frame f = next(&frame);
		uint64_t item = f.item, size;
		struct trust trust;
		struct log_hint log;
		bool by_descriptor;

		if (frame_get_item(&f, &by_descriptor, &size, &trust, &log, &e) < 0)
			return 70;
		columns.len = 0; /* they are of a frame that will be over */
		buf_add(&columns, log.columns.p, log.columns.len);
		if (log.columns.p)
			log.columns.p = buf_cstr(&columns);
		parser_log(p, &log);
		data.len = 0;
		if (by_descriptor)
			data.len = (size_t)pread(passed, buf_room(&data, 4096), 4096, 0);
		while (!by_descriptor && data.len < size) {
			f = next(&frame);
			buf_add(&data, f.payload, f.len);
		}
		buf_room(&data, 1);
		if (!misbehave(item, &data) &&
		    parse_item(p, item, by_descriptor ? NULL : data.p, (size_t)size, passed,
			       &sink, &e) < 0)
			return 70;
		if (by_descriptor)
			close(passed);
	}
}
