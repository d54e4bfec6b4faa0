-- Cohorts (definitions D1, D2): a day's deliveries by gateway, domain, source IP and stream. Days are
-- read from impact_cohort and its like, or, while they are in cohort_live, from deliveries, by the
-- same functions that fill those tables (84_impact_refresh.sql): every figure is exact at any moment.
-- The functions are SQL and put in place like views; call them with columns or constants. Those whose
-- text stands between $$ are what a refresh runs, too, over a table in place of the function they read.

-- Lower ends of the buckets of histograms. D3 asks for 3 retries and 4 h: both are such an end.
CREATE OR REPLACE FUNCTION ruadb_data.retry_buckets() RETURNS integer[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,41,
		61,101}'::integer[];
CREATE OR REPLACE FUNCTION ruadb_data.second_buckets() RETURNS integer[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN '{0,60,300,600,900,1800,3600,5400,7200,10800,14400,18000,21600,28800,43200,64800,86400,
		129600,172800,259200,345600,432000,604800}'::integer[];

-- How often each bucket occurs, up to the last that does; NULL: none.
CREATE OR REPLACE FUNCTION ruadb_data.histogram(buckets smallint[]) RETURNS integer[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT array_agg(coalesce(c.n, 0) ORDER BY g.b)
FROM generate_series(1, (SELECT max(u) FROM unnest($1) u)) AS g (b)
LEFT JOIN (SELECT u, count(*)::integer AS n FROM unnest($1) u GROUP BY u) c ON c.u = g.b
$$;

-- What cohorts rest on beside deliveries, as a hash: when it is another one, nothing computed holds.
CREATE OR REPLACE FUNCTION ruadb_data.cohort_known() RETURNS bigint
	LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT hashtextextended(concat_ws(chr(30),
	(SELECT string_agg(concat_ws(chr(31), s.name, trim_scale(s.value)), chr(30) ORDER BY s.name)
		FROM ruadb.setting s WHERE s.name IN ('queue_lifetime_days',
			'queue_lifetime_hours_platform', 'gateway_days')),
	(SELECT string_agg(concat_ws(chr(31), h.host_id, h.queue_lifetime), chr(30) ORDER BY h.host_id)
		FROM ruadb_data.log_host_queue h WHERE h.tenant_id = ruadb.tenant()),
	(SELECT string_agg(concat_ws(chr(31), v.service_id, coalesce(v.stream, chr(29)), v.org), chr(30)
			ORDER BY v.service_id)
		FROM ruadb_data.log_service_org v WHERE v.tenant_id = ruadb.tenant()
			AND (v.stream IS NOT NULL OR v.org IS NOT NULL))), 6)
$$;
COMMENT ON FUNCTION ruadb_data.cohort_known() IS
	'Hash of the settings, queue lifetimes and declared streams that cohorts rest on.';

-- Up to which day deliveries are pruned: cohorts up to it stay as they are.
CREATE OR REPLACE FUNCTION ruadb_data.cohort_kept() RETURNS date
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT max(p.day) FROM ruadb_data.pruned p WHERE p.tenant_id = ruadb.tenant()
		AND p.kind IN ('delivery', 'deliveries'));
COMMENT ON FUNCTION ruadb_data.cohort_kept() IS 'The last day whose deliveries were pruned; or NULL.';

CREATE OR REPLACE VIEW ruadb_data.cohort_live WITH (security_invoker = true) AS
SELECT l.tenant_id, l.day
FROM (
	SELECT s.tenant_id, s.day FROM ruadb_data.cohort_stale s
	UNION
	SELECT c.tenant_id, c.day FROM ruadb_data.cohort_day c
	WHERE c.next_lost_at <= ruadb.as_of() OR c.last_lost_at >= ruadb.as_of()
		OR c.known <> (SELECT ruadb_data.cohort_known())
	UNION
	SELECT c.tenant_id, c.day FROM ruadb_data.cohort_host c
	JOIN ruadb_data.log_host h ON h.tenant_id = c.tenant_id AND h.host_id = c.host_id
		AND h.oldest_at <> c.oldest_at
) l
WHERE l.day > coalesce((SELECT ruadb_data.cohort_kept()), '-infinity'::date);
COMMENT ON VIEW ruadb_data.cohort_live IS
	'Days whose cohorts are read from deliveries: touched since they were computed, or changed by time '
	'or by what was declared.';

