-- C1, C3 to C7, C9 and E1 of the definitions as worked examples. Now is 2026-11-20 12:00 UTC.

-- C3: every end has its word.
SELECT pg_temp.send('c3.example', 'mimecast', '2026-11-16', 1, what) FROM unnest('{accepted,later,
	bounced,expired,removed,lost,dsn,pending}'::text[]) WITH ORDINALITY x (what, no);
SELECT pg_temp.is(pg_temp.states('c3.example'), 'accepted_first, accepted_later, bounced, expired, '
	'removed_by_admin, lost_sight, bounced_after_acceptance, pending', 'C3: the words of the states');
SELECT pg_temp.is((SELECT string_agg(final::text, ' ' ORDER BY delivery_id) FROM delivery
	WHERE domain = 'c3.example'), 'true true true true true true true false',
	'C3: all but pending are final');
-- Transitions: what comes later decides, whatever went before.
SELECT pg_temp.send('c3t.example', 'mimecast', '2026-11-16', 1, 'later', 'greylisted', 3, 1, 10, o)
FROM (VALUES (1, '{}'::jsonb), (2, '{"bounced_after_at": "2026-11-17Z"}'),
	(3, '{"closed_at": "2026-11-17Z"}'), (4, '{"accepted_at": null, "bounced_at": "2026-11-17Z"}'),
	(5, '{"accepted_at": null, "bounced_at": "2026-11-17Z", "expired_at": "2026-11-17Z"}'),
	(6, '{"accepted_at": null, "removed_at": "2026-11-17Z", "closed_at": "2026-11-17Z"}'),
	(7, '{"accepted_at": null, "expired_at": "2026-11-17Z", "removed_at": "2026-11-17Z"}'),
	(8, '{"accepted_at": null}')) v (no, o) ORDER BY no;
SELECT pg_temp.is(pg_temp.states('c3t.example'), 'accepted_later, bounced_after_acceptance, '
	'accepted_later, bounced, expired, removed_by_admin, expired, pending',
	'C3: deferred to accepted, to a later DSN, to bounced, expired, removed, pending');
-- C3: accepted at the first attempt: one attempt, and no failure before it, suspended or not. Several MX
-- hosts in one run are one attempt (C1).
SELECT pg_temp.send('c3f.example', 'mimecast', '2026-11-16', 1, 'accepted', o => o)
FROM (VALUES (1, '{"mx_attempts": 3}'::jsonb), (2, '{"attempts": 2}'),
	(3, '{"suspended": 1, "first_deferred_at": "2026-11-16Z"}'), (4, '{"attempts_reported": 2}'),
	(5, '{"attempts_reported": 1}')) v (no, o) ORDER BY no;
SELECT pg_temp.is(pg_temp.states('c3f.example'), 'accepted_first, accepted_later, accepted_later, '
	'accepted_later, accepted_first', 'C3: accepted at the first attempt');
-- C1: retries = attempts - 1, of the larger of counted and reported.
SELECT pg_temp.is((SELECT string_agg(attempts || ' ' || retries, ', ' ORDER BY delivery_id)
	FROM delivery WHERE domain = 'c3f.example'), '1 0, 2 1, 1 0, 2 1, 1 0',
	'C1: retries of the larger of counted and reported attempts');
-- C3: handed on: no gateway, whatever its end.
SELECT pg_temp.send('c3h.example', 'mimecast', '2026-11-16', 1, what, o => '{"handed_on": true}')
FROM unnest('{accepted,pending}'::text[]) what;
SELECT pg_temp.is((SELECT string_agg(state || coalesce(gateway, '-'), ' ') FROM delivery
	WHERE domain = 'c3h.example'), 'handed_on- handed_on-', 'C3: handed on has no gateway');
-- C3: lost from sight: no event for longer than the queue lifetime: 5 days, of platforms 72 h, or as
-- declared.
SELECT pg_temp.host(2, 'pm.example.net', 'm');
SELECT pg_temp.host(3, 'short.example.net', 'p', 1000, 'short');
INSERT INTO ruadb_data.log_source (tenant_id, name, hosts, queue_lifetime)
VALUES (1, 'short', '{short}', '6 h');
SELECT pg_temp.send('c3l.example', 'mimecast', at::date, 1, 'pending', o => jsonb_build_object(
	'host_id', host, 'first_at', at || 'Z', 'ends', at || 'Z'))
