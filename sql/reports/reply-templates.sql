-- title: Replies with their variable parts taken out, and what they mean, most recipients first
-- about: One row a reply at a gateway: temporary failures and bounces. recipients: by cohort day, each
-- about: once; one with several replies is in a row for each, so don't add rows up. deferred:
-- about: deliveries that got it by a real attempt; suspended: only by lines that repeat it. counts_as:
-- about: whether it makes a recipient affected (D2); -: no temporary failure. status_meaning: of the
-- about: enhanced code (RFC 3463).
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: until date default all Only days up to this one
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: gateway text default all Only this gateway or family: proofpoint
-- param: category text default all Only this category
-- param: limit integer default all At most that many rows
-- Live days are computed by functions: once each, not for each row of the other side.
WITH r AS MATERIALIZED (
	SELECT * FROM ruadb_data.impact_reply_now n
	WHERE n.tenant_id = tenant() AND (:since IS NULL OR n.day >= :since)
		AND (:until IS NULL OR n.day <= :until)
), i AS MATERIALIZED (
	SELECT n.tenant_id, n.cohort_key, n.day, n.gateway FROM impact n
	WHERE n.tenant_id = tenant() AND (:since IS NULL OR n.day >= :since)
		AND (:until IS NULL OR n.day <= :until)
		AND (:domain IS NULL OR n.domain = (SELECT organizational_domain(:domain)))
		AND (:ip IS NULL OR n.source_ip = :ip)
		AND (:gateway IS NULL OR :gateway IN (n.gateway, n.gateway_family))
)
SELECT coalesce(i.gateway, '(no gateway known)') AS gateway, t.smtp_code, t.enhanced, t.category,
	CASE WHEN sum(r.deferred + r.suspended) = 0 THEN '-' WHEN t.affecting THEN 'affected'
		ELSE 'temporary failure' END AS counts_as,
	sum(r.recipients) AS recipients, sum(r.deferred) AS deferred, sum(r.suspended) AS suspended,
	sum(r.bounced) AS bounced, t.text,
	coalesce(t.meaning, m.meaning) AS meaning, m.name AS status_meaning, t.matched AS known_by,
	t.rule, t.truncated, min(r.first_at) AS first_at, max(r.last_at) AS last_at
FROM r
JOIN i ON i.tenant_id = r.tenant_id AND i.cohort_key = r.cohort_key AND i.day = r.day
JOIN reply_template t ON t.tenant_id = r.tenant_id AND t.template_id = r.template_id
LEFT JOIN status_code m ON m.code = 'X' || substr(t.enhanced, 2)
WHERE (:category IS NULL OR t.category = :category)
GROUP BY i.gateway, t.template_id, t.smtp_code, t.enhanced, t.category, t.affecting, t.text,
	t.meaning, m.meaning, m.name, t.matched, t.rule, t.truncated
ORDER BY sum(r.recipients) DESC, t.text, gateway
LIMIT :limit
