-- Somebody who works here says of an identity number "this is me". That closes the case to those who say it, at once, and
-- to cover and emergencies (20_access.sql: said). Whether the participant is protected is for those who decide about them.

-- Who is asked: whoever decides about the participant, but not by a case that they referred themselves. Else whoever wants to
-- know whether somebody works here would refer them, and be asked.
CREATE OR REPLACE FUNCTION cases_who_is_asked(wanted bigint) RETURNS TABLE (user_id bigint, case_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.user_id, d.case_id FROM cases_who_decides(wanted) d WHERE NOT d.referred
$$;
COMMENT ON FUNCTION cases_who_is_asked(bigint) IS 'for other functions';

-- What the acting user is asked: by which case of theirs, and since when. Not who said it.
CREATE OR REPLACE FUNCTION cases_asked_about_own_employees() RETURNS TABLE (participant_id bigint, case_id bigint, said_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.participant_id, max(a.case_id), (min(s.said_at) AT TIME ZONE 'Europe/Oslo')::date
    FROM cases_said_unanswered() s CROSS JOIN LATERAL cases_who_is_asked(s.participant_id) a
    WHERE a.user_id = access_user() AND access_works_with_people()
    GROUP BY s.participant_id ORDER BY 3, 2
$$;

-- Whether the acting user is asked about one participant.
CREATE OR REPLACE FUNCTION cases_asked_about(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_asked_about_own_employees() a WHERE a.participant_id = wanted)
$$;

-- What was said where nobody is asked, and the offices of the participant: for whom it is, oversight_finders says.
CREATE FUNCTION cases_nobody_asked()
RETURNS TABLE (tie_id bigint, user_id bigint, participant_id bigint, office_id bigint, said_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT s.tie_id, s.user_id, s.participant_id, c.office_id, s.said_at
    FROM cases_said_unanswered() s JOIN cases_case c ON c.participant_id = s.participant_id
    WHERE NOT EXISTS (SELECT FROM cases_who_is_asked(s.participant_id))
$$;
COMMENT ON FUNCTION cases_nobody_asked() IS 'for other functions';
