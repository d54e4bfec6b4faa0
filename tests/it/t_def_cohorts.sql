-- Cohorts are what deliveries say, before, during and after a refresh, whatever changes; and totals are
-- equal along several ways. Deliveries by chance, of a fixed seed. Now is 2026-11-20 12:00 UTC.
SELECT setseed(0.6);
INSERT INTO ruadb_data.log_source (tenant_id, name, hosts, queue_lifetime) VALUES (1, 'two', '{mx2}', '3 d');
SELECT pg_temp.host(2, 'mx2.example.net', 'p', 0, 'two');
SELECT pg_temp.host(3, 'pm.example.net', 'm', 1000, NULL, '2026-11-05Z');
UPDATE ruadb_data.log_service SET stream = 'marketing' WHERE service_id = 3;
INSERT INTO ruadb_data.reply_ip_day (tenant_id, service_id, day, source_ip)
SELECT 1, 3, d::date, '198.51.100.9' FROM generate_series(timestamp '2026-11-01', '2026-11-20', '2 days') d;
SELECT pg_temp.send(format('s%s.example', i % 3), (ARRAY['proofpoint-enterprise', 'mimecast', 'google',
		'proofpoint-government', 'nobody'])[1 + i % 5], '2026-11-01'::date + i % 20, 3,
	(ARRAY['accepted', 'later', 'bounced', 'expired', 'pending', 'removed', 'lost', 'dsn', 'accepted',
		'accepted'])[1 + floor(random() * 10)::int],
	(ARRAY['badreputation', 'greylisted', 'undefined'])[1 + floor(random() * 3)::int],
	floor(random() * 8)::int, floor(random() * 20)::int, 6,
	jsonb_build_object('host_id', 1 + i % 3, 'service_id', 1 + i % 3, 'source_ip', CASE WHEN i % 3 < 2
			THEN '192.0.2.' || i % 4 END, 'campaign', CASE WHEN i % 2 = 0 THEN 'c' || i % 7 END,
		'source_ip_from', CASE WHEN i % 3 < 2 THEN 'l' END, 'null_sender', i % 31 = 0,
		'handed_on', i % 37 = 0, 'arrival_seen', CASE WHEN i % 3 < 2 THEN i % 11 > 0 END))
FROM generate_series(1, 600) i;
-- What must always be the same, of days, whatever is computed: all five tables against deliveries.
CREATE FUNCTION pg_temp.differences() RETURNS text LANGUAGE sql AS $$
WITH days AS (SELECT DISTINCT day FROM ruadb_data.delivery)
SELECT concat_ws(' ',
	(SELECT count(*) FROM ((SELECT * FROM ruadb_data.impact_cohort_now EXCEPT ALL SELECT c.* FROM days,
		ruadb_data.impact_cohort_of(1, day, NULL) c) UNION ALL (SELECT c.* FROM days,
		ruadb_data.impact_cohort_of(1, day, NULL) c EXCEPT ALL SELECT * FROM ruadb_data.impact_cohort_now)) x),
	(SELECT count(*) FROM ((SELECT * FROM ruadb_data.impact_domain_now EXCEPT ALL SELECT c.* FROM days,
		ruadb_data.impact_domain_of(1, day, NULL) c) UNION ALL (SELECT c.* FROM days,
		ruadb_data.impact_domain_of(1, day, NULL) c EXCEPT ALL SELECT * FROM ruadb_data.impact_domain_now)) x),
	(SELECT count(*) FROM ((SELECT * FROM ruadb_data.impact_domain_sum_now EXCEPT ALL SELECT c.* FROM
		days, ruadb_data.impact_domain_sum_of(1, day) c) UNION ALL (SELECT c.* FROM days,
		ruadb_data.impact_domain_sum_of(1, day) c EXCEPT ALL SELECT * FROM
		ruadb_data.impact_domain_sum_now)) x),
	(SELECT count(*) FROM ((SELECT * FROM ruadb_data.impact_campaign_now EXCEPT ALL SELECT c.* FROM days,
		ruadb_data.impact_campaign_of(1, day) c) UNION ALL (SELECT c.* FROM days,
		ruadb_data.impact_campaign_of(1, day) c EXCEPT ALL SELECT * FROM ruadb_data.impact_campaign_now)) x),
	(SELECT count(*) FROM ((SELECT * FROM ruadb_data.impact_reply_now EXCEPT ALL SELECT c.* FROM days,
		ruadb_data.impact_reply_of(1, day) c) UNION ALL (SELECT c.* FROM days,
		ruadb_data.impact_reply_of(1, day) c EXCEPT ALL SELECT * FROM ruadb_data.impact_reply_now)) x)) $$;
