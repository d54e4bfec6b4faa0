-- title: How the collection of reports is
-- param: configured text default all JSON: the mailboxes that are configured here
SELECT name, state, date_trunc('second', last_success_at) AS last_success_at, waiting,
	date_trunc('second', oldest_waiting_at) AS oldest_waiting_at, attention
FROM ruadb_data.status_of(:configured::jsonb)
ORDER BY array_position('{mailbox,reports,quarantine,reporters}', what), name COLLATE "C"
