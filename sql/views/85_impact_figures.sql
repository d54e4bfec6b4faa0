-- The figures of impact (definitions D3 to D7) from cohorts. Rules are compared in integers; what they
-- compare with and is our choice stands in view setting.

CREATE OR REPLACE FUNCTION ruadb.severity_by_share(affected bigint, tried bigint) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN ($1 >= 0 AND $2 > 0) IS NOT TRUE THEN NULL
		WHEN 100 * $1 < 5 * $2 THEN 'watch'
		WHEN 100 * $1 <= 15 * $2 THEN 'investigate'
		ELSE 'escalate' END;
COMMENT ON FUNCTION ruadb.severity_by_share(bigint, bigint) IS
	'The guide''s bands (definitions D3): under 5% watch, to 15% investigate, above escalate. NULL: '
	'nobody was tried.';

CREATE OR REPLACE FUNCTION ruadb.severity_by_outcome(not_delivered bigint, tried bigint,
	median_retries integer, p90_in_deferral interval, campaign_half boolean) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN ($1 >= 0 AND $2 > 0) IS NOT TRUE THEN NULL
		WHEN $1 >= (SELECT ruadb.setting_value('outcome_recipients'))
			AND 100 * $1 >= (SELECT ruadb.setting_value('outcome_percent')) * $2 THEN 'escalate'
		WHEN $3 >= (SELECT ruadb.setting_value('outcome_retries'))
			OR $4 >= make_interval(secs =>
				3600 * (SELECT ruadb.setting_value('outcome_hours'))::double precision)
			OR $5 THEN 'investigate'
		ELSE 'watch' END;
COMMENT ON FUNCTION ruadb.severity_by_outcome(bigint, bigint, integer, interval, boolean) IS
	'Severity by what became of it (definitions D3): affected recipients that got a bounce or expired, '
	'retries, time in deferral, half of a campaign. NULL: nobody was tried.';

