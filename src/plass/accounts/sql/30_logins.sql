-- Logins through a login service, and logins that last. Nobody is acting yet (or any more) when these are asked: they demand
-- that the web process signed them (access_demand), or check who acts.

-- The account bound to a subject of a login service, with the generation that a login begun by it belongs to. An ended one is
-- found too: it must not be bound anew by name.
CREATE OR REPLACE FUNCTION accounts_bound(wanted_issuer text, wanted_subject text, wanted_kind text, permit text)
RETURNS TABLE (id bigint, generation integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'accounts_bound', wanted_issuer, wanted_subject, wanted_kind);
    SELECT u.id, coalesce(w.generation, 0)
    FROM accounts_subject s JOIN organisation_user u ON u.id = s.user_id LEFT JOIN accounts_waysin w ON w.user_id = u.id
    WHERE s.issuer = wanted_issuer AND s.subject = wanted_subject AND u.kind = wanted_kind
    ORDER BY (u.ended_on IS NULL OR u.ended_on >= access_today()) DESC, s.id DESC LIMIT 1
$$;

-- Binds the account of a contact person who acts to a subject of a login service. Twice is once. Whether it is bound: not where
-- another account of a contact person, that has not ended, is bound to that subject: one after the other, so that two who ask at
-- the same moment see each other. An account of somebody who
-- works here is bound where a first login is confirmed and a second person says yes to it (35_first_login.sql).
CREATE OR REPLACE FUNCTION accounts_bind(by_issuer text, by_subject text, who bigint, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_bind', by_issuer, by_subject, who::text);
    IF who IS DISTINCT FROM access_user()
       OR NOT EXISTS (SELECT FROM organisation_user WHERE id = who AND kind = 'employer') THEN
        RAISE EXCEPTION 'nobody binds the account of another, nor their own at work' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM access_lock('binding ' || by_issuer || ' ' || by_subject);
    IF EXISTS (SELECT FROM accounts_subject s JOIN organisation_user u ON u.id = s.user_id
               WHERE s.issuer = by_issuer AND s.subject = by_subject AND u.kind = 'employer' AND u.id <> who
                 AND (u.ended_on IS NULL OR u.ended_on >= access_today())) THEN
        RETURN false;
    END IF;
    INSERT INTO accounts_subject (issuer, subject, user_id, bound_at) VALUES (by_issuer, by_subject, who, now())
    ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

-- Ends a binding of the contact person who acts, to one subject of a login service.
CREATE OR REPLACE FUNCTION accounts_unbind(wanted bigint, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_unbind', wanted::text);
    DELETE FROM accounts_subject s USING organisation_user u
    WHERE s.id = wanted AND u.id = s.user_id AND u.id = access_user() AND u.kind = 'employer';
    RETURN FOUND;
END $$;

-- The newest yes to a new link or a lost phone of somebody in the last thirty days: every login by password until then is
-- marked with it, and by a passkey (whoever came in by the link may have added it); and every one through the login service
-- with the yes to their first login. A link counts from when it was used.
CREATE OR REPLACE FUNCTION accounts_approved_lately(who bigint, by_password boolean) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.id FROM accounts_approvalrequest r LEFT JOIN accounts_link l ON l.id = r.link_id
    WHERE r.user_id = who AND r.outcome = 'approved' AND r.answered_at > now() - interval '30 days'
      AND CASE WHEN by_password THEN r.kind = 'factor' OR l.used_at IS NOT NULL ELSE r.kind = 'login' END
    ORDER BY r.answered_at DESC LIMIT 1
$$;
COMMENT ON FUNCTION accounts_approved_lately(bigint, boolean) IS 'for other functions';

-- `authenticated`: when the person last showed the login service who they are, in seconds since 1970; NULL by other ways.
CREATE OR REPLACE FUNCTION accounts_login_began(
    key text, who bigint, how text, device text, by_issuer text, by_subject text, by_sid text, authenticated bigint, permit text)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'accounts_login_began',
        key, who::text, how, device, by_issuer, by_subject, by_sid, authenticated::text);
    DELETE FROM accounts_login l WHERE l.user_id = who
        AND NOT EXISTS (SELECT FROM django_session s WHERE s.session_key = l.session_key AND s.expire_date > now());
    INSERT INTO accounts_login (session_key, user_id, began_at, way, device, issuer, subject, sid, authenticated_at, approval_id)
    VALUES (accounts_session_name(key), who, now(), how, device, by_issuer, by_subject, by_sid,
            CASE WHEN authenticated IS NOT NULL THEN least(to_timestamp(authenticated), now()) END,
            accounts_approved_lately(who, how IN ('password', 'passkey')))
    ON CONFLICT (session_key) DO UPDATE SET user_id = excluded.user_id, began_at = excluded.began_at,
        way = excluded.way, device = excluded.device, issuer = excluded.issuer, subject = excluded.subject,
        sid = excluded.sid, authenticated_at = excluded.authenticated_at, approval_id = excluded.approval_id
$$;

-- The session of a login of the acting user has another key now: the login is that of the new one, and ends with it.
CREATE OR REPLACE FUNCTION accounts_login_moved(old_key text, new_key text, permit text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_demand(permit, 'accounts_login_moved', old_key, new_key);
    UPDATE accounts_login SET session_key = accounts_session_name(new_key)
    WHERE session_key = accounts_session_name(old_key) AND user_id = access_user()
$$;

-- The login whose session has that key is over: the program deletes the session with it.
CREATE OR REPLACE FUNCTION accounts_login_ended(key text, permit text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_demand(permit, 'accounts_login_ended', key);
    DELETE FROM accounts_login WHERE session_key = accounts_session_name(key)
$$;

-- Ends the logins of one account at once, but for one of them: by the person themselves or by an administrator.
CREATE OR REPLACE FUNCTION accounts_end_logins(who bigint, but_for text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF access_user() IS DISTINCT FROM who AND NOT access_has_role('administrator') THEN
        RETURN 0;
    END IF;
    RETURN accounts_end_every_login(who, but_for);
END $$;

-- The hash by which notices name a session (`sid`) or a person (`sub`) at a login service where somebody logged out.
CREATE OR REPLACE FUNCTION accounts_notice_of(what text, by_issuer text, named text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(jsonb_build_array(what, by_issuer, named)::text, 'UTF8'))
$$;
COMMENT ON FUNCTION accounts_notice_of(text, text, text) IS 'for other functions';

-- Ends logins because the login service says so: one session of theirs (sid), or every login of a subject. A login that is on
-- its way is not noted yet: the notice waits for it, or is kept for it (accounts_logged_out_there). `said`: when the service
-- wrote the notice, in seconds since 1970; NULL where it does not say: a frame, that nobody signed. `keep`: whether it is kept.
CREATE FUNCTION accounts_end_logins_from(
    by_issuer text, by_sid text, by_subject text, said bigint, keep boolean, permit text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    named bytea := CASE WHEN by_sid <> '' THEN accounts_notice_of('sid', by_issuer, by_sid)
                        ELSE accounts_notice_of('sub', by_issuer, by_subject) END;
    before_then timestamptz := coalesce(to_timestamp(said), CASE WHEN by_sid = '' THEN clock_timestamp() END);
    ended integer;
BEGIN
    PERFORM access_demand(permit, 'accounts_end_logins_from', by_issuer, by_sid, by_subject, said::text, keep::text);
    IF by_issuer = '' OR (by_sid = '' AND by_subject = '') THEN
        RETURN 0;
    END IF;
    PERFORM access_lock(encode(named, 'hex'));
    -- A token is used within an hour (oidc.KEEP; accounts_logged_out_there says the same).
    DELETE FROM accounts_logoutnotice WHERE name_hash IN (
        SELECT name_hash FROM accounts_logoutnotice WHERE received_at < clock_timestamp() - interval '1 hour'
        LIMIT 100 FOR UPDATE SKIP LOCKED);
    -- Whoever knows the address can ask for the frame with made-up sessions. So of what is not signed (`before` is NULL) the
    -- last 10,000 are kept: the newest always, for which a login may be on its way.
    DELETE FROM accounts_logoutnotice WHERE keep AND before_then IS NULL AND name_hash IN (
        SELECT name_hash FROM accounts_logoutnotice WHERE before IS NULL ORDER BY received_at
        LIMIT (SELECT greatest(0, count(*) - 9999) FROM accounts_logoutnotice WHERE before IS NULL) FOR UPDATE SKIP LOCKED);
    INSERT INTO accounts_logoutnotice AS n (name_hash, before, received_at)
    SELECT named, before_then, clock_timestamp() WHERE keep
    ON CONFLICT (name_hash) DO UPDATE
    SET before = greatest(n.before, excluded.before), received_at = excluded.received_at;
    WITH gone AS (
        DELETE FROM accounts_login
        WHERE issuer = by_issuer AND CASE WHEN by_sid <> '' THEN sid = by_sid ELSE subject = by_subject END
        RETURNING session_key)
    DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM gone);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;

-- Whether the login service said already that this login, which is about to begin here, is over. A notice that comes from now
-- on waits until the transaction ends, and then ends it.
CREATE OR REPLACE FUNCTION accounts_logged_out_there(
    by_issuer text, by_sid text, by_subject text, authenticated bigint, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    session bytea := accounts_notice_of('sid', by_issuer, by_sid);
    person bytea := accounts_notice_of('sub', by_issuer, by_subject);
BEGIN
    PERFORM access_demand(permit, 'accounts_logged_out_there', by_issuer, by_sid, by_subject, authenticated::text);
    -- Of a name that the service does not say, no notice comes; and all such logins would wait for one another.
    PERFORM access_lock(encode(session, 'hex')) WHERE by_sid <> '';
    PERFORM access_lock(encode(person, 'hex')) WHERE by_subject <> '';
    RETURN EXISTS (
        SELECT FROM accounts_logoutnotice
        WHERE received_at > clock_timestamp() - interval '1 hour'
          AND ((name_hash = session AND by_sid <> '') OR (name_hash = person AND to_timestamp(authenticated) <= before)));
END $$;

-- The account that a link is for, while it holds.
CREATE OR REPLACE FUNCTION accounts_link_for(wanted bytea, permit text)
RETURNS TABLE (id bigint, user_id bigint, username text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'accounts_link_for', encode(wanted, 'hex'));
    SELECT l.id, u.id, u.username FROM accounts_link l JOIN organisation_user u ON u.id = l.user_id
    WHERE l.token_hash = wanted AND l.purpose = 'password' AND l.used_at IS NULL AND l.expires_at > now()
      AND (u.ended_on IS NULL OR u.ended_on >= access_today())
$$;

-- For the administrator's pages: whether accounts have a second factor, and since when; never the secret.
CREATE OR REPLACE FUNCTION accounts_factor_since(who bigint) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT confirmed_at FROM accounts_secondfactor
    WHERE user_id = who AND (user_id = access_user() OR access_has_role('administrator'))
$$;

-- Taking a phone's codes away is answered by a second person (40_approvals.sql).