-- The counted and uncounted deliveries of a day, with their cohort. of_campaign NULL: all.
CREATE OR REPLACE FUNCTION ruadb_data.cohort_delivery(tenant bigint, of_day date, of_campaign text)
	RETURNS TABLE (cohort_key bigint, gateway text, domain text, source_ip inet, stream text,
		source_ip_from "char", domain_source "char", recipient_key bigint,
		recipient_domain_id bigint, gateway_customer text, campaign text, kind "char",
		state "char", tried boolean, affected boolean, directly_deferred boolean,
		temporary_failure boolean, covered boolean, left_censored boolean, retries integer,
		time_in_deferral interval, attempts integer, accepted boolean, first_at timestamptz,
		last_at timestamptz, first_deferred_at timestamptz, last_deferred_at timestamptz,
		bounced_at timestamptz, lost_at timestamptz, mature_at timestamptz,
		deferred_templates bigint[], suspended_templates bigint[], last_template_id bigint)
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH known AS MATERIALIZED (
	SELECT x.recipient_domain_id, b.best[1][1] AS gateway, nullif(b.best[1][2], '') AS customer
	FROM (SELECT DISTINCT d.recipient_domain_id FROM ruadb_data.delivery d
		WHERE d.tenant_id = $1 AND d.day = $2) x
	CROSS JOIN LATERAL ruadb_data.gateway_of($1, x.recipient_domain_id, $2) b
	WHERE b.best IS NOT NULL
)
SELECT hashtextextended(concat_ws(chr(30), $2 - '2000-01-01'::date,
		coalesce(f.gateway, chr(31)), coalesce(f.domain, chr(31)),
		coalesce(host(f.source_ip), chr(31)), coalesce(f.stream, chr(31))), 5),
	f.gateway, f.domain, f.source_ip, f.stream, f.source_ip_from, f.domain_source,
	f.recipient_key, f.recipient_domain_id, f.customer, f.campaign, f.kind, f.state, f.tried,
	f.directly_deferred OR f.suspended_affecting, f.directly_deferred, f.temporary_failure,
	f.covered, f.left_censored, greatest(f.all_attempts - 1, 0), f.time_in_deferral,
	f.all_attempts, f.accepted_at IS NOT NULL, f.first_at, f.last_at, f.first_deferred_at,
	f.last_deferred_at, f.bounced_at, f.lost_at,
	(($2 + 1)::timestamp AT TIME ZONE 'UTC') + f.queue_lifetime, f.deferred_templates,
	f.suspended_templates, f.last_template_id
FROM (
	SELECT d.*, CASE WHEN NOT d.handed_on THEN k.gateway END AS gateway, k.customer,
		CASE WHEN d.handed_on THEN 'h'::"char" WHEN d.null_sender THEN 'n'::"char"
			ELSE 'c'::"char" END AS kind,
		coalesce(y.accepted > 0, false) AS covered
	FROM ruadb_data.delivery_fact d
	LEFT JOIN known k ON k.recipient_domain_id = d.recipient_domain_id
	LEFT JOIN ruadb_data.log_host_day y ON y.tenant_id = d.tenant_id AND y.host_id = d.host_id
		AND y.day = d.day
	WHERE d.tenant_id = $1 AND d.day = $2 AND ($3 IS NULL OR d.campaign = $3)
) f;
END;
COMMENT ON FUNCTION ruadb_data.cohort_delivery(bigint, date, text) IS
	'Deliveries of a day with their cohort. kind: c counted, n null sender, h handed on.';

-- What became of a recipient with several deliveries: the worst of them.
CREATE OR REPLACE FUNCTION ruadb_data.state_rank("char") RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1 WHEN 'x' THEN 1 WHEN 'b' THEN 2 WHEN 'n' THEN 3 WHEN 's' THEN 4 WHEN 'p' THEN 5
		WHEN 'r' THEN 6 WHEN 'l' THEN 7 WHEN 'a' THEN 8 WHEN 'f' THEN 9 END;