CREATE OR REPLACE FUNCTION ruadb.worse_severity(text, text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN 'escalate' IN ($1, $2) THEN 'escalate'
		WHEN 'investigate' IN ($1, $2) THEN 'investigate'
		WHEN 'watch' IN ($1, $2) THEN 'watch' END;
COMMENT ON FUNCTION ruadb.worse_severity(text, text) IS 'The worse of two severities.';

-- 95%: z = 1.959964.
CREATE OR REPLACE FUNCTION ruadb.wilson_low(affected bigint, tried bigint) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN $2 > 0 THEN greatest(0, round((100 * ($1 + 1.920729 - 1.959964
		* sqrt($1::double precision * ($2 - $1) / $2 + 0.960365)) / ($2 + 3.841459))::numeric, 4)) END;
COMMENT ON FUNCTION ruadb.wilson_low(bigint, bigint) IS
	'Lower end of the 95% Wilson interval of a share, in percent. Optimistic: recipients of one domain '
	'are not independent.';
CREATE OR REPLACE FUNCTION ruadb.wilson_high(affected bigint, tried bigint) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN $2 > 0 THEN least(100, round((100 * ($1 + 1.920729 + 1.959964
		* sqrt($1::double precision * ($2 - $1) / $2 + 0.960365)) / ($2 + 3.841459))::numeric, 4)) END;
COMMENT ON FUNCTION ruadb.wilson_high(bigint, bigint) IS
	'Upper end of the 95% Wilson interval of a share, in percent.';

-- The lower end of the bucket that holds the value below or at which so many percent are; NULL: none.
CREATE OR REPLACE FUNCTION ruadb_data.quantile(counts bigint[], lower_ends integer[],
	percent integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT $2[min(c.b)]
FROM (SELECT u.b, sum(u.n) OVER (ORDER BY u.b) AS so_far, sum(u.n) OVER () AS total
	FROM unnest($1) WITH ORDINALITY AS u (n, b)) c
WHERE c.total > 0 AND 100 * c.so_far >= $3 * c.total
$$;

CREATE OR REPLACE FUNCTION ruadb.small_sample(recipients bigint, domains bigint) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN $1 < (SELECT ruadb.setting_value('small_recipients'))
		OR $2 < (SELECT ruadb.setting_value('small_domains'));
COMMENT ON FUNCTION ruadb.small_sample(bigint, bigint) IS
	'Too few recipients or recipient domains were tried for an alert or a suggestion (D4).';

CREATE OR REPLACE FUNCTION ruadb.whose_decision(affected bigint, top_customer_affected bigint,
	customers bigint) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN NOT $1 > 0 THEN NULL
		WHEN 100 * $2 >= (SELECT ruadb.setting_value('one_customer_percent')) * $1
			THEN 'one customer''s policy: write to the recipient''s administrator'
		WHEN $3 >= (SELECT ruadb.setting_value('customers_wide'))
			THEN 'gateway-wide: write to the platform or the gateway'
		ELSE 'not clear: ' || $3 || ' customers, none with most of it' END;
COMMENT ON FUNCTION ruadb.whose_decision(bigint, bigint, bigint) IS
	'One customer''s policy or the gateway''s (definitions D5); NULL: nobody is affected.';

-- For people: one row a cohort.
CREATE OR REPLACE VIEW ruadb.impact WITH (security_invoker = true) AS
SELECT c.tenant_id, c.day, c.gateway, coalesce(w.family, c.gateway) AS gateway_family, c.domain,
	c.source_ip, ruadb.source_ip_word(c.source_ip_from) AS source_ip_from, c.stream,
	c.recipients, c.deliveries, c.tried, c.affected, c.directly_deferred, c.temporary_failure,
	c.accepted_first, c.accepted_later, c.accepted_unclear, c.bounced_after_acceptance, c.bounced,
	c.expired, c.pending, c.lost_sight, c.removed_by_admin,
	c.affected_bounced AS bounced_after_deferral,
	c.affected_accepted, c.affected_bounced_after_acceptance, c.affected_bounced,
	c.affected_expired, c.affected_pending, c.affected_lost_sight, c.affected_removed,
	c.share_tried, c.share_affected, c.share_not_delivered,
	round(100.0 * c.share_affected / nullif(c.share_tried, 0), 2) AS affected_percent,
	CASE WHEN c.tried = 0 THEN 'nobody was tried'
		WHEN c.share_tried = 0 THEN 'no accepted delivery in the logs of that day: counts, no share'
		WHEN c.share_tried < c.tried THEN c.tried - c.share_tried
			|| ' of those tried are in logs without accepted deliveries: not in the share' END
		AS reason,
	c.unsettled_deliveries = 0 AS mature,
	c.tried < (SELECT ruadb.setting_value('small_recipients')) AS small,
	c.left_censored, c.accepted_deliveries, c.null_sender_deliveries, c.handed_on_deliveries,
	c.attempts, c.first_deferred_at, c.last_deferred_at, c.retries, c.retries_accepted, c.seconds,
	c.seconds_accepted, ruadb.domain_source_word(c.domain_source) AS domain_source, c.cohort_key,
	c.next_lost_at
FROM ruadb_data.impact_cohort_now c
LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway;

COMMENT ON VIEW ruadb.impact IS
	'What became of recipients, by cohort: UTC day of the first attempt, gateway, domain, source IP, '
	'stream. Counts are of distinct recipients in the cohort; sums over cohorts count a recipient '
	'once in each. Null senders and what was handed on stand apart.';
COMMENT ON COLUMN ruadb.impact.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.impact.day IS 'UTC day of the first event of the deliveries.';
COMMENT ON COLUMN ruadb.impact.gateway IS 'Gateway of the recipients; NULL: none is known.';
COMMENT ON COLUMN ruadb.impact.gateway_family IS 'Gateways that count as one: proofpoint ...';
COMMENT ON COLUMN ruadb.impact.domain IS 'Organizational domain it was sent as; NULL: not known.';
COMMENT ON COLUMN ruadb.impact.source_ip IS 'Address it was sent from; NULL: not known.';
COMMENT ON COLUMN ruadb.impact.source_ip_from IS
	'How that is known: log, map, event, inferred; the weakest in the cohort. NULL: there is no '
	'denominator for an IP.';
COMMENT ON COLUMN ruadb.impact.stream IS 'Stream as declared; NULL: none.';
COMMENT ON COLUMN ruadb.impact.recipients IS 'Distinct recipients of the cohort.';
COMMENT ON COLUMN ruadb.impact.deliveries IS 'Their deliveries: (message, recipient).';
COMMENT ON COLUMN ruadb.impact.tried IS
	'Recipients with at least one delivery event there, suspended lines included (D2).';
COMMENT ON COLUMN ruadb.impact.affected IS
	'Recipients with a temporary failure of a category that counts, suspended included (D2).';
COMMENT ON COLUMN ruadb.impact.directly_deferred IS 'Of these, by a real attempt.';
COMMENT ON COLUMN ruadb.impact.temporary_failure IS
	'Recipients with any temporary failure: greylisting, a full mailbox and the like too.';
COMMENT ON COLUMN ruadb.impact.accepted_first IS
	'Recipients whose mail the gateway accepted at the first attempt. This and the next eight are the '
	'worst that became of a recipient and add up to recipients.';
COMMENT ON COLUMN ruadb.impact.accepted_later IS 'Accepted after a temporary failure or retries.';
COMMENT ON COLUMN ruadb.impact.accepted_unclear IS
	'Accepted, but left-censored: whether at the first attempt is not known.';
COMMENT ON COLUMN ruadb.impact.bounced_after_acceptance IS 'A DSN came after acceptance.';
COMMENT ON COLUMN ruadb.impact.bounced IS 'Bounced.';
COMMENT ON COLUMN ruadb.impact.expired IS 'Expired in the queue.';
COMMENT ON COLUMN ruadb.impact.pending IS 'Not final yet.';
COMMENT ON COLUMN ruadb.impact.lost_sight IS 'No event for longer than the queue lifetime.';
COMMENT ON COLUMN ruadb.impact.removed_by_admin IS 'Removed from the queue by an administrator.';
COMMENT ON COLUMN ruadb.impact.bounced_after_deferral IS 'Affected recipients with a bounce.';
COMMENT ON COLUMN ruadb.impact.affected_accepted IS
	'Affected recipients whose mail was accepted later. This and the next six add up to affected.';
COMMENT ON COLUMN ruadb.impact.affected_bounced_after_acceptance IS 'Accepted, then a DSN came.';
COMMENT ON COLUMN ruadb.impact.affected_bounced IS 'Affected recipients with a bounce.';
COMMENT ON COLUMN ruadb.impact.affected_expired IS 'Affected recipients with mail that expired.';
COMMENT ON COLUMN ruadb.impact.affected_pending IS 'Affected recipients with mail in the queue.';
COMMENT ON COLUMN ruadb.impact.affected_lost_sight IS 'Affected and lost from sight.';
COMMENT ON COLUMN ruadb.impact.affected_removed IS 'Affected and removed by an administrator.';
COMMENT ON COLUMN ruadb.impact.share_tried IS
	'Of tried, those in logs that carried acceptances that day: the share''s denominator (C5).';
COMMENT ON COLUMN ruadb.impact.share_affected IS 'Of affected, the same: its numerator.';
COMMENT ON COLUMN ruadb.impact.share_not_delivered IS
	'Of those, recipients with a bounce or mail that expired.';
COMMENT ON COLUMN ruadb.impact.affected_percent IS
	'share_affected of share_tried; NULL: not to be had, reason says why.';
COMMENT ON COLUMN ruadb.impact.reason IS 'Why there is no share, or not of all; NULL: there is.';
COMMENT ON COLUMN ruadb.impact.mature IS
	'Every delivery is final or older than the queue lifetime (D1); else figures are so far.';
COMMENT ON COLUMN ruadb.impact.small IS 'Fewer recipients than setting small_recipients.';
COMMENT ON COLUMN ruadb.impact.left_censored IS 'Recipients with a delivery whose begin is not seen.';
COMMENT ON COLUMN ruadb.impact.accepted_deliveries IS 'Deliveries that were accepted.';
COMMENT ON COLUMN ruadb.impact.null_sender_deliveries IS
	'Deliveries with the null sender (DSNs): in no other figure.';
COMMENT ON COLUMN ruadb.impact.handed_on_deliveries IS
	'Deliveries handed to a relay of ours: in no other figure.';
COMMENT ON COLUMN ruadb.impact.attempts IS 'Attempts of all deliveries.';
COMMENT ON COLUMN ruadb.impact.first_deferred_at IS 'First failure of an affected recipient.';
COMMENT ON COLUMN ruadb.impact.last_deferred_at IS 'Last failure of an affected recipient.';
COMMENT ON COLUMN ruadb.impact.retries IS
	'Affected recipients by retries: 0 to 30 each, from 31, 41, 61 and 101 on.';
COMMENT ON COLUMN ruadb.impact.retries_accepted IS 'The same of those accepted later.';
COMMENT ON COLUMN ruadb.impact.seconds IS
	'Affected recipients by time in deferral, from 0, 1, 5, 10, 15, 30 min, 1, 1.5, 2, 3, 4, 5, 6, 8, '
	'12, 18 h, 1, 1.5, 2, 3, 4, 5, 7 days on.';
COMMENT ON COLUMN ruadb.impact.seconds_accepted IS 'The same of those accepted later.';
COMMENT ON COLUMN ruadb.impact.domain_source IS
	'How the domain is known: header, stream, reports, envelope; the weakest in the cohort.';
COMMENT ON COLUMN ruadb.impact.cohort_key IS 'Our number of the cohort.';
COMMENT ON COLUMN ruadb.impact.next_lost_at IS
	'When a figure changes by time alone: mail that waits gets too old for its queue. NULL: never.';

-- Cohorts of some days; of one campaign they are made from its deliveries. NULL: all.
CREATE OR REPLACE FUNCTION ruadb_data.impact_rows(since date, until date, of_campaign text)
	RETURNS SETOF ruadb_data.impact_cohort LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT c.* FROM ruadb_data.impact_cohort_now c
WHERE $3 IS NULL AND c.tenant_id = ruadb.tenant()
	AND c.day BETWEEN coalesce($1, '-infinity') AND coalesce($2, 'infinity')
UNION ALL
SELECT c.* FROM (
	SELECT DISTINCT i.day FROM ruadb_data.impact_campaign_now i
	WHERE $3 IS NOT NULL AND i.tenant_id = ruadb.tenant() AND i.campaign = $3
		AND i.day BETWEEN coalesce($1, '-infinity') AND coalesce($2, 'infinity')
) d
CROSS JOIN LATERAL ruadb_data.impact_cohort_live(ruadb.tenant(), d.day, $3) c;
END;
COMMENT ON FUNCTION ruadb_data.impact_rows(date, date, text) IS
	'Cohorts of these days, and of one campaign only.';

CREATE OR REPLACE FUNCTION ruadb_data.impact_domain_rows(since date, until date, of_campaign text)
	RETURNS SETOF ruadb_data.impact_domain LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT c.* FROM ruadb_data.impact_domain_now c
WHERE $3 IS NULL AND c.tenant_id = ruadb.tenant()
	AND c.day BETWEEN coalesce($1, '-infinity') AND coalesce($2, 'infinity')
UNION ALL
SELECT c.* FROM (
	SELECT DISTINCT i.day FROM ruadb_data.impact_campaign_now i
	WHERE $3 IS NOT NULL AND i.tenant_id = ruadb.tenant() AND i.campaign = $3
		AND i.day BETWEEN coalesce($1, '-infinity') AND coalesce($2, 'infinity')
) d
CROSS JOIN LATERAL ruadb_data.impact_domain_live(ruadb.tenant(), d.day, $3) c;
END;
COMMENT ON FUNCTION ruadb_data.impact_domain_rows(date, date, text) IS
	'Cohorts by recipient domain of these days, and of one campaign only.';

-- Everything that D1 to D5 say, one row a gateway family. The letter's two lines are tried (x of n)
-- and tried_everywhere (x of N).
CREATE OR REPLACE FUNCTION ruadb.gateway_impact(since date, until date, of_domain text, of_ip inet,
	of_gateway text, of_campaign text)
	RETURNS TABLE (gateway_family text, gateways text, tried bigint, tried_everywhere bigint,
		affected bigint, directly_deferred bigint, temporary_failure bigint,
		deliveries bigint, share_tried bigint, share_affected bigint, affected_percent numeric,
		low_percent numeric, high_percent numeric, severity text, decided_by text,
		severity_by_share text, severity_by_outcome text, affected_accepted bigint,
		affected_bounced bigint, affected_expired bigint, affected_pending bigint,
		affected_lost_sight bigint, affected_removed bigint,
		affected_bounced_after_acceptance bigint, not_delivered bigint,
		retries_median integer, retries_p90 integer, deferral_median interval,
		deferral_p90 interval, half_campaign text, domains bigint, affected_domains bigint,
		top_domain text, top_domain_affected bigint, customers bigint, top_customer text,
		top_customer_affected bigint, whose text, small boolean, mature boolean,
		left_censored bigint, first_observed timestamptz, last_observed timestamptz,
		first_day date, last_day date, reason text)
	LANGUAGE sql STABLE AS $$
WITH rows AS MATERIALIZED (
	SELECT c.*, coalesce(w.family, c.gateway) AS family
	FROM ruadb_data.impact_rows($1, $2, $6) c
	LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
	WHERE ($3 IS NULL OR c.domain = (SELECT ruadb.organizational_domain($3)))
		AND ($4 IS NULL OR c.source_ip = $4) AND c.recipients > 0
), everywhere AS (
	SELECT sum(r.tried) AS tried FROM rows r
), mine AS (
	SELECT r.family,
		string_agg(DISTINCT r.gateway, ', ' ORDER BY r.gateway) AS gateways,
		sum(r.tried) AS tried, sum(r.affected) AS affected, sum(r.directly_deferred) AS direct,
		sum(r.temporary_failure) AS failure, sum(r.deliveries) AS deliveries,
		sum(r.share_tried) AS share_tried, sum(r.share_affected) AS share_affected,
		sum(r.share_not_delivered) AS share_lost,
		sum(r.affected_accepted) AS accepted, sum(r.affected_bounced) AS bounced,
		sum(r.affected_expired) AS expired, sum(r.affected_pending) AS pending,
		sum(r.affected_lost_sight) AS lost, sum(r.affected_removed) AS removed,
		sum(r.affected_bounced_after_acceptance) AS bounced_after,
		sum(r.unsettled_deliveries) = 0 AS mature, sum(r.left_censored) AS left_censored,
		min(r.first_deferred_at) AS first_at, max(r.last_deferred_at) AS last_at,
		min(r.day) AS first_day, max(r.day) AS last_day
	FROM rows r
	WHERE $5 IS NULL OR $5 IN (r.gateway, r.family)
	GROUP BY r.family
), retry AS (
	SELECT x.family, array_agg(x.n ORDER BY x.b) AS counts
	FROM (SELECT r.family, u.b, sum(u.n)::bigint AS n
		FROM rows r CROSS JOIN LATERAL unnest(r.retries) WITH ORDINALITY AS u (n, b)
		WHERE r.affected > 0 AND ($5 IS NULL OR $5 IN (r.gateway, r.family)) GROUP BY 1, 2) x
	GROUP BY x.family
), deferral AS (
	SELECT x.family, array_agg(x.n ORDER BY x.b) AS counts
	FROM (SELECT r.family, u.b, sum(u.n)::bigint AS n
		FROM rows r CROSS JOIN LATERAL unnest(r.seconds) WITH ORDINALITY AS u (n, b)
		WHERE r.affected > 0 AND ($5 IS NULL OR $5 IN (r.gateway, r.family)) GROUP BY 1, 2) x
	GROUP BY x.family
), by_domain AS MATERIALIZED (
	SELECT r.family, d.recipient_domain_id AS id, d.gateway_customer AS customer,
		ruadb_data.total(d.tried::bigint) AS tried, ruadb_data.total(d.affected::bigint) AS affected
	FROM rows r
	JOIN ruadb_data.impact_domain_rows($1, $2, $6) d ON d.cohort_key = r.cohort_key
	WHERE ($4 IS NOT NULL OR $6 IS NOT NULL) AND ($5 IS NULL OR $5 IN (r.gateway, r.family))
	GROUP BY 1, 2, 3
	UNION ALL
	SELECT coalesce(w.family, d.gateway), d.recipient_domain_id, d.gateway_customer,
		ruadb_data.total(d.tried::bigint), ruadb_data.total(d.affected::bigint)
	FROM ruadb_data.impact_domain_sum_now d
	LEFT JOIN ruadb_data.gateway w ON w.tenant_id = d.tenant_id AND w.gateway = d.gateway
	WHERE $4 IS NULL AND $6 IS NULL AND d.tenant_id = ruadb.tenant()
		AND d.day BETWEEN coalesce($1, '-infinity') AND coalesce($2, 'infinity')
		AND ($3 IS NULL OR d.domain = (SELECT ruadb.organizational_domain($3)))
		AND ($5 IS NULL OR $5 IN (d.gateway, w.family))
	GROUP BY 1, 2, 3
), domain AS (
	SELECT x.family, count(*) FILTER (WHERE x.tried > 0) AS domains,
		count(*) FILTER (WHERE x.affected > 0) AS affected,
		(array_agg(x.id ORDER BY x.affected DESC, x.id) FILTER (WHERE x.affected > 0))[1] AS top,
		max(x.affected) AS top_affected
	FROM (SELECT b.family, b.id, sum(b.tried) AS tried, sum(b.affected) AS affected
		FROM by_domain b GROUP BY 1, 2) x
	GROUP BY x.family
), customer AS (
	SELECT x.family, count(*) AS customers,
		(array_agg(x.customer ORDER BY x.affected DESC, x.customer))[1] AS top,
		max(x.affected) AS top_affected
	FROM (
		SELECT b.family, coalesce(b.customer, n.name) AS customer, sum(b.affected) AS affected
		FROM by_domain b
		LEFT JOIN ruadb_data.log_domain n ON n.tenant_id = ruadb.tenant() AND n.domain_id = b.id
		WHERE b.affected > 0
		GROUP BY 1, 2
	) x
	GROUP BY x.family
), campaign AS (
	SELECT x.family, x.campaign, x.affected, sum(x.tried) OVER w AS everywhere
	FROM (
		SELECT r.family, i.campaign, sum(i.share_tried) AS tried, sum(i.share_affected)
			FILTER (WHERE $5 IS NULL OR $5 IN (r.gateway, r.family)) AS affected
		FROM rows r
		JOIN ruadb_data.impact_campaign_now i ON i.cohort_key = r.cohort_key
			AND i.tenant_id = r.tenant_id
			AND i.day BETWEEN coalesce($1, '-infinity') AND coalesce($2, 'infinity')
			AND ($6 IS NULL OR i.campaign = $6)
		GROUP BY 1, 2
	) x
	WINDOW w AS (PARTITION BY x.campaign)
), half AS (
	SELECT c.family, (array_agg(c.campaign ORDER BY c.affected DESC, c.campaign))[1] AS name
	FROM campaign c
	WHERE c.everywhere >= (SELECT ruadb.setting_value('small_recipients')) AND c.affected > 0
		AND 100 * c.affected >= (SELECT ruadb.setting_value('outcome_campaign_percent'))
			* c.everywhere
	GROUP BY c.family
), figured AS (
	SELECT m.*, e.tried AS tried_everywhere,
		ruadb_data.quantile(t.counts, ruadb_data.retry_buckets(), 50) AS retries_median,
		ruadb_data.quantile(t.counts, ruadb_data.retry_buckets(), 90) AS retries_p90,
		make_interval(secs => ruadb_data.quantile(f.counts, ruadb_data.second_buckets(), 50))
			AS deferral_median,
		make_interval(secs => ruadb_data.quantile(f.counts, ruadb_data.second_buckets(), 90))
			AS deferral_p90,
		h.name AS half_campaign
	FROM mine m
	CROSS JOIN everywhere e
	LEFT JOIN retry t ON t.family IS NOT DISTINCT FROM m.family
	LEFT JOIN deferral f ON f.family IS NOT DISTINCT FROM m.family
	LEFT JOIN half h ON h.family IS NOT DISTINCT FROM m.family
), judged AS (
	SELECT f.*, ruadb.severity_by_share(f.share_affected, f.share_tried) AS by_share,
		ruadb.severity_by_outcome(f.share_lost, f.share_tried, f.retries_median, f.deferral_p90,
			f.half_campaign IS NOT NULL) AS by_outcome
	FROM figured f
)
SELECT j.family, j.gateways, j.tried, j.tried_everywhere, j.affected, j.direct, j.failure,
	j.deliveries, j.share_tried, j.share_affected,
	round(100.0 * j.share_affected / nullif(j.share_tried, 0), 2),
	round(ruadb.wilson_low(j.share_affected, j.share_tried), 2),
	round(ruadb.wilson_high(j.share_affected, j.share_tried), 2),
	ruadb.worse_severity(j.by_share, j.by_outcome),
	CASE WHEN j.by_share = j.by_outcome THEN 'both'
		WHEN j.by_share = ruadb.worse_severity(j.by_share, j.by_outcome) THEN 'share'
		WHEN j.by_outcome IS NOT NULL THEN 'outcome' END,
	j.by_share, j.by_outcome, j.accepted, j.bounced, j.expired, j.pending, j.lost, j.removed,
	j.bounced_after, j.bounced + j.expired, j.retries_median, j.retries_p90, j.deferral_median,
	j.deferral_p90, j.half_campaign, coalesce(d.domains, 0), coalesce(d.affected, 0), n.name,
	nullif(d.top_affected, 0)::bigint, coalesce(k.customers, 0), k.top, k.top_affected::bigint,
	CASE WHEN ruadb.small_sample(j.tried::bigint, coalesce(d.domains, 0)) THEN
			CASE WHEN j.affected > 0 THEN 'too few for a suggestion' END
		WHEN j.family IS NOT NULL
			THEN ruadb.whose_decision(j.affected::bigint, k.top_affected::bigint, k.customers) END,
	ruadb.small_sample(j.tried, coalesce(d.domains, 0)), j.mature, j.left_censored, j.first_at,
	j.last_at, j.first_day, j.last_day,
	CASE WHEN j.tried = 0 THEN 'nobody was tried'
		WHEN j.share_tried = 0 THEN
			'no accepted delivery in the logs of these days: counts, no share and no severity'
		WHEN j.share_tried < j.tried THEN j.tried - j.share_tried
			|| ' of those tried are in logs without accepted deliveries: not in the share' END
FROM judged j
LEFT JOIN domain d ON d.family IS NOT DISTINCT FROM j.family
LEFT JOIN ruadb_data.log_domain n ON n.tenant_id = ruadb.tenant() AND n.domain_id = d.top
LEFT JOIN customer k ON k.family IS NOT DISTINCT FROM j.family
UNION ALL
-- Replies name the address, but no delivery is known to be sent from it.
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, min(i.day), max(i.day),
	'no denominator for this IP: only replies name it'
FROM ruadb_data.reply_ip_day i
WHERE $4 IS NOT NULL AND i.tenant_id = ruadb.tenant() AND i.source_ip = $4
	AND i.day BETWEEN coalesce($1, '-infinity') AND coalesce($2, 'infinity')
	AND NOT EXISTS (SELECT FROM rows)
HAVING count(*) > 0
$$;
COMMENT ON FUNCTION ruadb.gateway_impact(date, date, text, inet, text, text) IS
	'Impact at each gateway family (definitions D1 to D5), from cohort days since to until, of one '
	'domain, source IP, gateway or family, campaign; NULL: all. tried_everywhere: at all of them. '
	'share_..: only logs that carried acceptances. deferral_.. and retries_..: lower ends of buckets, '
	'of affected recipients.';
