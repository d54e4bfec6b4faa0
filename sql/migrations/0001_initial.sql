-- The first schema: reports, records, ledger, originals, quarantine.
-- Applied once, in a transaction of its own, and never edited after a release.
-- tenant_id is the first column of every key (design 11). No foreign keys on facts, no triggers,
-- no enums: the same schema distributes over Citus by tenant_id.

CREATE SCHEMA IF NOT EXISTS ruadb_data;
COMMENT ON SCHEMA ruadb_data IS 'ruadb: tables. Read the views in schema ruadb instead.';
CREATE SCHEMA ruadb;
COMMENT ON SCHEMA ruadb IS 'ruadb: views, the reading interface';

-- One row a transaction that stored something. Its UUID is made by the program before it begins:
-- after a connection lost at COMMIT the same UUID tells whether the transaction happened.
CREATE TABLE ruadb_data.batch (
	tenant_id bigint NOT NULL,
	batch_id bigint GENERATED ALWAYS AS IDENTITY,
	batch_uuid uuid NOT NULL,
	stored_at timestamptz NOT NULL DEFAULT now(),
	program_version text NOT NULL,
	parser_version integer NOT NULL,
	PRIMARY KEY (tenant_id, batch_id),
	UNIQUE (tenant_id, batch_uuid)
);

-- Ids of domain, reporter and auth_set are the first 8 bytes of a SHA-256 over their contents.
CREATE TABLE ruadb_data.domain (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	name text NOT NULL,
	PRIMARY KEY (tenant_id, domain_id)
);

CREATE TABLE ruadb_data.reporter (
	tenant_id bigint NOT NULL,
	reporter_id bigint NOT NULL,
	name text NOT NULL,
	org_name text,
	email text,
	extra_contact_info text,
	generator text,
	PRIMARY KEY (tenant_id, reporter_id)
);

-- One row a distinct set of SPF and DKIM results. kinds and results have one letter a result;
-- selectors and results_raw end with the last one that is there, and are NULL if none is.
CREATE TABLE ruadb_data.auth_set (
	tenant_id bigint NOT NULL,
	auth_set_id bigint NOT NULL,
	kinds text NOT NULL,
	results text NOT NULL,
	domains text[] NOT NULL,
	selectors text[],
	results_raw text[],
	PRIMARY KEY (tenant_id, auth_set_id)
);

CREATE SEQUENCE ruadb_data.report_id_seq AS bigint INCREMENT BY 1000;

-- One row a variant of a report. Rollup columns are NULL for 0. member 0 of a set (same reporter,
-- domain, begin, end) is the row that is locked when a further member comes.
CREATE TABLE ruadb_data.report (
	tenant_id bigint NOT NULL,
	report_id bigint NOT NULL,
	variant bigint NOT NULL,
	set_key bigint NOT NULL,
	identity uuid NOT NULL,
	item_key uuid NOT NULL,
	batch_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	reporter_id bigint NOT NULL,
	begin_at timestamptz,
	end_at timestamptz,
	records bigint NOT NULL,
	messages bigint NOT NULL,
	pass bigint,
	fail bigint,
	unknown bigint,
	none bigint,
	disposition_pass bigint,
	quarantine bigint,
	reject bigint,
	records_refused bigint,
	messages_refused bigint,
	day date,
	entry integer,
	repairs integer,
	member smallint NOT NULL,
	pct smallint,
	counted boolean NOT NULL,
	near_repeat boolean NOT NULL,
	swapped boolean NOT NULL,
	schema "char" NOT NULL,
	state "char" NOT NULL,
	reporter_auth "char" NOT NULL,
	external_report_id text,
	p text,
	sp text,
	np text,
	adkim text,
	aspf text,
	fo text,
	testing text,
	discovery_method text,
	version text,
	extra jsonb,
	PRIMARY KEY (tenant_id, report_id),
	UNIQUE (tenant_id, identity, variant),
	UNIQUE (tenant_id, set_key, member)
);

-- A report of more than 25 h: one row a day it touches. Shorter ones have their day in report.
CREATE TABLE ruadb_data.report_day_part (
	tenant_id bigint NOT NULL,
	report_id bigint NOT NULL,
	day date NOT NULL,
	messages bigint NOT NULL,
	pass bigint NOT NULL,
	fail bigint NOT NULL,
	unknown bigint NOT NULL,
	none bigint NOT NULL,
	disposition_pass bigint NOT NULL,
	quarantine bigint NOT NULL,
	reject bigint NOT NULL
);
CREATE INDEX report_day_part_report ON ruadb_data.report_day_part (tenant_id, report_id);

-- One row a record, written once. day: the UTC day on which it lies whole, NULL if it is split
-- (record_day) or lies on none. header_from: '=' stands for the policy domain (normalised),
-- envelope_from: '=' for header_from as sent; a value that begins with '=' itself is written
-- '=='... .
CREATE TABLE ruadb_data.record (
	tenant_id bigint NOT NULL,
	report_id bigint NOT NULL,
	auth_set_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	messages bigint NOT NULL,
	record_no integer NOT NULL,
	day date,
	disposition "char" NOT NULL,
	dkim_evaluated "char" NOT NULL,
	spf_evaluated "char" NOT NULL,
	source_ip inet NOT NULL,
	header_from text,
	envelope_from text,
	envelope_to text,
	extra jsonb
) PARTITION BY RANGE (day);
CREATE INDEX record_domain_day ON ruadb_data.record (tenant_id, domain_id, day);
CREATE INDEX record_report ON ruadb_data.record USING brin (report_id) WITH (pages_per_range = 16);

