-- title: What the figures stand on
-- about: The foot line of reports with "evidence: yes": the instant they are of, the last settled
-- about: day, reporters seen in the class window and expected there, and what comes from reports that
-- about: nobody vouches for.
-- param: domain domain default all Only the organizational domain of this one
SELECT as_of() AS as_of,
	(SELECT max(w.window_end) FROM class_window w WHERE w.tenant_id = tenant()
		AND (:domain IS NULL OR w.organizational_domain = organizational_domain(:domain)))
		AS last_settled_day,
	count(DISTINCT c.reporter) FILTER (WHERE c.in_window) AS reporters_seen,
	count(DISTINCT c.reporter) FILTER (WHERE c.expected) AS reporters_expected,
	coalesce(sum(c.unverified_messages), 0)::bigint AS unverified_messages,
	coalesce(sum(c.unverified_reports), 0)::bigint AS unverified_reports
FROM reporter_coverage c
WHERE c.tenant_id = tenant()
	AND (:domain IS NULL OR c.organizational_domain = organizational_domain(:domain))