FROM (VALUES (1, 1, '2026-11-15 12:00:00'), (2, 1, '2026-11-15 11:59:59'),
	(3, 2, '2026-11-17 12:00:00'), (4, 2, '2026-11-17 11:59:59'), (5, 3, '2026-11-20 06:00:00'),
	(6, 3, '2026-11-20 05:59:59')) v (no, host, at) ORDER BY no;
SELECT pg_temp.is(pg_temp.states('c3l.example'), 'pending, lost_sight, pending, lost_sight, pending, '
	'lost_sight', 'C3: lost from sight is longer than the lifetime of its queue, not as long');
SELECT pg_temp.is((SELECT string_agg(queue_lifetime::text, ' ' ORDER BY host_id) FROM log_host
	WHERE host_id < 4), '5 days 72:00:00 06:00:00', 'D1: queue lifetimes by kind and as declared');

-- C4: the arrival was not seen, or lies before our view of the host: no claim of a first attempt.
SELECT pg_temp.host(4, 'late.example.net', 'm', 1000, NULL, '2026-11-10 12:00Z');
SELECT pg_temp.send('c4.example', 'mimecast', '2026-11-16', 1, what, o => o)
FROM (VALUES (1, 'accepted', '{"arrival_seen": false}'::jsonb),
	(2, 'later', '{"arrival_seen": false}'), (3, 'accepted', '{"arrival_seen": null}'),
	(4, 'accepted', '{"arrival_seen": null, "host_id": 4, "epoch_at": "2026-11-10 11:59:59Z"}'),
	(5, 'accepted', '{"arrival_seen": null, "host_id": 4, "epoch_at": "2026-11-10 12:00:00Z"}'))
	v (no, what, o) ORDER BY no;
SELECT pg_temp.is((SELECT string_agg(state || ' ' || retries_at_least, ', ' ORDER BY delivery_id)
	FROM delivery WHERE domain = 'c4.example'), 'accepted true, accepted_later true, '
	'accepted_first false, accepted true, accepted_first false',
	'C4: left-censored: retries are at least so many, the first attempt is not claimed');
SELECT pg_temp.is((SELECT string_agg((arrived_at IS NULL)::text, ' ' ORDER BY delivery_id)
	FROM delivery WHERE domain = 'c4.example'), 'true true false false false',
	'C4: an arrival that was not seen is NULL');

-- C6: gateway of (recipient domain, day). Peer before MX before reply on a day; the nearest day; of two
-- as near the earlier; up to 7 days around.
SELECT pg_temp.evidence('a.c6.example', '2026-10-10', 'google', '', 'r', 9);
SELECT pg_temp.evidence('a.c6.example', '2026-10-10', 'mimecast', '', 'm');
SELECT pg_temp.evidence('a.c6.example', '2026-10-14', 'proofpoint-enterprise', '0012ab01');
SELECT pg_temp.evidence('a.c6.example', '2026-10-14', 'google', '', 'm', 1000);
SELECT pg_temp.send('c6.example', '', day::date, 1, 'accepted', o => '{"recipient_domain":
	"a.c6.example"}') FROM unnest('{2026-10-02,2026-10-03,2026-10-12,2026-10-13,2026-10-21,
	2026-10-22}'::text[]) day;
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', coalesce(gateway, '-'), gateway_customer,
	gateway_evidence), ', ' ORDER BY day) FROM delivery WHERE domain = 'c6.example'),
	'- a.c6.example, mimecast a.c6.example mx, mimecast a.c6.example mx, '
	'proofpoint-enterprise 0012ab01 peer, proofpoint-enterprise 0012ab01 peer, - a.c6.example',
	'C6: the nearest day within 7, the earlier of two, peer before MX before reply');
-- A reply's fingerprint: two of them, or one with the URL.
SELECT pg_temp.evidence(d || '.c6r.example', day::date, 'proofpoint-enterprise', '', 'r', times, url)
FROM (VALUES ('one', '2026-10-10', 1, false), ('two', '2026-10-10', 2, false),
	('url', '2026-10-10', 1, true), ('each', '2026-10-10', 1, false), ('each', '2026-10-12', 1, false),
	('far', '2026-10-05', 1, false), ('far', '2026-10-19', 1, false)) v (d, day, times, url);
SELECT pg_temp.send('c6r.example', '', '2026-10-11', 1, 'accepted', o => jsonb_build_object(
	'recipient_domain', d || '.c6r.example')) FROM unnest('{one,two,url,each,far}'::text[]) d;
