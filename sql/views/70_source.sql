-- The rollup by source (migration 0003: live_day, source_day) and what reads it. A (domain, day) is
-- read from source_day, or, while it is in live_day, from its records: the sums are the same.

-- One row a record that lies whole on a day, as the rollup adds it up; also of reports that do not
-- count.
CREATE OR REPLACE VIEW ruadb_data.source_of_record WITH (security_invoker = true) AS
SELECT c.tenant_id, c.report_id, c.domain_id, c.day, c.source_ip, c.messages,
	ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated) AS dmarc_pass,
	c.dkim_evaluated = 'p' AS dkim_pass,
	-- NULL where it was not told: that is not a fail
	CASE WHEN c.spf_evaluated <> '-' THEN c.spf_evaluated = 'p' END AS spf_pass,
	(c.dkim_aligned IN ('p', 'l') OR c.spf_aligned IN ('p', 'l')) IS TRUE AS linked,
	ruadb_data.is_forwarded(c.extra) AS forwarded,
	c.disposition,
	ruadb_data.dkim_id(a.domains, a.selectors, c.dkim_key) AS dkim_id,
	ruadb_data.spf_id(a.domains, c.spf_key) AS spf_id,
	lower(a.domains[c.dkim_key]) AS dkim_domain,
	lower(a.selectors[c.dkim_key]) AS dkim_selector,
	lower(a.domains[c.spf_key]) AS spf_domain
FROM ruadb_data.record c
LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
WHERE c.day IS NOT NULL AND c.messages > 0;

-- One row a day of a record that is split over several; with no day if it is too long for any.
CREATE OR REPLACE VIEW ruadb_data.source_record_split WITH (security_invoker = true) AS
SELECT c.tenant_id, c.domain_id, y.day, c.source_ip, coalesce(y.messages, c.messages) AS messages,
	r.reporter_id,
	ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated) AS dmarc_pass,
	c.dkim_evaluated = 'p' AS dkim_pass,
	CASE WHEN c.spf_evaluated <> '-' THEN c.spf_evaluated = 'p' END AS spf_pass,
	(c.dkim_aligned IN ('p', 'l') OR c.spf_aligned IN ('p', 'l')) IS TRUE AS linked,
	ruadb_data.is_forwarded(c.extra) AS forwarded,
	c.disposition,
	ruadb_data.dkim_id(a.domains, a.selectors, c.dkim_key) AS dkim_id,
	ruadb_data.spf_id(a.domains, c.spf_key) AS spf_id,
	lower(a.domains[c.dkim_key]) AS dkim_domain,
	lower(a.selectors[c.dkim_key]) AS dkim_selector,
	lower(a.domains[c.spf_key]) AS spf_domain
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
LEFT JOIN ruadb_data.record_day y ON y.tenant_id = c.tenant_id AND y.report_id = c.report_id
	AND y.record_no = c.record_no
LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
WHERE c.day IS NULL AND c.messages > 0;

-- One row a counted record and day it lies on.
CREATE OR REPLACE VIEW ruadb_data.source_record WITH (security_invoker = true) AS
SELECT c.tenant_id, c.domain_id, c.day, c.source_ip, c.messages, r.reporter_id, c.dmarc_pass,
	c.dkim_pass, c.spf_pass, c.linked, c.forwarded, c.disposition, c.dkim_id, c.spf_id
FROM ruadb_data.source_of_record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
UNION ALL
SELECT c.tenant_id, c.domain_id, c.day, c.source_ip, c.messages, c.reporter_id, c.dmarc_pass,
	c.dkim_pass, c.spf_pass, c.linked, c.forwarded, c.disposition, c.dkim_id, c.spf_id
FROM ruadb_data.source_record_split c;

-- What a domain's sources sent on the days from first to last. settled: of a day that is rolled up
-- every reporter's lag is over; of a live one it is looked at. A function, since PostgreSQL puts it
-- in place like a view, and then each part begins at its index with this domain and these days;
-- a view's parts it would read whole and join afterwards. Call it with columns or constants, never
-- with a sub-select as an argument: then it is not put in place.
CREATE OR REPLACE FUNCTION ruadb_data.source_days(tenant bigint, domain bigint, first date,
	last date) RETURNS TABLE (tenant_id bigint, domain_id bigint, day date, source_ip inet, messages bigint,
		fail bigint, unknown bigint, dkim_pass bigint, spf_pass bigint, dkim_only bigint,
		forwarded bigint, linked bigint, quarantine bigint, reject bigint, dkim_id bigint,
		spf_id bigint, records integer, reporters bigint[], settled boolean,
		dkim_domain text, dkim_selector text, spf_domain text)
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT s.tenant_id, s.domain_id, s.day, s.source_ip, s.messages, s.fail, s.unknown, s.dkim_pass,
	s.spf_pass, s.dkim_only, s.forwarded, s.linked, s.quarantine, s.reject, s.dkim_id, s.spf_id,
	s.records, s.reporters, true, k.domain, k.selector, f.domain
