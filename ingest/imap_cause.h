/*
 * imap_cause - what a refusal most likely means, for people: knows the ways of Microsoft and
 * Google. Only words; nothing is decided here but whether a refusal may pass by itself.
 */
#ifndef INGEST_IMAP_CAUSE_H
#define INGEST_IMAP_CAUSE_H

#include "base/account.h"

enum provider { PROVIDER_OTHER, PROVIDER_MICROSOFT, PROVIDER_GOOGLE };

enum provider imap_cause_provider(const char *host);
/* Do the words of a NO or BAD say that it may go later (RFC 5530 codes, and what Exchange and
 * Gmail write instead)? */
bool imap_cause_later(const char *words);
/* "; likely: ..." for a login that was refused with these words, or "". */
const char *imap_cause_login(const struct account *a, bool bearer, const char *words);
/* The same for an error of a token endpoint: error and error_description of its JSON. */
const char *imap_cause_token(const struct account *a, const char *error, const char *description);

#endif