CREATE FUNCTION pg_temp.live() RETURNS text LANGUAGE sql AS
	$$ SELECT count(*)::text FROM ruadb_data.cohort_live $$;
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live(), '0 0 0 0 0, live 20',
	'before the first refresh all days are live, and equal');
-- The figures that everything else must keep to.
CREATE TEMP TABLE first_figures AS SELECT gateway_impact::text AS row
	FROM gateway_impact(NULL, NULL, NULL, NULL, NULL, NULL);
SELECT pg_temp.is((SELECT count(*) > 3 FROM first_figures)::text, 'true', 'there are figures');
CREATE FUNCTION pg_temp.figures_differ() RETURNS text LANGUAGE sql AS $$
SELECT count(*)::text FROM ((SELECT row FROM first_figures EXCEPT SELECT gateway_impact::text FROM
	gateway_impact(NULL, NULL, NULL, NULL, NULL, NULL)) UNION ALL (SELECT gateway_impact::text FROM
	gateway_impact(NULL, NULL, NULL, NULL, NULL, NULL) EXCEPT SELECT row FROM first_figures)) x $$;

-- During a refresh: some days computed, some not.
SELECT pg_temp.is(ruadb_data.refresh_impact_plan()::text, '20', 'a refresh has 20 days to compute');
SELECT ruadb_data.refresh_impact_day(i) FROM generate_series(1, 7) i;
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live() || ', ' || pg_temp.figures_differ(),
	'0 0 0 0 0, live 13, 0', 'in the midst of a refresh: equal');
SELECT ruadb_data.refresh_impact_day(i) FROM generate_series(8, 20) i;
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live() || ', ' || pg_temp.figures_differ(),
	'0 0 0 0 0, live 0, 0', 'after it: nothing live, and equal');
SELECT pg_temp.is((SELECT count(*)::text FROM ruadb_data.cohort_stale), '0', 'and nothing stale');

-- Ingest touches one day: that day is live, the others computed.
SELECT pg_temp.send('s1.example', 'mimecast', '2026-11-07', 5, 'later', first => 500);
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live(), '0 0 0 0 0, live 1',
	'a day that was touched is live');
SELECT pg_temp.is((SELECT sum(deliveries)::text FROM impact WHERE day = '2026-11-07'),
	(SELECT count(*)::text FROM ruadb_data.delivery WHERE day = '2026-11-07' AND NOT handed_on
		AND NOT null_sender), 'and shows what came');
SELECT pg_temp.refresh();
SELECT pg_temp.is(pg_temp.live(), '0', 'computed again');
-- A day that lost its last delivery of a cohort keeps none of it.
DELETE FROM ruadb_data.delivery WHERE day = '2026-11-07' AND recipient_key IN (SELECT recipient_key
	FROM ruadb_data.delivery WHERE day = '2026-11-07' LIMIT 20);
INSERT INTO ruadb_data.cohort_stale VALUES (1, '2026-11-07');
SELECT pg_temp.refresh();
SELECT pg_temp.is(pg_temp.differences(), '0 0 0 0 0', 'computed anew, not added to');

-- Time goes on: pending deliveries get lost from sight, cohorts mature, without any event.
CREATE FUNCTION pg_temp.at(at text) RETURNS text LANGUAGE sql AS
	$$ SELECT set_config('ruadb.as_of', $1, false); SELECT pg_temp.differences() || ', live '
		|| (pg_temp.live()::int > 0) $$;
SELECT pg_temp.is(pg_temp.at(at), '0 0 0 0 0, live true', 'equal at ' || at)
FROM unnest('{2026-11-23 12:00Z,2026-11-25 00:00Z,2027-01-01 00:00Z,2026-11-19 12:00Z}'::text[]) at;
SELECT pg_temp.is((SELECT bool_or(pending > 0)::text FROM impact), 'true', 'looking back some were pending');
SELECT set_config('ruadb.as_of', '2027-01-01Z', false);
SELECT pg_temp.refresh();
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live() || ', pending '
	|| (SELECT sum(pending) FROM impact), '0 0 0 0 0, live 0, pending 0', 'in January nothing is pending');
SELECT pg_temp.is((SELECT bool_and(mature)::text FROM impact), 'true', 'and all is mature');
SELECT set_config('ruadb.as_of', '2026-11-20 12:00Z', false);
SELECT pg_temp.is(pg_temp.differences(), '0 0 0 0 0', 'and back: equal');
SELECT pg_temp.refresh();

-- Settings and what is declared: all days are live until they are computed anew.
INSERT INTO ruadb_data.setting (tenant_id, name, value) VALUES (1, 'queue_lifetime_days', 2);
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live(), '0 0 0 0 0, live 20',
	'another queue lifetime');
