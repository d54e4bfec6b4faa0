-- What the evidence about a stream says, in words, and what to do next (definitions E3, E6).

-- Whether authentication is failing (E6): forwarders excluded, settled days, verified and local
-- reports. failing NULL: not measured.
CREATE OR REPLACE FUNCTION ruadb.stream_authentication(source_ip inet, domain text, first date,
	last date)
	RETURNS TABLE (messages bigint, pass bigint, fail bigint, unknown bigint, forwarded bigint,
		last_day date, worst_day date, worst_pass bigint, worst_known bigint, failing boolean,
		reason text, not_settled bigint, unverified_messages bigint, unverified_reports bigint)
	LANGUAGE sql STABLE AS $$
WITH r AS MATERIALIZED (
	SELECT s.* FROM ruadb_data.stream_reported((SELECT ruadb.organizational_domain(lower($2))), $1,
		$3, $4) s
), day AS (
	SELECT r.day, sum(r.messages) FILTER (WHERE r.dmarc_pass) AS pass, sum(r.messages) AS known
	FROM r
	WHERE r.trusted AND r.settled AND NOT r.forwarded AND r.dmarc_pass IS NOT NULL
	GROUP BY r.day
), worst AS (
	SELECT y.day, coalesce(y.pass, 0) AS pass, y.known FROM day y
	WHERE y.known >= ruadb.setting_value('failing_day_messages')
	ORDER BY coalesce(y.pass, 0)::numeric / y.known, y.day LIMIT 1
), total AS (
	SELECT ruadb_data.at_most(sum(r.messages) FILTER (WHERE w.counts)) AS messages,
		ruadb_data.at_most(sum(r.messages) FILTER (WHERE w.counts AND r.dmarc_pass)) AS pass,
		ruadb_data.at_most(sum(r.messages) FILTER (WHERE w.counts AND NOT r.dmarc_pass)) AS fail,
		ruadb_data.at_most(sum(r.messages) FILTER (WHERE r.trusted AND r.settled
			AND r.forwarded)) AS forwarded,
		max(r.day) FILTER (WHERE w.counts) AS last_day,
		ruadb_data.at_most(sum(r.messages) FILTER (WHERE r.trusted AND NOT r.settled))
			AS not_settled,
		ruadb_data.at_most(sum(r.messages) FILTER (WHERE NOT r.trusted)) AS unverified_messages,
		count(DISTINCT r.report_id) FILTER (WHERE NOT r.trusted) AS unverified_reports
	FROM r
	CROSS JOIN LATERAL (SELECT r.trusted AND r.settled AND NOT r.forwarded AS counts) w
), verdict AS (
	SELECT t.*, w.day AS worst_day, w.pass AS worst_pass, w.known AS worst_known,
		t.pass + t.fail >= p.messages AND 100.0 * t.pass < p.percent * (t.pass + t.fail) AS by_sum,
		coalesce(100.0 * w.pass < p.day_percent * w.known, false) AS by_day, p.percent,
		p.day_percent
	FROM total t
	LEFT JOIN worst w ON true
	CROSS JOIN (SELECT ruadb.setting_value('failing_percent') AS percent,
		ruadb.setting_value('failing_messages') AS messages,
		ruadb.setting_value('failing_day_percent') AS day_percent) p
)
SELECT v.messages, v.pass, v.fail, v.messages - v.pass - v.fail, v.forwarded, v.last_day, v.worst_day,
	v.worst_pass::bigint, v.worst_known::bigint,
	CASE WHEN v.pass + v.fail > 0 THEN v.by_sum OR v.by_day END,
	CASE WHEN v.pass + v.fail = 0 THEN 'not measured'
		WHEN v.by_sum THEN v.pass || ' of ' || v.pass + v.fail || ' messages pass ('
			|| ruadb_data.percent_of(v.pass, v.pass + v.fail) || '), less than '
			|| trim_scale(v.percent) || '%'
		WHEN v.by_day THEN v.worst_pass || ' of ' || v.worst_known || ' messages pass on '
			|| v.worst_day || ' (' || ruadb_data.percent_of(v.worst_pass, v.worst_known)
			|| '), less than ' || trim_scale(v.day_percent) || '%'
		ELSE v.pass || ' of ' || v.pass + v.fail || ' messages pass ('
			|| ruadb_data.percent_of(v.pass, v.pass + v.fail) || ')' END,
	v.not_settled, v.unverified_messages, v.unverified_reports
