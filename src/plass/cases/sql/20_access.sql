-- Which cases the acting user sees: one definition, used by every policy and compared with the program's own rules
-- (plass.access.rules) by a test.

CREATE OR REPLACE FUNCTION access_participant() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT id FROM cases_participant WHERE user_id = access_user()
$$;

CREATE OR REPLACE FUNCTION access_cases() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(id), '{}') FROM (
        SELECT id FROM cases_case WHERE specialist_id = access_user() AND (SELECT access_works_with_people())
        UNION SELECT id FROM cases_case WHERE counsellor_id = access_user() AND (SELECT access_works_with_people())
        UNION SELECT id FROM cases_case WHERE referred_by_id = access_user() AND (SELECT access_works_with_people())
        UNION SELECT id FROM cases_case WHERE participant_id = access_participant()
        UNION SELECT id FROM cases_case WHERE team_id = ANY (access_teams()) AND NOT shielded
    ) visible
$$;

CREATE OR REPLACE FUNCTION access_participants() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT participant_id), '{}') || coalesce(array_agg(DISTINCT own), '{}')
    FROM (SELECT access_participant() AS own) me
    LEFT JOIN cases_case ON id = ANY (access_cases())
$$;

-- Whether somebody is known already, whoever follows them: the number alone, so that a referral does not make a second
-- row of the same person. Nothing else of the row comes out.
CREATE OR REPLACE FUNCTION cases_known_participant(wanted bytea) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT id FROM cases_participant WHERE identity_hash = wanted AND access_is_staff()
$$;

-- Whether somebody has follow-up at an office already, also one that the acting user does not see.
CREATE OR REPLACE FUNCTION cases_has_open_case(wanted_participant bigint, wanted_office bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    RETURN access_is_staff() AND EXISTS (
        SELECT FROM caseload_kept
        WHERE participant_id = wanted_participant AND office_id = wanted_office
          AND (ended_on IS NULL OR ended_on > current_date));
END $$;
