-- Somebody is referred by a number that is known, by somebody who does not see the person. They get a row of their own, as
-- for somebody unknown; that it is perhaps the same person stands in cases_possibleduplicate, which these functions alone
-- read and write. Whoever decides about the person joins the two, or answers the referral.

-- One rule for all that happens at the same moment about one person: whoever writes who may see them (a referral, a way in, a
-- join) or how they are protected holds the lock of their number from before they look until the end. So of two at once the
-- second sees what the first did. The same locks as plass.cases.actions.lock_people.
CREATE OR REPLACE FUNCTION cases_lock_number(wanted bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_lock('person ' || encode(wanted, 'hex'))
$$;
COMMENT ON FUNCTION cases_lock_number(bytea) IS 'for other functions';

CREATE FUNCTION cases_lock_participant(wanted bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases_lock_number(identity_hash) FROM cases_participant WHERE id = wanted
$$;
COMMENT ON FUNCTION cases_lock_participant(bigint) IS 'for other functions';

-- Of a case, whose participant another may just have joined with somebody registered: it is the same number.
CREATE FUNCTION cases_lock_person_of(wanted bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases_lock_participant(participant_id) FROM cases_case WHERE id = wanted
$$;
COMMENT ON FUNCTION cases_lock_person_of(bigint) IS 'for other functions';

-- Somebody is let in while another protects the person, joins the case or hands it on: whoever comes second is refused, or ends
-- what the first gave. The policy looked before it waited.
CREATE FUNCTION cases_let_in_one_after_the_other() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    protected_as text := (SELECT p.protection FROM cases_case c JOIN cases_participant p ON p.id = c.participant_id WHERE c.id = NEW.case_id);
BEGIN
    -- Whoever may not let anybody in neither takes the lock nor waits for it.
    IF access_level(NEW.case_id) < 4 THEN
        RAISE insufficient_privilege USING MESSAGE = 'the case has changed meanwhile';
    END IF;
    PERFORM cases_lock_person_of(NEW.case_id);
    IF access_level(NEW.case_id) < 4 OR protected_as IS DISTINCT FROM (
        SELECT p.protection FROM cases_case c JOIN cases_participant p ON p.id = c.participant_id WHERE c.id = NEW.case_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the case has changed meanwhile';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plass_let_in BEFORE INSERT ON access_grant
    FOR EACH ROW WHEN (current_user = 'plass_web' AND NEW.kind = 'given') EXECUTE FUNCTION cases_let_in_one_after_the_other();

-- A number has one main row: the first. Of every other it is noted that it may be the same person, and the data
-- protection officer and the supervisor come to know that somebody met a protected person they do not see.
CREATE OR REPLACE FUNCTION cases_note_duplicate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    main cases_participant;
BEGIN
    PERFORM cases_lock_number(NEW.identity_hash);
    SELECT * INTO main FROM cases_participant p
    WHERE p.identity_hash = NEW.identity_hash AND p.id <> NEW.id
      AND NOT EXISTS (SELECT FROM cases_possibleduplicate d WHERE d.participant_id = p.id);
    IF NOT FOUND THEN
        -- So many numbers as the rows would have got that are written below: one's own next row must not tell of them.
        PERFORM nextval(pg_get_serial_sequence('access_change', 'id')), nextval(pg_get_serial_sequence('access_accesslogentry', 'id'));
        RETURN NULL;
    END IF;
    INSERT INTO cases_possibleduplicate (participant_id, existing_id, referred_by_id, protection_then)
    VALUES (NEW.id, main.id, access_user(), main.protection);
    IF main.protection <> '' AND access_user() IS NOT NULL THEN
        -- Without a case, so that whoever referred cannot read the line.
        INSERT INTO access_accesslogentry (at, user_id, role, participant_id, purpose, rule, allowed)
        VALUES (clock_timestamp(), access_user(), cases_role(), main.id, 'refer', 'shielded', false);
    ELSE
        PERFORM nextval(pg_get_serial_sequence('access_accesslogentry', 'id'));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER plass_note_duplicate AFTER INSERT ON cases_participant
    FOR EACH ROW EXECUTE FUNCTION cases_note_duplicate();

-- The first of the acting user's roles, for the log of who looked.
CREATE OR REPLACE FUNCTION cases_role() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce((
        SELECT role FROM access_memberships()
        ORDER BY array_position(ARRAY['specialist', 'supervisor', 'counsellor'], role::text) LIMIT 1), '')
$$;
COMMENT ON FUNCTION cases_role() IS 'for other functions';

-- Where the main row is made nameless, the oldest of the others with that number is the main one: of each it is noted how that one
-- was protected when the person was typed, not how the nameless one was.
CREATE OR REPLACE FUNCTION cases_next_main() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    next_main bigint;
BEGIN
    SELECT min(participant_id) INTO next_main FROM cases_possibleduplicate WHERE existing_id = NEW.id;
    UPDATE cases_possibleduplicate d SET existing_id = next_main, protection_then = coalesce((
            SELECT h.old ->> 'protection' FROM access_change h
            WHERE h.participant_id = next_main AND h."table" = 'cases_participant' AND h.audience = 'participant'
              AND h.old ? 'protection' AND h.at >= d.referred_at
            ORDER BY h.at, h.id LIMIT 1), (SELECT p.protection FROM cases_participant p WHERE p.id = next_main))
    WHERE existing_id = NEW.id AND participant_id <> next_main;
    DELETE FROM cases_possibleduplicate WHERE participant_id IN (NEW.id, next_main);
    UPDATE cases_case SET shielded = cases_is_shielded(participant_id) WHERE participant_id IN (
        SELECT next_main UNION ALL SELECT participant_id FROM cases_possibleduplicate WHERE existing_id = next_main);
    RETURN NULL;
END $$;

CREATE TRIGGER plass_next_main AFTER UPDATE OF made_nameless_on ON cases_participant
    FOR EACH ROW WHEN (OLD.made_nameless_on IS NULL AND NEW.made_nameless_on IS NOT NULL)
    EXECUTE FUNCTION cases_next_main();

-- How strict a protection is.
CREATE OR REPLACE FUNCTION cases_strictness(protection text) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT array_position(ARRAY['', 'own_employee', 'confidential', 'strictly_confidential'], protection)
$$;
COMMENT ON FUNCTION cases_strictness(text) IS 'for other functions';

-- How strictly a row has ever been protected: whoever lowers what they typed opens nothing by that.
CREATE OR REPLACE FUNCTION cases_strictest(wanted bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT said.protection FROM (
        SELECT p.protection::text FROM cases_participant p WHERE p.id = wanted
        UNION ALL
        SELECT h.old ->> 'protection' FROM access_change h
        WHERE h.participant_id = wanted AND h."table" = 'cases_participant' AND h.old ? 'protection') said
    ORDER BY cases_strictness(said.protection) DESC LIMIT 1
$$;
COMMENT ON FUNCTION cases_strictest(bigint) IS 'for other functions';

-- Whether the person was referred as more strictly protected than they are registered, or were when the referral came:
-- whoever raises it afterwards reads no more by that. Then whoever decides about the registered row has no part in it:
-- anybody may have registered the number first. Somebody is appointed.
CREATE OR REPLACE FUNCTION cases_typed_is_stricter(link bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM cases_possibleduplicate d
        JOIN cases_participant e ON e.id = d.existing_id
        WHERE d.id = link AND cases_strictness(cases_strictest(d.participant_id))
            > least(cases_strictness(e.protection), cases_strictness(d.protection_then)))
$$;
COMMENT ON FUNCTION cases_typed_is_stricter(bigint) IS 'for other functions';

-- Whether somebody had been let in to a case for a time, in an emergency or by a colleague, when they wrote in it, and is not named in
-- it today: what ends by itself makes nobody's part in it larger. Also where the way in had ended before its time or by itself: when it
-- ended is moved by whoever ends it, who may write in the same moment.
CREATE FUNCTION cases_was_let_in(of cases_case, who bigint, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT who IS DISTINCT FROM of.specialist_id AND who IS DISTINCT FROM of.counsellor_id AND EXISTS (
        SELECT FROM access_grant g WHERE g.case_id = of.id AND g.user_id = who AND g.granted_at <= at)
$$;
COMMENT ON FUNCTION cases_was_let_in(cases_case, bigint, timestamptz) IS 'for other functions';

-- Whether somebody has more in a case than a referral that they wrote themselves: another referred the person, or another
-- has met them, who was not let in for a time. Anybody may register a number first, choose who follows it, and write that they met the
-- person. So what they did alone counts for nothing here, and neither does who was chosen: that one decides with them, and may be asked.
-- Who met the person says the first version of a meeting, and that it was one: whoever corrects what another wrote has met nobody by
-- that, and takes nothing from who did.
CREATE OR REPLACE FUNCTION cases_is_more_than_a_referral(wanted bigint, who bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM cases_case c WHERE c.id = wanted
          AND (c.referred_by_id <> who OR EXISTS (
                  SELECT FROM followup_contact k
                  CROSS JOIN LATERAL (SELECT f.* FROM followup_contact f WHERE f.case_id = c.id
                                      AND f.id = ANY (cases_versions('contact', c.id, k.id)) ORDER BY f.id LIMIT 1) first
                  WHERE k.case_id = c.id AND k.superseded_at IS NULL AND NOT k.no_show AND 'participant' = ANY (k.parties)
                    AND NOT first.no_show AND 'participant' = ANY (first.parties)
                    AND first.recorded_by_id <> who AND NOT cases_was_let_in(c, first.recorded_by_id, first.recorded_at))))
$$;
COMMENT ON FUNCTION cases_is_more_than_a_referral(bigint, bigint) IS 'for other functions';

-- Whether the acting user decides about a participant by more than a referral of their own.
CREATE OR REPLACE FUNCTION cases_decides_about(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM access_visible v WHERE v.participant_id = wanted AND v.level >= 4
                   AND cases_is_more_than_a_referral(v.id, access_user()))
$$;
COMMENT ON FUNCTION cases_decides_about(bigint) IS 'for other functions';

-- The referrals that the acting user may join or answer: who decides about the existing participant, and has not handed
-- it on (cases_answer_referral); or was appointed, as long as they are supervisor or counsellor at the office.
CREATE OR REPLACE FUNCTION cases_may_join() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.id FROM cases_possibleduplicate d
    WHERE d.participant_id IS NOT NULL AND d.answered_at IS NULL AND access_works_with_people()
      AND d.existing_id NOT IN (SELECT participant_id FROM access_ties())
      AND ((d.appointed_id = access_user() AND EXISTS (
                SELECT FROM cases_case c WHERE c.participant_id = d.participant_id
                AND c.office_id = ANY (access_offices('{supervisor,counsellor}'))))
           OR (d.answer = '' AND d.existing_id IN (SELECT v.participant_id FROM access_visible v WHERE v.level >= 4)
               AND cases_decides_about(d.existing_id)
               AND NOT cases_typed_is_stricter(d.id)))
$$;
COMMENT ON FUNCTION cases_may_join() IS 'for other functions';

-- Whether the acting user ends a referral by answering it: they were appointed, or lead or follow at the office.
CREATE OR REPLACE FUNCTION cases_answer_ends(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_possibleduplicate d WHERE d.id = wanted AND (d.appointed_id = access_user()
        OR NOT EXISTS (SELECT FROM cases_case c WHERE c.participant_id = d.participant_id
                       AND c.office_id <> ALL (access_offices('{specialist,supervisor}')))))
$$;
COMMENT ON FUNCTION cases_answer_ends(bigint) IS 'for other functions';

-- What the typed or the registered row says of a person.
CREATE OR REPLACE FUNCTION cases_particulars(wanted bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object('given_name', given_name, 'family_name', family_name, 'phone', phone, 'email', email,
        'address', address, 'postal_code', postal_code, 'place', place, 'language', language, 'protection', protection)
    FROM cases_participant WHERE id = wanted
$$;
COMMENT ON FUNCTION cases_particulars(bigint) IS 'for other functions';

-- What both persons are compared by before they are joined: the name. Where they live, and what they want, is read by those
-- whose case it is. The protection is told because the stricter of the two will hold.
CREATE OR REPLACE FUNCTION cases_compared(wanted bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object('given_name', given_name, 'family_name', family_name, 'protection', protection)::text
    FROM cases_participant WHERE id = wanted
$$;
COMMENT ON FUNCTION cases_compared(bigint) IS 'for other functions';

-- Referrals that wait for the acting user: the newest case of the one that was typed, and both persons' names;
-- open_here: whether the existing participant has follow-up at that office already, so that the two cannot be joined.
-- followers: who follows the case by now, or is its counsellor, beside the one who referred.
-- ends: whether an answer ends the case, or is handed on. said: what they wrote who do not join it, and handed it on.
-- becomes: what the one who referred is in the case after a join: its counsellor, who follows it, or who referred it ('').
CREATE FUNCTION cases_joins_waiting()
RETURNS TABLE (id bigint, case_id bigint, existing_id bigint, existing_case bigint, office text, team text,
               referred_on date, referred_by text, typed text, registered text, open_here boolean,
               followers text, ends boolean, said text, becomes text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.id, c.id, d.existing_id, mine.id, o.name, t.name, r.happened_on,
           btrim(u.given_name || ' ' || u.family_name), cases_compared(d.participant_id), cases_compared(d.existing_id),
           EXISTS (SELECT FROM milestone_cache theirs JOIN milestone_cache new ON new.office_id = theirs.office_id
                   WHERE theirs.participant_id = d.existing_id AND new.participant_id = d.participant_id
                     AND (theirs.ended_on IS NULL OR theirs.ended_on > access_today())
                     AND (new.ended_on IS NULL OR new.ended_on > access_today())),
           (SELECT coalesce(string_agg(DISTINCT btrim(f.given_name || ' ' || f.family_name), ', '), '')
            FROM cases_case typed JOIN organisation_user f ON f.id IN (typed.specialist_id, typed.counsellor_id)
            WHERE typed.participant_id = d.participant_id AND f.id <> typed.referred_by_id),
           cases_answer_ends(d.id), d.answer::text,
           CASE c.referred_by_id WHEN c.counsellor_id THEN 'counsellor' WHEN c.specialist_id THEN 'specialist' ELSE '' END
    FROM cases_possibleduplicate d
    JOIN LATERAL (SELECT * FROM cases_case WHERE participant_id = d.participant_id ORDER BY id DESC LIMIT 1) c ON true
    JOIN organisation_office o ON o.id = c.office_id
    LEFT JOIN organisation_team t ON t.id = c.team_id
    JOIN organisation_user u ON u.id = c.referred_by_id
    LEFT JOIN LATERAL (SELECT happened_on FROM cases_referral
                       WHERE case_id = c.id AND superseded_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1) r ON true
    LEFT JOIN LATERAL (SELECT v.id FROM access_visible v WHERE v.participant_id = d.existing_id AND v.level >= 4
                       ORDER BY v.id DESC LIMIT 1) mine ON true
    WHERE d.id IN (SELECT cases_may_join())
    ORDER BY d.referred_at, d.id
$$;

-- How many they are: Min dag asks it every time.
CREATE OR REPLACE FUNCTION cases_joins_count() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM cases_may_join()
$$;

-- Locks a referral that waits for the acting user. Not found: it is not theirs to answer, or it has been answered.
CREATE OR REPLACE FUNCTION cases_waiting(wanted bigint) RETURNS cases_possibleduplicate
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link cases_possibleduplicate;
BEGIN
    -- Cases first, in the order of plass.db.locks: who hands one of them over or takes it does so before, or sees what came of it.
    PERFORM access_lock(named.what) FROM (
        SELECT 'case ' || c.id AS what FROM cases_possibleduplicate d JOIN cases_case c ON c.participant_id IN (d.participant_id, d.existing_id)
        WHERE d.id = wanted ORDER BY 1) named;
    -- The second of two who answer at once waits here and then finds it answered; so does whoever changes a protection, by which
    -- it may not be theirs to answer.
    PERFORM cases_lock_participant(existing_id) FROM cases_possibleduplicate WHERE id = wanted;
    PERFORM FROM cases_possibleduplicate WHERE id = wanted FOR UPDATE;
    SELECT d.* INTO link FROM cases_possibleduplicate d WHERE d.id = wanted AND d.id IN (SELECT cases_may_join());
    RETURN link;
END $$;
COMMENT ON FUNCTION cases_waiting(bigint) IS 'for other functions';

-- Joins the two: the cases become the existing participant's, and what was typed stays in the history. (In the log of who
-- looked an act has the rule 'answered', a look 'join'.) The stricter protection of the two holds, so that joining shows a case to nobody who did not see it. Whoever took the referral, or was
-- given it, did so without knowing whose case it is: they keep it only where the one who joins says so (keep), and else it
-- goes back to the one who referred (let_go: the reason that stands in the case). Whoever was let in for a time is out.
-- Returns 'joined', 'open here' where they have follow-up at that office already, or 'gone' where it is not theirs or was
-- answered. Signed: what was typed could else be read and the join taken back.
CREATE OR REPLACE FUNCTION cases_join(wanted bigint, why text, keep boolean, let_go text, permit text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link cases_possibleduplicate;
    typed text;
    moved bigint[];
BEGIN
    PERFORM access_demand(permit, 'cases_join', wanted::text, why, keep::text, let_go);
    link := cases_waiting(wanted);
    IF link.id IS NULL THEN
        RETURN 'gone';
    END IF;
    IF (SELECT open_here FROM cases_joins_waiting() j WHERE j.id = link.id) THEN
        RETURN 'open here';
    END IF;
    typed := (SELECT protection FROM cases_participant WHERE id = link.participant_id);
    UPDATE cases_possibleduplicate SET outcome = 'joined', answered_at = now(), answered_by_id = access_user(),
        typed = cases_particulars(link.participant_id)
            || jsonb_build_object('protection', cases_strictest(link.participant_id)), participant_id = NULL
    WHERE id = link.id;
    IF cases_strictness(typed) > (SELECT cases_strictness(protection) FROM cases_participant WHERE id = link.existing_id) THEN
        PERFORM cases_protect(link.existing_id, typed, why, false);
    END IF;
    WITH changed AS (
        UPDATE cases_case SET participant_id = link.existing_id, shielded = cases_is_shielded(link.existing_id)
        WHERE participant_id = link.participant_id RETURNING id)
    SELECT array_agg(id) INTO moved FROM changed;
    UPDATE cases_possibleduplicate SET joined_cases = moved WHERE id = link.id;
    UPDATE access_grant SET expires_at = greatest(now(), granted_at + interval '1 microsecond')
    WHERE expires_at > now() AND case_id = ANY (moved);
    IF NOT keep THEN
        INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, reason)
        SELECT c.id, access_today(), now(), access_user(), a.role, let_go
        FROM cases_case c CROSS JOIN LATERAL (VALUES ('specialist', c.specialist_id), ('counsellor', c.counsellor_id)) a (role, who)
        WHERE c.id = ANY (moved) AND a.who <> c.referred_by_id;
        UPDATE cases_case SET referrer_ended_at = NULL
        WHERE id = ANY (moved) AND specialist_id IS NULL AND (counsellor_id IS NULL OR counsellor_id = referred_by_id);
    END IF;
    UPDATE access_accesslogentry SET participant_id = link.existing_id WHERE participant_id = link.participant_id;
    UPDATE retention_hold SET participant_id = link.existing_id WHERE participant_id = link.participant_id;
    DELETE FROM retention_notice WHERE participant_id = link.participant_id;
    -- What was done to the protection of the typed row stays to be found, and is read by nobody otherwise.
    UPDATE access_change h SET participant_id = link.existing_id, "row" = link.existing_id, audience = 'nobody',
        old = (SELECT jsonb_object_agg(key, value) FROM jsonb_each(h.old) WHERE key = ANY (found.columns)),
        new = (SELECT jsonb_object_agg(key, value) FROM jsonb_each(h.new) WHERE key = ANY (found.columns))
    FROM (VALUES (ARRAY['protection', 'protection_reason', 'own_employee_answered_at'])) found (columns)
    WHERE h.participant_id = link.participant_id AND h."table" = 'cases_participant' AND h.operation = 'update'
      AND (h.new ? 'protection' OR h.new ? 'own_employee_answered_at');
    DELETE FROM cases_participant WHERE id = link.participant_id;
    INSERT INTO access_accesslogentry (at, user_id, role, case_id, participant_id, purpose, rule, allowed)
    SELECT clock_timestamp(), access_user(), cases_role(), case_id, link.existing_id, 'join', 'answered', true FROM unnest(moved) AS case_id;
    RETURN 'joined';
END $$;

-- Answers the referral instead: the case ends with the sentence, which the one who referred reads ('answered'). Whoever
-- neither leads nor follows at that office, nor was asked by the officer, ends no case there: what they say is kept for the
-- one whom the data protection officer asks, and the referral is out of their hands ('handed on'). Else 'gone'.
CREATE OR REPLACE FUNCTION cases_answer_referral(wanted bigint, said text, permit text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link cases_possibleduplicate;
BEGIN
    PERFORM access_demand(permit, 'cases_answer_referral', wanted::text, said);
    link := cases_waiting(wanted);
    IF link.id IS NULL OR btrim(said) = '' THEN
        RETURN 'gone';
    END IF;
    INSERT INTO access_accesslogentry (at, user_id, role, case_id, participant_id, purpose, rule, allowed)
    SELECT clock_timestamp(), access_user(), cases_role(), id, link.participant_id, 'join', 'answered', true
    FROM cases_case WHERE participant_id = link.participant_id;
    IF NOT cases_answer_ends(link.id) THEN
        UPDATE cases_possibleduplicate SET answer = btrim(said) WHERE id = link.id;
        RETURN 'handed on';
    END IF;
    INSERT INTO cases_caseended (case_id, happened_on, recorded_at, recorded_by_id, cause, note)
    SELECT k.case_id, greatest(access_today(), k.referred_on), clock_timestamp(), access_user(), 'other', btrim(said)
    FROM milestone_cache k WHERE k.participant_id = link.participant_id AND k.ended_on IS NULL;
    UPDATE cases_possibleduplicate SET outcome = 'answered', answered_at = now(), answered_by_id = access_user(),
        answer = btrim(said)
    WHERE id = link.id;
    RETURN 'answered';
END $$;

-- What became of referrals under the acting participant's own number, for their own page.
CREATE FUNCTION cases_own_duplicates()
RETURNS TABLE (referred_on date, office text, outcome text, answered_on date, answered_by text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT (d.referred_at AT TIME ZONE 'Europe/Oslo')::date, coalesce(o.name, ''), d.outcome::text,
           (d.answered_at AT TIME ZONE 'Europe/Oslo')::date, btrim(u.given_name || ' ' || u.family_name)
    FROM cases_possibleduplicate d JOIN organisation_user u ON u.id = d.answered_by_id
    LEFT JOIN LATERAL (SELECT office_id FROM cases_case WHERE participant_id IN (d.participant_id, d.existing_id)
                       AND referred_by_id = d.referred_by_id ORDER BY participant_id = d.existing_id, id DESC LIMIT 1) c ON true
    LEFT JOIN organisation_office o ON o.id = c.office_id
    WHERE d.existing_id = access_participant() AND d.answered_at IS NOT NULL
    ORDER BY d.answered_at DESC
$$;

-- What was typed of a participant in referrals that were joined or answered, and by whom, for the page of their history: for
-- those who decide about the participant by more than a referral of their own, as before the join. Nobody reads these
-- rows of the history otherwise.
CREATE OR REPLACE FUNCTION cases_answered_before(wanted bigint) RETURNS TABLE (id bigint, at timestamptz, who bigint, new text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT h.id, h.at, h.who, h.new::text FROM access_change h
    WHERE h.participant_id = wanted AND h."table" = 'cases_possibleduplicate' AND h.operation = 'update' AND h.new ? 'outcome'
      AND access_is_staff() AND cases_decides_about(wanted)
$$;

-- What a change of protection does, by those who decide and by a join: it is said why, whoever was let in before the person was
-- protected is out, and what others lose or could read by it is found. answers: whether it answers "this is me".
CREATE OR REPLACE FUNCTION cases_protect(wanted bigint, level text, why text, answers boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    -- Open referrals of the same number at another office, whose teams see them by now. Whoever changes this one must not be
    -- told of them.
    hides boolean := level <> '' AND EXISTS (
        SELECT FROM cases_possibleduplicate d JOIN cases_case c ON c.participant_id = d.participant_id
        JOIN milestone_cache k ON k.case_id = c.id AND (k.ended_on IS NULL OR k.ended_on > access_today())
        WHERE d.existing_id = wanted AND d.answered_at IS NULL AND NOT c.shielded
          AND c.office_id <> ALL (access_offices('{specialist,supervisor,counsellor}')));
    -- Nor of those that were referred as more strictly protected, and that this would have opened to them.
    raises boolean := EXISTS (
        SELECT FROM cases_possibleduplicate d JOIN cases_participant e ON e.id = d.existing_id
        WHERE d.existing_id = wanted AND d.answered_at IS NULL AND cases_typed_is_stricter(d.id)
          AND cases_strictness(level) > cases_strictness(e.protection));
BEGIN
    UPDATE cases_participant SET protection = level, protection_reason = btrim(why), version = version + 1,
        own_employee_answered_at = CASE WHEN answers THEN clock_timestamp() ELSE own_employee_answered_at END
    WHERE id = wanted;
    -- They are let in anew by somebody who knows it, or not at all.
    IF level <> '' THEN
        UPDATE access_grant SET expires_at = greatest(now(), granted_at + interval '1 microsecond')
        WHERE expires_at > now() AND case_id IN (SELECT id FROM cases_case WHERE participant_id = wanted);
    END IF;
    -- Anybody may register a number first, and by this hides the case of whoever has it from another team, or wants to read
    -- what somebody stricter wrote: findings. The same numbers of the log are used where there is none.
    INSERT INTO access_accesslogentry (at, user_id, role, purpose, rule, allowed)
    SELECT clock_timestamp(), access_user(), cases_role(), found.kind, 'protect', true
    FROM (VALUES ('protect', hides), ('raise', raises)) found (kind, so) WHERE found.so;
    PERFORM nextval(pg_get_serial_sequence('access_accesslogentry', 'id'))
    FROM (VALUES (hides), (raises)) found (so) WHERE NOT coalesce(found.so, false);
END $$;
COMMENT ON FUNCTION cases_protect(bigint, text, text, boolean) IS 'for other functions';

-- Protection is changed by those who decide about the person, with a reason, and by a join, and by nothing else. Returns whether
-- it was: not where somebody changed the person meanwhile. Raises nothing that tells whether there is such a participant.
-- Signed, as a join is: a statement could else change it, read what that shows of those who were referred, and take it back.
CREATE OR REPLACE FUNCTION cases_change_protection(wanted bigint, level text, why text, based_on integer, permit text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'cases_change_protection', wanted::text, level, why, based_on::text);
    PERFORM cases_lock_participant(wanted);
    PERFORM FROM cases_participant WHERE id = wanted AND version = based_on AND access_participant_level(wanted) >= 4
        AND access_is_staff() AND btrim(why) <> ''
        AND level IN ('', 'confidential', 'strictly_confidential', 'own_employee') FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Whoever is asked about it has answered by what they say now.
    PERFORM cases_protect(wanted, level, why, cases_asked_about(wanted));
    RETURN true;
END $$;

-- Whether an end is the answer to a referral: by somebody else than the three who have a part in the case, of no cause in
-- the list, before anybody met the participant; and of a referral that was answered instead of joined always. Who gave it
-- stands on no page: whoever decides about somebody else would by that tell that the number is known. It is the same for
-- a number nobody has, so that nothing tells one from the other.
CREATE OR REPLACE FUNCTION cases_is_an_answer(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM cases_caseended e JOIN cases_case c ON c.id = e.case_id
        -- Whoever corrects an end has not given the answer: it is whose end it was first.
        CROSS JOIN LATERAL (SELECT recorded_by_id AS who FROM cases_caseended
                            WHERE case_id = e.case_id AND id = ANY (cases_versions('end', e.case_id, e.id)) ORDER BY id LIMIT 1) ended
        WHERE e.id = wanted AND e.cause = 'other' AND access_sees_case(e.case_id)
          AND ended.who IS DISTINCT FROM c.referred_by_id AND ended.who IS DISTINCT FROM c.specialist_id
          AND ended.who IS DISTINCT FROM c.counsellor_id
          AND (EXISTS (SELECT FROM cases_possibleduplicate d
                       WHERE d.participant_id = c.participant_id AND d.outcome = 'answered')
               OR NOT EXISTS (SELECT FROM followup_contact k WHERE k.case_id = c.id AND k.superseded_at IS NULL
                              AND NOT k.no_show AND 'participant' = ANY (k.parties))))
$$;

-- Whether a case ended with the answer to a referral, and is not opened again since.
CREATE OR REPLACE FUNCTION cases_ended_with_an_answer(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_sees_case(wanted) AND EXISTS (
        SELECT FROM (SELECT e.id, e.recorded_at FROM cases_caseended e WHERE e.case_id = wanted AND e.superseded_at IS NULL
                     ORDER BY e.recorded_at DESC, e.id DESC LIMIT 1) last
        WHERE cases_is_an_answer(last.id) AND NOT EXISTS (
            SELECT FROM cases_casereopened r
            WHERE r.case_id = wanted AND r.superseded_at IS NULL AND r.recorded_at > last.recorded_at))
$$;

-- Whether a referral was answered, and is not opened again: by nobody where it was answered instead of joined, and not by
-- the one who referred where somebody else ended it with an answer.
CREATE OR REPLACE FUNCTION cases_was_answered(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_sees_case(wanted) AND (EXISTS (
        SELECT FROM cases_possibleduplicate d JOIN cases_case c ON c.participant_id = d.participant_id
        WHERE c.id = wanted AND d.outcome = 'answered')
        OR (EXISTS (SELECT FROM cases_case c WHERE c.id = wanted AND c.referred_by_id = access_user())
            AND cases_ended_with_an_answer(wanted)))
$$;

-- Whether a role is that of somebody who works here today.
CREATE FUNCTION cases_works_today(held organisation_membership) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT held.started_on <= access_today() AND (held.ended_on IS NULL OR held.ended_on >= access_today())
       AND EXISTS (SELECT FROM organisation_user u WHERE u.id = held.user_id AND u.kind = 'staff'
                   AND (u.ended_on IS NULL OR u.ended_on >= access_today()))
$$;
COMMENT ON FUNCTION cases_works_today(organisation_membership) IS 'for other functions';

-- Those whom a case names, in a role that they have at its office today: they see the participant by that also if they are
-- protected. Also who must keep away, and does not: what those who decide are told of it is by roles and by the case alone, so that
-- no name tells by being gone who said that it is them.
CREATE OR REPLACE FUNCTION cases_named(wanted bigint) RETURNS TABLE (case_id bigint, user_id bigint, part text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT c.id, m.user_id, named.part FROM cases_case c
    CROSS JOIN LATERAL (VALUES ('specialist', c.specialist_id, ARRAY['specialist', 'supervisor']),
                               ('counsellor', c.counsellor_id, ARRAY['counsellor']),
                               ('referrer', CASE WHEN c.referrer_ended_at IS NULL THEN c.referred_by_id END,
                                ARRAY['specialist', 'supervisor', 'counsellor'])) named (part, who, roles)
    JOIN organisation_membership m ON m.user_id = named.who AND m.role = ANY (named.roles)
    LEFT JOIN organisation_team t ON t.id = m.team_id
    WHERE c.participant_id = wanted AND coalesce(m.office_id, t.office_id) = c.office_id AND cases_works_today(m)
$$;
COMMENT ON FUNCTION cases_named(bigint) IS 'for other functions';

-- The same for those who decide about the participant, of the cases that they see, for the page where protection is changed.
CREATE FUNCTION cases_named_when_protected(wanted bigint) RETURNS TABLE (user_id bigint, part text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT n.user_id, n.part FROM cases_named(wanted) n
    WHERE access_participant_level(wanted) >= 4
      AND (n.case_id = ANY ((SELECT access_cases())::bigint[]) OR EXISTS (SELECT FROM access_whole w WHERE w.id = n.case_id))
    ORDER BY n.case_id, array_position(ARRAY['specialist', 'counsellor', 'referrer'], n.part)
$$;

-- Who of those who work here today decides about a participant, by which case, and whether it is they who referred it: not who
-- must keep away. So what is worked out from it is not told to those who decide; a question that is, is signed.
CREATE OR REPLACE FUNCTION cases_who_decides(wanted bigint)
RETURNS TABLE (user_id bigint, case_id bigint, referred boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.user_id, d.case_id, d.user_id = d.referred_by FROM (
        SELECT n.user_id, c.id AS case_id, c.referred_by_id AS referred_by
        FROM cases_named(wanted) n JOIN cases_case c ON c.id = n.case_id
        UNION ALL
        SELECT m.user_id, c.id, c.referred_by_id FROM cases_case c
        JOIN organisation_membership m ON m.team_id = c.team_id AND m.role = 'supervisor'
        WHERE c.participant_id = wanted AND NOT c.shielded AND cases_works_today(m)) d
    WHERE NOT cases_must_keep_away(d.user_id, wanted)
$$;
COMMENT ON FUNCTION cases_who_decides(bigint) IS 'for other functions';

-- Whether anybody does, by more than a referral of their own.
CREATE OR REPLACE FUNCTION cases_somebody_decides(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_who_decides(wanted) d WHERE cases_is_more_than_a_referral(d.case_id, d.user_id))
$$;
COMMENT ON FUNCTION cases_somebody_decides(bigint) IS 'for other functions';

-- Whether an office is one that the acting data protection officer answers for.
CREATE OR REPLACE FUNCTION cases_answers_for(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM access_memberships() m JOIN organisation_office o ON o.id = wanted
        WHERE m.role = 'data_protection' AND (m.office_id = o.id OR m.county_id = o.county_id
              OR (m.office_id IS NULL AND m.county_id IS NULL)))
$$;

-- For the data protection officer: referrals that nobody can join, of their offices. No name of a participant. Not of
-- themselves, nor of somebody close.
CREATE FUNCTION cases_joins_nobody()
RETURNS TABLE (id bigint, office_id bigint, office text, team text, referred_on date, referred_by text, appointed text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.id, o.id, o.name, t.name, (d.referred_at AT TIME ZONE 'Europe/Oslo')::date,
           btrim(u.given_name || ' ' || u.family_name), btrim(a.given_name || ' ' || a.family_name)
    FROM cases_possibleduplicate d
    JOIN LATERAL (SELECT * FROM cases_case WHERE participant_id = d.participant_id ORDER BY id DESC LIMIT 1) c ON true
    JOIN organisation_office o ON o.id = c.office_id
    LEFT JOIN organisation_team t ON t.id = c.team_id
    JOIN organisation_user u ON u.id = c.referred_by_id
    LEFT JOIN organisation_user a ON a.id = d.appointed_id
    WHERE d.answered_at IS NULL AND cases_answers_for(o.id)
      AND d.existing_id NOT IN (SELECT participant_id FROM access_ties())
      AND (d.answer <> '' OR NOT cases_somebody_decides(d.existing_id)
           OR cases_typed_is_stricter(d.id))
    ORDER BY d.referred_at, d.id
$$;
COMMENT ON FUNCTION cases_joins_nobody() IS 'for other functions';

-- The same for their page. Signed: a statement could else change who decides, ask whether that leaves nobody, and take it back.
CREATE FUNCTION cases_joins_to_appoint(permit text)
RETURNS TABLE (id bigint, office_id bigint, office text, team text, referred_on date, referred_by text, appointed text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'cases_joins_to_appoint', VARIADIC '{}'::text[]);
    RETURN QUERY SELECT * FROM cases_joins_nobody();
END $$;

-- Whether somebody has a role today by which they may be asked to answer a referral: supervisor or counsellor at its office.
CREATE OR REPLACE FUNCTION cases_may_be_asked(who bigint, link bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM cases_possibleduplicate d JOIN cases_case c ON c.participant_id = d.participant_id
        JOIN organisation_membership m ON m.user_id = who AND m.role IN ('supervisor', 'counsellor')
        JOIN organisation_user u ON u.id = m.user_id
        LEFT JOIN organisation_team t ON t.id = m.team_id
        WHERE d.id = link AND coalesce(m.office_id, t.office_id) = c.office_id
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today()))
$$;
COMMENT ON FUNCTION cases_may_be_asked(bigint, bigint) IS 'for other functions';

-- The data protection officer asks a supervisor or counsellor at the office to answer one referral. Never the one who
-- referred, nor somebody who must keep away ('keeps away': a finding, plass.access.log.kept_away), nor another as long as the one
-- who was asked may answer ('asked before'). Else 'asked', or 'asked instead' where that one must keep away by now, which the officer
-- learns by it (a finding too), or 'no'. It lets that person see the two persons' names, and nothing
-- else. Signed: to ask it of each colleague, and take it back, would tell who must keep away.
CREATE FUNCTION cases_appoint_joiner(wanted bigint, who bigint, permit text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link cases_possibleduplicate;
BEGIN
    PERFORM access_demand(permit, 'cases_appoint_joiner', wanted::text, who::text);
    PERFORM cases_lock_participant(existing_id) FROM cases_possibleduplicate WHERE id = wanted;
    PERFORM FROM cases_possibleduplicate d WHERE d.id = wanted FOR UPDATE;
    SELECT * INTO link FROM cases_possibleduplicate d WHERE d.id = wanted AND d.id IN (SELECT j.id FROM cases_joins_nobody() j);
    IF link.id IS NULL OR who IS NOT DISTINCT FROM link.referred_by_id OR who = access_user() OR NOT cases_may_be_asked(who, wanted) THEN
        RETURN 'no';
    ELSIF cases_may_be_asked(link.appointed_id, wanted) AND NOT cases_must_keep_away(link.appointed_id, link.existing_id) THEN
        RETURN 'asked before';
    ELSIF cases_must_keep_away(who, link.existing_id) THEN
        RETURN 'keeps away';
    END IF;
    UPDATE cases_possibleduplicate SET appointed_id = who, appointed_by_id = access_user() WHERE id = wanted;
    RETURN CASE WHEN cases_may_be_asked(link.appointed_id, wanted) THEN 'asked instead' ELSE 'asked' END;
END $$;

-- The referrals that wait for those who decide about one existing participant, for their case page: it reaches the rows by the key.
CREATE OR REPLACE FUNCTION cases_joins_of(wanted bigint) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(d.id ORDER BY d.id), '{}') FROM cases_possibleduplicate d
    WHERE d.existing_id = wanted AND d.participant_id IS NOT NULL AND d.answered_at IS NULL AND d.answer = ''
      AND access_is_staff() AND cases_decides_about(wanted)
      AND NOT cases_typed_is_stricter(d.id)
$$;
