-- What people are told of cases that are not theirs any more (cases/notice_queries.py). Whoever may not know of the participant today
-- reads neither the name nor who acted nor why: only that it is not theirs.

-- Cases that others gave on since a day: for whoever had them until then (lost), and for the counsellor of a case that somebody
-- else follows now. The latest of each case. Where it went to another team they do not see it any more, and are told what they were
-- part of; not where the participant's own row is protected, or they must keep away from them, or the case is by now that of
-- somebody else's row. So it is the same for a case that is shielded without saying so and for one that is not. What a join
-- gave back is told by itself (cases_joined_since).
CREATE FUNCTION cases_given_on(since date)
RETURNS TABLE (case_id bigint, participant text, lost boolean, role text, given_by text, given_to text, day date, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH changes AS (
        SELECT a.*, lag(a.user_id) OVER held AS former,
               count(a.user_id) OVER (held ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
        FROM cases_assignment a
        WHERE a.superseded_at IS NULL AND a.case_id IN (SELECT case_id FROM cases_assignment WHERE user_id = access_user())
        WINDOW held AS (PARTITION BY a.case_id, a.role ORDER BY a.happened_on, a.id)
    ), given AS (
        SELECT DISTINCT ON (g.case_id, g.role) g.*, c.participant_id, g.former = access_user() AS lost
        FROM changes g JOIN cases_case c ON c.id = g.case_id
        -- A list of what was long ago is no news.
        WHERE g.happened_on >= since AND g.recorded_at >= since AND g.recorded_by_id <> access_user()
          AND g.user_id IS DISTINCT FROM g.former AND c.office_id = ANY (access_offices('{specialist,supervisor,counsellor}'))
          AND CASE WHEN g.former = access_user() THEN
                  access_user() IS DISTINCT FROM CASE g.role WHEN 'specialist' THEN c.specialist_id ELSE c.counsellor_id END
              ELSE g.role = 'specialist' AND g.earlier > 0 AND c.counsellor_id = access_user()
                   AND c.specialist_id IS DISTINCT FROM access_user()
                   AND (c.id = ANY (access_cases()) OR EXISTS (SELECT FROM access_whole w WHERE w.id = c.id)) END
          AND NOT EXISTS (SELECT FROM cases_possibleduplicate d
                          WHERE d.existing_id = c.participant_id AND c.id = ANY (d.joined_cases) AND d.answered_at = g.recorded_at)
        ORDER BY g.case_id, g.role, g.recorded_at DESC, g.id DESC
    )
    SELECT seen.case_id, btrim(p.given_name || ' ' || p.family_name), g.lost, g.role::text,
           CASE WHEN p.id IS NOT NULL THEN btrim(b.given_name || ' ' || b.family_name) END,
           CASE WHEN p.id IS NOT NULL THEN btrim(t.given_name || ' ' || t.family_name) END,
           g.happened_on, CASE WHEN p.id IS NOT NULL THEN g.reason ELSE '' END
    FROM given g
    JOIN organisation_user b ON b.id = g.recorded_by_id
    LEFT JOIN organisation_user t ON t.id = g.user_id
    LEFT JOIN LATERAL (SELECT g.case_id WHERE g.case_id = ANY (access_cases())
                       OR EXISTS (SELECT FROM access_whole w WHERE w.id = g.case_id)) seen ON true
    LEFT JOIN cases_participant p ON p.id = g.participant_id AND (seen.case_id IS NOT NULL OR (
        p.protection = '' AND p.id NOT IN (SELECT participant_id FROM access_ties())
        AND NOT EXISTS (SELECT FROM cases_possibleduplicate d WHERE d.existing_id = p.id AND g.case_id = ANY (d.joined_cases))))
    ORDER BY g.recorded_at DESC, g.id DESC
$$;

-- Referrals that others joined with somebody registered, since a day: for the one who referred (part: referred), for whoever had
-- taken the case or was given it and goes on (goes on), or does not (lost). Who joined is told to those who see the case, which is the
-- registered person's by now. Whoever lost it and does not see it is told that it went back to the one who referred.
CREATE FUNCTION cases_joined_since(since date)
RETURNS TABLE (case_id bigint, participant text, part text, joined_by text, referred_by text, day date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT seen.case_id, btrim(p.given_name || ' ' || p.family_name), reader.part,
           CASE WHEN seen.case_id IS NOT NULL THEN btrim(j.given_name || ' ' || j.family_name) END,
           btrim(r.given_name || ' ' || r.family_name), (d.answered_at AT TIME ZONE 'Europe/Oslo')::date
    FROM cases_possibleduplicate d JOIN cases_case c ON c.id = ANY (d.joined_cases)
    JOIN organisation_user j ON j.id = d.answered_by_id
    JOIN organisation_user r ON r.id = c.referred_by_id
    CROSS JOIN LATERAL (SELECT CASE
        WHEN c.referred_by_id = access_user() THEN 'referred'
        WHEN access_user() IN (c.specialist_id, c.counsellor_id) THEN CASE WHEN EXISTS (
            SELECT FROM cases_assignment had
            WHERE had.case_id = c.id AND had.user_id = access_user() AND had.recorded_at < d.answered_at) THEN 'goes on' END
        WHEN EXISTS (
            SELECT FROM cases_assignment gone CROSS JOIN LATERAL (
                SELECT a.user_id FROM cases_assignment a
                WHERE a.case_id = gone.case_id AND a.role = gone.role AND a.superseded_at IS NULL
                  AND (a.happened_on, a.id) < (gone.happened_on, gone.id)
                ORDER BY a.happened_on DESC, a.id DESC LIMIT 1) before
            WHERE gone.case_id = c.id AND gone.user_id IS NULL AND gone.recorded_at = d.answered_at
              AND before.user_id = access_user()) THEN 'lost' END AS part) reader
    LEFT JOIN LATERAL (SELECT c.id AS case_id WHERE c.id = ANY (access_cases())
                       OR EXISTS (SELECT FROM access_whole w WHERE w.id = c.id)) seen ON true
    LEFT JOIN cases_participant p ON p.id = c.participant_id AND seen.case_id IS NOT NULL
    WHERE d.outcome = 'joined' AND d.answered_at >= since AND d.answered_by_id <> access_user()
      AND reader.part IS NOT NULL AND (seen.case_id IS NOT NULL OR reader.part = 'lost')
      AND c.office_id = ANY (access_offices('{specialist,supervisor,counsellor}'))
    ORDER BY d.answered_at DESC, c.id
$$;

-- Since when a case is a registered person's by a join, and by whom, for those who see it: for the timeline.
CREATE OR REPLACE FUNCTION cases_joined(wanted bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object('by', btrim(u.given_name || ' ' || u.family_name),
                              'on', (d.answered_at AT TIME ZONE 'Europe/Oslo')::date)::text
    FROM cases_case c JOIN cases_possibleduplicate d ON d.existing_id = c.participant_id AND c.id = ANY (d.joined_cases)
    JOIN organisation_user u ON u.id = d.answered_by_id
    WHERE c.id = wanted AND access_sees_case(wanted) AND access_is_staff() ORDER BY d.answered_at DESC LIMIT 1
$$;

-- Who covers today for the one who follows the participant, and through which day: for the participant. Nobody covers for a protected
-- one, nor for whom they must keep away from.
CREATE OR REPLACE FUNCTION cases_covered_today(wanted bigint) RETURNS TABLE (away text, covers text, until date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT btrim(s.given_name || ' ' || s.family_name), btrim(u.given_name || ' ' || u.family_name), a.ends_on
    FROM cases_case c
    JOIN cases_participant p ON p.id = c.participant_id AND p.protection = ''
    JOIN organisation_absence a ON a.user_id = c.specialist_id AND access_today() BETWEEN a.starts_on AND a.ends_on
    JOIN organisation_user s ON s.id = a.user_id
    JOIN organisation_user u ON u.id = a.covered_by_id
    WHERE c.id = wanted AND c.participant_id = access_participant() AND NOT cases_must_keep_away(a.covered_by_id, p.id)
    ORDER BY a.ends_on DESC, a.id LIMIT 1
$$;
