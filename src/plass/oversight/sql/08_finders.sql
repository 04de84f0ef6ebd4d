-- To whom a finding comes up. It is said here once, for the findings, the notice of emergencies, who signs them and who looks
-- into them further.
--   Whoever leads the person comes first, and whoever leads the team of the case. What concerns people who are protected is
--   for the data protection officers too ('both'). Where there is nobody of these: the officers of the place; else the
--   leaders of its office; else those of its county.
--   Never whoever did it, nor whoever must keep away from the participant.
--   What is an officer's alone ('alone': who was kept away from themselves or somebody close, and who says "this is me" where
--   nobody is asked) skips the first step. It, and all that comes to somebody in place of another, comes to nobody who is
--   near: those do not get to know who keeps away.

-- Whether somebody leads another today, or did at any time since a day: a team in which the other worked on that day. A role
-- may be ended with yesterday's date on the day it was used: so the day after counts.
CREATE OR REPLACE FUNCTION oversight_leads(leader bigint, who bigint, on_day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM organisation_membership lead JOIN organisation_membership m ON m.team_id = lead.team_id
        WHERE lead.user_id = leader AND lead.role = 'supervisor' AND m.user_id = who AND who <> leader
          AND lead.started_on <= access_today() AND (lead.ended_on IS NULL OR lead.ended_on >= on_day - 1)
          AND m.started_on <= on_day AND (m.ended_on IS NULL OR m.ended_on >= on_day - 1))
$$;
COMMENT ON FUNCTION oversight_leads(bigint, bigint, date) IS 'for other functions';

-- Whether somebody is too near to be told what somebody else did on a day: since that day they have led them, or a team of a
-- case of the participant, or worked in that team; or they have or had a part in such a case at any time, or were let in. By
-- any row of the number. What somebody gives away to read the line brings them no further from it.
CREATE OR REPLACE FUNCTION oversight_is_near(watcher bigint, who bigint, on_day date, of_participant bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH theirs AS (
        SELECT c.id, c.team_id, c.specialist_id, c.counsellor_id, c.referred_by_id FROM cases_case c
        WHERE c.participant_id IN (
            SELECT same.id FROM cases_participant p JOIN cases_participant same ON same.identity_hash = p.identity_hash
            WHERE p.id = of_participant
            UNION ALL SELECT of_participant)
    ), given AS (
        SELECT a.user_id, a.team_id FROM cases_assignment a JOIN theirs c ON c.id = a.case_id
    )
    SELECT oversight_leads(watcher, who, on_day)
        OR EXISTS (SELECT FROM theirs c WHERE watcher IN (c.specialist_id, c.counsellor_id, c.referred_by_id))
        OR EXISTS (SELECT FROM given a WHERE a.user_id = watcher)
        OR EXISTS (SELECT FROM access_grant g JOIN theirs c ON c.id = g.case_id WHERE g.user_id = watcher)
        OR EXISTS (SELECT FROM organisation_membership m
                   WHERE m.user_id = watcher
                     AND m.team_id IN (SELECT team_id FROM theirs UNION ALL SELECT team_id FROM given)
                     AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= on_day - 1))
$$;
COMMENT ON FUNCTION oversight_is_near(bigint, bigint, date, bigint) IS 'for other functions';

-- The same of the acting officer and a line of the log, by its number: of a participant it says nothing that no line is about.
-- To what they did themselves, which a statement may write of anybody, they are near.
CREATE OR REPLACE FUNCTION oversight_am_near(line bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_has_role('data_protection') AND EXISTS (
        SELECT FROM access_accesslogentry o WHERE o.id = line AND (o.user_id = access_user() OR oversight_is_near(
            access_user(), o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date,
            coalesce(o.participant_id, (SELECT participant_id FROM cases_case WHERE id = o.case_id)))))
$$;

-- The offices and counties where somebody worked on a day, and the office of a case.
CREATE OR REPLACE FUNCTION oversight_places(who bigint, on_day date, of_case bigint, OUT offices bigint[], OUT counties bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(p.office_id) FILTER (WHERE p.office_id IS NOT NULL), '{}'),
           coalesce(array_agg(coalesce(o.county_id, p.county_id)) FILTER (WHERE coalesce(o.county_id, p.county_id) IS NOT NULL), '{}')
    FROM (
        SELECT coalesce(m.office_id, t.office_id) AS office_id, m.county_id
        FROM organisation_membership m LEFT JOIN organisation_team t ON t.id = m.team_id
        WHERE m.user_id = who AND m.started_on <= on_day AND (m.ended_on IS NULL OR m.ended_on >= on_day - 1)
        UNION
        SELECT c.office_id, NULL FROM cases_case c WHERE c.id = of_case
    ) p LEFT JOIN organisation_office o ON o.id = p.office_id
$$;
COMMENT ON FUNCTION oversight_places(bigint, date, bigint) IS 'for other functions';

-- Them, and in which part: 'leads' the person; 'case:n' leads the team n of the case; 'officer'; or 'stands in' for an officer.
-- Each part is signed by itself (10_findings.sql). Not (but_for) whoever asks others to look into it.
CREATE OR REPLACE FUNCTION oversight_finders(who bigint, on_day date, audience text, offices bigint[], counties bigint[], of_case bigint,
                                             of_participant bigint, but_for bigint)
RETURNS TABLE (user_id bigint, part text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH held AS (
        SELECT m.user_id, m.role, m.team_id, m.office_id, m.county_id
        FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
        WHERE m.role IN ('supervisor', 'data_protection', 'leader') AND m.user_id <> who AND m.user_id IS DISTINCT FROM but_for
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
    ), candidates AS MATERIALIZED (
        SELECT h.user_id, 'leads' AS part, 1 AS step, 1 AS place FROM held h
        WHERE h.role = 'supervisor' AND audience <> 'alone' AND EXISTS (
            SELECT FROM organisation_membership m WHERE m.team_id = h.team_id AND m.user_id = who
              AND m.started_on <= on_day AND (m.ended_on IS NULL OR m.ended_on >= on_day - 1))
        UNION ALL
        SELECT h.user_id, 'case:' || h.team_id, 1, 2 FROM held h JOIN cases_case c ON c.id = of_case AND c.team_id = h.team_id
        WHERE h.role = 'supervisor' AND audience <> 'alone'
        UNION ALL
        SELECT h.user_id, 'officer', 1, 3 FROM held h
        WHERE h.role = 'data_protection' AND audience = 'both' AND (h.office_id = ANY (offices) OR h.county_id = ANY (counties))
        UNION ALL
        SELECT h.user_id, CASE h.role WHEN 'leader' THEN 'stands in' ELSE 'officer' END,
               CASE WHEN h.role = 'data_protection' THEN 2 WHEN h.office_id IS NOT NULL THEN 3 ELSE 4 END, 4
        FROM held h
        WHERE h.role IN ('data_protection', 'leader') AND (h.office_id = ANY (offices) OR h.county_id = ANY (counties))
          AND NOT oversight_is_near(h.user_id, who, on_day, of_participant)
    ), answers AS MATERIALIZED (
        -- Asked of these few, and not of everybody with a role in the country.
        SELECT c.* FROM candidates c WHERE NOT cases_must_keep_away(c.user_id, of_participant)
    )
    SELECT DISTINCT ON (a.user_id) a.user_id, a.part FROM answers a
    WHERE a.step = (SELECT min(step) FROM answers) ORDER BY a.user_id, a.place
$$;
COMMENT ON FUNCTION oversight_finders(bigint, date, text, bigint[], bigint[], bigint, bigint, bigint) IS 'for other functions';
