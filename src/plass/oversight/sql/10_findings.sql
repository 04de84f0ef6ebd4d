-- Whom findings may be about for whoever acts: those they lead (led), and for a data protection officer, or a leader who may
-- stand in for one, those with a role in their places; each with the days of that role. What somebody did while they worked
-- there stays to be looked at when they have left. Whether a finding comes up says oversight_finders.
CREATE FUNCTION oversight_people()
RETURNS TABLE (user_id bigint, from_day date, through date, led boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.user_id, m.started_on, coalesce(m.ended_on, 'infinity') + 1, true
    FROM organisation_membership m
    WHERE m.team_id = ANY ((SELECT access_led_teams())::bigint[]) AND m.user_id <> access_user()
    UNION ALL
    SELECT m.user_id, m.started_on, coalesce(m.ended_on, 'infinity') + 1, false
    FROM access_memberships() mine
    JOIN organisation_membership m ON m.user_id <> access_user()
    LEFT JOIN organisation_team t ON t.id = m.team_id
    LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
    WHERE mine.role IN ('data_protection', 'leader') AND (o.id = mine.office_id OR mine.county_id IN (o.county_id, m.county_id))
$$;
COMMENT ON FUNCTION oversight_people() IS 'for other functions';

-- In which part a finding comes up for whoever acts (oversight_finders); NULL where it does not.
CREATE FUNCTION oversight_my_part(who bigint, on_day date, audience text, of_case bigint, of_participant bigint, more bigint[])
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT f.part FROM (
        -- Nobody was asked: that is for those who answer for the participant's offices.
        SELECT offices || coalesce(more, '{}') AS offices,
               counties || ARRAY(SELECT county_id FROM organisation_office WHERE id = ANY (more)) AS counties
        FROM oversight_places(CASE WHEN audience = 'asks' THEN NULL ELSE who END, on_day, of_case)
    ) p CROSS JOIN LATERAL oversight_finders(who, on_day, CASE audience WHEN 'asks' THEN 'alone' ELSE audience END, p.offices, p.counties,
                                             of_case, of_participant, NULL) f
    WHERE f.user_id = access_user()
$$;
COMMENT ON FUNCTION oversight_my_part(bigint, date, text, bigint, bigint, bigint[]) IS 'for other functions';

-- Who signed a line in a part; NULL where nobody has. A line is named with its kind: one look may be several findings. A signature is of the lines that were shown, and of no other; those who
-- share a part need not sign it again. What was signed before the lines were kept (keys) holds for what had happened by then,
-- where whoever signed led the person that day, or was an officer.
CREATE FUNCTION oversight_signed(line text, in_part text, keys text[], who bigint, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT min(found.id) FROM (
        SELECT r.id FROM oversight_review r
        WHERE r.lines @> ARRAY[line] AND r.part = CASE in_part WHEN 'stands in' THEN 'officer' ELSE in_part END
        UNION ALL
        SELECT r.id FROM oversight_review r
        CROSS JOIN LATERAL (SELECT (r.reviewed_at AT TIME ZONE 'Europe/Oslo')::date AS day) signed
        WHERE r.about_id = who AND r.part = '' AND r.reviewed_by_id <> who AND split_part(r.finding, '@', 1) = ANY (keys)
          AND at <= CASE WHEN r.finding ~ '@[0-9]{1,17}$' THEN
                'epoch'::timestamptz + split_part(r.finding, '@', 2)::bigint * interval '1 microsecond' ELSE r.reviewed_at END
          AND (r.reviewed_by_id = access_user() OR EXISTS (
              SELECT FROM organisation_membership mine
              WHERE mine.user_id = r.reviewed_by_id AND mine.started_on <= signed.day AND (mine.ended_on IS NULL OR mine.ended_on >= signed.day)
                AND CASE WHEN r.finding LIKE 'personvern:%' THEN mine.role = 'data_protection' AND in_part = 'officer'
                    ELSE in_part = 'leads' AND mine.role = 'supervisor' AND EXISTS (
                        SELECT FROM organisation_membership m WHERE m.user_id = who AND m.team_id = mine.team_id
                          AND m.started_on <= signed.day AND (m.ended_on IS NULL OR m.ended_on >= signed.day - 1)) END))
    ) found
$$;
COMMENT ON FUNCTION oversight_signed(text, text, text[], bigint, timestamptz) IS 'for other functions';

-- Emergencies that may be found by whoever acts. Each is a finding of its own.
CREATE FUNCTION oversight_emergency_lines()
RETURNS TABLE (user_id bigint, day date, case_id bigint, participant_id bigint, reason text, at timestamptz, line text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH people AS MATERIALIZED (SELECT * FROM oversight_people())
    SELECT g.user_id, g.day, g.case_id, c.participant_id, g.reason::text, g.granted_at, 'g' || g.id
    FROM (SELECT *, (granted_at AT TIME ZONE 'Europe/Oslo')::date AS day FROM access_grant
          WHERE kind = 'emergency' AND user_id <> access_user()) g
    JOIN cases_case c ON c.id = g.case_id
    WHERE c.team_id = ANY ((SELECT access_led_teams())::bigint[])
       OR EXISTS (SELECT FROM access_memberships() mine JOIN organisation_office o ON o.id = c.office_id
                  WHERE mine.role IN ('data_protection', 'leader') AND (mine.office_id = o.id OR mine.county_id = o.county_id))
       OR EXISTS (SELECT FROM people w WHERE w.user_id = g.user_id AND g.day BETWEEN w.from_day AND w.through)
$$;
COMMENT ON FUNCTION oversight_emergency_lines() IS 'for other functions';

-- What comes up for whoever acts, or is signed by those who share their part: each line of it, what it is about (item: the lines
-- with one are one finding), the part, and the signature. It waits until it is signed, however long; what is seen in ordinary
-- looks alone (same surname, neighbour office, many) is looked for since a day.
-- It reads names to compare them and returns none.
CREATE FUNCTION oversight_lines(since date, many integer, refusals integer)
RETURNS TABLE (kind text, audience text, user_id bigint, day date, case_id bigint, times bigint, reason text, at timestamptz,
               item text, line text, part text, about text, shown bigint, review bigint, share bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH people AS MATERIALIZED (
        SELECT * FROM oversight_people()
    ), mine AS MATERIALIZED (
        -- Also what is shielded by now: a look does not disappear by it. A case's number is shown to those who see it.
        SELECT c.id, true AS led FROM unnest(access_led_teams()) AS team (id) JOIN cases_case c ON c.team_id = team.id
        UNION ALL
        SELECT c.id, false FROM cases_case c
        WHERE (c.team_id IS NULL OR c.team_id <> ALL ((SELECT access_led_teams())::bigint[])) AND c.office_id IN (
            SELECT o.id FROM access_memberships() m JOIN organisation_office o ON m.office_id = o.id OR m.county_id = o.county_id
            WHERE m.role IN ('data_protection', 'leader'))
    ), log AS MATERIALIZED (
        -- What somebody did with one case on a day, for one purpose and by one rule, is one line here, called by the first, with how
        -- many they are (size); so are all numbers that no case has. What comes after this is asked of these, not of each line:
        -- how many there are is chosen by whoever tries. Person by person and case by case, by the indexes (OFFSET 0: also where
        -- the planner would rather read the whole log), and each line once.
        SELECT min(o.id) AS id, o.user_id, o.day, o.case_id, o.rule, o.purpose, o.allowed, max(o.at) AS at, o.participant_id, count(*) AS size
        FROM (
            SELECT l.id, l.user_id, (l.at AT TIME ZONE 'Europe/Oslo')::date AS day, l.rule, l.purpose, l.allowed, l.at, l.participant_id,
                   CASE WHEN l.rule <> 'unknown' OR l.participant_id IS NOT NULL THEN l.case_id END AS case_id
            FROM (
                SELECT o.* FROM (SELECT DISTINCT user_id FROM people) w CROSS JOIN LATERAL (
                    SELECT * FROM access_accesslogentry WHERE user_id = w.user_id AND at >= since
                    UNION ALL
                    SELECT * FROM access_accesslogentry WHERE user_id = w.user_id AND NOT allowed AND at < since
                    OFFSET 0) o
                UNION ALL
                SELECT o.* FROM access_accesslogentry o
                WHERE o.purpose IN ('protect', 'raise') AND o.allowed AND o.at < since AND o.user_id IN (SELECT user_id FROM people)
                UNION ALL
                SELECT o.* FROM mine CROSS JOIN LATERAL (
                    SELECT * FROM access_accesslogentry WHERE case_id = mine.id AND NOT allowed
                    UNION ALL
                    SELECT * FROM access_accesslogentry WHERE case_id = mine.id AND allowed AND at >= since AND mine.led
                    OFFSET 0) o
                WHERE o.user_id NOT IN (SELECT user_id FROM people)
            ) l WHERE l.user_id <> (SELECT access_user())
        ) o
        GROUP BY o.user_id, o.day, o.case_id, o.rule, o.purpose, o.allowed, o.participant_id
    ), refused AS MATERIALIZED (
        SELECT o.* FROM log o WHERE (NOT o.allowed OR o.purpose IN ('protect', 'raise')) AND EXISTS (
            SELECT FROM people w WHERE w.user_id = o.user_id AND o.day BETWEEN w.from_day AND w.through)
        UNION
        SELECT o.* FROM log o WHERE NOT o.allowed AND o.case_id IN (SELECT id FROM mine)
    ), live AS MATERIALIZED (
        -- Who leads a team today.
        SELECT m.user_id, m.team_id FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
        WHERE m.role = 'supervisor' AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
    ), held AS MATERIALIZED (
        SELECT m.user_id, m.started_on AS from_day, coalesce(m.ended_on, 'infinity') + 1 AS through,
               EXISTS (SELECT FROM live l WHERE l.team_id = m.team_id AND l.user_id <> m.user_id) AS led
        FROM organisation_membership m WHERE m.user_id IN (SELECT w.user_id FROM people w WHERE NOT w.led)
    ), avoided AS MATERIALIZED (
        -- Cases of whom somebody who leads a team must keep away from.
        SELECT c.id FROM cases_case c WHERE EXISTS (SELECT FROM live l WHERE cases_must_keep_away(l.user_id, c.participant_id))
          AND EXISTS (SELECT FROM people w WHERE NOT w.led)
    ), stood_in AS MATERIALIZED (
        -- The days of those who are led by nobody, or looked at such a case: they may be another's to look at.
        SELECT DISTINCT o.user_id, o.day FROM log o
        WHERE (NOT o.allowed OR (o.at >= since AND o.user_id IN (
                SELECT h.user_id FROM held h GROUP BY h.user_id
                HAVING NOT bool_or(h.led AND h.from_day <= since AND h.through > access_today()))))
          AND EXISTS (SELECT FROM people w WHERE NOT w.led AND w.user_id = o.user_id AND o.day BETWEEN w.from_day AND w.through)
          AND NOT EXISTS (SELECT FROM held h WHERE h.led AND h.user_id = o.user_id AND o.day BETWEEN h.from_day AND h.through)
        UNION
        SELECT o.user_id, o.day FROM log o
        WHERE (o.at >= since OR NOT o.allowed) AND o.case_id IN (SELECT id FROM avoided)
          AND EXISTS (SELECT FROM people w WHERE NOT w.led AND w.user_id = o.user_id AND o.day BETWEEN w.from_day AND w.through)
    ), looked AS (
        -- Not who looked at a referral to join it: that would tell those who lead the team it was referred to that the number
        -- is known, and where. Nor who was kept away from their own data or somebody close: that is an officer's (alone).
        SELECT * FROM log o WHERE (o.at >= since OR NOT o.allowed) AND o.purpose <> 'join' AND o.rule NOT IN ('own data', 'close family')
    ), led AS MATERIALIZED (
        -- The days of those whom whoever acts led then.
        SELECT DISTINCT o.user_id, o.day FROM log o
        JOIN people w ON w.led AND w.user_id = o.user_id AND o.day BETWEEN w.from_day AND w.through
    ), looks AS MATERIALIZED (
        -- Of what somebody did on a day as a whole (of_day) whoever leads a team sees the share that is theirs.
        SELECT o.*, NULL::bigint AS of_day FROM looked o
        WHERE (o.user_id, o.day) IN (SELECT user_id, day FROM led) OR (o.user_id, o.day) IN (SELECT user_id, day FROM stood_in)
        UNION ALL
        SELECT o.*, o.case_id FROM looked o
        WHERE o.rule <> 'own' AND o.case_id IN (SELECT id FROM mine WHERE mine.led)
          AND NOT EXISTS (SELECT FROM led WHERE (led.user_id, led.day) = (o.user_id, o.day))
    ), of_cases AS (
        -- What somebody did with one case on a day has a name that says nothing of the case, and stays when it is shielded.
        SELECT l.*, 'l' || min(l.id) OVER (PARTITION BY l.user_id, l.day, l.case_id) AS item
        FROM (SELECT DISTINCT ON (id) * FROM looks WHERE allowed ORDER BY id) l
    ), protection AS (
        SELECT c.who AS user_id, (c.at AT TIME ZONE 'Europe/Oslo')::date AS day, c.participant_id, c.at, c.id, c.old, c.new,
               array_position(ARRAY['', 'own_employee', 'confidential', 'strictly_confidential'], c.new ->> 'protection')
                 < array_position(ARRAY['', 'own_employee', 'confidential', 'strictly_confidential'], c.old ->> 'protection') AS lowered,
               -- Below what an office had written whose referral was joined: for the officers of that office too.
               ARRAY(SELECT j.office_id FROM cases_possibleduplicate d JOIN cases_case j ON j.id = ANY (d.joined_cases)
                     WHERE d.existing_id = c.participant_id AND d.outcome = 'joined' AND d.answered_at <= c.at
                       AND cases_strictness(d.typed ->> 'protection') > cases_strictness(c.new ->> 'protection')) AS more
        FROM access_change c
        WHERE c.audience IN ('participant', 'nobody') AND c."table" = 'cases_participant' AND c.operation = 'update'
          AND c.who <> access_user() AND (c.new ? 'protection' OR c.new ? 'own_employee_answered_at')
    ), found AS (
        SELECT 'emergency' AS kind, 'leads' AS audience, e.user_id, e.day, e.case_id, e.participant_id, 1::bigint AS times, e.reason, e.at,
               e.line AS item, e.line, e.case_id AS of_case, NULL::bigint[] AS more, 1::bigint AS size
        FROM oversight_emergency_lines() e
        UNION ALL
        -- A way in of one kind each: how often cases were opened by it, and which request it was.
        SELECT way.kind, 'leads', r.user_id, (r.answered_at AT TIME ZONE 'Europe/Oslo')::date, NULL, NULL, (
                   SELECT count(*) FROM access_accesslogentry o WHERE o.user_id = r.user_id AND o.at >= r.answered_at AND o.approval_id = r.id AND o.allowed),
               r.id::text, r.answered_at, 'r' || r.id, 'r' || r.id, NULL, NULL, 1
        FROM accounts_approvalrequest r
        JOIN (VALUES ('password', 'new link'), ('factor', 'new phone'), ('role', 'new colleague'),
                      ('login', 'new login')) way (asked, kind)
            ON way.asked = r.kind
        WHERE r.outcome IN ('approved', 'proven') AND (r.kind IN ('factor', 'login') OR r.link_id IS NOT NULL)
          AND EXISTS (SELECT FROM people w WHERE w.user_id = r.user_id
                      AND (r.answered_at AT TIME ZONE 'Europe/Oslo')::date BETWEEN w.from_day AND w.through)
        UNION ALL
        -- Whoever has no role with cases is led by nobody in them: that is for the officers from the first.
        SELECT 'never', CASE WHEN EXISTS (
                   SELECT FROM organisation_membership m
                   WHERE m.user_id = r.user_id AND m.role IN ('specialist', 'supervisor', 'counsellor')
                     AND m.started_on <= r.day AND (m.ended_on IS NULL OR m.ended_on >= r.day - 1)) THEN 'leads' ELSE 'both' END,
               r.user_id, r.day, r.case_id, r.participant_id, NULL, '', r.at,
               'l' || min(r.id) OVER (PARTITION BY r.user_id, r.day, r.case_id), 'l' || r.id, r.case_id, NULL, r.size
        FROM refused r WHERE r.purpose NOT IN ('refer', 'emergency') AND r.rule = 'shielded'
        UNION ALL
        SELECT 'never', 'alone', r.user_id, r.day, NULL, r.participant_id, NULL, '', r.at, NULL, 'l' || r.id, r.case_id, NULL, r.size
        FROM refused r WHERE r.rule IN ('own data', 'close family')
        UNION ALL
        SELECT 'own employee, nobody asked', 'asks', n.user_id, (n.said_at AT TIME ZONE 'Europe/Oslo')::date, NULL, n.participant_id, 1, '',
               n.said_at, NULL, 't' || n.tie_id || '.' || n.participant_id, NULL, array_agg(n.office_id), 1
        FROM (SELECT * FROM cases_nobody_asked() WHERE EXISTS (SELECT FROM people w WHERE NOT w.led) OR EXISTS (SELECT FROM mine WHERE NOT led)) n
        WHERE n.user_id <> access_user()
        GROUP BY n.user_id, n.participant_id, n.said_at, n.tie_id
        UNION ALL
        SELECT CASE r.purpose WHEN 'refer' THEN 'met shielded' WHEN 'emergency' THEN 'emergency refused' WHEN 'give' THEN 'keeps away'
                   WHEN 'protect' THEN 'hides another' ELSE 'raises to read' END,
               'both', r.user_id, r.day, NULL, r.participant_id, NULL, '', r.at, NULL, 'l' || r.id, NULL, NULL, r.size
        FROM refused r
        WHERE r.purpose IN ('give', 'protect', 'raise') OR (r.rule = 'shielded' AND r.purpose IN ('refer', 'emergency'))
        UNION ALL
        -- Several times in a day, or some few times in thirty days, whoever the people are: the day on which it has become so many.
        SELECT 'shielded again', 'both', f.user_id, f.day, NULL, f.participant_id, NULL, '', f.at, NULL, 'l' || f.id, NULL, NULL, f.size
        FROM (SELECT r.*, sum(size) OVER (PARTITION BY r.user_id, r.day) AS times,
                     sum(size) OVER (PARTITION BY r.user_id ORDER BY r.day RANGE BETWEEN '29 days' PRECEDING AND CURRENT ROW) AS lately
              FROM refused r WHERE r.rule = 'shielded' AND r.purpose NOT IN ('refer', 'emergency', 'give', 'protect', 'raise')) f
        WHERE f.times >= refusals OR f.lately >= 5
        UNION ALL
        SELECT 'slowed', 'leads', r.user_id, r.day, NULL, NULL, NULL, '', r.at, NULL, 'l' || r.id, NULL, NULL, r.size
        FROM refused r WHERE r.purpose = 'slowed'
        UNION ALL
        -- Before each referral it is asked whether somebody is registered: only many a day are worth a look.
        SELECT 'numbers', 'leads', f.user_id, f.day, NULL, NULL, NULL, '', f.at, NULL, 'l' || f.id, NULL, NULL, f.size
        FROM looks f WHERE NOT f.allowed AND f.purpose = 'number' AND f.size >= 30
        UNION ALL
        -- From what to what, of each by itself: in words in oversight.queries. In their order: the first of the keys.
        SELECT 'protection lowered', 'both', c.user_id, c.day, NULL, c.participant_id, 1,
               jsonb_build_object('by', lpad(c.id::text, 18, '0'), 'from', c.old ->> 'protection', 'to', c.new ->> 'protection',
                                  'why', c.new ->> 'protection_reason')::text, c.at, NULL, 'c' || c.id, NULL, c.more, 1
        FROM protection c WHERE c.lowered
        UNION ALL
        -- Somebody said "this is me", and whoever was asked left the participant without protection.
        SELECT 'no own employee', 'both', c.user_id, c.day, NULL, c.participant_id, 1, c.new ->> 'protection_reason', c.at, NULL, 'c' || c.id,
               NULL, NULL, 1
        FROM protection c WHERE c.new ? 'own_employee_answered_at' AND NOT c.new ? 'protection'
        UNION ALL
        SELECT 'refused', 'leads', f.user_id, f.day, NULL, f.participant_id, NULL, '', f.at, NULL, 'l' || f.id, f.of_day, NULL, f.size
        FROM (SELECT l.*, sum(size) OVER (PARTITION BY l.user_id, l.day, l.of_day IS NULL) AS times
              FROM looks l WHERE NOT l.allowed AND l.purpose NOT IN ('number', 'slowed')) f
        WHERE f.times >= refusals
        UNION ALL
        -- A case counts when it is first opened that day; not one of those whom somebody leads, on the page of what their list says
        -- otherwise: that shows twenty at a time.
        SELECT 'many', 'leads', f.user_id, f.day, NULL, f.participant_id, 1, '', f.at, NULL, 'l' || f.id, f.of_day, NULL, 1
        FROM (SELECT l.*, count(*) OVER (PARTITION BY l.user_id, l.day, l.of_day IS NULL) AS times FROM (
                  SELECT DISTINCT ON (user_id, day, of_day IS NULL, case_id) * FROM looks
                  WHERE allowed AND case_id IS NOT NULL AND rule NOT IN ('specialist', 'counsellor', 'referred')
                    AND NOT (purpose = 'differences' AND rule = 'leads')
                  ORDER BY user_id, day, of_day IS NULL, case_id, id) l) f
        WHERE f.times >= many
        UNION ALL
        SELECT 'same surname', 'leads', l.user_id, l.day, l.case_id, l.participant_id, NULL, '', l.at, l.item, 'l' || l.id, l.case_id, NULL, l.size
        FROM of_cases l
        JOIN organisation_user u ON u.id = l.user_id
        JOIN cases_participant p ON p.id = l.participant_id
        WHERE lower(u.family_name) = lower(p.family_name) AND u.family_name <> '' AND l.rule <> 'own'
        UNION ALL
        SELECT 'neighbour office', 'leads', l.user_id, l.day, l.case_id, l.participant_id, NULL, '', l.at, l.item, 'l' || l.id, l.case_id, NULL, l.size
        FROM of_cases l
        JOIN cases_case c ON c.id = l.case_id
        JOIN organisation_office o ON o.id = c.office_id
        WHERE EXISTS (SELECT FROM organisation_membership m JOIN organisation_office mine ON mine.id = m.office_id
                      WHERE m.user_id = l.user_id AND mine.county_id = o.county_id)
          AND NOT EXISTS (SELECT FROM organisation_membership m
                          WHERE m.user_id = l.user_id AND m.office_id = c.office_id
                            AND m.started_on <= l.day AND (m.ended_on IS NULL OR m.ended_on >= l.day - 1))
    ), signed AS MATERIALIZED (
        -- How many of what a line stands for were signed in a part, and by which signature.
        SELECT r.id, r.part, split_part(entry, '*', 1) AS line, max(coalesce(nullif(split_part(entry, '*', 2), '')::bigint, 1)) AS size
        FROM oversight_review r CROSS JOIN unnest(r.lines) entry
        WHERE r.part <> '' AND r.about_id IN (SELECT user_id FROM found)
        GROUP BY r.id, r.part, split_part(entry, '*', 1)
    ), settled AS MATERIALIZED (
        SELECT s.line, s.part, max(s.size) AS size FROM signed s GROUP BY s.line, s.part
    ), known AS MATERIALIZED (
        SELECT f.kind, f.audience, f.user_id, f.day, f.case_id, f.times, f.reason, f.at, f.item, f.line, f.of_case, f.more, f.size, f.leads,
               f.team_id, coalesce(f.participant_id, f.of_participant) AS participant_id
        FROM (
            SELECT o.kind, o.audience, o.user_id, o.day, o.case_id, o.participant_id, o.times, o.reason, o.at, o.item, o.of_case, o.more, o.size,
                   o.kind || '/' || o.line AS line, c.participant_id AS of_participant,
                   -- Who leads the person by now, and did not then, has their part by the case alone.
                   EXISTS (SELECT FROM people w WHERE w.led AND w.user_id = o.user_id AND o.day BETWEEN w.from_day AND w.through) AS leads,
                   CASE WHEN o.of_case IS NOT NULL AND c.team_id = ANY ((SELECT access_led_teams())::bigint[]) THEN c.team_id END AS team_id
            FROM found o LEFT JOIN cases_case c ON c.id = coalesce(o.of_case, o.case_id)
        ) f
        LEFT JOIN settled mine ON mine.line = f.line AND mine.part = CASE WHEN f.leads THEN 'leads' ELSE 'case:' || f.team_id END
        LEFT JOIN settled theirs ON theirs.line = f.line AND theirs.part = 'officer'
        -- What is older and was signed in every part that whoever acts may have in it is over for them.
        WHERE f.at >= since
           OR ((f.leads OR f.team_id IS NOT NULL) AND coalesce(mine.size, 0) < f.size)
           OR ((SELECT access_has_role('data_protection') OR access_has_role('leader')) AND coalesce(theirs.size, 0) < f.size)
    ), kept_from AS MATERIALIZED (
        -- Participants from whom whoever acts must keep away (cases_must_keep_away).
        SELECT p.id FROM cases_participant p WHERE p.identity_hash IN (
            SELECT t.identity_hash FROM access_conflictofinterest t WHERE t.user_id = (SELECT access_user()) AND t.ended_at IS NULL
            UNION
            SELECT own.identity_hash FROM cases_participant own WHERE own.user_id = (SELECT access_user()))
    ), asked AS MATERIALIZED (
        SELECT DISTINCT k.user_id, k.day, k.audience, k.of_case, k.participant_id, k.more, k.leads, k.team_id FROM known k
    ), for_anybody AS MATERIALIZED (
        -- In which part it comes up for whoever acts, whoever the participant is.
        SELECT d.*, oversight_my_part(d.user_id, d.day, d.audience, NULL, NULL, d.more) AS part
        FROM (SELECT DISTINCT a.user_id, a.day, a.audience, a.more FROM asked a
              WHERE a.of_case IS NULL AND (a.audience IN ('alone', 'asks') OR NOT a.leads)) d
    ), parts AS MATERIALIZED (
        -- As oversight_finders says, without asking it of each participant: whoever has a part in the first step has it unless they
        -- keep away; in a later one, unless they are near too. What remains, for whom nobody of an earlier step is left, it is asked.
        SELECT a.*, CASE
            WHEN a.participant_id IN (SELECT id FROM kept_from) THEN NULL
            WHEN a.audience NOT IN ('alone', 'asks') AND a.leads THEN 'leads'
            WHEN a.audience NOT IN ('alone', 'asks') AND a.team_id IS NOT NULL THEN 'case:' || a.team_id
            WHEN a.of_case IS NULL AND (a.participant_id IS NULL OR (a.audience = 'both' AND e.part = 'officer')) THEN e.part
            WHEN a.of_case IS NULL AND e.part IN ('officer', 'stands in') THEN
                CASE WHEN NOT oversight_is_near(access_user(), a.user_id, a.day, a.participant_id) THEN e.part END
            ELSE oversight_my_part(a.user_id, a.day, a.audience, a.of_case, a.participant_id, a.more) END AS part
        FROM asked a LEFT JOIN for_anybody e ON a.of_case IS NULL AND (e.user_id, e.day, e.audience) = (a.user_id, a.day, a.audience)
            AND e.more IS NOT DISTINCT FROM a.more
    ), named AS (
        SELECT DISTINCT ON (k.kind, k.audience, k.line) k.*, p.part, shown.id AS shown,
               CASE WHEN p.part IN ('officer', 'stands in') THEN 'personvern:' ELSE '' END
               || CASE WHEN k.kind LIKE 'new %' THEN 'new link' ELSE k.kind END || ':' || k.user_id || ':' || k.day || ':' AS about
        FROM known k
        JOIN parts p ON (p.user_id, p.day, p.audience) = (k.user_id, k.day, k.audience) AND p.part IS NOT NULL
            AND p.of_case IS NOT DISTINCT FROM k.of_case AND p.participant_id IS NOT DISTINCT FROM k.participant_id
            AND p.more IS NOT DISTINCT FROM k.more
        LEFT JOIN LATERAL (SELECT k.case_id AS id WHERE k.case_id = ANY ((SELECT access_cases())::bigint[])
                           OR EXISTS (SELECT FROM access_whole w WHERE w.id = k.case_id)) shown ON true
        ORDER BY k.kind, k.audience, k.line, k.of_case NULLS FIRST
    ), shares AS (
        -- What one line stands for may be signed bit by bit: each signature has its share, and what came after the last waits.
        SELECT n.*, s.id AS review, s.size AS through,
               least(s.size, n.size) - coalesce(lag(s.size) OVER (PARTITION BY n.kind, n.audience, n.line ORDER BY s.size, s.id), 0) AS share
        FROM named n JOIN signed s ON s.line = n.line AND s.part = CASE n.part WHEN 'stands in' THEN 'officer' ELSE n.part END
        UNION ALL
        SELECT n.*, CASE WHEN EXISTS (SELECT FROM oversight_review r WHERE r.about_id = n.user_id AND r.part = '') THEN
                   oversight_signed(n.line, n.part, ARRAY[n.about || coalesce(n.item, '0'),
                       n.about || coalesce(n.shown, 0) || CASE WHEN n.kind LIKE 'new %' THEN ':' || n.reason ELSE '' END], n.user_id, n.at) END,
               n.size, n.size - coalesce(s.size, 0)
        FROM named n LEFT JOIN settled s ON s.line = n.line AND s.part = CASE n.part WHEN 'stands in' THEN 'officer' ELSE n.part END
    )
    SELECT h.kind, h.audience, h.user_id, h.day, h.case_id, coalesce(h.times, h.share), h.reason, h.at, h.item,
           h.line || CASE WHEN h.through > 1 THEN '*' || h.through ELSE '' END, h.part, h.about, h.shown, h.review, h.share
    FROM shares h WHERE h.share > 0
$$;
COMMENT ON FUNCTION oversight_lines(date, integer, integer) IS 'for other functions';

-- The same as findings, with the lines of each: what was signed of a day is one, what waits another, and how much of it was
-- signed already stands with what waits. The key (finding) is of the very lines: nobody signs what they have not been shown.
CREATE FUNCTION oversight_grouped(since date, many integer, refusals integer)
RETURNS TABLE (kind text, alone boolean, user_id bigint, day date, case_id bigint, times bigint, reason text, finding text, review bigint,
               signed_before bigint, part text, lines text[], at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.kind, bool_or(l.audience IN ('alone', 'asks')), l.user_id, l.day, l.shown, sum(l.times)::bigint,
           coalesce(string_agg(DISTINCT l.reason, CASE l.kind WHEN 'protection lowered' THEN E'\n' ELSE '; ' END) FILTER (WHERE l.reason <> ''), ''),
           l.about || coalesce(l.item, '0') || '@' || left(md5(string_agg(l.line, ',' ORDER BY l.line)), 20), l.review,
           CASE WHEN l.review IS NULL THEN
                coalesce(sum(sum(l.share) FILTER (WHERE l.review IS NOT NULL)) OVER (PARTITION BY l.kind, l.about, l.item), 0)::bigint ELSE 0 END,
           l.part, array_agg(l.line ORDER BY l.line), max(l.at)
    FROM oversight_lines(since, many, refusals) l
    GROUP BY l.kind, l.user_id, l.day, l.shown, l.about, l.item, l.review, l.part
$$;
COMMENT ON FUNCTION oversight_grouped(date, integer, integer) IS 'for other functions';

-- What in the log of who looked is worth a look: one row a finding, newest first, for whoever leads or is an officer. What comes
-- to somebody in place of one is in 15_to_look_into.sql.
CREATE FUNCTION oversight_findings(since date, many integer, refusals integer)
RETURNS TABLE (kind text, user_id bigint, day date, case_id bigint, times bigint, reason text, finding text, review bigint,
               signed_before bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT g.kind, g.user_id, g.day, g.case_id, g.times, g.reason, g.finding, g.review, g.signed_before
    FROM oversight_grouped(since, many, refusals) g
    WHERE g.part <> 'stands in' AND (g.review IS NULL OR g.at >= since)
    ORDER BY g.day DESC, g.kind, g.user_id, g.at DESC
$$;

-- Signs off those of the findings of whoever acts that are named, and no other: nobody signs ahead, or for somebody else's
-- people. Nor what others asked to have looked into but by whoever is to. How many were signed. Nobody adds such a row otherwise.
CREATE OR REPLACE FUNCTION oversight_sign(keys text[], since date, many integer, refusals integer, said text, why text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE made bigint;
BEGIN
    WITH signed AS (
        SELECT g.finding, g.user_id, g.lines, CASE g.part WHEN 'stands in' THEN 'officer' ELSE g.part END AS part, g.alone
        FROM oversight_grouped(since, many, refusals) g
        WHERE g.finding = ANY (keys) AND g.review IS NULL
        UNION ALL
        SELECT l.finding, l.user_id, l.lines, l.part, l.alone FROM oversight_asked() l WHERE l.finding = ANY (keys)
    ), written AS (
        INSERT INTO oversight_review (finding, about_id, verdict, comment, reviewed_by_id, lines, part, alone)
        SELECT s.finding, s.user_id, said, why, access_user(), coalesce(one.lines, '{}'), s.part, s.alone
        FROM signed s LEFT JOIN LATERAL (
            -- Who is to look into it is not the same for each participant, day and case.
            SELECT array_agg(line ORDER BY line) AS lines FROM unnest(s.lines) line
            GROUP BY CASE said WHEN 'further' THEN (SELECT a::text FROM oversight_about(ARRAY[line]) a) END) one ON true
        RETURNING finding)
    SELECT count(DISTINCT finding) INTO made FROM written;
    RETURN made;
END $$;