SELECT pg_temp.is((SELECT string_agg(split_part(recipient_domain, '.', 1) || ' '
	|| coalesce(gateway_evidence, '-'), ', ' ORDER BY delivery_id) FROM delivery
	WHERE domain = 'c6r.example'), 'one -, two reply, url reply, each reply, far -',
	'C6: two replies within the days around, or one with the URL');
-- Families: Enterprise and Government are one, Essentials is none of it.
SELECT pg_temp.send('c6f.example', g, '2026-11-16', 1, 'accepted') FROM unnest('{proofpoint-enterprise,
	proofpoint-government,proofpoint-essentials}'::text[]) g;
SELECT pg_temp.is((SELECT string_agg(gateway_family || ': ' || gateways, ', ' ORDER BY gateway_family)
	FROM gateway_impact(NULL, NULL, 'c6f.example', NULL, NULL, NULL)), 'proofpoint: '
	'proofpoint-enterprise, proofpoint-government, proofpoint-essentials: proofpoint-essentials',
	'C6: Enterprise and Government are one family, Essentials is its own line');

-- C7: a source IP and how it is known. Of a service on a day replies name one: inferred; two: nothing.
SELECT pg_temp.host(7, 'nat.example.net');
INSERT INTO ruadb_data.reply_ip_day (tenant_id, service_id, day, source_ip) VALUES
	(1, 7, '2026-11-02', '198.51.100.7'), (1, 7, '2026-11-03', '198.51.100.7'),
	(1, 7, '2026-11-03', '198.51.100.8');
SELECT pg_temp.send('c7.example', 'mimecast', day::date, 1, 'accepted', o => jsonb_build_object(
	'host_id', 7, 'service_id', 7, 'source_ip', ip, 'source_ip_from', kind))
FROM (VALUES (1, '2026-11-02', '203.0.113.1', 'l'), (2, '2026-11-02', '203.0.113.2', 'm'),
	(3, '2026-11-02', '203.0.113.3', 'e'), (4, '2026-11-02', NULL, NULL), (5, '2026-11-03', NULL, NULL),
	(6, '2026-11-04', NULL, NULL)) v (no, day, ip, kind) ORDER BY no;
SELECT pg_temp.is((SELECT string_agg(coalesce(host(source_ip), '-') || ' ' || coalesce(source_ip_from,
	'-'), ', ' ORDER BY delivery_id) FROM delivery WHERE domain = 'c7.example'), '203.0.113.1 log, '
	'203.0.113.2 map, 203.0.113.3 event, 198.51.100.7 inferred, - -, - -',
	'C7: log, map, event; inferred where replies name exactly one');
SELECT pg_temp.is((SELECT concat_ws('|', coalesce(severity, '-'), share_tried, affected_percent)
	FROM gateway_impact(NULL, NULL, 'c7.example', '198.51.100.7', NULL, NULL)), 'watch|1|0.00',
	'C7: a share of an inferred address');
SELECT pg_temp.is((SELECT concat_ws('|', coalesce(severity, '-'), coalesce(tried, -1), reason)
	FROM gateway_impact(NULL, NULL, 'c7.example', '198.51.100.8', NULL, NULL)),
	'-|-1|no denominator for this IP: only replies name it', 'C7: no share of one that only replies name');
SELECT pg_temp.is((SELECT count(*)::text FROM gateway_impact(NULL, NULL, 'c7.example', '198.51.100.9',
	NULL, NULL)), '0', 'C7: nothing of one that nobody names');
-- The attempt: exact reply, stage, and an address in the reply that is another than the log's.
INSERT INTO ruadb_data.reply_template (tenant_id, template_id, smtp_code, text, truncated, category,
	matched, samples) VALUES (1, 77, 421, '421 {address}: Deferred - see '
	'https://ipcheck.proofpoint.com/?ip={ip} {id}{text}', false, 'badreputation', 'f', '{}');
INSERT INTO ruadb_data.attempt (tenant_id, delivery_id, line_key, template_id, at, day, kind, outcome,
	stage, reply_ip, reply_values)
SELECT 1, delivery_id, delivery_id, 77, first_at, day, k::"char", 'd', stage::"char", ip::inet,
	concat_ws(E'\u001f', 'a@b.example', '198.51.100.7', '{ip}', '{')
FROM (SELECT d.*, row_number() OVER (ORDER BY delivery_id) AS no FROM delivery d
	WHERE domain = 'c7.example') d
