-- The join (definitions E), for one stream at one gateway: what deferrals did to it, what DMARC reports
-- say of it, in words. Parameters are everywhere the same: source_ip NULL: all addresses that our logs
-- know for the domain; domain: its organizational domain counts; gateway: a gateway or a family of
-- gateways, NULL: all; since, until: UTC days of cohorts, NULL: from the first affected to the last.

-- ---- the side of the logs ----

CREATE OR REPLACE FUNCTION ruadb_data.case_cohort(source_ip inet, domain text, gateway text,
	since date, until date) RETURNS SETOF ruadb_data.impact_cohort
	LANGUAGE sql STABLE AS $$
SELECT c.* FROM ruadb_data.impact_cohort_now c
LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
WHERE c.tenant_id = ruadb.tenant()
	AND c.domain = (SELECT ruadb.organizational_domain(lower($2)))
	AND ($1 IS NULL OR c.source_ip = $1)
	AND ($3 IS NULL OR c.gateway = lower($3) OR w.family = lower($3))
	AND ($4 IS NULL OR c.day >= $4) AND ($5 IS NULL OR c.day <= $5)
$$;
COMMENT ON FUNCTION ruadb_data.case_cohort(inet, text, text, date, date) IS
	'Cohorts of a stream at a gateway.';

-- One row. Of days: those given, else from the first affected cohort to the last.
CREATE OR REPLACE FUNCTION ruadb.stream_impact(source_ip inet, domain text, gateway text, since date,
	until date)
	RETURNS TABLE (organizational_domain text, addresses inet[], gateways text[],
		first_day date, last_day date, first_deferred_at timestamptz,
		last_deferred_at timestamptz, window_begin date, window_end date, tried bigint,
		affected bigint, directly_deferred bigint, temporary_failure bigint, of_all bigint,
		share_tried bigint, share_affected bigint, share_not_delivered bigint, no_share text,
		accepted_later bigint, expired bigint, bounced bigint, bounced_after_acceptance bigint,
		pending bigint, lost_sight bigint, removed bigint, left_censored bigint,
		so_far boolean)
	LANGUAGE sql STABLE AS $$
WITH every AS MATERIALIZED (
	SELECT c.*, $3 IS NULL OR c.gateway = lower($3) OR coalesce(w.family = lower($3), false) AS here
	FROM ruadb_data.case_cohort($1, $2, NULL, $4, $5) c
	LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
), days AS (
	SELECT coalesce($4, min(e.day)) AS first, coalesce($5, max(e.day)) AS last
	FROM every e WHERE e.affected > 0 AND e.here
), at AS (
	SELECT e.* FROM days y JOIN every e ON e.here AND e.day BETWEEN y.first AND y.last
), sums AS (
	SELECT array_agg(DISTINCT a.source_ip) FILTER (WHERE a.affected > 0 AND a.source_ip IS NOT NULL)
			AS addresses,
		array_agg(DISTINCT a.gateway) FILTER (WHERE a.affected > 0) AS gateways,
		min(a.first_deferred_at) AS first_at, max(a.last_deferred_at) AS last_at,
		coalesce(sum(a.tried), 0) AS tried, coalesce(sum(a.affected), 0) AS affected,
		coalesce(sum(a.directly_deferred), 0) AS directly,
		coalesce(sum(a.temporary_failure), 0) AS temporary,
		coalesce(sum(a.share_tried), 0) AS share_tried,
		coalesce(sum(a.share_affected), 0) AS share_affected,
		coalesce(sum(a.share_not_delivered), 0) AS share_not_delivered,
		sum(a.affected_accepted) AS accepted, sum(a.affected_expired) AS expired,
		sum(a.affected_bounced) AS bounced,
		sum(a.affected_bounced_after_acceptance) AS bounced_after,
		sum(a.affected_pending) AS pending, sum(a.affected_lost_sight) AS lost,
		sum(a.affected_removed) AS removed, sum(a.left_censored) AS censored,
		coalesce(bool_or(a.unsettled_deliveries > 0), false) AS so_far
	FROM at a
)
SELECT ruadb.organizational_domain(lower($2)), s.addresses, s.gateways, y.first, y.last, s.first_at,
	s.last_at, w.window_begin, w.window_end, s.tried, s.affected, s.directly, s.temporary,
	(SELECT coalesce(sum(e.tried), 0) FROM every e WHERE e.day BETWEEN y.first AND y.last),
	CASE WHEN x.no_share IS NULL THEN s.share_tried END,
	CASE WHEN x.no_share IS NULL THEN s.share_affected END,
	CASE WHEN x.no_share IS NULL THEN s.share_not_delivered END, x.no_share,
	coalesce(s.accepted, 0), coalesce(s.expired, 0), coalesce(s.bounced, 0),
	coalesce(s.bounced_after, 0), coalesce(s.pending, 0), coalesce(s.lost, 0),
	coalesce(s.removed, 0), coalesce(s.censored, 0), s.so_far
