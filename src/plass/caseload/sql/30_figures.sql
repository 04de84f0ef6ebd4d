-- What a leader sees: counts for each team and office, never a row of a person. Leaders have no part in any case, so
-- row-level security shows them none; these two functions count for them. Both look only at teams that the acting user
-- leads today, as leader of the office or of its county. Small groups are hidden by the page (plass.caseload.suppression).

DROP FUNCTION IF EXISTS caseload_figures(date, date);
DROP FUNCTION IF EXISTS caseload_waiting(date, date);
DROP FUNCTION IF EXISTS caseload_led_teams();

CREATE FUNCTION caseload_led_teams() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT t.id), '{}')
    FROM organisation_membership m
    JOIN organisation_office o ON o.id = m.office_id OR (m.office_id IS NULL AND o.county_id = m.county_id)
    JOIN organisation_team t ON t.office_id = o.id
    WHERE m.user_id = access_user() AND m.role = 'leader' AND access_is_staff()
      AND m.started_on <= current_date AND (m.ended_on IS NULL OR m.ended_on >= current_date)
$$;

-- One row a team; followed, waiting and in work as docs/milestones.md defines them and the team page counts them. "In the period" is first <= day <= last; the rest is how things stand today.
CREATE FUNCTION caseload_figures(first date, last date)
RETURNS TABLE (
    office_id bigint, office text, team_id bigint, team text,
    open_now bigint, waiting_now bigint, in_work_now bigint, referred bigint, first_jobs bigint,
    due_13 bigint, retained_13 bigint, due_26 bigint, retained_26 bigint, due_52 bigint, retained_52 bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT o.id, o.name, t.id, t.name,
        count(*) FILTER (WHERE m.phase <> 'ended' AND m.specialist_id IS NOT NULL),
        count(*) FILTER (WHERE m.waiting_days IS NOT NULL),
        count(*) FILTER (WHERE m.phase = 'in_work' AND m.specialist_id IS NOT NULL),
        count(*) FILTER (WHERE m.referred_on BETWEEN first AND last),
        count(*) FILTER (WHERE m.first_job_on BETWEEN first AND last),
        count(m.retained_13_weeks) FILTER (WHERE m.first_job_on + 91 BETWEEN first AND last),
        count(*) FILTER (WHERE m.retained_13_weeks AND m.first_job_on + 91 BETWEEN first AND last),
        count(m.retained_26_weeks) FILTER (WHERE m.first_job_on + 182 BETWEEN first AND last),
        count(*) FILTER (WHERE m.retained_26_weeks AND m.first_job_on + 182 BETWEEN first AND last),
        count(m.retained_52_weeks) FILTER (WHERE m.first_job_on + 364 BETWEEN first AND last),
        count(*) FILTER (WHERE m.retained_52_weeks AND m.first_job_on + 364 BETWEEN first AND last)
    FROM organisation_team t
    JOIN organisation_office o ON o.id = t.office_id
    LEFT JOIN milestones m ON m.team_id = t.id
    WHERE t.id = ANY (caseload_led_teams())
    GROUP BY o.id, o.name, t.id, t.name
    ORDER BY o.name, t.name
$$;

-- Days from referral to the start, for those referred in the period: the median by Kaplan and Meier, so that those who
-- still wait count with the days they have waited (and those who left unstarted until they left). NULL: not reached.
-- A row a team, a row an office (team_id NULL) and a row for all (both NULL).
CREATE FUNCTION caseload_waiting(first date, last date)
RETURNS TABLE (office_id bigint, team_id bigint, referred bigint, started bigint, not_yet bigint, median_days integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH people AS (
        SELECT t.office_id, m.team_id, m.started_on IS NOT NULL AS started,
               m.started_on IS NULL AND m.phase <> 'ended' AS not_yet,
               greatest(coalesce(m.started_on, least(m.ended_on, current_date)) - m.referred_on, 0) AS days
        FROM milestones m
        JOIN organisation_team t ON t.id = m.team_id
        WHERE m.team_id = ANY (caseload_led_teams()) AND m.referred_on BETWEEN first AND last
    ), by_day AS (
        SELECT people.office_id, people.team_id, people.days, count(*) AS n,
               count(*) FILTER (WHERE people.started) AS started, count(*) FILTER (WHERE people.not_yet) AS not_yet
        FROM people
        GROUP BY GROUPING SETS ((people.office_id, people.team_id, people.days), (people.office_id, people.days), (people.days))
    ), at_risk AS (
        SELECT *, sum(n) OVER (PARTITION BY by_day.office_id, by_day.team_id ORDER BY by_day.days DESC) AS waiting
        FROM by_day
    ), survival AS (
        SELECT *, sum(CASE WHEN at_risk.started = at_risk.waiting THEN -1e6 ELSE ln(1 - at_risk.started / at_risk.waiting) END)
                  OVER (PARTITION BY at_risk.office_id, at_risk.team_id ORDER BY at_risk.days) AS log_left
        FROM at_risk
    )
    SELECT s.office_id, s.team_id, sum(s.n)::bigint, sum(s.started)::bigint, sum(s.not_yet)::bigint,
           min(s.days) FILTER (WHERE s.log_left <= ln(0.5) + 1e-9)
    FROM survival s
    GROUP BY s.office_id, s.team_id
$$;
