-- Deliveries: what the sender's own mail servers logged, delivery by delivery (definitions C), and
-- what is computed from it (D, E). An id called .._id that is a hash is the first 8 bytes of a
-- SHA-256 over the contents, as for domain and reporter.

-- ---- partitions by month, for more tables than one ----

-- Makes the partition of month m of a table that is partitioned by day, and moves there what its
-- DEFAULT holds of it: a default partition may hold no row that belongs to a new one.
CREATE FUNCTION ruadb_data.make_month(parent text, m date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	part text := parent || '_' || to_char(m, 'YYYYMM');
	next date := (m + interval '1 month')::date;
	moved bigint := 0;
	found boolean;
BEGIN
	EXECUTE format('SELECT EXISTS (SELECT FROM ruadb_data.%I WHERE day >= %L AND day < %L)',
		parent || '_default', m, next) INTO found;
	IF NOT found THEN
		EXECUTE format('CREATE TABLE ruadb_data.%I PARTITION OF ruadb_data.%I '
			'FOR VALUES FROM (%L) TO (%L)', part, parent, m, next);
		RETURN 'made ' || part;
	END IF;
	EXECUTE format('LOCK TABLE ruadb_data.%I IN ACCESS EXCLUSIVE MODE', parent);
	EXECUTE format('ALTER TABLE ruadb_data.%I DETACH PARTITION ruadb_data.%I', parent,
		parent || '_default');
	EXECUTE format('CREATE TABLE ruadb_data.%I PARTITION OF ruadb_data.%I '
		'FOR VALUES FROM (%L) TO (%L)', part, parent, m, next);
	EXECUTE format('INSERT INTO ruadb_data.%I SELECT * FROM ruadb_data.%I '
		'WHERE day >= %L AND day < %L', parent, parent || '_default', m, next);
	GET DIAGNOSTICS moved = ROW_COUNT;
	EXECUTE format('DELETE FROM ruadb_data.%I WHERE day >= %L AND day < %L',
		parent || '_default', m, next);
	EXECUTE format('ALTER TABLE ruadb_data.%I ATTACH PARTITION ruadb_data.%I DEFAULT', parent,
		parent || '_default');
	RETURN format('made %s, moved %s %s into it', part, moved,
		CASE parent WHEN 'record' THEN 'records' ELSE 'rows' END);
END $$;

CREATE OR REPLACE FUNCTION ruadb_data.maintain() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	this_month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
	parent text;
	first date;
	m date;
BEGIN
	PERFORM pg_advisory_xact_lock(7236838001002); -- one at a time
	FOREACH parent IN ARRAY '{record,delivery,attempt}'::text[] LOOP
		SELECT to_date(substr(min(c.relname), length(parent) + 2), 'YYYYMM') INTO first
			FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = ('ruadb_data.' || parent)::regclass
				AND c.relname ~ ('^' || parent || '_[0-9]{6}$');
		FOR m IN SELECT generate_series(coalesce(first, this_month), this_month
				+ interval '12 months', '1 month')::date LOOP
			IF to_regclass('ruadb_data.' || parent || to_char(m, '_YYYYMM')) IS NULL THEN
				RETURN NEXT ruadb_data.make_month(parent, m);
			END IF;
		END LOOP;
	END LOOP;
END $$;
DROP FUNCTION ruadb_data.make_month(date);

-- ---- where logs come from ----

-- What [source "NAME"] declares, as of the last ingest that had it.
CREATE TABLE ruadb_data.log_source (
	tenant_id bigint NOT NULL,
	name text NOT NULL,
	hosts text[] NOT NULL,
	queue_lifetime interval,
	zone text,
	complete boolean NOT NULL DEFAULT false, -- all that this stream sends is in these logs (E5)
	PRIMARY KEY (tenant_id, name)
);

-- One row a mail server's queue: the host that wrote the log, by its system (p Postfix, e Exim,
-- s Sendmail, o OpenSMTPD, m PowerMTA, k KumoMTA). Locked by whoever stores events of it.
-- oldest_at to newest_at: our view of it.
CREATE TABLE ruadb_data.log_host (
	tenant_id bigint NOT NULL,
	host_id bigint NOT NULL,
	system "char" NOT NULL,
	host text NOT NULL,
	source text,
	oldest_at timestamptz,
	newest_at timestamptz,
	PRIMARY KEY (tenant_id, host_id)
);

