-- title: What was looked up
-- about: Noted by hand, the newest first. Stale: older than the setting lookup_hours.
SELECT lookup_id AS number, checked_at, kind, source_ip, domain, list, value, checker, stale
FROM lookup
WHERE tenant_id = tenant()
ORDER BY checked_at DESC, lookup_id DESC
