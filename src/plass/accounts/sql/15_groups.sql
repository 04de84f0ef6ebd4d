-- Roles that follow from groups at the organisation's own login service. They are brought in step at each login: what a
-- group gives begins today, what no group gives any more has ended. Roles that an administrator gave by hand stay.
CREATE OR REPLACE FUNCTION organisation_follow_groups(wanted bigint, groups text[], permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    changed boolean;
BEGIN
    PERFORM access_demand(permit, 'organisation_follow_groups', wanted::text, array_to_string(groups, E'\n'));
    PERFORM FROM organisation_user WHERE id = wanted AND kind = 'staff' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE organisation_membership m SET ended_on = greatest(m.started_on, access_today()) - 1
    WHERE m.user_id = wanted AND m.given_by_group <> ''
      AND (m.ended_on IS NULL OR m.ended_on >= access_today())
      AND NOT EXISTS (
          SELECT FROM organisation_grouprole g
          WHERE g."group" = m.given_by_group AND g."group" = ANY (groups) AND g.role = m.role
            AND (g.county_id, g.office_id, g.team_id) IS NOT DISTINCT FROM (m.county_id, m.office_id, m.team_id));
    changed := FOUND;
    INSERT INTO organisation_membership (user_id, role, county_id, office_id, team_id, started_on, given_by_group)
    SELECT wanted, g.role, g.county_id, g.office_id, g.team_id, access_today(), g."group"
    FROM organisation_grouprole g
    WHERE g."group" = ANY (groups) AND NOT EXISTS (
        SELECT FROM organisation_membership m
        WHERE m.user_id = wanted AND m.role = g.role AND m.given_by_group = g."group"
          AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND (g.county_id, g.office_id, g.team_id) IS NOT DISTINCT FROM (m.county_id, m.office_id, m.team_id));
    RETURN changed OR FOUND;
END $$;
