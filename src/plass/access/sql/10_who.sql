-- Who is acting, and what follows from it. Each transaction of the web process says who is acting:
--     SELECT set_config('plass.user', '42', true)
-- and after its end the setting reads as the empty string again, so nobody is acting and nothing is seen.
-- The functions are SECURITY DEFINER so that they can read the tables their own policies depend on; each answers one
-- narrow question about the acting user. Policies call them in a scalar subquery, so that they run once a query.

CREATE OR REPLACE FUNCTION access_user() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public AS $$
    SELECT nullif(current_setting('plass.user', true), '')::bigint
$$;

-- What the acting user is here today: the roles that have not ended, of an account of the staff that has not ended.
-- Everything below asks this, so that whoever leaves is nobody at the next request.
CREATE OR REPLACE FUNCTION access_memberships()
RETURNS TABLE (user_id bigint, role text, team_id bigint, office_id bigint, county_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.user_id, m.role, m.team_id, coalesce(m.office_id, t.office_id), m.county_id FROM organisation_membership m
    JOIN organisation_user u ON u.id = m.user_id
    LEFT JOIN organisation_team t ON t.id = m.team_id
    WHERE m.user_id = access_user() AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= current_date)
      AND m.started_on <= current_date AND (m.ended_on IS NULL OR m.ended_on >= current_date)
$$;

CREATE OR REPLACE FUNCTION access_is_staff() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_memberships())
$$;

-- Works here today in a role that has cases. What stands in a case about somebody who left opens nothing any more.
CREATE OR REPLACE FUNCTION access_works_with_people() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_memberships() WHERE role IN ('specialist', 'supervisor', 'counsellor'))
$$;

CREATE OR REPLACE FUNCTION access_has_role(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_memberships() WHERE role = wanted)
$$;

-- The teams the acting user works in as a specialist, and steps in for others of.
CREATE OR REPLACE FUNCTION access_teams() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT team_id), '{}')
    FROM access_memberships() WHERE role = 'specialist' AND team_id IS NOT NULL
$$;

-- The teams the acting user leads, and who works in them today: whose looks and emergencies they are told about.
CREATE OR REPLACE FUNCTION access_led_teams() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT team_id), '{}')
    FROM access_memberships() WHERE role = 'supervisor' AND team_id IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION access_led_people() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT user_id), '{}')
    FROM organisation_membership
    WHERE team_id = ANY (access_led_teams()) AND user_id <> access_user()
      AND started_on <= current_date AND (ended_on IS NULL OR ended_on >= current_date)
$$;

-- For whom works here or is a participant: staff, roles and workplaces are theirs to see. An employer's account is not.
CREATE OR REPLACE FUNCTION access_is_inside() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM organisation_user WHERE id = access_user() AND kind IN ('staff', 'participant'))
$$;
