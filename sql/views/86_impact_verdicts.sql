-- Verdicts from several cohorts: how far the trouble goes (definitions D6), and whether it is over (D7).
-- And what codes of replies mean.

-- Counts of the share by family and day.
CREATE OR REPLACE FUNCTION ruadb_data.family_days(since date, until date, of_domain text, of_ip inet,
	of_gateway text, of_campaign text)
	RETURNS TABLE (family text, day date, tried bigint, affected bigint, mature boolean)
	LANGUAGE sql STABLE AS $$
SELECT coalesce(w.family, c.gateway), c.day, sum(c.share_tried), sum(c.share_affected),
	sum(c.unsettled_deliveries) = 0
FROM ruadb_data.impact_rows($1, $2, $6) c
LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
WHERE ($3 IS NULL OR c.domain = (SELECT ruadb.organizational_domain($3)))
	AND ($4 IS NULL OR c.source_ip = $4)
	AND ($5 IS NULL OR $5 IN (c.gateway, w.family))
GROUP BY 1, 2
$$;
COMMENT ON FUNCTION ruadb_data.family_days(date, date, text, inet, text, text) IS
	'Recipients tried and affected by gateway family and cohort day, of logs that carry acceptances.';

CREATE OR REPLACE FUNCTION ruadb.gateway_scope(since date, until date, of_domain text,
	of_campaign text)
	RETURNS TABLE (gateway_family text, tried bigint, affected bigint, affected_percent numeric,
		low_percent numeric, tried_before bigint, affected_before bigint,
		percent_before numeric, state text, others_affected bigint, others_unaffected bigint,
		verdict text, mature boolean)
	LANGUAGE sql STABLE AS $$
WITH before AS (
	SELECT f.family, sum(f.tried) AS tried, sum(f.affected) AS affected
	FROM ruadb_data.family_days($1 - 28, $1 - 1, $3, NULL, NULL, NULL) f
	GROUP BY f.family
), compared AS (
	SELECT n.family, n.tried, n.affected, n.mature, b.tried AS tried_before,
		b.affected AS affected_before,
		CASE WHEN n.tried < (SELECT ruadb.setting_value('scope_recipients')) THEN 'too few'
			WHEN 100 * n.affected >= (SELECT ruadb.setting_value('scope_percent')) * n.tried
				AND ruadb.wilson_low(n.affected, n.tried)
					> coalesce(100.0 * b.affected / nullif(b.tried, 0), 0) THEN 'affected'
			ELSE 'unaffected' END AS state
	FROM (SELECT f.family, sum(f.tried)::bigint AS tried, sum(f.affected)::bigint AS affected,
			bool_and(f.mature) AS mature
		FROM ruadb_data.family_days($1, $2, $3, NULL, NULL, $4) f
		GROUP BY f.family HAVING sum(f.tried) > 0) n
	LEFT JOIN before b ON b.family IS NOT DISTINCT FROM n.family
)
SELECT c.family, c.tried, c.affected, round(100.0 * c.affected / c.tried, 2),
	round(ruadb.wilson_low(c.affected, c.tried), 2), coalesce(c.tried_before, 0)::bigint,
	coalesce(c.affected_before, 0)::bigint,
	round(100.0 * c.affected_before / nullif(c.tried_before, 0), 2), c.state, o.affected,
	o.unaffected,
	CASE WHEN c.state <> 'affected' THEN NULL
		WHEN o.affected > 0 THEN 'general: also at ' || o.names
		WHEN o.unaffected >= (SELECT ruadb.setting_value('scope_families'))
			THEN coalesce(c.family, 'unknown gateway') || '_only'
		ELSE 'not enough comparison' END, c.mature
FROM compared c
CROSS JOIN LATERAL (
	-- receivers without a gateway that we know are no family
	SELECT count(*) FILTER (WHERE x.state = 'affected') AS affected,
		count(*) FILTER (WHERE x.state = 'unaffected') AS unaffected,
		string_agg(x.family, ', ' ORDER BY x.family) FILTER (WHERE x.state = 'affected') AS names
	FROM compared x
	WHERE x.family <> coalesce(c.family, '')
) o
$$;
COMMENT ON FUNCTION ruadb.gateway_scope(date, date, text, text) IS
	'How far it goes (definitions D6): each gateway family on these days, against its own share of the '
	'28 days before, and against the other families; of one domain and one campaign, NULL: all. '
	'verdict: proofpoint_only and the like, general, or not enough comparison.';

CREATE OR REPLACE FUNCTION ruadb.gateway_recovery(since date, of_domain text, of_ip inet,
	of_gateway text)
	RETURNS TABLE (gateway_family text, verdict text, first_day date, last_bad_day date,
		mature_days bigint, window_begin date, window_end date, tried bigint, affected bigint,
		affected_percent numeric, tried_before bigint, so_far text, reason text)
	LANGUAGE sql STABLE AS $$
