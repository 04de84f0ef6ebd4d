-- What the releases of figures for leaders are made from (plass.quality.releases, as the owner), and who leads which
-- places. The web role counts nothing: it reads what was released (quality_releasedfigure) of the places it leads.


-- The offices of which the acting user is a leader today, of the office itself or of its county.
CREATE OR REPLACE FUNCTION quality_led_offices() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT o.id), '{}')
    FROM organisation_membership m
    JOIN organisation_office o ON o.id = m.office_id OR (m.office_id IS NULL AND o.county_id = m.county_id)
    WHERE m.user_id = access_user() AND m.role = 'leader' AND access_is_staff()
      AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
$$;

CREATE OR REPLACE FUNCTION quality_led_counties() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT m.county_id), '{}')
    FROM organisation_membership m
    WHERE m.user_id = access_user() AND m.role = 'leader' AND access_is_staff()
      AND m.office_id IS NULL AND m.county_id IS NOT NULL
      AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
$$;

-- The last day of a day's quarter.
CREATE OR REPLACE FUNCTION quality_quarter(day date) RETURNS date
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT (date_trunc('quarter', day) + interval '3 months')::date - 1
$$;

-- Count the cases of the quarters through `through` that no release has counted yet, where they are today. What was
-- recorded after its quarter was counted (`counted_before`) is counted in the next one, so nobody is left out.
CREATE OR REPLACE FUNCTION quality_count_cases(counted_before date, through date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO quality_countedcase (case_id, kind, quarter, county_id, office_id, team_id)
    SELECT m.case_id, d.kind, greatest(quality_quarter(d.happened_on), quality_quarter(counted_before + 1)),
           o.county_id, o.id, t.id
    FROM milestones m
    JOIN organisation_team t ON t.id = m.team_id
    JOIN organisation_office o ON o.id = t.office_id
    CROSS JOIN LATERAL (VALUES ('referred', m.referred_on), ('first_job', m.first_job_on)) AS d (kind, happened_on)
    WHERE d.happened_on <= through
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION quality_count_cases(date, date) IS 'for other functions';

-- What came of those counted with a first job in the quarters that can be judged. In work, or not: nothing else.
CREATE OR REPLACE FUNCTION quality_count_retention(through_13 date, through_26 date, through_52 date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE quality_countedcase c SET
        weeks_13 = CASE WHEN c.quarter <= through_13 THEN coalesce(c.weeks_13, m.retained_13_weeks, false) END,
        weeks_26 = CASE WHEN c.quarter <= through_26 THEN coalesce(c.weeks_26, m.retained_26_weeks, false) END,
        weeks_52 = CASE WHEN c.quarter <= through_52 THEN coalesce(c.weeks_52, m.retained_52_weeks, false) END
    FROM milestones m
    WHERE m.case_id = c.case_id AND c.kind = 'first_job'
      AND ((c.weeks_13 IS NULL AND c.quarter <= through_13) OR (c.weeks_26 IS NULL AND c.quarter <= through_26)
           OR (c.weeks_52 IS NULL AND c.quarter <= through_52))
$$;
COMMENT ON FUNCTION quality_count_retention(date, date, date) IS 'for other functions';

-- How things stand today, a row a team; followed, waiting and in work as docs/milestones.md defines them.
CREATE OR REPLACE FUNCTION quality_count_today()
RETURNS TABLE (county_id bigint, office_id bigint, team_id bigint, followed bigint, in_work bigint, waiting bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.county_id, o.id, t.id,
        count(*) FILTER (WHERE m.phase <> 'ended' AND m.specialist_id IS NOT NULL),
        count(*) FILTER (WHERE m.phase = 'in_work' AND m.specialist_id IS NOT NULL),
        count(*) FILTER (WHERE m.waiting_days IS NOT NULL)
    FROM organisation_team t
    JOIN organisation_office o ON o.id = t.office_id
    LEFT JOIN milestones m ON m.team_id = t.id
    GROUP BY o.county_id, o.id, t.id
$$;
COMMENT ON FUNCTION quality_count_today() IS 'for other functions';

-- Days from referral to the start, for those counted as referred in the period: the median by Kaplan and Meier, so that
-- those who still wait count with the days they have waited (and those who left unstarted until they left). NULL: not
-- reached. A row a team, a row an office (team_id NULL) and a row a county (both NULL).
CREATE OR REPLACE FUNCTION quality_median_waits(first date, through date)
RETURNS TABLE (county_id bigint, office_id bigint, team_id bigint, started bigint, median_days integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH people AS (
        SELECT c.county_id, c.office_id, c.team_id, m.started_on IS NOT NULL AS started,
               greatest(coalesce(m.started_on, least(m.ended_on, access_today())) - m.referred_on, 0) AS days
        FROM quality_countedcase c JOIN milestones m ON m.case_id = c.case_id
        WHERE c.kind = 'referred' AND c.quarter BETWEEN first AND through
    ), by_day AS (
        SELECT people.county_id, people.office_id, people.team_id, people.days, count(*) AS n,
               count(*) FILTER (WHERE people.started) AS started
        FROM people
        GROUP BY GROUPING SETS ((people.county_id, people.office_id, people.team_id, people.days),
                                (people.county_id, people.office_id, people.days), (people.county_id, people.days))
    ), at_risk AS (
        SELECT *, sum(n) OVER (PARTITION BY by_day.county_id, by_day.office_id, by_day.team_id ORDER BY by_day.days DESC) AS waiting
        FROM by_day
    ), survival AS (
        SELECT *, sum(CASE WHEN at_risk.started = at_risk.waiting THEN -1e6 ELSE ln(1 - at_risk.started / at_risk.waiting) END)
                  OVER (PARTITION BY at_risk.county_id, at_risk.office_id, at_risk.team_id ORDER BY at_risk.days) AS log_left
        FROM at_risk
    )
    SELECT s.county_id, s.office_id, s.team_id, sum(s.started)::bigint,
           min(s.days) FILTER (WHERE s.log_left <= ln(0.5) + 1e-9)
    FROM survival s
    GROUP BY s.county_id, s.office_id, s.team_id
$$;
COMMENT ON FUNCTION quality_median_waits(date, date) IS 'for other functions';
