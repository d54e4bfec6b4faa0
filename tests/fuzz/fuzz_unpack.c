/*
 * fuzz_unpack - any bytes as something packed: what tells this target from fuzz_item are its corpus
 * and its dictionary, and that archives are read in both ways that there are.
 */
#include "tests/fuzz/watch_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	watch_both(data, size);
	return 0;
}
