-- title: Streams of ours whose authentication is failing
-- about: What our own logs sent from an address as a domain, and DMARC reports say does not pass: less
-- about: than 98% of at least 100 messages (settings failing_percent, failing_messages), or less than
-- about: 90% on a day (failing_day_percent). Settled days, verified and local reports, without
-- about: forwarded mail. Mend this before anything else.
-- param: since date default 30d First day (UTC), or 30d: that many days back
-- param: domain domain default all Only this domain, by its organizational domain
-- param: ip address default all Only this address
-- evidence: yes
SELECT s.domain, s.source_ip, s.recipients, a.messages, a.pass, a.fail, a.unknown, a.reason,
	a.worst_day, a.last_day, a.unverified_messages
FROM (
	SELECT i.domain, i.source_ip, sum(i.tried) AS recipients
	FROM impact i
	WHERE i.tenant_id = tenant() AND i.source_ip IS NOT NULL AND i.domain IS NOT NULL
		AND (:since IS NULL OR i.day >= :since)
		AND (:domain IS NULL OR i.domain = (SELECT organizational_domain(:domain)))
		AND (:ip IS NULL OR i.source_ip <<= :ip)
	GROUP BY i.domain, i.source_ip
) s
CROSS JOIN LATERAL stream_authentication(s.source_ip, s.domain, coalesce(:since, '1970-01-01'),
	(as_of() AT TIME ZONE 'UTC')::date) a
WHERE a.failing
ORDER BY a.fail DESC, s.domain, s.source_ip
