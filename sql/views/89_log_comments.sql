-- What the tables of delivery logs and their columns hold, as 80_tables.sql does for those of reports.
-- '*' stands for every table or view with a column of that name that has no words yet.
DO $$
DECLARE
	c pg_catalog.record; -- ruadb.record is a view
BEGIN
	FOR c IN
		SELECT t.relname, t.relkind, k.words
		FROM (VALUES
			('log_source', 'What [source "NAME"] sections declare, as of the last ingest.'),
			('log_host', 'Hosts that wrote logs, by system; view log_host.'),
			('log_service', 'Services of hosts, with what [source] says of them.'),
			('log_file', 'How far plain log files are read.'),
			('log_host_day', 'Events of each host by day and outcome; view log_coverage.'),
			('log_item', 'Lines of each log that was read.'),
			('log_unreadable', 'Lines that matter but can''t be read: one row a reason.'),
			('recipient_secret', 'The key that recipients are hashed with.'),
			('log_domain', 'Domains that logs name; the id is a hash of the name.'),
			('peer', 'Hosts that answered, or that we failed to connect to.'),
			('gateway', 'Gateways that occur, as the rules have them.'),
			('reply_template', 'Replies without their variable parts; view reply_template.'),
			('delivery', 'One row a (message, recipient), by month of its day; view delivery.'),
			('attempt', 'One row an event of a delivery, by month of its day; view attempt.'),
			('message_open', 'What is known of messages before their first delivery event.'),
			('attempt_open', 'Further MX hosts tried for such messages.'),
			('domain_gateway', 'Evidence for gateways, by recipient domain and day (C6).'),
			('domain_no_gateway', 'Days on which a recipient domain has no gateway by a peer.'),
			('reply_ip_day', 'Source addresses in replies, by service and day (C7).'),
			('cohort_stale', 'Cohort days that ingest has touched since they were computed.'),
			('cohort_day', 'Cohort days that are computed.'),
			('cohort_host', 'Hosts of which computed days hold deliveries from before our view.'),
			('impact_cohort', 'Computed cohorts; view impact.'),
			('impact_domain', 'Computed cohorts by recipient domain.'),
			('impact_domain_sum', 'The same by gateway and domain, over addresses and streams.'),
			('impact_campaign', 'Computed cohorts by campaign.'),
			('impact_reply', 'Computed cohorts by reply.'),
			('envelope_header', 'What reports show for envelope domains (E1).'),
			('pruned', 'Up to which day each kind was pruned.')
		) AS k (name, words)
		JOIN pg_class t ON t.oid = to_regclass('ruadb_data.' || k.name)
	LOOP
		EXECUTE format('COMMENT ON %s ruadb_data.%I IS %L',
			CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.relname, c.words);
	END LOOP;
	-- Columns that are also in a view for people have their words from there.
	FOR c IN
		SELECT DISTINCT ON (t.oid, a.attnum) t.relname, a.attname,
			col_description(v.oid, b.attnum) AS words
		FROM (VALUES ('impact_cohort', 'impact'), ('impact_cohort_now', 'impact'),
			('impact_domain', 'impact'), ('impact_domain_now', 'impact'),
			('impact_domain_sum', 'impact'), ('impact_domain_sum_now', 'impact'),
			('impact_campaign', 'impact'), ('impact_campaign_now', 'impact'),
			('log_host_day', 'log_coverage'), ('log_host', 'log_host'),
			('log_host_queue', 'log_host'), ('reply_template', 'reply_template')) AS k (mine, theirs)
		JOIN pg_class t ON t.oid = to_regclass('ruadb_data.' || k.mine)
		JOIN pg_class v ON v.oid = to_regclass('ruadb.' || k.theirs)
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
		JOIN pg_attribute b ON b.attrelid = v.oid AND b.attname = a.attname AND b.attnum > 0
		WHERE col_description(v.oid, b.attnum) IS NOT NULL
			AND a.attname NOT IN ('source_ip_from', 'domain_source', 'system', 'matched')
		ORDER BY t.oid, a.attnum
	LOOP
		EXECUTE format('COMMENT ON COLUMN ruadb_data.%I.%I IS %L', c.relname, c.attname, c.words);
	END LOOP;
	FOR c IN
		SELECT DISTINCT ON (t.relname, a.attname) t.relname, a.attname, k.words
		FROM (VALUES
			('*', 'tenant_id', 'Whose data; 1 for a single user.'),
			('*', 'day', 'UTC day.'),
			('log_source', 'name', 'Name of the section.'),
			('log_source', 'hosts', 'Hosts it names; none: all.'),
			('log_source', 'zone', 'Time zone of stamps without one.'),
			('log_service', 'domain', 'Domain of header From, as declared.'),
			('log_service', 'source_ip', 'Address it sends from, as declared.'),
			('log_service_org', 'org', 'Organizational domain of the declared domain.'),
			('*', 'queue_lifetime', 'How long its queue keeps mail.'),
			('*', 'complete', 'All that its streams send is in these logs.'),
			('*', 'host_id', 'The host that wrote the log.'),
			('*', 'service_id', 'The service of the host.'),
			('*', 'system', 'Letter: see ruadb.log_system_word.'),
			('*', 'host', 'Name of the host.'),
			('*', 'source', 'The [source] that names it.'),
			('*', 'oldest_at', 'Where our view of the host begins.'),
			('*', 'newest_at', 'Where it ends.'),
			('*', 'service', 'Name of the service.'),
			('*', 'stream', 'Stream, as declared.'),
			('*', 'file_key', 'SHA-256 over device, inode and head, its first 16 bytes.'),
			('*', 'device', 'Device of the file.'),
			('log_file', 'inode', 'Its inode.'),
			('*', 'head_length', 'How many of its first bytes were hashed.'),
			('*', 'head_sha256', 'SHA-256 of those.'),
			('*', 'path', 'Where it was read.'),
			('*', 'at_offset', 'Bytes of it whose events are committed.'),
			('*', 'lines', 'Lines.'),
			('*', 'events', 'Lines that said something of mail.'),
			('*', 'skipped', 'Lines of other programs, or of no interest.'),
			('*', 'unreadable', 'Lines that matter but can''t be read.'),
			('*', 'repeated', 'Events that were known from another file.'),
			('*', 'sample', 'One of the lines.'),
			('*', 'secret', 'The key.'),
			('log_domain', 'name', 'Trimmed, lower case, no dot at the end.'),
			('*', 'domain_id', 'First 8 bytes of the SHA-256 of its name.'),
			('*', 'peer_id', 'The peer: first 8 bytes of a SHA-256 of name and address.'),
			('*', 'ip', 'Its address.'),
			('*', 'gateway', 'Gateway; NULL: none that we know.'),
			('*', 'gateway_customer', 'Customer of the gateway; NULL or empty: its name says none.'),
			('*', 'title', 'Name for people.'),
			('*', 'mailbox_provider', 'Its own mailboxes are behind it.'),
			('*', 'template_id', 'The reply''s template.'),
			('*', 'matched', 'What decided the category: u, f, g, e, c, - for nothing.'),
			('*', 'delivery_id', 'The delivery.'),
			('*', 'queue_key', 'Hash of host and queue id.'),
			('*', 'recipient_key', 'Keyed hash of the recipient.'),
			('*', 'recipient_domain_id', 'Recipient domain: log_domain.'),
			('*', 'envelope_domain_id', 'Domain of the envelope sender: log_domain; NULL: none known.'),
			('*', 'header_domain_id', 'Domain of header From: log_domain; NULL: not told.'),
			('*', 'last_peer_id', 'Peer of its last attempt.'),
			('*', 'last_template_id', 'Reply of its last temporary failure, or of the bounce.'),
			('*', 'salt', 'Of recipient_key, with recipients = domain, until it is final.'),
			('*', 'epoch_at', 'When the message arrived, as far as known: part of the key (C2).'),
			('*', 'first_at', 'First event.'),
			('*', 'last_at', 'Last event, or when it was read last.'),
			('*', 'first_deferred_at', 'First temporary failure, suspended included.'),
			('*', 'last_deferred_at', 'Last temporary failure, suspended included.'),
			('*', 'accepted_at', 'When it was accepted.'),
			('*', 'bounced_at', 'When it bounced.'),
			('*', 'expired_at', 'When it expired.'),
			('*', 'removed_at', 'When an administrator removed it.'),
			('*', 'closed_at', 'When the queue was done with the message.'),
			('*', 'message_expired_at', 'When the queue said so of the whole message.'),
			('*', 'message_removed_at', 'When it was said to be removed as a whole.'),
			('*', 'bounced_after_at', 'When a DSN came after acceptance.'),
			('*', 'attempts', 'Attempts.'),
			('*', 'deferred', 'Attempts that failed temporarily.'),
			('*', 'suspended', 'Lines that repeat a failure without trying.'),
			('*', 'mx_attempts', 'Further MX hosts tried in the same queue runs.'),
			('*', 'attempts_reported', 'Attempts as the platform counts them.'),
			('*', 'size', 'Bytes of the message.'),
			('*', 'source_ip', 'Address it was sent from; NULL: not known.'),
			('*', 'source_ip_from', 'Letter: see ruadb.source_ip_word.'),
			('*', 'arrival_seen', 'The arrival is in the data; NULL: this system logs none.'),
			('*', 'handed_on', 'To a relay of ours, loopback, a private address.'),
			('*', 'null_sender', 'The envelope sender is empty.'),
			('*', 'deferred_templates', 'Replies of its temporary failures.'),
			('*', 'suspended_templates', 'Replies that suspended lines quote.'),
			('*', 'queue_id', 'Queue id.'),
			('*', 'message_id', 'Message-ID.'),
			('*', 'campaign', 'Campaign, job or tag.'),
			('*', 'recipient', 'Address, with recipients = full.'),
			('*', 'envelope_from', 'Envelope sender, with recipients = full.'),
			('*', 'line_key', 'Hash of the line, and of how many equal ones went before it (C8).'),
			('*', 'at', 'When.'),
			('*', 'delay_ms', 'Since the message arrived, as logged.'),
			('*', 'attempt_reported', 'Number of the attempt as the platform tells it.'),
			('*', 'kind', 'Letter: see ruadb.attempt_kind_word; of pruned a word.'),
			('*', 'outcome', 'Letter: see ruadb.attempt_outcome_word.'),
			('*', 'stage', 'Letter: see ruadb.smtp_stage_word.'),
			('*', 'status', 'The queue''s own enhanced status.'),
			('*', 'reply_ip', 'Source address that the reply names.'),
			('*', 'reply_values', 'What stood in the template''s variables, with U+001F between.'),
			('*', 'evidence', 'p peer, m MX snapshot, r reply.'),
			('*', 'times', 'Events that show it.'),
			('*', 'url', 'One has the gateway''s own URL.'),
			('*', 'next_lost_at', 'When a figure next changes by time alone.'),
			('*', 'last_lost_at', 'When one last did.'),
			('*', 'known', 'Hash of what cohorts rest on beside deliveries.'),
			('*', 'computed_at', 'When it was computed.'),
			('*', 'cohort_key', 'Hash of day, gateway, domain, address and stream.'),
			('*', 'domain', 'Organizational domain it was sent as; NULL: not known.'),
			('*', 'domain_source', 'Letter: see ruadb.domain_source_word.'),
			('*', 'unsettled_deliveries', 'Pending, and not older than its queue keeps mail.'),
			('*', 'accepted_deliveries', 'Deliveries that were accepted.'),
			('*', 'accepted', 'Deliveries that were accepted.'),
			('*', 'tried', 'Recipients tried.'),
			('*', 'affected', 'Recipients affected.'),
			('*', 'recipients', 'Recipients.'),
			('*', 'bounced', 'Deliveries that bounced with it.'),
			('*', 'share', 'Percentage that goes to it.'),
			('*', 'looked_at', 'When reports were looked through for it.'),
			('*', 'lost_at', 'When it gets lost from sight, if nothing more comes.'),
			('*', 'state', 'Letter: see ruadb.delivery_state_word.'),
			('*', 'left_censored', 'Its begin is not in the data (C4).'),
			('*', 'all_attempts', 'The larger of counted and reported attempts.'),
			('*', 'temporary_failure', 'It failed temporarily.'),
			('*', 'directly_deferred', 'By a real attempt and a category that counts.'),
			('*', 'suspended_affecting', 'By a suspended line and a category that counts.'),
			('*', 'time_in_deferral', 'From its first temporary failure to its end.'),
			('*', 'header_domain', 'Domain of header From.'),
			('*', 'envelope_domain', 'Domain of the envelope sender.')
		) AS k (name, attname, words)
		JOIN pg_class t ON t.relnamespace = 'ruadb_data'::regnamespace
			AND t.relkind IN ('r', 'p', 'v') AND NOT t.relispartition
			AND k.name IN ('*', t.relname)
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = k.attname
		WHERE col_description(t.oid, a.attnum) IS NULL
		ORDER BY t.relname, a.attname, k.name = '*'
	LOOP
		EXECUTE format('COMMENT ON COLUMN ruadb_data.%I.%I IS %L', c.relname, c.attname, c.words);
	END LOOP;
END $$;
