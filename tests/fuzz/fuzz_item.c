/*
 * fuzz_item - any bytes as an item: the parser must answer with frames that the parent's check
 * takes, ITEM_END the last. So each of the two watches the other.
 */
#include "tests/fuzz/watch_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct watch w;

	watch_item(&w, data, size, -1);
	return 0;
}
