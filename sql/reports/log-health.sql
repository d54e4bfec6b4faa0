-- title: How well logs are read: hosts, files, and lines that can't be read
-- about: host: one row a mail server; events of it, its first and last line, and what its log lacks: days
-- about: without any line, and days without observed acceptances, of which no share is given (C5). file:
-- about: one row a log that was read, lines = events + skipped + unreadable; repeated: events that were
-- about: known from another file. unreadable: lines that matter and can't be read, one row a file and
-- about: reason, with one of them. Last ones first, but unreadable before all.
-- param: limit integer default all At most that many rows
WITH days AS (
	SELECT c.host_id, sum(c.events) AS events, count(*) AS days,
		count(*) FILTER (WHERE NOT c.carries_accepted) AS biased,
		max(c.day) - min(c.day) + 1 - count(*) AS missing,
		concat_ws(', ', CASE WHEN bool_or(c.carries_accepted) THEN 'accepted' END,
			CASE WHEN bool_or(c.carries_deferred) THEN 'deferred' END,
			CASE WHEN bool_or(c.carries_bounced) THEN 'bounced' END,
			CASE WHEN bool_or(c.carries_suspended) THEN 'suspended' END,
			CASE WHEN bool_or(c.carries_expired) THEN 'expired' END) AS carries
	FROM log_coverage c
	WHERE c.tenant_id = tenant()
	GROUP BY c.host_id
), listed AS (
	SELECT 1 AS place, 'unreadable' AS what, i.item AS name, u.reason AS detail, u.lines,
		NULL::bigint AS events, NULL::bigint AS skipped, u.lines AS unreadable,
		NULL::bigint AS repeated, NULL::timestamptz AS first_at, u.last_at, u.sample AS note
	FROM ruadb_data.log_unreadable u
	LEFT JOIN ruadb_data.log_item i ON i.tenant_id = u.tenant_id AND i.item_key = u.item_key
	WHERE u.tenant_id = tenant()
	UNION ALL
	SELECT 2, 'host', h.host, concat_ws(', ', h.system, 'source ' || h.source,
			'zone ' || s.zone, CASE WHEN h.complete THEN 'complete' END), NULL,
		coalesce(d.events, 0)::bigint, NULL, NULL, NULL, h.oldest_at, h.newest_at,
		concat_ws('; ', 'carries ' || nullif(d.carries, ''),
			CASE WHEN d.missing > 0 THEN d.missing || ' days without a line' END,
			CASE WHEN d.biased > 0 THEN d.biased || ' of ' || d.days
				|| ' days without accepted deliveries: no share' END)
	FROM log_host h
	LEFT JOIN days d ON d.host_id = h.host_id
	LEFT JOIN ruadb_data.log_source s ON s.tenant_id = h.tenant_id AND s.name = h.source
	WHERE h.tenant_id = tenant()
	UNION ALL
	SELECT 3, 'file', i.item, NULL, i.lines, i.events, i.skipped, i.unreadable, i.repeated, NULL,
		i.last_at, CASE WHEN i.lines > 0 AND i.events = 0 THEN 'no line of a delivery in it' END
	FROM ruadb_data.log_item i
	WHERE i.tenant_id = tenant()
)
SELECT what, name, detail, lines, events, skipped, unreadable, repeated, first_at, last_at, note
FROM listed
ORDER BY place, last_at DESC NULLS LAST, name, detail
LIMIT :limit
