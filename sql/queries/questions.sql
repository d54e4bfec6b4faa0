-- Worked questions, for psql, Grafana and Metabase. Every one is in ruadb-schema(7) and in what
-- `ruadb db doc` prints, and is run by the test suite. `\i questions.sql` in `ruadb sql` runs all.

-- question: Who sends as us and is not verified?
-- note: The table of classes is made new after each ingest; as_of says when. View source_class has the
-- note: same columns, computed at once for one organizational domain.
SELECT organizational_domain, source_group, messages, fail, quarantine + reject AS stopped,
	reporters, first_day, last_day, trend, reason
FROM source_class_current
WHERE tenant_id = tenant() AND class = 'unverified'
ORDER BY messages DESC, organizational_domain, source_group;

-- question: Which sources are new this week?
-- note: The last seven settled days of each organizational domain; first_day is the first day ever.
SELECT organizational_domain, source_group, first_day, class, messages, fail, sender, reason
FROM source_class_current
WHERE tenant_id = tenant() AND first_day > window_end - 7
ORDER BY messages DESC, organizational_domain, source_group;

-- question: How does the pass rate of each domain go, day by day?
-- note: A Grafana time series: time, metric and value. Days are dates in UTC; a panel wants an instant.
-- note: In Grafana add AND $__timeFilter(day::timestamp AT TIME ZONE 'UTC').
SELECT day::timestamp AT TIME ZONE 'UTC' AS time, policy_domain AS metric,
	round(100.0 * sum(pass) / nullif(sum(pass) + sum(fail), 0), 1) AS pass_percent
FROM report_day
WHERE tenant_id = tenant() AND counted AND day IS NOT NULL
GROUP BY day, policy_domain
ORDER BY time, metric;

-- question: Which DKIM selectors are in use, and which fade?
-- note: Messages that passed with an aligned signature of the selector, in the last 14 settled days and
-- note: the 14 before. A key that fades to nothing may be taken out of the DNS.
SELECT s.organizational_domain, s.dkim_domain, s.dkim_selector,
	coalesce(sum(s.messages) FILTER (WHERE s.day > w.window_end - 14), 0) AS last_14_days,
	coalesce(sum(s.messages) FILTER (WHERE s.day <= w.window_end - 14), 0) AS the_14_before,
	max(s.day) AS last_day,
	CASE WHEN coalesce(sum(s.messages) FILTER (WHERE s.day > w.window_end - 14), 0) = 0 THEN 'gone'
		WHEN 2 * sum(s.messages) FILTER (WHERE s.day > w.window_end - 14)
			< sum(s.messages) FILTER (WHERE s.day <= w.window_end - 14) THEN 'fading'
		ELSE 'in use' END AS state
FROM class_window w
JOIN source_on_day s ON s.tenant_id = w.tenant_id
	AND s.organizational_domain = w.organizational_domain
	AND s.day > w.window_end - 28 AND s.day <= w.window_end
WHERE w.tenant_id = tenant() AND s.dkim_domain IS NOT NULL AND s.settled
GROUP BY s.organizational_domain, s.dkim_domain, s.dkim_selector
ORDER BY s.organizational_domain, last_14_days, the_14_before DESC, s.dkim_domain, s.dkim_selector;

-- question: What has one source done, day by day?
-- note: An address or a range; what it signed with and which SPF domain passed.
SELECT day, policy_domain, source_ip, sum(messages) AS messages, sum(pass) AS pass, sum(fail) AS fail,
	sum(quarantine) + sum(reject) AS stopped,
	string_agg(DISTINCT dkim_selector || '._domainkey.' || dkim_domain, ', ') AS signed_with,
	string_agg(DISTINCT spf_domain, ', ') AS spf_domains
FROM source_on_day
WHERE tenant_id = tenant() AND organizational_domain = 'example.com'
	AND source_ip <<= '198.51.100.0/24'
GROUP BY day, policy_domain, source_ip
ORDER BY day, policy_domain, source_ip;

-- question: Which reporters went silent?
-- note: Of those that report daily. They are `silent` if our logs show mail accepted there, else
-- note: `nothing sent`; what is missing, and since when.
SELECT organizational_domain, reporter, family, state, last_day, due_at, days_missing
FROM reporter_coverage
WHERE tenant_id = tenant() AND daily AND days_missing > 0
ORDER BY days_missing DESC, organizational_domain, reporter;

-- question: What would a stricter policy hit?
-- note: Only what reports say that are verified or local files. own_hit is mail of ours that fails and has
-- note: no override reason; unverified_hit is what the policy is for.
SELECT policy_domain, policy, next_step, own_messages, own_hit, own_hit_percent, unverified_hit,
	forwarder_fail, verdict, reason
FROM policy_readiness
WHERE tenant_id = tenant()
ORDER BY own_messages DESC, policy_domain;

-- question: Which envelope domains does each source use?
-- note: The domain of the reverse-path (RFC5321.MailFrom) beside the one in From: bounces go there, and SPF
-- note: is looked up there. Empty is the null reverse-path, NULL is not told.
SELECT source_group(c.source_ip) AS source_group, c.header_from, c.envelope_from,
	sum(c.messages) AS messages, sum(c.messages) FILTER (WHERE c.spf_aligned) AS spf_aligned,
	min(c.day) AS first_day, max(c.day) AS last_day
FROM counted_record c
JOIN class_window w ON w.tenant_id = c.tenant_id
	AND w.organizational_domain = c.organizational_domain AND c.day >= w.window_begin
