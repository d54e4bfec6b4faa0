-- What a figure stands on: who reports about a domain and who should (A7), how far days are settled
-- and what nobody vouches for (A6, A3), and the change against the period before.

CREATE OR REPLACE VIEW ruadb.reporter_coverage WITH (security_invoker = true) AS
SELECT s.tenant_id, s.organizational_domain, s.reporter, f.family, s.first_day, s.last_day,
	s.days_reported, s.daily, s.lag,
	CASE WHEN s.daily THEN s.due_at END AS due_at,
	CASE WHEN NOT s.daily THEN 'occasional' WHEN NOT s.overdue THEN 'daily'
		WHEN EXISTS (SELECT FROM ruadb_data.log_day g WHERE g.tenant_id = s.tenant_id
			AND g.organizational_domain = s.organizational_domain AND g.day > s.last_day
			AND g.family = f.family AND g.accepted > 0
			AND g.day < ruadb.settled_before(s.lag + s.patience)) THEN 'silent'
		ELSE 'nothing sent' END AS state,
	CASE WHEN s.daily THEN greatest(ruadb.settled_before(s.lag), s.last_day + 1)
		- greatest(s.last_day - 13, s.first_day) - s.days_reported END AS days_missing,
	s.in_window,
	s.daily AND s.last_day > w.window_end - 2 * (w.window_end - w.window_begin + 1) AS expected,
	s.reports, s.messages, s.unverified_reports, s.unverified_messages
FROM (
	SELECT t.tenant_id, t.organizational_domain, t.reporter, t.lag, t.patience,
		min(t.day) AS first_day, t.last_day,
		count(t.day) FILTER (WHERE t.day > t.last_day - 14)::integer AS days_reported,
		count(t.day) FILTER (WHERE t.day > t.last_day - 14)
			>= (SELECT ruadb.setting_value('daily_days')) AS daily,
		((t.last_day + 2)::timestamp AT TIME ZONE 'UTC') + t.lag AS due_at,
		ruadb.as_of() > ((t.last_day + 2)::timestamp AT TIME ZONE 'UTC') + t.lag + t.patience
			AS overdue,
		coalesce(bool_or(t.of_window), false) AS in_window,
		ruadb_data.at_most(sum(t.reports) FILTER (WHERE t.of_window)) AS reports,
		ruadb_data.at_most(sum(t.messages) FILTER (WHERE t.of_window)) AS messages,
		ruadb_data.at_most(sum(t.unverified_reports) FILTER (WHERE t.of_window))
			AS unverified_reports,
		ruadb_data.at_most(sum(t.unverified_messages) FILTER (WHERE t.of_window))
			AS unverified_messages
	FROM (
		SELECT c.*, max(c.day) OVER (PARTITION BY c.tenant_id, c.organizational_domain,
				c.reporter) AS last_day,
			c.day BETWEEN w.window_begin AND w.window_end AND c.day < ruadb.settled_before(c.lag)
				AS of_window,
			make_interval(days => (SELECT ruadb.setting_value('silent_days'))::int) AS patience
		FROM ruadb_data.coverage_day c
		LEFT JOIN ruadb.class_window w ON w.tenant_id = c.tenant_id
			AND w.organizational_domain = c.organizational_domain
	) t
	GROUP BY t.tenant_id, t.organizational_domain, t.reporter, t.lag, t.patience, t.last_day
) s
LEFT JOIN ruadb.class_window w ON w.tenant_id = s.tenant_id
	AND w.organizational_domain = s.organizational_domain
LEFT JOIN ruadb_data.family_of f ON f.tenant_id = s.tenant_id AND f.reporter = s.reporter;

COMMENT ON VIEW ruadb.reporter_coverage IS
	'How regularly each reporter reports about each organizational domain. Null reports count here.';
COMMENT ON COLUMN ruadb.reporter_coverage.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.reporter_coverage.organizational_domain IS
	'Organizational domain of the policy domains.';
COMMENT ON COLUMN ruadb.reporter_coverage.reporter IS 'Reporter as compared: trimmed, lower case.';
COMMENT ON COLUMN ruadb.reporter_coverage.family IS
	'Its gateway family (view reporter_family); its own name if no pattern fits.';
COMMENT ON COLUMN ruadb.reporter_coverage.first_day IS
	'First UTC day it reported; NULL: only reports of more than 31 days.';
