-- Employers by the beginnings of words in name and place, without regard to accents. Employers hold nothing personal and staff and participants
-- see all of them; the function exists because row-level security keeps PostgreSQL from using an index of words.
CREATE OR REPLACE FUNCTION employers_matching(wanted text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 50 AS $$
    SELECT id FROM employers_employer
    WHERE access_is_inside()
      AND to_tsvector('simple'::regconfig, coalesce(search_name, '')) @@ to_tsquery('simple', plain_name(wanted, false))
$$;
