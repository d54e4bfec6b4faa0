-- From the letters of the tables (base/model.h) to the words of RFC 7489 and RFC 9990.
--
-- All files of this folder are run as one script, sorted by name, whenever one of them changed.
-- They only CREATE OR REPLACE: nothing is dropped, so that views of yours that read ours stay.
-- Therefore columns are only ever added, at the end of a view. What can not be said that way
-- (a column renamed or gone) needs a migration that drops the view first, and a line in the
-- CHANGELOG.
--
-- Every view is security_invoker: the reader's own rights and row level security hold.
-- Joins that only add names are LEFT JOINs over unique keys: PostgreSQL leaves out those whose
-- columns are not asked for.

CREATE OR REPLACE FUNCTION ruadb.tenant() RETURNS bigint
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(nullif(current_setting('ruadb.tenant_id', true), ''), '1')::bigint;
COMMENT ON FUNCTION ruadb.tenant() IS
	'The tenant of this session (setting ruadb.tenant_id), 1 where none is set.';

CREATE OR REPLACE FUNCTION ruadb.result_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'p' THEN 'pass' WHEN 'f' THEN 'fail' WHEN 'n' THEN 'none'
		WHEN 'u' THEN 'neutral' WHEN 's' THEN 'softfail' WHEN 'y' THEN 'policy'
		WHEN 't' THEN 'temperror' WHEN 'm' THEN 'permerror' WHEN 'o' THEN 'other' END;
COMMENT ON FUNCTION ruadb.result_word("char") IS
	'Word of a DKIM, SPF or evaluated result; NULL for one that was not given.';

CREATE OR REPLACE FUNCTION ruadb.disposition_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'n' THEN 'none' WHEN 'p' THEN 'pass' WHEN 'q' THEN 'quarantine'
		WHEN 'r' THEN 'reject' WHEN 'o' THEN 'other' END;
COMMENT ON FUNCTION ruadb.disposition_word("char") IS
	'Word of a disposition; NULL for one that was not given.';

CREATE OR REPLACE FUNCTION ruadb.scope_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1 WHEN 'h' THEN 'helo' WHEN 'm' THEN 'mfrom' WHEN 'o' THEN 'other' END;
COMMENT ON FUNCTION ruadb.scope_word("char") IS
	'Word of an SPF scope; NULL for one that was not given.';

CREATE OR REPLACE FUNCTION ruadb.trust_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'v' THEN 'verified' WHEN 'l' THEN 'local' WHEN 'u' THEN 'unverified'
		WHEN 'f' THEN 'failed' END;
COMMENT ON FUNCTION ruadb.trust_word("char") IS
	'Word of how far the sender of a report is proven (reporter_auth).';

CREATE OR REPLACE FUNCTION ruadb.auth_method_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1 WHEN 'm' THEN 'dmarc' WHEN 'd' THEN 'dkim' WHEN 's' THEN 'spf' END;
COMMENT ON FUNCTION ruadb.auth_method_word("char") IS
	'Word of what passed for the sender of a report (auth_method).';

CREATE OR REPLACE FUNCTION ruadb.auth_relation_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'b' THEN 'both' WHEN 'n' THEN 'name' WHEN 'a' THEN 'address' WHEN 'x' THEN 'none' END;
COMMENT ON FUNCTION ruadb.auth_relation_word("char") IS
	'Word of how the domain that passed relates to the reporter (auth_relation).';

CREATE OR REPLACE FUNCTION ruadb.outcome_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 's' THEN 'stored' WHEN 'c' THEN 'conflict' WHEN 'n' THEN 'near_repeat'
		WHEN 'r' THEN 'repeat' WHEN 'q' THEN 'quarantined' WHEN 'x' THEN 'not_report'
		WHEN 'd' THEN 'dropped' WHEN 'l' THEN 'log' END;
COMMENT ON FUNCTION ruadb.outcome_word("char") IS
	'Word of the outcome of an item in the ledger.';

CREATE OR REPLACE FUNCTION ruadb.dmarc_pass(dkim "char", spf "char") RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE
		WHEN dkim = 'p' OR spf = 'p' THEN true
		WHEN dkim <> '-' AND spf <> '-' THEN false END;
COMMENT ON FUNCTION ruadb.dmarc_pass("char", "char") IS
	'True if an evaluated result is pass, false if both are there and neither is, else NULL.';

-- A value is stored as '=' where it equals the one before it, and gets another '=' in front where
-- it begins with '=' itself.
CREATE OR REPLACE FUNCTION ruadb.same_as(value text, other text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN value = '=' THEN other WHEN value LIKE '=%' THEN substr(value, 2)
		ELSE value END;
COMMENT ON FUNCTION ruadb.same_as(text, text) IS
	'Undoes the short form of header_from and envelope_from in ruadb_data.record.';

-- Alignment as recomputed (ruadb_data.record.dkim_aligned): p, l, f, -.
CREATE OR REPLACE FUNCTION ruadb.aligned("char") RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1 WHEN 'p' THEN true WHEN 'l' THEN false WHEN 'f' THEN false END;
COMMENT ON FUNCTION ruadb.aligned("char") IS
	'True if an aligned result passes, false if none does, NULL if there is none to look at.';

CREATE OR REPLACE FUNCTION ruadb.disagrees(aligned "char", evaluated "char") RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN evaluated <> '-' AND aligned <> '-'
		THEN (aligned = 'p') <> (evaluated = 'p') END;
COMMENT ON FUNCTION ruadb.disagrees("char", "char") IS
	'Whether the alignment we recomputed and the reporter''s evaluated result say different things.';

-- Figures are of now, or of the instant in setting ruadb.as_of: for tests, and for looking back.
CREATE OR REPLACE FUNCTION ruadb.as_of() RETURNS timestamptz
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(nullif(current_setting('ruadb.as_of', true), '')::timestamptz, now());
COMMENT ON FUNCTION ruadb.as_of() IS
	'The instant that figures are of: the setting ruadb.as_of of this session, else now.';

-- The parser writes IPv4 as IPv4; this is for what came another way.
CREATE OR REPLACE FUNCTION ruadb.plain_address(inet) RETURNS inet
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN family($1) = 6 AND $1 <<= '::ffff:0:0/96'::inet
		THEN '0.0.0.0'::inet + ($1 - '::ffff:0:0'::inet) ELSE $1 END;
COMMENT ON FUNCTION ruadb.plain_address(inet) IS '::ffff:a.b.c.d as a.b.c.d (definitions B1).';

CREATE OR REPLACE FUNCTION ruadb.source_group(inet) RETURNS cidr
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN family($1) = 4 THEN network(set_masklen($1, 24))
		WHEN $1 <<= '::ffff:0:0/96'::inet
			THEN network(set_masklen(ruadb.plain_address($1), 24))
		ELSE network(set_masklen($1, 64)) END;
COMMENT ON FUNCTION ruadb.source_group(inet) IS
	'The /24 or /64 of an address (definitions B1); ::ffff:a.b.c.d is IPv4. A declared range that '
	'holds the address comes before it: see view source_class.';
