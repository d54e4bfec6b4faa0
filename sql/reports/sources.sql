-- title: Senders by pass and fail, worst first
-- about: Who sends as your domains: one row an address and policy domain. A message passes DMARC by
-- about: aligned DKIM (dkim_pass) or aligned SPF (spf_pass) or both. quarantine and reject: what the
-- about: receivers did. class: what kind of source its network is, over the last 30 settled days:
-- about: authorised (verified), misconfigured, forwarder, unverified; - if it sent nothing then. As of
-- about: the last refresh.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH days AS MATERIALIZED (
	SELECT s.source_ip, s.policy_domain, s.organizational_domain, s.day, s.messages, s.pass, s.fail,
		s.unknown, s.dkim_pass, s.spf_pass, s.quarantine, s.reject, s.reporters
	FROM source_on_day s
	WHERE s.tenant_id = tenant()
		AND (:since IS NULL OR s.day >= :since)
		AND (:domain IS NULL OR s.policy_domain = :domain OR s.organizational_domain = :domain)
), reporters AS (
	SELECT r.source_ip, r.policy_domain, count(*) AS reporters
	FROM (SELECT DISTINCT d.source_ip, d.policy_domain, unnest(d.reporters) FROM days d) r
	GROUP BY r.source_ip, r.policy_domain
), by_source AS (
	SELECT source_ip, policy_domain, organizational_domain,
		min(day) AS first_day, max(day) AS last_day,
		ruadb_data.total(messages) AS messages, ruadb_data.total(pass) AS pass,
		ruadb_data.total(fail) AS fail, ruadb_data.total(unknown) AS unknown,
		ruadb_data.total(dkim_pass) AS dkim_pass, ruadb_data.total(spf_pass) AS spf_pass,
		ruadb_data.total(quarantine) AS quarantine, ruadb_data.total(reject) AS reject
	FROM days
	GROUP BY source_ip, policy_domain, organizational_domain
), picked AS MATERIALIZED (
	SELECT b.*, coalesce(n.address, source_group(b.source_ip)) AS source_group
	FROM by_source b
	LEFT JOIN LATERAL (SELECT x.address FROM sender x
		WHERE x.tenant_id = tenant() AND x.address >>= b.source_ip
		ORDER BY masklen(x.address) DESC LIMIT 1) n ON true
	ORDER BY b.fail DESC, b.messages DESC, b.source_ip, b.policy_domain
	LIMIT :limit
)
SELECT p.source_ip, p.policy_domain, p.messages, p.pass, p.fail, p.unknown,
	round(100.0 * p.pass / nullif(p.pass + p.fail, 0), 1) AS pass_percent, c.class, c.sender,
	p.dkim_pass, p.spf_pass, p.quarantine, p.reject, n.reporters, p.first_day, p.last_day
FROM picked p
LEFT JOIN reporters n USING (source_ip, policy_domain)
LEFT JOIN source_class_current c ON c.tenant_id = tenant()
	AND c.organizational_domain = p.organizational_domain AND c.source_group = p.source_group
	AND (:domain IS NULL OR c.organizational_domain = organizational_domain(:domain))
ORDER BY p.fail DESC, p.messages DESC, p.source_ip, p.policy_domain
