-- The queue of background jobs. Its tables are procrastinate's; the role plass_queue, which the worker takes jobs as, may read
-- and write them and nothing else. The web role may not even see them: it comes to them by these functions.

-- Puts a job in the queue for the one who acts, within the page's transaction. Signed: a statement smuggled into a page would
-- else have done in another transaction, with the worker's signature, what it cannot do itself.
CREATE OR REPLACE FUNCTION queue_defer(kind text, numbers text, by_user bigint, permit text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    given jsonb := numbers::jsonb;
    job bigint;
    in_queue bigint;
BEGIN
    PERFORM access_demand(permit, 'queue_defer', kind, numbers, by_user::text);
    IF access_user() IS NULL OR by_user IS DISTINCT FROM access_user() THEN
        RAISE EXCEPTION 'a job is put in the queue by the one whom it is for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM jsonb_each(given) WHERE jsonb_typeof(value) <> 'number') THEN
        RAISE EXCEPTION 'a job is given numbers of rows alone' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO queue_queuedjob (user_id, kind, numbers, at) VALUES (by_user, kind, given, now()) RETURNING id INTO job;
    in_queue := (procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', kind, 0, 'job ' || job, NULL, jsonb_build_object('job', job), NULL)::procrastinate_job_to_defer_v1]))[1];
    UPDATE queue_queuedjob SET queue_number = in_queue WHERE id = job;
    RETURN job;
END $$;

-- How far a job of the acting user is: waits, goes on, is done, or failed; NULL of anybody else's.
CREATE OR REPLACE FUNCTION queue_state(job bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT CASE WHEN q.done_at IS NOT NULL THEN 'done' WHEN j.status = 'todo' THEN 'waits'
                WHEN j.status = 'doing' THEN 'goes on' ELSE 'failed' END
    FROM queue_queuedjob q LEFT JOIN procrastinate_jobs j ON j.id = q.queue_number
    WHERE q.id = job AND q.user_id = access_user()
$$;

-- Notes that a job of the acting user is done. False where it was done before: whoever is told so undoes what they did.
CREATE OR REPLACE FUNCTION queue_finish(job bigint, permit text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM access_demand(permit, 'queue_finish', job::text);
    -- A second run of the same job waits here for the end of the first.
    UPDATE queue_queuedjob SET done_at = now() WHERE id = job AND user_id = access_user() AND done_at IS NULL;
    RETURN FOUND;
END $$;

-- For the worker: whose job it is that was just taken from the queue under this number, and what it is about. Only while it is
-- being done, and only by the number that it was put in under: nothing that the worker's role writes makes it another's.
CREATE OR REPLACE FUNCTION queue_taken(job bigint, number bigint)
RETURNS TABLE (user_id bigint, kind text, numbers jsonb, is_done boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT q.user_id, q.kind, q.numbers, q.done_at IS NOT NULL
    FROM queue_queuedjob q JOIN procrastinate_jobs j ON j.id = q.queue_number
    WHERE q.id = job AND j.id = number AND j.status = 'doing'
$$;
COMMENT ON FUNCTION queue_taken(bigint, bigint) IS 'for the queue role';

-- For the worker: deletes what was asked for a month ago, done or not, with what the queue still has of it.
CREATE OR REPLACE FUNCTION queue_forget_old() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $$
    WITH gone AS (DELETE FROM queue_queuedjob WHERE at < now() - interval '30 days' RETURNING queue_number),
         theirs AS (DELETE FROM procrastinate_jobs WHERE id IN (SELECT queue_number FROM gone))
    SELECT count(*)::integer FROM gone
$$;
COMMENT ON FUNCTION queue_forget_old() IS 'for the queue role';

-- Whether a worker was heard of lately. Of how much there is to do it says nothing.
CREATE OR REPLACE FUNCTION queue_has_worker() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > clock_timestamp() - interval '30 seconds')
$$;
COMMENT ON FUNCTION queue_has_worker() IS 'for anybody: says whether the program works in the background, and of nobody';
