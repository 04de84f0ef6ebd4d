-- Who is acting, and what follows from it. Each transaction of the web process says who is acting:
--     SELECT set_config('plass.user', '42', true)
-- and after its end the setting reads as the empty string again, so nobody is acting and nothing is seen.
-- The functions are SECURITY DEFINER so that they can read the tables their own policies depend on; each answers one
-- narrow question about the acting user. Policies call them in a scalar subquery, so that they run once a query.

CREATE OR REPLACE FUNCTION access_user() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public AS $$
    SELECT nullif(current_setting('plass.user', true), '')::bigint
$$;

-- Works here today: an account of the staff that has not ended, with a role that has not ended.
CREATE OR REPLACE FUNCTION access_is_staff() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (
        SELECT FROM organisation_user u
        JOIN organisation_membership m ON m.user_id = u.id
        WHERE u.id = access_user() AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= current_date)
          AND m.started_on <= current_date AND (m.ended_on IS NULL OR m.ended_on >= current_date)
    )
$$;

-- Works here today in a role that has cases. What stands in a case about somebody who left opens nothing any more.
CREATE OR REPLACE FUNCTION access_works_with_people() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (
        SELECT FROM organisation_membership
        WHERE user_id = access_user() AND role IN ('specialist', 'supervisor', 'counsellor')
          AND started_on <= current_date AND (ended_on IS NULL OR ended_on >= current_date)
    )
$$;

CREATE OR REPLACE FUNCTION access_has_role(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (
        SELECT FROM organisation_membership
        WHERE user_id = access_user() AND role = wanted
          AND started_on <= current_date AND (ended_on IS NULL OR ended_on >= current_date)
    )
$$;

-- The teams whose cases the acting user sees: those they work in as a specialist and those they lead.
CREATE OR REPLACE FUNCTION access_teams() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT team_id), '{}')
    FROM organisation_membership
    WHERE user_id = access_user() AND role IN ('specialist', 'supervisor') AND team_id IS NOT NULL
      AND started_on <= current_date AND (ended_on IS NULL OR ended_on >= current_date)
$$;
