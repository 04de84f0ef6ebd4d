-- Who is acting, and what follows from it. Each transaction of the web process says who is acting (access/current_user.py), signed
-- with a key that it has in its memory and that stands here in a table the web role cannot read:
--     SELECT set_config('plass.user', '42|<HMAC-SHA-256>', true)
-- The signature is of the user, the connection and the transaction, so it holds nowhere else; whatever else a statement
-- writes there is nobody. After the transaction the setting reads as the empty string again: nobody acts, nothing is seen.
-- The functions are SECURITY DEFINER so that they can read the tables their own policies depend on; each answers one
-- narrow question about the acting user. Policies call them in a scalar subquery, so that they run once a query.
-- rows.apply() gives each of them the search path "public, pg_temp".

-- The day where people are. Never `current_date`, which is the day of the zone that a statement on the connection has chosen:
-- a role that ended yesterday would hold again. PostgreSQL puts the expression in its place, so that it costs nothing.
CREATE OR REPLACE FUNCTION access_today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (pg_catalog.now() AT TIME ZONE 'Europe/Oslo')::date
$$;

-- This transaction, as it is signed: no other has this connection's number and this beginning.
-- A statement prepared in SQL is refused: the program prepares through the protocol alone, so it was left on the connection
-- by something that was smuggled into an earlier page, to lie in wait for this one. So is another time zone than the
-- program's, with which each of its transactions begins (plass.db.backend).
CREATE OR REPLACE FUNCTION access_transaction() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = public AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_prepared_statements WHERE from_sql) THEN
        RAISE EXCEPTION 'a statement was left on this connection' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_setting('TimeZone') <> 'Europe/Oslo' THEN
        RAISE EXCEPTION 'another time zone was left on this connection' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN pg_backend_pid() || ':' || (extract(epoch FROM now()) * 1000000)::bigint;
END $$;

-- HMAC-SHA-256 (RFC 2104) of a name and a value, for this transaction; the key's two pads are kept as they are needed.
-- Here and below concat() and not ||, which is a function of its own where a number stands beside it: five times as slow.
CREATE OR REPLACE FUNCTION access_mac(name text, value text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(
        concat(name, '|', value, '|', pg_backend_pid(), ':', (extract(epoch FROM now()) * 1000000)::bigint), 'UTF8'))), 'hex')
        FROM public.access_actingkey);
END $$;
COMMENT ON FUNCTION access_mac(text, text) IS 'for other functions';

-- The acting user; NULL where nobody acts, or where the setting was not signed by the web process for this transaction.
-- Not for parallel workers, which have numbers of their own.
CREATE OR REPLACE FUNCTION access_user() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = public AS $$
DECLARE
    stamp text := current_setting('plass.user', true);
    who text;
BEGIN
    IF stamp IS NULL OR stamp = '' THEN
        RETURN NULL;
    END IF;
    who := split_part(stamp, '|', 1);
    -- access_mac() written out: this is asked some hundred times a page.
    IF split_part(stamp, '|', 2) = (
        SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(
            concat('user|', who, '|', pg_backend_pid(), ':', (extract(epoch FROM now()) * 1000000)::bigint), 'UTF8'))), 'hex')
        FROM access_actingkey) THEN
        RETURN who::bigint;
    END IF;
    RETURN NULL;
END $$;

-- What was worked out about the acting user and is kept in a setting until the transaction ends, with its own signature: a
-- statement that writes the setting writes something that nobody reads. The signature is also of the word that says who acts,
-- so that what was kept while one acted, or nobody, is never read while another does. And of the state of what it was worked
-- out from (access_state): each change of that (access_forget) gives the connection's row another number that no earlier one
-- had, and takes it back where the change itself is taken back. So a statement that changes something in a savepoint, copies
-- what is kept, takes the change back and writes the copy again has written something that nobody reads.
CREATE OR REPLACE FUNCTION access_keep(name text, value text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    stamp text := coalesce(current_setting('plass.user', true), '');
BEGIN
    -- With its length, for anything may stand there: what follows it must not be taken for a part of it.
    PERFORM set_config('plass.' || name, public.access_mac(name, concat(length(stamp), ':', stamp, '|', (
        SELECT s.state FROM public.access_state s WHERE s.backend = pg_backend_pid()), '|', value)) || value, true);
END $$;
COMMENT ON FUNCTION access_keep(text, text) IS 'for other functions';

CREATE OR REPLACE FUNCTION access_kept(name text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    kept text := current_setting('plass.' || name, true);
    value text := substr(kept, 65);
    stamp text := coalesce(current_setting('plass.user', true), '');
BEGIN
    IF kept <> '' AND left(kept, 64) = (
        -- access_mac() written out, as above.
        SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(
            concat(name, '|', length(stamp), ':', stamp, '|', (
                SELECT s.state FROM public.access_state s WHERE s.backend = pg_backend_pid()), '|', value, '|',
                pg_backend_pid(), ':', (extract(epoch FROM now()) * 1000000)::bigint), 'UTF8'))), 'hex')
        FROM public.access_actingkey) THEN
        RETURN value;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION access_kept(text) IS 'for other functions';

