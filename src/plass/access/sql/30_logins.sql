-- Logins through a login service, and logins that last. Nobody is acting yet (or any more) when these are asked.

-- The account of somebody who works here, by user name; for the first login through the login service.
CREATE OR REPLACE FUNCTION access_staff_named(wanted text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT id FROM organisation_user
    WHERE username = lower(wanted) AND kind = 'staff' AND (ended_on IS NULL OR ended_on >= current_date)
$$;

-- The account bound to a subject of a login service. An ended one is found too: it must not be bound anew by name.
CREATE OR REPLACE FUNCTION access_bound(wanted_issuer text, wanted_subject text, wanted_kind text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT u.id FROM access_subject s JOIN organisation_user u ON u.id = s.user_id
    WHERE s.issuer = wanted_issuer AND s.subject = wanted_subject AND u.kind = wanted_kind
    ORDER BY (u.ended_on IS NULL OR u.ended_on >= current_date) DESC, s.id DESC LIMIT 1
$$;

-- Whether an account is bound to somebody at a login service already.
CREATE OR REPLACE FUNCTION access_is_bound(wanted bigint, wanted_issuer text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_subject WHERE user_id = wanted AND issuer = wanted_issuer)
$$;

CREATE OR REPLACE FUNCTION access_login_began(
    key text, who bigint, how text, device text, by_issuer text, by_subject text, by_sid text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    DELETE FROM access_login l WHERE l.user_id = who
        AND NOT EXISTS (SELECT FROM django_session s WHERE s.session_key = l.session_key AND s.expire_date > now());
    INSERT INTO access_login (session_key, user_id, began_at, way, device, issuer, subject, sid)
    VALUES (key, who, now(), how, device, by_issuer, by_subject, by_sid)
    ON CONFLICT (session_key) DO UPDATE SET user_id = excluded.user_id, began_at = excluded.began_at,
        way = excluded.way, device = excluded.device, issuer = excluded.issuer, subject = excluded.subject,
        sid = excluded.sid
$$;

CREATE OR REPLACE FUNCTION access_login_ended(key text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    DELETE FROM access_login WHERE session_key = key
$$;

-- Ends the logins of one account at once, but for one of them: by the person themselves or by an administrator.
CREATE OR REPLACE FUNCTION access_end_logins(who bigint, but_for text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    ended integer;
BEGIN
    IF access_user() IS DISTINCT FROM who AND NOT access_has_role('administrator') THEN
        RETURN 0;
    END IF;
    WITH gone AS (DELETE FROM access_login WHERE user_id = who AND session_key <> but_for RETURNING session_key)
    DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM gone);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;

-- Ends logins because the login service says so: one session of theirs (sid), or every login of a subject.
CREATE OR REPLACE FUNCTION access_end_logins_from(by_issuer text, by_sid text, by_subject text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    ended integer;
BEGIN
    WITH gone AS (
        DELETE FROM access_login
        WHERE issuer = by_issuer AND by_issuer <> ''
          AND CASE WHEN by_sid <> '' THEN sid = by_sid ELSE by_subject <> '' AND subject = by_subject END
        RETURNING session_key)
    DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM gone);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;

-- The account that a link is for, while it holds.
CREATE OR REPLACE FUNCTION access_link_for(wanted bytea)
RETURNS TABLE (id bigint, user_id bigint, username text, kind text, purpose text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT l.id, u.id, u.username, u.kind, l.purpose FROM access_link l JOIN organisation_user u ON u.id = l.user_id
    WHERE l.token_hash = wanted AND l.used_at IS NULL AND l.expires_at > now()
      AND (u.ended_on IS NULL OR u.ended_on >= current_date)
$$;

-- For the administrator's pages: whether accounts have a second factor, and since when; never the secret.
CREATE OR REPLACE FUNCTION access_factor_since(who bigint) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT confirmed_at FROM access_secondfactor
    WHERE user_id = who AND (user_id = access_user() OR access_has_role('administrator'))
$$;

CREATE OR REPLACE FUNCTION access_forget_factor(who bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT access_has_role('administrator') THEN
        RETURN false;
    END IF;
    DELETE FROM access_recoverycode WHERE user_id = who;
    DELETE FROM access_secondfactor WHERE user_id = who;
    RETURN FOUND;
END $$;
