-- The end of a tie: asked for by the one it is about, answered by somebody else. Nobody has UPDATE on the table, so that no
-- row can be ended by the one it keeps away, nor given another person's hash.

-- Whose ties the acting user answers for: those they lead. Where nobody leads somebody (a counsellor has no team), it is
-- the administrator, who has no case and so nothing to win.
CREATE OR REPLACE FUNCTION access_ties_to_end_of() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT access_led_people() || CASE WHEN access_has_role('administrator') THEN ARRAY(
        SELECT DISTINCT t.user_id FROM access_conflictofinterest t
        WHERE t.end_asked_at IS NOT NULL AND t.user_id <> access_user() AND NOT EXISTS (
            SELECT FROM organisation_membership mine
            JOIN organisation_membership lead ON lead.team_id = mine.team_id AND lead.role = 'supervisor'
            JOIN organisation_user u ON u.id = lead.user_id
            WHERE mine.user_id = t.user_id AND lead.user_id <> t.user_id
              AND mine.started_on <= access_today() AND (mine.ended_on IS NULL OR mine.ended_on >= access_today())
              AND lead.started_on <= access_today() AND (lead.ended_on IS NULL OR lead.ended_on >= access_today())
              AND (u.ended_on IS NULL OR u.ended_on >= access_today()))) ELSE '{}'::bigint[] END
$$;
COMMENT ON FUNCTION access_ties_to_end_of() IS 'for other functions';

-- What whoever answers reads of those ties, until they have and afterwards: neither how close, nor since when it was said.
CREATE OR REPLACE FUNCTION access_ends_of_ties()
RETURNS TABLE (id bigint, user_id bigint, name text, end_asked_at timestamptz, end_reason text, answered_at timestamptz,
               answer text, ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id, t.user_id, btrim(u.given_name || ' ' || u.family_name), t.end_asked_at, t.end_reason, t.answered_at, t.answer, t.ended_at
    FROM access_conflictofinterest t JOIN organisation_user u ON u.id = t.user_id
    WHERE t.end_asked_at IS NOT NULL AND t.user_id <> access_user() AND access_is_staff() AND (
        t.answered_by_id = access_user() OR (t.answered_at IS NULL AND t.user_id = ANY (access_ties_to_end_of())))
$$;

-- What the acting user has said already about somebody and an identity number. No column tells the number. What another said
-- is another row, and holds beside it: the end of the one leaves the other, and neither tells whoever wrote it of the other.
CREATE OR REPLACE FUNCTION access_tie_said(whose bigint, wanted bytea, how text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM access_conflictofinterest WHERE user_id = whose AND identity_hash = wanted AND kind = how
      AND declared_by_id = access_user() AND ended_at IS NULL
$$;

-- Asks for the end of one's own tie. Asking again while it waits changes nothing; after a no it is asked anew.
CREATE OR REPLACE FUNCTION access_ask_tie_end(wanted bigint, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE access_conflictofinterest SET end_asked_at = now(), end_reason = btrim(why), answered_at = NULL, answered_by_id = NULL, answer = ''
    WHERE id = wanted AND user_id = access_user() AND access_is_staff() AND ended_at IS NULL
      AND (end_asked_at IS NULL OR answered_at IS NOT NULL);
    RETURN FOUND;
END $$;

-- Answers it: from now on the tie has ended, or it stands and the answer says why. Signed: what the end opens is for whoever
-- asked, and a statement could else take the answer back again.
CREATE OR REPLACE FUNCTION access_answer_tie_end(wanted bigint, ends boolean, said text, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM access_demand(permit, 'access_answer_tie_end', wanted::text, ends::text, said);
    UPDATE access_conflictofinterest SET answered_at = now(), answered_by_id = access_user(), answer = btrim(said),
        ended_at = CASE WHEN ends THEN now() END
    WHERE id = wanted AND user_id = ANY (access_ties_to_end_of()) AND user_id <> access_user()
      AND end_asked_at IS NOT NULL AND answered_at IS NULL;
    -- What the tie closed is open again by that alone, for it was written nowhere (cases_said_own_employees). What those who
    -- decide about a participant said stands until they change it on the case.
    RETURN FOUND;
END $$;