-- Raises unless the web process signed this very question, with these words, for this transaction. For what is asked before
-- anybody acts: the functions below say its name and their own parameters.
CREATE OR REPLACE FUNCTION access_demand(permit text, question text, VARIADIC words text[]) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF permit IS NULL OR permit IS DISTINCT FROM public.access_mac(question, coalesce((
        SELECT string_agg(encode(sha256(convert_to(coalesce(word, ''), 'UTF8')), 'hex'), ',' ORDER BY place)
        FROM unnest(words) WITH ORDINALITY AS each (word, place)), '')) THEN
        RAISE EXCEPTION '% was not asked by the web process', question USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
COMMENT ON FUNCTION access_demand(text, text, text[]) IS 'for other functions';

-- Until the transaction ends, others who lock the same wait, and then see what was done: for what counts or looks for the last one
-- before it writes (plass.db.locks asks it for the program).
CREATE FUNCTION access_lock(what text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(what, 0))
$$;
COMMENT ON FUNCTION access_lock(text) IS 'for other functions';

-- Whether the web process and the database have the same key.
CREATE OR REPLACE FUNCTION access_key_fits(permit text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(permit = access_mac('fits', ''), false)
$$;
COMMENT ON FUNCTION access_key_fits(text) IS 'for anybody: says whether a signature is right, which whoever made it knows';

-- What the acting user is here today: the roles that have not ended, of an account of the staff that has not ended.
-- Everything below asks this, so that whoever leaves is nobody at the next request.
CREATE OR REPLACE FUNCTION access_memberships()
RETURNS TABLE (user_id bigint, role text, team_id bigint, office_id bigint, county_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.user_id, m.role, m.team_id, coalesce(m.office_id, t.office_id), m.county_id FROM organisation_membership m
    JOIN organisation_user u ON u.id = m.user_id
    LEFT JOIN organisation_team t ON t.id = m.team_id
    WHERE m.user_id = access_user() AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
      AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
$$;

CREATE OR REPLACE FUNCTION access_is_staff() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_memberships())
$$;

-- Works here today in a role that has cases. What stands in a case about somebody who left opens nothing any more.
CREATE OR REPLACE FUNCTION access_works_with_people() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_memberships() WHERE role IN ('specialist', 'supervisor', 'counsellor'))
$$;

CREATE OR REPLACE FUNCTION access_has_role(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_memberships() WHERE role = wanted)
$$;

-- The teams the acting user works in as a specialist, and steps in for others of.
CREATE OR REPLACE FUNCTION access_teams() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT team_id), '{}')
    FROM access_memberships() WHERE role = 'specialist' AND team_id IS NOT NULL
$$;

-- The teams the acting user leads, and who works in them today: whose looks and emergencies they are told about.
CREATE OR REPLACE FUNCTION access_led_teams() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT team_id), '{}')
    FROM access_memberships() WHERE role = 'supervisor' AND team_id IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION access_led_people() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT user_id), '{}')
    FROM organisation_membership
    WHERE team_id = ANY ((SELECT access_led_teams())::bigint[]) AND user_id <> (SELECT access_user())
      AND started_on <= access_today() AND (ended_on IS NULL OR ended_on >= access_today())
$$;

-- For whom works here or is a participant: staff, roles and workplaces are theirs to see. An employer's account is not.
CREATE OR REPLACE FUNCTION access_is_inside() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM organisation_user WHERE id = access_user() AND kind IN ('staff', 'participant'))
$$;
