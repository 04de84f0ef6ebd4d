-- A corrected meeting or step is a new row; what was recorded about it earlier (that it was held, called off, done)
-- names the old one. The numbers that one fact has had, newest first: its own, and those it was corrected from.
CREATE OR REPLACE FUNCTION cases_versions(wanted_kind text, wanted_case bigint, wanted bigint) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public AS $$
    WITH RECURSIVE same(id) AS (
        SELECT wanted
        UNION
        SELECT k.fact_id FROM cases_correction k JOIN same ON k.replacement_id = same.id
        WHERE k.case_id = wanted_case AND k.kind = wanted_kind
    )
    SELECT array_agg(id) FROM same
$$;
