-- What `ruadb db doc` says of settings: their defaults, not what was set here.
SELECT name, default_value || CASE unit WHEN '%' THEN '' ELSE ' ' END || unit AS type,
	concat(meaning, ' Definition ' || definition || '.') AS words
FROM setting
ORDER BY definition COLLATE "C", name COLLATE "C"