FROM days y
CROSS JOIN sums s
CROSS JOIN LATERAL (SELECT CASE
	WHEN s.tried = 0 AND EXISTS (SELECT FROM ruadb_data.reply_ip_day i
		WHERE i.tenant_id = ruadb.tenant() AND i.source_ip = $1)
		THEN 'no denominator for this IP: only replies name it'
	WHEN s.tried = 0 THEN 'nobody was tried'
	WHEN s.share_tried = 0 THEN 'no accepted delivery in the logs of these days: counts, no share'
	END AS no_share) x
LEFT JOIN LATERAL ruadb.window_of(s.first_at, s.last_at) w ON true
$$;
COMMENT ON FUNCTION ruadb.stream_impact(inet, text, text, date, date) IS
	'What deferrals at a gateway did to a stream (definitions D2): recipients of the days from the '
	'first affected to the last, or of those given. One row. tried, affected, directly_deferred, '
	'temporary_failure and what became of the affected: of this gateway; of_all: recipients tried at '
	'all gateways on the same days; share_*: those of logs and days with acceptances (C5), NULL with '
	'no_share as the reason. Parameters: source_ip (NULL: any), domain, gateway or family (NULL: '
	'all), since, until.';

CREATE OR REPLACE FUNCTION ruadb.stream_retries(source_ip inet, domain text, gateway text, since date,
	until date) RETURNS TABLE (retries integer, up_to integer, recipients bigint, accepted bigint)
	LANGUAGE sql STABLE AS $$
SELECT b.lower, b.next - 1, sum(coalesce(c.retries[b.n], 0)),
	sum(coalesce(c.retries_accepted[b.n], 0))
FROM ruadb.stream_impact($1, $2, $3, $4, $5) y
CROSS JOIN LATERAL ruadb_data.case_cohort($1, $2, $3, y.first_day, y.last_day) c
CROSS JOIN (SELECT u.lower, u.n, lead(u.lower) OVER (ORDER BY u.n) AS next
	FROM unnest(ruadb_data.retry_buckets()) WITH ORDINALITY AS u (lower, n)) b
WHERE c.retries[b.n] > 0
GROUP BY b.lower, b.next
$$;
COMMENT ON FUNCTION ruadb.stream_retries(inet, text, text, date, date) IS
	'How often affected recipients were tried again: from retries to up_to (NULL: any more), and how '
	'many of these were accepted. Parameters as of stream_impact.';

CREATE OR REPLACE FUNCTION ruadb.stream_waiting(source_ip inet, domain text, gateway text, since date,
	until date) RETURNS TABLE (waited interval, up_to interval, recipients bigint, accepted bigint)
	LANGUAGE sql STABLE AS $$
SELECT make_interval(secs => b.lower), make_interval(secs => b.next),
	sum(coalesce(c.seconds[b.n], 0)), sum(coalesce(c.seconds_accepted[b.n], 0))
FROM ruadb.stream_impact($1, $2, $3, $4, $5) y
CROSS JOIN LATERAL ruadb_data.case_cohort($1, $2, $3, y.first_day, y.last_day) c
CROSS JOIN (SELECT u.lower, u.n, lead(u.lower) OVER (ORDER BY u.n) AS next
	FROM unnest(ruadb_data.second_buckets()) WITH ORDINALITY AS u (lower, n)) b
