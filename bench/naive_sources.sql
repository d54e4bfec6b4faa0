-- Report sources of a domain from records, without the class of each.
SELECT source_ip, policy_domain, sum(messages) AS messages,
	coalesce(sum(messages) FILTER (WHERE dmarc_pass), 0) AS pass,
	coalesce(sum(messages) FILTER (WHERE NOT dmarc_pass), 0) AS fail,
	coalesce(sum(messages) FILTER (WHERE dmarc_pass IS NULL), 0) AS unknown,
	coalesce(sum(messages) FILTER (WHERE dkim_evaluated = 'pass'), 0) AS dkim_pass,
	coalesce(sum(messages) FILTER (WHERE spf_evaluated = 'pass'), 0) AS spf_pass,
	coalesce(sum(messages) FILTER (WHERE disposition = 'quarantine'), 0) AS quarantine,
	coalesce(sum(messages) FILTER (WHERE disposition = 'reject'), 0) AS reject,
	count(DISTINCT reporter) AS reporters, min(day) AS first_day, max(day) AS last_day
FROM record_on_day
WHERE counted AND messages > 0
	AND (policy_domain = :'domain' OR organizational_domain = :'domain')
GROUP BY source_ip, policy_domain
ORDER BY fail DESC, messages DESC, source_ip, policy_domain