-- One row a service (syslog name, virtual MTA, egress source) of a host, with what [source] says of
-- it: stream, and the header From domain of that stream. source_ip: mapped.
CREATE TABLE ruadb_data.log_service (
	tenant_id bigint NOT NULL,
	service_id bigint NOT NULL,
	host_id bigint NOT NULL,
	service text NOT NULL,
	source_ip inet,
	stream text,
	domain text,
	PRIMARY KEY (tenant_id, service_id)
);

-- How far a plain log file is read: known by device, inode and its first bytes (definitions C8).
-- at_offset: bytes of it whose events are committed; it moves in the transaction that stores them.
CREATE TABLE ruadb_data.log_file (
	tenant_id bigint NOT NULL,
	file_key uuid NOT NULL, -- SHA-256 over device, inode and head, its first 16 bytes
	device bigint NOT NULL,
	inode bigint NOT NULL,
	head_length integer NOT NULL, -- bytes that were hashed: 4096, or less of a short file
	head_sha256 bytea NOT NULL,
	path text NOT NULL,
	at_offset bigint NOT NULL,
	lines bigint NOT NULL,
	last_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, file_key)
);
CREATE INDEX log_file_inode ON ruadb_data.log_file (tenant_id, device, inode);

-- What each log carries, by day of its lines (definitions C5), and how well it is read. counts of
-- events; unreadable: lines that matter but can't be read.
CREATE TABLE ruadb_data.log_host_day (
	tenant_id bigint NOT NULL,
	host_id bigint NOT NULL,
	day date NOT NULL,
	events bigint NOT NULL,
	accepted bigint NOT NULL,
	deferred bigint NOT NULL,
	bounced bigint NOT NULL,
	suspended bigint NOT NULL,
	expired bigint NOT NULL,
	PRIMARY KEY (tenant_id, host_id, day)
);

-- One row an item (log file) read, its lines added up over its parts; item_key as in the ledger.
CREATE TABLE ruadb_data.log_item (
	tenant_id bigint NOT NULL,
	item_key uuid NOT NULL,
	item text NOT NULL,
	lines bigint NOT NULL,
	events bigint NOT NULL,
	skipped bigint NOT NULL,     -- of other programs, or of no interest
	unreadable bigint NOT NULL,
	repeated bigint NOT NULL,    -- events that were known from another file
	last_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, item_key)
);

-- Lines that matter but can't be read: one row a reason, with one of them.
CREATE TABLE ruadb_data.log_unreadable (
	tenant_id bigint NOT NULL,
	item_key uuid NOT NULL,
	reason text NOT NULL,
	lines bigint NOT NULL,
	sample text NOT NULL,
	last_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, item_key, reason)
);

-- ---- deliveries and attempts ----

-- The key that recipients are hashed with. Nobody but who ingests may read it.
CREATE TABLE ruadb_data.recipient_secret (
	tenant_id bigint NOT NULL PRIMARY KEY,
	secret bytea NOT NULL
);

-- Domains that logs name, of recipients and senders, by the same ids as domain, which holds policy
-- domains only: a recipient's domain is none that reports are counted for.
CREATE TABLE ruadb_data.log_domain (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	name text NOT NULL,
	organizational_domain text NOT NULL,
	PRIMARY KEY (tenant_id, domain_id)
);

-- One row a peer: the host that answered, or that we failed to connect to.
CREATE TABLE ruadb_data.peer (
	tenant_id bigint NOT NULL,
	peer_id bigint NOT NULL,
	host text,
	ip inet,
	gateway text,            -- by the name of host; NULL: none that we know
	gateway_customer text,
	PRIMARY KEY (tenant_id, peer_id)
);

