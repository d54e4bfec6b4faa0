/*
 * reply_word - what a word of a reply is. Not for others; base/reply.h is.
 */
#ifndef BASE_REPLY_WORD_H
#define BASE_REPLY_WORD_H

#include "base/model.h"

#include <stdbool.h>
#include <stddef.h>

/* What characters words consist of; 0: none, this ends a word. */
enum {
	CH_DIGIT = 1,
	CH_UPPER = 2,
	CH_LOWER = 4,
	CH_DOT = 8,
	CH_AT = 16,
	CH_EQUALS = 32,
	CH_SLASH = 64,
	CH_SIGN = 128, /* - _ + ~ ! $ * # & ^ ' */
	CH_LETTER = CH_UPPER | CH_LOWER,
	CH_ALNUM = CH_LETTER | CH_DIGIT,
};
extern const uint8_t reply_chars[256];

static inline unsigned int reply_char(char c)
{
	return reply_chars[(uint8_t)c];
}

enum variable {
	VAR_NONE, /* stays as it is */
	VAR_ADDRESS,
	VAR_IP,
	VAR_HOST,
	VAR_ID,
	VAR_NUMBER,
	VAR_TEXT,
};

/* A word [p, p + n) without signs at its ends; has: its CH_ together. *ret_n: how much of it is that
 * variable (the digits of "300s"). *ret_ip: of VAR_IP. */
enum variable reply_word(const char *p, size_t n, unsigned int has, size_t *ret_n,
			 struct ip *ret_ip);
/* One in a URL, where short numbers and codes name pages. */
enum variable reply_url_word(const char *p, size_t n, struct ip *ret_ip);
/* "4.7.650" */
bool reply_enhanced(const char *p, size_t n);
/* "Jan", "Mon" */
bool reply_month(const char *p);
bool reply_weekday(const char *p);

bool reply_ip4(const char *p, size_t n, struct ip *ret);
/* Either family. */
bool reply_ip(const char *p, size_t n, struct ip *ret);

#endif
