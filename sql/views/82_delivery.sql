-- Deliveries and attempts as people read them (migration 0005): the facts of the tables in words, and
-- what follows from them (definitions C3, C4, C6, C7, E1). What is derived is derived here and
-- nowhere else: cohorts (84_impact.sql) read the same views.

CREATE OR REPLACE FUNCTION ruadb.log_system_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'p' THEN 'postfix' WHEN 'e' THEN 'exim' WHEN 's' THEN 'sendmail'
		WHEN 'o' THEN 'opensmtpd' WHEN 'm' THEN 'powermta' WHEN 'k' THEN 'kumomta' END;
COMMENT ON FUNCTION ruadb.log_system_word("char") IS 'Word of the mail server that wrote a log.';

CREATE OR REPLACE FUNCTION ruadb.attempt_kind_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'a' THEN 'attempt' WHEN 'm' THEN 'mx_attempt' WHEN 's' THEN 'queue_suspended'
		WHEN 'q' THEN 'queue' WHEN 'l' THEN 'later_dsn' END;
COMMENT ON FUNCTION ruadb.attempt_kind_word("char") IS
	'Word of what an event of a delivery is (definitions C1).';

CREATE OR REPLACE FUNCTION ruadb.attempt_outcome_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'a' THEN 'accepted' WHEN 'd' THEN 'deferred' WHEN 'b' THEN 'bounced'
		WHEN 'x' THEN 'expired' WHEN 'r' THEN 'removed' END;
COMMENT ON FUNCTION ruadb.attempt_outcome_word("char") IS 'Word of the outcome of an attempt.';

CREATE OR REPLACE FUNCTION ruadb.smtp_stage_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'c' THEN 'connect' WHEN 'g' THEN 'greeting' WHEN 'e' THEN 'EHLO'
		WHEN 't' THEN 'STARTTLS' WHEN 'm' THEN 'MAIL' WHEN 'r' THEN 'RCPT'
		WHEN 'd' THEN 'DATA' WHEN '.' THEN 'end of data' END;
COMMENT ON FUNCTION ruadb.smtp_stage_word("char") IS
	'What our server had said when the reply came (definitions C9); NULL: the log does not say.';

CREATE OR REPLACE FUNCTION ruadb.source_ip_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'l' THEN 'log' WHEN 'm' THEN 'map' WHEN 'e' THEN 'event' WHEN 'i' THEN 'inferred' END;
COMMENT ON FUNCTION ruadb.source_ip_word("char") IS
	'Word of where a source IP is known from (definitions C7).';

CREATE OR REPLACE FUNCTION ruadb.domain_source_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'h' THEN 'header' WHEN 's' THEN 'stream' WHEN 'r' THEN 'reports'
		WHEN 'e' THEN 'envelope' END;
COMMENT ON FUNCTION ruadb.domain_source_word("char") IS
	'Word of where the domain of a delivery is known from (definitions E1).';

CREATE OR REPLACE FUNCTION ruadb.delivery_state_word("char") RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'f' THEN 'accepted_first' WHEN 'l' THEN 'accepted_later' WHEN 'a' THEN 'accepted'
		WHEN 'n' THEN 'bounced_after_acceptance' WHEN 'b' THEN 'bounced' WHEN 'x' THEN 'expired'
		WHEN 'p' THEN 'pending' WHEN 's' THEN 'lost_sight' WHEN 'r' THEN 'removed_by_admin'
		WHEN 'h' THEN 'handed_on' END;
COMMENT ON FUNCTION ruadb.delivery_state_word("char") IS 'Word of the state of a delivery (C3).';