-- The gateways that occur, as the gateway rules have them. family: gateways of one family are one in
-- the guide's share (definitions C6).
CREATE TABLE ruadb_data.gateway (
	tenant_id bigint NOT NULL,
	gateway text NOT NULL,
	title text NOT NULL,
	family text NOT NULL,
	mailbox_provider boolean NOT NULL,
	PRIMARY KEY (tenant_id, gateway)
);

-- One row a reply with its variable parts taken out: {address}, {ip}, {host}, {id}, {number},
-- {text}; by gateway of the peer, since the rules of a gateway apply to its replies only.
-- smtp_code NULL: our own server said it. matched: u user rule, f fingerprint, g gateway,
-- e enhanced status, c basic code, - nothing. truncated: the log holds its first line only.
CREATE TABLE ruadb_data.reply_template (
	tenant_id bigint NOT NULL,
	template_id bigint NOT NULL,
	gateway text,
	smtp_code smallint,
	enhanced text,
	text text NOT NULL,
	truncated boolean NOT NULL,
	category text NOT NULL,
	matched "char" NOT NULL,
	rule text,
	meaning text,
	samples text[] NOT NULL,
	first_stored_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, template_id)
);

CREATE SEQUENCE ruadb_data.delivery_id_seq AS bigint INCREMENT BY 1000;

-- One row a delivery: (message, recipient) (definitions C2). Updated while it goes on; every column
-- can be computed from its events in whatever order they come. queue_key: hash of host_id and queue
-- id. day: the UTC day of first_at, the first event: the cohort. Times are NULL while the thing has
-- not happened. arrival_seen NULL: this system logs no arrivals.
-- templates: of its temporary failures, real attempts and suspended lines apart.
-- service_id, source_ip: of its first real attempt. handed_on: its last attempt went to loopback, a
-- private address, a declared relay or no peer at all (C3). last_at: the last event of its own.
-- .._domain_id: of log_domain.
-- recipient: only with recipients = full. salt: only with recipients = domain, until it is final.
-- envelope_from: only with recipients = full (a VERP address holds the recipient).
CREATE TABLE ruadb_data.delivery (
	tenant_id bigint NOT NULL,
	delivery_id bigint NOT NULL,
	queue_key bigint NOT NULL,
	host_id bigint NOT NULL,
	service_id bigint NOT NULL,
	recipient_key bigint NOT NULL,
	recipient_domain_id bigint NOT NULL,
	envelope_domain_id bigint,        -- NULL: the null sender, or not known
	header_domain_id bigint,          -- NULL: the log does not say
	last_peer_id bigint,
	last_template_id bigint,          -- of its last temporary failure or bounce
	salt bigint,
	epoch_at timestamptz NOT NULL,
	first_at timestamptz NOT NULL,
	last_at timestamptz NOT NULL,
	first_deferred_at timestamptz,    -- suspended included
	last_deferred_at timestamptz,
	accepted_at timestamptz,
	bounced_at timestamptz,
	expired_at timestamptz,
	removed_at timestamptz,           -- by an administrator
	closed_at timestamptz,            -- the queue was done with the message
	message_expired_at timestamptz,   -- said of the whole message, whatever it is for this one
	message_removed_at timestamptz,
	bounced_after_at timestamptz,     -- a later DSN, after acceptance
	attempts integer NOT NULL,
	deferred integer NOT NULL,        -- of attempts
	suspended integer NOT NULL,
	mx_attempts integer NOT NULL,
	attempts_reported integer,
	size integer,
	day date NOT NULL,
	source_ip_from "char",            -- l log, m map, e event
	arrival_seen boolean,
	handed_on boolean NOT NULL,
	null_sender boolean NOT NULL,
	source_ip inet,
	deferred_templates bigint[],
	suspended_templates bigint[],
	queue_id text NOT NULL,
	message_id text,
	campaign text,
	recipient text,
	envelope_from text
) PARTITION BY RANGE (day);
CREATE INDEX delivery_id ON ruadb_data.delivery (tenant_id, delivery_id);
CREATE INDEX delivery_queue ON ruadb_data.delivery (tenant_id, queue_key);
CREATE INDEX delivery_ip ON ruadb_data.delivery (tenant_id, source_ip, day)
	WHERE source_ip IS NOT NULL;