FROM verdict v
$$;
COMMENT ON FUNCTION ruadb.stream_authentication(inet, text, date, date) IS
	'Whether authentication of a stream is failing (definitions E6), one row: on settled days from '
	'first to last, of reports that are verified or local, without forwarded mail. failing: less than '
	'98% (setting failing_percent) pass of at least 100 (failing_messages), or on one day less than '
	'90% (failing_day_percent); NULL: no message is known to pass or fail: not measured, which is '
	'never a pass. reason: the same in words, with its numbers.';

-- What the evidence about authentication is worth for deferrals at a gateway, in the words of E3.
CREATE OR REPLACE FUNCTION ruadb.stream_words(source_ip inet, domain text, gateway text, since date,
	until date) RETURNS TABLE (no integer, about text, words text, scope text)
	LANGUAGE sql STABLE AS $$
WITH y AS MATERIALIZED (
	SELECT * FROM ruadb.stream_impact($1, $2, $3, $4, $5)
), a AS MATERIALIZED (
	SELECT a.* FROM y CROSS JOIN LATERAL ruadb.stream_authentication($1, $2, y.window_begin,
		y.window_end) a
), deferring AS (
	SELECT DISTINCT ruadb_data.reporter_family_of(coalesce(w.family, g.gateway)) AS family
	FROM y CROSS JOIN LATERAL unnest(y.gateways) AS g (gateway)
	LEFT JOIN ruadb_data.gateway w ON w.tenant_id = ruadb.tenant() AND w.gateway = g.gateway
	WHERE g.gateway IS NOT NULL
), f AS MATERIALIZED (
	SELECT f.family, f.pass, f.fail, f.reporters, f.messages,
		100.0 * f.pass >= ruadb.setting_value('failing_percent') * (f.pass + f.fail) AS fine,
		f.family IN (SELECT d.family FROM deferring d) AS same
	FROM y CROSS JOIN LATERAL ruadb.stream_family($1, $2, y.window_begin, y.window_end) f
), s AS (
	SELECT string_agg(f.family, ', ' ORDER BY f.family) FILTER (WHERE f.fine) AS fine,
		sum(f.pass) FILTER (WHERE f.fine) AS pass,
		sum(f.pass + f.fail) FILTER (WHERE f.fine) AS known,
		string_agg(f.family || ' (' || f.pass || ' of ' || f.pass + f.fail || ')', ', '
			ORDER BY f.family) FILTER (WHERE NOT f.fine) AS bad,
		coalesce(bool_or(f.same), false) AS same
	FROM f WHERE f.pass + f.fail > 0
), said AS (
	SELECT coalesce(bool_or(f.same AND f.reporters > 0), false) AS reported FROM f
)
SELECT w.no, w.about, w.words, CASE WHEN a.failing IS NULL THEN 'none' WHEN s.same THEN 'same_family'
	ELSE 'other_receivers' END
