-- What temporary failures and bounces are about, in the words of Sisimai where it has one.
-- rules/category.c has the same words; tests/unit/t_rules compares them.

CREATE OR REPLACE VIEW ruadb.category WITH (security_invoker = true) AS
SELECT word, meaning, affecting, powermta, kumomta FROM (VALUES
	('addressverification', 'The gateway asks another server whether the address is there, and has no answer yet', false, 'other', 'TransientFailure'),
	('authfailure', 'SPF, DKIM or DMARC fails, or is missing where it is wanted', false, 'policy-related', 'AuthenticationFailed'),
	('badreputation', 'The reputation of the sending address or domain is too low', true, 'spam-related', 'SpamBlock'),
	('blocked', 'The sending address, host or domain is listed or refused', true, 'spam-related', 'SpamBlock'),
	('contenterror', 'Something in the message is not allowed or not readable: attachment, link, format', false, 'content-related', 'ContentRelated'),
	('delivered', 'Accepted by the server; that is not the inbox yet', false, NULL, NULL),
	('exceedlimit', 'A limit of the receiver: recipients in a message, or an administrative one on size', false, 'policy-related', 'TooManyRecipients'),
	('expired', 'Too long in the queue', false, 'message-expired', 'MessageExpired'),
	('feedback', 'A complaint of a user, by a feedback loop', false, 'spam-related', 'SpamRelated'),
	('filterbusy', 'The gateway or its filter has too much to do; not about the sender', false, 'other', 'TransientFailure'),
	('filtered', 'Refused by a filter behind the gateway, often one of the recipient', false, 'policy-related', 'PolicyRelated'),
	('greylisted', 'The first mail of an unknown sender is put off; a later try is taken', false, 'other', 'TransientFailure'),
	('hasmoved', 'The recipient has another address now', false, 'inactive-mailbox', 'InactiveMailbox'),
	('hostunknown', 'The recipient''s domain, or the way to its mail server, is not found', false, 'bad-domain', 'BadDomain'),
	('mailboxfull', 'The recipient''s mailbox is full', false, 'quota-issues', 'QuotaIssues'),
	('mailererror', 'A program behind the mail server failed', false, 'bad-configuration', 'BadConfiguration'),
	('mesgtoobig', 'The message is larger than the server takes', false, 'content-related', 'ContentRelated'),
	('networkerror', 'No connection, or one that broke; a loop', false, 'bad-connection', 'BadConnection'),
	('norelaying', 'That server does not take mail for this domain', false, 'relaying-issues', 'RelayDenied'),
	('notaccept', 'The host or the domain takes no mail', false, 'bad-domain', 'BadDomain'),
	('notcompliantrfc', 'The message, or the way it was sent, breaks a standard', false, 'protocol-errors', 'ProtocolErrors'),
	('onhold', 'Left open by who judged it', false, 'other', 'Uncategorized'),
	('policyviolation', 'A rule of the receiver that is not named', false, 'policy-related', 'PolicyRelated'),
	('rejected', 'The envelope sender is refused: unknown domain, or blocked by the recipient', false, 'invalid-sender', 'InvalidSender'),
	('requireptr', 'The sending address has no PTR record, or one that does not lead back', false, 'policy-related', 'PolicyRelated'),
	('securityerror', 'TLS or login: no encrypted connection, or one is wanted', false, 'policy-related', 'PolicyRelated'),
	('spamdetected', 'The content was taken for spam', false, 'spam-related', 'SpamContent'),
	('speeding', 'More mail in the time than the server takes from this sender', true, 'policy-related', 'TransientFailure'),
	('suspend', 'The recipient''s account is disabled', false, 'inactive-mailbox', 'InactiveMailbox'),
	('syntaxerror', 'The server did not take a command', false, 'protocol-errors', 'ProtocolErrors'),
	('systemerror', 'Something is broken at the receiver, or at our own server', false, 'other', 'TransientFailure'),
	('systemfull', 'The server has no room', false, 'other', 'TransientFailure'),
	('toomanyconn', 'More connections at once than the server takes from one address', true, 'bad-connection', 'BadConnection'),
	('undefined', 'The reply does not say why; counts as affecting, since reputation is often not said', true, 'other', 'Uncategorized'),
	('userunknown', 'There is no such address', false, 'bad-mailbox', 'InvalidRecipient'),
	('vacation', 'An automatic answer', false, 'other', 'AutoReply'),
	('virusdetected', 'A virus, or a link to one', false, 'virus-related', 'VirusRelated')
) AS v (word, meaning, affecting, powermta, kumomta);
COMMENT ON VIEW ruadb.category IS
	'What replies are about: the words that rules may give (ruadb-rules(5)), one row each.';
COMMENT ON COLUMN ruadb.category.word IS 'The word, of Sisimai where it has one';
COMMENT ON COLUMN ruadb.category.meaning IS 'In plain words';
COMMENT ON COLUMN ruadb.category.affecting IS
	'A temporary failure of this category makes its recipient affected (definitions D2)';
COMMENT ON COLUMN ruadb.category.powermta IS 'The nearest word of PowerMTA (bounceCat)';
COMMENT ON COLUMN ruadb.category.kumomta IS 'The nearest word of KumoMTA (bounce_classification)';