CREATE INDEX delivery_service ON ruadb_data.delivery (tenant_id, service_id, day)
	WHERE source_ip IS NULL;
-- Of what was deferred: a small part.
CREATE INDEX delivery_deferred ON ruadb_data.delivery (tenant_id, recipient_domain_id, day)
	WHERE first_deferred_at IS NOT NULL;
CREATE INDEX delivery_day ON ruadb_data.delivery USING brin (day) WITH (pages_per_range = 16);
CREATE TABLE ruadb_data.delivery_default PARTITION OF ruadb_data.delivery DEFAULT;

-- One row an event of a delivery: an attempt, a further MX host tried in the same queue run, a line
-- that repeats an earlier failure without trying (suspended), or an end without an attempt.
-- kind: a attempt, m mx_attempt, s queue_suspended, q the queue's own end (expired, removed),
-- l later DSN. outcome: a accepted, d deferred, b bounced, x expired, r removed by admin.
-- stage: c connect, g greeting, e EHLO, t STARTTLS, m MAIL, r RCPT, d DATA, . end of data, - not
-- known.
-- line_key: hash of the line, and of how many equal ones went before it in its file (C8).
-- reply_values: what stood in the template's variables, with U+001F between.
-- status: the queue's own enhanced status where the reply's is another, or none.
CREATE TABLE ruadb_data.attempt (
	tenant_id bigint NOT NULL,
	delivery_id bigint NOT NULL,
	line_key bigint NOT NULL,
	template_id bigint,
	peer_id bigint,
	at timestamptz NOT NULL,
	day date NOT NULL,
	delay_ms integer,                 -- since the message arrived; NULL: more than 24 days, or not said
	attempt_reported smallint,
	kind "char" NOT NULL,
	outcome "char" NOT NULL,
	stage "char" NOT NULL,
	status text,
	service_id bigint,                -- where it is another one than the delivery's
	source_ip inet,                   -- the same
	reply_ip inet,                    -- in the reply's URL or text
	reply_values text
) PARTITION BY RANGE (day);
CREATE INDEX attempt_delivery ON ruadb_data.attempt (tenant_id, delivery_id);
CREATE INDEX attempt_at ON ruadb_data.attempt USING brin (at) WITH (pages_per_range = 16);
CREATE TABLE ruadb_data.attempt_default PARTITION OF ruadb_data.attempt DEFAULT;

-- What is known of a message before its first delivery event. Gone once that is there. closed_at,
-- expired_at, removed_at: said of a message of whose deliveries nothing was seen yet; the lines may
-- come with another file.
CREATE TABLE ruadb_data.message_open (
	tenant_id bigint NOT NULL,
	queue_key bigint NOT NULL,
	host_id bigint NOT NULL,
	envelope_domain_id bigint,
	header_domain_id bigint,
	epoch_at timestamptz NOT NULL,
	first_at timestamptz NOT NULL,
	last_at timestamptz NOT NULL,
	closed_at timestamptz,
	expired_at timestamptz,
	removed_at timestamptz,
	size integer,
	arrival_seen boolean,
	null_sender boolean NOT NULL,
	queue_id text NOT NULL,
	message_id text,
	campaign text,
	envelope_from text,               -- only with recipients = full
	PRIMARY KEY (tenant_id, queue_key, epoch_at)
);

-- Further MX hosts that were tried for a message before any of its recipients was seen: they become
-- rows of attempt with the first delivery. In columns as there.
CREATE TABLE ruadb_data.attempt_open (
	tenant_id bigint NOT NULL,
	queue_key bigint NOT NULL,
	line_key bigint NOT NULL,
	template_id bigint,
	peer_id bigint,
	at timestamptz NOT NULL,
	stage "char" NOT NULL,
	status text,
	source_ip inet,
	reply_ip inet,
	reply_values text,
	PRIMARY KEY (tenant_id, queue_key, line_key)
);

