-- Logging in happens before anybody is acting, so nobody may read or write accounts: these functions answer one question
-- each.

-- Each demands that the web process signed it (access_demand), so that no statement smuggled into a page can ask it.

-- One account's password by its user name, with the generation that a login begun by it belongs to (28_ways_in.sql).
CREATE OR REPLACE FUNCTION accounts_credentials(wanted text, permit text)
RETURNS TABLE (id bigint, password text, generation integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'accounts_credentials', wanted);
    SELECT u.id, u.password, coalesce(w.generation, 0) FROM organisation_user u LEFT JOIN accounts_waysin w ON w.user_id = u.id
    WHERE u.username = wanted AND (u.ended_on IS NULL OR u.ended_on >= access_today())
$$;

-- Takes one of the attempts that a user name has left. Returns 0 where there was one, and else the seconds to wait.
-- It is taken before the password is looked at and given back by accounts_attempt_succeeded(), and the row stays locked
-- until the page is done: guesses sent all at once come one after the other and are counted like any others.
CREATE OR REPLACE FUNCTION accounts_attempt(wanted text, most integer, seconds integer, permit text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    hash bytea := sha256(convert_to(wanted, 'UTF8'));
    known accounts_loginattempts;
    period interval := make_interval(secs => seconds);
BEGIN
    PERFORM access_demand(permit, 'accounts_attempt', wanted, most::text, seconds::text);
    DELETE FROM accounts_loginattempts WHERE name_hash IN (
        SELECT name_hash FROM accounts_loginattempts WHERE last_at < clock_timestamp() - period
        LIMIT 100 FOR UPDATE SKIP LOCKED);
    INSERT INTO accounts_loginattempts AS a (name_hash, failures, last_at) VALUES (hash, 0, clock_timestamp())
    ON CONFLICT (name_hash) DO UPDATE SET failures = a.failures
    RETURNING a.* INTO known;
    IF known.failures >= most AND known.last_at > clock_timestamp() - period THEN
        RETURN greatest(1, ceil(extract(epoch FROM known.last_at + period - clock_timestamp())));
    END IF;
    UPDATE accounts_loginattempts
    SET failures = CASE WHEN last_at > clock_timestamp() - period THEN failures + 1 ELSE 1 END,
        last_at = clock_timestamp()
    WHERE name_hash = hash;
    RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION accounts_attempt_succeeded(wanted text, permit text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'accounts_attempt_succeeded', wanted);
    DELETE FROM accounts_loginattempts WHERE name_hash = sha256(convert_to(wanted, 'UTF8'))
$$;

-- The same for an address guesses come from, whatever the user names: a measure that fills with each wrong one and empties
-- evenly. Asked before the password is looked at; filled after it was wrong, so that the row is not held meanwhile and
-- an office that comes in at eight does not queue. Guesses sent at once overshoot by as many as the program answers at once.
CREATE OR REPLACE FUNCTION accounts_address_level(wanted text, most integer, empties integer)
RETURNS TABLE (level integer, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT greatest(0, failures - gone)::integer,
           CASE WHEN failures > gone THEN last_at + make_interval(secs => gone * empties::numeric / most)
                ELSE clock_timestamp() END
    FROM (SELECT failures, last_at,
                 floor(extract(epoch FROM clock_timestamp() - last_at) * most / empties)::integer AS gone
          FROM accounts_loginattempts WHERE name_hash = sha256(convert_to(wanted, 'UTF8'))) kept
$$;
COMMENT ON FUNCTION accounts_address_level(text, integer, integer) IS 'for other functions';

CREATE OR REPLACE FUNCTION accounts_address_waits(wanted text, most integer, empties integer, permit text) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'accounts_address_waits', wanted, most::text, empties::text);
    SELECT coalesce((
        SELECT greatest(1, ceil(empties::numeric / most - extract(epoch FROM clock_timestamp() - since)))::integer
        FROM accounts_address_level(wanted, most, empties) WHERE level >= most), 0)
$$;

CREATE OR REPLACE FUNCTION accounts_address_failed(wanted text, most integer, empties integer, permit text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    hash bytea := sha256(convert_to(wanted, 'UTF8'));
    now_at record;
BEGIN
    PERFORM access_demand(permit, 'accounts_address_failed', wanted, most::text, empties::text);
    INSERT INTO accounts_loginattempts AS a (name_hash, failures, last_at) VALUES (hash, 0, clock_timestamp())
    ON CONFLICT (name_hash) DO UPDATE SET failures = a.failures;
    SELECT * INTO now_at FROM accounts_address_level(wanted, most, empties);
    UPDATE accounts_loginattempts SET failures = now_at.level + 1, last_at = now_at.since WHERE name_hash = hash;
    RETURN now_at.level + 1;
END $$;

-- What no page reads (config.hidden), for the one question that each is needed for.
CREATE OR REPLACE FUNCTION accounts_set_password(who bigint, hashed text, permit text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_set_password', who::text, hashed);
    UPDATE organisation_user SET password = hashed WHERE id = who AND id = access_user();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nobody sets the password of another' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION accounts_has_password(who bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM organisation_user WHERE id = who AND password NOT LIKE '!%' AND password <> ''
                   AND (id = access_user() OR access_has_role('administrator')))
$$;

CREATE OR REPLACE FUNCTION accounts_factor_secret(who bigint, permit text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'accounts_factor_secret', who::text);
    SELECT secret FROM accounts_secondfactor WHERE user_id = who AND user_id = access_user()
$$;

CREATE OR REPLACE FUNCTION accounts_use_recovery_code(who bigint, hashed bytea, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_use_recovery_code', who::text, encode(hashed, 'hex'));
    UPDATE accounts_recoverycode SET used_at = now()
    WHERE user_id = who AND user_id = access_user() AND code_hash = hashed AND used_at IS NULL;
    RETURN FOUND;
END $$;

-- The phone of the one who acts, instead of the one they had, and the half minute of its first code: that one is used.
CREATE OR REPLACE FUNCTION accounts_set_factor(who bigint, sealed bytea, step bigint, permit text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_set_factor', who::text, encode(sealed, 'hex'), step::text);
    IF who IS DISTINCT FROM access_user() THEN
        RAISE EXCEPTION 'everybody sets up their own phone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO accounts_secondfactor (user_id, secret, confirmed_at, last_step) VALUES (who, sealed, now(), step)
    ON CONFLICT (user_id) DO UPDATE
    SET secret = excluded.secret, confirmed_at = excluded.confirmed_at, last_step = excluded.last_step;
END $$;

-- The code of a half minute is used, and each before it. In one statement, so that one sent twice at once is used once.
CREATE OR REPLACE FUNCTION accounts_use_factor(who bigint, step bigint, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_use_factor', who::text, step::text);
    UPDATE accounts_secondfactor SET last_step = step WHERE user_id = who AND user_id = access_user() AND last_step < step;
    RETURN FOUND;
END $$;

-- New recovery codes of the one who acts, by their hashes (hexadecimal); the old ones are gone.
CREATE OR REPLACE FUNCTION accounts_set_recovery_codes(who bigint, hashes text[], permit text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_set_recovery_codes', who::text, array_to_string(hashes, E'\n'));
    IF who IS DISTINCT FROM access_user() THEN
        RAISE EXCEPTION 'everybody makes their own recovery codes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM accounts_recoverycode WHERE user_id = who;
    INSERT INTO accounts_recoverycode (user_id, code_hash) SELECT who, decode(hash, 'hex') FROM unnest(hashes) AS hash;
END $$;

-- Uses up a link of the one who acts, while it holds. Returns whether it did.
CREATE OR REPLACE FUNCTION accounts_use_link(wanted bigint, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_use_link', wanted::text);
    UPDATE accounts_link SET used_at = now()
    WHERE id = wanted AND user_id = access_user() AND used_at IS NULL AND expires_at > now();
    RETURN FOUND;
END $$;
