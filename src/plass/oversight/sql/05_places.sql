-- The places of the acting data protection officer: the offices their role names, or those of the county it names.
CREATE OR REPLACE FUNCTION oversight_offices() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT o.id), '{}') FROM access_memberships() mine
    JOIN organisation_office o ON o.id = mine.office_id OR o.county_id = mine.county_id
    WHERE mine.role = 'data_protection'
$$;

-- The numbers of the cases there, whose log they read: not of themselves, nor of somebody close. Of the cases themselves
-- they see none.
CREATE OR REPLACE FUNCTION oversight_cases() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM cases_case WHERE office_id = ANY ((SELECT oversight_offices())::bigint[])
        AND participant_id NOT IN (SELECT participant_id FROM access_ties())
$$;

-- The participants that the acting data protection officer keeps away from, also of whom they would see no case: nothing of them
-- is read in the log. By what vanishes there an officer learns whose number they named (docs/security/threat-model.md).
CREATE OR REPLACE FUNCTION oversight_ties() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(participant_id), '{}') FROM access_ties() WHERE access_has_role('data_protection')
$$;

-- Whether somebody worked in one of those places when they did something: who moves on takes no line of the log along. A role
-- may be ended with yesterday's date on the day it was used: so the day after counts.
CREATE OR REPLACE FUNCTION oversight_covers(who bigint, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM organisation_membership m
        LEFT JOIN organisation_team t ON t.id = m.team_id
        JOIN access_memberships() mine ON mine.role = 'data_protection'
        LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
        WHERE m.user_id = who AND m.started_on <= (at AT TIME ZONE 'Europe/Oslo')::date
          AND (m.ended_on IS NULL OR m.ended_on >= (at AT TIME ZONE 'Europe/Oslo')::date - 1)
          AND (o.id = mine.office_id OR mine.county_id IN (o.county_id, m.county_id)))
$$;

-- Those of whom that is so for each of their lines in the log: they have worked in one of those places since before their first. Most
-- people are; of them it is asked once, and not of each line.
CREATE FUNCTION oversight_always_covers() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT m.user_id), '{}')
    FROM organisation_membership m
    LEFT JOIN organisation_team t ON t.id = m.team_id
    JOIN access_memberships() mine ON mine.role = 'data_protection'
    LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
    WHERE m.ended_on IS NULL AND (o.id = mine.office_id OR mine.county_id IN (o.county_id, m.county_id))
      AND m.started_on <= (SELECT (min(l.at) AT TIME ZONE 'Europe/Oslo')::date FROM access_accesslogentry l WHERE l.user_id = m.user_id)
$$;
