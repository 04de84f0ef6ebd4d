-- Sessions: who has the key of one may read and write it, and nobody else reads any. The key stands in the browser's cookie alone;
-- here the session is called by a hash of it, so that a stolen backup or a statement smuggled into a page holds no session
-- that anybody could use. 160 bits of the hash: as many as the column holds in hexadecimal.
CREATE OR REPLACE FUNCTION accounts_session_name(key text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public AS $$
    SELECT left(encode(sha256(convert_to(key, 'UTF8')), 'hex'), 40)
$$;

-- What a session holds, and whose login it is by the note of it (accounts_login): NULL before anybody has logged in, where the
-- note is gone, and where the session is a copy under another key.
CREATE OR REPLACE FUNCTION accounts_session(key text) RETURNS TABLE (contents text, account bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.session_data, l.user_id FROM django_session s LEFT JOIN accounts_login l USING (session_key)
    WHERE s.session_key = accounts_session_name(key) AND s.expire_date > clock_timestamp()
$$;
COMMENT ON FUNCTION accounts_session(text) IS 'for anybody: who has the key of a session';

-- Writes a session; false where it is to be new and there is one, or is to be there and is gone.
CREATE OR REPLACE FUNCTION accounts_session_write(key text, contents text, expires timestamptz, as_new boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF length(key) < 32 THEN
        RETURN false;
    END IF;
    IF as_new THEN
        INSERT INTO django_session (session_key, session_data, expire_date)
        VALUES (accounts_session_name(key), contents, expires) ON CONFLICT DO NOTHING;
    ELSE
        UPDATE django_session SET session_data = contents, expire_date = expires
        WHERE session_key = accounts_session_name(key);
    END IF;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION accounts_session_write(text, text, timestamptz, boolean) IS 'for anybody: who has the key of a session';

CREATE OR REPLACE FUNCTION accounts_session_exists(key text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM django_session WHERE session_key = accounts_session_name(key))
$$;
COMMENT ON FUNCTION accounts_session_exists(text) IS 'for anybody: who has the key of a session';

CREATE OR REPLACE FUNCTION accounts_session_end(key text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    DELETE FROM django_session WHERE session_key = accounts_session_name(key)
$$;
COMMENT ON FUNCTION accounts_session_end(text) IS 'for anybody: who has the key of a session';

CREATE OR REPLACE FUNCTION accounts_sessions_forget_old() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    DELETE FROM django_session WHERE expire_date < now()
$$;
COMMENT ON FUNCTION accounts_sessions_forget_old() IS 'for anybody: deletes what has expired, and says nothing';

-- The logins of the acting user that last, this one first, then the newest.
CREATE OR REPLACE FUNCTION accounts_logins(this_key text)
RETURNS TABLE (device text, way text, began_at timestamptz, this_one boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT l.device, l.way, l.began_at, l.session_key = accounts_session_name(this_key) AS here
    FROM accounts_login l JOIN django_session s USING (session_key)
    WHERE l.user_id = access_user() AND s.expire_date > now()
    ORDER BY here DESC, l.began_at DESC LIMIT 50
$$;
