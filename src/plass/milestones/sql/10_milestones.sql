-- Milestones: a row a case, each milestone with exactly one definition. Every number shown anywhere comes from here.
--
--   milestones_definition   what each milestone is, computed from the facts that stand (nothing depends on today)
--   milestone_cache                    the same rows, kept by triggers at every fact, so that a page need not recompute them
--   milestones                       what everybody reads: the kept rows, and what depends on today
--
-- The definitions, in words, are in docs/milestones.md; tests compare them with examples computed by hand, and the kept
-- rows with the definition.

-- The day from which a job counts: that of its fourth paid hour, reckoned from its hours a week and their changes. A stretch
-- of four hours a week or more counts from its first day. NULL where nothing is paid or the job ended before that; where the
-- hours of a short job were written down in all, they decide. Reckoned in seventh hours (hours a week times days), so that
-- nothing is rounded: four hours are 28 of them.
CREATE OR REPLACE FUNCTION milestones_counts_from(
    wanted_job bigint, started date, ended date, hours numeric, paid boolean, paid_hours_in_all numeric
) RETURNS date LANGUAGE sql STABLE SET search_path = public AS $$
    SELECT CASE
        WHEN NOT paid OR ended < started OR paid_hours_in_all < 4 THEN NULL
        WHEN hours >= 4 THEN started
        ELSE coalesce((
            WITH stretches AS (
                SELECT started AS from_day, hours AS weekly
                UNION ALL
                -- Of two changes from the same day the one recorded last holds.
                (SELECT DISTINCT ON (happened_on) happened_on, hours_per_week FROM jobs_jobchanged
                 WHERE job_id = wanted_job AND superseded_at IS NULL AND happened_on > started
                 ORDER BY happened_on, id DESC)
            ), bounded AS (
                SELECT from_day, weekly, lead(from_day) OVER (ORDER BY from_day) AS until_day FROM stretches
            ), summed AS (
                SELECT from_day, weekly, until_day,
                       coalesce(sum(weekly * (until_day - from_day))
                                OVER (ORDER BY from_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
                FROM bounded
            ), reached AS (
                SELECT CASE WHEN weekly >= 4 THEN from_day
                            ELSE from_day + ceil((28 - before) / weekly)::integer - 1 END AS day
                FROM summed
                WHERE weekly >= 4 OR (weekly > 0 AND (until_day IS NULL OR before + weekly * (until_day - from_day) >= 28))
                ORDER BY from_day LIMIT 1
            )
            SELECT day FROM reached WHERE ended IS NULL OR day <= ended
        ), CASE WHEN paid_hours_in_all >= 4 THEN ended END)
    END
$$;

-- When a pause, its end, an end or a re-opening was first recorded; a correction does not make it later. Of two of them on the
-- same day the one recorded first came first: a case can end, be opened again and rest, all on one day.
CREATE OR REPLACE FUNCTION milestones_first_recorded(wanted_kind text, wanted_case bigint, fact bigint, at timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE SET search_path = public AS $$
    WITH RECURSIVE earlier AS (
        SELECT fact_id FROM cases_correction
        WHERE case_id = wanted_case AND kind = wanted_kind AND replacement_id = fact
        UNION
        SELECT c.fact_id FROM earlier e JOIN cases_correction c
        ON c.case_id = wanted_case AND c.kind = wanted_kind AND c.replacement_id = e.fact_id
    )
    SELECT least(at, min(f.recorded_at)) FROM (
        SELECT id, recorded_at FROM cases_pausestarted WHERE wanted_kind = 'pause' AND case_id = wanted_case
        UNION ALL SELECT id, recorded_at FROM cases_pauseended WHERE wanted_kind = 'resumption' AND case_id = wanted_case
        UNION ALL SELECT id, recorded_at FROM cases_caseended WHERE wanted_kind = 'end' AND case_id = wanted_case
        UNION ALL SELECT id, recorded_at FROM cases_casereopened WHERE wanted_kind = 'reopening' AND case_id = wanted_case
    ) f JOIN earlier ON earlier.fact_id = f.id
$$;

CREATE OR REPLACE VIEW milestones_definition AS
SELECT
    c.id AS case_id,
    referral.happened_on AS referred_on,
    taken.happened_on AS taken_on,
    talk.first_meeting_on,
    talk.started_on,
    talk.last_met_on,
    talk.last_contact_on,
    talk.last_no_show_on,
    talk.first_employer_contact_on,
    talk.last_employer_contact_on,
    talk.next_contact_on,
    profile.first_profile_on,
    profile.last_profile_on,
    profile.employer_contact,
    job.first_job_on,
    job.first_job_counts_from,
    job.first_job_hours,
    coalesce(job.jobs_from, '{}') AS jobs_from,
    coalesce(job.work, '{}'::datemultirange) AS work,
    coalesce(job.trial, '{}'::datemultirange) AS trial,
    job.next_planned_end_on,
    coalesce(education.studies, '{}'::datemultirange) AS studies,
    pause.paused_on,
    pause.pause_reason,
    pause.pause_follow_up_on,
    ending.ended_on,
    ending.end_cause,
    coalesce(ending.reopened, 0)::integer AS reopened
FROM cases_case c
LEFT JOIN LATERAL (
    SELECT min(happened_on) AS happened_on FROM cases_referral WHERE case_id = c.id AND superseded_at IS NULL
) referral ON true
LEFT JOIN LATERAL (
    SELECT min(happened_on) AS happened_on FROM cases_assignment
    WHERE case_id = c.id AND superseded_at IS NULL AND role = 'specialist' AND user_id IS NOT NULL
) taken ON true
LEFT JOIN LATERAL (
    SELECT
        min(happened_on) FILTER (WHERE met) AS first_meeting_on,
        min(happened_on) FILTER (WHERE met AND happened_on >= taken.happened_on) AS started_on,
        max(happened_on) FILTER (WHERE met) AS last_met_on,
        max(happened_on) FILTER (WHERE with_participant AND NOT no_show) AS last_contact_on,
        max(happened_on) FILTER (WHERE with_participant AND no_show) AS last_no_show_on,
        min(happened_on) FILTER (WHERE with_employer AND channel = 'in_person' AND NOT no_show) AS first_employer_contact_on,
        max(happened_on) FILTER (WHERE with_employer AND NOT no_show) AS last_employer_contact_on,
        (array_agg(next_contact_on ORDER BY happened_on DESC, id DESC) FILTER (WHERE with_participant))[1] AS next_contact_on
    FROM (
        SELECT id, happened_on, channel, no_show, next_contact_on,
               'participant' = ANY (parties) AS with_participant,
               'employer' = ANY (parties) AS with_employer,
               'participant' = ANY (parties) AND channel IN ('in_person', 'video') AND NOT no_show AS met
        FROM followup_contact WHERE case_id = c.id AND superseded_at IS NULL
    ) contacts
) talk ON true
LEFT JOIN LATERAL (
    SELECT min(happened_on) AS first_profile_on, max(happened_on) AS last_profile_on,
           (array_agg(employer_contact ORDER BY happened_on DESC, id DESC))[1] AS employer_contact
    FROM profiles_profile WHERE case_id = c.id AND superseded_at IS NULL
) profile ON true
LEFT JOIN LATERAL (
    SELECT
        -- The job that was the first to count, so that the answer does not change as later ones come to count.
        (array_agg(started_on ORDER BY counts_from, started_on, job_id) FILTER (WHERE counts_from IS NOT NULL))[1] AS first_job_on,
        min(counts_from) AS first_job_counts_from,
        (array_agg(hours_at_start ORDER BY counts_from, started_on, job_id) FILTER (WHERE counts_from IS NOT NULL))[1] AS first_job_hours,
        array_agg(counts_from ORDER BY counts_from) FILTER (WHERE counts_from IS NOT NULL) AS jobs_from,
        range_agg(daterange(counts_from, ended_on, '[]')) FILTER (WHERE counts_from IS NOT NULL) AS work,
        range_agg(daterange(started_on, ended_on, '[]')) FILTER (WHERE NOT paid AND (ended_on IS NULL OR ended_on >= started_on)) AS trial,
        min(planned_end_on) FILTER (WHERE ended_on IS NULL) AS next_planned_end_on
    FROM (
        SELECT p.job_id, p.started_on, p.ended_on, p.paid, p.hours_at_start, p.planned_end_on,
               milestones_counts_from(p.job_id, p.started_on, p.ended_on, p.hours_at_start, p.paid, p.paid_hours_in_all) AS counts_from
        FROM jobs_periods p WHERE p.case_id = c.id
        -- Without this line the day a job counts from is worked out anew in each of the expressions above.
        OFFSET 0
    ) periods
) job ON true
LEFT JOIN LATERAL (
    SELECT range_agg(daterange(s.happened_on, e.happened_on, '[]')) AS studies
    FROM jobs_educationstarted s
    LEFT JOIN LATERAL (
        SELECT happened_on FROM jobs_educationended
        WHERE education_id = s.education_id AND superseded_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1
    ) e ON true
    WHERE s.case_id = c.id AND s.superseded_at IS NULL AND (e.happened_on IS NULL OR e.happened_on >= s.happened_on)
) education ON true
LEFT JOIN LATERAL (
    SELECT p.happened_on AS paused_on, p.reason AS pause_reason, p.follow_up_on AS pause_follow_up_on
    FROM cases_pausestarted p
    WHERE p.case_id = c.id AND p.superseded_at IS NULL
      AND NOT EXISTS (
          SELECT FROM cases_pauseended e
          WHERE e.case_id = c.id AND e.superseded_at IS NULL
            AND (e.happened_on > p.happened_on
                 OR (e.happened_on = p.happened_on
                     AND milestones_first_recorded('resumption', c.id, e.id, e.recorded_at)
                         >= milestones_first_recorded('pause', c.id, p.id, p.recorded_at))))
      -- With the follow-up its pause ends too: a case that is opened again is not still at rest.
      AND NOT EXISTS (
          SELECT FROM cases_caseended e
          WHERE e.case_id = c.id AND e.superseded_at IS NULL
            AND (e.happened_on > p.happened_on
                 OR (e.happened_on = p.happened_on
                     AND milestones_first_recorded('end', c.id, e.id, e.recorded_at)
                         >= milestones_first_recorded('pause', c.id, p.id, p.recorded_at))))
    ORDER BY p.happened_on DESC, p.id DESC LIMIT 1
) pause ON true
LEFT JOIN LATERAL (
    SELECT
        (SELECT count(*) FROM cases_casereopened WHERE case_id = c.id AND superseded_at IS NULL) AS reopened,
        last.happened_on AS ended_on, last.cause AS end_cause
    FROM (SELECT 1) one
    LEFT JOIN LATERAL (
        SELECT e.happened_on, e.cause FROM cases_caseended e
        WHERE e.case_id = c.id AND e.superseded_at IS NULL
          AND NOT EXISTS (
              SELECT FROM cases_casereopened r
              WHERE r.case_id = c.id AND r.superseded_at IS NULL
                AND (r.happened_on > e.happened_on
                     OR (r.happened_on = e.happened_on
                         AND milestones_first_recorded('reopening', c.id, r.id, r.recorded_at)
                             >= milestones_first_recorded('end', c.id, e.id, e.recorded_at))))
        ORDER BY e.happened_on DESC, e.id DESC LIMIT 1) last ON true
) ending ON true;

-- The kept rows. The table has no foreign keys: the trigger writes it, and nothing else may.
CREATE OR REPLACE FUNCTION milestones_refresh(wanted bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    -- Two who record facts of the same case at once come one after the other; the second then sees the first's fact.
    PERFORM FROM cases_case WHERE id = ANY (wanted) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM milestone_cache WHERE case_id = ANY (wanted);
    INSERT INTO milestone_cache (
        case_id, referred_on, taken_on, first_meeting_on, started_on, last_met_on, last_contact_on, last_no_show_on,
        first_employer_contact_on, last_employer_contact_on, next_contact_on, first_profile_on, last_profile_on,
        employer_contact, first_job_on, first_job_counts_from, first_job_hours, jobs_from, work, trial,
        next_planned_end_on, studies, paused_on, pause_reason, pause_follow_up_on, ended_on, end_cause, reopened,
        team_id, specialist_id, counsellor_id, participant_id, office_id, shielded, sort_name, search_name)
    SELECT
        d.case_id, referred_on, taken_on, first_meeting_on, started_on, last_met_on, last_contact_on, last_no_show_on,
        first_employer_contact_on, last_employer_contact_on, next_contact_on, first_profile_on, last_profile_on,
        employer_contact, first_job_on, first_job_counts_from, first_job_hours, jobs_from, work, trial,
        next_planned_end_on, studies, paused_on, pause_reason, pause_follow_up_on, ended_on, end_cause, reopened,
        c.team_id, c.specialist_id, c.counsellor_id, c.participant_id, c.office_id, c.shielded, p.sort_name, p.search_name
    FROM milestones_definition d JOIN cases_case c ON c.id = d.case_id
    JOIN cases_participant p ON p.id = c.participant_id
    WHERE d.case_id = ANY (wanted);
END $$;
COMMENT ON FUNCTION milestones_refresh(bigint[]) IS 'for other functions';

-- Where the definition is not the one the kept rows were made by, they are made anew.
DO $$
DECLARE
    now_defined text := md5(pg_get_viewdef('milestones_definition'::regclass) || pg_get_viewdef('jobs_periods'::regclass)
        || pg_get_functiondef('milestones_counts_from'::regproc) || pg_get_functiondef('milestones_first_recorded'::regproc) || pg_get_functiondef('milestones_refresh'::regproc));
BEGIN
    IF obj_description('milestone_cache'::regclass, 'pg_class') IS DISTINCT FROM now_defined THEN
        PERFORM milestones_refresh(array(SELECT id FROM cases_case));
        EXECUTE format('COMMENT ON TABLE milestone_cache IS %L', now_defined);
    END IF;
END $$;

-- A fact makes its case due, and what is due is made anew at the end of the statement; or later, once for all its facts, in
-- a transaction that writes many and says SET CONSTRAINTS milestones_keep_due DEFERRED (milestones.refresh): at its end at the latest,
-- whatever it does.
CREATE OR REPLACE FUNCTION milestones_make_due(wanted bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    -- The case first, like everything else that touches both: two who record of the same case at once wait here.
    PERFORM FROM cases_case WHERE id = ANY (wanted) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO milestone_refresh_queue SELECT unnest(wanted) ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION milestones_make_due(bigint[]) IS 'for other functions';

CREATE OR REPLACE FUNCTION milestones_keep() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM milestones_make_due(array(SELECT DISTINCT case_id FROM changed WHERE case_id IS NOT NULL));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION milestones_keep_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM milestones_make_due(array(SELECT DISTINCT id FROM changed));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION milestones_keep_due() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    due bigint[];
BEGIN
    -- All that are due at the first of them: many at once cost a fraction. Other transactions' rows are not seen here.
    IF EXISTS (SELECT FROM milestone_refresh_queue WHERE case_id = NEW.case_id) THEN
        WITH taken AS (DELETE FROM milestone_refresh_queue RETURNING case_id) SELECT array_agg(case_id) INTO due FROM taken;
        PERFORM milestones_refresh(due);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER milestones_keep_due AFTER INSERT ON milestone_refresh_queue DEFERRABLE INITIALLY IMMEDIATE
    FOR EACH ROW EXECUTE FUNCTION milestones_keep_due();

-- The same triggers stand on every kind of fact that moves milestones: derived_sql.py makes them.
CREATE TRIGGER plass_zz_keep_added AFTER INSERT ON cases_case REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION milestones_keep_case();
CREATE TRIGGER plass_zz_keep_changed AFTER UPDATE ON cases_case REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION milestones_keep_case();

-- A participant who is called something else: their cases stand elsewhere in the lists.
CREATE OR REPLACE FUNCTION milestones_keep_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM milestones_make_due(array(
        SELECT c.id FROM changed JOIN earlier ON earlier.id = changed.id
            AND (earlier.sort_name, earlier.search_name) <> (changed.sort_name, changed.search_name)
        JOIN cases_case c ON c.participant_id = changed.id));
    RETURN NULL;
END $$;
CREATE TRIGGER plass_zz_keep_changed AFTER UPDATE ON cases_participant REFERENCING OLD TABLE AS earlier NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION milestones_keep_name();

CREATE OR REPLACE VIEW milestones WITH (security_invoker = true) AS
SELECT
    k.case_id, k.team_id, k.specialist_id, k.counsellor_id, k.participant_id, k.office_id,
    k.referred_on, k.taken_on, k.first_meeting_on, k.started_on,
    k.last_met_on, k.last_contact_on, k.last_no_show_on,
    k.first_employer_contact_on, k.last_employer_contact_on, k.next_contact_on,
    k.first_profile_on, k.last_profile_on, k.employer_contact,
    -- A job ahead, or one too short to count yet, is no milestone before its day.
    CASE WHEN k.first_job_counts_from <= access_today() THEN k.first_job_on END AS first_job_on,
    CASE WHEN k.first_job_counts_from <= access_today() THEN k.first_job_hours END AS first_job_hours,
    (SELECT count(*) FROM unnest(k.jobs_from) day WHERE day <= access_today())::integer AS jobs,
    (SELECT min(day) FROM unnest(k.jobs_from) day WHERE day > access_today()) AS job_counts_on,
    k.next_planned_end_on,
    k.paused_on, k.pause_reason, k.pause_follow_up_on, k.ended_on, k.end_cause, k.reopened,
    -- Days from referral to the first meeting; for those who still wait, until today.
    CASE WHEN k.started_on IS NULL AND k.ended_on IS NULL THEN access_today() - k.referred_on END AS waiting_days,
    k.started_on - k.referred_on AS waited_days,
    k.work @> access_today() AS in_work,
    k.studies @> access_today() AS in_education,
    k.trial @> access_today() AS in_trial,
    -- In work on the day 13, 26 and 52 weeks after the first job began, in that job or another; NULL until the day comes.
    CASE WHEN greatest(k.first_job_on + 91, k.first_job_counts_from) <= access_today() THEN k.work @> (k.first_job_on + 91) END AS retained_13_weeks,
    CASE WHEN greatest(k.first_job_on + 182, k.first_job_counts_from) <= access_today() THEN k.work @> (k.first_job_on + 182) END AS retained_26_weeks,
    CASE WHEN greatest(k.first_job_on + 364, k.first_job_counts_from) <= access_today() THEN k.work @> (k.first_job_on + 364) END AS retained_52_weeks,
    -- The start of the job-holding that covers today, and the last day of the latest one: what retention points count from.
    (SELECT lower(r) FROM unnest(k.work) r WHERE r @> access_today()) AS working_since,
    (SELECT upper(r) - 1 FROM unnest(k.work) r WHERE upper(r) <= access_today() ORDER BY upper(r) DESC LIMIT 1) AS last_worked_on,
    CASE
        WHEN k.ended_on <= access_today() THEN 'ended'
        WHEN k.work @> access_today() THEN 'in_work'
        WHEN k.studies @> access_today() THEN 'in_education'
        WHEN k.first_employer_contact_on IS NOT NULL OR k.last_employer_contact_on IS NOT NULL OR k.trial <> '{}'
             OR k.jobs_from <> '{}' THEN 'job_development'
        WHEN k.first_profile_on IS NOT NULL THEN 'profiling'
        WHEN k.started_on IS NOT NULL THEN 'engagement'
        ELSE 'referred'
    END AS phase,
    k.sort_name, k.search_name,
    k.open_until
FROM milestone_cache k;