FROM y CROSS JOIN a CROSS JOIN s CROSS JOIN said
CROSS JOIN LATERAL (VALUES
	(1, 'authentication', CASE WHEN a.failing IS NULL THEN 'not measured: no settled, verified '
			'report of ' || y.window_begin || ' to ' || y.window_end || ' has mail of this stream'
		ELSE concat_ws('; ',
			'authenticated at ' || s.fine || ' (' || s.pass || ' of ' || s.known || ')',
			'not authenticated at ' || s.bad,
			CASE WHEN NOT said.reported THEN 'the deferring gateway sent no report'
				WHEN NOT s.same THEN 'the deferring gateway reported no mail of this stream' END) END),
	(2, 'defect', CASE WHEN a.failing THEN 'authentication is failing: ' || a.reason
		WHEN NOT a.failing THEN 'no authentication defect visible' END),
	(3, 'end', CASE WHEN a.last_day IS NOT NULL THEN 'Authentication evidence ends ' || a.last_day
		|| ', ' || CASE WHEN a.last_day < (y.first_deferred_at AT TIME ZONE 'UTC')::date
			THEN 'before' ELSE 'after' END || ' the first deferral.' END),
	(4, 'not settled', CASE WHEN a.not_settled > 0 THEN a.not_settled
		|| ' messages of days that are not settled are in no figure' END),
	(5, 'forwarded', CASE WHEN a.forwarded > 0 THEN a.forwarded
		|| ' messages that were forwarded are in no verdict' END),
	(6, 'unverified', CASE WHEN a.unverified_reports > 0 THEN '+ ' || a.unverified_messages
		|| CASE a.unverified_messages WHEN 1 THEN ' message in ' ELSE ' messages in ' END
		|| a.unverified_reports || CASE a.unverified_reports WHEN 1 THEN ' unverified report'
			ELSE ' unverified reports' END END)
) AS w (no, about, words)
WHERE w.words IS NOT NULL AND y.affected > 0
$$;
COMMENT ON FUNCTION ruadb.stream_words(inet, text, text, date, date) IS
	'What DMARC reports say of a stream that a gateway defers, as sentences (definitions E3). scope: '
	'same_family (the deferring gateway''s own family reported mail of it), other_receivers, none: '
	'reports come from receivers that accepted or judged mail, and what a gateway defers is in no '
	'report. Parameters as of stream_impact.';

-- What to do next (E6): every rule that applies, the headline first.
CREATE OR REPLACE FUNCTION ruadb.next_step(source_ip inet, domain text, gateway text, since date,
	until date) RETURNS TABLE (place integer, headline boolean, rule text, step text, reason text)
	LANGUAGE sql STABLE AS $$
