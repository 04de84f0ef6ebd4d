-- Passkeys (accounts/passkeys.py). The web role neither adds nor changes one: these functions do, each signed by the web process.

-- Whose key has this credential id, its public half, and the generation that a login begun by it belongs to: asked while nobody
-- acts, and nobody acts until the web process has checked the answer's signature with it. Not of an account that has ended or
-- has no password of its own, nor a stopped key.
CREATE OR REPLACE FUNCTION accounts_passkey_called(wanted bytea, permit text)
RETURNS TABLE (id bigint, user_id bigint, public_key bytea, generation integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_demand(permit, 'accounts_passkey_called', encode(wanted, 'hex'));
    SELECT k.id, k.user_id, k.public_key, coalesce(w.generation, 0)
    FROM accounts_passkey k JOIN organisation_user u ON u.id = k.user_id LEFT JOIN accounts_waysin w ON w.user_id = u.id
    WHERE k.credential_id = wanted AND k.copied_at IS NULL
      AND u.kind = 'staff' AND u.password NOT LIKE '!%' AND u.password <> ''
      AND (u.ended_on IS NULL OR u.ended_on >= access_today())
$$;

-- An answer whose signature is right, to the question made at `asked`, in the generation `began`: 'in' for the first one to it;
-- 'used' where this question, or a later one, was answered before, or ways in were ended since; 'copied' where the key
-- counts back, or not on. Then the key is stopped and every login of the account ends, for one of them may be by the copy.
CREATE OR REPLACE FUNCTION accounts_use_passkey(wanted bigint, asked bigint, counted bigint, began integer, permit text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    owner bigint := (SELECT user_id FROM accounts_passkey WHERE id = wanted);
BEGIN
    PERFORM access_demand(permit, 'accounts_use_passkey', wanted::text, asked::text, counted::text, began::text);
    IF accounts_hold(owner) IS DISTINCT FROM began THEN
        RETURN 'used';
    END IF;
    -- In one statement, so that an answer sent many times at once opens once.
    UPDATE accounts_passkey SET last_asked = asked, sign_count = counted, last_used_at = now()
    WHERE id = wanted AND copied_at IS NULL AND last_asked < asked
      AND (counted > sign_count OR (counted = 0 AND sign_count = 0));
    IF FOUND THEN
        RETURN 'in';
    END IF;
    UPDATE accounts_passkey SET copied_at = now() WHERE id = wanted AND copied_at IS NULL AND last_asked < asked;
    IF NOT FOUND THEN
        RETURN 'used';
    END IF;
    PERFORM accounts_end_every_login(owner, '');
    RETURN 'copied';
END $$;

-- Adds a key for the one who acts, who works here and has a password. Nothing comes of a credential id that is there already.
CREATE OR REPLACE FUNCTION accounts_add_passkey(
    who bigint, credential bytea, key bytea, counted bigint, called text, permit text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM access_demand(permit, 'accounts_add_passkey',
        who::text, encode(credential, 'hex'), encode(key, 'hex'), counted::text, called);
    IF who IS DISTINCT FROM access_user() OR NOT EXISTS (
        SELECT FROM organisation_user WHERE id = who AND kind = 'staff' AND password NOT LIKE '!%' AND password <> '') THEN
        RAISE EXCEPTION 'a passkey is added for oneself, by whoever works here' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO accounts_passkey (user_id, credential_id, public_key, sign_count, name, made_at)
    VALUES (who, credential, key, counted, called, now()) ON CONFLICT (credential_id) DO NOTHING RETURNING id INTO made;
    RETURN made;
END $$;

-- For the administrator's pages: how many somebody has.
CREATE OR REPLACE FUNCTION accounts_passkey_count(of_account bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM accounts_passkey
    WHERE user_id = of_account AND (user_id = access_user() OR access_has_role('administrator'))
$$;
