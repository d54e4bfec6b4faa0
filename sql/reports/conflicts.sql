-- title: Reports that contradict, repeat or overlap each other, and which of them count
-- about: One row a report of each set of the same reporter, domain and range with more than one
-- about: content; what counts first, and how the others differ from it. Of a set the report counts that
-- about: is trusted most, then the one with more messages, then the first; all that are trusted most
-- about: count if none repeats what is in another (supplement). The last rows: ranges that overlap.
-- about: auth_domain: whose mail it was, as our own server says.
-- param: since date default all Only reports that end on this day (UTC) or later: 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: reporter domain default all Only this reporter (org_name)
-- param: limit integer default all At most that many rows
WITH shown AS (
	SELECT r.set_key, r.report_id, r.reporter, r.policy_domain, r.begin_at, r.end_at, r.counted,
		r.state, r.reporter_auth, r.near_repeat, r.conflict, r.records, r.messages, r.pass, r.fail,
		r.external_report_id, r.first_seen_at, r.item, r.auth_domain
	FROM report r
	WHERE r.tenant_id = tenant() AND NOT r."foreign"
		AND (:since IS NULL OR coalesce(r.end_at, r.first_seen_at) >= :since)
		AND (:domain IS NULL OR r.policy_domain = :domain OR r.organizational_domain = :domain)
		AND (:reporter IS NULL OR r.reporter = :reporter)
), sets AS (
	SELECT set_key,
		CASE WHEN bool_or(conflict) AND count(*) FILTER (WHERE conflict AND counted) > 1
				THEN 'supplement'
			WHEN bool_or(conflict) THEN 'conflict'
			WHEN bool_or(near_repeat) THEN 'near repeat'
			ELSE 'partial replaced' END AS kind
	FROM shown
	GROUP BY set_key
	HAVING count(*) > 1 AND (bool_or(conflict) OR bool_or(near_repeat)
		OR bool_or(state = 'partial' AND NOT counted))
), members AS (
	SELECT s.kind, m.*, b.report_id AS by_id, b.records AS by_records, b.messages AS by_messages,
		b.pass AS by_pass, b.fail AS by_fail, b.reporter_auth AS by_auth
	FROM sets s
	JOIN shown m USING (set_key)
	LEFT JOIN LATERAL ( -- the one that counts, the first of several
		SELECT * FROM shown c WHERE c.set_key = s.set_key AND c.counted
			AND c.report_id <> m.report_id AND NOT m.counted
		ORDER BY c.conflict DESC, c.messages DESC, c.report_id LIMIT 1) b ON true
	WHERE m.conflict OR m.near_repeat OR NOT m.counted OR s.kind IN ('near repeat',
		'partial replaced')
), listed AS (
	SELECT CASE kind WHEN 'conflict' THEN 1 WHEN 'supplement' THEN 2 WHEN 'partial replaced' THEN 3
			ELSE 4 END AS rank,
		kind, set_key, reporter, policy_domain, begin_at, end_at, external_report_id, counted,
		reporter_auth, records, messages, pass, fail,
		concat_ws(', ',
			CASE WHEN records <> by_records THEN abs(records - by_records) || CASE WHEN records > by_records
				THEN ' records more' ELSE ' records fewer' END END,
			CASE WHEN messages <> by_messages THEN abs(messages - by_messages) || CASE WHEN messages > by_messages
				THEN ' messages more' ELSE ' messages fewer' END END,
			CASE WHEN pass <> by_pass THEN abs(pass - by_pass) || CASE WHEN pass > by_pass
				THEN ' pass more' ELSE ' pass fewer' END END,
			CASE WHEN fail <> by_fail THEN abs(fail - by_fail) || CASE WHEN fail > by_fail
				THEN ' fail more' ELSE ' fail fewer' END END,
			CASE WHEN records = by_records AND messages = by_messages AND pass = by_pass
				AND fail = by_fail THEN CASE WHEN near_repeat THEN 'nothing'
					ELSE 'same sums, other details' END END) AS difference,
		CASE WHEN counted AND kind = 'supplement'
				THEN 'counts beside the others: none has its addresses, senders and dispositions'
			WHEN counted AND kind = 'near repeat' THEN 'counts: it came first'
			WHEN counted AND kind = 'partial replaced' THEN 'counts: it is complete'
			WHEN counted THEN 'counts: trusted most, then more messages, then first'
			WHEN near_repeat THEN 'same content under another report id: counted once'
			WHEN state = 'partial' AND by_id IS NOT NULL THEN 'the complete report is there'
			WHEN array_position(trust.words, by_auth) < array_position(trust.words, reporter_auth)
				THEN 'what counts is trusted more: ' || by_auth
			WHEN messages < by_messages THEN 'what counts has more messages'
			ELSE 'what counts came first' END AS why,
		item, report_id, auth_domain
	FROM members
	CROSS JOIN (VALUES ('{verified,local,unverified,failed}'::text[])) AS trust (words)
	UNION ALL
	SELECT 5, 'overlap', NULL, o.reporter, o.policy_domain, min(o.begin_at), max(o.end_at), NULL,
		true, NULL, sum(s.records)::bigint, sum(o.messages)::bigint, sum(s.pass)::bigint,
		sum(s.fail)::bigint, NULL,
		count(*) || CASE WHEN count(*) = 1 THEN ' report begins' ELSE ' reports begin' END
			|| ' before the one before ends: all count, part of the mail perhaps twice',
		NULL, min(o.report_id), NULL
	FROM report_overlap o
	JOIN shown s USING (report_id)
	WHERE o.tenant_id = tenant()
	GROUP BY o.reporter, o.policy_domain
)
SELECT kind, reporter, policy_domain, begin_at, end_at, external_report_id AS report,
	CASE WHEN counted THEN 'yes' ELSE 'no' END AS counts, reporter_auth AS trust, records,
	messages, round(100.0 * pass / nullif(pass + fail, 0), 1) AS pass_percent, difference, why,
	item, auth_domain
FROM listed
ORDER BY rank, max(messages) OVER (PARTITION BY rank, set_key, reporter, policy_domain) DESC,
	reporter, policy_domain, begin_at, set_key, counted DESC, report_id
LIMIT :limit