CREATE OR REPLACE FUNCTION ruadb.is_affecting(category text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN $1 IN ('badreputation', 'blocked', 'speeding', 'toomanyconn', 'undefined');
COMMENT ON FUNCTION ruadb.is_affecting(text) IS
	'Does a temporary failure of this category make a recipient affected (definitions D2)?';

-- The text between the placeholders and the values, in turn: nothing in a value is looked at.
CREATE OR REPLACE FUNCTION ruadb.reply_text(pattern text, value_list text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN $2 IS NULL THEN $1 ELSE (
		SELECT string_agg(concat(p.part, (string_to_array($2, E'\u001f'))[p.no]), '' ORDER BY p.no)
		FROM regexp_split_to_table($1, '\{(?:address|ip|host|id|number|text)\}')
			WITH ORDINALITY AS p (part, no)) END;
COMMENT ON FUNCTION ruadb.reply_text(text, text) IS
	'A reply as it came: the values (U+001F between them) put back into the pattern of its template.';

-- How long a host keeps a message in its queue (definitions D1): as declared, else by its kind.
CREATE OR REPLACE VIEW ruadb_data.log_host_queue WITH (security_invoker = true) AS
SELECT h.tenant_id, h.host_id, h.system, h.host, h.source, h.oldest_at, h.newest_at,
	coalesce(s.queue_lifetime, CASE WHEN h.system IN ('m', 'k')
		THEN make_interval(hours =>
			(SELECT ruadb.setting_value('queue_lifetime_hours_platform'))::int)
		ELSE make_interval(days => (SELECT ruadb.setting_value('queue_lifetime_days'))::int) END)
		AS queue_lifetime,
	coalesce(s.complete, false) AS complete
FROM ruadb_data.log_host h
LEFT JOIN ruadb_data.log_source s ON s.tenant_id = h.tenant_id AND s.name = h.source;
COMMENT ON VIEW ruadb_data.log_host_queue IS 'Hosts that wrote logs, and their queue lifetime.';

CREATE OR REPLACE VIEW ruadb_data.log_service_org WITH (security_invoker = true) AS
SELECT v.tenant_id, v.service_id, v.service, v.stream,
	coalesce(d.organizational_domain, p.organizational_domain, lower(v.domain)) AS org
FROM (SELECT x.*, ('x' || left(encode(sha256(convert_to(lower(x.domain), 'UTF8')), 'hex'), 16))
		::bit(64)::bigint AS domain_id FROM ruadb_data.log_service x) v
LEFT JOIN ruadb_data.log_domain d ON d.tenant_id = v.tenant_id AND d.domain_id = v.domain_id
LEFT JOIN ruadb_data.domain p ON p.tenant_id = v.tenant_id AND p.domain_id = v.domain_id;
COMMENT ON VIEW ruadb_data.log_service_org IS
	'Services of hosts, their stream, and the organizational domain that is declared for it.';

-- The gateway of a recipient domain on a day (C6), at most one row, always one: NULL if there is no
-- evidence within so many days around. Nearest day first, the earlier of two; peer before MX before
-- replies, of which it takes two, or one with the gateway's URL. A function for the same reason as
-- source_days (70_source.sql); it is aggregated, so that PostgreSQL leaves it out where nobody asks.
CREATE OR REPLACE FUNCTION ruadb_data.gateway_of(tenant bigint, domain bigint, of_day date)
	RETURNS TABLE (best text[]) LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT array_agg(ARRAY[b.gateway, b.gateway_customer, b.evidence::text, b.away::text])
FROM (
	SELECT g.gateway, g.gateway_customer, g.evidence, abs(g.day - $3) AS away
	FROM ruadb_data.domain_gateway g
	WHERE g.tenant_id = $1 AND g.domain_id = $2
		AND g.day BETWEEN $3 - (SELECT ruadb.setting_value('gateway_days'))::int
			AND $3 + (SELECT ruadb.setting_value('gateway_days'))::int
		AND (g.evidence <> 'r' OR g.url OR g.times >= 2 OR EXISTS (
			SELECT FROM ruadb_data.domain_gateway o
			WHERE o.tenant_id = $1 AND o.domain_id = $2 AND o.evidence = 'r'
				AND o.gateway = g.gateway
				AND (o.day, o.gateway_customer) <> (g.day, g.gateway_customer)
				AND o.day BETWEEN $3 - (SELECT ruadb.setting_value('gateway_days'))::int
					AND $3 + (SELECT ruadb.setting_value('gateway_days'))::int))
	ORDER BY abs(g.day - $3), g.day,
		CASE g.evidence WHEN 'p' THEN 1 WHEN 'm' THEN 2 ELSE 3 END, g.times DESC, g.gateway,
		g.gateway_customer
	LIMIT 1
) b;
END;
COMMENT ON FUNCTION ruadb_data.gateway_of(bigint, bigint, date) IS
	'The gateway of a recipient domain on a day: {{gateway, customer, evidence, days away}}.';

-- Deliveries with the source IP that is known of them (C7). Two parts, so that those of one address
-- begin at an index: that of the address, or that of the service and day it is inferred for.
-- The line with the Message-ID is an arrival, too: a bounce that the queue makes has no other.
CREATE OR REPLACE VIEW ruadb_data.delivery_sent WITH (security_invoker = true) AS
SELECT d.tenant_id, d.delivery_id, d.host_id, d.service_id, d.recipient_key,
	d.recipient_domain_id, d.envelope_domain_id, d.header_domain_id, d.last_peer_id,
	d.last_template_id, d.epoch_at, d.first_at, d.last_at, d.first_deferred_at,
	d.last_deferred_at, d.accepted_at, d.bounced_at, d.expired_at, d.removed_at, d.closed_at,
	d.bounced_after_at, d.attempts, d.deferred, d.suspended, d.mx_attempts,
	d.attempts_reported, d.size, d.day,
	d.arrival_seen OR d.message_id IS NOT NULL AS arrival_seen, d.handed_on, d.null_sender,
	d.deferred_templates, d.suspended_templates, d.queue_id, d.message_id, d.campaign,
	d.recipient, d.envelope_from, d.source_ip, d.source_ip_from
FROM ruadb_data.delivery d
WHERE d.source_ip IS NOT NULL
UNION ALL
SELECT d.tenant_id, d.delivery_id, d.host_id, d.service_id, d.recipient_key,
	d.recipient_domain_id, d.envelope_domain_id, d.header_domain_id, d.last_peer_id,
	d.last_template_id, d.epoch_at, d.first_at, d.last_at, d.first_deferred_at,
	d.last_deferred_at, d.accepted_at, d.bounced_at, d.expired_at, d.removed_at, d.closed_at,
	d.bounced_after_at, d.attempts, d.deferred, d.suspended, d.mx_attempts,
	d.attempts_reported, d.size, d.day,
	d.arrival_seen OR d.message_id IS NOT NULL AS arrival_seen, d.handed_on, d.null_sender,
	d.deferred_templates, d.suspended_templates, d.queue_id, d.message_id, d.campaign,
	d.recipient, d.envelope_from, i.source_ip, CASE WHEN i.source_ip IS NOT NULL
		THEN 'i'::"char" END
FROM ruadb_data.delivery d
LEFT JOIN (SELECT r.tenant_id, r.service_id, r.day, r.source_ip FROM ruadb_data.reply_ip_day r
	WHERE NOT EXISTS (SELECT FROM ruadb_data.reply_ip_day o WHERE o.tenant_id = r.tenant_id
		AND o.service_id = r.service_id AND o.day = r.day AND o.source_ip <> r.source_ip)) i
	ON i.tenant_id = d.tenant_id AND i.service_id = d.service_id AND i.day = d.day
WHERE d.source_ip IS NULL;
COMMENT ON VIEW ruadb_data.delivery_sent IS
	'Deliveries with their source IP, logged, mapped, told or inferred.';

-- Deliveries and what follows from each row by itself: state, what made it affected, domain, stream.
-- state: letters of ruadb.delivery_state_word.
CREATE OR REPLACE VIEW ruadb_data.delivery_fact WITH (security_invoker = true) AS
SELECT d.tenant_id, d.delivery_id, d.host_id, d.service_id, d.recipient_key,
	d.recipient_domain_id, d.envelope_domain_id, d.day, d.source_ip, d.source_ip_from,
	d.handed_on, d.null_sender, d.campaign, d.first_at, d.last_at, d.first_deferred_at,
	d.last_deferred_at, d.deferred_templates, d.suspended_templates, d.last_template_id,
	d.bounced_at, d.accepted_at, d.attempts, d.deferred, d.suspended, d.mx_attempts,
	d.epoch_at, d.arrival_seen, h.oldest_at, h.queue_lifetime, h.system, h.host, v.service,
	d.queue_id, d.message_id, d.recipient, d.envelope_from, d.size,
	hd.name AS header_domain, ed.name AS envelope_domain,
	CASE WHEN d.closed_at IS NULL THEN d.last_at + h.queue_lifetime END AS lost_at,
	CASE WHEN d.handed_on THEN 'h'::"char"
		WHEN d.bounced_after_at IS NOT NULL THEN 'n'::"char"
		WHEN d.accepted_at IS NOT NULL THEN
			CASE WHEN d.first_deferred_at IS NOT NULL OR d.deferred > 0 OR d.suspended > 0
					OR greatest(d.attempts, d.attempts_reported) > 1 THEN 'l'::"char"
				WHEN d.arrival_seen IS FALSE OR d.epoch_at < h.oldest_at THEN 'a'::"char"
				ELSE 'f'::"char" END
		WHEN d.expired_at IS NOT NULL THEN 'x'::"char"
		WHEN d.bounced_at IS NOT NULL THEN 'b'::"char"
		WHEN d.removed_at IS NOT NULL THEN 'r'::"char"
		WHEN d.closed_at IS NOT NULL OR d.last_at + h.queue_lifetime < ruadb.as_of()
			THEN 's'::"char"
		ELSE 'p'::"char" END AS state,
	(d.arrival_seen IS FALSE OR d.epoch_at < h.oldest_at) IS TRUE AS left_censored,
	greatest(d.attempts, coalesce(d.attempts_reported, 0)) AS all_attempts,
	d.attempts + d.suspended + d.mx_attempts > 0 AS tried,
	d.deferred > 0 OR d.suspended > 0 AS temporary_failure,
	CASE WHEN d.deferred > 0 THEN d.deferred_templates IS NULL OR EXISTS (
		SELECT FROM unnest(d.deferred_templates) AS k (id) WHERE (k.id IN (
			SELECT t.template_id FROM ruadb_data.reply_template t
			WHERE t.tenant_id = ruadb.tenant() AND ruadb.is_affecting(t.category))) IS TRUE)
		ELSE false END AS directly_deferred,
	CASE WHEN d.suspended > 0 THEN d.suspended_templates IS NULL OR EXISTS (
		SELECT FROM unnest(d.suspended_templates) AS k (id) WHERE (k.id IN (
			SELECT t.template_id FROM ruadb_data.reply_template t
			WHERE t.tenant_id = ruadb.tenant() AND ruadb.is_affecting(t.category))) IS TRUE)
		ELSE false END AS suspended_affecting,
	CASE WHEN d.first_deferred_at IS NOT NULL THEN greatest(coalesce(d.accepted_at, d.expired_at,
		d.bounced_at, d.removed_at, d.last_at) - d.first_deferred_at, interval '0') END
		AS time_in_deferral,
	coalesce(hd.organizational_domain, v.org, r.organizational_domain, ed.organizational_domain)
		AS domain,
	CASE WHEN hd.organizational_domain IS NOT NULL THEN 'h'::"char"
		WHEN v.org IS NOT NULL THEN 's'::"char"
		WHEN r.organizational_domain IS NOT NULL THEN 'r'::"char"
		WHEN ed.organizational_domain IS NOT NULL THEN 'e'::"char" END AS domain_source,
	v.stream
FROM ruadb_data.delivery_sent d
LEFT JOIN ruadb_data.log_host_queue h ON h.tenant_id = d.tenant_id AND h.host_id = d.host_id
LEFT JOIN ruadb_data.log_service_org v ON v.tenant_id = d.tenant_id
	AND v.service_id = d.service_id
LEFT JOIN ruadb_data.log_domain hd ON hd.tenant_id = d.tenant_id
	AND hd.domain_id = d.header_domain_id
LEFT JOIN ruadb_data.envelope_header r ON r.tenant_id = d.tenant_id
	AND r.envelope_domain_id = d.envelope_domain_id
LEFT JOIN ruadb_data.log_domain ed ON ed.tenant_id = d.tenant_id
	AND ed.domain_id = d.envelope_domain_id;
COMMENT ON VIEW ruadb_data.delivery_fact IS
	'Deliveries with what follows from each by itself: what views and cohorts are made of.';

CREATE OR REPLACE VIEW ruadb.delivery WITH (security_invoker = true) AS
SELECT d.tenant_id, d.delivery_id, d.day, ruadb.log_system_word(d.system) AS system, d.host,
	d.service, d.queue_id, d.message_id, d.envelope_domain, d.header_domain, d.domain,
	ruadb.domain_source_word(d.domain_source) AS domain_source,
	n.name AS recipient_domain, d.recipient, d.recipient_key,
	g.best[1][1] AS gateway, w.family AS gateway_family,
	coalesce(nullif(g.best[1][2], ''), n.name) AS gateway_customer,
	CASE g.best[1][3] WHEN 'p' THEN 'peer' WHEN 'm' THEN 'mx' WHEN 'r' THEN 'reply' END
		AS gateway_evidence,
	d.source_ip, ruadb.source_ip_word(d.source_ip_from) AS source_ip_from, d.stream, d.campaign,
	CASE WHEN d.arrival_seen IS DISTINCT FROM false THEN d.epoch_at END AS arrived_at,
	d.first_at, d.last_at, d.first_deferred_at, d.accepted_at,
	ruadb.delivery_state_word(d.state) AS state,
	d.all_attempts AS attempts, greatest(d.all_attempts - 1, 0) AS retries,
	d.left_censored AS retries_at_least, d.deferred, d.suspended, d.mx_attempts,
	d.left_censored, d.directly_deferred OR d.suspended_affecting AS affected,
	d.directly_deferred, d.temporary_failure, d.state <> 'p' AS final, d.time_in_deferral,
	t.text AS last_reply, t.category, d.envelope_from, d.size, d.null_sender
FROM ruadb_data.delivery_fact d
LEFT JOIN ruadb_data.log_domain n ON n.tenant_id = d.tenant_id
	AND n.domain_id = d.recipient_domain_id
LEFT JOIN ruadb_data.reply_template t ON t.tenant_id = d.tenant_id
	AND t.template_id = d.last_template_id
-- not as a condition of the join: it would be made also where nobody asks for the gateway
LEFT JOIN LATERAL ruadb_data.gateway_of(d.tenant_id,
	CASE WHEN NOT d.handed_on THEN d.recipient_domain_id END, d.day) g ON true
LEFT JOIN ruadb_data.gateway w ON w.tenant_id = d.tenant_id AND w.gateway = g.best[1][1];

COMMENT ON VIEW ruadb.delivery IS
	'One row a delivery: (message, recipient) as the mail server''s own log tells it. "Accepted" is '
	'accepted by the gateway: 250 is not the inbox.';
COMMENT ON COLUMN ruadb.delivery.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.delivery.delivery_id IS 'Our number of the delivery.';
COMMENT ON COLUMN ruadb.delivery.day IS 'UTC day of its first event: its cohort.';
COMMENT ON COLUMN ruadb.delivery.system IS
	'Mail server that wrote the log: postfix, exim, sendmail, opensmtpd, powermta, kumomta.';
COMMENT ON COLUMN ruadb.delivery.host IS 'Host name in the log.';
COMMENT ON COLUMN ruadb.delivery.service IS
	'Service of the host: syslog name with program, virtual MTA, egress source.';
COMMENT ON COLUMN ruadb.delivery.queue_id IS 'Queue id on that host; may be used again later.';
COMMENT ON COLUMN ruadb.delivery.message_id IS
	'Message-ID with its angle brackets; NULL: the log does not say.';
COMMENT ON COLUMN ruadb.delivery.envelope_domain IS
	'Domain of the envelope sender; NULL: null sender, or not known.';
COMMENT ON COLUMN ruadb.delivery.header_domain IS
	'Domain of the header From; NULL: the log does not say.';
COMMENT ON COLUMN ruadb.delivery.domain IS
	'Organizational domain that it was sent as (definitions E1).';
COMMENT ON COLUMN ruadb.delivery.domain_source IS
	'Where domain is from: header (From), stream (declared), reports (what DMARC reports show for '
	'this envelope domain), envelope (its organizational domain, for want of better).';
COMMENT ON COLUMN ruadb.delivery.recipient_domain IS 'Domain of the recipient.';
COMMENT ON COLUMN ruadb.delivery.recipient IS
	'Address of the recipient; NULL unless [logs] recipients = full.';
COMMENT ON COLUMN ruadb.delivery.recipient_key IS
	'Keyed hash of the address: equal for one recipient; with recipients = domain only within a '
	'message.';
COMMENT ON COLUMN ruadb.delivery.gateway IS
	'Gateway of the recipient domain on that day (definitions C6); NULL: none is known, or handed on.';
COMMENT ON COLUMN ruadb.delivery.gateway_family IS
	'Gateways of one family are one in the guide''s share: proofpoint.';
COMMENT ON COLUMN ruadb.delivery.gateway_customer IS
	'Customer of the gateway, out of the peer''s name; else the recipient domain.';
COMMENT ON COLUMN ruadb.delivery.gateway_evidence IS
	'What the gateway is known by: peer (host name), mx (a dated snapshot), reply (a fingerprint).';
COMMENT ON COLUMN ruadb.delivery.source_ip IS
	'Address it was sent from; NULL: not known.';
COMMENT ON COLUMN ruadb.delivery.source_ip_from IS
	'How it is known (definitions C7): log; map (by host and service, as declared); event (of the '
	'platform); inferred: the only one that replies named for this service on this day.';
COMMENT ON COLUMN ruadb.delivery.stream IS 'Stream as declared: marketing, transactional, sales ...';
COMMENT ON COLUMN ruadb.delivery.campaign IS 'Campaign, job or tag; NULL: the log does not say.';
COMMENT ON COLUMN ruadb.delivery.arrived_at IS
	'When the message came into the queue; NULL: that was not seen.';
COMMENT ON COLUMN ruadb.delivery.first_at IS 'First event that is in the data.';
COMMENT ON COLUMN ruadb.delivery.last_at IS 'Last event that is in the data.';
COMMENT ON COLUMN ruadb.delivery.first_deferred_at IS
	'First temporary failure, suspended lines included; of a left-censored one: in data since then.';
COMMENT ON COLUMN ruadb.delivery.accepted_at IS 'When the gateway accepted it.';
COMMENT ON COLUMN ruadb.delivery.state IS
	'accepted_first (at the first attempt), accepted_later, accepted (left-censored: which of the two '
	'is not known), bounced, expired, pending, bounced_after_acceptance (a later DSN), '
	'removed_by_admin, handed_on (to a relay of ours, loopback, a private address: in no figure), '
	'lost_sight (no event for longer than the queue lifetime, or the queue is done with the message '
	'and its end is not in the data).';
COMMENT ON COLUMN ruadb.delivery.attempts IS
	'Queue runs in which a peer answered or could not be reached (definitions C1): the larger of '
	'those in the log and the number that the platform tells.';
COMMENT ON COLUMN ruadb.delivery.retries IS 'Attempts but the first.';
COMMENT ON COLUMN ruadb.delivery.retries_at_least IS
	'Left-censored: retries reads "at least so many" (definitions C4).';
COMMENT ON COLUMN ruadb.delivery.deferred IS 'Attempts that failed temporarily.';
COMMENT ON COLUMN ruadb.delivery.suspended IS
	'Lines that repeat an earlier failure without trying; no attempts.';
COMMENT ON COLUMN ruadb.delivery.mx_attempts IS 'Further MX hosts tried in the same queue runs.';
COMMENT ON COLUMN ruadb.delivery.left_censored IS
	'Its arrival is not in the data, or lies before our view of the host began.';
COMMENT ON COLUMN ruadb.delivery.affected IS
	'It had a temporary failure of a category that counts (view category), suspended included (D2).';
COMMENT ON COLUMN ruadb.delivery.directly_deferred IS 'Of these, by a real attempt.';
COMMENT ON COLUMN ruadb.delivery.temporary_failure IS
	'It had a temporary failure of any category: greylisting, full mailboxes and the like too.';
COMMENT ON COLUMN ruadb.delivery.final IS 'Nothing more is to come: any state but pending.';
COMMENT ON COLUMN ruadb.delivery.time_in_deferral IS
	'From its first temporary failure to its end, or to its last event; NULL: it had none.';
COMMENT ON COLUMN ruadb.delivery.last_reply IS
	'Template of the last temporary failure or bounce; the exact texts are in view attempt.';
COMMENT ON COLUMN ruadb.delivery.category IS 'Category of that reply.';
COMMENT ON COLUMN ruadb.delivery.envelope_from IS
	'Envelope sender; NULL unless [logs] recipients = full.';
COMMENT ON COLUMN ruadb.delivery.size IS 'Bytes of the message; NULL: the log does not say.';
COMMENT ON COLUMN ruadb.delivery.null_sender IS
	'A notice (DSN) with the null sender: in no figure of impact.';

-- The delivery's address is asked for row by row, only where somebody wants to know.
CREATE OR REPLACE VIEW ruadb.attempt WITH (security_invoker = true) AS
SELECT a.tenant_id, a.delivery_id, a.at, ruadb.attempt_kind_word(a.kind) AS kind,
	ruadb.attempt_outcome_word(a.outcome) AS outcome, ruadb.smtp_stage_word(a.stage) AS stage,
	p.host AS peer_host, p.ip AS peer_ip, p.gateway, t.smtp_code, t.enhanced, a.status,
	t.category, ruadb.reply_text(t.text, a.reply_values) AS reply, a.template_id, a.reply_ip,
	coalesce(a.source_ip, (SELECT d.source_ip FROM ruadb_data.delivery d
		WHERE d.tenant_id = a.tenant_id AND d.delivery_id = a.delivery_id
			AND d.day BETWEEN a.day - 100 AND a.day)) AS source_ip,
	CASE WHEN a.reply_ip IS NOT NULL THEN a.reply_ip <> coalesce(a.source_ip, (
		SELECT d.source_ip FROM ruadb_data.delivery d
		WHERE d.tenant_id = a.tenant_id AND d.delivery_id = a.delivery_id
			AND d.day BETWEEN a.day - 100 AND a.day)) END AS nat_conflict,
	a.delay_ms * interval '1 millisecond' AS delay, a.attempt_reported, a.day
FROM ruadb_data.attempt a
LEFT JOIN ruadb_data.peer p ON p.tenant_id = a.tenant_id AND p.peer_id = a.peer_id
LEFT JOIN ruadb_data.reply_template t ON t.tenant_id = a.tenant_id
	AND t.template_id = a.template_id;

COMMENT ON VIEW ruadb.attempt IS
	'One row an event of a delivery: attempts, further MX hosts in the same queue run, lines that '
	'repeat an earlier failure, ends without an attempt, later DSNs.';
COMMENT ON COLUMN ruadb.attempt.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.attempt.delivery_id IS 'The delivery: view delivery.';
COMMENT ON COLUMN ruadb.attempt.at IS 'When.';
COMMENT ON COLUMN ruadb.attempt.kind IS
	'attempt; mx_attempt (one more MX host in that queue run); queue_suspended (an earlier failure is '
	'used again, nobody was asked); queue (its end there, no attempt); later_dsn (a bounce after '
	'acceptance). Only attempt counts as one (definitions C1).';
COMMENT ON COLUMN ruadb.attempt.outcome IS
	'What the queue made of it: accepted, deferred, bounced, expired, removed.';
COMMENT ON COLUMN ruadb.attempt.stage IS
	'What our server had said: connect (no connection), greeting, EHLO, STARTTLS, MAIL, RCPT, DATA, '
	'end of data; before DATA the reply was given before the message was seen. NULL: not known.';
COMMENT ON COLUMN ruadb.attempt.peer_host IS 'Host that answered; of a suspended line the quoted one.';
COMMENT ON COLUMN ruadb.attempt.peer_ip IS 'Its address.';
COMMENT ON COLUMN ruadb.attempt.gateway IS 'Whose gateway that host is, by its name; NULL: not known.';
COMMENT ON COLUMN ruadb.attempt.smtp_code IS 'Code of the reply; NULL: our own server said it.';
COMMENT ON COLUMN ruadb.attempt.enhanced IS 'Enhanced status in the reply (RFC 3463).';
COMMENT ON COLUMN ruadb.attempt.status IS
	'The queue''s own enhanced status where it is another, or the reply has none.';
COMMENT ON COLUMN ruadb.attempt.category IS 'Category of the reply: view category.';
COMMENT ON COLUMN ruadb.attempt.reply IS 'The exact reply, as logged.';
COMMENT ON COLUMN ruadb.attempt.template_id IS 'Its template: view reply_template.';
COMMENT ON COLUMN ruadb.attempt.reply_ip IS 'Source address that the reply names.';
COMMENT ON COLUMN ruadb.attempt.source_ip IS
	'Source address as logged or mapped; NULL: not known. Inferred ones are in view delivery.';
COMMENT ON COLUMN ruadb.attempt.nat_conflict IS
	'The reply names another source address than the log; NULL: one of them is not known.';
COMMENT ON COLUMN ruadb.attempt.delay IS 'Since the message arrived, as logged.';
COMMENT ON COLUMN ruadb.attempt.attempt_reported IS
	'Number of the attempt as the platform tells it, this one included; NULL: it does not.';
COMMENT ON COLUMN ruadb.attempt.day IS 'UTC day.';

CREATE OR REPLACE VIEW ruadb.reply_template WITH (security_invoker = true) AS
SELECT t.tenant_id, t.template_id, t.gateway, t.smtp_code, t.enhanced, t.text, t.truncated,
	t.category, ruadb.is_affecting(t.category) AS affecting,
	CASE t.matched WHEN 'u' THEN 'user rule' WHEN 'f' THEN 'fingerprint' WHEN 'g' THEN 'gateway'
		WHEN 'e' THEN 'enhanced status' WHEN 'c' THEN 'basic code' WHEN 'b' THEN 'basic code'
		WHEN '-' THEN 'nothing' END AS matched,
	t.rule, t.meaning, t.samples, t.first_stored_at
FROM ruadb_data.reply_template t;

COMMENT ON VIEW ruadb.reply_template IS
	'Replies with their variable parts taken out: what 4 million replies come down to.';
COMMENT ON COLUMN ruadb.reply_template.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.reply_template.template_id IS 'Hash of gateway, code and text.';
COMMENT ON COLUMN ruadb.reply_template.gateway IS 'Gateway that gave it; NULL: not known.';
COMMENT ON COLUMN ruadb.reply_template.smtp_code IS 'Its code; NULL: our own server said it.';
COMMENT ON COLUMN ruadb.reply_template.enhanced IS 'Its enhanced status (view status_code).';
COMMENT ON COLUMN ruadb.reply_template.text IS
	'The text with {address}, {ip}, {host}, {id}, {number} and {text} for what varies.';
COMMENT ON COLUMN ruadb.reply_template.truncated IS
	'The log holds only the first line of a reply of several.';
COMMENT ON COLUMN ruadb.reply_template.category IS 'What it means: view category.';
COMMENT ON COLUMN ruadb.reply_template.affecting IS
	'As a temporary failure it makes a recipient affected (definitions D2).';
COMMENT ON COLUMN ruadb.reply_template.matched IS
	'What decided the category: user rule, fingerprint, gateway, enhanced status, basic code, nothing.';
COMMENT ON COLUMN ruadb.reply_template.rule IS 'Name of the rule; NULL: none.';
COMMENT ON COLUMN ruadb.reply_template.meaning IS 'In plain words; NULL: no rule says.';
COMMENT ON COLUMN ruadb.reply_template.samples IS 'Some replies as they came.';
COMMENT ON COLUMN ruadb.reply_template.first_stored_at IS 'When it was first stored.';

CREATE OR REPLACE VIEW ruadb.log_host WITH (security_invoker = true) AS
SELECT h.tenant_id, h.host_id, ruadb.log_system_word(h.system) AS system, h.host, h.source,
	h.oldest_at, h.newest_at, h.queue_lifetime, h.complete
FROM ruadb_data.log_host_queue h;

COMMENT ON VIEW ruadb.log_host IS 'One row a mail server whose log was read.';
COMMENT ON COLUMN ruadb.log_host.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.log_host.host_id IS 'Our number of it.';
COMMENT ON COLUMN ruadb.log_host.system IS
	'postfix, exim, sendmail, opensmtpd, powermta, kumomta.';
COMMENT ON COLUMN ruadb.log_host.host IS 'Host name in the log.';
COMMENT ON COLUMN ruadb.log_host.source IS
	'The [source "NAME"] of the configuration that names it; NULL: none.';
COMMENT ON COLUMN ruadb.log_host.oldest_at IS 'Our view of it begins here: its first event.';
COMMENT ON COLUMN ruadb.log_host.newest_at IS 'And ends here: its last event.';
COMMENT ON COLUMN ruadb.log_host.queue_lifetime IS
	'How long it keeps a message: as declared, else setting queue_lifetime_days, or '
	'queue_lifetime_hours_platform for PowerMTA and KumoMTA.';
COMMENT ON COLUMN ruadb.log_host.complete IS
	'Declared: all that its streams send is in these logs (definitions E5).';

CREATE OR REPLACE VIEW ruadb.log_coverage WITH (security_invoker = true) AS
SELECT y.tenant_id, ruadb.log_system_word(h.system) AS system, h.host, y.day, y.events,
	y.accepted > 0 AS carries_accepted, y.deferred > 0 AS carries_deferred,
	y.bounced > 0 AS carries_bounced, y.suspended > 0 AS carries_suspended,
	y.expired > 0 AS carries_expired, y.accepted, y.deferred, y.bounced, y.suspended, y.expired,
	CASE WHEN y.accepted = 0 THEN 'no accepted delivery in this log on this day: counts, no share'
		END AS reason, y.host_id
FROM ruadb_data.log_host_day y
LEFT JOIN ruadb_data.log_host h ON h.tenant_id = y.tenant_id AND h.host_id = y.host_id;

COMMENT ON VIEW ruadb.log_coverage IS
	'Which outcomes each log carries, day by day (definitions C5). Without observed acceptances there '
	'are counts, never a share or a severity.';
COMMENT ON COLUMN ruadb.log_coverage.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.log_coverage.system IS 'Mail server that wrote the log.';
COMMENT ON COLUMN ruadb.log_coverage.host IS 'Host name in the log.';
COMMENT ON COLUMN ruadb.log_coverage.day IS 'UTC day of the lines.';
COMMENT ON COLUMN ruadb.log_coverage.events IS 'Lines that said something of mail.';
COMMENT ON COLUMN ruadb.log_coverage.carries_accepted IS 'Acceptances are among them.';
COMMENT ON COLUMN ruadb.log_coverage.carries_deferred IS 'Temporary failures are.';
COMMENT ON COLUMN ruadb.log_coverage.carries_bounced IS 'Bounces are.';
COMMENT ON COLUMN ruadb.log_coverage.carries_suspended IS 'Suspended lines are.';
COMMENT ON COLUMN ruadb.log_coverage.carries_expired IS 'Expiries are.';
COMMENT ON COLUMN ruadb.log_coverage.accepted IS 'How many acceptances.';
COMMENT ON COLUMN ruadb.log_coverage.deferred IS 'How many temporary failures.';
COMMENT ON COLUMN ruadb.log_coverage.bounced IS 'How many bounces.';
COMMENT ON COLUMN ruadb.log_coverage.suspended IS 'How many suspended lines.';
COMMENT ON COLUMN ruadb.log_coverage.expired IS 'How many expiries.';
COMMENT ON COLUMN ruadb.log_coverage.reason IS 'Why no share is given; NULL: it may be.';
COMMENT ON COLUMN ruadb.log_coverage.host_id IS 'The host: view log_host.';
