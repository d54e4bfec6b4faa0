-- title: Nothing bounces, but much is deferred: what bounce reports don't show, worst first
-- about: One row a gateway family, domain and address at which no recipient got a bounce and none expired,
-- about: though at least 5% of them were affected by temporary failures. Whoever only counts bounces sees
-- about: nothing here. small: fewer than 30 recipients.
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: until date default all Only days up to this one
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: gateway text default all Only this gateway or family: proofpoint
-- param: limit integer default all At most that many rows
SELECT coalesce(i.gateway_family, '(no gateway known)') AS gateway_family, i.domain, i.source_ip,
	sum(i.share_affected) || ' of ' || sum(i.share_tried) AS affected,
	round(100.0 * sum(i.share_affected) / sum(i.share_tried), 2) AS affected_percent,
	severity_by_share(sum(i.share_affected), sum(i.share_tried)) AS severity_by_share,
	sum(i.affected_accepted) AS accepted_later, sum(i.affected_pending) AS pending,
	sum(i.affected_lost_sight) AS lost_sight, sum(i.bounced + i.expired) AS bounced_or_expired,
	min(i.first_deferred_at) AS first_observed, max(i.last_deferred_at) AS last_observed,
	sum(i.tried) < setting_value('small_recipients') AS small,
	CASE WHEN bool_and(i.mature) THEN 'mature' ELSE 'so far' END AS figures_are
FROM impact i
WHERE i.tenant_id = tenant()
	AND (:since IS NULL OR i.day >= :since) AND (:until IS NULL OR i.day <= :until)
	AND (:domain IS NULL OR i.domain = (SELECT organizational_domain(:domain)))
	AND (:ip IS NULL OR i.source_ip = :ip)
	AND (:gateway IS NULL OR :gateway IN (i.gateway, i.gateway_family))
GROUP BY i.gateway_family, i.domain, i.source_ip
HAVING sum(i.bounced + i.expired + i.bounced_after_acceptance) = 0 AND sum(i.share_tried) > 0
	AND 100 * sum(i.share_affected) >= 5 * sum(i.share_tried)
ORDER BY sum(i.share_affected) DESC, gateway_family, i.domain, i.source_ip
LIMIT :limit