FROM ruadb_data.source_day s
LEFT JOIN ruadb_data.source_identity k ON k.tenant_id = s.tenant_id AND k.id = s.dkim_id
LEFT JOIN ruadb_data.source_identity f ON f.tenant_id = s.tenant_id AND f.id = s.spf_id
WHERE s.tenant_id = $1 AND s.domain_id = $2 AND s.day BETWEEN $3 AND $4
	AND NOT EXISTS (SELECT FROM ruadb_data.live_day l WHERE l.tenant_id = $1
		AND l.domain_id = $2 AND l.day = s.day AND l.day BETWEEN $3 AND $4)
UNION ALL
SELECT c.tenant_id, c.domain_id, c.day, c.source_ip, c.messages,
	CASE WHEN NOT c.dmarc_pass THEN c.messages END,
	CASE WHEN c.dmarc_pass IS NULL THEN c.messages END,
	CASE WHEN c.dkim_pass THEN c.messages END,
	CASE WHEN c.spf_pass THEN c.messages END,
	CASE WHEN c.dkim_pass AND NOT c.spf_pass THEN c.messages END,
	CASE WHEN c.forwarded THEN c.messages END,
	CASE WHEN c.linked THEN c.messages END,
	CASE WHEN c.disposition = 'q' THEN c.messages END,
	CASE WHEN c.disposition = 'r' THEN c.messages END,
	c.dkim_id, c.spf_id, 1, ARRAY[o.name_hash],
	c.day < ruadb.settled_before(o.lag),
	c.dkim_domain, c.dkim_selector, c.spf_domain
-- OFFSET 0: a day's records are read once, by themselves. Else the planner, which takes one domain's
-- reports for few, reads all of a day's records once a report.
FROM (SELECT DISTINCT x.day FROM ruadb_data.live_day x WHERE x.tenant_id = $1
	AND x.domain_id = $2 AND x.day BETWEEN $3 AND $4) l
CROSS JOIN LATERAL (SELECT s.* FROM ruadb_data.source_of_record s WHERE s.tenant_id = $1
	AND s.domain_id = $2 AND s.day = l.day OFFSET 0) c
JOIN ruadb_data.report r ON r.tenant_id = $1 AND r.report_id = c.report_id AND r.counted
JOIN ruadb_data.reporter_of o ON o.tenant_id = $1 AND o.reporter_id = r.reporter_id
UNION ALL
SELECT c.tenant_id, c.domain_id, c.day, c.source_ip, c.messages,
	CASE WHEN NOT c.dmarc_pass THEN c.messages END,
	CASE WHEN c.dmarc_pass IS NULL THEN c.messages END,
	CASE WHEN c.dkim_pass THEN c.messages END,
	CASE WHEN c.spf_pass THEN c.messages END,
	CASE WHEN c.dkim_pass AND NOT c.spf_pass THEN c.messages END,
	CASE WHEN c.forwarded THEN c.messages END,
	CASE WHEN c.linked THEN c.messages END,
	CASE WHEN c.disposition = 'q' THEN c.messages END,
	CASE WHEN c.disposition = 'r' THEN c.messages END,
	c.dkim_id, c.spf_id, 1, ARRAY[o.name_hash],
	c.day < ruadb.settled_before(o.lag),
	c.dkim_domain, c.dkim_selector, c.spf_domain
FROM ruadb_data.source_record_split c
JOIN ruadb_data.reporter_of o ON o.tenant_id = $1 AND o.reporter_id = c.reporter_id
WHERE c.tenant_id = $1 AND c.domain_id = $2 AND c.day BETWEEN $3 AND $4
	AND EXISTS (SELECT FROM ruadb_data.live_day x WHERE x.tenant_id = $1 AND x.domain_id = $2
		AND x.day = c.day AND x.day BETWEEN $3 AND $4);
END;
COMMENT ON FUNCTION ruadb_data.source_days(bigint, bigint, date, date) IS
	'What the sources of a domain sent on each of these days: rolled up, or record by record.';