JOIN (VALUES (1, 'g', 'a', '203.0.113.1'), (2, 'r', 's', '198.51.100.7'), (3, '.', 'm', NULL),
	(4, '-', 'q', '198.51.100.7')) v (n, stage, k, ip) ON v.n = d.no;
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', kind, coalesce(stage, '-'), coalesce(
	nat_conflict::text, '-')), ', ' ORDER BY delivery_id) FROM attempt WHERE template_id = 77),
	'attempt greeting false, queue_suspended RCPT true, mx_attempt end of data -, queue - -',
	'C7, C9: NAT between us and them; stages and kinds');
SELECT pg_temp.is((SELECT DISTINCT reply FROM attempt WHERE template_id = 77), '421 a@b.example: '
	'Deferred - see https://ipcheck.proofpoint.com/?ip=198.51.100.7 {ip}{', 'The exact reply: values '
	'put back in order, and what looks like a placeholder in a value stays');
SELECT pg_temp.is(concat_ws('|', reply_text('250 ok', NULL), reply_text('{number}', '250'),
	reply_text('{text}', ''), reply_text('{x} {id}', 'y')), '250 ok|250||{x} y',
	'Replies without variables, of one only, with an empty one, with braces of their own');

-- E1: header From; else the stream's domain; else what reports show for the envelope; else its own.
SELECT pg_temp.log_domain('news.e1h.example', 'e1h.example');
SELECT pg_temp.log_domain(n || '.e1env.example', 'e1env.example') FROM unnest('{b95,b94,none,stream}'::text[]) n;
INSERT INTO ruadb_data.log_service (tenant_id, service_id, host_id, service, stream, domain)
VALUES (1, 5, 1, 'news/smtp', 'marketing', 'E1S.example');
SELECT pg_temp.rec(pg_temp.report('e1r.example', 'one.example', '2026-11-10'), '192.0.2.1', n,
	'pp', 'pp', NULL, e || '.e1env.example') FROM (VALUES (95, 'b95'), (94, 'b94')) v (n, e);
SELECT pg_temp.rec(pg_temp.report('other.example', 'one.example', '2026-11-10'), '192.0.2.1', n,
	'pp', 'pp', NULL, e || '.e1env.example') FROM (VALUES (5, 'b95'), (6, 'b94')) v (n, e);
SELECT pg_temp.send('news.e1h.example', 'mimecast', '2026-11-16', 1, 'accepted', o => o || jsonb_build_object(
	'campaign', 'e1', 'envelope_domain_id', pg_temp.log_domain(e || '.e1env.example')))
FROM (VALUES (1, 'b95', '{}'::jsonb), (2, 'stream', '{"header_domain_id": null, "service_id": 5}'),
	(3, 'b95', '{"header_domain_id": null}'), (4, 'b94', '{"header_domain_id": null}'),
	(5, 'none', '{"header_domain_id": null}'),
	(6, 'none', '{"header_domain_id": null, "envelope_domain_id": null}')) v (no, e, o) ORDER BY no;
UPDATE ruadb_data.delivery SET envelope_domain_id = NULL WHERE campaign = 'e1' AND delivery_id = (
	SELECT max(delivery_id) FROM ruadb_data.delivery WHERE campaign = 'e1');
CREATE FUNCTION pg_temp.e1() RETURNS text LANGUAGE sql AS $$
SELECT string_agg(concat_ws(' ', coalesce(domain, '-'), domain_source), ', ' ORDER BY delivery_id)
FROM delivery WHERE campaign = 'e1' $$;
SELECT pg_temp.is(pg_temp.e1(), 'e1h.example header, e1s.example stream, e1env.example envelope, '
	'e1env.example envelope, e1env.example envelope, -', 'E1: before reports were looked through');
SELECT pg_temp.refresh();
SELECT pg_temp.is(ruadb_data.refresh_envelopes()::text, '1', 'E1: one envelope domain is told by reports');
SELECT pg_temp.is(pg_temp.e1(), 'e1h.example header, e1s.example stream, e1r.example reports, '
	'e1env.example envelope, e1env.example envelope, -',
	'E1: 95% to one organizational domain is enough, 94% is not');
SELECT pg_temp.is((SELECT count(*) > 10 FROM ruadb_data.cohort_stale)::text, 'true',
	'E1: cohorts are stale then');
SELECT pg_temp.is(ruadb_data.refresh_envelopes()::text, '0', 'E1: the same again is nothing new');
