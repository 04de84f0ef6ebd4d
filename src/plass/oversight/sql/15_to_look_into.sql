-- Who leads somebody on a day: the supervisors of their teams; where there is none but themselves, the leaders of their places.
CREATE OR REPLACE FUNCTION oversight_leaders_of(who bigint, on_day date) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH places AS (
        SELECT m.county_id, coalesce(m.office_id, t.office_id) AS office_id, m.team_id
        FROM organisation_membership m LEFT JOIN organisation_team t ON t.id = m.team_id
        WHERE m.user_id = who AND m.started_on <= on_day AND (m.ended_on IS NULL OR m.ended_on >= on_day - 1)
    ), supervisors AS (
        SELECT DISTINCT l.id FROM places p CROSS JOIN LATERAL access_leaders_of(NULL, NULL, p.team_id) l (id) WHERE l.id <> who
    )
    SELECT id FROM supervisors
    UNION
    SELECT l.id FROM places p CROSS JOIN LATERAL access_leaders_of(p.county_id, p.office_id, NULL) l (id)
    WHERE l.id <> who AND NOT EXISTS (SELECT FROM supervisors)
$$;
COMMENT ON FUNCTION oversight_leaders_of(bigint, date) IS 'for other functions';

-- Who looks into what a leader signed (by) about somebody (who): the data protection officers of the places of both on that
-- day. Where nobody is that, the leaders of those offices, else those of the counties. Neither the one nor the other, nor anybody who
-- leads the person too: they are not officer to them.
CREATE OR REPLACE FUNCTION oversight_officers_for(who bigint, by_whom bigint, on_day date) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH places AS (
        SELECT DISTINCT coalesce(o.county_id, m.county_id) AS county_id, o.id AS office_id
        FROM organisation_membership m LEFT JOIN organisation_team t ON t.id = m.team_id
        LEFT JOIN organisation_office o ON o.id = coalesce(m.office_id, t.office_id)
        WHERE m.user_id IN (who, by_whom) AND m.started_on <= on_day AND (m.ended_on IS NULL OR m.ended_on >= on_day)
    ), answers AS (
        SELECT DISTINCT m.user_id, CASE WHEN m.role = 'data_protection' THEN 1 WHEN m.office_id IS NOT NULL THEN 2 ELSE 3 END AS rank
        FROM places p JOIN organisation_membership m ON m.office_id = p.office_id OR m.county_id = p.county_id
        JOIN organisation_user u ON u.id = m.user_id
        WHERE m.role IN ('data_protection', 'leader') AND m.user_id NOT IN (who, by_whom)
          AND NOT oversight_leads(m.user_id, who, on_day)
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
    )
    SELECT user_id FROM answers WHERE rank = (SELECT min(rank) FROM answers)
$$;
COMMENT ON FUNCTION oversight_officers_for(bigint, bigint, date) IS 'for other functions';

-- Of the people that findings are about, those about whom nobody would look into what whoever acts signs: for the form.
CREATE OR REPLACE FUNCTION oversight_nobody_looks_into(keys text[], people bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT f.who FROM unnest(keys, people) f (key, who)
    WHERE (access_has_role('supervisor') OR access_has_role('data_protection') OR access_has_role('leader'))
      AND NOT EXISTS (SELECT FROM oversight_leaders_of(f.who, access_today()) l (id)
                      WHERE f.key LIKE 'personvern:%' AND l.id <> access_user())
      AND NOT EXISTS (SELECT FROM oversight_officers_for(f.who, access_user(), access_today())
                      WHERE f.key NOT LIKE 'personvern:%')
$$;

-- What is for a data protection officer alone, and has none who may look into it (oversight_finders): for whoever acts instead. Each
-- person and day, as a finding is named, until one of them signs it.
CREATE FUNCTION oversight_nobodys() RETURNS TABLE (finding text, user_id bigint, day date, kind text, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH lines AS (
        SELECT a.kind, a.user_id, a.at FROM oversight_officers_alone(access_today() - 30) a WHERE NOT a.officer
    ), named AS (
        SELECT l.*, (l.at AT TIME ZONE 'Europe/Oslo')::date AS day,
               'personvern:' || l.kind || ':' || l.user_id || ':' || (l.at AT TIME ZONE 'Europe/Oslo')::date || ':0' AS about
        FROM lines l
    )
    SELECT n.about || '@' || (extract(epoch FROM max(n.at)) * 1000000)::bigint, n.user_id, n.day, n.kind, max(n.at)
    FROM named n
    WHERE NOT EXISTS (SELECT FROM oversight_review s WHERE s.about_id = n.user_id AND s.finding ~ '@[0-9]{1,17}$'
                      AND split_part(s.finding, '@', 1) = n.about
                      AND split_part(s.finding, '@', 2)::bigint >= (extract(epoch FROM n.at) * 1000000)::bigint)
    GROUP BY n.about, n.user_id, n.day, n.kind
$$;
COMMENT ON FUNCTION oversight_nobodys() IS 'for other functions';

-- What others signed off as "to be looked into" and whoever acts is to: what a leader signed is for the data protection officer of
-- their place and of the person's (where there is none, for the leader), what an officer signed (its key says so) is for those
-- who lead the person. It waits until one of them has signed
-- it in turn (finding), however long that takes. When they say "to be looked into" it goes back the other way. And what is an officer's
-- and would else be nobody's (asked by nobody: '').
CREATE FUNCTION oversight_to_look_into()
RETURNS TABLE (finding text, user_id bigint, day date, kind text, remark text, asked_by text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.key, w.about_id, w.day, w.kind, w.remark, w.asked_by FROM (
        SELECT asked.key, r.about_id, asked.day, split_part(replace(r.finding, 'personvern:', ''), ':', 1) AS kind,
               r.comment::text AS remark, btrim(u.given_name || ' ' || u.family_name) AS asked_by, r.reviewed_at AS since, r.id
        FROM oversight_review r JOIN organisation_user u ON u.id = r.reviewed_by_id
        CROSS JOIN LATERAL (SELECT
            CASE WHEN r.finding LIKE 'personvern:%' THEN '' ELSE 'personvern:' END || 'further:' || r.id AS key,
            (r.reviewed_at AT TIME ZONE 'Europe/Oslo')::date AS day) asked
        WHERE r.verdict = 'further' AND access_is_staff() AND r.reviewed_by_id <> access_user() AND r.about_id <> access_user()
          AND NOT EXISTS (SELECT FROM oversight_review s WHERE s.finding = asked.key)
          AND CASE WHEN r.finding LIKE 'personvern:%' THEN access_user() IN (SELECT oversight_leaders_of(r.about_id, asked.day))
              ELSE access_user() IN (SELECT oversight_officers_for(r.about_id, r.reviewed_by_id, asked.day)) END
        UNION ALL
        SELECT n.finding, n.user_id, n.day, n.kind, '', '', n.at, 0 FROM oversight_nobodys() n) w
    -- The oldest first: what comes later hides nothing.
    ORDER BY w.since, w.id
$$;

-- Whether a signature is the answer to what whoever acts asked to have looked into: they read it, also of somebody they do not lead.
CREATE OR REPLACE FUNCTION oversight_answers_me(signed text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM oversight_review r WHERE r.reviewed_by_id = access_user() AND r.verdict = 'further'
                   AND signed IN ('further:' || r.id, 'personvern:further:' || r.id))
$$;