-- One row a recipient in a cohort; recipient_key is not distinct over kinds.
CREATE OR REPLACE FUNCTION ruadb_data.cohort_recipient(tenant bigint, of_day date, of_campaign text)
	RETURNS TABLE (cohort_key bigint, gateway text, domain text, source_ip inet, stream text,
		ip_rank integer, domain_rank integer, recipient_domain_id bigint,
		gateway_customer text, kind "char", deliveries bigint, tried boolean, affected boolean,
		directly_deferred boolean, temporary_failure boolean, outcome integer,
		affected_outcome integer, share_tried boolean, share_affected boolean,
		share_not_delivered boolean, left_censored boolean, retries integer, seconds integer,
		attempts bigint, accepted bigint, unsettled bigint, first_deferred_at timestamptz,
		last_deferred_at timestamptz, next_lost_at timestamptz, last_lost_at timestamptz)
	LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT d.cohort_key, d.gateway, d.domain, d.source_ip, d.stream,
	max(CASE d.source_ip_from WHEN 'l' THEN 1 WHEN 'e' THEN 2 WHEN 'm' THEN 3 WHEN 'i' THEN 4 END),
	max(CASE d.domain_source WHEN 'h' THEN 1 WHEN 's' THEN 2 WHEN 'r' THEN 3 WHEN 'e' THEN 4 END),
	d.recipient_domain_id, max(d.gateway_customer), d.kind, count(*), bool_or(d.tried),
	bool_or(d.affected), bool_or(d.directly_deferred), bool_or(d.temporary_failure),
	min(ruadb_data.state_rank(d.state)), min(CASE WHEN d.affected
		THEN ruadb_data.state_rank(d.state) END),
	bool_or(d.covered AND d.tried), bool_or(d.covered AND d.affected),
	bool_or(d.covered AND d.affected AND d.state IN ('x', 'b')), bool_or(d.left_censored),
	max(CASE WHEN d.affected THEN d.retries END),
	max(CASE WHEN d.affected THEN extract(epoch FROM d.time_in_deferral)::integer END),
	sum(d.attempts), sum(d.accepted::integer),
	sum((d.state = 'p' AND d.mature_at >= ruadb.as_of())::integer),
	min(CASE WHEN d.affected THEN d.first_deferred_at END),
	max(CASE WHEN d.affected THEN d.last_deferred_at END),
	min(CASE WHEN d.state = 'p' THEN least(d.lost_at, CASE WHEN d.mature_at >= ruadb.as_of()
		THEN d.mature_at END) END),
	max(CASE WHEN d.state = 's' THEN d.lost_at
		WHEN d.state = 'p' AND d.mature_at < ruadb.as_of() THEN d.mature_at END)
FROM ruadb_data.cohort_delivery($1, $2, $3) d
-- What differs most comes first: sorted in half the time.
GROUP BY d.recipient_key, d.cohort_key, d.kind, d.recipient_domain_id, d.gateway, d.domain,
	d.source_ip, d.stream
$$;
COMMENT ON FUNCTION ruadb_data.cohort_recipient(bigint, date, text) IS
	'Recipients of a day by cohort: what the counts of cohorts count.';