WHERE c.seconds[b.n] > 0
GROUP BY b.lower, b.next
$$;
COMMENT ON FUNCTION ruadb.stream_waiting(inet, text, text, date, date) IS
	'How long affected recipients were in deferral: from waited to less than up_to. Parameters as of '
	'stream_impact.';

-- Deliveries that met a temporary failure there. Where: recipient domains with affected recipients by
-- the cohorts, and then by an index of deliveries that were deferred; not all that was sent.
CREATE OR REPLACE FUNCTION ruadb.stream_delivery(source_ip inet, domain text, gateway text, since date,
	until date)
	RETURNS TABLE (delivery_id bigint, day date, recipient_domain text, message_id text,
		queue_id text, host text, campaign text, source_ip inet, first_at timestamptz,
		first_deferred_at timestamptz, last_at timestamptz, state text, attempts integer,
		retries integer, left_censored boolean, directly_deferred boolean,
		time_in_deferral interval)
	LANGUAGE sql STABLE AS $$
WITH x AS MATERIALIZED (
	SELECT DISTINCT i.day, i.recipient_domain_id
	FROM ruadb_data.case_cohort($1, $2, $3, $4, $5) c
	JOIN ruadb_data.impact_domain_now i ON i.tenant_id = c.tenant_id AND i.day = c.day
		AND i.cohort_key = c.cohort_key AND i.affected > 0
	WHERE c.affected > 0
)
SELECT d.delivery_id, d.day, n.name, d.message_id, d.queue_id, d.host, d.campaign, d.source_ip,
	d.first_at, d.first_deferred_at,
	greatest(d.last_at, d.first_deferred_at + d.time_in_deferral), -- expiry is no event of its own
	ruadb.delivery_state_word(d.state),
	d.all_attempts, greatest(d.all_attempts - 1, 0), d.left_censored, d.directly_deferred,
	d.time_in_deferral
FROM (
	-- All at once: what a delivery is joined with is read once, not once a domain and day.
	SELECT f.* FROM ruadb_data.delivery_fact f
	WHERE f.tenant_id = ruadb.tenant() AND f.first_deferred_at IS NOT NULL
		AND f.recipient_domain_id = ANY (ARRAY(SELECT DISTINCT x.recipient_domain_id FROM x))
		AND f.day BETWEEN (SELECT min(x.day) FROM x) AND (SELECT max(x.day) FROM x) OFFSET 0
) d
LEFT JOIN ruadb_data.log_domain n ON n.tenant_id = d.tenant_id
	AND n.domain_id = d.recipient_domain_id
WHERE ((d.day, d.recipient_domain_id) IN (SELECT x.day, x.recipient_domain_id FROM x)) IS TRUE
	AND (d.directly_deferred OR d.suspended_affecting) AND NOT d.handed_on AND NOT d.null_sender
	AND d.domain = (SELECT ruadb.organizational_domain(lower($2)))
	AND ($1 IS NULL OR d.source_ip = $1)
$$;
COMMENT ON FUNCTION ruadb.stream_delivery(inet, text, text, date, date) IS
	'The affected deliveries of a stream at a gateway, as in view delivery. Parameters as of '
	'stream_impact.';

-- The replies that deferred them, exactly as logged.
CREATE OR REPLACE FUNCTION ruadb.stream_reply(source_ip inet, domain text, gateway text, since date,
	until date)
	RETURNS TABLE (reply text, smtp_code smallint, enhanced text, stage text, category text,
		meaning text, times bigint, deliveries bigint, first_at timestamptz,
		last_at timestamptz, template_id bigint, reply_ip inet, other_ip bigint)
	LANGUAGE sql STABLE AS $$
SELECT ruadb.reply_text(t.text, g.reply_values), t.smtp_code, t.enhanced,
	ruadb.smtp_stage_word(g.stage), t.category, t.meaning, g.times, g.deliveries, g.first_at,
	g.last_at, g.template_id, g.reply_ip, g.other_ip
