-- Ends what an account opens with. Every function that ends logins or ways in calls one of these, so that none leaves a part.

-- What was begun and not finished ends: the step between password and code, a phone or a passkey that is being set up, a
-- binding on its way to the login service. Each carries the generation that it began in, and counts in that one alone.
CREATE OR REPLACE FUNCTION accounts_end_unfinished(who bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO accounts_waysin AS w (user_id, generation, because) VALUES (who, 1, '')
    ON CONFLICT (user_id) DO UPDATE SET generation = w.generation + 1
$$;
COMMENT ON FUNCTION accounts_end_unfinished(bigint) IS 'for other functions';

-- The generation of an account, held until the transaction ends: whoever ends what the account opens with waits, and then
-- ends what was let in or added meanwhile too. Asked before any row of a way in is written, and the functions below write
-- it first, so that nobody waits for somebody who waits for them.
CREATE OR REPLACE FUNCTION accounts_hold(who bigint) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO accounts_waysin AS w (user_id, generation, because)
    SELECT id, 0, '' FROM organisation_user WHERE id = who
    ON CONFLICT (user_id) DO UPDATE SET generation = w.generation RETURNING generation
$$;
COMMENT ON FUNCTION accounts_hold(bigint) IS 'for other functions';

-- That of the one who acts.
CREATE OR REPLACE FUNCTION accounts_held_generation() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT accounts_hold(access_user())
$$;

-- Ends every login of somebody, and what was not finished: what they were let in by holds no longer. But for the session of
-- the key `but_for`. Returns how many ended.
CREATE OR REPLACE FUNCTION accounts_end_every_login(who bigint, but_for text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    PERFORM accounts_end_unfinished(who);
    WITH gone AS (DELETE FROM accounts_login WHERE user_id = who AND session_key <> accounts_session_name(but_for) RETURNING session_key)
    DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM gone);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;
COMMENT ON FUNCTION accounts_end_every_login(bigint, text) IS 'for other functions';

-- The links to choose a password that somebody has not used, approved before a time, open nothing any more. That they were not
-- used stands: no login began by them.
CREATE OR REPLACE FUNCTION accounts_end_links(who bigint, approved_before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE accounts_link SET expires_at = least(expires_at, now())
    WHERE user_id = who AND purpose = 'password' AND used_at IS NULL AND made_at < approved_before
$$;
COMMENT ON FUNCTION accounts_end_links(bigint, timestamptz) IS 'for other functions';

-- Whoever sets a new password, and by whatever way: a link of before would replace it.
CREATE OR REPLACE FUNCTION accounts_new_password_ends_links() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_end_links(NEW.id, 'infinity');
    RETURN NULL;
END $$;
-- Not OF password: another trigger may be what changes it.
CREATE OR REPLACE TRIGGER accounts_password_ends_links AFTER UPDATE ON organisation_user
    FOR EACH ROW WHEN (NEW.password IS DISTINCT FROM OLD.password) EXECUTE FUNCTION accounts_new_password_ends_links();

-- Somebody else helps the owner of an account in (`why` says how): everything that it opens with ends, but the password, which
-- is for the caller to replace or to keep. A binding of somebody who works here is not made by whoever is logged in, but
-- confirmed and approved by two others, so it outlives a lost phone. The owner is told (accounts_waysin).
CREATE OR REPLACE FUNCTION accounts_end_every_way_in(who bigint, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_end_unfinished(who);
    DELETE FROM accounts_recoverycode WHERE user_id = who;
    DELETE FROM accounts_secondfactor WHERE user_id = who;
    DELETE FROM accounts_passkey WHERE user_id = who;
    DELETE FROM accounts_subject s USING organisation_user u
    WHERE s.user_id = who AND u.id = who AND (u.kind <> 'staff' OR why = 'opened_again');
    PERFORM accounts_end_every_login(who, '');
    UPDATE accounts_waysin SET ended_at = now(), ended_by_id = access_user(), because = why WHERE user_id = who;
END $$;
COMMENT ON FUNCTION accounts_end_every_way_in(bigint, text) IS 'for other functions';

-- An account that had ended is open again: by a new link, and not by what opened it before.
CREATE OR REPLACE FUNCTION accounts_opened_again() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM accounts_end_every_way_in(NEW.id, 'opened_again');
    PERFORM accounts_end_links(NEW.id, 'infinity');
    IF NEW.password IS NOT DISTINCT FROM OLD.password THEN
        -- As Django writes that there is none.
        NEW.password := '!' || replace(gen_random_uuid()::text, '-', '');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER accounts_open_again BEFORE UPDATE OF ended_on ON organisation_user
    FOR EACH ROW WHEN (OLD.ended_on < access_today() AND (NEW.ended_on IS NULL OR NEW.ended_on >= access_today()))
    EXECUTE FUNCTION accounts_opened_again();
