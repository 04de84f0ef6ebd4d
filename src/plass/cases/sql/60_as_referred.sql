-- A case begins as it was referred: at an office, and followed by nobody. Who follows it, and since when whoever
-- referred has no part any more, comes from the facts (Assignment) alone.
CREATE OR REPLACE FUNCTION cases_begins_as_referred() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user = 'plass_web' AND (
        NEW.specialist_id IS NOT NULL OR NEW.counsellor_id IS NOT NULL OR NEW.referrer_ended_at IS NOT NULL) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a case begins followed by nobody';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plass_begins_as_referred BEFORE INSERT ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_begins_as_referred();
