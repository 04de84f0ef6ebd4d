-- What an administrator asks for and a second person answers: a new password link, a phone's codes and the passkeys taken
-- away, a role, what a group gives, and a first login through the login service. The table is added to by administrators
-- alone (its row policy); whatever follows from an answer is done here, so that no statement of an administrator's own
-- session does it.

-- Whether somebody may answer a request at all: never the one who asked, never the one it is about, and nobody whose own
-- link, phone or first login was asked for by the same administrator in the last thirty days. A role that was asked for
-- beside those they had says nothing against them: they did not ask for it. By that role itself they do not answer (below).
CREATE OR REPLACE FUNCTION accounts_is_independent(who bigint, asked accounts_approvalrequest) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT who <> asked.asked_by_id AND who IS DISTINCT FROM asked.user_id AND NOT EXISTS (
        SELECT FROM accounts_approvalrequest earlier
        WHERE earlier.user_id = who AND earlier.asked_by_id = asked.asked_by_id AND earlier.outcome = 'approved'
          AND (earlier.kind <> 'role' OR earlier.link_id IS NOT NULL)
          AND earlier.answered_at > asked.asked_at - interval '30 days')
$$;
COMMENT ON FUNCTION accounts_is_independent(bigint, accounts_approvalrequest) IS 'for other functions';

-- Whether somebody may answer a request by a role of theirs: not by one that the same administrator asked for in the last
-- thirty days.
CREATE FUNCTION accounts_answers_by(held organisation_membership, asked accounts_approvalrequest) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT accounts_is_independent(held.user_id, asked) AND NOT EXISTS (
        SELECT FROM accounts_approvalrequest earlier
        WHERE earlier.user_id = held.user_id AND earlier.asked_by_id = asked.asked_by_id AND earlier.outcome = 'approved'
          AND earlier.kind = 'role' AND earlier.role = held.role
          AND (earlier.county_id, earlier.office_id, earlier.team_id)
              IS NOT DISTINCT FROM (held.county_id, held.office_id, held.team_id)
          AND held.started_on >= (earlier.answered_at AT TIME ZONE 'Europe/Oslo')::date
          AND earlier.answered_at > asked.asked_at - interval '30 days')
$$;
COMMENT ON FUNCTION accounts_answers_by(organisation_membership, accounts_approvalrequest) IS 'for other functions';

-- Who may answer: whoever leads the place of the role that is asked for, or a place where the person has had a role for more
-- than thirty days, and where they have none so old, the place of their first: whoever leads a place that somebody was just
-- given a role in does not answer for what they have elsewhere. A role that ended counts for thirty days from when that was
-- written, whatever day was written: else whoever asks ends it first. Where no leader may answer, the data protection officer
-- of the place. Another administrator only where there is neither, but for the one who asks and the one it is about: a
-- leader by the asker's own asking is answered for by no stranger, but answers when another administrator asks.
CREATE OR REPLACE FUNCTION accounts_approvers_of(asked accounts_approvalrequest) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH held AS (
        SELECT m.county_id, m.office_id, m.team_id, m.started_on, min(m.started_on) OVER () AS first_on
        FROM organisation_membership m
        WHERE asked.kind IN ('password', 'factor', 'login') AND m.user_id = asked.user_id
          AND (m.ended_on IS NULL OR m.ended_on >= access_today() - 30 OR EXISTS (
              SELECT FROM access_change h WHERE h."table" = 'organisation_membership' AND h."row" = m.id
                AND h.operation = 'update' AND h.at > now() - interval '30 days' AND h.new ? 'ended_on'))
    ), places AS (
        SELECT asked.county_id, asked.office_id, asked.team_id WHERE asked.kind IN ('role', 'group')
        UNION
        SELECT county_id, office_id, team_id FROM held WHERE started_on <= greatest(first_on, access_today() - 30)
    ), today AS (
        SELECT m AS membership, m.user_id, m.role, m.county_id, m.office_id
        FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
        WHERE m.role IN ('data_protection', 'administrator') AND u.kind = 'staff'
          AND (u.ended_on IS NULL OR u.ended_on >= access_today())
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
    ), leaders AS (
        SELECT l.user_id, accounts_answers_by(l, asked) AS may
        FROM places p CROSS JOIN LATERAL access_leaderships_of(p.county_id, p.office_id, p.team_id) l
    ), officers AS (
        SELECT t.user_id, accounts_answers_by(t.membership, asked) AS may
        FROM places p LEFT JOIN organisation_office o ON o.id = p.office_id
        JOIN today t ON t.role = 'data_protection' AND (t.office_id = p.office_id OR t.county_id = coalesce(p.county_id, o.county_id))
    )
    SELECT coalesce(array_agg(DISTINCT a.user_id), '{}') FROM (
        SELECT user_id FROM leaders WHERE may
        UNION ALL
        SELECT user_id FROM officers WHERE may AND NOT EXISTS (SELECT FROM leaders WHERE may)
        UNION ALL
        SELECT user_id FROM today
        WHERE role = 'administrator' AND accounts_answers_by(membership, asked) AND NOT EXISTS (
            SELECT FROM (SELECT * FROM leaders UNION ALL SELECT * FROM officers) there
            WHERE there.user_id <> asked.asked_by_id AND there.user_id IS DISTINCT FROM asked.user_id)) a