COMMENT ON COLUMN ruadb.reporter_coverage.last_day IS 'Last UTC day it reported.';
COMMENT ON COLUMN ruadb.reporter_coverage.days_reported IS
	'On how many of the 14 days up to its last report it reported.';
COMMENT ON COLUMN ruadb.reporter_coverage.daily IS
	'It reported on at least 12 (setting daily_days) of those 14 days.';
COMMENT ON COLUMN ruadb.reporter_coverage.lag IS 'How long its reports take: view reporter_lag.';
COMMENT ON COLUMN ruadb.reporter_coverage.due_at IS
	'When the report of the day after its last one is due: that day''s end and its lag; NULL: it is '
	'not daily, so none is due.';
COMMENT ON COLUMN ruadb.reporter_coverage.state IS
	'daily; occasional; silent: more than 3 days (setting silent_days) over due, though our logs show '
	'mail accepted at its family that it should have told by now; nothing sent: over due, but no '
	'logs show such mail.';
COMMENT ON COLUMN ruadb.reporter_coverage.days_missing IS
	'Days without a report since the first of those 14, as far as their reports are due; NULL: not '
	'daily, so none is missed.';
COMMENT ON COLUMN ruadb.reporter_coverage.in_window IS
	'It has settled reports in the class window (view class_window).';
COMMENT ON COLUMN ruadb.reporter_coverage.expected IS
	'Daily, and its last report lies in the class window or in as many days before that.';
COMMENT ON COLUMN ruadb.reporter_coverage.reports IS
	'Its counted reports with settled days in the class window, one of several days once a day.';
COMMENT ON COLUMN ruadb.reporter_coverage.messages IS 'Messages of these.';
COMMENT ON COLUMN ruadb.reporter_coverage.unverified_reports IS
	'Of these reports, those that nobody vouches for: reporter_auth unverified or failed.';
COMMENT ON COLUMN ruadb.reporter_coverage.unverified_messages IS 'Messages of those.';

CREATE OR REPLACE VIEW ruadb.evidence WITH (security_invoker = true) AS
SELECT c.tenant_id, c.organizational_domain, ruadb.as_of() AS as_of,
	max(w.window_end) AS last_settled_day,
	count(*) FILTER (WHERE c.in_window) AS reporters_seen,
	count(*) FILTER (WHERE c.expected) AS reporters_expected,
	ruadb_data.at_most(sum(c.unverified_messages)) AS unverified_messages,
	ruadb_data.at_most(sum(c.unverified_reports)) AS unverified_reports
FROM ruadb.reporter_coverage c
LEFT JOIN ruadb.class_window w ON w.tenant_id = c.tenant_id
	AND w.organizational_domain = c.organizational_domain
GROUP BY c.tenant_id, c.organizational_domain;

COMMENT ON VIEW ruadb.evidence IS
	'What the figures of an organizational domain stand on. Of all domains together: '
	'sql/queries/evidence.sql.';
COMMENT ON COLUMN ruadb.evidence.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.evidence.organizational_domain IS
	'Organizational domain of the policy domains.';
COMMENT ON COLUMN ruadb.evidence.as_of IS 'The instant the figures are of.';
COMMENT ON COLUMN ruadb.evidence.last_settled_day IS
	'Last settled UTC day with reports, the end of the class window; NULL: none is settled yet.';
COMMENT ON COLUMN ruadb.evidence.reporters_seen IS
	'Reporters with settled reports in the class window.';
COMMENT ON COLUMN ruadb.evidence.reporters_expected IS
	'Daily reporters whose last report lies in the class window or in as many days before that.';
COMMENT ON COLUMN ruadb.evidence.unverified_messages IS
	'Messages in the window of reports that nobody vouches for: unverified or failed.';
COMMENT ON COLUMN ruadb.evidence.unverified_reports IS 'How many reports those are.';

-- The change against the period before (definitions A6): settled days only, reporters that sent in
-- both periods only, the same weekdays, at least 100 messages in both.
CREATE OR REPLACE FUNCTION ruadb.period_change(domain text, since date)
	RETURNS TABLE (period_begin date, period_end date, before_begin date, before_end date,
		reporters bigint, messages bigint, messages_before bigint,
		messages_change_percent numeric, pass bigint, fail bigint, pass_before bigint,
		fail_before bigint, pass_percent numeric, pass_percent_before numeric,
		pass_change_points numeric, reason text)
	LANGUAGE sql STABLE AS $$
