-- Emergencies that wait to be signed off by the supervisor who acts. The same that comes up as a finding of the kind
-- 'emergency' (10_findings.sql), asked alone because Min dag asks it every time.
CREATE FUNCTION oversight_emergencies()
RETURNS TABLE (name text, day date, case_id bigint, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT btrim(u.given_name || ' ' || u.family_name), e.day, shown.id, e.reason
    FROM oversight_emergency_lines() e
    JOIN organisation_user u ON u.id = e.user_id
    CROSS JOIN LATERAL (SELECT oversight_my_part(e.user_id, e.day, 'leads', e.case_id, e.participant_id, NULL) AS part) mine
    LEFT JOIN LATERAL (SELECT e.case_id AS id WHERE e.case_id = ANY ((SELECT access_cases())::bigint[])
                       OR EXISTS (SELECT FROM access_whole w WHERE w.id = e.case_id)) shown ON true
    CROSS JOIN LATERAL (SELECT 'emergency:' || e.user_id || ':' || e.day || ':' AS about) named
    WHERE access_has_role('supervisor') AND (mine.part = 'leads' OR mine.part LIKE 'case:%')
      AND oversight_signed('emergency/' || e.line, mine.part, ARRAY[named.about || e.line, named.about || coalesce(shown.id, 0)], e.user_id, e.at) IS NULL
    ORDER BY e.at DESC, 1
    LIMIT 10
$$;