$$;
COMMENT ON FUNCTION accounts_approvers_of(accounts_approvalrequest) IS 'for other functions';

-- A request waits for fourteen days.
CREATE OR REPLACE FUNCTION accounts_waits(asked accounts_approvalrequest) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT asked.outcome = '' AND asked.asked_at > now() - interval '14 days'
$$;
COMMENT ON FUNCTION accounts_waits(accounts_approvalrequest) IS 'for other functions';

-- The requests that the acting user may answer.
CREATE OR REPLACE FUNCTION accounts_requests_to_answer() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(r.id), '{}') FROM accounts_approvalrequest r
    WHERE access_is_staff() AND r.outcome = '' AND accounts_waits(r) AND access_user() = ANY (accounts_approvers_of(r))
$$;

-- Whom those requests are about: whoever answers reads what was asked for about the person before.
CREATE OR REPLACE FUNCTION accounts_asked_about() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT user_id), '{}') FROM accounts_approvalrequest
    WHERE user_id IS NOT NULL AND id = ANY (accounts_requests_to_answer())
$$;

-- How many cases are open today to the person whom a request is about, for whoever may answer it: a number, and not which. Those
-- of protected people are not counted: how many of them somebody follows is nobody else's to know. By the participant's own row:
-- whoever answers may have referred one that is shielded because of somebody whom they may not know of.
CREATE OR REPLACE FUNCTION accounts_cases_of_asked(wanted bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who bigint := (SELECT user_id FROM accounts_approvalrequest WHERE id = wanted AND id = ANY (accounts_requests_to_answer()));
BEGIN
    RETURN CASE WHEN who IS NOT NULL THEN (
        WITH held AS (
            SELECT m.role, m.team_id, coalesce(m.office_id, t.office_id) AS office_id
            FROM organisation_membership m LEFT JOIN organisation_team t ON t.id = m.team_id
            WHERE m.user_id = who AND m.role IN ('specialist', 'supervisor', 'counsellor')
              AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today()))
        SELECT count(*) FROM cases_case c JOIN cases_participant p ON p.id = c.participant_id
        WHERE p.protection = '' AND EXISTS (
            SELECT FROM held h
            WHERE (h.team_id = c.team_id AND h.role <> 'counsellor')
               OR (h.office_id = c.office_id AND (
                      (c.specialist_id = who AND h.role <> 'counsellor') OR (c.counsellor_id = who AND h.role = 'counsellor')
                      OR (c.referred_by_id = who AND c.referrer_ended_at IS NULL)))
               OR EXISTS (SELECT FROM access_grant g WHERE g.case_id = c.id AND g.user_id = who AND g.expires_at > now()))) END;
END $$;

