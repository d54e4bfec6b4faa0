#!/bin/sh
# replay-samples - every sample, each of its beginnings and many damaged copies through the parser,
# its frames through the parent's check.
exec "$top_builddir/tests/fuzz/fuzz_item" "$top_srcdir"/samples/*/ "$top_srcdir"/samples/maildir/*/