-- Evidence for the gateway of a recipient domain on a day (C6): p peer host, m MX snapshot, r reply
-- (url: one with the gateway's own URL; else two are needed). times: events.
CREATE TABLE ruadb_data.domain_gateway (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	day date NOT NULL,
	evidence "char" NOT NULL,
	gateway text NOT NULL,
	gateway_customer text NOT NULL,
	times bigint NOT NULL,
	url boolean NOT NULL,
	PRIMARY KEY (tenant_id, domain_id, day, evidence, gateway, gateway_customer)
);

-- Days on which deliveries to a domain are known, but no gateway by a peer: evidence of days around
-- is what they go by, so their cohorts are stale when there is more of it.
CREATE TABLE ruadb_data.domain_no_gateway (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	day date NOT NULL,
	PRIMARY KEY (tenant_id, domain_id, day)
);

-- Source addresses in replies, by service and day (C7: inferred where there is exactly one).
CREATE TABLE ruadb_data.reply_ip_day (
	tenant_id bigint NOT NULL,
	service_id bigint NOT NULL,
	day date NOT NULL,
	source_ip inet NOT NULL,
	PRIMARY KEY (tenant_id, service_id, day, source_ip)
);
CREATE INDEX reply_ip_day_ip ON ruadb_data.reply_ip_day (tenant_id, source_ip);

-- ---- impact ----

-- Cohort days that ingest has touched since they were computed: read from deliveries until the next
-- refresh. Insert-only, as live_day is.
CREATE TABLE ruadb_data.cohort_stale (
	tenant_id bigint NOT NULL,
	day date NOT NULL
);
CREATE INDEX cohort_stale_day ON ruadb_data.cohort_stale (tenant_id, day);

-- Days that are computed. next_lost_at: when the first figure of them changes by time alone: a
-- pending delivery gets lost from sight, or a cohort mature; last_lost_at: when one did so last.
-- known: hash of the settings and declarations that the figures rest on.
CREATE TABLE ruadb_data.cohort_day (
	tenant_id bigint NOT NULL,
	day date NOT NULL,
	next_lost_at timestamptz,
	last_lost_at timestamptz,
	computed_at timestamptz NOT NULL DEFAULT now(),
	known bigint NOT NULL,
	PRIMARY KEY (tenant_id, day)
);

-- Of which hosts computed days hold deliveries that are left-censored only because they arrived
-- before our view of the host began, and when that was.
CREATE TABLE ruadb_data.cohort_host (
	tenant_id bigint NOT NULL,
	day date NOT NULL,
	host_id bigint NOT NULL,
	oldest_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, day, host_id)
);