DELETE FROM ruadb_data.setting;
SELECT pg_temp.is(pg_temp.live(), '0', 'and the old one');
INSERT INTO ruadb_data.setting (tenant_id, name, value) VALUES (1, 'small_recipients', 10);
SELECT pg_temp.is(pg_temp.live(), '0', 'a setting that cohorts don''t rest on');
UPDATE ruadb_data.log_source SET queue_lifetime = '1 d';
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live(), '0 0 0 0 0, live 20',
	'another lifetime of a source');
SELECT pg_temp.refresh();
UPDATE ruadb_data.log_service SET stream = 'sales', domain = 'sales.example' WHERE service_id = 3;
SELECT pg_temp.is(pg_temp.differences() || ', live ' || pg_temp.live(), '0 0 0 0 0, live 20',
	'another stream of a service');
SELECT pg_temp.refresh();
-- Our view of a host begins earlier: what was left-censored by that only is so no more.
SELECT pg_temp.is((SELECT (count(*) > 0)::text FROM ruadb_data.cohort_host), 'true',
	'there are deliveries from before our view of a host');
UPDATE ruadb_data.log_host SET oldest_at = '2026-10-01Z' WHERE host_id = 3;
SELECT pg_temp.is(pg_temp.differences() || ', live ' || (pg_temp.live()::int BETWEEN 1 AND 5),
	'0 0 0 0 0, live true', 'an older file of a host: only its censored days are live');
SELECT pg_temp.refresh();
SELECT pg_temp.is((SELECT count(*)::text FROM ruadb_data.cohort_host), '0', 'and then none is');

-- Pruned days stay as they are, whatever comes.
SELECT pg_temp.is((SELECT (sum(deliveries) > 0)::text FROM impact WHERE day <= '2026-11-03'), 'true',
	'days before they are pruned');
CREATE TEMP TABLE kept AS SELECT * FROM ruadb_data.impact_cohort_now WHERE day <= '2026-11-03';
DELETE FROM ruadb_data.delivery WHERE day <= '2026-11-03';
INSERT INTO ruadb_data.pruned (tenant_id, kind, day) VALUES (1, 'deliveries', '2026-11-03');
INSERT INTO ruadb_data.cohort_stale VALUES (1, '2026-11-02'), (1, '2026-11-05');
UPDATE ruadb_data.log_source SET queue_lifetime = '2 d';
SELECT pg_temp.is((SELECT count(*)::text FROM (SELECT * FROM kept EXCEPT SELECT * FROM
	ruadb_data.impact_cohort_now) x), '0', 'cohorts of pruned days stay');
SELECT pg_temp.refresh();
SELECT pg_temp.is((SELECT count(*)::text FROM (SELECT * FROM kept EXCEPT SELECT * FROM
	ruadb_data.impact_cohort_now) x) || ' ' || (SELECT count(*) FROM ruadb_data.cohort_stale), '0 0',
	'over a refresh, too, which forgets that they were touched');

-- Totals along several ways.
SELECT pg_temp.is((SELECT concat_ws(' ', sum(deliveries) + sum(null_sender_deliveries)
	+ sum(handed_on_deliveries), sum(null_sender_deliveries), sum(handed_on_deliveries)) FROM impact
	WHERE day > '2026-11-03'), (SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE null_sender
	AND NOT handed_on), count(*) FILTER (WHERE handed_on)) FROM ruadb_data.delivery),
	'every delivery is in one cohort');
SELECT pg_temp.is((SELECT concat_ws(' ', count(DISTINCT (day, gateway, domain, source_ip, stream,
	recipient_key)), count(*) FILTER (WHERE accepted_at IS NOT NULL)) FROM delivery WHERE NOT null_sender
	AND state <> 'handed_on'), (SELECT concat_ws(' ', sum(recipients), sum(accepted_deliveries))
	FROM impact WHERE day > '2026-11-03'), 'recipients and acceptances as view delivery has them');
SELECT pg_temp.is((SELECT count(*)::text FROM impact WHERE accepted_first + accepted_later
	+ accepted_unclear + bounced_after_acceptance + bounced + expired + pending + lost_sight
	+ removed_by_admin <> recipients OR affected_accepted + affected_bounced_after_acceptance
	+ affected_bounced + affected_expired + affected_pending + affected_lost_sight + affected_removed
	<> affected OR affected > tried OR directly_deferred > affected OR share_tried > tried
	OR temporary_failure < affected), '0', 'outcomes add up in each cohort');
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', n, t, a), ', ') FROM (
	SELECT 'd' AS n, sum(tried) AS t, sum(affected) AS a FROM ruadb_data.impact_domain_now) x),
	(SELECT concat_ws(' ', 'd', sum(tried), sum(affected)) FROM impact), 'by recipient domain');
