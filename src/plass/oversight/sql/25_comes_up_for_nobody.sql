-- For administrators, who can give somebody the role: offices with people about whom a finding that is not their supervisor's
-- would come up for nobody, and how many they are. By roles alone: who keeps away, or is near a participant, it does not
-- know, and so tells nobody. (Where three or more answer for an office somebody always may.)
CREATE FUNCTION oversight_comes_up_for_nobody() RETURNS TABLE (office text, number bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH works AS (
        SELECT m.user_id, m.role, m.county_id, coalesce(m.office_id, t.office_id) AS office_id
        FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
        LEFT JOIN organisation_team t ON t.id = m.team_id
        WHERE u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
    )
    SELECT o.name::text, count(DISTINCT w.user_id) FROM organisation_office o
    JOIN works w ON w.office_id = o.id AND w.role IN ('specialist', 'supervisor', 'counsellor')
    WHERE access_has_role('administrator')
      AND (SELECT count(DISTINCT a.user_id) FROM works a
           WHERE a.role IN ('data_protection', 'leader') AND (a.office_id = o.id OR a.county_id = o.county_id)) < 3
      AND NOT EXISTS (SELECT FROM oversight_finders(w.user_id, access_today(), 'alone', ARRAY[o.id], ARRAY[o.county_id], NULL, NULL, NULL))
    GROUP BY o.id ORDER BY o.name
$$;
