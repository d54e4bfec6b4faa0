/*
 * ruadb-parse - the worker: items in, frames out, over the socketpair that is its descriptor 0.
 *
 * Started by ruadb with an empty environment. Ends with 0 when the parent closes the socketpair,
 * with 70 when it is told what it does not understand, with 78 when it can't build its sandbox. What
 * it says to people goes to descriptor 2, one line; nothing that strangers wrote is in it.
 */
#include "base/frame.h"
#include "base/mem.h"
#include "parse/parse.h"
#include "parse/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define CHANNEL 0
#define FDS_MAX 64 /* descriptors that wait for their ITEM frame */

struct inlet {
	struct buf in;            /* frames not yet understood, from at on */
	size_t at;
	int fds[FDS_MAX];
	size_t n_fds;
};

static void complain(const char *what)
{
	const char *const parts[] = {"ruadb-parse: ", what, "\n"};

	for (size_t i = 0; i < 3; i++)
		if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
			return;
}

static int take_descriptors(struct inlet *in, struct msghdr *m, struct err *e)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (n > FDS_MAX - in->n_fds)
			return err_set(e, ERR_BUG, "more descriptors than items");
		memcpy(in->fds + in->n_fds, CMSG_DATA(c), n * sizeof(int));
		in->n_fds += n;
	}
	return 0;
}

/* More bytes from the parent. 1: some came; 0: it closed the channel. */
static int receive(struct inlet *in, struct err *e)
{
	char control[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	struct iovec v;
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;

	if (in->at) {
		memmove(in->in.p, in->in.p + in->at, in->in.len - in->at);
		in->in.len -= in->at;
		in->at = 0;
	}
	v.iov_base = buf_room(&in->in, LIMIT_FRAME);
	v.iov_len = LIMIT_FRAME;
	do
		n = recvmsg(CHANNEL, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ERR_TEMP, "recvmsg: %s", strerror(errno));
	if (m.msg_flags & MSG_CTRUNC)
		return err_set(e, ERR_BUG, "descriptors were lost");
	if (take_descriptors(in, &m, e) < 0)
		return -1;
	in->in.len += (size_t)n;
	return n > 0;
}

/* The next whole frame; it points into the inlet until the next call. 1, 0 at the end, -1. */
static int next_frame(struct inlet *in, struct frame *ret_f, struct err *e)
{
	size_t used;

	for (;;) {
		int r = frame_next((const uint8_t *)in->in.p + in->at, in->in.len - in->at, ret_f,
				   &used, e);

		if (r < 0)
			return -1;
		if (r) {
			in->at += used;
			return 1;
		}
		r = receive(in, e);
		if (r <= 0)
			return r;
	}
}

static int send_frames(void *ctx, struct buf *out, struct err *e)
{
	size_t done = 0;

	(void)ctx;
	while (done < out->len) {
		ssize_t n = write(CHANNEL, out->p + done, out->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_TEMP, "write: %s", strerror(errno));
		done += (size_t)n;
	}
	out->len = 0;
	return 0;
}

static void raise_cpu_limit(void *ctx, uint64_t bytes_out)
{
	(void)ctx;
	sandbox_item_output(bytes_out);
}

/* The bytes of an item that come in DATA frames. */
static int gather(struct inlet *in, uint64_t item, uint64_t size, struct buf *data, struct err *e)
{
	struct frame f;

	data->len = 0;
	if (size > LIMIT_INLINE)
		return err_set(e, ERR_BUG, "an inline item over the limit");
	while (data->len < size) {
		int r = next_frame(in, &f, e);

		if (r <= 0)
			return r < 0 ? -1 : err_set(e, ERR_TEMP, "an item that breaks off");
		if (f.type != FRAME_DATA || f.item != item || f.len > size - data->len)
			return err_set(e, ERR_BUG, "a frame that is not the item's");
		buf_add(data, f.payload, f.len);
	}
	return 0;
}

static int take_descriptor(struct inlet *in, struct err *e)
{
	int fd;

	if (!in->n_fds)
		return err_set(e, ERR_BUG, "an item without its descriptor");
	fd = in->fds[0];
	in->n_fds--;
	memmove(in->fds, in->fds + 1, in->n_fds * sizeof(int));
	return fd;
}

static int one_item(struct parser *p, struct inlet *in, const struct frame *f, struct buf *data,
		    struct parse_sink *sink, struct err *e)
{
	uint64_t size, item = f->item;
	struct trust trust;
	struct log_hint log;
	struct buf ids = {0}, columns = {0};
	bool by_descriptor;
	int fd = -1, r;

	if (f->type != FRAME_ITEM || frame_get_item(f, &by_descriptor, &size, &trust, &log, e) < 0)
		return err_set(e, ERR_BUG, "not an ITEM frame");
	buf_add(&ids, trust.authserv_ids.p, trust.authserv_ids.len); /* the frame goes */
	trust.authserv_ids.p = buf_cstr(&ids);
	buf_add(&columns, log.columns.p, log.columns.len);
	log.columns.p = buf_cstr(&columns);
	if (by_descriptor)
		fd = take_descriptor(in, e);
	r = by_descriptor ? fd : gather(in, item, size, data, e);
	if (r < 0) {
		buf_free(&ids);
		buf_free(&columns);
		return -1;
	}
	buf_room(data, 1); /* an empty item is not an absent one */
	parser_trust(p, &trust);
	parser_log(p, &log);
	sandbox_item_begin();
	r = parse_item(p, item, by_descriptor ? NULL : data->p, size, fd, sink, e);
	parser_trust(p, NULL);
	parser_log(p, NULL);
	buf_free(&ids);
	buf_free(&columns);
	if (fd >= 0)
		close(fd);
	return r;
}

int main(void)
{
	struct inlet in = {0};
	struct buf data = {0};
	struct parse_sink sink = {.flush = send_frames, .progress = raise_cpu_limit};
	struct frame f;
	struct err e = {0};

	mem_keep();

	struct parser *p = parser_new();
	int r = sandbox_enter(&e);

	if (r < 0) {
		complain(e.msg);
		return EX_CONFIG; /* no fault of any item: the parent stops */
	}
	while (!r && (r = next_frame(&in, &f, &e)) > 0)
		r = one_item(p, &in, &f, &data, &sink, &e);
	if (r < 0 && e.class != ERR_TEMP) {
		complain(e.msg);
		return EX_SOFTWARE;
	}
	parser_free(p);
	buf_free(&in.in);
	buf_free(&data);
	buf_free(&sink.out);
	return EX_OK;
}
