-- Those whom the acting data protection officer watches over: with a role today in an office or county of theirs. A role as
-- data protection officer that names no place is for all of them.
CREATE OR REPLACE FUNCTION oversight_watched() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT m.user_id), '{}')
    FROM access_memberships() mine
    JOIN organisation_membership m ON m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
    LEFT JOIN organisation_team t ON t.id = m.team_id
    LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
    WHERE mine.role = 'data_protection' AND (o.id = mine.office_id OR mine.county_id IN (o.county_id, m.county_id)
          OR (mine.office_id IS NULL AND mine.county_id IS NULL))
$$;
COMMENT ON FUNCTION oversight_watched() IS 'for other functions';

-- What in the log of who looked is worth a look: one row a finding, for the supervisor who acts. It covers those they lead
-- and the cases of the teams they lead, never what they did themselves. What concerns people who are protected is for the
-- data protection officer too, who signs it by themselves: of everybody with a role in their places. It reads names to compare them and returns none; a
-- case is named by its number only where the supervisor sees it.
DROP FUNCTION IF EXISTS oversight_findings(date, integer, integer);
CREATE FUNCTION oversight_findings(since date, many integer, refusals integer)
RETURNS TABLE (kind text, user_id bigint, day date, case_id bigint, times bigint, reason text, finding text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH team_cases AS (
        SELECT coalesce(array_agg(id), '{}') AS ids FROM cases_case
        -- Also what is shielded by now: a look does not disappear by it. A case's number is shown to those who see it.
        WHERE team_id = ANY ((SELECT access_led_teams())::bigint[])
    ), led AS (
        SELECT access_led_people() AS ids
    ), watched AS (
        SELECT access_led_people() || oversight_watched() AS ids
    ), refused AS (
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date AS day, o.purpose
        FROM access_opening o
        WHERE o.at >= since AND o.rule = 'shielded' AND NOT o.allowed AND o.user_id <> access_user()
          AND o.user_id = ANY ((SELECT ids FROM watched)::bigint[])
    ), looks AS (
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date AS day, o.case_id, o.rule, o.allowed, o.participant_id, o.purpose
        FROM access_opening o
        WHERE o.at >= since AND o.user_id <> access_user()
          AND o.user_id = ANY ((SELECT ids FROM led)::bigint[])
        UNION ALL
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date, o.case_id, o.rule, o.allowed, o.participant_id, o.purpose
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
        -- A way in that those they lead got, of one kind each: how often cases were opened by it, and which request it was.
        SELECT way.kind, r.user_id, (r.answered_at AT TIME ZONE 'Europe/Oslo')::date, NULL, (
                   SELECT count(*) FROM access_opening o WHERE o.user_id = r.user_id AND o.at >= since AND o.approval_id = r.id),
               r.id::text
        FROM access_approvalrequest r
        JOIN (VALUES ('password', 'new link'), ('factor', 'new phone'), ('role', 'new colleague'),
                      ('login', 'new login')) way (asked, kind)
            ON way.asked = r.kind
        WHERE r.outcome IN ('approved', 'proven') AND (r.kind IN ('factor', 'login') OR r.link_id IS NOT NULL) AND r.answered_at >= since
          AND r.user_id = ANY ((SELECT ids FROM led)::bigint[])
        UNION ALL
        SELECT 'never', l.user_id, l.day, l.case_id, count(*), ''
        FROM looks l WHERE NOT l.allowed AND l.purpose NOT IN ('refer', 'emergency') AND l.rule IN ('shielded', 'own data', 'close family')
        GROUP BY l.user_id, l.day, l.case_id
        UNION ALL
        SELECT 'met shielded', r.user_id, r.day, NULL, count(*), '' FROM refused r
        WHERE r.purpose = 'refer' GROUP BY r.user_id, r.day
        UNION ALL
        SELECT 'emergency refused', r.user_id, r.day, NULL, count(*), '' FROM refused r
        WHERE r.purpose = 'emergency' GROUP BY r.user_id, r.day
        UNION ALL
        SELECT 'shielded again', r.user_id, r.day, NULL, count(*), '' FROM refused r
        WHERE r.purpose NOT IN ('refer', 'emergency') GROUP BY r.user_id, r.day HAVING count(*) >= refusals
        UNION ALL
        SELECT 'protection lowered', c.who, (c.at AT TIME ZONE 'Europe/Oslo')::date, NULL, count(*),
               string_agg(DISTINCT c.new ->> 'protection_reason', '; ')
        FROM access_change c
        WHERE c.audience = 'participant' AND c."table" = 'cases_participant' AND c.at >= since AND c.operation = 'update'
          AND c.who <> access_user() AND c.who = ANY ((SELECT ids FROM watched)::bigint[])
          AND c.new ? 'protection'
          AND array_position(ARRAY['', 'own_employee', 'confidential', 'strictly_confidential'], c.new ->> 'protection')
            < array_position(ARRAY['', 'own_employee', 'confidential', 'strictly_confidential'], c.old ->> 'protection')
        GROUP BY c.who, 3
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
           CASE WHEN access_has_role('supervisor') THEN '' ELSE 'personvern:' END || CASE WHEN f.kind LIKE 'new %' THEN 'new link' ELSE f.kind END || ':' || f.user_id || ':' || f.day || ':' || coalesce(shown.id, 0)
               || CASE WHEN f.kind LIKE 'new %' THEN ':' || max(f.reason) ELSE '' END
    FROM found f
    LEFT JOIN LATERAL (SELECT f.case_id AS id WHERE f.case_id = ANY ((SELECT access_cases())::bigint[])) shown ON true
    WHERE access_has_role('supervisor') OR access_has_role('data_protection')
    -- Each request is a finding of its own: one that was signed off does not hide the next.
    GROUP BY f.kind, f.user_id, f.day, shown.id, CASE WHEN f.kind LIKE 'new %' THEN f.reason END
    ORDER BY f.day DESC, f.kind, f.user_id
$$;
