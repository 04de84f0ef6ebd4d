-- Who leads a place today, by which role: the supervisors of the team, and the leaders of the office or its county.
CREATE FUNCTION access_leaderships_of(of_county bigint, of_office bigint, of_team bigint) RETURNS SETOF organisation_membership
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.* FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
    WHERE u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
      AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
      AND ((m.role = 'supervisor' AND m.team_id = of_team)
           OR (m.role = 'leader' AND (m.office_id = of_office OR m.county_id = coalesce(
                   of_county, (SELECT county_id FROM organisation_office WHERE id = of_office)))))
$$;
COMMENT ON FUNCTION access_leaderships_of(bigint, bigint, bigint) IS 'for other functions';

CREATE OR REPLACE FUNCTION access_leaders_of(of_county bigint, of_office bigint, of_team bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT user_id FROM access_leaderships_of(of_county, of_office, of_team)
$$;
COMMENT ON FUNCTION access_leaders_of(bigint, bigint, bigint) IS 'for other functions';
