"""What was signed of a case and a day is one entry: its first line, and how many of its lines were signed (``*``).

Until now each line was an entry. Those lines were the ones that were shown, all up to the last of them, so that it is
counted up to there. The lines of ``many`` stand for a case each, and stay.
"""

from __future__ import annotations

from django.db import migrations

COUNT = """
WITH wanted AS (
    SELECT DISTINCT (substring(entry FROM '^[^/]+/l([0-9]+)$'))::bigint AS id
    FROM oversight_review r CROSS JOIN unnest(r.lines) entry WHERE r.part <> '' AND entry ~ '^[^/]+/l[0-9]+$'
), days AS (
    SELECT DISTINCT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date AS day
    FROM wanted w JOIN access_accesslogentry o ON o.id = w.id
), counted AS (
    SELECT o.id, min(o.id) OVER same AS first, row_number() OVER (same ORDER BY o.id) AS place
    FROM days d JOIN access_accesslogentry o ON o.user_id = d.user_id
        AND o.at >= (d.day::timestamp AT TIME ZONE 'Europe/Oslo') AND o.at < ((d.day + 1)::timestamp AT TIME ZONE 'Europe/Oslo')
    WINDOW same AS (PARTITION BY o.user_id, d.day, CASE WHEN o.rule <> 'unknown' OR o.participant_id IS NOT NULL THEN o.case_id END,
                                 o.rule, o.purpose, o.allowed, o.participant_id)
), entries AS (
    SELECT r.id, split_part(entry, '/', 1) AS kind, entry, (substring(entry FROM '^[^/]+/l([0-9]+)$'))::bigint AS line
    FROM oversight_review r CROSS JOIN unnest(r.lines) entry WHERE r.part <> ''
), renamed AS (
    SELECT e.id, e.entry FROM entries e LEFT JOIN counted c ON c.id = e.line WHERE c.id IS NULL OR e.kind = 'many'
    UNION ALL
    SELECT e.id, e.kind || '/l' || c.first || CASE WHEN max(c.place) > 1 THEN '*' || max(c.place) ELSE '' END
    FROM entries e JOIN counted c ON c.id = e.line WHERE e.kind <> 'many'
    GROUP BY e.id, e.kind, c.first
)
UPDATE oversight_review r SET lines = n.lines
FROM (SELECT id, array_agg(DISTINCT entry ORDER BY entry) AS lines FROM renamed GROUP BY id) n
WHERE n.id = r.id AND n.lines <> r.lines
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0002_findings_by_line"),
        ("access", "0025_refused_by_case"),
    ]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
