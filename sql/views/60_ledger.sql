-- What came in, what became of it, and whether it adds up.

CREATE OR REPLACE VIEW ruadb.ledger WITH (security_invoker = true) AS
SELECT l.tenant_id,
	l.source,
	l.item,
	ruadb.outcome_word(l.outcome) AS outcome,
	l.reason,
	l.size,
	encode(uuid_send(l.bytes_key) || coalesce(l.sha256_rest, ''), 'hex') AS sha256,
	f.stored_at AS first_seen_at,
	coalesce(l.last_seen_at, b.stored_at) AS last_seen_at,
	coalesce(l.times, 1) AS times,
	l.parser_version,
	l.batch_id,
	b.stored_at,
	b.program_version,
	to_timestamp(l.mtime_ns / 1e9) AS modified_at
FROM ruadb_data.ledger l
LEFT JOIN ruadb_data.batch b ON b.tenant_id = l.tenant_id AND b.batch_id = l.batch_id
LEFT JOIN ruadb_data.batch f ON f.tenant_id = l.tenant_id
	AND f.batch_id = coalesce(l.first_batch_id, l.batch_id);

COMMENT ON VIEW ruadb.ledger IS
	'Every item ever met, one row each, and one for each entry of an item that holds several.';
COMMENT ON COLUMN ruadb.ledger.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.ledger.source IS 'Kind of source: file, stdin, imap.';
COMMENT ON COLUMN ruadb.ledger.item IS
	'Where in it: the real path, or ACCOUNT/FOLDER;UIDVALIDITY=n/;UID=n; #n for an entry of an archive '
	'or of a mail, or a mail of an mbox.';
COMMENT ON COLUMN ruadb.ledger.outcome IS
	'stored, conflict, near_repeat, repeat, quarantined, not_report, dropped (from quarantine), log.';
COMMENT ON COLUMN ruadb.ledger.reason IS
	'Why, in words, where it was not stored; what is lost where it was stored in part.';
COMMENT ON COLUMN ruadb.ledger.size IS 'Bytes as they came.';
COMMENT ON COLUMN ruadb.ledger.sha256 IS 'SHA-256 of these bytes, or the begin of it.';
COMMENT ON COLUMN ruadb.ledger.first_seen_at IS 'When it was first met.';
COMMENT ON COLUMN ruadb.ledger.last_seen_at IS 'When it was last met and read.';
COMMENT ON COLUMN ruadb.ledger.times IS 'How often it was read.';
COMMENT ON COLUMN ruadb.ledger.parser_version IS 'Version of the parser that read it last.';
COMMENT ON COLUMN ruadb.ledger.batch_id IS 'Transaction that wrote this outcome.';
COMMENT ON COLUMN ruadb.ledger.stored_at IS 'When that was.';
COMMENT ON COLUMN ruadb.ledger.program_version IS 'Version of the program that wrote it.';
COMMENT ON COLUMN ruadb.ledger.modified_at IS 'Time of the file when it was read.';

CREATE OR REPLACE VIEW ruadb.quarantine WITH (security_invoker = true) AS
SELECT q.tenant_id, q.quarantine_id, q.at, q.class, q.source, q.item, q.entry, q.reason, q.size,
	q.bytes_kept, nullif(encode(q.sha256, 'hex'), repeat('0', 64)) AS sha256, q.parser_version
FROM ruadb_data.quarantine q;

COMMENT ON VIEW ruadb.quarantine IS
	'What could not be read, and why. Tried again with: ruadb quarantine retry.';
COMMENT ON COLUMN ruadb.quarantine.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.quarantine.quarantine_id IS 'Its number, for ruadb quarantine show.';
COMMENT ON COLUMN ruadb.quarantine.at IS 'When it was put there.';
COMMENT ON COLUMN ruadb.quarantine.class IS
	'input (broken), limit (too much of something), bug (the parser failed).';
COMMENT ON COLUMN ruadb.quarantine.source IS 'Kind of source: file, stdin, imap.';
COMMENT ON COLUMN ruadb.quarantine.item IS 'Where in it, as in ledger.';
COMMENT ON COLUMN ruadb.quarantine.entry IS 'Entry of the item; 0 if the item itself.';
COMMENT ON COLUMN ruadb.quarantine.reason IS 'Why, in words.';
COMMENT ON COLUMN ruadb.quarantine.size IS 'Bytes of the item as they came.';
COMMENT ON COLUMN ruadb.quarantine.bytes_kept IS
	'Whether its bytes are kept; beyond quarantine_max only the hash is.';
COMMENT ON COLUMN ruadb.quarantine.sha256 IS
	'SHA-256 of the bytes of the item; NULL: a mail that was too large to be fetched.';
COMMENT ON COLUMN ruadb.quarantine.parser_version IS 'Version of the parser that refused it.';

-- The parser's counts of a report, told when it ends, against what lies in the tables. Reads all
-- records once: seconds a million. FULL JOIN: records without a report are wrong as well.
CREATE OR REPLACE VIEW ruadb.reconciliation WITH (security_invoker = true) AS
SELECT report_id, item,
	records_in_file, records_stored, records_refused,
	messages_in_file, messages_stored, messages_refused,
	tenant_id,
	concat_ws(', ', unequal_records, unequal_messages, unequal_rollup, unequal_days) AS unequal
