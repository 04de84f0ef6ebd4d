-- Whom findings are about for whoever acts: those they lead (led), and for a data protection officer those with a role in their
-- places; each with the days of that role. What somebody did while they worked there stays to be looked at when they have
-- left. A role may be ended with yesterday's date on the day it was used: so the day after counts.
CREATE OR REPLACE FUNCTION oversight_people(since date)
RETURNS TABLE (user_id bigint, from_day date, through date, led boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.user_id, m.started_on, coalesce(m.ended_on, 'infinity') + 1, true
    FROM organisation_membership m
    WHERE m.team_id = ANY ((SELECT access_led_teams())::bigint[]) AND m.user_id <> access_user()
      AND (m.ended_on IS NULL OR m.ended_on >= since - 1)
    UNION ALL
    SELECT m.user_id, m.started_on, coalesce(m.ended_on, 'infinity') + 1, false
    FROM access_memberships() mine
    JOIN organisation_membership m ON m.ended_on IS NULL OR m.ended_on >= since - 1
    LEFT JOIN organisation_team t ON t.id = m.team_id
    LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
    WHERE mine.role = 'data_protection' AND (o.id = mine.office_id OR mine.county_id IN (o.county_id, m.county_id))
$$;
COMMENT ON FUNCTION oversight_people(date) IS 'for other functions';

-- The signatures that count for whoever acts, since a day: what each is about, and through when. A finding is signed by
-- whoever it comes up for; what somebody else signed counts where they led the person on that day as the one who acts does
-- now (or watched over them, for what a data protection officer signs). So nobody elsewhere silences a finding. What was
-- signed before keys said through when holds for what had happened by then.
CREATE OR REPLACE FUNCTION oversight_signatures(since date) RETURNS TABLE (id bigint, about text, through timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.id, split_part(r.finding, '@', 1),
           CASE WHEN r.finding ~ '@[0-9]{1,17}$' THEN
                'epoch'::timestamptz + split_part(r.finding, '@', 2)::bigint * interval '1 microsecond'
           ELSE r.reviewed_at END
    FROM oversight_review r CROSS JOIN LATERAL (SELECT (r.reviewed_at AT TIME ZONE 'Europe/Oslo')::date AS day) signed
    WHERE r.reviewed_at >= since AND r.reviewed_by_id <> r.about_id AND (
        r.reviewed_by_id = access_user()
        OR CASE WHEN r.finding LIKE 'personvern:%' THEN
            r.about_id IN (SELECT p.user_id FROM oversight_people(since) p WHERE NOT p.led) AND EXISTS (
                SELECT FROM organisation_membership mine
                JOIN organisation_membership m ON m.user_id = r.about_id
                LEFT JOIN organisation_team t ON t.id = m.team_id
                LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
                WHERE mine.user_id = r.reviewed_by_id AND mine.role = 'data_protection'
                  AND mine.started_on <= signed.day AND (mine.ended_on IS NULL OR mine.ended_on >= signed.day)
                  AND m.started_on <= signed.day AND (m.ended_on IS NULL OR m.ended_on >= since - 1)
                  AND (o.id = mine.office_id OR mine.county_id IN (o.county_id, m.county_id)
                       OR (mine.office_id IS NULL AND mine.county_id IS NULL)))
        ELSE
            r.about_id IN (SELECT p.user_id FROM oversight_people(since) p WHERE p.led) AND EXISTS (
                SELECT FROM organisation_membership mine JOIN organisation_membership m ON m.team_id = mine.team_id
                WHERE mine.user_id = r.reviewed_by_id AND mine.role = 'supervisor' AND m.user_id = r.about_id
                  AND mine.started_on <= signed.day AND (mine.ended_on IS NULL OR mine.ended_on >= signed.day)
                  AND m.started_on <= signed.day AND (m.ended_on IS NULL OR m.ended_on >= since - 1))
        END)
$$;
COMMENT ON FUNCTION oversight_signatures(date) IS 'for other functions';

-- What in the log of who looked is worth a look: one row a finding, for the supervisor who acts. It covers those they lead
-- and the cases of the teams they lead, never what they did themselves. What concerns people who are protected is for the
-- data protection officer too, who signs it by themselves: of everybody with a role in their places but those whom they lead
-- themselves, which they sign as whoever leads them (named). It reads names to compare them and returns none; a
-- case is named by its number only where the supervisor sees it.
-- Each line that a finding is made of is signed or waits: what comes after a signature, the same day too, waits anew beside
-- what was signed (signed_before: how much that was). Each emergency and each request is a finding of its own. The key of a
-- finding (finding) ends with when the last of it happened, in microseconds: nobody signs what they have not been shown.
CREATE FUNCTION oversight_findings(since date, many integer, refusals integer)
RETURNS TABLE (kind text, user_id bigint, day date, case_id bigint, times bigint, reason text, finding text, review bigint,
               signed_before bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH team_cases AS (
        SELECT coalesce(array_agg(id), '{}') AS ids FROM cases_case
        -- Also what is shielded by now: a look does not disappear by it. A case's number is shown to those who see it.
        WHERE team_id = ANY ((SELECT access_led_teams())::bigint[])
    ), people AS MATERIALIZED (
        SELECT * FROM oversight_people(since)
    ), refused AS (
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date AS day, o.purpose, o.rule, o.at
        FROM access_accesslogentry o
        WHERE o.at >= since AND (o.purpose IN ('protect', 'raise') OR ((o.rule = 'shielded' OR o.purpose = 'give') AND NOT o.allowed)) AND o.user_id <> access_user()
          AND EXISTS (SELECT FROM people w WHERE w.user_id = o.user_id
                      AND (o.at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through)
    ), looked AS (
        -- Not who looked at a referral to join it: that would tell those who lead the team it was referred to that the number
        -- is known, and where. Nor who was kept away from their own data or somebody close: whoever decides about the case
        -- does not get to know who that is (0165); the data protection officer does (alone).
        SELECT * FROM access_accesslogentry o
        WHERE o.at >= since AND o.user_id <> access_user() AND o.purpose <> 'join' AND o.rule NOT IN ('own data', 'close family')
    ), alone AS MATERIALIZED (
        SELECT a.kind, a.user_id, (a.at AT TIME ZONE 'Europe/Oslo')::date AS day, a.at FROM oversight_officers_alone(since) a
        WHERE a.officer
    ), looks AS (
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date AS day, o.case_id, o.rule, o.allowed, o.participant_id, o.purpose, o.at, o.id
        FROM looked o
        WHERE EXISTS (SELECT FROM people w WHERE w.led AND w.user_id = o.user_id
                      AND (o.at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through)
        UNION ALL
        SELECT o.user_id, (o.at AT TIME ZONE 'Europe/Oslo')::date, o.case_id, o.rule, o.allowed, o.participant_id, o.purpose, o.at, o.id
        FROM looked o
        WHERE o.rule <> 'own' AND o.case_id = ANY ((SELECT ids FROM team_cases)::bigint[])
          AND NOT EXISTS (SELECT FROM people w WHERE w.led AND w.user_id = o.user_id
                          AND (o.at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through)
    ), of_cases AS (
        -- What somebody did with one case on a day has a name that says nothing of the case, and stays when it is shielded.
        SELECT l.*, 'l' || min(l.id) OVER (PARTITION BY l.user_id, l.day, l.case_id) AS item FROM looks l
    ), found AS (
        SELECT 'emergency' AS kind, g.user_id, (g.granted_at AT TIME ZONE 'Europe/Oslo')::date AS day, g.case_id,
               1::bigint AS times, g.reason::text AS reason, g.granted_at AS at, 'g' || g.id AS item
        FROM access_grant g
        WHERE g.kind = 'emergency' AND g.granted_at >= since AND g.user_id <> access_user()
          AND (EXISTS (SELECT FROM people w WHERE w.led AND w.user_id = g.user_id
                       AND (g.granted_at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through) OR g.case_id = ANY ((SELECT ids FROM team_cases)::bigint[]))
        UNION ALL
        -- A way in that those they lead got, of one kind each: how often cases were opened by it, and which request it was.
        SELECT way.kind, r.user_id, (r.answered_at AT TIME ZONE 'Europe/Oslo')::date, NULL, (
                   SELECT count(*) FROM access_accesslogentry o WHERE o.user_id = r.user_id AND o.at >= since AND o.approval_id = r.id AND o.allowed),
               r.id::text, r.answered_at, 'r' || r.id
        FROM accounts_approvalrequest r
        JOIN (VALUES ('password', 'new link'), ('factor', 'new phone'), ('role', 'new colleague'),
                      ('login', 'new login')) way (asked, kind)
            ON way.asked = r.kind
        WHERE r.outcome IN ('approved', 'proven') AND (r.kind IN ('factor', 'login') OR r.link_id IS NOT NULL) AND r.answered_at >= since
          AND EXISTS (SELECT FROM people w WHERE w.led AND w.user_id = r.user_id
                      AND (r.answered_at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through)
        UNION ALL
        SELECT 'never', l.user_id, l.day, l.case_id, 1, '', l.at, l.item
        FROM of_cases l WHERE NOT l.allowed AND l.purpose NOT IN ('refer', 'emergency') AND l.rule = 'shielded'
        UNION ALL
        SELECT a.kind, a.user_id, a.day, NULL, 1, '', a.at, NULL FROM alone a
        UNION ALL
        SELECT 'met shielded', r.user_id, r.day, NULL, 1, '', r.at, NULL FROM refused r WHERE r.purpose = 'refer'
        UNION ALL
        SELECT 'emergency refused', r.user_id, r.day, NULL, 1, '', r.at, NULL FROM refused r WHERE r.purpose = 'emergency'
        UNION ALL
        SELECT 'keeps away', r.user_id, r.day, NULL, 1, '', r.at, NULL FROM refused r WHERE r.purpose = 'give'
        UNION ALL
        SELECT 'hides another', r.user_id, r.day, NULL, 1, '', r.at, NULL FROM refused r WHERE r.purpose = 'protect'
        UNION ALL
        SELECT 'raises to read', r.user_id, r.day, NULL, 1, '', r.at, NULL FROM refused r WHERE r.purpose = 'raise'
        UNION ALL
        SELECT 'shielded again', f.user_id, f.day, NULL, 1, '', f.at, NULL
        FROM (SELECT r.user_id, r.day, r.at, count(*) OVER (PARTITION BY r.user_id, r.day) AS times
              FROM refused r WHERE r.rule = 'shielded' AND r.purpose NOT IN ('refer', 'emergency')) f
        WHERE f.times >= refusals
        UNION ALL
        -- From what to what, of each by itself: in words in oversight.queries. In their order: the first of the keys.
        SELECT 'protection lowered', c.who, (c.at AT TIME ZONE 'Europe/Oslo')::date, NULL, 1,
               jsonb_build_object('by', lpad(c.id::text, 18, '0'), 'from', c.old ->> 'protection', 'to', c.new ->> 'protection',
                                  'why', c.new ->> 'protection_reason')::text, c.at, NULL
        FROM access_change c
        WHERE c.audience IN ('participant', 'nobody') AND c."table" = 'cases_participant' AND c.at >= since AND c.operation = 'update'
          AND c.who <> access_user() AND (EXISTS (
              SELECT FROM people w WHERE w.user_id = c.who
              AND (c.at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through)
              -- Below what an office had written whose referral was joined: for the officers of that office too.
              OR EXISTS (SELECT FROM cases_possibleduplicate d JOIN cases_case j ON j.id = ANY (d.joined_cases)
                         WHERE d.existing_id = c.participant_id AND d.outcome = 'joined' AND d.answered_at <= c.at
                           AND cases_strictness(d.typed ->> 'protection') > cases_strictness(c.new ->> 'protection')
                           AND cases_answers_for(j.office_id)))
          AND c.new ? 'protection'
          AND array_position(ARRAY['', 'own_employee', 'confidential', 'strictly_confidential'], c.new ->> 'protection')
            < array_position(ARRAY['', 'own_employee', 'confidential', 'strictly_confidential'], c.old ->> 'protection')
        UNION ALL
        -- Somebody said "this is me", and whoever was asked left the participant without protection.
        SELECT 'no own employee', c.who, (c.at AT TIME ZONE 'Europe/Oslo')::date, NULL, 1, c.new ->> 'protection_reason', c.at, NULL
        FROM access_change c
        WHERE c.audience IN ('participant', 'nobody') AND c."table" = 'cases_participant' AND c.at >= since AND c.operation = 'update'
          AND c.who <> access_user() AND EXISTS (
              SELECT FROM people w WHERE w.user_id = c.who
              AND (c.at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through)
          AND c.new ? 'own_employee_answered_at' AND NOT c.new ? 'protection'
        UNION ALL
        SELECT 'refused', f.user_id, f.day, NULL, 1, '', f.at, NULL
        FROM (SELECT l.user_id, l.day, l.at, count(*) OVER (PARTITION BY l.user_id, l.day) AS times
              FROM looks l WHERE NOT l.allowed) f
        WHERE f.times >= refusals
        UNION ALL
        -- A case counts when it is first opened that day.
        SELECT 'many', f.user_id, f.day, NULL, 1, '', f.at, NULL
        FROM (SELECT l.user_id, l.day, min(l.at) AS at, count(*) OVER (PARTITION BY l.user_id, l.day) AS times
              FROM looks l WHERE l.allowed AND l.case_id IS NOT NULL AND l.rule NOT IN ('specialist', 'counsellor', 'referred')
              GROUP BY l.user_id, l.day, l.case_id) f
        WHERE f.times >= many
        UNION ALL
        SELECT 'same surname', l.user_id, l.day, l.case_id, 1, '', l.at, l.item
        FROM of_cases l
        JOIN organisation_user u ON u.id = l.user_id
        JOIN cases_participant p ON p.id = l.participant_id
        WHERE lower(u.family_name) = lower(p.family_name) AND u.family_name <> '' AND l.rule <> 'own' AND l.allowed
        UNION ALL
        SELECT 'neighbour office', l.user_id, l.day, l.case_id, 1, '', l.at, l.item
        FROM of_cases l
        JOIN cases_case c ON c.id = l.case_id
        JOIN organisation_office o ON o.id = c.office_id
        WHERE l.allowed AND EXISTS (SELECT FROM organisation_membership m JOIN organisation_office mine ON mine.id = m.office_id
                      WHERE m.user_id = l.user_id AND mine.county_id = o.county_id)
          AND NOT EXISTS (SELECT FROM organisation_membership m
                          WHERE m.user_id = l.user_id AND m.office_id = c.office_id
                            AND m.started_on <= l.day AND (m.ended_on IS NULL OR m.ended_on >= l.day - 1))
    ), named AS (
        SELECT f.*, shown.id AS shown,
               -- What somebody did wherever it was, of which no single case is told, comes up for an officer. Whoever leads them is
               -- that first.
               CASE WHEN f.item IS NULL AND f.kind NOT IN ('refused', 'many') AND NOT EXISTS (
                   SELECT FROM people w WHERE w.led AND w.user_id = f.user_id AND f.day BETWEEN w.from_day AND w.through)
               THEN 'personvern:' ELSE '' END
               || CASE WHEN f.kind LIKE 'new %' THEN 'new link' ELSE f.kind END || ':' || f.user_id || ':' || f.day || ':' AS about
        FROM found f
        LEFT JOIN LATERAL (SELECT f.case_id AS id WHERE f.case_id = ANY ((SELECT access_cases())::bigint[])
                           OR EXISTS (SELECT FROM access_whole w WHERE w.id = f.case_id)) shown ON true
        WHERE access_has_role('supervisor') OR access_has_role('data_protection')
    ), signed AS MATERIALIZED (
        SELECT * FROM oversight_signatures(since)
    ), lines AS (
        -- The second is what a key was before it said through when.
        SELECT n.*, (SELECT s.id FROM signed s
                     WHERE s.about IN (n.about || coalesce(n.item, '0'),
                                       n.about || coalesce(n.shown, 0) || CASE WHEN n.kind LIKE 'new %' THEN ':' || n.reason ELSE '' END)
                       AND s.through >= n.at
                     ORDER BY s.through, s.id LIMIT 1) AS review
        FROM named n
    )
    SELECT l.kind, l.user_id, l.day, l.shown, sum(l.times)::bigint,
           coalesce(string_agg(DISTINCT l.reason, CASE l.kind WHEN 'protection lowered' THEN E'\n' ELSE '; ' END) FILTER (WHERE l.reason <> ''), ''),
           l.about || coalesce(l.item, '0') || '@' || (extract(epoch FROM max(l.at)) * 1000000)::bigint, l.review,
           CASE WHEN l.review IS NULL THEN
                (sum(count(l.review)) OVER (PARTITION BY l.kind, l.about, l.item))::bigint ELSE 0 END
    FROM lines l
    GROUP BY l.kind, l.user_id, l.day, l.shown, l.about, l.item, l.review
    ORDER BY l.day DESC, l.kind, l.user_id, max(l.at) DESC
$$;

-- Signs off those of the findings of whoever acts that are named, and no other: nobody signs ahead, or for somebody else's
-- people. Nor what others asked to have looked into but by whoever is to. How many were signed. Nobody adds such a row otherwise.
CREATE OR REPLACE FUNCTION oversight_sign(keys text[], since date, many integer, refusals integer, said text, why text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE made bigint;
BEGIN
    INSERT INTO oversight_review (finding, about_id, verdict, comment, reviewed_by_id)
    SELECT f.finding, f.user_id, said, why, access_user() FROM oversight_findings(since, many, refusals) f
    WHERE f.finding = ANY (keys) AND f.review IS NULL AND f.user_id <> access_user()
    UNION ALL
    SELECT l.finding, l.user_id, said, why, access_user() FROM oversight_to_look_into() l WHERE l.finding = ANY (keys);
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;