-- Of reports of more than 31 days, which lie on none.
CREATE OR REPLACE VIEW ruadb_data.source_on_no_day WITH (security_invoker = true) AS
SELECT c.tenant_id, c.domain_id, c.day, c.source_ip, c.messages,
	CASE WHEN NOT c.dmarc_pass THEN c.messages END AS fail,
	CASE WHEN c.dmarc_pass IS NULL THEN c.messages END AS unknown,
	CASE WHEN c.dkim_pass THEN c.messages END AS dkim_pass,
	CASE WHEN c.spf_pass THEN c.messages END AS spf_pass,
	CASE WHEN c.dkim_pass AND NOT c.spf_pass THEN c.messages END AS dkim_only,
	CASE WHEN c.forwarded THEN c.messages END AS forwarded,
	CASE WHEN c.linked THEN c.messages END AS linked,
	CASE WHEN c.disposition = 'q' THEN c.messages END AS quarantine,
	CASE WHEN c.disposition = 'r' THEN c.messages END AS reject,
	c.dkim_id, c.spf_id, 1 AS records, ARRAY[o.name_hash] AS reporters, false AS settled,
	c.dkim_domain, c.dkim_selector, c.spf_domain
FROM ruadb_data.source_record_split c
JOIN ruadb_data.reporter_of o ON o.tenant_id = c.tenant_id AND o.reporter_id = c.reporter_id
WHERE c.day IS NULL;

CREATE OR REPLACE VIEW ruadb_data.source_on_day WITH (security_invoker = true) AS
SELECT s.tenant_id, s.domain_id, s.day, s.source_ip, s.messages, s.fail, s.unknown, s.dkim_pass,
	s.spf_pass, s.dkim_only, s.forwarded, s.linked, s.quarantine, s.reject, s.dkim_id, s.spf_id,
	s.records, s.reporters, s.settled, s.dkim_domain, s.dkim_selector, s.spf_domain,
	d.name AS policy_domain,
	coalesce(d.organizational_domain, d.name) AS organizational_domain, d.is_foreign
FROM ruadb_data.domain d
CROSS JOIN LATERAL ruadb_data.source_days(d.tenant_id, d.domain_id, '-infinity', 'infinity') s
UNION ALL
SELECT s.tenant_id, s.domain_id, s.day, s.source_ip, s.messages, s.fail, s.unknown, s.dkim_pass,
	s.spf_pass, s.dkim_only, s.forwarded, s.linked, s.quarantine, s.reject, s.dkim_id, s.spf_id,
	s.records, s.reporters, s.settled, s.dkim_domain, s.dkim_selector, s.spf_domain,
	d.name, coalesce(d.organizational_domain, d.name), d.is_foreign
FROM ruadb_data.source_on_no_day s
JOIN ruadb_data.domain d ON d.tenant_id = s.tenant_id AND d.domain_id = s.domain_id;

-- Which addresses sent as which domain, and until when: source_seen as it was at the last refresh,
-- and what came since. One or several rows an address and domain; no day: of reports of more than 31.
-- Where an older report counts no longer, source_seen knows too many, and all days are read.
CREATE OR REPLACE VIEW ruadb_data.source_until WITH (security_invoker = true) AS
SELECT s.tenant_id, s.source_ip, s.day, d.name AS policy_domain,
	coalesce(d.organizational_domain, d.name) AS organizational_domain
FROM (
	SELECT n.tenant_id, n.domain_id, n.source_ip, n.last_day AS day
	FROM ruadb_data.source_seen n
	WHERE NOT EXISTS (SELECT FROM ruadb_data.live_day l WHERE l.recount)
	UNION ALL
	SELECT c.tenant_id, c.domain_id, c.source_ip, c.day
	FROM (SELECT DISTINCT x.tenant_id, x.domain_id, x.day FROM ruadb_data.live_day x
		WHERE x.unsettled IS NULL) l
	JOIN ruadb_data.source_of_record c ON c.tenant_id = l.tenant_id
		AND c.domain_id = l.domain_id AND c.day = l.day
	JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id
		AND r.counted
	WHERE NOT EXISTS (SELECT FROM ruadb_data.live_day l WHERE l.recount)
	UNION ALL
	SELECT c.tenant_id, c.domain_id, c.source_ip, c.day
	FROM ruadb_data.source_record_split c
	WHERE NOT EXISTS (SELECT FROM ruadb_data.live_day l WHERE l.recount)
) s
JOIN ruadb_data.domain d ON d.tenant_id = s.tenant_id AND d.domain_id = s.domain_id
	AND NOT d.is_foreign
UNION ALL
SELECT s.tenant_id, s.source_ip, s.day, s.policy_domain, s.organizational_domain
FROM ruadb_data.source_on_day s
WHERE NOT s.is_foreign AND EXISTS (SELECT FROM ruadb_data.live_day l WHERE l.recount);

