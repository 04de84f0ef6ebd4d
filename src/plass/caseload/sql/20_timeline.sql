-- Every fact of a case in one list: what kind, when it happened, who recorded it, whether it stands, and its own fields.
-- A page asks for one case and a page's length; each branch then is one index scan. A test compares the branches with the
-- kinds of fact that the program knows.

CREATE OR REPLACE VIEW timeline WITH (security_invoker = true) AS
SELECT case_id, 'referral'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM cases_referral f
UNION ALL
SELECT case_id, 'assignment'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM cases_assignment f
UNION ALL
SELECT case_id, 'pause'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM cases_pausestarted f
UNION ALL
SELECT case_id, 'resumption'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM cases_pauseended f
UNION ALL
SELECT case_id, 'end'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM cases_caseended f
UNION ALL
SELECT case_id, 'reopening'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM cases_casereopened f
UNION ALL
SELECT case_id, 'collaborator'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM cases_collaborator f
UNION ALL
SELECT case_id, 'profile'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM profiles_profile f
UNION ALL
SELECT case_id, 'meeting'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM followup_meeting f
UNION ALL
SELECT case_id, 'cancellation'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM followup_meetingcancelled f
UNION ALL
SELECT case_id, 'contact'::text AS kind, id AS fact_id, happened_on, started_at AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM followup_contact f
UNION ALL
SELECT case_id, 'step'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM followup_planstep f
UNION ALL
SELECT case_id, 'step_done'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM followup_planstepdone f
UNION ALL
SELECT case_id, 'job_start'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM jobs_jobstarted f
UNION ALL
SELECT case_id, 'job_change'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM jobs_jobchanged f
UNION ALL
SELECT case_id, 'job_end'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM jobs_jobended f
UNION ALL
SELECT case_id, 'education_start'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM jobs_educationstarted f
UNION ALL
SELECT case_id, 'education_end'::text AS kind, id AS fact_id, happened_on, NULL::time AS started_at, recorded_at, recorded_by_id,
       superseded_at, to_jsonb(f) AS fields
FROM jobs_educationended f
UNION ALL
SELECT case_id, 'correction', id, (recorded_at AT TIME ZONE 'Europe/Oslo')::date, NULL::time, recorded_at, recorded_by_id,
       NULL, to_jsonb(f)
FROM cases_correction f;
