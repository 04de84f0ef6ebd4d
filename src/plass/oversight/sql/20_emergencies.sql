-- Emergencies that wait to be signed off by the supervisor who acts: taken by those they lead, or in cases of their teams. The
-- same that comes up as a finding of the kind 'emergency' (10_findings.sql), asked alone because Min dag asks it every time.
-- Each is signed by itself.
CREATE FUNCTION oversight_emergencies(since date)
RETURNS TABLE (name text, day date, case_id bigint, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT btrim(u.given_name || ' ' || u.family_name), g.day, shown.id, g.reason::text
    FROM (SELECT id, user_id, case_id, reason, granted_at, (granted_at AT TIME ZONE 'Europe/Oslo')::date AS day FROM access_grant
          WHERE kind = 'emergency' AND granted_at >= since AND user_id <> access_user()) g
    JOIN organisation_user u ON u.id = g.user_id
    LEFT JOIN LATERAL (SELECT g.case_id AS id WHERE g.case_id = ANY ((SELECT access_cases())::bigint[])
                       OR EXISTS (SELECT FROM access_whole w WHERE w.id = g.case_id)) shown ON true
    CROSS JOIN LATERAL (SELECT 'emergency:' || g.user_id || ':' || g.day || ':' AS about) named
    WHERE access_has_role('supervisor')
      AND (EXISTS (SELECT FROM oversight_people(since) w WHERE w.led AND w.user_id = g.user_id AND g.day BETWEEN w.from_day AND w.through)
           OR g.case_id IN (
          SELECT id FROM cases_case WHERE team_id = ANY ((SELECT access_led_teams())::bigint[])))
      AND NOT EXISTS (SELECT FROM oversight_signatures(since) s
                      WHERE s.about IN (named.about || 'g' || g.id, named.about || coalesce(shown.id, 0)) AND s.through >= g.granted_at)
    ORDER BY g.granted_at DESC, 1
    LIMIT 10
$$;
