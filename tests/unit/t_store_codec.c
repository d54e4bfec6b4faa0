/* Binary COPY: written by us, read by PostgreSQL, compared as text. */
#include "store/db.h"
#include "tests/unit/store_home.h"
#include "tests/unit/tap.h"

static struct store *s;
static struct buf b;

/* Copies the one field in b into a table with a column of the type and gives it back as text. */
static const char *back(const char *type)
{
	struct err e;
	char sql[256];
	uint8_t two[2];

	snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS pg_temp.t; CREATE TEMP TABLE t (v %s)",
		 type);
	must(db_run(s, sql, &e), &e);
	copy_tuple(two, 1);
	must(db_copy_begin(s, "COPY pg_temp.t FROM STDIN (FORMAT binary)", &e), &e);
	must(db_copy_put(s, two, 2, &e), &e);
	must(db_copy_put(s, b.p, b.len, &e), &e);
	b.len = 0;
	if (db_copy_end(s, &e) < 0) {
		static char msg[600];

		snprintf(msg, sizeof(msg), "%s", e.msg);
		return msg;
	}
	return value(s, "SELECT v::text FROM pg_temp.t");
}

static uint8_t *room(void)
{
	return (uint8_t *)buf_room(&b, 4096);
}

static void wrote(const uint8_t *end)
{
	b.len = (size_t)(end - (uint8_t *)b.p);
}

#define FIELD(call, type, wanted, name) \
	do { \
		uint8_t *p = room(); \
		wrote(call); \
		is_str(back(type), wanted, name); \
	} while (0)

static void numbers(void)
{
	FIELD(copy_int8(p, 0), "bigint", "0", "int8 0");
	FIELD(copy_int8(p, INT64_MIN), "bigint", "-9223372036854775808", "int8 smallest");
	FIELD(copy_int8(p, INT64_MAX), "bigint", "9223372036854775807", "int8 largest");
	FIELD(copy_int8_or_null(p, 0), "bigint", "(null)", "int8 0 as NULL");
	FIELD(copy_int4(p, INT32_MIN), "integer", "-2147483648", "int4 smallest");
	FIELD(copy_int2(p, INT16_MIN), "smallint", "-32768", "int2 smallest");
	FIELD(copy_char(p, 'q'), "\"char\"", "q", "char");
	FIELD(copy_bool(p, true), "boolean", "true", "bool true");
	FIELD(copy_bool(p, false), "boolean", "false", "bool false");
}

static void times(void)
{
	FIELD(copy_date(p, 0), "date", "1970-01-01", "date before 2000");
	FIELD(copy_date(p, -719162), "date", "0001-01-01", "date of year 1");
	FIELD(copy_date(p, 19782), "date", "2024-02-29", "date");
	FIELD(copy_timestamptz(p, 0), "timestamptz", "1970-01-01 00:00:00+00", "time 0");
	FIELD(copy_timestamptz(p, -1), "timestamptz", "1969-12-31 23:59:59+00", "time before 1970");
	FIELD(copy_timestamptz(p, 951782400), "timestamptz", "2000-02-29 00:00:00+00", "time");
	FIELD(copy_timestamptz(p, PG_TIME_MAX), "timestamptz", "294276-12-31 23:59:59+00",
	      "the last second");
	FIELD(copy_timestamptz(p, PG_TIME_MIN), "timestamptz", "4714-11-24 00:00:00+00 BC",
	      "the first second");
	FIELD(copy_timestamptz(p, PG_TIME_MAX + 1), "timestamptz", "(null)", "after the last");
	FIELD(copy_timestamptz(p, PG_TIME_MIN - 1), "timestamptz", "(null)", "before the first");
	FIELD(copy_timestamptz(p, TIME_ABSENT), "timestamptz", "(null)", "no time");
}

