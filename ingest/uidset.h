/*
 * uidset - sets of UIDs (RFC 9051: sequence-set), sorted ranges in memory.
 */
#ifndef INGEST_UIDSET_H
#define INGEST_UIDSET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

struct uidset {
	struct uid_range { uint32_t first, last; } *v;
	size_t n, cap;
};

void uidset_free(struct uidset *s);
/* Sorted or not; what is there already is nothing new. Cheap at the end. */
void uidset_add(struct uidset *s, uint32_t uid);
/* Many in any order, as SEARCH names them: n log n, where one by one backwards would be n * n. */
void uidset_add_all(struct uidset *s, const uint32_t *uids, size_t n);
bool uidset_has(const struct uidset *s, uint32_t uid);
void uidset_remove(struct uidset *s, uint32_t uid);
uint64_t uidset_count(const struct uidset *s);
/* Appends "1:4,7"; stops before the text grows over max bytes and returns how many ranges are in. */
size_t uidset_text(const struct uidset *s, size_t from_range, size_t max, struct buf *b);
/*
 * "1:4,7" as servers send it (ESEARCH ALL, COPYUID), to what is in *ret already. ERR_TEMP: no set
 * (nor "*", nor 0), or over max UIDs; *ret is as it was.
 */
int uidset_parse(struct text t, uint64_t max, struct uidset *ret, struct err *e) MUST_CHECK;

/*
 * Folder names: modified UTF-7 (RFC 3501 5.1.3), '/' between levels to the server's delimiter (NUL:
 * it has no levels). prefix (NULL or "": none) is that of the personal namespace as the server says
 * it; INBOX and what has it already go without. Printable ASCII comes out, not quoted.
 */
void imap_folder_encode(const char *folder, char delimiter, const char *prefix, struct buf *b);

#endif
