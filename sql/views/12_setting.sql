-- The numbers of the definitions that are our choice, in one place. What a user set stands in
-- ruadb_data.setting (ruadb settings set NAME VALUE); the defaults stand here.

CREATE OR REPLACE VIEW ruadb.setting WITH (security_invoker = true) AS
SELECT ruadb.tenant() AS tenant_id,
	k.name,
	coalesce(s.value, k.default_value) AS value,
	k.default_value,
	k.unit,
	k.definition,
	k.meaning,
	s.set_at
FROM (VALUES
	('lag_hours', 72::numeric, 'h', 'A6',
		'A day is settled so long after its end at a reporter whose lag is not learned yet.'),
	('lag_arrivals', 10, 'reports', 'A6',
		'So many arrivals in lag_days are needed before a reporter''s own lag is used.'),
	('lag_days', 90, 'days', 'A6', 'Arrivals of so many days back teach a reporter''s lag.'),
	('lag_max_hours', 336, 'h', 'A6', 'No lag is longer: reports that come later come late.'),
	('compare_messages', 100, 'messages', 'A6',
		'Periods are compared only where both have at least so many messages.'),
	('daily_days', 12, 'days', 'A7',
		'A daily reporter sent on at least so many of the 14 days before its last report.'),
	('silent_days', 3, 'days', 'A7',
		'A daily reporter is silent when more days than that have passed since its report was due.'),
	('class_days', 30, 'days', 'B3', 'Settled days that the class of a source is made from.'),
	('authorised_percent', 98, '%', 'B3',
		'A source is authorised if at least that part of its known messages passes.'),
	('linked_percent', 5, '%', 'B3',
		'A source with less than authorised_percent, but at least that, is ours: misconfigured.'),
	('selector_percent', 5, '%', 'B3',
		'Less than that part of a selector''s volume, with DKIM and without SPF: forwarded mail.'),
	('forwarder_percent', 5, '%', 'B3',
		'A source is a forwarder only if at least that part of its messages is forwarded mail.'),
	('forwarder_spf_percent', 50, '%', 'B3',
		'A source whose messages pass aligned SPF in that part or more sends itself: no forwarder.'),
	('thin_messages', 10, 'messages', 'B3', 'A source with fewer messages is marked thin.'),
	('reviewed_percent', 50, '%', 'B3',
		'A source is reviewed if that part of its messages has a declared selector or SPF domain.'),
	('trend_percent', 20, '%', 'B3',
		'A source''s volume of two weeks is up or down if it differs by at least that part.'),
	('trend_reporters_percent', 80, '%', 'A6',
		'Two weeks of a source are compared if reporters of both sent at least that part of each.'),
	('ready_fail_percent', 0.5, '%', 'B4',
		'A stricter policy is safe if less than that part of our own mail would be hit.'),
	('ready_days', 14, 'days', 'B4', 'Settled days that the verdict needs.'),
	('ready_messages', 1000, 'messages', 'B4', 'Messages that the verdict needs.'),
	('ready_reporters', 3, 'reporters', 'B4', 'Reporters that the verdict needs.'),
	('queue_lifetime_days', 5, 'days', 'D1',
		'How long mail servers keep a message, where no [source] says.'),
	('queue_lifetime_hours_platform', 72, 'h', 'D1',
		'How long PowerMTA and KumoMTA keep a message, where no [source] says.'),
	('gateway_days', 7, 'days', 'C6',
		'Evidence for the gateway of a recipient domain holds for so many days around.'),
	('envelope_percent', 95, '%', 'E1',
		'An envelope domain stands for a domain in From if reports show that part of it there.'),
	('outcome_recipients', 5, 'recipients', 'D3',
		'Escalate if at least so many affected recipients got a bounce or expired ...'),
	('outcome_percent', 1, '%', 'D3', '... and these are at least that part of those tried.'),
	('outcome_retries', 3, 'retries', 'D3', 'Investigate if the median of retries is as many.'),
	('outcome_hours', 4, 'h', 'D3',
		'Investigate if the 90th percentile of time in deferral is as long: 1 to 6, 8, 12, 18 or 24.'),
	('outcome_campaign_percent', 50, '%', 'D3',
		'Investigate if that part of a campaign (that is not small) is affected at the gateway.'),
	('small_recipients', 30, 'recipients', 'D4', 'Fewer that were tried are marked small.'),
	('small_domains', 5, 'domains', 'D4', 'Fewer recipient domains that were tried are, too.'),
	('one_customer_percent', 80, '%', 'D5',
		'One customer''s policy, if that part of the affected is of one customer of the gateway.'),
	('customers_wide', 3, 'customers', 'D5',
		'Gateway-wide, if that many customers of it have affected recipients.'),
	('scope_recipients', 30, 'recipients', 'D6', 'Families with fewer are not compared.'),
	('scope_percent', 5, '%', 'D6', 'A family is affected from that share on.'),
	('scope_families', 2, 'families', 'D6',
		'So many other families without trouble make it one family''s alone.'),
	('recovery_days', 7, 'days', 'D7', 'So many mature days under 5% are an improvement.'),
	('suffix_list_days', 730, 'days', 'B',
		'A public suffix list that is older is told to be out of date.'),
	('window_before_days', 2, 'days', 'E2',
		'The window of a verdict begins so many days before the first observation.'),
	('window_after_days', 1, 'days', 'E2', 'It ends so many days after the last observation.'),
	('volume_percent', 20, '%', 'E4',
		'Volumes of logs and reports agree if they differ by at most that part of the logs''.'),
	('failing_percent', 98, '%', 'E6',
		'Authentication is failing if less than that part passes aligned, of failing_messages.'),
	('failing_messages', 100, 'messages', 'E6', 'So many known messages are needed for that.'),
	('failing_day_percent', 90, '%', 'E6',
		'Authentication is failing if on one day less than that part passes aligned.'),
	('failing_day_messages', 1, 'messages', 'E6',
		'So many known messages on that day are needed for that.'),
	('lookup_hours', 24, 'h', 'E6', 'A lookup that is older is stale.'),
	('status_success_warning', 6, 'h', NULL,
		'status: warning for a mailbox without success for longer; of status_* 0 is never.'),
	('status_success_critical', 24, 'h', NULL,
		'status: critical for a mailbox without success for longer.'),
	('status_waiting_warning', 6, 'h', NULL,
		'status: warning for a mailbox in which a message waits for longer.'),
	('status_waiting_critical', 24, 'h', NULL,
		'status: critical for a mailbox in which a message waits for longer.'),
	('status_reports_warning', 3, 'days', NULL, 'status: warning when no report came for longer.'),
	('status_reports_critical', 0, 'days', NULL, 'status: critical when no report came for longer.'),
	('status_quarantine_warning', 1, 'items', NULL,
		'status: warning when at least so many lie in quarantine.'),
	('status_quarantine_critical', 100, 'items', NULL,
		'status: critical when at least so many lie in quarantine.'),
	('status_silent_warning', 1, 'reporters', NULL,
		'status: warning when at least so many reporters are silent.'),
	('status_silent_critical', 0, 'reporters', NULL,
		'status: critical when at least so many reporters are silent.')
) AS k (name, default_value, unit, definition, meaning)
LEFT JOIN ruadb_data.setting s ON s.tenant_id = ruadb.tenant() AND s.name = k.name;

COMMENT ON VIEW ruadb.setting IS
	'The numbers in the definitions that are our choice and that you may change.';
COMMENT ON COLUMN ruadb.setting.tenant_id IS 'Whose; that of the session.';
COMMENT ON COLUMN ruadb.setting.name IS 'Its name: ruadb settings set NAME VALUE.';
COMMENT ON COLUMN ruadb.setting.value IS 'What holds now.';
COMMENT ON COLUMN ruadb.setting.default_value IS 'What holds where nothing was set.';
COMMENT ON COLUMN ruadb.setting.unit IS 'What it counts.';
COMMENT ON COLUMN ruadb.setting.definition IS 'The definition it belongs to; NULL: to none.';
COMMENT ON COLUMN ruadb.setting.meaning IS 'What it decides.';
COMMENT ON COLUMN ruadb.setting.set_at IS 'When it was set; NULL: never.';

-- In a query: (SELECT ruadb.setting_value('class_days')), which is then looked up once.
CREATE OR REPLACE FUNCTION ruadb.setting_value(name text) RETURNS numeric
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT s.value FROM ruadb.setting s WHERE s.name = $1);
COMMENT ON FUNCTION ruadb.setting_value(text) IS 'The value of a setting: view setting.';
