-- title: What is set up, and what to do next
-- about: From the first report to the policy, step by step, computed from what is there. state: done,
-- about: to do, or waiting (for more reports, or for a step before).
WITH seen AS (
	SELECT count(*) AS reports, count(DISTINCT reporter) AS reporters,
		count(DISTINCT organizational_domain) AS domains, max(day) AS last_day,
		max(first_seen_at) AS last_at,
		count(*) FILTER (WHERE "foreign") AS "foreign",
		count(*) FILTER (WHERE reporter_auth IN ('unverified', 'failed')) AS unproven,
		count(*) FILTER (WHERE reporter_auth = 'verified') AS proven
	FROM report
	WHERE tenant_id = tenant()
), daily AS (
	SELECT count(DISTINCT reporter) FILTER (WHERE daily) AS daily,
		count(DISTINCT reporter) FILTER (WHERE daily AND state IN ('silent', 'nothing sent'))
			AS unheard
	FROM reporter_coverage
	WHERE tenant_id = tenant()
), own AS (
	SELECT count(*) AS declared, string_agg(name, ', ' ORDER BY name) AS names
	FROM own_domain
	WHERE tenant_id = tenant()
), sources AS (
	SELECT count(*) AS sources,
		count(*) FILTER (WHERE class IN ('authorised', 'misconfigured')) AS ours,
		count(*) FILTER (WHERE class IN ('authorised', 'misconfigured') AND reviewed) AS reviewed,
		count(*) FILTER (WHERE class = 'misconfigured') AS misconfigured,
		coalesce(sum(fail) FILTER (WHERE class = 'misconfigured'), 0)::bigint AS own_fail,
		count(*) FILTER (WHERE class = 'unverified') AS unverified,
		coalesce(sum(messages) FILTER (WHERE class = 'unverified'), 0)::bigint
			AS unverified_messages
	FROM source_class_current
	WHERE tenant_id = tenant()
), policies AS (
	SELECT p.policy_domain, p.policy, p.verdict, p.reason, p.next_step, p.p,
		row_number() OVER (ORDER BY p.policy_domain) AS no
	FROM policy_readiness p
	WHERE p.tenant_id = tenant() AND p.policy_domain = p.organizational_domain
), steps AS (
	SELECT 1 AS no, 'reports arrive' AS step,
		CASE WHEN s.reports = 0 THEN 'to do' WHEN d.daily > 0 AND d.unheard = d.daily THEN 'to do'
			ELSE 'done' END AS state,
		CASE WHEN s.reports = 0 THEN 'No report yet.'
			ELSE format('%s of %s for %s; %s.%s', ruadb_data.so_many(s.reports, 'report'),
				ruadb_data.so_many(s.reporters, 'reporter'),
				ruadb_data.so_many(s.domains, 'organizational domain'),
				coalesce('the last day is ' || s.last_day, 'none belongs to a day'),
				CASE WHEN d.daily > 0 AND d.unheard = d.daily
					THEN ' No daily reporter has sent what is due.' ELSE '' END) END AS found,
		CASE WHEN s.reports = 0 THEN 'Publish rua=mailto:... in the DMARC record of each domain, '
				'collect the mails, and run: ruadb ingest PATH.'
			WHEN d.daily > 0 AND d.unheard = d.daily THEN 'Look whether reports are still '
				'collected: ruadb report coverage.' END AS do_next
	FROM seen s, daily d
	UNION ALL
	SELECT 2, 'domains declared', CASE WHEN o.declared > 0 THEN 'done' WHEN s.reports = 0
			THEN 'waiting' ELSE 'to do' END,
		CASE WHEN o.declared > 0 THEN format('Ours are: %s. %s of other domains, and in no total.',
				o.names, CASE s."foreign" WHEN 1 THEN '1 report is' ELSE s."foreign" || ' reports are'
				END)
			ELSE 'None: reports of all domains count.' END,
		CASE WHEN o.declared = 0 THEN 'ruadb domains list shows which there are; ruadb domains add '
				'NAME... says which are yours.' END
	FROM own o, seen s
	UNION ALL
	-- Of mails only: who hands in files knows where they come from.
	SELECT 2.5, 'senders of reports verified', CASE WHEN s.unproven = 0 THEN 'done' ELSE 'to do' END,
		format('%s by mail, %s of them verified.', ruadb_data.so_many(s.proven + s.unproven, 'report'),
			s.proven),
		CASE WHEN s.unproven = 0 THEN NULL
			WHEN s.proven = 0 THEN 'Name your mail server in authserv_id (ruadb.conf), as it does in '
				'Authentication-Results; then read the mails once more: ruadb ingest --reparse PATH.'
			ELSE 'ruadb report reporters says whose are not.' END
	FROM seen s
	WHERE s.proven + s.unproven > 0
	UNION ALL
	SELECT 3, 'sources reviewed', CASE WHEN c.ours = 0 THEN 'waiting' WHEN c.reviewed = c.ours
			THEN 'done' ELSE 'to do' END,
		CASE WHEN c.sources = 0 THEN 'No settled day with reports yet.'
			ELSE format('%s of ours, %s of them declared.', ruadb_data.so_many(c.ours, 'source'),
				c.reviewed) END,
		CASE WHEN c.reviewed < c.ours THEN 'ruadb report new-senders --param since=all shows them; '
				'ruadb senders add NAME --address, --dkim or --spf declares them.' END
	FROM sources c
	UNION ALL
	SELECT 4, 'own mail passes', CASE WHEN c.ours = 0 THEN 'waiting' WHEN c.misconfigured = 0
			THEN 'done' ELSE 'to do' END,
		CASE WHEN c.sources = 0 THEN 'No settled day with reports yet.'
			ELSE format('%s misconfigured; %s of ours that fail come from there.',
				ruadb_data.so_many(c.misconfigured, 'source'),
				ruadb_data.so_many(c.own_fail, 'message')) END,
		CASE WHEN c.misconfigured > 0 THEN 'ruadb report misconfigured-senders says what each '
				'needs.' END
	FROM sources c
	UNION ALL
	SELECT 5, 'unverified senders looked at', CASE WHEN c.sources = 0 THEN 'waiting'
			WHEN c.unverified = 0 THEN 'done' ELSE 'to do' END,
		CASE WHEN c.sources = 0 THEN 'No settled day with reports yet.'
			ELSE format('%s without any proof that %s yours, with %s.',
				ruadb_data.so_many(c.unverified, 'source'),
				CASE c.unverified WHEN 1 THEN 'it is' ELSE 'they are' END,
				ruadb_data.so_many(c.unverified_messages, 'message')) END,
		CASE WHEN c.unverified > 0 THEN 'ruadb report unverified-senders: declare what is yours; the '
				'policy is for the rest.' END
	FROM sources c
	UNION ALL
	SELECT 5 + p.no, 'policy of ' || p.policy_domain,
		CASE WHEN p.p = 'reject' THEN 'done' WHEN p.verdict = 'safe' THEN 'to do'
			ELSE 'waiting' END,
		format('p=%s; %s: %s.', p.policy, p.verdict, p.reason),
		CASE WHEN p.p = 'reject' THEN NULL WHEN p.verdict = 'safe' THEN 'Publish ' || p.next_step || '.'
			ELSE 'Then: ' || p.next_step || '.' END
	FROM policies p
)
SELECT step, state, found, do_next FROM steps ORDER BY no
