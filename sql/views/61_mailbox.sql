-- Mailboxes: who fetches an account, how each folder is, and what became of each message.

CREATE OR REPLACE VIEW ruadb.lease WITH (security_invoker = true) AS
SELECT l.tenant_id, l.account, l.owner, l.token, l.until, l.until > now() AS held
FROM ruadb_data.lease l;

COMMENT ON VIEW ruadb.lease IS
	'Which process may touch an account, one row each. It renews that as long as it lives.';
COMMENT ON COLUMN ruadb.lease.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.lease.account IS 'The account: [account "NAME"] in ruadb.conf(5).';
COMMENT ON COLUMN ruadb.lease.owner IS 'Who has it, or had it last: host, process, and what tells it from others of that number.';
COMMENT ON COLUMN ruadb.lease.token IS 'Rises whenever it changes hands.';
COMMENT ON COLUMN ruadb.lease.until IS
	'Until when, by the server''s clock; afterwards another may take it.';
COMMENT ON COLUMN ruadb.lease.held IS 'Somebody has it now.';

CREATE OR REPLACE VIEW ruadb.mailbox WITH (security_invoker = true) AS
SELECT m.tenant_id, m.account, m.folder, m.uidvalidity, m.messages, m.backlog, m.not_reports,
	m.oldest_waiting_at, m.first_seen_at, m.last_try_at, m.last_success_at, m.next_try_at,
	m.failures, m.last_error_at, m.last_error_class, m.last_error, l.owner AS held_by
FROM ruadb_data.mailbox m
LEFT JOIN ruadb_data.lease l ON l.tenant_id = m.tenant_id AND l.account = m.account
	AND l.until > now();

COMMENT ON VIEW ruadb.mailbox IS
	'How each folder of each account was when it was last looked at. Judged in view status.';
COMMENT ON COLUMN ruadb.mailbox.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.mailbox.account IS 'The account: [account "NAME"] in ruadb.conf(5).';
COMMENT ON COLUMN ruadb.mailbox.folder IS 'The folder, as configured.';
COMMENT ON COLUMN ruadb.mailbox.uidvalidity IS
	'With another one the server counts its messages anew; NULL: the folder was never opened.';
COMMENT ON COLUMN ruadb.mailbox.messages IS 'Messages in the folder.';
COMMENT ON COLUMN ruadb.mailbox.backlog IS
	'Of these, those that wait: not read yet, or read and not yet moved or flagged.';
COMMENT ON COLUMN ruadb.mailbox.not_reports IS
	'Of these, those that are no reports and were left there: ruadb report mailbox-left.';
COMMENT ON COLUMN ruadb.mailbox.oldest_waiting_at IS
	'When the oldest of those that wait arrived there; NULL: none waits, or it is not known.';
COMMENT ON COLUMN ruadb.mailbox.first_seen_at IS 'When it was looked at first.';
COMMENT ON COLUMN ruadb.mailbox.last_try_at IS 'When it was looked at last, with success or not.';
COMMENT ON COLUMN ruadb.mailbox.last_success_at IS
	'When everything that was there was last dealt with; NULL: not yet.';
COMMENT ON COLUMN ruadb.mailbox.next_try_at IS
	'When it is tried again after an error; NULL: at the next look, or a person has to mend it.';
COMMENT ON COLUMN ruadb.mailbox.failures IS 'Errors since the last success.';
COMMENT ON COLUMN ruadb.mailbox.last_error_at IS 'When the last of them was; NULL: all is well.';
COMMENT ON COLUMN ruadb.mailbox.last_error_class IS
	'temp (tried again), config (a person has to mend it), or input, limit, bug.';
COMMENT ON COLUMN ruadb.mailbox.last_error IS 'The last error in words; NULL: all is well.';
COMMENT ON COLUMN ruadb.mailbox.held_by IS 'Process that has the account now; NULL: none.';

-- Entries of a mail have rows of their own in the ledger, with #n behind the UID: not here.
CREATE OR REPLACE VIEW ruadb.mailbox_message WITH (security_invoker = true) AS
SELECT l.tenant_id,
	p.part[1] AS account,
	p.part[2] AS folder,
	p.part[3]::bigint AS uidvalidity,
	p.part[4]::bigint AS uid,
	ruadb.outcome_word(l.outcome) AS outcome,
	l.outcome = 'x' AS not_report,
	l.reason,
	l.size,
	coalesce(l.last_seen_at, b.stored_at) AS read_at,
	l.item
FROM ruadb_data.ledger l
CROSS JOIN LATERAL regexp_match(l.item, '^([^/]*)/(.*);UIDVALIDITY=([0-9]+)/;UID=([0-9]+)$')
	AS p (part)
LEFT JOIN ruadb_data.batch b ON b.tenant_id = l.tenant_id AND b.batch_id = l.batch_id
WHERE l.source = 'imap' AND p.part IS NOT NULL;

COMMENT ON VIEW ruadb.mailbox_message IS
	'Every message ever fetched, one row each, wherever it is now: what became of it here.';
COMMENT ON COLUMN ruadb.mailbox_message.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.mailbox_message.account IS
	'The account it was in: [account "NAME"] in ruadb.conf(5).';
COMMENT ON COLUMN ruadb.mailbox_message.folder IS 'The folder it was in.';
COMMENT ON COLUMN ruadb.mailbox_message.uidvalidity IS
	'UIDVALIDITY of the folder then: with another one its UIDs mean other messages.';
COMMENT ON COLUMN ruadb.mailbox_message.uid IS 'Its UID there.';
COMMENT ON COLUMN ruadb.mailbox_message.outcome IS
	'stored, conflict, near_repeat, repeat, quarantined, not_report, dropped (from quarantine), log.';
COMMENT ON COLUMN ruadb.mailbox_message.not_report IS
	'It is no report. Asked for alone, it is found without reading all of the ledger.';
COMMENT ON COLUMN ruadb.mailbox_message.reason IS
	'Why, in words, where it was not stored; what is lost where it was stored in part.';
COMMENT ON COLUMN ruadb.mailbox_message.size IS 'Its bytes.';
COMMENT ON COLUMN ruadb.mailbox_message.read_at IS 'When it was last fetched and read.';
COMMENT ON COLUMN ruadb.mailbox_message.item IS 'Its name in ledger and quarantine.';