WITH y AS MATERIALIZED (
	SELECT * FROM ruadb.stream_impact($1, $2, $3, $4, $5)
), a AS (
	SELECT a.* FROM y CROSS JOIN LATERAL ruadb.stream_authentication($1, $2, y.window_begin,
		y.window_end) a
), r AS (
	SELECT t.smtp_code, t.category, sum(i.deferred + i.suspended) AS deliveries
	FROM y
	CROSS JOIN LATERAL ruadb_data.case_cohort($1, $2, $3, y.first_day, y.last_day) c
	JOIN ruadb_data.impact_reply_now i ON i.tenant_id = c.tenant_id AND i.day = c.day
		AND i.cohort_key = c.cohort_key AND i.deferred + i.suspended > 0
	JOIN ruadb_data.reply_template t ON t.tenant_id = i.tenant_id
		AND t.template_id = i.template_id AND ruadb.is_affecting(t.category)
	WHERE c.affected > 0
	GROUP BY 1, 2
), l AS (
	-- The last lookup of each thing.
	SELECT DISTINCT ON (l.kind, l.source_ip, l.domain, l.list) l.*
	FROM y JOIN ruadb.lookup l ON l.tenant_id = ruadb.tenant() AND l.kind IN ('ipcheck', 'blocklist')
		AND l.checked_at <= ruadb.as_of()
		AND (l.source_ip = ANY (coalesce(y.addresses, '{}')) OR l.source_ip = $1
			OR l.source_ip IS NULL AND ruadb.organizational_domain(l.domain)
				= y.organizational_domain)
	ORDER BY l.kind, l.source_ip, l.domain, l.list, l.checked_at DESC, l.lookup_id DESC
), looked AS (
	SELECT l.listed, coalesce(host(l.source_ip), l.domain) || ' ' || l.value || ' at '
		|| coalesce(l.list, 'ipcheck.proofpoint.com') || ', ' || l.checker || ', '
		|| to_char(l.checked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
		|| CASE WHEN l.stale THEN ' (stale: look again)' ELSE '' END AS words,
		l.kind, l.stale, l.checked_at
	FROM l
), rules AS (
	SELECT 1 AS place, 'authentication failing' AS rule, 'fix DNS first' AS step, a.reason
	FROM a WHERE a.failing
	UNION ALL
	SELECT 2, 'public listing', CASE WHEN bool_or(k.kind = 'ipcheck') THEN 'remediate first: Proofpoint''s '
			'delisting process' ELSE 'remediate first: delisting' END,
		string_agg(k.words, '; ' ORDER BY k.checked_at DESC, k.words)
	FROM looked k WHERE k.listed HAVING count(*) > 0
	UNION ALL
	SELECT 3, 'blocked', 'look the address up, and ask for delisting if it is listed',
		sum(r.deliveries) || ' deliveries were deferred by a reply that blocks ('
			|| string_agg(DISTINCT r.smtp_code::text, ', ') || '): the queue tries again, the '
			'gateway has refused'
	FROM r WHERE r.category = 'blocked' AND r.smtp_code >= 500 HAVING count(*) > 0
	UNION ALL
	SELECT 4, '421 deferral', 'track outcomes', sum(r.deliveries) || ' deliveries were deferred by a '
		'reply ' || string_agg(DISTINCT r.smtp_code::text, ', ') || ': temporary, not a rejection'
	FROM r WHERE r.smtp_code BETWEEN 400 AND 499 HAVING count(*) > 0
	UNION ALL
	SELECT 5, 'clean lookup', 'gather retry proof, do not resubmit the same address',
		string_agg(k.words, '; ' ORDER BY k.checked_at DESC, k.words)
	FROM looked k WHERE NOT k.listed HAVING count(*) > 0
	UNION ALL
	SELECT 6, 'authentication not measured', 'look at DMARC reports of this domain',
		'no settled, verified report has mail of this stream: not measured is not a pass'
	FROM a WHERE a.failing IS NULL
)
SELECT row_number() OVER (ORDER BY u.place)::integer,
	row_number() OVER (ORDER BY u.place) = 1, u.rule, u.step, u.reason
FROM rules u CROSS JOIN y
WHERE y.affected > 0
$$;
COMMENT ON FUNCTION ruadb.next_step(inet, text, text, date, date) IS
	'What to do about a stream that a gateway defers (definitions E6): every rule that applies, and '
	'the first of them is the headline. A lookup counts as it was last made; one that is stale says '
	'so. Parameters as of stream_impact.';

-- All streams that were deferred, each with its window.
CREATE OR REPLACE VIEW ruadb.deferred_stream WITH (security_invoker = true) AS
SELECT c.tenant_id, c.source_ip, c.domain AS organizational_domain,
	coalesce(w.family, c.gateway) AS gateway_family,
	min(c.first_deferred_at) AS first_deferred_at, max(c.last_deferred_at) AS last_deferred_at,
	(min(c.first_deferred_at) AT TIME ZONE 'UTC')::date
		- (SELECT ruadb.setting_value('window_before_days'))::int AS window_begin,
	(max(c.last_deferred_at) AT TIME ZONE 'UTC')::date
		+ (SELECT ruadb.setting_value('window_after_days'))::int AS window_end,
	sum(c.affected) AS affected, sum(c.tried) AS tried_on_these_days
FROM ruadb_data.impact_cohort_now c
LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
WHERE c.affected > 0 AND c.domain IS NOT NULL AND c.gateway IS NOT NULL
GROUP BY c.tenant_id, c.source_ip, c.domain, coalesce(w.family, c.gateway);
COMMENT ON VIEW ruadb.deferred_stream IS
	'Streams that a family of gateways deferred: what one source IP sends as one organizational '
	'domain. Functions stream_impact, stream_words and next_step say more of one.';
COMMENT ON COLUMN ruadb.deferred_stream.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.deferred_stream.source_ip IS 'Address it was sent from; NULL: not known.';
COMMENT ON COLUMN ruadb.deferred_stream.organizational_domain IS
	'Organizational domain that it was sent as (definitions E1).';
COMMENT ON COLUMN ruadb.deferred_stream.gateway_family IS 'Family of gateways that deferred it.';
COMMENT ON COLUMN ruadb.deferred_stream.first_deferred_at IS 'First temporary failure that affected.';
COMMENT ON COLUMN ruadb.deferred_stream.last_deferred_at IS 'The last one.';
COMMENT ON COLUMN ruadb.deferred_stream.window_begin IS
	'First UTC day of the window of verdicts (definitions E2).';
COMMENT ON COLUMN ruadb.deferred_stream.window_end IS 'Its last UTC day.';
COMMENT ON COLUMN ruadb.deferred_stream.affected IS 'Affected recipients (definitions D2).';
COMMENT ON COLUMN ruadb.deferred_stream.tried_on_these_days IS
	'Recipients tried in cohorts with affected ones.';

-- Everything about one stream in one row, over a window.
CREATE OR REPLACE FUNCTION ruadb.stream_evidence(source_ip inet, domain text, first date, last date)
	RETURNS TABLE (organizational_domain text, window_begin date, window_end date,
		messages bigint, pass bigint, fail bigint, unknown bigint, failing boolean,
		reason text, last_day date, families jsonb, gateways jsonb, accepted bigint,
		tried bigint, affected bigint, top_reply text, top_reply_deliveries bigint,
		unverified_messages bigint, unverified_reports bigint, unverified_senders bigint,
		unverified_sender_messages bigint)
	LANGUAGE sql STABLE AS $$
WITH org AS (
	SELECT ruadb.organizational_domain(lower($2)) AS name
), f AS (
	SELECT jsonb_agg(to_jsonb(f) ORDER BY f.family) AS families, sum(f.accepted) AS accepted
	FROM ruadb.stream_family($1, $2, $3, $4) f
), c AS MATERIALIZED (
	SELECT coalesce(w.family, c.gateway, 'other') AS family, c.cohort_key, c.day, c.tried, c.affected,
		c.directly_deferred, c.affected_accepted, c.affected_expired
	FROM ruadb_data.case_cohort($1, $2, NULL, $3, $4) c
	LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
), g AS (
	SELECT jsonb_agg(jsonb_build_object('gateway_family', x.family, 'tried', x.tried,
			'affected', x.affected, 'directly_deferred', x.directly,
			'accepted_later', x.accepted, 'expired', x.expired)
			ORDER BY x.affected DESC, x.family) AS gateways,
		sum(x.tried) AS tried, sum(x.affected) AS affected
	FROM (SELECT c.family, sum(c.tried) AS tried, sum(c.affected) AS affected,
			sum(c.directly_deferred) AS directly, sum(c.affected_accepted) AS accepted,
			sum(c.affected_expired) AS expired
		FROM c GROUP BY c.family) x
), t AS (
	SELECT t.text, sum(i.deferred + i.suspended) AS deliveries
	FROM c
	JOIN ruadb_data.impact_reply_now i ON i.tenant_id = ruadb.tenant() AND i.day = c.day
		AND i.cohort_key = c.cohort_key AND i.deferred + i.suspended > 0
	JOIN ruadb_data.reply_template t ON t.tenant_id = i.tenant_id
		AND t.template_id = i.template_id AND ruadb.is_affecting(t.category)
	WHERE c.affected > 0
	GROUP BY t.template_id, t.text ORDER BY 2 DESC, 1 LIMIT 1
), u AS (
	SELECT count(*) AS senders, sum(s.messages) AS messages FROM org
	JOIN ruadb.source_class_current s ON s.tenant_id = ruadb.tenant()
		AND s.organizational_domain = org.name AND s.class = 'unverified'
)
SELECT org.name, $3, $4, a.messages, a.pass, a.fail, a.unknown, a.failing, a.reason, a.last_day,
	coalesce(f.families, '[]'), coalesce(g.gateways, '[]'), coalesce(f.accepted, 0)::bigint,
	coalesce(g.tried, 0)::bigint, coalesce(g.affected, 0)::bigint, t.text,
	coalesce(t.deliveries, 0)::bigint, a.unverified_messages, a.unverified_reports, u.senders,
	coalesce(u.messages, 0)::bigint
FROM org
CROSS JOIN f CROSS JOIN g CROSS JOIN u
LEFT JOIN t ON true
CROSS JOIN LATERAL ruadb.stream_authentication($1, $2, $3, $4) a
$$;
COMMENT ON FUNCTION ruadb.stream_evidence(inet, text, date, date) IS
	'What logs and reports know of a stream on the days from first to last (definitions E), one row: '
	'messages to last_day as stream_authentication has them, families as stream_family, what each '
	'family of gateways did, accepted deliveries, the most frequent reply that deferred it, and who '
	'else sends as the domain unverified (view source_class_current). source_ip: NULL for all '
	'addresses that our logs know.';

CREATE OR REPLACE VIEW ruadb.stream_evidence WITH (security_invoker = true) AS
SELECT d.tenant_id, d.source_ip, e.organizational_domain, e.window_begin, e.window_end, e.messages,
	e.pass, e.fail, e.unknown, e.failing, e.reason, e.last_day, e.families, e.gateways,
	e.accepted, e.tried, e.affected, e.top_reply, e.top_reply_deliveries,
	e.unverified_messages, e.unverified_reports, e.unverified_senders,
	e.unverified_sender_messages, d.first_deferred_at, d.last_deferred_at
FROM (
	SELECT s.tenant_id, s.source_ip, s.organizational_domain,
		min(s.first_deferred_at) AS first_deferred_at,
		max(s.last_deferred_at) AS last_deferred_at, min(s.window_begin) AS window_begin,
		max(s.window_end) AS window_end
	FROM ruadb.deferred_stream s
	WHERE s.tenant_id = ruadb.tenant() AND s.source_ip IS NOT NULL
	GROUP BY s.tenant_id, s.source_ip, s.organizational_domain
) d
CROSS JOIN LATERAL ruadb.stream_evidence(d.source_ip, d.organizational_domain, d.window_begin,
	d.window_end) e;
COMMENT ON VIEW ruadb.stream_evidence IS
	'One row a stream that was deferred: what function stream_evidence says of it, over its window '
	'(definitions E2). Ask for one domain.';
COMMENT ON COLUMN ruadb.stream_evidence.tenant_id IS 'Whose data; that of the session.';
COMMENT ON COLUMN ruadb.stream_evidence.source_ip IS 'Address it was sent from.';
COMMENT ON COLUMN ruadb.stream_evidence.organizational_domain IS
	'Organizational domain that it was sent as (definitions E1).';
COMMENT ON COLUMN ruadb.stream_evidence.window_begin IS 'First UTC day of the window.';
COMMENT ON COLUMN ruadb.stream_evidence.window_end IS 'Last UTC day of the window.';
COMMENT ON COLUMN ruadb.stream_evidence.messages IS
	'Messages on settled days, of verified and local reports, without forwarded ones.';
COMMENT ON COLUMN ruadb.stream_evidence.pass IS 'Of these, dmarc_pass true.';
COMMENT ON COLUMN ruadb.stream_evidence.fail IS 'Of these, dmarc_pass false.';
COMMENT ON COLUMN ruadb.stream_evidence.unknown IS 'Of these, dmarc_pass NULL.';
COMMENT ON COLUMN ruadb.stream_evidence.failing IS
	'Authentication is failing (definitions E6); NULL: not measured, which is never a pass.';
COMMENT ON COLUMN ruadb.stream_evidence.reason IS 'The same in words, with its numbers.';
COMMENT ON COLUMN ruadb.stream_evidence.last_day IS 'Last day of these messages; NULL: there are none.';
COMMENT ON COLUMN ruadb.stream_evidence.families IS
	'By family of reporters: rows of function stream_family.';
COMMENT ON COLUMN ruadb.stream_evidence.gateways IS
	'By family of gateways: recipients tried, affected, directly deferred, accepted later, expired.';
COMMENT ON COLUMN ruadb.stream_evidence.accepted IS 'Deliveries that receivers accepted, by our logs.';
COMMENT ON COLUMN ruadb.stream_evidence.tried IS 'Recipients tried (definitions D2).';
COMMENT ON COLUMN ruadb.stream_evidence.affected IS 'Of these, affected.';
COMMENT ON COLUMN ruadb.stream_evidence.top_reply IS
	'Template of the reply that deferred most deliveries.';
COMMENT ON COLUMN ruadb.stream_evidence.top_reply_deliveries IS 'How many it deferred.';
COMMENT ON COLUMN ruadb.stream_evidence.unverified_messages IS
	'Messages in reports that nobody vouches for; in none of the figures before.';
COMMENT ON COLUMN ruadb.stream_evidence.unverified_reports IS 'How many reports those are.';
COMMENT ON COLUMN ruadb.stream_evidence.unverified_senders IS
	'Sources that send as the domain unverified: view source_class_current.';
COMMENT ON COLUMN ruadb.stream_evidence.unverified_sender_messages IS 'Messages of those.';
COMMENT ON COLUMN ruadb.stream_evidence.first_deferred_at IS 'First temporary failure that affected.';
COMMENT ON COLUMN ruadb.stream_evidence.last_deferred_at IS 'The last one.';

-- Do our logs hold all that our declared streams sent on these days (E5)?
CREATE OR REPLACE FUNCTION ruadb.logs_complete(first date, last date)
	RETURNS TABLE (complete boolean, reason text) LANGUAGE sql STABLE AS $$
SELECT count(*) > 0 AND bool_and(s.problem IS NULL),
	CASE WHEN count(*) = 0 THEN 'no [source] is declared'
		ELSE string_agg(s.name || ': ' || s.problem, '; ' ORDER BY s.name) END
FROM (
	SELECT l.name, CASE WHEN NOT l.complete THEN 'not declared complete'
		WHEN count(h.host_id) = 0 THEN 'no log of it was read'
		WHEN bool_or(h.oldest_at > $1::timestamp AT TIME ZONE 'UTC'
			OR h.newest_at < $2::timestamp AT TIME ZONE 'UTC')
			THEN 'its logs do not reach from ' || $1 || ' to ' || $2
		WHEN count(h.host_id) < cardinality(l.hosts)
			THEN 'logs of ' || count(h.host_id) || ' of its ' || cardinality(l.hosts) || ' hosts'
		END AS problem
	FROM ruadb_data.log_source l
	LEFT JOIN ruadb_data.log_host h ON h.tenant_id = l.tenant_id AND h.source = l.name
	WHERE l.tenant_id = ruadb.tenant()
	GROUP BY l.tenant_id, l.name, l.complete, l.hosts
) s
$$;
COMMENT ON FUNCTION ruadb.logs_complete(date, date) IS
	'Whether our logs hold all that our streams sent from first to last (definitions E5): every '
	'[source] of the configuration is declared complete, and logs of all its hosts reach over these '
	'days. reason: what is missing.';
