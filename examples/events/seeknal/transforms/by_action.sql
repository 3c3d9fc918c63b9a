/* ---
description: How often each thing was done. It has no ranges, and is computed from all rows.
--- */

SELECT action, count(*) AS events FROM ref('source.events') GROUP BY action ORDER BY action