CREATE OR REPLACE FUNCTION ruadb_data.impact_cohort_of(tenant bigint, of_day date,
	of_campaign text) RETURNS SETOF ruadb_data.impact_cohort LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT $1, r.cohort_key, $2, r.gateway, r.domain, r.source_ip, r.stream,
	(CASE max(r.ip_rank) WHEN 1 THEN 'l' WHEN 2 THEN 'e' WHEN 3 THEN 'm' WHEN 4 THEN 'i' END)::"char",
	(CASE max(r.domain_rank) WHEN 1 THEN 'h' WHEN 2 THEN 's' WHEN 3 THEN 'r'
		WHEN 4 THEN 'e' END)::"char",
	count(*) FILTER (WHERE r.kind = 'c')::integer,
	coalesce(sum(r.deliveries) FILTER (WHERE r.kind = 'c'), 0)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.tried)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.directly_deferred)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.temporary_failure)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 9)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 7)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 8)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 3)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 2)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 1)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 5)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 4)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.outcome = 6)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected_outcome IN (7, 8, 9))::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected_outcome = 3)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected_outcome = 2)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected_outcome = 1)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected_outcome = 5)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected_outcome = 4)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.affected_outcome = 6)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.share_tried)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.share_affected)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.share_not_delivered)::integer,
	count(*) FILTER (WHERE r.kind = 'c' AND r.left_censored)::integer,
	coalesce(sum(r.unsettled) FILTER (WHERE r.kind = 'c'), 0)::integer,
	coalesce(sum(r.accepted) FILTER (WHERE r.kind = 'c'), 0)::integer,
	coalesce(sum(r.deliveries) FILTER (WHERE r.kind = 'n'), 0)::integer,
	coalesce(sum(r.deliveries) FILTER (WHERE r.kind = 'h'), 0)::integer,
	coalesce(sum(r.attempts) FILTER (WHERE r.kind = 'c'), 0)::bigint,
	min(r.first_deferred_at) FILTER (WHERE r.kind = 'c'),
	max(r.last_deferred_at) FILTER (WHERE r.kind = 'c'),
	min(r.next_lost_at), max(r.last_lost_at),
	ruadb_data.histogram(array_agg(width_bucket(r.retries, ruadb_data.retry_buckets())::smallint)
		FILTER (WHERE r.kind = 'c' AND r.affected)),
	ruadb_data.histogram(array_agg(width_bucket(r.retries, ruadb_data.retry_buckets())::smallint)
		FILTER (WHERE r.kind = 'c' AND r.affected AND r.affected_outcome >= 7)),
	ruadb_data.histogram(array_agg(width_bucket(r.seconds, ruadb_data.second_buckets())::smallint)
		FILTER (WHERE r.kind = 'c' AND r.affected AND r.seconds IS NOT NULL)),
	ruadb_data.histogram(array_agg(width_bucket(r.seconds, ruadb_data.second_buckets())::smallint)
		FILTER (WHERE r.kind = 'c' AND r.affected AND r.affected_outcome >= 7
			AND r.seconds IS NOT NULL))
FROM ruadb_data.cohort_recipient($1, $2, $3) r
GROUP BY r.cohort_key, r.gateway, r.domain, r.source_ip, r.stream
$$;
COMMENT ON FUNCTION ruadb_data.impact_cohort_of(bigint, date, text) IS
	'The cohorts of a day, from deliveries: rows of impact_cohort.';

CREATE OR REPLACE FUNCTION ruadb_data.impact_domain_of(tenant bigint, of_day date,
	of_campaign text) RETURNS SETOF ruadb_data.impact_domain LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT $1, r.cohort_key, r.recipient_domain_id, $2,
	count(*) FILTER (WHERE r.tried)::integer, count(*) FILTER (WHERE r.affected)::integer,
	sum(r.accepted)::integer, max(r.gateway_customer)
FROM ruadb_data.cohort_recipient($1, $2, $3) r
WHERE r.kind = 'c'
GROUP BY r.cohort_key, r.recipient_domain_id
$$;
COMMENT ON FUNCTION ruadb_data.impact_domain_of(bigint, date, text) IS
	'Cohorts of a day by recipient domain, from deliveries: rows of impact_domain.';

CREATE OR REPLACE FUNCTION ruadb_data.impact_domain_sum_of(tenant bigint, of_day date)
	RETURNS SETOF ruadb_data.impact_domain_sum LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT $1, r.recipient_domain_id, $2, count(*) FILTER (WHERE r.tried)::integer,
	count(*) FILTER (WHERE r.affected)::integer, r.gateway, r.domain, max(r.gateway_customer)
FROM ruadb_data.cohort_recipient($1, $2, NULL) r
WHERE r.kind = 'c'
GROUP BY r.recipient_domain_id, r.gateway, r.domain
$$;
COMMENT ON FUNCTION ruadb_data.impact_domain_sum_of(bigint, date) IS
	'Recipient domains of a day by gateway and domain, from deliveries: rows of impact_domain_sum.';

