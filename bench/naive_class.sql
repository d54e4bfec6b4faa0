-- The classes of sources from records: the sums and rules of report unverified-senders over the
-- same settled days, in one pass. Nothing is declared here. domain: an organizational domain, or
-- empty for all. Alignment and keys are read as ingest stored them: to look at each result takes minutes.
-- The days first, so that other months are not read.
SELECT max(day) AS last_day, max(day) - 30 AS before_first
FROM report
WHERE counted AND (:'domain' = '' OR policy_domain = :'domain')
	AND day < settled_before(make_interval(hours => setting_value('lag_hours')::int))
\gset
WITH mail AS (
	SELECT d.name AS policy_domain, source_group(c.source_ip) AS source_group, c.reporter_id,
		c.dkim_id, sum(c.messages) AS messages,
		sum(c.messages) FILTER (WHERE c.dmarc_pass) AS pass,
		sum(c.messages) FILTER (WHERE NOT c.dmarc_pass) AS fail,
		sum(c.messages) FILTER (WHERE c.spf_pass) AS spf_pass,
		sum(c.messages) FILTER (WHERE c.dkim_pass AND NOT c.spf_pass) AS dkim_only,
		sum(c.messages) FILTER (WHERE c.forwarded) AS forwarded,
		sum(c.messages) FILTER (WHERE c.linked) AS linked,
		sum(c.messages) FILTER (WHERE c.disposition = 'q') AS quarantine,
		sum(c.messages) FILTER (WHERE c.disposition = 'r') AS reject
	FROM ruadb_data.source_record c
	JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	WHERE c.day > :'before_first' AND c.day <= :'last_day'
		AND (:'domain' = '' OR d.name = :'domain')
	GROUP BY 1, 2, 3, 4
), by_key AS (
	SELECT policy_domain, source_group, reporter_id, dkim_id, messages, pass, fail, spf_pass,
		dkim_only, forwarded, linked, quarantine, reject,
		sum(messages) OVER (PARTITION BY policy_domain, dkim_id) AS of_key,
		sum(messages) OVER (PARTITION BY policy_domain, dkim_id, source_group) AS of_group
	FROM mail
), sums AS (
	SELECT policy_domain, source_group, sum(messages) AS messages, coalesce(sum(pass), 0) AS pass,
		coalesce(sum(fail), 0) AS fail, coalesce(sum(spf_pass), 0) AS spf_pass,
		greatest(coalesce(sum(forwarded), 0), coalesce(sum(dkim_only)
			FILTER (WHERE dkim_id IS NOT NULL AND 100 * of_group < 5 * of_key), 0)) AS forwarded,
		coalesce(sum(linked), 0) AS linked, coalesce(sum(quarantine), 0) AS quarantine,
		coalesce(sum(reject), 0) AS reject, count(DISTINCT reporter_id) AS reporters
	FROM by_key
	GROUP BY policy_domain, source_group
)
SELECT policy_domain, source_group, messages, quarantine, reject, reporters
FROM sums
WHERE CASE WHEN forwarded > 0 AND 100 * forwarded >= 5 * messages AND 100 * spf_pass < 50 * messages
		THEN false -- a forwarder
	WHEN pass > 0 AND 100 * pass >= 5 * (pass + fail) THEN false -- authorised, misconfigured
	ELSE NOT (linked > 0 AND 100 * linked >= 5 * messages) END
ORDER BY messages DESC, policy_domain, source_group
LIMIT 100
