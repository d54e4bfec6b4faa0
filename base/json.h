/*
 * json - is this text a JSON object that PostgreSQL's jsonb takes? Not a parser: the one question
 * that the frame check asks of the `extra` texts a worker sends.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/text.h"

/*
 * True for one object, nothing after it, nested no deeper than 8, numbers of at most 18 digits
 * without fraction or exponent, and of the \u escapes only those of control characters other than
 * U+0000. The bytes are valid UTF-8 already. Stricter than RFC 8259: what our worker writes.
 */
bool json_object_ok(struct text t);

#endif