-- A record's share of each day, only for reports of more than 25 h and at most 31 days.
CREATE TABLE ruadb_data.record_day (
	tenant_id bigint NOT NULL,
	report_id bigint NOT NULL,
	record_no integer NOT NULL,
	day date NOT NULL,
	messages bigint NOT NULL
);
CREATE INDEX record_day_report ON ruadb_data.record_day (tenant_id, report_id);

-- The ledger: one row for each item ever met, and for each entry of an item that holds several.
-- item_key is the first 16 bytes of a SHA-256 over source and item.
CREATE TABLE ruadb_data.ledger (
	tenant_id bigint NOT NULL,
	item_key uuid NOT NULL,
	bytes_key uuid,
	batch_id bigint NOT NULL,
	first_batch_id bigint,
	size bigint,
	mtime_ns bigint,
	inode bigint,
	last_seen_at timestamptz,
	times integer,
	parser_version smallint NOT NULL,
	reports smallint,
	outcome "char" NOT NULL,
	source text NOT NULL,
	item text NOT NULL,
	sha256_rest bytea,
	reason text,
	PRIMARY KEY (tenant_id, item_key)
);
CREATE INDEX ledger_bytes ON ruadb_data.ledger (bytes_key);

-- What came in, byte for byte. Rows of at most 8 MB.
CREATE TABLE ruadb_data.original (
	tenant_id bigint NOT NULL,
	sha256 bytea NOT NULL,
	part integer NOT NULL,
	size bigint NOT NULL,
	encoding text NOT NULL,
	bytes bytea NOT NULL,
	PRIMARY KEY (tenant_id, sha256, part)
);
ALTER TABLE ruadb_data.original ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE ruadb_data.quarantine (
	tenant_id bigint NOT NULL,
	quarantine_id bigint GENERATED ALWAYS AS IDENTITY,
	item_key uuid NOT NULL,
	entry integer NOT NULL,
	size bigint NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	parser_version integer NOT NULL,
	bytes_kept boolean NOT NULL,
	class text NOT NULL,
	source text NOT NULL,
	item text NOT NULL,
	sha256 bytea NOT NULL,
	reason text NOT NULL,
	PRIMARY KEY (tenant_id, quarantine_id),
	UNIQUE (tenant_id, item_key, entry)
);

-- Partitions of record: one for all before the start month (24 months before installation), one a
-- month to 12 months ahead, DEFAULT for other days and for no day.
CREATE TABLE ruadb_data.record_default PARTITION OF ruadb_data.record DEFAULT;

-- Makes the partition of month m and moves there what DEFAULT holds of it: a default partition may
-- hold no row that belongs to a new one, hence detach, insert, attach.
CREATE FUNCTION ruadb_data.make_month(m date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	part text := 'record_' || to_char(m, 'YYYYMM');
	next date := (m + interval '1 month')::date;
	moved bigint := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM ruadb_data.record_default WHERE day >= m AND day < next) THEN
		EXECUTE format('CREATE TABLE ruadb_data.%I PARTITION OF ruadb_data.record '
			'FOR VALUES FROM (%L) TO (%L)', part, m, next);
		RETURN 'made ' || part;
	END IF;
	LOCK TABLE ruadb_data.record IN ACCESS EXCLUSIVE MODE;
	ALTER TABLE ruadb_data.record DETACH PARTITION ruadb_data.record_default;
	EXECUTE format('CREATE TABLE ruadb_data.%I PARTITION OF ruadb_data.record '
		'FOR VALUES FROM (%L) TO (%L)', part, m, next);
	INSERT INTO ruadb_data.record SELECT * FROM ruadb_data.record_default
		WHERE day >= m AND day < next;
	GET DIAGNOSTICS moved = ROW_COUNT;
	DELETE FROM ruadb_data.record_default WHERE day >= m AND day < next;
	ALTER TABLE ruadb_data.record ATTACH PARTITION ruadb_data.record_default DEFAULT;
	RETURN format('made %s, moved %s records into it', part, moved);
END $$;

-- Makes the months that are missing, from the first there is to 12 ahead; says what it made.
CREATE FUNCTION ruadb_data.maintain() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	this_month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
	first date;
	m date;
BEGIN
	PERFORM pg_advisory_xact_lock(7236838001002); -- one at a time
	SELECT to_date(substr(min(c.relname), 8), 'YYYYMM') INTO first
		FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'ruadb_data.record'::regclass AND c.relname ~ '^record_[0-9]{6}$';
	FOR m IN SELECT generate_series(coalesce(first, this_month), this_month
			+ interval '12 months', '1 month')::date LOOP
		IF to_regclass('ruadb_data.record_' || to_char(m, 'YYYYMM')) IS NULL THEN
			RETURN NEXT ruadb_data.make_month(m);
		END IF;
	END LOOP;
END $$;

DO $$
DECLARE
	first date := date_trunc('month', now() AT TIME ZONE 'UTC')::date - interval '24 months';
BEGIN
	EXECUTE format('CREATE TABLE ruadb_data.record_before PARTITION OF ruadb_data.record '
		'FOR VALUES FROM (MINVALUE) TO (%L)', first);
	PERFORM ruadb_data.make_month(first);
	PERFORM ruadb_data.maintain();
END $$;

-- Tenants see their own rows once row level security is switched on (it is not: a single user
-- never sees a tenant). Owners pass it, which ingest needs for COPY; so no FORCE.
DO $$
DECLARE
	t regclass;
BEGIN
	FOR t IN SELECT c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE c.relnamespace = 'ruadb_data'::regnamespace AND c.relkind IN ('r', 'p')
			AND NOT c.relispartition AND a.attname = 'tenant_id' LOOP
		EXECUTE format('CREATE POLICY tenant ON %s USING (tenant_id = coalesce(nullif('
			'current_setting(''ruadb.tenant_id'', true), ''''), ''1'')::bigint)', t);
	END LOOP;
END $$;
