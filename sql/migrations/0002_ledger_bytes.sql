-- Items of the same bytes may be many: empty mails in an mbox, one report sent again and again. Whether
-- one of them was read is found by outcome and version, not by going through all of them.
DROP INDEX ruadb_data.ledger_bytes;
CREATE INDEX ledger_bytes ON ruadb_data.ledger (bytes_key, outcome, parser_version);
