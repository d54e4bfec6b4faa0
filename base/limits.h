/*
 * limits - every limit on what strangers send, in one place; ruadb(1) lists them.
 * Reasons: honest reports of 1,000,000 records exist (about 700 MB of XML, packed 37:1), so the
 * ratio of compression alone refuses nothing; bytes, counts, depth and time do.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMIT_ITEM_OUTPUT (2LL << 30)      /* bytes that may come out of one item */
#define LIMIT_REPORT_RECORDS 5000000       /* records in a report */
#define LIMIT_COUNT 1000000000000          /* messages a record: sums of reports stay in 64 bits */
#define LIMIT_REFUSED_ROWS 10000           /* rows refused of a report with hardly another */
#define LIMIT_TIME 253402300799LL         /* the end of 9999: later is no time */
#define LIMIT_XML_DEPTH 32
#define LIMIT_LEAF 4096                    /* bytes of an element's text */
#define LIMIT_COMMENT 65536                /* bytes of a comment, error or human_result */
#define LIMIT_TAG 65536                    /* bytes of a start tag: quadratic time */
#define LIMIT_ATTRIBUTES 128               /* of a start tag, namespaces with them */
#define LIMIT_DOCUMENTS 10000              /* reports one behind the other in a file of XML */
#define LIMIT_DOCUMENTS_AGAIN (256 << 20)  /* bytes of XML gone over to come to one once more */
#define LIMIT_RESULTS 100                  /* auth results a record (RFC 9990: SHOULD <= 100) */
#define LIMIT_REASONS 16                   /* override reasons a record */
#define LIMIT_EXTRA (1 << 20)              /* bytes of a record's or a head's extra JSON */
#define LIMIT_REPAIRS 200                  /* REPAIR frames of a report: distinct things mended */
#define LIMIT_MENDED (512LL << 20)         /* bytes of XML that is mended: some seconds */
#define LIMIT_SILENCE (1 << 20)            /* bytes of XML without a tag: blanks, comments, NULs */
#define LIMIT_RECORD_XML (8 << 20)         /* bytes of XML from one record's end to the next */
#define LIMIT_ARCHIVE_REPORTS 32           /* entries in an archive of reports */
#define LIMIT_ARCHIVE_MAILS 10000          /* entries in an archive of mails */
#define LIMIT_ARCHIVE_NAMES 20000          /* files and folders in an archive */
#define LIMIT_ARCHIVE_SKIP (128 << 20)     /* bytes passed over in an archive: of no report */
#define LIMIT_ARCHIVE_AGAIN (1LL << 30)    /* bytes of archives gone over once more */
#define LIMIT_NESTED_COMPRESSION 2
#define LIMIT_NESTED_ARCHIVES 4            /* zip or tar: one in another */
#define LIMIT_GZIP_MEMBERS 100000          /* bgzip makes one of each 64 KB: 32768 of 2 GB */
#define LIMIT_DICTIONARY (64 << 20)        /* bytes of memory that an xz asks for: xz -9 does */
#define LIMIT_MAIL (32 << 20)              /* bytes of a mail */
#define LIMIT_MAIL_HEADER (256 << 10)      /* bytes of a mail's header, or a part's */
#define LIMIT_MAIL_BOUNDARIES 10000        /* lines in a mail that may begin a part */
#define LIMIT_MIME_PARTS 200
#define LIMIT_MIME_DEPTH 10
#define LIMIT_AUTH_DOMAINS 32              /* domains of a mail that passed, of DKIM and SPF */
#define LIMIT_MAIL_DEPTH 3                 /* mails attached to mails */
#define LIMIT_PLAIN_FILE (1LL << 30)       /* bytes of a file of plain XML */

#define LIMIT_LOG_OUTPUT (64LL << 30)      /* bytes that may come out of one item that is a log */
#define LIMIT_LOG_LINE 65536               /* bytes of a log's line; the rest of a longer one is cut */
#define LIMIT_LOG_TEXT 4096                /* bytes of an address, a host, a Message-ID in a log */
#define LIMIT_LOG_REPLY 8192               /* bytes of a reply's text */
#define LIMIT_LOG_PART_EVENTS 20000        /* events in a part of a log */
#define LIMIT_LOG_PART_BYTES (4 << 20)     /* bytes of a log that make a part */
#define LIMIT_LOG_REPLIES 4096             /* distinct replies in a part: slots */
#define LIMIT_LOG_TEMPLATES 5000          /* new ones of a gateway in a day; then any text is one */
#define LIMIT_LOG_HOSTS 256                /* hosts in a part: slots; and services */
#define LIMIT_LOG_SAMPLE 300               /* bytes of a line that is shown */
#define LIMIT_LOG_REASONS 16               /* reasons why lines of a part can't be read */

/* An item's CPU time in the worker: 30 s and 10 s for each 100 MB that come out of it. */
#define LIMIT_CPU_SECONDS 30
#define LIMIT_CPU_SECONDS_PER_100MB 10
#define LIMIT_WALL_FACTOR 4                /* wall-clock time: that many times the CPU time */
#define LIMIT_WORKER_MEMORY (512LL << 20)  /* RLIMIT_AS of a worker */

/* Inline in frames up to here; larger parts go as a descriptor. */
#define LIMIT_INLINE (256 << 10)
#define LIMIT_FRAME 65536                  /* payload of one frame */

#endif
