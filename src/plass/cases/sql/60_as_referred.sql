-- A case begins as it was referred: at an office, in a team of it, and followed by nobody. Who follows it, and since when whoever
-- referred has no part any more, comes from the facts (Assignment) alone.
CREATE OR REPLACE FUNCTION cases_begins_as_referred() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user = 'plass_web' AND (
        NEW.specialist_id IS NOT NULL OR NEW.counsellor_id IS NOT NULL OR NEW.referrer_ended_at IS NOT NULL
        OR (NEW.team_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM organisation_team WHERE id = NEW.team_id AND office_id = NEW.office_id))) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a case begins in a team of its office, and is followed by nobody';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plass_begins_as_referred BEFORE INSERT ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_begins_as_referred();
