-- Who sends as us: organizational domains, alignment recomputed, declared senders, the rollup by
-- source, and the classes of sources as a table.

-- The organizational domain by the public suffix list (libpsl); NULL until ingest or
-- `ruadb db migrate` has looked it up. is_foreign: domains that are ours are declared, and this is
-- none of them: its reports are in no total (definitions A3).
ALTER TABLE ruadb_data.domain ADD COLUMN organizational_domain text,
	ADD COLUMN is_foreign boolean NOT NULL DEFAULT false;

-- Alignment as recomputed from the raw results: p an aligned result passes; l none does, but one
-- of them names a domain within our organizational domain (a DKIM signature whatever its result,
-- SPF only if it passes); f none of it; - no result of that kind. NULL: stored before 0003.
-- dkim_key: which result of the set (from 1) is the first aligned DKIM pass; NULL: none.
-- spf_key: the first aligned SPF pass, else the first SPF pass; NULL: none.
ALTER TABLE ruadb_data.record ADD COLUMN dkim_aligned "char", ADD COLUMN spf_aligned "char",
	ADD COLUMN dkim_key smallint, ADD COLUMN spf_key smallint;

-- The few records that reports about exceptions read, over all domains too. noted: sum of 1 (DKIM)
-- and 2 (SPF) where alignment as recomputed and the evaluated result differ, and 4 where a DKIM
-- result within our organizational domain is there beside dkim_key (none if that is NULL): one that
-- fails, or a second signature. NULL: nothing of it.
ALTER TABLE ruadb_data.record ADD COLUMN noted smallint;
CREATE INDEX record_noted ON ruadb_data.record (tenant_id, domain_id, day)
	WHERE noted IS NOT NULL OR extra ? 'reasons';

-- When the mail with the report came into the mailbox; NULL: it was a file, or nobody said.
ALTER TABLE ruadb_data.report ADD COLUMN arrived_at timestamptz;
CREATE INDEX report_domain_day ON ruadb_data.report (tenant_id, domain_id, day);

-- What people declare. declared_in: c configuration file ([domains] names), d `ruadb domains add`;
-- a name may be declared in both.
CREATE TABLE ruadb_data.own_domain (
	tenant_id bigint NOT NULL,
	name text NOT NULL,
	organizational_domain text NOT NULL,
	declared_in "char" NOT NULL DEFAULT 'd',
	added_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, name, declared_in)
);

-- One row a declared thing: an address range, a DKIM domain with or without selector, or an SPF
-- domain. Domains and selectors in lower case, without a dot at the end.
CREATE TABLE ruadb_data.sender (
	tenant_id bigint NOT NULL,
	sender_id bigint GENERATED ALWAYS AS IDENTITY,
	name text NOT NULL,
	owner text,
	dedicated boolean NOT NULL DEFAULT false,
	network cidr,
	dkim_domain text,
	dkim_selector text,
	spf_domain text,
	added_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, sender_id),
	CHECK (num_nonnulls(network, dkim_domain, spf_domain) = 1),
	CHECK (dkim_selector IS NULL OR dkim_domain IS NOT NULL)
);
CREATE UNIQUE INDEX sender_thing ON ruadb_data.sender (tenant_id, coalesce(network::text, ''),
	coalesce(dkim_domain, ''), coalesce(dkim_selector, ''), coalesce(spf_domain, ''));

-- Settings that differ from what view setting gives as default.
CREATE TABLE ruadb_data.setting (
	tenant_id bigint NOT NULL,
	name text NOT NULL,
	value numeric NOT NULL,
	set_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, name)
);

-- Which public suffix list organizational domains were looked up with.
CREATE TABLE ruadb_data.public_suffix_list (
	tenant_id bigint NOT NULL PRIMARY KEY,
	list_date date NOT NULL,
	looked_up_at timestamptz NOT NULL DEFAULT now()
);

-- What our delivery logs saw (filled once logs are read): accepted deliveries by day, address,
-- organizational domain and family of the receiver.
CREATE TABLE ruadb_data.log_day (
	tenant_id bigint NOT NULL,
	day date NOT NULL,
	source_ip inet NOT NULL,
	organizational_domain text NOT NULL,
	family text NOT NULL,
	accepted bigint NOT NULL
);
CREATE INDEX log_day_domain ON ruadb_data.log_day (tenant_id, organizational_domain, day);

-- Patterns of reporter names (LIKE) beside those shipped in view reporter_family.
CREATE TABLE ruadb_data.reporter_family (
	tenant_id bigint NOT NULL,
	pattern text NOT NULL,
	family text NOT NULL,
	PRIMARY KEY (tenant_id, pattern)
);

-- Learned from arrivals: the 95th percentile of arrival minus end of report. Made new by a refresh.
CREATE TABLE ruadb_data.reporter_lag (
	tenant_id bigint NOT NULL,
	reporter text NOT NULL,
	lag interval NOT NULL,
	arrivals bigint NOT NULL,
	measured_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, reporter)
);