WITH days AS MATERIALIZED (
	SELECT f.* FROM ruadb_data.family_days($1, NULL, $2, $3, $4, NULL) f WHERE f.tried > 0
), begun AS (
	SELECT d.family, min(d.day) AS first_day, max(d.day) AS last_bad
	FROM days d
	WHERE 100 * d.affected >= 5 * d.tried
	GROUP BY d.family
), before AS (
	SELECT f.family, sum(f.tried)::bigint AS tried
	FROM ruadb_data.family_days((SELECT min(b.first_day) - 7 FROM begun b),
		(SELECT max(b.first_day) - 1 FROM begun b), $2, $3, $4, NULL) f
	JOIN begun b ON b.family IS NOT DISTINCT FROM f.family
		AND f.day BETWEEN b.first_day - 7 AND b.first_day - 1
	GROUP BY f.family
), recent AS (
	SELECT x.family, count(*) AS days, min(x.day) AS first, max(x.day) AS last,
		sum(x.tried)::bigint AS tried, sum(x.affected)::bigint AS affected,
		bool_and(100 * x.affected < 5 * x.tried) AS well, min(x.day) > min(b.first_day) AS after
	FROM (SELECT d.*, row_number() OVER (PARTITION BY d.family ORDER BY d.day DESC) AS no
		FROM days d WHERE d.mature) x
	JOIN begun b ON b.family IS NOT DISTINCT FROM x.family
	WHERE x.no <= (SELECT ruadb.setting_value('recovery_days'))
	GROUP BY x.family
), young AS (
	SELECT d.family, min(d.day) AS first, sum(d.tried) AS tried, sum(d.affected) AS affected
	FROM days d WHERE NOT d.mature GROUP BY d.family
), judged AS (
	SELECT b.family, b.first_day, b.last_bad, coalesce(r.days, 0) AS days, r.first, r.last, r.tried,
		r.affected, r.well AND r.after AND r.days >= (SELECT ruadb.setting_value('recovery_days'))
			AS improved, coalesce(p.tried, 0) AS before, y.first AS young_first,
		y.tried AS young_tried, y.affected AS young_affected
	FROM begun b
	LEFT JOIN recent r ON r.family IS NOT DISTINCT FROM b.family
	LEFT JOIN before p ON p.family IS NOT DISTINCT FROM b.family
	LEFT JOIN young y ON y.family IS NOT DISTINCT FROM b.family
)
SELECT j.family,
	CASE WHEN j.improved AND j.before > 0 AND 2 * j.tried >= j.before THEN 'recovered'
		WHEN j.improved THEN 'improved'
		WHEN j.days < (SELECT ruadb.setting_value('recovery_days')) THEN 'not enough mature days'
		ELSE 'not improved' END,
	j.first_day, j.last_bad, j.days, j.first, j.last, j.tried, j.affected,
	round(100.0 * j.affected / nullif(j.tried, 0), 2), j.before,
	CASE WHEN j.young_tried > 0 THEN format('%s of %s affected so far since %s', j.young_affected,
		j.young_tried, j.young_first) END,
	CASE WHEN j.improved AND j.before = 0
			THEN 'no volume in the 7 days before the first observation to compare with'
		WHEN j.improved AND 2 * j.tried < j.before
			THEN format('volume is %s, less than half of the %s before', j.tried, j.before) END
FROM judged j
$$;
COMMENT ON FUNCTION ruadb.gateway_recovery(date, text, inet, text) IS
	'Whether trouble at a gateway family is over (definitions D7), of days since; one row a family with '
	'a day of 5% or more. improved: under 5% on each of the last 7 mature days; recovered: also at least '
	'half the volume of the 7 days before the first such day.';

