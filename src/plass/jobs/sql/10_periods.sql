-- One row a job that stands: its terms at the start and those known now, its last day (NULL: none is recorded), and
-- whether it is paid work. Everything that speaks of jobs (pages, milestones, figures) reads them from here.
--
-- A change states all the terms that hold from its day on, so the newest one decides, also where it takes the agreed last
-- day away. ``planned_end_on`` is what is agreed now, whenever the change begins, and so does not depend on today;
-- ``hours_per_week`` does: a change ahead of us has not begun.
CREATE OR REPLACE VIEW jobs_periods WITH (security_invoker = true) AS
SELECT s.case_id, s.job_id, s.id AS start_id, e.id AS end_id, s.employer_id, s.contact_person_id, s.title, s.form, s.subsidised,
       s.happened_on AS started_on, e.happened_on AS ended_on, e.reason AS end_reason,
       s.form NOT IN ('work_trial', 'job_taster') AS paid,
       CASE WHEN agreed.id IS NULL THEN s.planned_end_on ELSE agreed.planned_end_on END AS planned_end_on,
       s.hours_per_week AS hours_at_start,
       coalesce(present.hours_per_week, s.hours_per_week) AS hours_per_week,
       e.paid_hours_in_all, s.support_plan
FROM jobs_jobstarted s
LEFT JOIN LATERAL (
    SELECT id, happened_on, reason, paid_hours_in_all FROM jobs_jobended
    WHERE job_id = s.job_id AND superseded_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1) e ON true
LEFT JOIN LATERAL (
    SELECT id, planned_end_on FROM jobs_jobchanged
    WHERE job_id = s.job_id AND superseded_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1) agreed ON true
LEFT JOIN LATERAL (
    SELECT hours_per_week FROM jobs_jobchanged
    WHERE job_id = s.job_id AND superseded_at IS NULL AND happened_on <= access_today()
    ORDER BY happened_on DESC, id DESC LIMIT 1) present ON true
WHERE s.superseded_at IS NULL;

-- The same for education.
CREATE OR REPLACE VIEW jobs_education_periods WITH (security_invoker = true) AS
SELECT s.case_id, s.education_id, s.id AS start_id, e.id AS end_id, s.subject, s.institution, s.level, s.form,
       s.happened_on AS started_on, e.happened_on AS ended_on, s.planned_end_on, e.outcome
FROM jobs_educationstarted s
LEFT JOIN LATERAL (
    SELECT id, happened_on, outcome FROM jobs_educationended
    WHERE education_id = s.education_id AND superseded_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1) e ON true
WHERE s.superseded_at IS NULL;
