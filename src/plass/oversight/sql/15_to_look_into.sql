-- Who leads somebody on a day: the supervisors of their teams; where there is none but themselves, the leaders of their places.
-- Nobody who must keep away from the participant.
CREATE FUNCTION oversight_leaders_of(who bigint, on_day date, of_participant bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH places AS (
        SELECT m.county_id, coalesce(m.office_id, t.office_id) AS office_id, m.team_id
        FROM organisation_membership m LEFT JOIN organisation_team t ON t.id = m.team_id
        WHERE m.user_id = who AND m.started_on <= on_day AND (m.ended_on IS NULL OR m.ended_on >= on_day - 1)
    ), supervisors AS (
        SELECT DISTINCT l.id FROM places p CROSS JOIN LATERAL access_leaders_of(NULL, NULL, p.team_id) l (id)
        WHERE l.id <> who AND NOT cases_must_keep_away(l.id, of_participant)
    )
    SELECT id FROM supervisors
    UNION
    SELECT l.id FROM places p CROSS JOIN LATERAL access_leaders_of(p.county_id, p.office_id, NULL) l (id)
    WHERE l.id <> who AND NOT cases_must_keep_away(l.id, of_participant) AND NOT EXISTS (SELECT FROM supervisors)
$$;
COMMENT ON FUNCTION oversight_leaders_of(bigint, date, bigint) IS 'for other functions';

-- Who looks into what a leader signed (by) about somebody (who): the data protection officers of the places of both on that
-- day. Where nobody is that, the leaders of those offices, else those of the counties. Neither the one nor the other, nor anybody who
-- leads the person too: they are not officer to them; nor who must keep away from the participant.
CREATE FUNCTION oversight_officers_for(who bigint, by_whom bigint, on_day date, of_participant bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT f.user_id FROM oversight_places(who, on_day, NULL) theirs, oversight_places(by_whom, on_day, NULL) his
    CROSS JOIN LATERAL oversight_finders(who, on_day, 'alone', theirs.offices || his.offices, theirs.counties || his.counties,
                                         NULL, of_participant, by_whom) f
$$;
COMMENT ON FUNCTION oversight_officers_for(bigint, bigint, date, bigint) IS 'for other functions';

-- The participants, cases and days that the lines of a signature (kind/line) are about.
CREATE FUNCTION oversight_about(signed text[]) RETURNS TABLE (participant_id bigint, case_id bigint, day date, is_said boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH named AS (
        SELECT left(line, 1) AS letter, split_part(substr(line, 2), '.', 1)::bigint AS number, nullif(split_part(line, '.', 2), '')::bigint AS person
        FROM (SELECT split_part(substring(entry FROM '[^/]*$'), '*', 1) AS line FROM unnest(signed) entry) lines
    )
    SELECT coalesce(o.participant_id, c.participant_id), o.case_id, (o.at AT TIME ZONE 'Europe/Oslo')::date, false
    FROM named n JOIN access_accesslogentry o ON n.letter = 'l' AND o.id = n.number LEFT JOIN cases_case c ON c.id = o.case_id
    UNION
    SELECT c.participant_id, c.id, (g.granted_at AT TIME ZONE 'Europe/Oslo')::date, false
    FROM named n JOIN access_grant g ON n.letter = 'g' AND g.id = n.number JOIN cases_case c ON c.id = g.case_id
    UNION
    SELECT h.participant_id, NULL, (h.at AT TIME ZONE 'Europe/Oslo')::date, false
    FROM named n JOIN access_change h ON n.letter = 'c' AND h.id = n.number
    UNION
    SELECT n.person, NULL, (t.declared_at AT TIME ZONE 'Europe/Oslo')::date, true
    FROM named n JOIN access_conflictofinterest t ON n.letter = 't' AND t.id = n.number
$$;
COMMENT ON FUNCTION oversight_about(text[]) IS 'for other functions';

-- Who hears what somebody signed as to be looked into. Of what a leader signed the officers of their place and of the person's
-- (else the leaders of the offices); of what an officer signed those who lead the person; but of what is an officer's alone
-- only another to whom it comes up itself, in every turn. Nobody who must keep away from a participant of it.
CREATE FUNCTION oversight_hears(asked oversight_review) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH one AS (
        SELECT (asked.reviewed_at AT TIME ZONE 'Europe/Oslo')::date AS day,
               (SELECT min(l.participant_id) FROM oversight_about(asked.lines) l) AS participant_id
    ), hears AS (
        SELECT l.id FROM one CROSS JOIN LATERAL oversight_leaders_of(asked.about_id, one.day, one.participant_id) l (id)
        WHERE NOT asked.alone AND asked.finding LIKE 'personvern:%'
        UNION
        SELECT o.id FROM one
        CROSS JOIN LATERAL oversight_officers_for(asked.about_id, asked.reviewed_by_id, one.day, one.participant_id) o (id)
        WHERE NOT asked.alone AND asked.finding NOT LIKE 'personvern:%'
        UNION
        SELECT f.user_id FROM oversight_about(asked.lines) l
        CROSS JOIN LATERAL oversight_places(asked.about_id, l.day, l.case_id) p
        CROSS JOIN LATERAL (SELECT array_agg(c.office_id) AS offices, array_agg(o.county_id) AS counties
                            FROM cases_case c JOIN organisation_office o ON o.id = c.office_id
                            WHERE c.participant_id = l.participant_id AND l.is_said) said
        CROSS JOIN LATERAL oversight_finders(asked.about_id, l.day, 'alone', p.offices || said.offices, p.counties || said.counties,
                                             l.case_id, l.participant_id, asked.reviewed_by_id) f
        WHERE asked.alone
        GROUP BY f.user_id
        HAVING count(*) = (SELECT count(*) FROM oversight_about(asked.lines))
    )
    SELECT h.id FROM hears h
    WHERE h.id NOT IN (asked.about_id, asked.reviewed_by_id)
      AND NOT EXISTS (SELECT FROM oversight_about(asked.lines) l WHERE cases_must_keep_away(h.id, l.participant_id))
$$;
COMMENT ON FUNCTION oversight_hears(oversight_review) IS 'for other functions';

-- Of the people that findings are about, those about whom nobody would look into what whoever acts signs: for the form. By
-- roles; that somebody is near a participant, or keeps away, it does not know.
CREATE OR REPLACE FUNCTION oversight_nobody_looks_into(keys text[], people bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT f.who FROM unnest(keys, people) f (key, who)
    CROSS JOIN LATERAL (SELECT f.key ~ '^personvern:(never|own employee, nobody asked|alone):' AS alone) is_it
    WHERE (access_has_role('supervisor') OR access_has_role('data_protection') OR access_has_role('leader'))
      AND NOT EXISTS (SELECT FROM oversight_leaders_of(f.who, access_today(), NULL) l (id)
                      WHERE f.key LIKE 'personvern:%' AND NOT is_it.alone AND l.id <> access_user())
      AND NOT EXISTS (SELECT FROM oversight_officers_for(f.who, access_user(), access_today(), NULL)
                      WHERE f.key NOT LIKE 'personvern:%' OR is_it.alone)
$$;

-- What others signed off as "to be looked into" and whoever acts is to. It waits until one of them has signed it in turn
-- (finding), however long that takes. When they say "to be looked into" it goes back the other way.
CREATE FUNCTION oversight_asked()
RETURNS TABLE (finding text, user_id bigint, day date, kind text, remark text, asked_by text, at timestamptz, id bigint, lines text[],
               part text, alone boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT asked.key, r.about_id, asked.day, split_part(replace(r.finding, 'personvern:', ''), ':', 1), r.comment::text,
           btrim(u.given_name || ' ' || u.family_name), r.reviewed_at, r.id, r.lines,
           CASE WHEN asked.key LIKE 'personvern:%' THEN 'officer' ELSE 'leads' END, r.alone
    FROM oversight_review r JOIN organisation_user u ON u.id = r.reviewed_by_id
    CROSS JOIN LATERAL (SELECT
        CASE WHEN r.alone THEN 'personvern:alone:' WHEN r.finding LIKE 'personvern:%' THEN '' ELSE 'personvern:' END || 'further:' || r.id AS key,
        (r.reviewed_at AT TIME ZONE 'Europe/Oslo')::date AS day) asked
    WHERE r.verdict = 'further' AND access_is_staff() AND r.reviewed_by_id <> access_user() AND r.about_id <> access_user()
      AND NOT EXISTS (SELECT FROM oversight_review s WHERE s.finding = asked.key)
      AND access_user() IN (SELECT oversight_hears(r))
$$;
COMMENT ON FUNCTION oversight_asked() IS 'for other functions';

-- The same, and what comes up for whoever acts in place of an officer (asked by nobody: ''): of what kind, about whom and when, and no
-- more, for who leads an office has no case.
CREATE FUNCTION oversight_to_look_into(since date, many integer, refusals integer)
RETURNS TABLE (finding text, user_id bigint, day date, kind text, remark text, asked_by text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT w.finding, w.user_id, w.day, w.kind, w.remark, w.asked_by FROM (
        SELECT a.finding, a.user_id, a.day, a.kind, a.remark, a.asked_by, a.at, a.id FROM oversight_asked() a
        UNION ALL
        SELECT g.finding, g.user_id, g.day, g.kind, '', '', g.at, 0 FROM oversight_grouped(since, many, refusals) g
        -- Only a leader stands in: for others the log is not read at all (a condition of no row is asked once, before it).
        WHERE access_has_role('leader') AND g.part = 'stands in' AND g.review IS NULL) w
    -- The oldest first: what comes later hides nothing.
    ORDER BY w.at, w.id;
END $$;

-- Whether a signature is the answer to what whoever acts asked to have looked into: they read it, also of somebody they do not lead.
CREATE OR REPLACE FUNCTION oversight_answers_me(signed text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM oversight_review r WHERE r.reviewed_by_id = access_user() AND r.verdict = 'further'
                   AND signed IN ('further:' || r.id, 'personvern:further:' || r.id, 'personvern:alone:further:' || r.id))
$$;

-- Whether whoever acts reads what another signed: what was signed in a part that they have. Whoever leads the person, or the team of the
-- case, reads nothing that was signed as an officer; an officer nothing that is theirs alone where they are near; and nobody
-- what is about a participant from whom they keep away. What came up for an officer by the office of the case they read too, or it
-- would seem to wait.
CREATE FUNCTION oversight_reads(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM oversight_review r WHERE r.id = wanted AND r.about_id <> access_user() AND (
            (NOT r.alone AND r.finding NOT LIKE 'personvern:%' AND (
                r.about_id = ANY (access_led_people()) OR r.part IN (SELECT 'case:' || team FROM unnest(access_led_teams()) team)))
            OR (access_has_role('data_protection') AND oversight_covers(r.about_id, r.reviewed_at) AND NOT (r.alone AND (
                oversight_leads(access_user(), r.about_id, (r.reviewed_at AT TIME ZONE 'Europe/Oslo')::date) OR EXISTS (
                SELECT FROM oversight_about(r.lines) l WHERE oversight_is_near(access_user(), r.about_id, l.day, l.participant_id)))))
            OR (r.part = 'officer' AND EXISTS (
                SELECT FROM oversight_about(r.lines) l JOIN cases_case c ON c.id = l.case_id JOIN organisation_office o ON o.id = c.office_id
                JOIN access_memberships() mine ON mine.role = 'data_protection' AND (o.id = mine.office_id OR o.county_id = mine.county_id))
                AND NOT EXISTS (
                SELECT FROM oversight_about(r.lines) l WHERE oversight_is_near(access_user(), r.about_id, l.day, l.participant_id))))
        AND NOT EXISTS (SELECT FROM oversight_about(r.lines) l WHERE cases_must_keep_away(access_user(), l.participant_id)))
$$;
