-- A way into a case for a time ends now instead of later: for whoever decides about the case, and for the one who has it. Whether
-- there was one to end, and it was theirs to.
CREATE OR REPLACE FUNCTION access_end_grant(wanted bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE access_grant SET expires_at = greatest(now(), granted_at + interval '1 microsecond'), ended_by_id = access_user()
    WHERE id = wanted AND expires_at > now() AND access_is_staff()
      AND (user_id = access_user() OR access_level(case_id) >= 4);
    RETURN FOUND;
END $$;
