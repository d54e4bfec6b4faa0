-- title: Override reasons: where receivers did something else than the policy asks, most mail first
-- about: One row for each type, comment, organizational domain and source group (the declared range, or
-- about: /24, /64). none, quarantine and reject: what was done. A record with several reasons is in
-- about: several rows: do not add them up.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH given AS (
	SELECT n.organizational_domain, n.source_ip, n.day, n.messages, n.disposition, n.reporter,
		dmarc_pass(n.dkim_evaluated, n.spf_evaluated) AS pass, w.type, w.comment
	FROM ruadb_data.noted_record n
	CROSS JOIN LATERAL (
		SELECT DISTINCT lower(trim(x ->> 'type')) AS type, nullif(trim(x ->> 'comment'), '') AS comment
		FROM jsonb_array_elements(n.extra -> 'reasons') x
	) w
	WHERE n.tenant_id = tenant() AND n.because = 'reasons' AND n.messages > 0
		AND (:since IS NULL OR n.day >= :since)
		AND (:domain IS NULL OR n.policy_domain = :domain OR n.organizational_domain = :domain)
), grouped AS (
	SELECT g.type, g.comment, g.organizational_domain, coalesce(e.network,
			source_group(g.source_ip)) AS source_group,
		sum(g.messages)::bigint AS messages,
		coalesce(sum(g.messages) FILTER (WHERE g.pass), 0)::bigint AS pass,
		coalesce(sum(g.messages) FILTER (WHERE NOT g.pass), 0)::bigint AS fail,
		coalesce(sum(g.messages) FILTER (WHERE g.disposition IN ('n', 'p')), 0)::bigint AS none,
		coalesce(sum(g.messages) FILTER (WHERE g.disposition = 'q'), 0)::bigint AS quarantine,
		coalesce(sum(g.messages) FILTER (WHERE g.disposition = 'r'), 0)::bigint AS reject,
		count(DISTINCT g.reporter) AS reporters, min(g.day) AS first_day, max(g.day) AS last_day
	FROM given g
	LEFT JOIN LATERAL (SELECT x.network FROM ruadb_data.sender x
		WHERE x.tenant_id = tenant() AND x.network >>= plain_address(g.source_ip)
		ORDER BY masklen(x.network) DESC LIMIT 1) e ON true
	GROUP BY g.type, g.comment, g.organizational_domain, 4
)
SELECT coalesce(g.type, 'no type') AS type, g.comment, g.organizational_domain, g.source_group,
	g.messages, g.pass, g.fail, g.none, g.quarantine, g.reject, g.reporters, g.first_day, g.last_day,
	CASE g.type
		WHEN 'forwarded' THEN 'The receiver knows the source as a forwarder: SPF breaks on the way.'
		WHEN 'mailing_list' THEN 'The receiver takes it for a mailing list, which changes mail.'
		WHEN 'trusted_forwarder' THEN 'The receiver trusts this forwarder, often by ARC.'
		WHEN 'sampled_out' THEN 'pct below 100: the policy was not applied to this part.'
		WHEN 'policy_test_mode' THEN 'The policy is published as a test (t=y) and was not applied.'
		WHEN 'local_policy' THEN 'A rule of the receiver decided, not your policy'
			|| CASE WHEN g.comment ILIKE '%arc=%' THEN ': the ARC chain passed.' ELSE '.' END
		WHEN 'other' THEN 'The receiver says only that something else decided.'
		ELSE CASE WHEN g.type IS NULL THEN 'The receiver gives no type.'
			ELSE 'A type that is in no RFC.' END END AS cause,
	CASE WHEN g.type = 'mailing_list' AND g.fail > 0
			THEN 'None at your side: a list that changes mail should rewrite From: or seal with ARC.'
		WHEN g.type IN ('forwarded', 'trusted_forwarder') AND g.fail > 0
			THEN 'Sign with aligned DKIM, which survives forwarding; nothing to mend at the forwarder.'
		WHEN g.type = 'sampled_out' AND g.fail > 0
			THEN 'With pct=100 this mail is hit: see policy-readiness.'
		WHEN g.type = 'policy_test_mode' AND g.fail > 0
			THEN 'Without t=y this mail is hit: see policy-readiness.'
		WHEN g.fail > 0 AND g.fail = g.none
			THEN 'Do not rely on it: other receivers apply the policy. Mend the sender if it is yours.'
		WHEN g.quarantine + g.reject > 0 AND g.pass > 0
			THEN 'Mail that passes DMARC was held back: ask the receiver why.' END AS fix
FROM grouped g
ORDER BY g.fail DESC, g.messages DESC, g.type, g.comment, g.organizational_domain, g.source_group
LIMIT :limit
