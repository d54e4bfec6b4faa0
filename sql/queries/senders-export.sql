-- title: Declared senders, as `ruadb senders import` takes them
SELECT name, owner, dedicated, address, dkim_domain, dkim_selector, spf_domain
FROM sender
WHERE tenant_id = tenant()
ORDER BY name COLLATE "C", address, dkim_domain, dkim_selector, spf_domain