WHERE c.tenant_id = tenant() AND c.organizational_domain = 'example.com' AND c.messages > 0
GROUP BY 1, 2, 3
ORDER BY messages DESC, source_group, header_from, envelope_from;

-- question: Where did receivers override the policy, and why?
-- note: In the window of the classes. A record may give several reasons and is in a row for each: do
-- note: not add the rows up.
SELECT c.reporter, r.type, r.comment, c.disposition, sum(c.messages) AS messages_of_record,
	max(c.day) AS last_day
FROM class_window w
JOIN counted_record c ON c.tenant_id = w.tenant_id
	AND c.organizational_domain = w.organizational_domain AND c.day >= w.window_begin
CROSS JOIN LATERAL jsonb_to_recordset(c.reasons) AS r (type text, comment text)
WHERE w.tenant_id = tenant() AND c.reasons IS NOT NULL
GROUP BY c.reporter, r.type, r.comment, c.disposition
ORDER BY messages_of_record DESC, c.reporter, r.type, r.comment;

-- question: Which reporters evaluate alignment otherwise than we do?
-- note: Alignment is computed once more from the raw results; eval_disagrees is NULL where one of the two
-- note: is not known.
SELECT reporter, sum(messages) FILTER (WHERE eval_disagrees) AS disagree,
	sum(messages) AS compared,
	round(100.0 * sum(messages) FILTER (WHERE eval_disagrees) / sum(messages), 1) AS disagree_percent,
	count(DISTINCT report_id) FILTER (WHERE eval_disagrees) AS reports
FROM counted_record
WHERE tenant_id = tenant() AND eval_disagrees IS NOT NULL AND messages > 0
GROUP BY reporter
HAVING bool_or(eval_disagrees)
ORDER BY disagree DESC, reporter;

-- question: What changed most against the month before?
-- note: The last 30 settled days against the 30 before, of each source group, whoever reported. Report
-- note: summary compares only reporters that are there in both.
SELECT s.organizational_domain, source_group(s.source_ip) AS source_group,
	coalesce(sum(s.messages) FILTER (WHERE s.day > w.window_end - 30), 0) AS messages,
	coalesce(sum(s.messages) FILTER (WHERE s.day <= w.window_end - 30), 0) AS the_month_before,
	coalesce(sum(s.fail) FILTER (WHERE s.day > w.window_end - 30), 0) AS fail,
	coalesce(sum(s.fail) FILTER (WHERE s.day <= w.window_end - 30), 0) AS fail_before
FROM class_window w
JOIN source_on_day s ON s.tenant_id = w.tenant_id
	AND s.organizational_domain = w.organizational_domain
	AND s.day > w.window_end - 60 AND s.day <= w.window_end
WHERE w.tenant_id = tenant() AND s.settled
GROUP BY 1, 2
ORDER BY abs(coalesce(sum(s.messages) FILTER (WHERE s.day > w.window_end - 30), 0)
	- coalesce(sum(s.messages) FILTER (WHERE s.day <= w.window_end - 30), 0)) DESC, 1, 2
LIMIT 20;

-- question: Which reports contradict each other?
-- note: The same reporter, domain, range and report id with other content. One counts; if what they hold
-- note: does not overlap, all of them do.
SELECT reporter, policy_domain, external_report_id, begin_at, end_at, count(*) AS variants,
	min(messages) AS least_messages, max(messages) AS most_messages,
	sum(messages) FILTER (WHERE counted) AS counted_messages
FROM report
WHERE tenant_id = tenant() AND conflict
GROUP BY reporter, policy_domain, external_report_id, begin_at, end_at
ORDER BY most_messages DESC, reporter, policy_domain, external_report_id;

-- question: How badly does a gateway put us off?
-- note: Recipients of the last 30 days; report gateway-impact shows the same. x of n: affected of tried, x
-- note: of N: of those at all gateways. NULL arguments: all domains, addresses, gateways, campaigns.
SELECT gateway_family, severity, decided_by, affected, tried, tried_everywhere, affected_percent,
	low_percent, high_percent, retries_median, deferral_p90, affected_accepted, not_delivered, small,
	mature, reason
FROM gateway_impact((as_of() AT TIME ZONE 'UTC')::date - 30, NULL, NULL, NULL, NULL, NULL)
WHERE EXISTS (SELECT FROM log_host WHERE tenant_id = tenant())
ORDER BY affected DESC, gateway_family;

-- question: What did servers answer to the mail of one address?
-- note: Delivery by delivery, with the exact replies; an index finds the address.
SELECT d.message_id, d.recipient_domain, d.gateway, d.state, a.at, a.kind, a.outcome, a.stage,
	a.peer_host, a.category, a.reply
FROM delivery d
JOIN attempt a ON a.tenant_id = d.tenant_id AND a.delivery_id = d.delivery_id
WHERE d.tenant_id = tenant() AND d.source_ip = '192.0.2.25'
ORDER BY d.first_at, d.delivery_id, a.at, a.kind;

-- question: How does the affected share go, day by day?
-- note: A Grafana time series by gateway family. Days whose logs carry no acceptances have no share, and
-- note: days that are not mature yet are so far.
SELECT day::timestamp AT TIME ZONE 'UTC' AS time, gateway_family AS metric,
	round(100.0 * sum(share_affected) / nullif(sum(share_tried), 0), 2) AS affected_percent,
	bool_and(mature) AS mature
FROM impact
WHERE tenant_id = tenant() AND gateway IS NOT NULL
GROUP BY day, gateway_family
ORDER BY time, metric;