-- Who may answer a request, for those who see it: the page says whose answer it waits for.
CREATE OR REPLACE FUNCTION accounts_approvers(wanted bigint) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT accounts_approvers_of(r) FROM accounts_approvalrequest r
    WHERE r.id = wanted AND (access_has_role('administrator') OR r.user_id = access_user()
                             OR access_user() = ANY (accounts_approvers_of(r)))
$$;

-- Does what was asked for. Returns the link it made, if any.
CREATE OR REPLACE FUNCTION accounts_carry_out(asked accounts_approvalrequest, hash bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made bigint;
    new_here boolean := asked.with_link AND NOT EXISTS (SELECT FROM organisation_membership m WHERE m.user_id = asked.user_id);
BEGIN
    IF asked.kind = 'factor' THEN
        PERFORM accounts_end_every_way_in(asked.user_id, 'lost_phone');
        -- Whoever has the phone may have the link too. One approved since the phone was reported lost is for the owner.
        PERFORM accounts_end_links(asked.user_id, asked.asked_at);
    ELSIF asked.kind = 'role' THEN
        INSERT INTO organisation_membership
            (user_id, role, county_id, office_id, team_id, started_on, ended_on, given_by_group)
        SELECT asked.user_id, asked.role, asked.county_id, asked.office_id, asked.team_id,
               greatest(asked.started_on, access_today()), asked.ended_on, ''
        WHERE NOT EXISTS (
            SELECT FROM organisation_membership m
            WHERE m.user_id = asked.user_id AND m.role = asked.role AND m.ended_on IS NULL
              AND (m.county_id, m.office_id, m.team_id)
                  IS NOT DISTINCT FROM (asked.county_id, asked.office_id, asked.team_id));
    ELSIF asked.kind = 'group' THEN
        INSERT INTO organisation_grouprole ("group", role, county_id, office_id, team_id)
        VALUES (asked."group", asked.role, asked.county_id, asked.office_id, asked.team_id)
        ON CONFLICT DO NOTHING;
    END IF;
    -- Beside a role only for somebody who never had one: whoever leads the new place does not answer for the old ones, and
    -- those may have been ended for that. Who comes back gets a link by a request of its own.
    IF asked.kind = 'password' OR new_here THEN
        PERFORM accounts_end_unfinished(asked.user_id);
        UPDATE accounts_link SET used_at = now()
        WHERE user_id = asked.user_id AND purpose = 'password' AND used_at IS NULL;
        INSERT INTO accounts_link (user_id, purpose, token_hash, made_at, made_by_id, expires_at)
        VALUES (asked.user_id, 'password', hash, now(), access_user(), now() + interval '3 days')
        RETURNING id INTO made;
    END IF;
    RETURN made;
END $$;
COMMENT ON FUNCTION accounts_carry_out(accounts_approvalrequest, bytea) IS 'for other functions';


-- The second person's answer, signed by the web process: whoever chooses the hash has the link. `hash` is that of the link's
-- secret, which the one who answers is shown. Returns whether it was theirs to answer and nobody was quicker.
CREATE OR REPLACE FUNCTION accounts_answer_request(wanted bigint, yes boolean, said text, hash bytea, permit text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked accounts_approvalrequest;
    made bigint;
BEGIN
    PERFORM access_demand(permit, 'accounts_answer_request', wanted::text, yes::text, said, encode(hash, 'hex'));
    SELECT * INTO asked FROM accounts_approvalrequest WHERE id = wanted FOR UPDATE;
    IF NOT FOUND OR NOT access_is_staff() OR NOT accounts_waits(asked) OR (NOT yes AND btrim(said) = '')
       OR NOT access_user() = ANY (accounts_approvers_of(asked)) OR asked.ended_on < access_today() THEN
        RETURN false;
    END IF;
    -- Bound meanwhile, or to another: then there is nothing left to approve.
    IF yes AND asked.kind = 'login' AND NOT accounts_confirm_first_login(asked.first_login_id, asked.user_id) THEN
        RETURN false;
    END IF;
    IF NOT yes AND asked.kind = 'login' THEN
        PERFORM accounts_mark_refused(asked.first_login_id);
    END IF;
    IF yes THEN
        made := accounts_carry_out(asked, hash);
    END IF;
    UPDATE accounts_approvalrequest SET outcome = CASE WHEN yes THEN 'approved' ELSE 'refused' END,
        answered_at = now(), answered_by_id = access_user(), answer = btrim(said), link_id = made
    WHERE id = wanted;
    RETURN true;
END $$;

-- The person proves it themselves: they showed a login service who they are at most ten minutes ago, and are logged in by that in
-- the session of that key. An older login shows who was there then, not who sits at the screen now.
CREATE OR REPLACE FUNCTION accounts_prove_request(wanted bigint, key text, hash bytea, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked accounts_approvalrequest;
    made bigint;
BEGIN
    PERFORM access_demand(permit, 'accounts_prove_request', wanted::text, key, encode(hash, 'hex'));
    SELECT * INTO asked FROM accounts_approvalrequest WHERE id = wanted FOR UPDATE;
    IF NOT FOUND OR NOT accounts_waits(asked) OR asked.user_id IS DISTINCT FROM access_user()
       OR asked.kind NOT IN ('password', 'factor') OR NOT EXISTS (
           SELECT FROM accounts_login l JOIN django_session s USING (session_key)
           WHERE l.session_key = accounts_session_name(key) AND l.user_id = access_user() AND l.issuer <> '' AND s.expire_date > now()
             AND l.authenticated_at > now() - interval '10 minutes') THEN
        RETURN false;
    END IF;
    made := accounts_carry_out(asked, hash);
    UPDATE accounts_approvalrequest SET outcome = 'proven', answered_at = now(), answered_by_id = access_user(), link_id = made
    WHERE id = wanted;
    RETURN true;
END $$;

-- Stopped before it takes effect: by an administrator or the person while it waits, by the person or the one who said yes
-- while the link has not been used.
CREATE OR REPLACE FUNCTION accounts_stop_request(wanted bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked accounts_approvalrequest;
BEGIN
    SELECT * INTO asked FROM accounts_approvalrequest WHERE id = wanted FOR UPDATE;
    IF NOT FOUND OR access_user() IS NULL THEN
        RETURN false;
    END IF;
    IF asked.outcome = '' AND (asked.user_id = access_user() OR access_has_role('administrator')) THEN
        UPDATE accounts_approvalrequest SET outcome = 'stopped', answered_at = now(), answered_by_id = access_user()
        WHERE id = wanted;
        RETURN true;
    END IF;
    IF asked.link_id IS NOT NULL AND access_user() IN (asked.user_id, asked.answered_by_id) THEN
        UPDATE accounts_link SET used_at = now() WHERE id = asked.link_id AND used_at IS NULL;
        RETURN FOUND;
    END IF;
    RETURN false;
END $$;

-- A line of the log of who looked says by which approved link or reset phone its user is logged in, as long as that lasts.
CREATE OR REPLACE FUNCTION accounts_mark_opening() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.approval_id := (
        SELECT l.approval_id FROM accounts_login l JOIN django_session s USING (session_key)
        WHERE l.user_id = NEW.user_id AND l.approval_id IS NOT NULL AND s.expire_date > now()
        ORDER BY l.began_at DESC LIMIT 1);
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER accounts_opening_login BEFORE INSERT ON access_accesslogentry
    FOR EACH ROW EXECUTE FUNCTION accounts_mark_opening();

-- The web role changes nobody's password but that of the acting user, and makes no account of staff with one.
CREATE OR REPLACE FUNCTION accounts_keep_password() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user = 'plass_web' AND NEW.id IS DISTINCT FROM access_user() AND (
        CASE WHEN TG_OP = 'INSERT' THEN NEW.password NOT LIKE '!%' ELSE NEW.password IS DISTINCT FROM OLD.password END) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody chooses the password of somebody else';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER accounts_password_is_ones_own BEFORE INSERT OR UPDATE OF password ON organisation_user
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_password();
