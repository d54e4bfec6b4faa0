/*
 * fuzz_frames - plays an enemy worker: whatever it writes, the parent's check of frames must not
 * crash, read out of bounds or hand on what breaks the rules. What is handed on is looked at by
 * watch.h.
 */
#include "tests/fuzz/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct watch w;
	struct err e = {0};
	struct frame f;
	size_t used = 0;
	bool first = true;

	watch_begin(&w);
	/* As the pipeline does: the first rule broken ends the worker. */
	while (frame_next(data, size, &f, &used, &e) == 1) {
		if (first)
			frame_check_expect(w.check, f.item);
		first = false;
		if (frame_check_feed(w.check, &f, &e) < 0)
			break;
		data += used;
		size -= used;
	}
	watch_end_of_all(&w);
	return 0;
}
