"""SQL statements for many rows of a journal.

Rows go in and out of a statement as one JSON text. sqlite3 releases the GIL at every step of a statement, so with a
statement for each row the engine would wait for the worker threads once for each row.
"""

PENDING = """
SELECT json_group_array(json_array(
    row, line, id, address, destination, data, tags, headers, weight, attempts))
FROM (
    SELECT row, line, id, address, destination, data, tags, headers, weight, attempts
    FROM (
        SELECT row, sum(size) OVER (ORDER BY row) - size AS before
        FROM (
            SELECT row, length(CAST(data AS BLOB)) AS size FROM outcome JOIN recipient USING (row)
            WHERE row > ? AND state = 'pending'{only} ORDER BY row LIMIT ?
        )
    ) JOIN outcome USING (row) JOIN recipient USING (row)
    WHERE before < ? ORDER BY row
)
"""
SETTLE = """
UPDATE outcome SET state = said.state, message_id = coalesce(said.message_id, outcome.message_id),
    code = said.code, reason = said.reason, at = ?
FROM (
    SELECT json_extract(value, '$[0]') AS row, json_extract(value, '$[1]') AS state,
        json_extract(value, '$[2]') AS message_id, json_extract(value, '$[3]') AS code,
        json_extract(value, '$[4]') AS reason
    FROM json_each(?)
) AS said
WHERE outcome.row = said.row
"""
CLAIM = """
UPDATE outcome SET state = 'sending', attempts = attempts + 1, at = ?
WHERE row IN (SELECT value FROM json_each(?)) AND state = 'pending'
"""
KNOWN = """
SELECT row, state, message_id, {resent}, address, destination, code FROM outcome JOIN recipient USING (row)
WHERE row IN (SELECT value FROM json_each(?))
"""
# Most outcomes are `sent`, which needs one value for each row, so the JSON is not split row by row.
SENT = """
UPDATE outcome SET state = 'sent', message_id = coalesce(said.value, message_id), code = NULL, reason = NULL, at = ?
FROM json_each(?) AS said WHERE outcome.row = CAST(said.key AS INTEGER)
"""
REASONS = """
SELECT state, coalesce(code, ''), count(*), min(reason) FROM outcome
WHERE state NOT IN ('sent', 'pending', 'sending') GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
# Ids that differ by these at an end are the same: tab, line breaks, blank, no-break space.
BLANKS = "char(9, 10, 13, 32, 160)"
# The recipient of each row. Addresses are ASCII here, so lower() is enough.
RECIPIENTS = f"""
SELECT row, coalesce(key, 'id ' || trim(id, {BLANKS}), 'to ' || lower(address)) AS who
FROM recipient JOIN outcome USING (row) LEFT JOIN scratch.keys USING (row) WHERE state = 'pending'
"""  # noqa: S608
DUPLICATES = f"SELECT row, first FROM ({RECIPIENTS}) JOIN scratch.several USING (who) WHERE first < row"  # noqa: S608
# A row without an id is compared by its address, also with rows that have an id.
HAS_BOTH_KINDS = """
SELECT EXISTS (SELECT 1 FROM recipient WHERE id IS NULL) AND EXISTS (SELECT 1 FROM recipient WHERE id IS NOT NULL)
"""
FIRST_WITH_ID = """
INSERT INTO scratch.several SELECT 'of an id ' || lower(address), min(row)
FROM recipient JOIN outcome USING (row) WHERE state = 'pending' AND id IS NOT NULL GROUP BY lower(address)
"""
DUPLICATES_WITHOUT_ID = """
SELECT recipient.row, first FROM recipient
JOIN scratch.several ON who = 'of an id ' || lower(address)
LEFT JOIN scratch.keys ON keys.row = recipient.row WHERE id IS NULL AND key IS NULL
"""
