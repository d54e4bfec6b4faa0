-- title: Mail that was not delivered at all: expired in the queue, bounced, lost from sight
-- about: One row a gateway family, domain and stream with such recipients, or with some that wait. Deferral
-- about: and non-delivery are two things: this is the second. expired_percent is of all that were tried.
-- about: next_expiry: when the first that wait now get older than their queue keeps them, or the cohort
-- about: mature.
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: until date default all Only days up to this one
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: gateway text default all Only this gateway or family: proofpoint
-- param: limit integer default all At most that many rows
SELECT coalesce(i.gateway_family, '(no gateway known)') AS gateway_family, i.domain, i.stream,
	sum(i.expired) AS expired, round(100.0 * sum(i.expired) / nullif(sum(i.tried), 0), 2)
		AS expired_percent,
	sum(i.affected_expired) AS affected_expired, sum(i.bounced) AS bounced,
	sum(i.affected_bounced) AS bounced_after_deferral,
	sum(i.bounced_after_acceptance) AS bounced_after_acceptance, sum(i.pending) AS pending,
	sum(i.lost_sight) AS lost_sight, sum(i.removed_by_admin) AS removed_by_admin,
	sum(i.tried) AS tried, min(i.next_lost_at) AS next_expiry,
	min(i.day) FILTER (WHERE i.expired > 0) AS first_day,
	max(i.day) FILTER (WHERE i.expired > 0) AS last_day,
	CASE WHEN bool_and(i.mature) THEN 'mature' ELSE 'so far' END AS figures_are
FROM impact i
WHERE i.tenant_id = tenant()
	AND (:since IS NULL OR i.day >= :since) AND (:until IS NULL OR i.day <= :until)
	AND (:domain IS NULL OR i.domain = (SELECT organizational_domain(:domain)))
	AND (:ip IS NULL OR i.source_ip = :ip)
	AND (:gateway IS NULL OR :gateway IN (i.gateway, i.gateway_family))
GROUP BY i.gateway_family, i.domain, i.stream
HAVING sum(i.expired + i.bounced + i.lost_sight + i.pending + i.bounced_after_acceptance) > 0
ORDER BY expired DESC, bounced DESC, pending DESC, lost_sight DESC, gateway_family, i.domain, i.stream
LIMIT :limit
