-- What in the log of who looked is worth a look: one row a finding, for the supervisor who acts. It covers those they lead
-- and the cases of the teams they lead, never what they did themselves. It reads names to compare them and returns none; a
-- case is named by its number only where the supervisor sees it.
DROP FUNCTION IF EXISTS oversight_findings(date, integer, integer);
CREATE FUNCTION oversight_findings(since date, many integer, refusals integer)
RETURNS TABLE (kind text, user_id bigint, day date, case_id bigint, times bigint, reason text, finding text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH team_cases AS (
        SELECT coalesce(array_agg(id), '{}') AS ids FROM cases_case
        WHERE team_id = ANY ((SELECT access_led_teams())::bigint[]) AND NOT shielded
    ), led AS (
        SELECT access_led_people() AS ids
    ), looks AS (
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date AS day, o.case_id, o.rule, o.allowed, o.participant_id
        FROM access_opening o
        WHERE o.at >= since AND o.user_id <> access_user()
          AND o.user_id = ANY ((SELECT ids FROM led)::bigint[])
        UNION ALL
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date, o.case_id, o.rule, o.allowed, o.participant_id
        FROM access_opening o
        WHERE o.at >= since AND o.user_id <> access_user() AND o.rule <> 'own'
          AND o.case_id = ANY ((SELECT ids FROM team_cases)::bigint[])
          AND o.user_id <> ALL ((SELECT ids FROM led)::bigint[])
    ), found AS (
        SELECT 'emergency' AS kind, g.user_id, (g.granted_at AT TIME ZONE 'Europe/Oslo')::date AS day, g.case_id,
               1::bigint AS times, g.reason::text AS reason
        FROM access_grant g
        WHERE g.kind = 'emergency' AND g.granted_at >= since AND g.user_id <> access_user()
          AND (g.user_id = ANY ((SELECT ids FROM led)::bigint[]) OR g.case_id = ANY ((SELECT ids FROM team_cases)::bigint[]))
        UNION ALL
        -- A new link or a reset phone of those they lead, how often cases were opened by it, and which request it was.
        SELECT 'new link', r.user_id, (r.answered_at AT TIME ZONE 'Europe/Oslo')::date, NULL, (
                   SELECT count(*) FROM access_opening o WHERE o.user_id = r.user_id AND o.at >= since AND o.approval_id = r.id),
               r.id::text
        FROM access_approvalrequest r
        WHERE r.outcome IN ('approved', 'proven') AND (r.kind = 'factor' OR r.link_id IS NOT NULL) AND r.answered_at >= since
          AND r.user_id = ANY ((SELECT ids FROM led)::bigint[])
        UNION ALL
        SELECT 'never', l.user_id, l.day, l.case_id, count(*), ''
        FROM looks l WHERE NOT l.allowed AND l.rule IN ('shielded', 'own data', 'close family')
        GROUP BY l.user_id, l.day, l.case_id
        UNION ALL
        SELECT 'refused', l.user_id, l.day, NULL, count(*), ''
        FROM looks l WHERE NOT l.allowed
        GROUP BY l.user_id, l.day HAVING count(*) >= refusals
        UNION ALL
        SELECT 'many', l.user_id, l.day, NULL, count(DISTINCT l.case_id), ''
        FROM looks l WHERE l.allowed AND l.rule NOT IN ('specialist', 'counsellor', 'referred')
        GROUP BY l.user_id, l.day HAVING count(DISTINCT l.case_id) >= many
        UNION ALL
        SELECT 'same surname', l.user_id, l.day, l.case_id, count(*), ''
        FROM looks l
        JOIN organisation_user u ON u.id = l.user_id
        JOIN cases_participant p ON p.id = l.participant_id
        WHERE lower(u.family_name) = lower(p.family_name) AND u.family_name <> '' AND l.rule <> 'own'
        GROUP BY l.user_id, l.day, l.case_id
        UNION ALL
        SELECT 'neighbour office', l.user_id, l.day, l.case_id, count(*), ''
        FROM looks l
        JOIN cases_case c ON c.id = l.case_id
        JOIN organisation_office o ON o.id = c.office_id
        WHERE EXISTS (SELECT FROM organisation_membership m JOIN organisation_office mine ON mine.id = m.office_id
                      WHERE m.user_id = l.user_id AND mine.county_id = o.county_id)
          AND NOT EXISTS (SELECT FROM organisation_membership m
                          WHERE m.user_id = l.user_id AND m.office_id = c.office_id
                            AND m.started_on <= l.day AND (m.ended_on IS NULL OR m.ended_on >= l.day))
        GROUP BY l.user_id, l.day, l.case_id
    )
    SELECT f.kind, f.user_id, f.day, shown.id, sum(f.times)::bigint, max(f.reason),
           f.kind || ':' || f.user_id || ':' || f.day || ':' || coalesce(shown.id, 0)
               || CASE WHEN f.kind = 'new link' THEN ':' || max(f.reason) ELSE '' END
    FROM found f
    LEFT JOIN LATERAL (SELECT f.case_id AS id WHERE f.case_id = ANY ((SELECT access_cases())::bigint[])) shown ON true
    WHERE access_has_role('supervisor')
    -- Each request is a finding of its own: one that was signed off does not hide the next.
    GROUP BY f.kind, f.user_id, f.day, shown.id, CASE WHEN f.kind = 'new link' THEN f.reason END
    ORDER BY f.day DESC, f.kind, f.user_id
$$;