WITH last AS (
	SELECT max(w.window_end) AS day
	FROM ruadb.class_window w
	WHERE w.tenant_id = ruadb.tenant()
		AND ($1 IS NULL OR w.organizational_domain = ruadb.organizational_domain($1))
), period AS (
	-- before: as many whole weeks earlier as do not overlap
	SELECT coalesce($2, l.day - 6) AS first, l.day AS last,
		7 * ((l.day - coalesce($2, l.day - 6) + 7) / 7) AS back
	FROM last l
	WHERE l.day >= coalesce($2, l.day - 6)
), of_both AS (
	-- Of the period before only days whose counterpart is settled too.
	SELECT o.name,
		sum(y.messages) FILTER (WHERE y.day >= p.first) AS messages,
		sum(y.pass) FILTER (WHERE y.day >= p.first) AS pass,
		sum(y.fail) FILTER (WHERE y.day >= p.first) AS fail,
		sum(y.messages) FILTER (WHERE y.day < p.first) AS messages_before,
		sum(y.pass) FILTER (WHERE y.day < p.first) AS pass_before,
		sum(y.fail) FILTER (WHERE y.day < p.first) AS fail_before
	FROM period p
	JOIN ruadb_data.report_day y ON y.tenant_id = ruadb.tenant() AND y.counted
		AND (y.day BETWEEN p.first AND p.last
			OR y.day BETWEEN p.first - p.back AND p.last - p.back)
		AND ($1 IS NULL OR y.policy_domain = $1 OR y.organizational_domain = $1)
	JOIN ruadb_data.reporter_of o ON o.tenant_id = y.tenant_id AND o.reporter_id = y.reporter_id
		AND y.day + CASE WHEN y.day < p.first THEN p.back ELSE 0 END
			< ruadb.settled_before(o.lag)
	GROUP BY o.name
	HAVING count(*) FILTER (WHERE y.day >= p.first) > 0
		AND count(*) FILTER (WHERE y.day < p.first) > 0
), total AS (
	SELECT count(*) AS reporters, ruadb_data.at_most(sum(b.messages)) AS messages,
		ruadb_data.at_most(sum(b.pass)) AS pass, ruadb_data.at_most(sum(b.fail)) AS fail,
		ruadb_data.at_most(sum(b.messages_before)) AS messages_before,
		ruadb_data.at_most(sum(b.pass_before)) AS pass_before,
		ruadb_data.at_most(sum(b.fail_before)) AS fail_before
	FROM of_both b
), verdict AS (
	SELECT t.*, CASE WHEN NOT EXISTS (SELECT FROM period) THEN 'no settled day in this period'
		WHEN t.reporters = 0 THEN 'no reporter sent in both periods'
		WHEN least(t.messages, t.messages_before) < (SELECT ruadb.setting_value('compare_messages'))
			THEN 'fewer than ' || trim_scale(ruadb.setting_value('compare_messages'))
				|| ' messages in one of the periods' END AS reason
	FROM total t
)
SELECT p.first, p.last, p.first - p.back, p.last - p.back, v.reporters, v.messages,
	v.messages_before,
	CASE WHEN v.reason IS NULL
		THEN round(100.0 * (v.messages - v.messages_before) / v.messages_before, 1) END,
	v.pass, v.fail, v.pass_before, v.fail_before,
	CASE WHEN v.reason IS NULL THEN round(100.0 * v.pass / nullif(v.pass + v.fail, 0), 1) END,
	CASE WHEN v.reason IS NULL
		THEN round(100.0 * v.pass_before / nullif(v.pass_before + v.fail_before, 0), 1) END,
	CASE WHEN v.reason IS NULL THEN round(100.0 * v.pass / nullif(v.pass + v.fail, 0)
		- 100.0 * v.pass_before / nullif(v.pass_before + v.fail_before, 0), 1) END,
	v.reason
FROM verdict v
LEFT JOIN period p ON true
$$;
COMMENT ON FUNCTION ruadb.period_change(text, date) IS
	'The mail of a domain (NULL: of all) from since (NULL: the last 7 days) to the last settled day, '
	'against as many days before with the same weekdays (as many whole weeks earlier as needed). '
	'One row. Only reporters that sent in both periods are in it, and only settled days, so its '
	'figures are smaller than totals. Fewer than 100 messages (setting compare_messages) in one of '
	'the periods: changes are NULL, and reason says so.';