-- One row a cohort: day, gateway, domain (E1), source IP, stream; each of them may be NULL: not
-- known. cohort_key: hash of them. Counts are of distinct recipients where not said otherwise (D2).
-- retries, seconds: histograms of affected recipients, by the buckets of
-- ruadb_data.retry_buckets() and second_buckets(), cut behind the last that is not 0; NULL: none is.
CREATE TABLE ruadb_data.impact_cohort (
	tenant_id bigint NOT NULL,
	cohort_key bigint NOT NULL,
	day date NOT NULL,
	gateway text,
	domain text,
	source_ip inet,
	stream text,
	source_ip_from "char",            -- l log, m map, e event, i inferred: the weakest of them
	domain_source "char",             -- h header, s stream, r reports, e envelope: the weakest
	recipients integer NOT NULL,
	deliveries integer NOT NULL,
	tried integer NOT NULL,
	affected integer NOT NULL,
	directly_deferred integer NOT NULL,
	temporary_failure integer NOT NULL,
	accepted_first integer NOT NULL,  -- what became of recipients: adds up to them
	accepted_later integer NOT NULL,
	accepted_unclear integer NOT NULL,
	bounced_after_acceptance integer NOT NULL,
	bounced integer NOT NULL,
	expired integer NOT NULL,
	pending integer NOT NULL,
	lost_sight integer NOT NULL,
	removed_by_admin integer NOT NULL,
	affected_accepted integer NOT NULL, -- what became of affected: adds up to it
	affected_bounced_after_acceptance integer NOT NULL,
	affected_bounced integer NOT NULL,
	affected_expired integer NOT NULL,
	affected_pending integer NOT NULL,
	affected_lost_sight integer NOT NULL,
	affected_removed integer NOT NULL,
	share_tried integer NOT NULL,     -- of sources and days with observed acceptances (C5)
	share_affected integer NOT NULL,
	share_not_delivered integer NOT NULL,
	left_censored integer NOT NULL,
	unsettled_deliveries integer NOT NULL, -- 0: mature
	accepted_deliveries integer NOT NULL,
	null_sender_deliveries integer NOT NULL, -- these and those handed on are in nothing else
	handed_on_deliveries integer NOT NULL,
	attempts bigint NOT NULL,
	first_deferred_at timestamptz,
	last_deferred_at timestamptz,
	next_lost_at timestamptz,         -- as in cohort_day
	last_lost_at timestamptz,
	retries integer[],
	retries_accepted integer[],
	seconds integer[],
	seconds_accepted integer[]
);
CREATE INDEX impact_cohort_day ON ruadb_data.impact_cohort (tenant_id, day);
CREATE INDEX impact_cohort_domain ON ruadb_data.impact_cohort (tenant_id, domain, day);

-- Cohorts by recipient domain (D4, D5). gateway_customer NULL: the recipient domain itself.
CREATE TABLE ruadb_data.impact_domain (
	tenant_id bigint NOT NULL,
	cohort_key bigint NOT NULL,
	recipient_domain_id bigint NOT NULL,
	day date NOT NULL,
	tried integer NOT NULL,
	affected integer NOT NULL,
	accepted_deliveries integer NOT NULL,
	gateway_customer text
);
CREATE INDEX impact_domain_day ON ruadb_data.impact_domain (tenant_id, day);
CREATE INDEX impact_domain_affected ON ruadb_data.impact_domain (tenant_id, day, cohort_key)
	WHERE affected > 0;
CREATE INDEX impact_domain_cohort ON ruadb_data.impact_domain (tenant_id, cohort_key);

-- The same summed up over source addresses and streams: few rows where mail leaves by many addresses.
CREATE TABLE ruadb_data.impact_domain_sum (
	tenant_id bigint NOT NULL,
	recipient_domain_id bigint NOT NULL,
	day date NOT NULL,
	tried integer NOT NULL,
	affected integer NOT NULL,
	gateway text,
	domain text,
	gateway_customer text
);
CREATE INDEX impact_domain_sum_day ON ruadb_data.impact_domain_sum (tenant_id, day);

-- Cohorts by campaign, of deliveries that have one.
CREATE TABLE ruadb_data.impact_campaign (
	tenant_id bigint NOT NULL,
	cohort_key bigint NOT NULL,
	day date NOT NULL,
	tried integer NOT NULL,
	affected integer NOT NULL,
	share_tried integer NOT NULL,
	share_affected integer NOT NULL,
	campaign text NOT NULL
);
CREATE INDEX impact_campaign_day ON ruadb_data.impact_campaign (tenant_id, day);

-- Cohorts by reply: deliveries that got it, as a temporary failure (a delivery may have got several)
-- or as the bounce.
CREATE TABLE ruadb_data.impact_reply (
	tenant_id bigint NOT NULL,
	cohort_key bigint NOT NULL,
	template_id bigint NOT NULL,
	day date NOT NULL,
	recipients integer NOT NULL,
	deferred integer NOT NULL,        -- deliveries, by a real attempt
	suspended integer NOT NULL,       -- deliveries, by lines that repeat it only
	bounced integer NOT NULL,         -- deliveries
	first_at timestamptz,
	last_at timestamptz
);
CREATE INDEX impact_reply_day ON ruadb_data.impact_reply (tenant_id, day);

