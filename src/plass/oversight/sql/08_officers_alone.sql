-- What is a data protection officer's alone: who was kept away from themselves or somebody close, and who says "this is me" where
-- nobody is asked. Whoever leads the person, or decides about the participant, does not get to know it. To whom it comes up is
-- said here once, for the findings (officer) and for what is to be looked into (whoever stands in for one).

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
-- case of the participant; or they have or had a part in such a case at any time. By any row of the number. What somebody
-- gives away to read the line brings them no further from it.
CREATE OR REPLACE FUNCTION oversight_is_near(watcher bigint, who bigint, on_day date, of_participant bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH theirs AS (
        SELECT c.id, c.team_id, c.specialist_id, c.counsellor_id, c.referred_by_id FROM cases_case c
        WHERE c.participant_id = of_participant OR c.participant_id IN (
            SELECT same.id FROM cases_participant p JOIN cases_participant same ON same.identity_hash = p.identity_hash
            WHERE p.id = of_participant)
    ), given AS (
        SELECT a.user_id, a.team_id FROM cases_assignment a JOIN theirs c ON c.id = a.case_id
    )
    SELECT oversight_leads(watcher, who, on_day)
        OR EXISTS (SELECT FROM theirs c WHERE watcher IN (c.specialist_id, c.counsellor_id, c.referred_by_id))
        OR EXISTS (SELECT FROM given a WHERE a.user_id = watcher)
        OR EXISTS (SELECT FROM organisation_membership m
                   WHERE m.user_id = watcher AND m.role = 'supervisor'
                     AND m.team_id IN (SELECT team_id FROM theirs UNION ALL SELECT team_id FROM given)
                     AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= on_day - 1))
$$;
COMMENT ON FUNCTION oversight_is_near(bigint, bigint, date, bigint) IS 'for other functions';

-- The same of the acting user and a line of the log.
CREATE OR REPLACE FUNCTION oversight_am_near(who bigint, at timestamptz, of_case bigint, of_participant bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_has_role('data_protection') AND oversight_is_near(access_user(), who, (at AT TIME ZONE 'Europe/Oslo')::date,
        coalesce(of_participant, (SELECT participant_id FROM cases_case WHERE id = of_case)))
$$;

-- To whom it comes up: the data protection officers of the places who are not too near; where there is none, the leaders of
-- those offices, else those of the counties, who are not either.
CREATE OR REPLACE FUNCTION oversight_finders(who bigint, on_day date, offices bigint[], counties bigint[], of_participant bigint)
RETURNS TABLE (user_id bigint, officer boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH answers AS (
        SELECT DISTINCT m.user_id, CASE WHEN m.role = 'data_protection' THEN 1 WHEN m.office_id IS NOT NULL THEN 2 ELSE 3 END AS rank
        FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
        WHERE m.role IN ('data_protection', 'leader') AND (m.office_id = ANY (offices) OR m.county_id = ANY (counties))
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
          AND m.user_id <> who AND NOT oversight_is_near(m.user_id, who, on_day, of_participant)
    )
    SELECT user_id, rank = 1 FROM answers WHERE rank = (SELECT min(rank) FROM answers)
$$;
COMMENT ON FUNCTION oversight_finders(bigint, date, bigint[], bigint[], bigint) IS 'for other functions';

-- What of it comes up for the acting user, as officer or in place of one. And of one more finding what would be nobody's: that
-- somebody wanted to give a case to whoever must keep away, where nobody leads them and there is no other officer.
CREATE OR REPLACE FUNCTION oversight_officers_alone(since date)
RETURNS TABLE (kind text, user_id bigint, at timestamptz, officer boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH mine AS MATERIALIZED (
        SELECT office_id, county_id FROM access_memberships() WHERE role IN ('data_protection', 'leader')
    ), worked AS MATERIALIZED (
        SELECT m.user_id, m.started_on, m.ended_on, o.id AS office_id, coalesce(o.county_id, m.county_id) AS county_id
        FROM organisation_membership m LEFT JOIN organisation_team t ON t.id = m.team_id
        LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
        WHERE (m.ended_on IS NULL OR m.ended_on >= since - 1) AND m.user_id <> access_user()
          AND EXISTS (SELECT FROM mine WHERE mine.office_id = o.id OR mine.county_id = coalesce(o.county_id, m.county_id))
    ), refused AS MATERIALIZED (
        SELECT o.*, (o.at AT TIME ZONE 'Europe/Oslo')::date AS day FROM access_accesslogentry o
        WHERE o.user_id IN (SELECT w.user_id FROM worked w) AND o.at >= since AND NOT o.allowed
          AND ((o.rule IN ('own data', 'close family') AND o.purpose NOT IN ('refer', 'emergency')) OR o.purpose = 'give')
    ), lines AS (
        SELECT CASE r.purpose WHEN 'give' THEN 'keeps away' ELSE 'never' END AS kind, r.user_id, r.at, r.day,
               coalesce(r.participant_id, (SELECT c.participant_id FROM cases_case c WHERE c.id = r.case_id)) AS participant_id,
               places.offices, places.counties
        FROM refused r CROSS JOIN LATERAL (
            SELECT array_agg(coalesce(m.office_id, t.office_id)) AS offices, array_agg(coalesce(o.county_id, m.county_id)) AS counties
            FROM organisation_membership m LEFT JOIN organisation_team t ON t.id = m.team_id
            LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
            WHERE m.user_id = r.user_id AND m.started_on <= r.day AND (m.ended_on IS NULL OR m.ended_on >= r.day - 1)) places
        WHERE r.purpose <> 'give' OR NOT EXISTS (
            SELECT FROM organisation_membership m JOIN organisation_membership lead ON lead.team_id = m.team_id
            WHERE m.user_id = r.user_id AND lead.role = 'supervisor' AND oversight_leads(lead.user_id, r.user_id, r.day))
        UNION ALL
        SELECT 'own employee, nobody asked', n.user_id, n.said_at, (n.said_at AT TIME ZONE 'Europe/Oslo')::date, n.participant_id,
               ARRAY[o.id], ARRAY[o.county_id]
        FROM (SELECT * FROM cases_nobody_asked() WHERE EXISTS (SELECT FROM mine)) n
        JOIN organisation_office o ON o.id = n.office_id
        WHERE n.said_at >= since AND n.user_id <> access_user()
          AND EXISTS (SELECT FROM mine WHERE mine.office_id = o.id OR mine.county_id = o.county_id)
    )
    SELECT DISTINCT l.kind, l.user_id, l.at, f.officer FROM lines l
    CROSS JOIN LATERAL oversight_finders(l.user_id, l.day, l.offices, l.counties, l.participant_id) f
    WHERE f.user_id = access_user() AND NOT (f.officer AND l.kind = 'keeps away')
$$;
COMMENT ON FUNCTION oversight_officers_alone(date) IS 'for other functions';
