-- title: What to mend, worst first
-- about: One row a thing to do, with its cause and the fix. severity: high, medium or low. messages:
-- about: what it touches over the last 30 settled days, NULL where it is not about mail. Without a
-- about: domain also what is wrong with reading the reports.
-- param: domain domain default all Only the organizational domain of this one
-- param: limit integer default 50 At most that many rows
-- evidence: yes
WITH classes AS (
	SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.pass, c.fail, c.rule,
		c.reviewed, c.thin
	FROM source_class c
	WHERE :domain IS NOT NULL AND c.tenant_id = tenant()
		AND c.organizational_domain = organizational_domain(:domain)
	UNION ALL
	SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.pass, c.fail, c.rule,
		c.reviewed, c.thin
	FROM source_class_current c
	WHERE :domain IS NULL AND c.tenant_id = tenant()
), sums AS (
	SELECT organizational_domain AS domain, sum(messages)::bigint AS messages,
		sum(messages) FILTER (WHERE class = 'unverified')::bigint AS unverified,
		count(*) FILTER (WHERE class = 'unverified') AS unverified_sources,
		sum(pass + fail) FILTER (WHERE class IN ('authorised', 'misconfigured')) AS own_known,
		sum(fail) FILTER (WHERE class = 'misconfigured')::bigint AS own_fail,
		count(*) FILTER (WHERE class = 'misconfigured' AND fail > 0) AS own_sources,
		(array_agg(source_group::text ORDER BY fail DESC, source_group)
			FILTER (WHERE class = 'misconfigured'))[1] AS own_worst,
		sum(messages) FILTER (WHERE class = 'authorised' AND NOT reviewed AND NOT thin)::bigint
			AS unreviewed,
		count(*) FILTER (WHERE class = 'authorised' AND NOT reviewed AND NOT thin)
			AS unreviewed_sources
	FROM classes
	GROUP BY 1
), policy AS (
	SELECT p.*, p.policy_domain = p.organizational_domain AS of_organization
	FROM policy_readiness p
	WHERE p.tenant_id = tenant()
		AND (:domain IS NULL OR p.organizational_domain = organizational_domain(:domain))
), reporters AS (
	SELECT c.organizational_domain AS domain, count(*) FILTER (WHERE c.daily) AS daily,
		count(*) FILTER (WHERE c.state = 'silent') AS silent,
		count(*) FILTER (WHERE c.daily AND c.state IN ('silent', 'nothing sent')) AS unheard,
		string_agg(c.reporter, ', ' ORDER BY c.reporter) FILTER (WHERE c.state = 'silent')
			AS names,
		max(c.last_day) AS last_day
	FROM reporter_coverage c
	WHERE c.tenant_id = tenant()
		AND (:domain IS NULL OR c.organizational_domain = organizational_domain(:domain))
	GROUP BY 1
), disputed AS (
	SELECT n.reporter, n.organizational_domain AS domain, count(*) AS records,
		sum(n.messages)::bigint AS messages
	FROM ruadb_data.noted_record n
	JOIN class_window w ON w.tenant_id = n.tenant_id
		AND w.organizational_domain = n.organizational_domain
		AND n.day BETWEEN w.window_begin AND w.window_end
	WHERE n.tenant_id = tenant() AND n.noted & 3 <> 0
		AND (:domain IS NULL OR n.organizational_domain = organizational_domain(:domain))
	GROUP BY 1, 2
), reports AS (
	SELECT r.organizational_domain AS domain,
		count(*) FILTER (WHERE r.conflict AND NOT r.counted) AS conflicts,
		count(*) FILTER (WHERE r.counted AND r.state = 'partial') AS partial,
		coalesce(sum(r.records_refused) FILTER (WHERE r.records > 0), 0) AS refused,
		count(*) FILTER (WHERE r.records_refused > 0 AND r.records > 0) AS with_refused
	FROM report r
	WHERE r.tenant_id = tenant() AND NOT r."foreign"
		AND (:domain IS NULL OR r.organizational_domain = organizational_domain(:domain))
		AND r.end_at > as_of() - make_interval(days => 90)
	GROUP BY 1
), unread AS (
	SELECT count(*) AS items, count(*) FILTER (WHERE class = 'bug') AS bug
	FROM quarantine
	WHERE tenant_id = tenant()
), read AS (
	SELECT max(last_seen_at) AS at FROM ledger WHERE tenant_id = tenant()
), suffixes AS (
	SELECT (as_of() AT TIME ZONE 'UTC')::date - max(list_date) AS age
	FROM ruadb_data.public_suffix_list
	WHERE tenant_id = tenant()
), found AS (
	-- 1 high, 2 medium, 3 low
	SELECT CASE WHEN p.p = 'reject' THEN 3 WHEN p.p = 'quarantine' THEN 2 ELSE 1 END AS rank,
		'unverified mail' AS issue, s.domain, s.unverified AS messages,
		format('%s%% of the mail comes from %s %s without any proof that it is yours (p=%s).',
			round(100.0 * s.unverified / s.messages, 1), s.unverified_sources,
			CASE s.unverified_sources WHEN 1 THEN 'source' ELSE 'sources' END,
			coalesce(p.p, 'not told')) AS cause,
		format('Look through ruadb report unverified-senders --domain %s; declare what is yours; '
			'against the rest a stricter policy helps.', s.domain) AS fix
	FROM sums s
	LEFT JOIN policy p ON p.organizational_domain = s.domain AND p.of_organization
	WHERE s.unverified > 0
	UNION ALL
	SELECT CASE WHEN 50 * s.own_fail >= s.own_known THEN 1 ELSE 2 END, 'misconfigured senders',
		s.domain, s.own_fail,
		format('%s of %s known messages of your own sources fail (%s%%), most of them from %s.',
			s.own_fail, s.own_known, round(100.0 * s.own_fail / s.own_known, 1), s.own_worst),
		format('ruadb report misconfigured-senders --domain %s says what each needs.', s.domain)
	FROM sums s
	WHERE s.own_fail > 0
	UNION ALL
	SELECT 2, 'policy', p.policy_domain, p.own_messages,
		format('Own mail is ready for a stricter policy than %s: %s.', p.policy, p.reason),
		format('Publish %s.', p.next_step)
	FROM policy p
	WHERE p.verdict = 'safe' AND p.p IS DISTINCT FROM 'reject'
	UNION ALL
	SELECT 3, 'sources not reviewed', s.domain, s.unreviewed,
		format('%s authenticated %s declared by nobody.', s.unreviewed_sources,
			CASE s.unreviewed_sources WHEN 1 THEN 'source is' ELSE 'sources are' END),
		'If they are yours: ruadb senders add; if not, somebody uses your key or your SPF record.'
	FROM sums s
	WHERE s.unreviewed > 0
	UNION ALL
	SELECT CASE WHEN r.unheard = r.daily AND r.daily > 2 THEN 1 ELSE 2 END, 'reporters not heard',
		r.domain, NULL,
		CASE WHEN r.unheard = r.daily THEN format('No daily reporter (%s in all) has sent a report '
				'that is due; the last day reported is %s.', r.daily, r.last_day)
			ELSE format('Silent, though your logs show mail accepted there: %s.', r.names) END,
		'Look whether rua in the DMARC record points here, whether its mailbox takes mail, and '
			'whether reports are fetched.'
	FROM reporters r
	WHERE r.silent > 0 OR r.daily > 0 AND r.unheard = r.daily
	UNION ALL
	SELECT 3, 'verdicts that disagree', d.domain, d.messages,
		format('%s evaluated %s %s otherwise than its own raw results say.', d.reporter, d.records,
			CASE d.records WHEN 1 THEN 'record' ELSE 'records' END),
		format('ruadb report eval-disagrees --domain %s shows why; it is for the reporter to mend.',
			d.domain)
	FROM disputed d
	UNION ALL
	SELECT 3, 'reports that contradict', r.domain, NULL,
		format('%s further %s of a report that was sent with another content.', r.conflicts,
			CASE r.conflicts WHEN 1 THEN 'variant' ELSE 'variants' END),
		format('ruadb report conflicts --domain %s shows which one counts.', r.domain)
	FROM reports r
	WHERE r.conflicts > 0
	UNION ALL
	SELECT 3, 'reports read in part', r.domain, NULL,
		concat_ws('; ', CASE WHEN r.partial > 0 THEN r.partial || ' cut off or damaged' END,
			CASE WHEN r.refused > 0 THEN format('%s refused in %s',
				ruadb_data.so_many(r.refused::bigint, 'record'),
				ruadb_data.so_many(r.with_refused, 'report')) END) || '.',
		'ruadb report repairs says what to write to which reporter.'
	FROM reports r
	WHERE r.partial > 0 OR r.refused > 0
	UNION ALL
	SELECT CASE WHEN u.bug > 0 THEN 1 ELSE 2 END, 'items in quarantine', NULL, NULL,
		format('%s could not be read%s.', ruadb_data.so_many(u.items, 'item'),
			CASE WHEN u.bug > 0 THEN format(', %s by a fault of ruadb', u.bug) ELSE '' END),
		'ruadb quarantine list says why; a newer version may read them: ruadb quarantine retry '
			'--all.'
	FROM unread u
	WHERE u.items > 0 AND :domain IS NULL
	UNION ALL
	SELECT 1, 'nothing comes in', NULL, NULL,
		format('The last file or mail was read on %s.', (r.at AT TIME ZONE 'UTC')::date),
		'Look whether the collection of reports still runs.'
	FROM read r
	WHERE r.at < as_of() - interval '3 days' AND :domain IS NULL
	UNION ALL
	SELECT 3, 'public suffix list', NULL, NULL,
		format('It is %s days old, so newer suffixes are not known.', x.age),
		'Install a newer package publicsuffix (or libpsl).'
	FROM suffixes x
	WHERE x.age > (SELECT setting_value('suffix_list_days')) AND :domain IS NULL
)
SELECT (ARRAY['high', 'medium', 'low'])[f.rank] AS severity, f.issue, f.domain, f.messages, f.cause,
	f.fix
FROM found f
ORDER BY f.rank, f.messages DESC NULLS LAST, f.issue, f.domain
LIMIT :limit
