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