-- RFC 3463 and the IANA registry; class is the digit in front.
CREATE OR REPLACE VIEW ruadb.status_code WITH (security_invoker = true) AS
SELECT k.code, k.name, k.meaning
FROM (VALUES
	('X.0.0', 'Other undefined status', 'The receiver did not say more.'),
	('X.1.0', 'Other address status', 'Something about the address.'),
	('X.1.1', 'Bad destination mailbox address', 'There is no such mailbox.'),
	('X.1.2', 'Bad destination system address', 'The domain does not exist or takes no mail.'),
	('X.1.3', 'Bad destination mailbox address syntax', 'The address is not written as one.'),
	('X.1.4', 'Destination mailbox address ambiguous', 'The address fits several mailboxes.'),
	('X.1.5', 'Destination address valid', 'The address is fine.'),
	('X.1.6', 'Destination mailbox has moved', 'The mailbox has moved, no new address is given.'),
	('X.1.7', 'Bad sender''s mailbox address syntax', 'The envelope sender is not written as one.'),
	('X.1.8', 'Bad sender''s system address', 'The domain of the envelope sender does not resolve.'),
	('X.1.9', 'Message relayed to non-compliant mailer', 'Handed to a system that can do less.'),
	('X.1.10', 'Recipient address has null MX', 'The domain says that it takes no mail.'),
	('X.2.0', 'Other or undefined mailbox status', 'Something about the mailbox.'),
	('X.2.1', 'Mailbox disabled', 'The mailbox takes no mail now.'),
	('X.2.2', 'Mailbox full', 'The mailbox is full.'),
	('X.2.3', 'Message length exceeds administrative limit', 'Too large for this mailbox.'),
	('X.2.4', 'Mailing list expansion problem', 'The list could not be expanded.'),
	('X.3.0', 'Other or undefined mail system status', 'Something about the receiving system.'),
	('X.3.1', 'Mail system full', 'The receiving system is out of space.'),
	('X.3.2', 'System not accepting network messages', 'The receiving system takes no mail now.'),
	('X.3.3', 'System not capable of selected features', 'It lacks what the message needs.'),
	('X.3.4', 'Message too big for system', 'Larger than the receiving system takes.'),
	('X.3.5', 'System incorrectly configured', 'The receiving system says it is misconfigured.'),
	('X.4.0', 'Other or undefined network or routing status', 'Something about the network.'),
	('X.4.1', 'No answer from host', 'The host did not answer.'),
	('X.4.2', 'Bad connection', 'The connection broke.'),
	('X.4.3', 'Directory server failure', 'A lookup (DNS) did not work.'),
	('X.4.4', 'Unable to route', 'No way to the host is known.'),
	('X.4.5', 'Mail system congestion', 'The receiving system has too much to do.'),
	('X.4.6', 'Routing loop detected', 'The message goes in circles.'),
	('X.4.7', 'Delivery time expired', 'It was too long in the queue.'),
	('X.5.0', 'Other or undefined protocol status', 'Something about SMTP.'),
	('X.5.1', 'Invalid command', 'A command that does not fit there.'),
	('X.5.2', 'Syntax error', 'A command that could not be read.'),
	('X.5.3', 'Too many recipients', 'More recipients than it takes at once.'),
	('X.5.4', 'Invalid command arguments', 'A command with wrong arguments.'),
	('X.5.5', 'Wrong protocol version', 'The versions do not fit.'),
	('X.5.6', 'Authentication exchange line is too long', 'The login was too long.'),
	('X.6.0', 'Other or undefined media error', 'Something about the content.'),
	('X.6.1', 'Media not supported', 'A kind of content that is not taken.'),
	('X.6.2', 'Conversion required and prohibited', 'It had to be converted and must not.'),
	('X.6.3', 'Conversion required but not supported', 'It had to be converted and can''t.'),
	('X.6.4', 'Conversion with loss performed', 'It was converted and lost something.'),
	('X.6.5', 'Conversion failed', 'Converting did not work.'),
	('X.7.0', 'Other or undefined security status', 'Refused or put off for reasons of policy.'),
	('X.7.1', 'Delivery not authorized, message refused', 'Refused by policy.'),
	('X.7.2', 'Mailing list expansion prohibited', 'Not allowed to write to this list.'),
	('X.7.3', 'Security conversion required but not possible', 'It can''t be made secure.'),
	('X.7.4', 'Security features not supported', 'A security feature is missing.'),
	('X.7.5', 'Cryptographic failure', 'Cryptography did not work.'),
	('X.7.6', 'Cryptographic algorithm not supported', 'It does not know this algorithm.'),
	('X.7.7', 'Message integrity failure', 'The message was changed on its way.'),
	('X.7.8', 'Authentication credentials invalid', 'Login refused.'),
	('X.7.20', 'No passing DKIM signature found', 'No DKIM signature passes.'),
	('X.7.21', 'No acceptable DKIM signature found', 'DKIM passes, but none that counts there.'),
	('X.7.22', 'No valid author-matched DKIM signature found', 'No DKIM pass for the From domain.'),
	('X.7.23', 'SPF validation failed', 'SPF fails.'),
	('X.7.24', 'SPF validation error', 'SPF could not be evaluated.'),
	('X.7.25', 'Reverse DNS validation failed', 'The sending address has no fitting name (rDNS).'),
	('X.7.26', 'Multiple authentication checks failed', 'SPF, DKIM or DMARC fail together.'),
	('X.7.27', 'Sender address has null MX', 'The sender''s domain says that it takes no mail.')
) AS k (code, name, meaning);
COMMENT ON VIEW ruadb.status_code IS
	'What enhanced status codes mean (RFC 3463 and its registry), with X for the class: 2 success, 4 '
	'for now, 5 for good. For 4.7.0: WHERE code = ''X'' || substr(''4.7.0'', 2).';
COMMENT ON COLUMN ruadb.status_code.code IS 'X, subject and detail: X.7.0.';
COMMENT ON COLUMN ruadb.status_code.name IS 'As the registry calls it.';
COMMENT ON COLUMN ruadb.status_code.meaning IS 'In plain words.';