FROM (
	SELECT a.tenant_id, a.template_id, a.reply_values, a.stage, a.reply_ip, count(*) AS times,
		count(DISTINCT a.delivery_id) AS deliveries, min(a.at) AS first_at, max(a.at) AS last_at,
		count(*) FILTER (WHERE a.reply_ip <> coalesce(a.source_ip, d.source_ip)) AS other_ip
	FROM ruadb.stream_delivery($1, $2, $3, $4, $5) d
	CROSS JOIN LATERAL (SELECT x.* FROM ruadb_data.attempt x
		WHERE x.tenant_id = ruadb.tenant() AND x.delivery_id = d.delivery_id
			AND x.day BETWEEN d.day AND (d.last_at AT TIME ZONE 'UTC')::date
			AND x.kind = 'a' AND x.outcome = 'd' OFFSET 0) a
	GROUP BY a.tenant_id, a.template_id, a.reply_values, a.stage, a.reply_ip
) g
JOIN ruadb_data.reply_template t ON t.tenant_id = g.tenant_id AND t.template_id = g.template_id
WHERE ruadb.is_affecting(t.category)
$$;
COMMENT ON FUNCTION ruadb.stream_reply(inet, text, text, date, date) IS
	'The replies that deferred a stream at a gateway, exactly as logged, with how many attempts got '
	'them. other_ip: attempts of which the reply names another source address than the log does. '
	'Parameters as of stream_impact.';

-- Affected messages for a ticket: one of each recipient domain first; of a domain whose messages ended
-- in several ways another way each time, the rarest first; ways in turn. The same ones each time.
CREATE OR REPLACE FUNCTION ruadb.stream_sample(source_ip inet, domain text, gateway text, since date,
	until date, at_most bigint)
	RETURNS TABLE (no integer, message_id text, recipient_domain text, state text,
		attempts integer, retries integer, left_censored boolean, first_at timestamptz,
		first_deferred_at timestamptz, last_at timestamptz, time_in_deferral interval,
		campaign text, host text, queue_id text, delivery_id bigint, day date)
	LANGUAGE sql STABLE AS $$
WITH known AS MATERIALIZED (
	SELECT DISTINCT ON (d.message_id) d.*
	FROM ruadb.stream_delivery($1, $2, $3, $4, $5) d
	WHERE d.message_id IS NOT NULL
	ORDER BY d.message_id, d.directly_deferred DESC, d.first_deferred_at, d.delivery_id
), rounds AS (
	SELECT k.*, row_number() OVER (PARTITION BY k.recipient_domain, k.state
		ORDER BY k.directly_deferred DESC, k.first_deferred_at, k.delivery_id) AS round
	FROM known k
), ways AS (
	SELECT r.*,
		count(*) FILTER (WHERE r.round = 1) OVER (PARTITION BY r.state) AS domains, -- that have it
		count(*) FILTER (WHERE r.round = 1) OVER (PARTITION BY r.recipient_domain) AS n
	FROM rounds r
), turns AS (
	SELECT w.*, dense_rank() OVER (PARTITION BY w.recipient_domain
			ORDER BY w.domains, w.state) AS way,
		dense_rank() OVER (PARTITION BY w.n > 1 ORDER BY w.recipient_domain) AS turn
	FROM ways w
), ranked AS (
	SELECT t.*, row_number() OVER (PARTITION BY t.recipient_domain
		ORDER BY t.round, ((t.way - t.turn) % t.n + t.n) % t.n, t.delivery_id) AS of_domain
	FROM turns t
), chosen AS (
	SELECT r.*, row_number() OVER (PARTITION BY r.of_domain, r.state
		ORDER BY r.first_deferred_at, r.delivery_id) AS of_state
	FROM ranked r
), ordered AS (
	SELECT c.*, row_number() OVER (ORDER BY c.of_domain, c.of_state, c.state,
		c.first_deferred_at, c.delivery_id)::integer AS place
	FROM chosen c
)
SELECT o.place, o.message_id, o.recipient_domain, o.state, o.attempts, o.retries, o.left_censored,
	o.first_at, o.first_deferred_at, o.last_at, o.time_in_deferral, o.campaign, o.host,
	o.queue_id, o.delivery_id, o.day
FROM ordered o WHERE o.place <= $6
$$;
COMMENT ON FUNCTION ruadb.stream_sample(inet, text, text, date, date, bigint) IS
	'Affected messages to name in a ticket, at_most so many: of as many recipient domains as there '
	'are, with those accepted later and those that expired mixed. Parameters else as of '
	'stream_impact.';
