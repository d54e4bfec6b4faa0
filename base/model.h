/*
 * model - the nouns. Plain data, no functions, no types of any library.
 *
 * Texts point into memory that the function that hands the noun over owns; they are valid until
 * it returns. All texts are valid UTF-8 without U+0000 once a noun has left a frame check.
 * Words of RFC 7489 and RFC 9990. A code is one letter, the same in frames and in tables.
 */
#ifndef BASE_MODEL_H
#define BASE_MODEL_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Results of SPF, DKIM and of the reporter's evaluation. */
enum result {
	RESULT_ABSENT = '-', /* no element, or an empty one (definitions A5) */
	RESULT_PASS = 'p',
	RESULT_FAIL = 'f',
	RESULT_NONE = 'n',
	RESULT_NEUTRAL = 'u',
	RESULT_SOFTFAIL = 's', /* also `hardfail` is not this: it is fail, raw word kept */
	RESULT_POLICY = 'y',
	RESULT_TEMPERROR = 't',
	RESULT_PERMERROR = 'm',
	RESULT_OTHER = 'o', /* a word that no RFC knows; the raw word is kept beside it */
};

enum disposition {
	DISPOSITION_ABSENT = '-',
	DISPOSITION_NONE = 'n',
	DISPOSITION_PASS = 'p', /* RFC 9990: passed under an enforcing policy */
	DISPOSITION_QUARANTINE = 'q',
	DISPOSITION_REJECT = 'r',
	DISPOSITION_OTHER = 'o',
};

/* What was checked, and for SPF which identity (scope). */
enum auth_kind {
	AUTH_DKIM = 'd',
	AUTH_SPF = 's',       /* no scope given */
	AUTH_SPF_HELO = 'h',
	AUTH_SPF_MFROM = 'm',
	AUTH_SPF_OTHER = 'o', /* a scope that no RFC knows; raw word in the record's extra */
};

enum schema { SCHEMA_RFC7489 = '7', SCHEMA_RFC9990 = '9', SCHEMA_DRAFT = 'd' };

enum report_state { STATE_COMPLETE = 'c', STATE_PARTIAL = 'p' };

/*
 * Alignment as the worker recomputes it from the raw results of one kind (parse/align.h), apart
 * from what the reporter's evaluation says (definitions A5).
 */
enum alignment {
	ALIGNED_ABSENT = '-', /* no result of that kind */
	ALIGNED_PASS = 'p',   /* an aligned one passes */
	ALIGNED_LINKED = 'l', /* none does, but one names a domain within the policy's
	                         organizational domain: a DKIM signature whatever becomes of it,
	                         SPF only if it passes */
	ALIGNED_FAIL = 'f',   /* none of it */
};

/* How the report came (definitions A3). */
enum reporter_auth {
	AUTH_LOCAL = 'l',      /* a bare report file */
	AUTH_UNVERIFIED = 'u', /* in a mail, nothing trusted says who sent it */
	AUTH_VERIFIED = 'v',
	AUTH_FAILED = 'f',
};

/* By which method the sender of the mail was authenticated (RFC 8601). */
enum auth_method { METHOD_NONE = '-', METHOD_DMARC = 'm', METHOD_DKIM = 'd', METHOD_SPF = 's' };

/* How the domain that passed relates to the report's reporter, by organizational domain. */
enum auth_relation {
	RELATION_ABSENT = '-', /* none passed */
	RELATION_BOTH = 'b',   /* org_name and the domain of email */
	RELATION_NAME = 'n',   /* org_name only */
	RELATION_ADDRESS = 'a',/* email only */
	RELATION_NONE = 'x',   /* neither: somebody else's mail */
};

/* Whose Authentication-Results are believed in a mail (definitions A3). */
enum authserv_form { AUTHSERV_RFC8601 = 'r', AUTHSERV_MICROSOFT = 'm' }; /* m: without an id */
struct trust {
	struct text authserv_ids; /* names of our own servers, separated by blanks; absent or empty:
	                             nobody is believed, unless the form is Microsoft's */
	enum authserv_form form;
	uint8_t fields;           /* how many such fields our server adds: the topmost ones count */
};

/* A time that is not there, or is no number. */
#define TIME_ABSENT INT64_MIN

/* One report's head: report_metadata and policy_published. Values as sent, trimmed. */
struct report_head {
	uint32_t entry;    /* of the item: 0 if it is the item itself, else 1.. */
	enum reporter_auth auth;  /* AUTH_LOCAL: it came out of no mail */
	enum auth_method auth_method;     /* METHOD_NONE, */
	enum auth_relation auth_relation; /* RELATION_ABSENT, */
	struct text auth_domain;          /* absent: nobody believed says that any passed */
	enum schema schema;
	struct text org_name, email, extra_contact_info, report_id, generator;
	int64_t begin_at, end_at; /* Unix seconds UTC as sent, fraction cut, not swapped; or
	                             TIME_ABSENT */
	struct text domain;       /* policy_published */
	struct text p, sp, np, adkim, aspf, fo, testing, discovery_method;
	struct text version;
	int32_t pct;              /* -1: absent */
	struct text extra;        /* JSON object of everything that has no field here, or absent:
	                             errors, raw words, extensions, unknown elements */
};

/* One DKIM or SPF result under auth_results. */
struct auth_result {
	enum auth_kind kind;
	enum result result;
	struct text domain;
	struct text selector;   /* DKIM only */
	struct text result_raw; /* the word as sent, if not the canonical one; else absent */
};

struct ip {
	uint8_t family; /* 4 or 6; ::ffff:a.b.c.d is 4 (definitions B1) */
	uint8_t bytes[16];
};

/* One record. Its auth results are a set of their own, interned (frame.h: slots). */
struct record {
	uint32_t record_no; /* 1.. in file order, refused rows counted too */
	struct ip source_ip;
	int64_t messages;   /* count, >= 0 */
	enum disposition disposition;
	enum result dkim_evaluated, spf_evaluated;
	enum alignment dkim_aligned, spf_aligned;
	uint8_t dkim_key;   /* number of the result, from 1: the first aligned DKIM pass; 0: none */
	uint8_t spf_key;    /* the first aligned SPF pass, else the first SPF pass; 0: none */
	bool dkim_more;     /* a DKIM result of the policy's organizational domain beside dkim_key */
	struct text header_from, envelope_from, envelope_to; /* as sent, trimmed */
	struct text extra;  /* JSON object or absent: reasons, raw words, extensions, .. */
};

/*
 * Something that was mended while a report was read. Equal ones (all but record_no and line) are
 * one with its times, so that a habit of the reporter's is told once, whatever the report's size.
 */
struct repair {
	struct text what;     /* the kind, a word of parse/repairs.h: time_fraction */
	struct text where;    /* path of the element (row/source_ip), or container (gzip, mail) */
	struct text from, to; /* as sent, as taken; absent where there is nothing to show */
	uint32_t record_no;   /* of the first of them; 0: in no record */
	uint32_t line;        /* of the first of them; 0: not known */
	uint32_t times;       /* >= 1 */
};

/* What a report holds in all, refused rows apart. */
struct report_sums {
	uint64_t records, records_refused;
	int64_t messages, messages_refused;
	uint8_t content_hash[32]; /* definitions A1 */
	enum report_state state;
	struct text lost; /* STATE_PARTIAL: what is lost, a sentence; else absent */
};

#endif