-- The organizational domain in header From that reports show for an envelope domain (E1), for those
-- that deliveries without a better word have. organizational_domain NULL: reports don't say, or not
-- by enough. looked_at NULL: not looked up yet.
CREATE TABLE ruadb_data.envelope_header (
	tenant_id bigint NOT NULL,
	envelope_domain_id bigint NOT NULL,
	organizational_domain text,
	messages bigint,
	share numeric,
	looked_at timestamptz,
	PRIMARY KEY (tenant_id, envelope_domain_id)
);

-- Deliveries whose source address nobody knows are in log_day too.
ALTER TABLE ruadb_data.log_day ALTER COLUMN source_ip DROP NOT NULL;
CREATE INDEX log_day_day ON ruadb_data.log_day (tenant_id, day);

-- Up to which day deliveries were pruned: cohorts up to it are never computed again.
CREATE TABLE ruadb_data.pruned (
	tenant_id bigint NOT NULL,
	kind text NOT NULL,
	day date NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, kind)
);

-- ---- the join ----

-- What reports say of the addresses of stream_source, a row a record that lies whole on a day: what
-- evidence about a stream reads. Whether its report counts stands there. Made by a refresh; of
-- domains and days in live_day that no refresh has seen (unsettled NULL) the records count.
CREATE TABLE ruadb_data.stream_record (
	tenant_id bigint NOT NULL,
	domain_id bigint NOT NULL,
	report_id bigint NOT NULL,
	messages bigint NOT NULL,
	day date NOT NULL,
	source_ip inet NOT NULL,
	forwarded boolean NOT NULL,
	dmarc_pass boolean,
	dkim_raw boolean NOT NULL,        -- a raw result passes, aligned or not
	spf_raw boolean NOT NULL,
	dkim_aligned boolean,
	spf_aligned boolean
);
CREATE INDEX stream_record_stream ON ruadb_data.stream_record (tenant_id, domain_id, source_ip, day);
CREATE INDEX stream_record_day ON ruadb_data.stream_record (tenant_id, domain_id, day);

-- Addresses that our logs know and that stream_record holds.
CREATE TABLE ruadb_data.stream_source (
	tenant_id bigint NOT NULL,
	source_ip inet NOT NULL,
	since timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, source_ip)
);

-- ---- lookups that people made ----

CREATE TABLE ruadb_data.lookup (
	tenant_id bigint NOT NULL,
	lookup_id bigint GENERATED ALWAYS AS IDENTITY,
	kind text NOT NULL,      -- ipcheck, blocklist, rdns, helo, spf, dkim, dmarc, score
	source_ip inet,
	domain text,
	list text,               -- which blocklist, or who gives the score
	value text NOT NULL,     -- clean, listed, pass, fail, or a number
	checker text NOT NULL,
	checked_at timestamptz NOT NULL,
	added_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, lookup_id),
	CHECK (num_nonnulls(source_ip, domain) >= 1)
);

DO $$
DECLARE
	first date := date_trunc('month', now() AT TIME ZONE 'UTC')::date - interval '24 months';
	t text;
BEGIN
	FOREACH t IN ARRAY '{delivery,attempt}'::text[] LOOP
		EXECUTE format('CREATE TABLE ruadb_data.%I PARTITION OF ruadb_data.%I '
			'FOR VALUES FROM (MINVALUE) TO (%L)', t || '_before', t, first);
		PERFORM ruadb_data.make_month(t, first);
	END LOOP;
	PERFORM ruadb_data.maintain();
	FOR t IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE c.relnamespace = 'ruadb_data'::regnamespace AND c.relkind IN ('r', 'p')
			AND NOT c.relispartition AND a.attname = 'tenant_id' AND NOT EXISTS (SELECT
				FROM pg_policy p WHERE p.polrelid = c.oid) LOOP
		EXECUTE format('CREATE POLICY tenant ON ruadb_data.%I USING (tenant_id = coalesce(nullif('
			'current_setting(''ruadb.tenant_id'', true), ''''), ''1'')::bigint)', t);
	END LOOP;
END $$;
