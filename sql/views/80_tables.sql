-- What the tables and their columns hold, for \d+ and for tools that read comments.
-- '*' stands for every table with a column of that name.
DO $$
DECLARE
	c pg_catalog.record; -- ruadb.record is a view
BEGIN
	FOR c IN
		SELECT t.relname, k.words
		FROM (VALUES
			('batch', 'One row a transaction that stored something.'),
			('domain', 'Policy domains; the id is a hash of the name.'),
			('own_domain', 'Domains declared to be ours; view own_domain.'),
			('sender', 'Declared senders, one row a declared thing; view sender.'),
			('setting', 'Settings that were set; view setting.'),
			('public_suffix_list', 'Which list organizational domains were looked up with.'),
			('reporter', 'Reporters as they name themselves; the id is a hash of all columns.'),
			('auth_set', 'Distinct sets of DKIM and SPF results; views dkim_result, spf_result.'),
			('report', 'One row a variant of a report, its rollup included; view report.'),
			('report_day_part', 'Rollup by day of reports of more than 25 h; view report_day.'),
			('record', 'One row a record, by month of its day; view record.'),
			('record_day', 'Shares by day of records of longer reports; view record_on_day.'),
			('ledger', 'Every item ever met; view ledger.'),
			('original', 'What came in, byte for byte, in parts of at most 8 MB.'),
			('quarantine', 'What could not be read; view quarantine.')
		) AS k (name, words)
		JOIN pg_class t ON t.oid = to_regclass('ruadb_data.' || k.name)
	LOOP
		EXECUTE format('COMMENT ON TABLE ruadb_data.%I IS %L', c.relname, c.words);
	END LOOP;
	FOR c IN
		SELECT DISTINCT ON (t.relname, a.attname) t.relname, t.relkind, a.attname, k.words
		FROM (VALUES
			('*', 'tenant_id', 'Whose data; 1 for a single user.'),
			('*', 'report_id', 'The report.'),
			('*', 'batch_id', 'Transaction that wrote the row.'),
			('*', 'domain_id', 'Policy domain: first 8 bytes of the SHA-256 of its name.'),
			('*', 'reporter_id', 'Reporter: first 8 bytes of a SHA-256 of the row.'),
			('*', 'auth_set_id', 'Set of results: first 8 bytes of a SHA-256 of the row.'),
			('*', 'item_key', 'First 16 bytes of a SHA-256 of source and item: the ledger''s key.'),
			('*', 'record_no', 'Place in the report, from 1; refused records have numbers too.'),
			('*', 'day', 'UTC day.'),
			('*', 'policy_domain', 'Domain whose policy was applied.'),
			('*', 'messages', 'Messages.'),
			('*', 'pass', 'Messages that passed DMARC.'),
			('*', 'fail', 'Messages that failed DMARC.'),
			('*', 'unknown', 'Messages of which the reporter did not tell enough.'),
			('*', 'none', 'Messages with disposition none.'),
			('*', 'disposition_pass', 'Messages with disposition pass (RFC 9990).'),
			('*', 'quarantine', 'Messages with disposition quarantine.'),
			('*', 'reject', 'Messages with disposition reject.'),
			('*', 'parser_version', 'Version of the parser that read it.'),
			('*', 'source', 'Kind of source: file, stdin.'),
			('*', 'item', 'Where in the source.'),
			('*', 'size', 'Bytes of the item as they came.'),
			('*', 'sha256', 'SHA-256 of the bytes as they came.'),
			('*', 'reason', 'Why, in words.'),
			('*', 'entry', 'Entry of the item; 0 or NULL if the item itself.'),
			('*', 'extra', 'JSON object of what has no column; NULL if there is nothing.'),
			('batch', 'batch_uuid', 'Made by the program: tells after a lost COMMIT what happened.'),
			('batch', 'stored_at', 'Begin of the transaction.'),
			('batch', 'program_version', 'Version of the program.'),
			('domain', 'name', 'Trimmed, lower case, no dot at the end.'),
			('domain', 'organizational_domain',
				'By the public suffix list; NULL: not looked up yet.'),
			('domain', 'is_foreign', 'Domains that are ours are declared, and this is none of them.'),
			('own_domain', 'name', 'Lower case, no dot at the end.'),
			('own_domain', 'organizational_domain', 'By the public suffix list.'),
			('own_domain', 'declared_in', 'c configuration file, d ruadb domains add.'),
			('own_domain', 'added_at', 'Since when.'),
			('sender', 'sender_id', 'Number of the declared thing.'),
			('sender', 'name', 'Name of the sender.'),
			('sender', 'owner', 'Who answers for it; the same in all rows of a name.'),
			('sender', 'dedicated', 'Nobody but us sends from this range.'),
			('sender', 'network', 'Address range; NULL if another thing is declared.'),
			('sender', 'dkim_domain', 'd= of DKIM signatures; NULL if another thing is declared.'),
			('sender', 'dkim_selector', 'DKIM selector; NULL: every one.'),
			('sender', 'spf_domain', 'Domain that SPF is checked for; NULL: another thing.'),
			('sender', 'added_at', 'Since when.'),
			('setting', 'name', 'Name: see view setting.'),
			('setting', 'value', 'What was set.'),
			('setting', 'set_at', 'When.'),
			('public_suffix_list', 'list_date', 'When the list was made.'),
			('public_suffix_list', 'looked_up_at', 'When it was first used.'),
			('reporter', 'name', 'As compared: org_name, else domain of email; trimmed, lower case.'),
			('reporter', 'org_name', 'As sent.'),
			('reporter', 'email', 'As sent.'),
			('reporter', 'extra_contact_info', 'As sent.'),
			('reporter', 'generator', 'As sent (RFC 9990).'),
			('auth_set', 'kinds', 'A letter a result: d DKIM; s, h, m, o SPF by scope.'),
			('auth_set', 'results', 'A letter a result: see ruadb.result_word.'),
			('auth_set', 'domains', 'Domain of each result, as sent.'),
			('auth_set', 'selectors', 'Selector of each DKIM result; trailing NULLs are left out.'),
			('auth_set', 'results_raw', 'Word as sent where it is not canonical; trailing NULLs left out.'),
			('report', 'variant', 'First 8 bytes of the SHA-256 of the canonical content.'),
			('report', 'set_key', 'Hash of reporter, domain, begin, end: of these one report counts.'),
			('report', 'member', 'Number in the set; 0 is locked when a further member comes.'),
			('report', 'identity', 'First 16 bytes of a SHA-256 of reporter, domain, id, begin, end.'),
			('report', 'begin_at', 'As sent; NULL beyond what a timestamp holds.'),
			('report', 'end_at', 'As sent; NULL beyond what a timestamp holds.'),
			('report', 'day', 'UTC day of the middle; NULL if longer than 25 h.'),
			('report', 'records', 'Records stored.'),
			('report', 'messages', 'Messages of the records stored.'),
			('report', 'records_refused', 'Records that could not be read; NULL is 0.'),
			('report', 'messages_refused', 'Messages of these; NULL is 0.'),
			('report', 'repairs', 'Things that were mended while reading; NULL is 0.'),
			('report', 'pct', 'As sent.'), ('report', 'p', 'As sent.'), ('report', 'sp', 'As sent.'),
			('report', 'np', 'As sent.'), ('report', 'adkim', 'As sent.'),
			('report', 'aspf', 'As sent.'), ('report', 'fo', 'As sent.'),
			('report', 'testing', 'As sent.'), ('report', 'discovery_method', 'As sent.'),
			('report', 'version', 'As sent.'), ('report', 'external_report_id', 'report_id as sent.'),
			('*', 'counted', 'The report counts in totals.'),
			('report', 'near_repeat', 'Same content as another under another report id.'),
			('report', 'swapped', 'begin was after end.'),
			('report', 'schema', '7 RFC 7489, 9 RFC 9990, d draft.'),
			('report', 'state', 'c complete, p partial.'),
			('report', 'reporter_auth', 'v verified, l local, u unverified, f failed.'),
			('record', 'day', 'UTC day of the report; NULL if longer than 25 h.'),
			('record', 'disposition', 'Letter: see ruadb.disposition_word.'),
			('record', 'dkim_evaluated', 'Letter: see ruadb.result_word; - if not given.'),
			('record', 'spf_evaluated', 'Letter: see ruadb.result_word; - if not given.'),
			('record', 'source_ip', 'Address that sent the mail to the reporter.'),
			('record', 'header_from', 'As sent; = stands for the policy domain.'),
			('record', 'envelope_from', 'As sent; = stands for header_from; empty: null reverse-path.'),
			('record', 'envelope_to', 'As sent.'),
			('record', 'noted', 'Sum of 1, 2 (DKIM, SPF: alignment and evaluated result differ), '
				'4 (a further DKIM result within our domain); NULL: nothing of it.'),
			('ledger', 'bytes_key', 'First 16 bytes of the SHA-256 of its bytes.'),
			('ledger', 'sha256_rest', 'The other 16.'),
			('ledger', 'first_batch_id', 'Transaction that met it first; NULL: batch_id.'),
			('ledger', 'mtime_ns', 'Time of the file, in nanoseconds since 1970.'),
			('ledger', 'inode', 'Inode of the file.'),
			('ledger', 'last_seen_at', 'When it was read last; NULL: in batch_id.'),
			('ledger', 'times', 'How often it was read; NULL is once.'),
			('ledger', 'reports', 'How many reports are in it; NULL for one.'),
			('ledger', 'outcome', 'Letter: see ruadb.outcome_word.'),
			('original', 'part', 'Number of the part.'),
			('original', 'encoding', 'How bytes are kept: as they came, or gzip.'),
			('original', 'bytes', 'The bytes.'),
			('quarantine', 'quarantine_id', 'Number, for ruadb quarantine show.'),
			('quarantine', 'at', 'When it was put there.'),
			('quarantine', 'bytes_kept', 'Whether the bytes are in original.'),
			('quarantine', 'class', 'input, limit or bug.')
		) AS k (name, attname, words)
		JOIN pg_class t ON t.relnamespace = 'ruadb_data'::regnamespace
			AND t.relkind IN ('r', 'p', 'v') AND NOT t.relispartition
			AND k.name IN ('*', t.relname)
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = k.attname
		ORDER BY t.relname, a.attname, k.name = '*'
	LOOP
		EXECUTE format('COMMENT ON COLUMN ruadb_data.%I.%I IS %L', c.relname, c.attname, c.words);
	END LOOP;
END $$;