static void addresses(void)
{
	struct ip v4 = {.family = 4, .bytes = {192, 0, 2, 255}};
	struct ip v6 = {.family = 6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}};
	struct ip none = {0};

	FIELD(copy_inet(p, &v4), "inet", "192.0.2.255/32", "IPv4");
	FIELD(copy_inet(p, &v6), "inet", "2001:db8::1/128", "IPv6");
	FIELD(copy_inet(p, &none), "inet", "(null)", "no address");
	uint8_t *p = room();

	wrote(copy_inet(p, &v4));
	back("inet");
	is_str(value(s, "SELECT host(v) || ' ' || family(v) || ' ' || masklen(v) FROM pg_temp.t"),
	       "192.0.2.255 4 32", "IPv4: host, family, mask");
}

static void texts(void)
{
	static const uint8_t uuid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
					 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};

	FIELD(copy_text(p, text_of("gr\xc3\xbc\xc3\x9f")), "text", "gr\xc3\xbc\xc3\x9f", "text");
	FIELD(copy_text(p, text_of("")), "text", "", "an empty text is none that is absent");
	FIELD(copy_text(p, TEXT_ABSENT), "text", "(null)", "an absent text");
	FIELD(copy_uuid(p, uuid), "uuid", "01234567-89ab-cdef-fedc-ba9876543210", "uuid");
	FIELD(copy_bytes(p, "\0\xff", 2), "bytea", "\\x00ff", "bytea");
	FIELD(copy_jsonb(p, text_of("{\"b\": [1, null], \"a\": \"\\u00e9\"}")), "jsonb",
	      "{\"a\": \"\xc3\xa9\", \"b\": [1, null]}", "jsonb");
	FIELD(copy_jsonb(p, TEXT_ABSENT), "jsonb", "(null)", "no jsonb");
	uint8_t *p = room();

	wrote(copy_jsonb(p, text_of("{\"a\":")));
	ok(strstr(back("jsonb"), "22P02") != NULL, "broken JSON is refused by PostgreSQL: 22P02");
}

static void arrays(void)
{
	struct text v[] = {text_of("a"), TEXT_ABSENT, text_of(""), text_of("NULL"),
			   text_of("x,\"y\\")};

	copy_text_array(&b, v, 5);
	is_str(back("text[]"), "{a,NULL,\"\",\"NULL\",\"x,\\\"y\\\\\"}",
	       "text[]: NULL, empty, the word NULL, quotes");
	copy_text_array(&b, v, 0);
	is_str(back("text[]"), "{}", "text[] without elements");
	copy_text_array(&b, v + 1, 1);
	is_str(back("text[]"), "{NULL}", "text[] of one NULL");
	is_str(value(s, "SELECT array_lower(v, 1)::text FROM pg_temp.t"), "1", "counts from 1");
}

static void parameters(void)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;
	struct err e;

	param_text(&p, text_of(""));
	param_text(&p, TEXT_ABSENT);
	param_int8(&p, INT64_MIN);
	copy_array_int8(param_array_begin(&p), (const int64_t[]){1, INT64_MAX}, 2);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_char(param_array_begin(&p), "ab", 2);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	copy_array_bool(param_array_begin(&p), (const bool[]){true, false}, 2);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	copy_array_int2(param_array_begin(&p), (const int16_t[]){-1, 2}, 2);
	param_array_end(&p, DB_OID_INT2_ARRAY);
	copy_array_uuid(param_array_begin(&p), NULL, 0);
	param_array_end(&p, DB_OID_UUID_ARRAY);
	must(db_exec(s, "SELECT concat_ws('|', $1, $2, $3, $4, $5, $6, $7, $8)::text", &p, &res,
	     &e), &e);
	is_str(PQgetvalue(res, 0, 0), "|-9223372036854775808|{1,9223372036854775807}|{a,b}|{t,f}|"
	       "{-1,2}|{}", "parameters: an empty text is one, an absent text is NULL, arrays");
}

int main(void)
{
	struct conf *c = home_begin();
	struct err e;

	setenv("TZ", "America/St_Johns", 1);
	must(store_open(c, STORE_INGEST, &s, &e), &e);
	numbers();
	times();
	addresses();
	texts();
	arrays();
	parameters();
	store_close(s);
	buf_free(&b);
	home_end();
	return tap_done();
}