CREATE OR REPLACE FUNCTION ruadb_data.impact_campaign_of(tenant bigint, of_day date)
	RETURNS SETOF ruadb_data.impact_campaign LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT $1, r.cohort_key, $2, count(*) FILTER (WHERE r.tried)::integer,
	count(*) FILTER (WHERE r.affected)::integer, count(*) FILTER (WHERE r.share_tried)::integer,
	count(*) FILTER (WHERE r.share_affected)::integer, r.campaign
FROM (
	SELECT d.cohort_key, d.campaign, bool_or(d.tried) AS tried, bool_or(d.affected) AS affected,
		bool_or(d.covered AND d.tried) AS share_tried,
		bool_or(d.covered AND d.affected) AS share_affected
	FROM ruadb_data.cohort_delivery($1, $2, NULL) d
	WHERE d.kind = 'c' AND d.campaign IS NOT NULL
	GROUP BY d.cohort_key, d.campaign, d.recipient_key
) r
GROUP BY r.cohort_key, r.campaign
$$;
COMMENT ON FUNCTION ruadb_data.impact_campaign_of(bigint, date) IS
	'Cohorts of a day by campaign, from deliveries: rows of impact_campaign.';

CREATE OR REPLACE FUNCTION ruadb_data.impact_reply_of(tenant bigint, of_day date)
	RETURNS SETOF ruadb_data.impact_reply LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT $1, r.cohort_key, r.template_id, $2, count(*)::integer, sum(r.deferred)::integer,
	sum(r.suspended)::integer, sum(r.bounced)::integer, min(r.first_at), max(r.last_at)
FROM (
	SELECT d.cohort_key, t.template_id, d.recipient_key,
		count(*) FILTER (WHERE t.what = 'd') AS deferred,
		count(*) FILTER (WHERE t.what = 's') AS suspended,
		count(*) FILTER (WHERE t.what = 'b') AS bounced,
		min(coalesce(d.first_deferred_at, d.bounced_at, d.first_at)) AS first_at,
		max(coalesce(CASE WHEN t.what = 'b' THEN d.bounced_at END, d.last_deferred_at, d.last_at))
			AS last_at
	FROM ruadb_data.cohort_delivery($1, $2, NULL) d
	CROSS JOIN LATERAL (
		SELECT k.id AS template_id, 'd' AS what FROM unnest(d.deferred_templates) AS k (id)
		UNION ALL
		SELECT k.id, 's' FROM unnest(d.suspended_templates) AS k (id)
		WHERE k.id <> ALL (coalesce(d.deferred_templates, '{}'))
		UNION ALL
		SELECT d.last_template_id, 'b' WHERE d.state = 'b' AND d.last_template_id IS NOT NULL
	) t
	WHERE d.kind = 'c' AND (d.temporary_failure OR d.state = 'b')
	GROUP BY d.cohort_key, t.template_id, d.recipient_key
) r
GROUP BY r.cohort_key, r.template_id
$$;
COMMENT ON FUNCTION ruadb_data.impact_reply_of(bigint, date) IS
	'Cohorts of a day by reply, from deliveries: rows of impact_reply.';

-- What views call for a live day. Not put in place: with a partition a month, planning to read a day costs
-- more than reading what is computed, and mostly no day is live.
CREATE OR REPLACE FUNCTION ruadb_data.impact_cohort_live(tenant bigint, of_day date,
	of_campaign text) RETURNS SETOF ruadb_data.impact_cohort
	LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
AS $$ BEGIN RETURN QUERY SELECT * FROM ruadb_data.impact_cohort_of($1, $2, $3); END $$;
CREATE OR REPLACE FUNCTION ruadb_data.impact_domain_live(tenant bigint, of_day date,
	of_campaign text) RETURNS SETOF ruadb_data.impact_domain
	LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000
AS $$ BEGIN RETURN QUERY SELECT * FROM ruadb_data.impact_domain_of($1, $2, $3); END $$;
CREATE OR REPLACE FUNCTION ruadb_data.impact_domain_sum_live(tenant bigint, of_day date)
	RETURNS SETOF ruadb_data.impact_domain_sum LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000
