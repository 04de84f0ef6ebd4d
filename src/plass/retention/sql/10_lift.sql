-- A hold is lifted once: who did it and when cannot be written over, nor taken away again.
CREATE OR REPLACE FUNCTION retention_lift_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF OLD.ended_on IS NOT NULL THEN
        RAISE EXCEPTION 'this hold has been lifted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS retention_lift_once ON retention_hold;
CREATE TRIGGER retention_lift_once BEFORE UPDATE ON retention_hold FOR EACH ROW EXECUTE FUNCTION retention_lift_once();
