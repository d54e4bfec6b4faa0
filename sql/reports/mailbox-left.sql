-- title: What is no report and stays in the mailboxes, newest first
-- about: Messages of the folders that are fetched which are no reports. Nothing is done to them unless
-- about: after_not_report says so: look whether a person should read them, or who writes to an address
-- about: that is for reports. Also those that somebody moved or deleted since, as long as there are
-- about: any: still_there is how many such messages the folder held when it was last looked at.
-- param: account text default all Only this account
-- param: folder text default all Only this folder
-- param: limit integer default 100 At most that many rows
SELECT m.account, m.folder, l.uid, date_trunc('second', l.read_at) AS read_at, l.size, l.reason AS what_it_is,
	m.not_reports AS still_there
FROM mailbox_message l
JOIN mailbox m ON m.tenant_id = l.tenant_id AND m.account = l.account AND m.folder = l.folder
	AND m.uidvalidity = l.uidvalidity
WHERE l.tenant_id = tenant() AND l.not_report AND m.not_reports > 0
	AND (:account IS NULL OR l.account = :account)
	AND (:folder IS NULL OR l.folder = :folder)
ORDER BY l.read_at DESC, m.account, m.folder, l.uid DESC
LIMIT :limit