FROM (
	SELECT tenant_id, report_id, l.item,
		coalesce(r.records + coalesce(r.records_refused, 0), 0) AS records_in_file,
		coalesce(c.records, 0) AS records_stored,
		coalesce(r.records_refused, 0) AS records_refused,
		coalesce(r.messages + coalesce(r.messages_refused, 0), 0) AS messages_in_file,
		coalesce(c.messages, 0) AS messages_stored,
		coalesce(r.messages_refused, 0) AS messages_refused,
		CASE WHEN coalesce(r.records, 0) <> coalesce(c.records, 0)
			THEN 'records' END AS unequal_records,
		CASE WHEN coalesce(r.messages, 0) <> coalesce(c.messages, 0)
			THEN 'messages' END AS unequal_messages,
		CASE WHEN (coalesce(r.pass, 0), coalesce(r.fail, 0), coalesce(r.unknown, 0),
				coalesce(r.none, 0), coalesce(r.disposition_pass, 0),
				coalesce(r.quarantine, 0), coalesce(r.reject, 0))
			<> (coalesce(c.pass, 0), coalesce(c.fail, 0), coalesce(c.unknown, 0),
				coalesce(c.none, 0), coalesce(c.disposition_pass, 0),
				coalesce(c.quarantine, 0), coalesce(c.reject, 0))
			THEN 'rollup' END AS unequal_rollup,
		CASE WHEN r.day IS NOT NULL AND (p.messages IS NOT NULL OR s.messages IS NOT NULL)
			OR r.day IS NULL AND r.messages > 0
			AND abs(extract(epoch FROM r.end_at) - extract(epoch FROM r.begin_at))
				<= 31 * 86400
			AND (p.messages IS DISTINCT FROM r.messages
				OR s.messages IS DISTINCT FROM r.messages)
			THEN 'days' END AS unequal_days
	FROM ruadb_data.report r
	FULL JOIN (
		SELECT tenant_id, report_id, count(*) AS records, sum(messages) AS messages,
			sum(messages) FILTER (WHERE dkim_evaluated = 'p' OR spf_evaluated = 'p')
				AS pass,
			sum(messages) FILTER (WHERE dkim_evaluated NOT IN ('p', '-')
				AND spf_evaluated NOT IN ('p', '-')) AS fail,
			sum(messages) FILTER (WHERE dkim_evaluated <> 'p' AND spf_evaluated <> 'p'
				AND (dkim_evaluated = '-' OR spf_evaluated = '-')) AS unknown,
			sum(messages) FILTER (WHERE disposition = 'n') AS none,
			sum(messages) FILTER (WHERE disposition = 'p') AS disposition_pass,
			sum(messages) FILTER (WHERE disposition = 'q') AS quarantine,
			sum(messages) FILTER (WHERE disposition = 'r') AS reject
		FROM ruadb_data.record
		GROUP BY tenant_id, report_id
	) c USING (tenant_id, report_id)
	LEFT JOIN (
		SELECT tenant_id, report_id, sum(messages) AS messages
		FROM ruadb_data.report_day_part
		GROUP BY tenant_id, report_id
	) p USING (tenant_id, report_id)
	LEFT JOIN (
		SELECT tenant_id, report_id, sum(messages) AS messages
		FROM ruadb_data.record_day
		GROUP BY tenant_id, report_id
	) s USING (tenant_id, report_id)
	LEFT JOIN ruadb_data.ledger l USING (tenant_id, item_key)
) a
WHERE unequal_records IS NOT NULL OR unequal_messages IS NOT NULL OR unequal_rollup IS NOT NULL
	OR unequal_days IS NOT NULL;

COMMENT ON VIEW ruadb.reconciliation IS
	'Reports whose figures do not add up. Empty, always: a row here is a bug of ruadb. Of a partial '
	'report the records that were met add up; what is lost was never met: state and lost in report.';
COMMENT ON COLUMN ruadb.reconciliation.report_id IS 'The report: view report.';
COMMENT ON COLUMN ruadb.reconciliation.item IS 'Where it came from, as in ledger.';
COMMENT ON COLUMN ruadb.reconciliation.records_in_file IS 'Records the parser met.';
COMMENT ON COLUMN ruadb.reconciliation.records_stored IS 'Rows in the table of records.';
COMMENT ON COLUMN ruadb.reconciliation.records_refused IS 'Records the parser could not read.';
COMMENT ON COLUMN ruadb.reconciliation.messages_in_file IS 'Messages of the records it met.';
COMMENT ON COLUMN ruadb.reconciliation.messages_stored IS 'Messages of the rows in the table.';
COMMENT ON COLUMN ruadb.reconciliation.messages_refused IS 'Messages of the refused records.';
COMMENT ON COLUMN ruadb.reconciliation.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.reconciliation.unequal IS
	'What is unequal: records, messages, rollup (pass, fail, dispositions), days (shares).';
