-- Mailboxes: who may touch an account now, how each folder is, and who sent a report.

-- One row an account. token rises whenever the lease changes hands; until is by this server's clock.
CREATE TABLE ruadb_data.lease (
	tenant_id bigint NOT NULL,
	account text NOT NULL,
	owner text NOT NULL,
	token bigint NOT NULL,
	until timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, account)
);

-- How a folder of an account is: written over by whoever holds the lease.
CREATE TABLE ruadb_data.mailbox (
	tenant_id bigint NOT NULL,
	account text NOT NULL,
	folder text NOT NULL,
	uidvalidity bigint,
	messages bigint,
	backlog bigint,
	not_reports bigint,
	oldest_waiting_at timestamptz,
	first_seen_at timestamptz NOT NULL DEFAULT now(),
	last_try_at timestamptz NOT NULL,
	last_success_at timestamptz,
	next_try_at timestamptz,
	failures integer NOT NULL DEFAULT 0, -- one behind the other
	last_error_at timestamptz,
	last_error_class text,
	last_error text,
	PRIMARY KEY (tenant_id, account, folder)
);

-- What our own server's Authentication-Results say of the mail (definitions A3); NULL where none
-- passed. method: m DMARC, d DKIM, s SPF. relation: b, n, a, x (base/model.h, auth_relation).
ALTER TABLE ruadb_data.report ADD COLUMN auth_domain text, ADD COLUMN auth_method "char",
	ADD COLUMN auth_relation "char";

-- Messages that are no reports and may lie in their folders still: few among all that were met.
CREATE INDEX ledger_left ON ruadb_data.ledger (tenant_id, item)
	WHERE source = 'imap' AND outcome = 'x';

DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['lease', 'mailbox'] LOOP
		EXECUTE format('CREATE POLICY tenant ON ruadb_data.%I USING (tenant_id = coalesce(nullif('
			'current_setting(''ruadb.tenant_id'', true), ''''), ''1'')::bigint)', t);
	END LOOP;
END $$;
