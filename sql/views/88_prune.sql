-- Pruning by age (`ruadb prune`): what each kind takes, and that figures of cohorts stay.

-- Rows of a table that is partitioned by month. A month that lies before and is one tenant's is emptied
-- whole, which takes no time; of the others row by row.
CREATE OR REPLACE FUNCTION ruadb_data.prune_days(parent text, before date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	part regclass;
	rows bigint := 0;
	n bigint;
	others boolean;
	younger boolean;
BEGIN
	FOR part IN SELECT i.inhrelid::regclass FROM pg_inherits i
			WHERE i.inhparent = ('ruadb_data.' || parent)::regclass LOOP
		EXECUTE format('SELECT count(*) FILTER (WHERE tenant_id = ruadb.tenant() AND day < $1), '
			'count(*) FILTER (WHERE tenant_id <> ruadb.tenant()) > 0, '
			'count(*) FILTER (WHERE day >= $1) > 0 FROM %s', part)
			INTO n, others, younger USING before;
		rows := rows + n;
		CONTINUE WHEN n = 0;
		IF others OR younger THEN
			EXECUTE format('DELETE FROM %s WHERE tenant_id = ruadb.tenant() AND day < $1', part)
				USING before;
		ELSE
			EXECUTE format('TRUNCATE %s', part);
		END IF;
	END LOOP;
	RETURN rows;
END $$;
COMMENT ON FUNCTION ruadb_data.prune_days(text, date) IS
	'Deletes the rows of delivery or attempt that lie before a day; how many.';

CREATE OR REPLACE FUNCTION ruadb_data.prune(kind text, before date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	rows bigint := 0;
	n bigint;
BEGIN
	IF kind = 'recipients' THEN
		UPDATE ruadb_data.delivery d SET recipient = NULL, envelope_from = NULL
			WHERE d.tenant_id = ruadb.tenant() AND d.day < before
				AND (d.recipient IS NOT NULL OR d.envelope_from IS NOT NULL);
		GET DIAGNOSTICS rows = ROW_COUNT;
	ELSIF kind = 'attempts' THEN
		rows := ruadb_data.prune_days('attempt', before);
	ELSIF kind = 'deliveries' THEN
		-- Attempts of these deliveries may lie on later days, as long as a queue keeps mail.
		DELETE FROM ruadb_data.attempt a USING ruadb_data.delivery d
			WHERE d.tenant_id = ruadb.tenant() AND d.day < before AND d.last_at >= before
				AND a.tenant_id = d.tenant_id AND a.delivery_id = d.delivery_id
				AND a.day >= before;
		GET DIAGNOSTICS n = ROW_COUNT;
		rows := n + ruadb_data.prune_days('attempt', before);
		rows := rows + ruadb_data.prune_days('delivery', before);
		DELETE FROM ruadb_data.message_open m
			WHERE m.tenant_id = ruadb.tenant() AND m.last_at < before;
		GET DIAGNOSTICS n = ROW_COUNT;
		rows := rows + n;
		DELETE FROM ruadb_data.attempt_open a
			WHERE a.tenant_id = ruadb.tenant() AND a.at < before;
		DELETE FROM ruadb_data.domain_no_gateway g
			WHERE g.tenant_id = ruadb.tenant() AND g.day < before;
		DELETE FROM ruadb_data.cohort_stale c
			WHERE c.tenant_id = ruadb.tenant() AND c.day < before;
	ELSIF kind = 'originals' THEN
		DELETE FROM ruadb_data.original o
			WHERE o.tenant_id = ruadb.tenant()
				AND NOT EXISTS (SELECT FROM ruadb_data.quarantine q
					WHERE q.tenant_id = o.tenant_id AND q.sha256 = o.sha256)
				AND EXISTS (SELECT FROM ruadb_data.ledger l
					WHERE l.bytes_key = encode(substr(o.sha256, 1, 16), 'hex')::uuid)
				AND NOT EXISTS (SELECT FROM ruadb_data.ledger l
					JOIN ruadb_data.batch b ON b.tenant_id = l.tenant_id
						AND b.batch_id = l.batch_id
					WHERE l.tenant_id + 0 = o.tenant_id
						AND l.bytes_key = encode(substr(o.sha256, 1, 16), 'hex')::uuid
						AND (b.stored_at >= before OR l.outcome = 'q'));
		GET DIAGNOSTICS rows = ROW_COUNT;
	END IF;
	INSERT INTO ruadb_data.pruned AS p (tenant_id, kind, day)
		VALUES (ruadb.tenant(), kind, before - 1)
		ON CONFLICT ON CONSTRAINT pruned_pkey DO UPDATE
			SET day = greatest(p.day, excluded.day), at = now();
	RETURN rows;
END $$;
COMMENT ON FUNCTION ruadb_data.prune(text, date) IS
	'Takes what is older than a day, of one kind: recipients (their addresses and envelope senders, '
	'where they are kept), attempts, deliveries (with their attempts; cohorts stay), originals (the '
	'bytes of stored reports; what lies in quarantine stays). How many rows.';
