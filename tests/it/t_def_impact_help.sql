-- Deliveries by hand, for the worked examples of definitions C and D: beside t_def_help.sql. Host 1 is a
-- Postfix that carries acceptances on each day; whoever sends says what becomes of it.
CREATE FUNCTION pg_temp.log_domain(name text, organizational text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	id bigint := ('x' || left(encode(sha256(convert_to($1, 'UTF8')), 'hex'), 16))::bit(64)::bigint;
BEGIN
	INSERT INTO ruadb_data.log_domain (tenant_id, domain_id, name, organizational_domain)
	VALUES (tenant(), id, $1, coalesce($2, $1)) ON CONFLICT DO NOTHING;
	RETURN id;
END $$;

CREATE FUNCTION pg_temp.host(id bigint, name text, system "char" DEFAULT 'p', accepted int DEFAULT 1000,
	source text DEFAULT NULL, oldest timestamptz DEFAULT '2026-01-01Z') RETURNS void LANGUAGE sql AS $$
INSERT INTO ruadb_data.log_host (tenant_id, host_id, system, host, source, oldest_at, newest_at)
VALUES (tenant(), $1, $3, $2, $5, $6, '2026-11-20 12:00Z');
INSERT INTO ruadb_data.log_service (tenant_id, service_id, host_id, service, stream)
VALUES (tenant(), $1, $1, 'postfix/smtp', NULL);
INSERT INTO ruadb_data.log_host_day (tenant_id, host_id, day, events, accepted, deferred, bounced,
	suspended, expired)
SELECT tenant(), $1, g::date, 2000, $4, 500, 10, 10, 10
FROM generate_series(timestamp '2026-08-01', '2026-11-20', '1 day') g $$;

-- A template of that category; its id.
CREATE FUNCTION pg_temp.reply(category text, what text DEFAULT '421 4.7.0 put off') RETURNS bigint
LANGUAGE sql AS $$
INSERT INTO ruadb_data.reply_template (tenant_id, template_id, smtp_code, enhanced, text, truncated,
	category, matched, samples)
VALUES (tenant(), hashtextextended(concat($1, $2), 9), 421, '4.7.0', $2, false, $1, 'f', '{}')
ON CONFLICT DO NOTHING;
SELECT hashtextextended(concat($1, $2), 9) $$;

CREATE FUNCTION pg_temp.evidence(domain text, day date, gateway text, customer text DEFAULT '',
	kind "char" DEFAULT 'p', times bigint DEFAULT 5, url boolean DEFAULT false) RETURNS void
LANGUAGE sql AS $$
INSERT INTO ruadb_data.domain_gateway (tenant_id, domain_id, day, evidence, gateway, gateway_customer,
	times, url)
VALUES (tenant(), pg_temp.log_domain($1), $2, $5, $3, $4, $6, $7) $$;

-- n deliveries as DOMAIN to recipients first .. first+n-1 at GATEWAY (in spread recipient domains), the
-- first attempt at 12:00 UTC of day. what: accepted, later, bounced, expired, pending, removed, lost
-- (closed without an end), dsn; with a temporary failure before it if retries > 0 or there is none
-- else: of that category. o: columns that differ.
CREATE SEQUENCE pg_temp.delivery_no;
CREATE FUNCTION pg_temp.send(domain text, gateway text, day date, n int, what text,
	category text DEFAULT 'badreputation', retries int DEFAULT 0, first int DEFAULT 1,
	spread int DEFAULT 10, o jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	i int;
	d ruadb_data.delivery;
	name text;
	at timestamptz := coalesce((o ->> 'first_at')::timestamptz, ($3 + time '12:00') AT TIME ZONE 'UTC');
	fails int := CASE WHEN $5 IN ('later', 'expired', 'pending', 'lost') THEN greatest($7, 1)
		ELSE $7 END;
	ends timestamptz := coalesce((o ->> 'ends')::timestamptz, at + fails * interval '30 min');
BEGIN
	FOR i IN $8 .. $8 + $4 - 1 LOOP
		name := coalesce(o ->> 'recipient_domain', format('r%s.%s.example', i % $9, $2));
		d.tenant_id := tenant();
		d.delivery_id := nextval('pg_temp.delivery_no');
		d.queue_key := d.delivery_id;
		d.host_id := 1; d.service_id := 1;
		d.recipient_key := hashtextextended(format('%s %s %s', i, $2, name), 2);
		d.recipient_domain_id := pg_temp.log_domain(name);
		d.header_domain_id := pg_temp.log_domain($1);
		d.epoch_at := at; d.first_at := at; d.last_at := ends;
		d.first_deferred_at := NULL; d.last_deferred_at := NULL; d.accepted_at := NULL;
		d.bounced_at := NULL; d.expired_at := NULL; d.removed_at := NULL; d.closed_at := NULL;
		d.bounced_after_at := NULL; d.deferred_templates := NULL; d.suspended_templates := NULL;
		d.last_template_id := NULL;
		d.attempts := fails + ($5 IN ('accepted', 'later', 'bounced', 'dsn'))::int;
		d.deferred := fails; d.suspended := 0; d.mx_attempts := 0; d.day := $3;
		IF fails > 0 THEN
			d.first_deferred_at := at;
			d.last_deferred_at := at + (fails - 1) * interval '30 min';
			d.deferred_templates := ARRAY[pg_temp.reply($6)];
			d.last_template_id := pg_temp.reply($6);
		END IF;
		IF $5 IN ('accepted', 'later', 'dsn') THEN d.accepted_at := ends; END IF;
		IF $5 = 'bounced' THEN d.bounced_at := ends; END IF;
		IF $5 = 'expired' THEN d.expired_at := ends; END IF;
		IF $5 = 'removed' THEN d.removed_at := ends; END IF;
		IF $5 = 'lost' THEN d.closed_at := ends; END IF;
		IF $5 = 'dsn' THEN d.bounced_after_at := ends + interval '1 h'; END IF;
		d.arrival_seen := true; d.handed_on := false; d.null_sender := false;
		d.source_ip := '192.0.2.1'; d.source_ip_from := 'l'; d.queue_id := 'Q' || d.delivery_id;
		d := jsonb_populate_record(d, o);
		INSERT INTO ruadb_data.delivery SELECT d.*;
	END LOOP;
	INSERT INTO ruadb_data.cohort_stale (tenant_id, day) VALUES (tenant(), $3);
END $$;

-- The state of the deliveries of a domain, in order.
CREATE FUNCTION pg_temp.states(domain text) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(state, ', ' ORDER BY delivery_id) FROM delivery
WHERE tenant_id = tenant() AND domain = $1 $$;
-- Columns of gateway_impact of a domain at one gateway, apart by "|".
CREATE FUNCTION pg_temp.impact(domain text, gateway text, VARIADIC columns text[]) RETURNS text
LANGUAGE sql AS $$
SELECT string_agg(coalesce(to_jsonb(g) ->> c, '-'), '|' ORDER BY no)
FROM gateway_impact(NULL, NULL, $1, NULL, $2, NULL) g, unnest($3) WITH ORDINALITY AS u (c, no) $$;
-- Makes all cohorts that are stale.
CREATE FUNCTION pg_temp.refresh() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. ruadb_data.refresh_impact_plan() LOOP
		PERFORM ruadb_data.refresh_impact_day(i);
	END LOOP;
END $$;

SELECT pg_temp.host(1, 'mx1.example.net');
INSERT INTO ruadb_data.gateway (tenant_id, gateway, title, family, mailbox_provider) VALUES
	(1, 'proofpoint-enterprise', 'Proofpoint Enterprise', 'proofpoint', false),
	(1, 'proofpoint-government', 'Proofpoint Government', 'proofpoint', false),
	(1, 'proofpoint-essentials', 'Proofpoint Essentials', 'proofpoint-essentials', false),
	(1, 'mimecast', 'Mimecast', 'mimecast', false), (1, 'google', 'Google', 'google', true),
	(1, 'microsoft-365', 'Microsoft 365', 'microsoft', true);
-- The domains that send() uses are behind the gateway that it names, all the time.
SELECT pg_temp.evidence(format('r%s.%s.example', i, g), day::date, g, CASE WHEN g LIKE 'proof%'
	THEN 'c' || i ELSE '' END)
FROM generate_series(0, 11) i, unnest('{proofpoint-enterprise,proofpoint-government,
	proofpoint-essentials,mimecast,google,microsoft-365}'::text[]) g,
	generate_series(timestamp '2026-08-01', '2026-11-20', '5 days') day;