SELECT pg_temp.is((SELECT concat_ws(' ', sum(tried), sum(affected), max(tried_everywhere), sum(deliveries))
	FROM gateway_impact(NULL, NULL, NULL, NULL, NULL, NULL)), (SELECT concat_ws(' ', sum(tried),
	sum(affected), sum(tried), sum(deliveries)) FROM impact), 'over all gateways');
SELECT pg_temp.is((SELECT concat_ws(' ', sum(g.tried), sum(g.affected)) FROM (SELECT DISTINCT domain
	FROM impact) d, gateway_impact(NULL, NULL, d.domain, NULL, NULL, NULL) g), (SELECT concat_ws(' ',
	sum(tried), sum(affected)) FROM impact), 'over all domains');
SELECT pg_temp.is((SELECT concat_ws(' ', sum(g.tried), sum(g.affected)) FROM (SELECT DISTINCT day
	FROM impact) d, gateway_impact(d.day, d.day, NULL, NULL, NULL, NULL) g), (SELECT concat_ws(' ',
	sum(tried), sum(affected)) FROM impact), 'over all days');
SELECT pg_temp.is((SELECT concat_ws(' ', sum(g.tried), sum(g.affected)) FROM (SELECT DISTINCT campaign
	FROM ruadb_data.impact_campaign_now WHERE day > '2026-11-03') c, gateway_impact('2026-11-04', NULL,
	NULL, NULL, NULL, c.campaign) g), (SELECT concat_ws(' ', sum(tried), sum(affected)) FROM
	ruadb_data.impact_campaign_now WHERE day > '2026-11-03'), 'of campaigns, from their deliveries');
SELECT pg_temp.is((SELECT count(*)::text FROM impact i WHERE (SELECT coalesce(sum(n), 0) FROM
	unnest(i.retries) n) <> i.affected OR (SELECT coalesce(sum(n), 0) FROM unnest(i.retries_accepted) n)
	<> i.affected_accepted), '0', 'histograms hold the affected');

SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', family, domains, affected_domains, top_domain_affected,
	customers, top_customer_affected), ', ' ORDER BY family) FROM (SELECT g.*, gateway_family AS family
	FROM gateway_impact(NULL, NULL, NULL, NULL, NULL, NULL) g) x),
	(SELECT string_agg(concat_ws(' ', family, domains, affected, top, customers, top_customer), ', '
	ORDER BY family) FROM (
		SELECT family, count(*) FILTER (WHERE tried > 0) AS domains, count(*) FILTER (WHERE affected > 0)
			AS affected, nullif(max(affected), 0) AS top FROM (
			SELECT i.gateway_family AS family, d.recipient_domain_id, sum(d.tried) AS tried,
				sum(d.affected) AS affected
			FROM ruadb_data.impact_domain_now d JOIN impact i USING (tenant_id, cohort_key)
			GROUP BY 1, 2) x GROUP BY 1) a LEFT JOIN LATERAL (
		SELECT count(*) AS customers, max(n) AS top_customer FROM (SELECT sum(d.affected) AS n
			FROM ruadb_data.impact_domain_now d JOIN impact i USING (tenant_id, cohort_key)
			JOIN ruadb_data.log_domain l ON l.domain_id = d.recipient_domain_id
			WHERE i.gateway_family IS NOT DISTINCT FROM a.family AND d.affected > 0
			GROUP BY coalesce(d.gateway_customer, l.name)) y) c ON true),
	'domains and customers, summed up or by address');

-- log_day: what is accepted, by family as reporters are called (A7).
SELECT pg_temp.is((SELECT string_agg(family || ' ' || accepted, ', ' ORDER BY family) FROM (
	SELECT family, sum(accepted) AS accepted FROM ruadb_data.log_day WHERE day > '2026-11-03'
	GROUP BY 1) x), (SELECT string_agg(family || ' ' || n, ', ' ORDER BY family) FROM (
	SELECT coalesce(gateway_family, 'other') AS family, count(*) AS n FROM delivery
	WHERE accepted_at IS NOT NULL AND NOT null_sender AND state <> 'handed_on' GROUP BY 1) x),
	'log_day has the accepted deliveries of each family');
SELECT pg_temp.is((SELECT string_agg(ruadb_data.reporter_family_of(f), ', ' ORDER BY no) FROM unnest(
	'{proofpoint,proofpoint-essentials,trendmicro,microsoft-consumer,google,NULL}'::text[])
	WITH ORDINALITY u (f, no)), 'proofpoint, proofpoint-essentials, trendmicro, microsoft, google',
	'families of gateways as reporters are called');

-- Another tenant sees nothing of it.
SET ruadb.tenant_id = 2;
SELECT pg_temp.is((SELECT count(*)::text FROM impact WHERE tenant_id = tenant()) || (SELECT count(*)
	FROM gateway_impact(NULL, NULL, NULL, NULL, NULL, NULL)), '00', 'another tenant has no cohorts');
