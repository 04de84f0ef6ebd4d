-- Emergencies that wait to be signed off by the supervisor who acts: taken by those they lead, or in cases of their teams. The
-- same that comes up as a finding of the kind 'emergency' (10_findings.sql), asked alone because Min dag asks it every time.
DROP FUNCTION IF EXISTS oversight_emergencies(date);
CREATE FUNCTION oversight_emergencies(since date)
RETURNS TABLE (name text, day date, case_id bigint, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT btrim(u.given_name || ' ' || u.family_name), g.day, shown.id, max(g.reason)
    FROM (SELECT user_id, case_id, reason, (granted_at AT TIME ZONE 'Europe/Oslo')::date AS day FROM access_grant
          WHERE kind = 'emergency' AND granted_at >= since AND user_id <> access_user()) g
    JOIN organisation_user u ON u.id = g.user_id
    LEFT JOIN LATERAL (SELECT g.case_id AS id WHERE g.case_id = ANY ((SELECT access_cases())::bigint[])) shown ON true
    WHERE access_has_role('supervisor')
      AND (g.user_id = ANY ((SELECT access_led_people())::bigint[]) OR g.case_id IN (
          SELECT id FROM cases_case WHERE team_id = ANY ((SELECT access_led_teams())::bigint[])))
      AND NOT EXISTS (SELECT FROM oversight_review r
                      WHERE r.finding = 'emergency:' || g.user_id || ':' || g.day || ':' || coalesce(shown.id, 0))
    GROUP BY u.id, u.given_name, u.family_name, g.day, shown.id
    ORDER BY g.day DESC, 1
    LIMIT 10
$$;