-- For people: who sent as which domain, day by day.
CREATE OR REPLACE VIEW ruadb.source_on_day WITH (security_invoker = true) AS
SELECT s.tenant_id, s.day, s.policy_domain, s.organizational_domain,
	s.source_ip, s.messages,
	s.messages - coalesce(s.fail, 0) - coalesce(s.unknown, 0) AS pass,
	coalesce(s.fail, 0) AS fail,
	coalesce(s.unknown, 0) AS unknown,
	coalesce(s.dkim_pass, 0) AS dkim_pass,
	coalesce(s.spf_pass, 0) AS spf_pass,
	coalesce(s.dkim_only, 0) AS dkim_only,
	coalesce(s.forwarded, 0) AS forwarded,
	coalesce(s.linked, 0) AS linked,
	coalesce(s.quarantine, 0) AS quarantine,
	coalesce(s.reject, 0) AS reject,
	s.dkim_domain, s.dkim_selector, s.spf_domain,
	s.settled, s.records, s.reporters, s.dkim_id, s.spf_id
FROM ruadb_data.source_on_day s
WHERE NOT s.is_foreign;

COMMENT ON VIEW ruadb.source_on_day IS
	'Who sent as which domain, day by day: counted reports, rolled up where a day is settled. Totals '
	'are sums over it. Several rows an address and day: one a DKIM key and SPF domain, and one a '
	'record while the day is not rolled up.';
COMMENT ON COLUMN ruadb.source_on_day.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.source_on_day.day IS
	'UTC day; NULL for reports of more than 31 days, which count in totals but on no day.';
COMMENT ON COLUMN ruadb.source_on_day.policy_domain IS 'Domain whose policy was applied.';
COMMENT ON COLUMN ruadb.source_on_day.organizational_domain IS
	'Organizational domain of the policy domain, by the public suffix list.';
COMMENT ON COLUMN ruadb.source_on_day.source_ip IS 'Address that sent the mail to the reporters.';
COMMENT ON COLUMN ruadb.source_on_day.messages IS 'Messages: pass, fail and unknown together.';
COMMENT ON COLUMN ruadb.source_on_day.pass IS 'Of these, dmarc_pass true.';
COMMENT ON COLUMN ruadb.source_on_day.fail IS 'Of these, dmarc_pass false.';
COMMENT ON COLUMN ruadb.source_on_day.unknown IS 'Of these, dmarc_pass NULL.';
COMMENT ON COLUMN ruadb.source_on_day.dkim_pass IS
	'Of these, passing aligned DKIM as the reporter evaluated it.';
COMMENT ON COLUMN ruadb.source_on_day.spf_pass IS
	'Of these, passing aligned SPF as the reporter evaluated it.';
COMMENT ON COLUMN ruadb.source_on_day.dkim_only IS
	'Of these, passing aligned DKIM and not aligned SPF; SPF that was not told is not counted.';
COMMENT ON COLUMN ruadb.source_on_day.forwarded IS
	'Of these, with an override reason forwarded, mailing_list or trusted_forwarder.';
COMMENT ON COLUMN ruadb.source_on_day.linked IS
	'Of these, linked to us as recomputed: a DKIM signature, whatever its result, or an SPF pass of a '
	'domain within our organizational domain, aligned or not.';
COMMENT ON COLUMN ruadb.source_on_day.quarantine IS 'Of these, disposition quarantine.';
COMMENT ON COLUMN ruadb.source_on_day.reject IS 'Of these, disposition reject.';
COMMENT ON COLUMN ruadb.source_on_day.dkim_domain IS
	'Domain of the first aligned DKIM signature that passes; NULL: none.';
COMMENT ON COLUMN ruadb.source_on_day.dkim_selector IS 'Its selector; NULL or empty: not told.';
COMMENT ON COLUMN ruadb.source_on_day.spf_domain IS
	'Domain of the first aligned SPF pass, else of the first SPF pass; NULL: none.';
COMMENT ON COLUMN ruadb.source_on_day.settled IS
	'The day is settled at the reporters of the row (definitions A6).';
COMMENT ON COLUMN ruadb.source_on_day.records IS 'Records behind the row.';
COMMENT ON COLUMN ruadb.source_on_day.reporters IS
	'Who reported it: hashtextextended(reporter, 0) of each.';
COMMENT ON COLUMN ruadb.source_on_day.dkim_id IS 'Number of the DKIM key: domain and selector.';
COMMENT ON COLUMN ruadb.source_on_day.spf_id IS 'Number of the SPF domain.';
