-- title: Evidence about deferrals
-- about: What our mail servers' logs and receivers' DMARC reports say of one domain at one gateway, for
-- about: a ticket. Days are those of cohorts: from the first affected to the last, or those asked for.
-- param: domain domain The domain in From; its organizational domain counts
-- param: gateway text The gateway, or family of gateways, that defers: proofpoint
-- param: ip address default all Only mail from this address of ours
-- param: since date default all First day (UTC), or 30d: that many days back
-- param: until date default all Last day (UTC)
-- param: samples integer default 5 Messages to name
-- param: limit integer default 20 At most that many replies, and senders
-- evidence: yes
-- queries: yes

-- section: case The case
-- layout: lines
SELECT y.organizational_domain AS domain,
	coalesce(array_to_string(y.addresses, ', '), 'not known') AS source_ip, g.gateways,
	CASE WHEN EXISTS (SELECT FROM stream_delivery(:ip, :domain, :gateway, y.first_day, y.last_day) d
			WHERE y.left_censored > 0 AND d.left_censored
				AND d.first_deferred_at = y.first_deferred_at) THEN 'in data since ' ELSE '' END
		|| to_char(y.first_deferred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
		AS first_observed,
	to_char(y.last_deferred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') AS last_observed,
	y.first_day || ' to ' || y.last_day AS cohort_days,
	coalesce(g.severity || ' (by share ' || g.severity_by_share || ', by outcome '
		|| g.severity_by_outcome || ')', '- (' || coalesce(g.reason, y.no_share) || ')')
		|| CASE WHEN y.so_far THEN ', so far' ELSE '' END AS severity,
	g.affected || ' of ' || g.tried || ' ' || initcap(g.gateway_family)
		|| '-fronted recipients' || coalesce(' (' || g.affected_percent || '%)', '')
		AS affected_there,
	g.affected || ' of ' || g.tried_everywhere || ' of all recipients of these days'
		AS affected_of_all,
	coalesce(g.low_percent || '% to ' || g.high_percent
		|| '%, optimistic: recipients of one domain are not independent', g.reason)
		AS wilson_95,
	CASE WHEN g.small THEN 'yes: no alert, no suggestion' ELSE 'no' END AS small,
	g.directly_deferred || ' by a reply of their own, ' || g.temporary_failure
		|| ' with any temporary failure' AS deferred,
	g.affected_domains || ' of ' || g.domains || ' recipient domains, most of them '
		|| g.top_domain || ' (' || g.top_domain_affected || ')' AS affected_domains,
	g.whose AS whose_decision, g.affected, g.tried, g.tried_everywhere
FROM stream_impact(:ip, :domain, :gateway, :since, :until) y
CROSS JOIN LATERAL gateway_impact(y.first_day, y.last_day, y.organizational_domain, :ip,
	lower(:gateway), NULL) g
WHERE y.affected > 0

-- section: next What to do next
-- layout: words
SELECT CASE WHEN n.headline THEN upper(left(n.step, 1)) || substr(n.step, 2) ELSE n.step END
	|| ' (' || n.rule || '): ' || n.reason AS words, n.place, n.rule, n.step, n.reason
FROM next_step(:ip, :domain, :gateway, :since, :until) n
ORDER BY n.place

-- section: replies Replies, exactly as logged
-- about: Of real attempts of affected deliveries, the most frequent first.
SELECT r.times, r.smtp_code, r.stage, r.category, r.reply, r.first_at, r.last_at, r.deliveries
FROM stream_reply(:ip, :domain, :gateway, :since, :until) r
ORDER BY r.times DESC, r.first_at, r.reply, r.stage
LIMIT :limit

-- section: meaning What they mean
-- layout: words
-- optional: yes
SELECT r.category || ': ' || r.meaning AS words, r.category, r.meaning
FROM stream_reply(:ip, :domain, :gateway, :since, :until) r
WHERE r.meaning IS NOT NULL
GROUP BY r.category, r.meaning
ORDER BY sum(r.times) DESC, r.category

-- section: stage When they were given
-- layout: words
-- optional: yes
SELECT 'Stage ' || r.stage || ', ' || r.times || CASE r.times WHEN 1 THEN ' reply: this reply was'
		ELSE ' replies: these were' END
	|| ' given before the message was seen; authentication can matter only through reputation.'
	AS words, r.stage, r.times
FROM (
	SELECT s.stage, sum(s.times) AS times
	FROM stream_reply(:ip, :domain, :gateway, :since, :until) s
	WHERE s.stage IN ('greeting', 'EHLO', 'STARTTLS', 'MAIL', 'RCPT')
	GROUP BY s.stage
) r
ORDER BY r.times DESC, r.stage

-- section: nat Another address in the reply
-- about: The reply names another source address than our log: address translation, or a wrong map.
-- optional: yes
SELECT r.reply_ip, sum(r.other_ip) AS attempts, min(r.first_at) AS first_at, max(r.last_at) AS last_at
FROM stream_reply(:ip, :domain, :gateway, :since, :until) r
WHERE r.other_ip > 0
GROUP BY r.reply_ip
ORDER BY 2 DESC, 1

-- section: outcomes What became of the affected recipients
SELECT o.outcome, o.recipients
FROM stream_impact(:ip, :domain, :gateway, :since, :until) y
CROSS JOIN LATERAL (VALUES (1, 'accepted later by the gateway', y.accepted_later),
	(2, 'expired in the queue', y.expired), (3, 'bounced', y.bounced),
	(4, 'bounced after acceptance', y.bounced_after_acceptance), (5, 'pending', y.pending),
	(6, 'lost from sight', y.lost_sight), (7, 'removed by an administrator', y.removed))
	AS o (place, outcome, recipients)
WHERE o.recipients > 0
ORDER BY o.place

-- section: retries Retries and time in deferral of affected recipients
-- layout: lines
SELECT r.median AS retries_median, r.p90 AS retries_p90,
	w.median AS time_in_deferral_median_at_least, w.p90 AS time_in_deferral_p90_at_least
FROM (
	SELECT min(x.retries) FILTER (WHERE 2 * x.so_far >= x.total) AS median,
		min(x.retries) FILTER (WHERE 10 * x.so_far >= 9 * x.total) AS p90
	FROM (SELECT h.retries, sum(h.recipients) OVER (ORDER BY h.retries) AS so_far,
			sum(h.recipients) OVER () AS total
		FROM stream_retries(:ip, :domain, :gateway, :since, :until) h) x
) r
CROSS JOIN (
	SELECT min(x.waited) FILTER (WHERE 2 * x.so_far >= x.total) AS median,
		min(x.waited) FILTER (WHERE 10 * x.so_far >= 9 * x.total) AS p90
	FROM (SELECT h.waited, sum(h.recipients) OVER (ORDER BY h.waited) AS so_far,
			sum(h.recipients) OVER () AS total
		FROM stream_waiting(:ip, :domain, :gateway, :since, :until) h) x
) w
WHERE r.median IS NOT NULL

-- section: histogram How often they were tried again
-- about: With left-censored deliveries: at least as often.
SELECT r.retries || CASE WHEN r.up_to IS NULL THEN ' or more' WHEN r.up_to > r.retries
	THEN ' to ' || r.up_to ELSE '' END AS retries, r.recipients, r.accepted AS accepted_later
FROM stream_retries(:ip, :domain, :gateway, :since, :until) r
ORDER BY r.retries

-- section: samples Messages
SELECT s.no, s.message_id, s.recipient_domain, s.state,
	CASE WHEN s.left_censored THEN '>= ' ELSE '' END || s.retries AS retries,
	s.first_deferred_at, s.last_at, s.campaign, s.queue_id
FROM stream_sample(:ip, :domain, :gateway, :since, :until, :samples) s
ORDER BY s.no

-- section: history Their history
SELECT s.no, a.at, a.kind, a.outcome, a.stage, coalesce(a.peer_host, host(a.peer_ip)) AS peer, a.reply
FROM stream_sample(:ip, :domain, :gateway, :since, :until, :samples) s
JOIN attempt a ON a.tenant_id = tenant() AND a.delivery_id = s.delivery_id
	AND a.day BETWEEN s.day AND (s.last_at AT TIME ZONE 'UTC')::date
ORDER BY s.no, a.at, a.kind

-- section: authentication Authentication, by DMARC reports
-- layout: words
SELECT w.words, w.about, w.scope
FROM stream_words(:ip, :domain, :gateway, :since, :until) w
ORDER BY w.no

-- section: families The same by family of reporters
-- about: Messages on settled days of verified and local reports; pass and fail as they evaluated,
-- about: dkim_pass and spf_pass raw, aligned as recomputed. accepted: by our logs.
SELECT f.family, f.messages, f.pass, f.fail, f.unknown, f.dkim_pass, f.spf_pass, f.dkim_aligned,
	f.spf_aligned, f.last_day, f.accepted, f.volume
FROM stream_impact(:ip, :domain, :gateway, :since, :until) y
CROSS JOIN LATERAL stream_family(:ip, :domain, y.window_begin, y.window_end) f
ORDER BY f.messages DESC, f.accepted DESC, f.family

-- section: unverified Who else sends as the domain, unverified
SELECT c.source_group, c.messages, c.pass, c.fail, c.reporters, c.first_day, c.last_day, c.thin
FROM source_class_current c
WHERE c.tenant_id = tenant() AND c.organizational_domain = organizational_domain(:domain)
	AND c.class = 'unverified'
ORDER BY c.messages DESC, c.source_group
LIMIT :limit

-- section: lookups What was looked up by hand
SELECT l.kind, l.source_ip, l.domain, l.list, l.value, l.checker, l.checked_at, l.stale
FROM lookup l
CROSS JOIN stream_impact(:ip, :domain, :gateway, :since, :until) y
WHERE l.tenant_id = tenant() AND (l.source_ip = ANY (y.addresses) OR l.source_ip = :ip
	OR l.source_ip IS NULL AND organizational_domain(l.domain) = y.organizational_domain)
ORDER BY l.checked_at DESC, l.lookup_id DESC
