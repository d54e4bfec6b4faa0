/*
 * fuzz_mime - any bytes as a mail: two fields stand before them, so that they are one.
 */
#include "tests/fuzz/watch_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf mail = {0};

	buf_adds(&mail, "From: a@example.com\r\nTo: b@example.net\r\n");
	buf_add(&mail, data, size);
	watch_both(mail.p, mail.len);
	buf_free(&mail);
	return 0;
}
