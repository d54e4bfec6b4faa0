-- title: Sources that reports show and our logs don't
-- about: Who sends as our domains by DMARC reports, but not by the logs we have. That it is not ours
-- about: is said only if all streams declared as [source] are complete in the logs for the whole
-- about: window of the classes; else the words are: not in the logs we have.
-- param: domain domain default all Only this domain, by its organizational domain
-- param: limit integer default 100 At most that many rows
-- evidence: yes
SELECT c.organizational_domain, c.source_group, c.messages, c.pass, c.fail, c.class, c.sender,
	CASE WHEN c.sender IS NOT NULL THEN 'declared as ' || c.sender || ', not in the logs we have'
		WHEN l.complete THEN 'reported but not ours' ELSE 'not in the logs we have' END AS verdict,
	CASE WHEN c.sender IS NULL AND NOT l.complete THEN l.reason END AS why, c.first_day, c.last_day
FROM source_class_current c
CROSS JOIN LATERAL logs_complete(c.window_begin, c.window_end) l
WHERE c.tenant_id = tenant()
	AND (:domain IS NULL OR c.organizational_domain = organizational_domain(:domain))
	AND NOT EXISTS (SELECT FROM impact i WHERE i.tenant_id = c.tenant_id
		AND i.domain = c.organizational_domain AND i.source_ip <<= c.source_group
		AND i.day BETWEEN c.window_begin AND c.window_end)
ORDER BY c.messages DESC, c.organizational_domain, c.source_group
LIMIT :limit
