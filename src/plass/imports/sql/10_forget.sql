-- Files that nobody came back to are deleted after a week, also those of people who never log in again. Their contents
-- are sealed and their rows seen by their owners alone, so this runs as the owner of the tables and answers a number. The
-- worker asks it every hour.
CREATE OR REPLACE FUNCTION imports_forget_old() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $$
    WITH gone AS (DELETE FROM imports_upload WHERE at < now() - interval '7 days' RETURNING id)
    SELECT count(*)::integer FROM gone
$$;
COMMENT ON FUNCTION imports_forget_old() IS 'for the queue role';
