/*
 * stage - inside of a report that is being staged; for store/ only.
 *
 * Every row is encoded as a binary COPY tuple the moment its frame comes: the ids of its domain,
 * reporter and set of results are hashes of contents, so nothing has to be asked. What is known
 * only at the commit (batch, item) stands at the end of the head's tuple.
 */
#ifndef STORE_STAGE_H
#define STORE_STAGE_H

#include "base/hash.h"
#include "store/days.h"
#include "store/idcache.h"
#include "store/spool.h"
#include "store/store.h"

struct store_stage {
	int64_t tenant;
	int parser_version;
	enum keep_raw keep_raw;
	int64_t quarantine_max;
	char *dir;              /* of spool files */
	struct hash *hash;      /* the staging thread's, as is scratch */
	struct buf scratch;
	struct idcache *known;
	const struct conf *conf;
	const struct store_classify *classify; /* of logs; NULL: nothing is known of gateways */
	struct log_zones *zones;
	struct buf scratch_logs; /* the committing thread's */
	struct log_known *logs; /* what commits of logs have found; NULL: there was none yet */
};

/* Messages, all and by how they were judged; the order is that of the columns. */
enum roll { ROLL_MESSAGES, ROLL_PASS, ROLL_FAIL, ROLL_UNKNOWN, ROLL_NONE, ROLL_DISPOSITION_PASS,
	    ROLL_QUARANTINE, ROLL_REJECT, ROLL_COUNT };

/* The names of a report's domain and reporter: rows of their own. */
enum name { NAME_DOMAIN, NAME_REPORTER, NAME_ORG, NAME_EMAIL, NAME_CONTACT, NAME_GENERATOR,
	    NAME_COUNT };

#define REPORT_SET_IDS 16384    /* ids of own sets remembered, to be marked stored */

struct store_report {
	struct store_stage *stage;
	int64_t report_id, domain_id, reporter_id, set_key, variant;
	uint8_t identity[16];
	enum report_state state;
	enum reporter_auth auth;
	enum auth_method auth_method;
	enum auth_relation auth_relation;
	struct text auth_domain;         /* in names_bytes; absent, as the names are */
	int64_t arrived_at;
	bool send_domain, send_reporter; /* not known to be stored */
	struct days days;
	struct text names[NAME_COUNT];   /* in names_bytes */
	struct buf names_bytes;
	struct buf head;                 /* tuple of the claim, without HEAD_AT_COMMIT fields */
	struct buf day_parts;            /* tuples of report_day_part */
	struct buf extra;                /* the head's extra JSON until the end */
	struct buf repairs, refused;     /* inside of JSON arrays */
	struct buf lost;                 /* of a partial report: what; else empty */
	uint32_t n_repairs, n_refused;
	int64_t messages_refused;
	struct spool records, record_days, sets;
	uint32_t n_sets;                 /* that were spooled */
	struct buf set_ids;              /* int64 each, of them, up to REPORT_SET_IDS */
	int64_t *slots;                  /* id of each slot's set; 0: none yet */
	uint32_t n_slots;
	uint64_t n_records;
	int64_t roll[ROLL_COUNT];
	int64_t (*day_roll)[ROLL_COUNT]; /* days.n of them */
	bool ended;
};

/* Columns of the claim in the order of the tuple; the last HEAD_AT_COMMIT are put by the commit. */
#define HEAD_COLUMNS_BEGIN \
	"tenant_id, report_id, set_key, identity, domain_id, reporter_id, begin_at, end_at, day, " \
	"entry, pct, swapped, schema, reporter_auth, external_report_id, p, sp, np, adkim, aspf, " \
	"fo, testing, discovery_method, version, auth_domain, auth_method, auth_relation, arrived_at"
#define HEAD_COLUMNS_END \
	"variant, records, messages, pass, fail, unknown, none, disposition_pass, quarantine, " \
	"reject, records_refused, messages_refused, repairs, state, extra"
#define HEAD_COLUMNS HEAD_COLUMNS_BEGIN ", " HEAD_COLUMNS_END
#define HEAD_FIELDS 45          /* both of them and HEAD_AT_COMMIT */
#define HEAD_AT_COMMIT 2        /* item_key, seq */

#define RECORD_COLUMNS \
	"tenant_id, report_id, auth_set_id, domain_id, messages, record_no, day, disposition, " \
	"dkim_evaluated, spf_evaluated, source_ip, header_from, envelope_from, envelope_to, extra, " \
	"dkim_aligned, spf_aligned, dkim_key, spf_key, noted"
#define RECORD_FIELDS 20
#define RECORD_DAY_COLUMNS "tenant_id, report_id, record_no, day, messages"
#define RECORD_DAY_FIELDS 5
#define DAY_PART_COLUMNS \
	"tenant_id, report_id, day, messages, pass, fail, unknown, none, disposition_pass, " \
	"quarantine, reject"
#define DAY_PART_FIELDS 11
#define AUTH_SET_COLUMNS "tenant_id, auth_set_id, kinds, results, domains, selectors, results_raw"
#define AUTH_SET_FIELDS 7

#endif
