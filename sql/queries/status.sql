-- title: How the collection of reports is: all there is to say
-- param: configured text default all JSON: the mailboxes that are configured here
SELECT state, what, name, last_success_at, waiting, oldest_waiting_at, attention, account, folder,
	messages, not_reports, first_seen_at, last_try_at, next_try_at, failures, last_error_at,
	last_error_class, last_error, held_by
FROM ruadb_data.status_of(:configured::jsonb)
ORDER BY array_position('{mailbox,reports,quarantine,reporters}', what), name COLLATE "C"