AS $$ BEGIN RETURN QUERY SELECT * FROM ruadb_data.impact_domain_sum_of($1, $2); END $$;
CREATE OR REPLACE FUNCTION ruadb_data.impact_campaign_live(tenant bigint, of_day date)
	RETURNS SETOF ruadb_data.impact_campaign LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
AS $$ BEGIN RETURN QUERY SELECT * FROM ruadb_data.impact_campaign_of($1, $2); END $$;
CREATE OR REPLACE FUNCTION ruadb_data.impact_reply_live(tenant bigint, of_day date)
	RETURNS SETOF ruadb_data.impact_reply LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
AS $$ BEGIN RETURN QUERY SELECT * FROM ruadb_data.impact_reply_of($1, $2); END $$;

-- Computed days from the tables, the others from deliveries.
CREATE OR REPLACE VIEW ruadb_data.impact_cohort_now WITH (security_invoker = true) AS
SELECT c.* FROM ruadb_data.impact_cohort c
WHERE NOT EXISTS (SELECT FROM ruadb_data.cohort_live l
	WHERE l.tenant_id = c.tenant_id AND l.day = c.day)
UNION ALL
SELECT c.* FROM ruadb_data.cohort_live l
CROSS JOIN LATERAL ruadb_data.impact_cohort_live(l.tenant_id, l.day, NULL) c;
COMMENT ON VIEW ruadb_data.impact_cohort_now IS 'Cohorts as they are now: impact_cohort, or live.';

CREATE OR REPLACE VIEW ruadb_data.impact_domain_now WITH (security_invoker = true) AS
SELECT c.* FROM ruadb_data.impact_domain c
WHERE NOT EXISTS (SELECT FROM ruadb_data.cohort_live l
	WHERE l.tenant_id = c.tenant_id AND l.day = c.day)
UNION ALL
SELECT c.* FROM ruadb_data.cohort_live l
CROSS JOIN LATERAL ruadb_data.impact_domain_live(l.tenant_id, l.day, NULL) c;
COMMENT ON VIEW ruadb_data.impact_domain_now IS
	'Cohorts by recipient domain as they are now: impact_domain, or live.';

CREATE OR REPLACE VIEW ruadb_data.impact_domain_sum_now WITH (security_invoker = true) AS
SELECT c.* FROM ruadb_data.impact_domain_sum c
WHERE NOT EXISTS (SELECT FROM ruadb_data.cohort_live l
	WHERE l.tenant_id = c.tenant_id AND l.day = c.day)
UNION ALL
SELECT c.* FROM ruadb_data.cohort_live l
CROSS JOIN LATERAL ruadb_data.impact_domain_sum_live(l.tenant_id, l.day) c;
COMMENT ON VIEW ruadb_data.impact_domain_sum_now IS
	'Recipient domains by day, gateway and domain as they are now: impact_domain_sum, or live.';

CREATE OR REPLACE VIEW ruadb_data.impact_campaign_now WITH (security_invoker = true) AS
SELECT c.* FROM ruadb_data.impact_campaign c
WHERE NOT EXISTS (SELECT FROM ruadb_data.cohort_live l
	WHERE l.tenant_id = c.tenant_id AND l.day = c.day)
UNION ALL
SELECT c.* FROM ruadb_data.cohort_live l
CROSS JOIN LATERAL ruadb_data.impact_campaign_live(l.tenant_id, l.day) c;
COMMENT ON VIEW ruadb_data.impact_campaign_now IS
	'Cohorts by campaign as they are now: impact_campaign, or live.';

CREATE OR REPLACE VIEW ruadb_data.impact_reply_now WITH (security_invoker = true) AS
SELECT c.* FROM ruadb_data.impact_reply c
WHERE NOT EXISTS (SELECT FROM ruadb_data.cohort_live l
	WHERE l.tenant_id = c.tenant_id AND l.day = c.day)
UNION ALL
SELECT c.* FROM ruadb_data.cohort_live l
CROSS JOIN LATERAL ruadb_data.impact_reply_live(l.tenant_id, l.day) c;
COMMENT ON VIEW ruadb_data.impact_reply_now IS
	'Cohorts by reply as they are now: impact_reply, or live.';