-- The rollup by source. A (domain, day) is either in live_day, then its records are what counts
-- and whatever source_day holds of it is stale; or it is not, then source_day holds it whole.
-- Ingest only inserts into live_day, in the transaction that stores the records (several times the
-- same is one); a refresh takes out what it has rolled up, if that makes it shorter. A day that
-- is not settled for every reporter stays live.
-- recount: not only new reports; an older one counts now, or counts no longer. unsettled: for how
-- many reporters the day was not settled at the last refresh; NULL: no refresh has seen it yet;
-- 0 stays live for good, unless something new comes.
CREATE TABLE ruadb_data.live_day (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	day date NOT NULL,
	unsettled integer,
	recount boolean NOT NULL DEFAULT false
);
CREATE INDEX live_day_domain ON ruadb_data.live_day (tenant_id, domain_id, day);
CREATE INDEX live_day_open ON ruadb_data.live_day (tenant_id)
	WHERE unsettled IS DISTINCT FROM 0;

-- One row a domain, day, address, aligned DKIM key and passing SPF domain. Sums are NULL for 0.
-- reporters: hashtextextended(name, 0) of each.
CREATE TABLE ruadb_data.source_day (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	messages bigint NOT NULL,
	fail bigint,
	unknown bigint,
	dkim_pass bigint,
	spf_pass bigint,
	dkim_only bigint,
	forwarded bigint,
	linked bigint,
	quarantine bigint,
	reject bigint,
	dkim_id bigint,
	spf_id bigint,
	day date NOT NULL,
	records integer NOT NULL,
	source_ip inet NOT NULL,
	reporters bigint[] NOT NULL
);
CREATE INDEX source_day_domain ON ruadb_data.source_day (tenant_id, domain_id, day);

-- Names behind dkim_id (kind d) and spf_id (kind s): hashtextextended(kind:domain:selector, 0).
CREATE TABLE ruadb_data.source_identity (
	tenant_id bigint NOT NULL,
	id bigint NOT NULL,
	kind "char" NOT NULL,
	domain text NOT NULL,
	selector text,
	PRIMARY KEY (tenant_id, id)
);

-- When an address was first and last seen as a domain, as of the last refresh.
CREATE TABLE ruadb_data.source_seen (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	source_ip inet NOT NULL,
	first_day date NOT NULL,
	last_day date NOT NULL,
	PRIMARY KEY (tenant_id, domain_id, source_ip)
);

-- View source_class as it stood at as_of, for each organizational domain.
CREATE TABLE ruadb_data.source_class_current (
	tenant_id bigint NOT NULL,
	organizational_domain text NOT NULL,
	source_group cidr NOT NULL,
	as_of timestamptz NOT NULL,
	window_begin date NOT NULL,
	window_end date NOT NULL,
	messages bigint NOT NULL,
	pass bigint NOT NULL,
	fail bigint NOT NULL,
	unknown bigint NOT NULL,
	dkim_pass bigint NOT NULL,
	spf_pass bigint NOT NULL,
	forwarded bigint NOT NULL,
	dkim_only_small bigint NOT NULL,
	linked bigint NOT NULL,
	quarantine bigint NOT NULL,
	reject bigint NOT NULL,
	recent bigint NOT NULL,
	before bigint NOT NULL,
	addresses integer NOT NULL,
	reporters integer NOT NULL,
	first_day date,
	last_day date,
	rule smallint NOT NULL,
	thin boolean NOT NULL,
	reviewed boolean NOT NULL,
	dedicated boolean,
	class text NOT NULL,
	sender text,
	owner text,
	reason text NOT NULL,
	trend text,
	PRIMARY KEY (tenant_id, organizational_domain, source_group)
);

-- Which organizational domains source_class_current is to be made new for, apart from live_day:
-- something was declared or set.
CREATE TABLE ruadb_data.class_stale (
	tenant_id bigint NOT NULL,
	organizational_domain text NOT NULL
);

-- What was stored before: to be rolled up by the next refresh.
INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day)
	SELECT tenant_id, domain_id, day FROM ruadb_data.report WHERE day IS NOT NULL
	UNION SELECT r.tenant_id, r.domain_id, p.day FROM ruadb_data.report_day_part p
		JOIN ruadb_data.report r USING (tenant_id, report_id) WHERE p.day IS NOT NULL;

DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY '{own_domain,sender,setting,public_suffix_list,log_day,reporter_family,
			reporter_lag,live_day,source_day,source_identity,source_seen,
			source_class_current,class_stale}'::text[] LOOP
		EXECUTE format('CREATE POLICY tenant ON ruadb_data.%I USING (tenant_id = coalesce(nullif('
			'current_setting(''ruadb.tenant_id'', true), ''''), ''1'')::bigint)', t);
	END LOOP;
END $$;
