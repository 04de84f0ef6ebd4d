-- The triggers that keep a case's present relations from the facts.

-- Once for all the assignments that a statement writes: each change of a case makes the database work out anew who sees what
-- (access_forget), and a list writes many.
CREATE OR REPLACE FUNCTION cases_keep_relations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE cases_case c SET
        specialist_id = s.user_id,
        team_id = coalesce(t.team_id, c.team_id),
        counsellor_id = k.user_id,
        -- Whoever referred has handed it on as soon as another follows the participant; it does not come back.
        referrer_ended_at = coalesce(c.referrer_ended_at, CASE
            WHEN s.user_id IS NOT NULL OR k.user_id <> c.referred_by_id THEN now() END)
    FROM (SELECT DISTINCT case_id FROM written) of
    LEFT JOIN LATERAL (
        SELECT user_id FROM cases_assignment
        WHERE case_id = of.case_id AND role = 'specialist' AND superseded_at IS NULL
        ORDER BY happened_on DESC, id DESC LIMIT 1) s ON true
    LEFT JOIN LATERAL (
        SELECT team_id FROM cases_assignment
        WHERE case_id = of.case_id AND role = 'specialist' AND superseded_at IS NULL AND team_id IS NOT NULL
        ORDER BY happened_on DESC, id DESC LIMIT 1) t ON true
    LEFT JOIN LATERAL (
        SELECT user_id FROM cases_assignment
        WHERE case_id = of.case_id AND role = 'counsellor' AND superseded_at IS NULL
        ORDER BY happened_on DESC, id DESC LIMIT 1) k ON true
    WHERE c.id = of.case_id;
    RETURN NULL;
END $$;

CREATE TRIGGER plass_keep_relations AFTER INSERT ON cases_assignment
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION cases_keep_relations();
CREATE TRIGGER plass_keep_changed_relations AFTER UPDATE ON cases_assignment
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION cases_keep_relations();

-- A case is shielded where its participant is protected, or the one whom that row may be a duplicate of
-- (40_duplicates.sql). Whoever referred them is not told the latter.
CREATE OR REPLACE FUNCTION cases_is_shielded(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_participant WHERE id = wanted AND protection <> '')
        OR EXISTS (SELECT FROM cases_possibleduplicate d JOIN cases_participant p ON p.id = d.existing_id
                   WHERE d.participant_id = wanted AND p.protection <> '')
$$;
COMMENT ON FUNCTION cases_is_shielded(bigint) IS 'for other functions';

CREATE OR REPLACE FUNCTION cases_shield_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Whoever protects the participant at this moment would not see this case, nor it the protection.
    PERFORM cases_lock_participant(NEW.participant_id);
    NEW.shielded := cases_is_shielded(NEW.participant_id);
    RETURN NEW;
END $$;

CREATE TRIGGER plass_shield_new BEFORE INSERT ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_shield_new();

CREATE OR REPLACE FUNCTION cases_shield_known() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE cases_case SET shielded = cases_is_shielded(participant_id) WHERE participant_id IN (
        SELECT NEW.id UNION ALL SELECT participant_id FROM cases_possibleduplicate WHERE existing_id = NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER plass_shield_known AFTER UPDATE OF protection ON cases_participant
    FOR EACH ROW WHEN (OLD.protection IS DISTINCT FROM NEW.protection) EXECUTE FUNCTION cases_shield_known();
