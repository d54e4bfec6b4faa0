-- title: The numbers in the definitions that you may change
-- about: ruadb settings set NAME VALUE changes one, ruadb settings reset NAME takes it back.
SELECT name, value, default_value, unit, definition, meaning, set_at
FROM setting
ORDER BY definition, name
