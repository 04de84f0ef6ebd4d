-- The first login of somebody who works here, through the login service. A user name is no proof: the service gives it to
-- somebody else when the first one leaves. So the account is bound to the service's lasting identifier when a first login that
-- waits is approved (40_approvals.sql). Nobody writes either table otherwise.


-- Whether an account has a subject at a login service, or a subject an account of staff: for the functions below.
CREATE OR REPLACE FUNCTION accounts_taken(account bigint, by_issuer text, by_subject text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM accounts_subject WHERE user_id = account AND issuer = by_issuer)
        OR EXISTS (SELECT FROM accounts_subject s JOIN organisation_user u ON u.id = s.user_id
                   WHERE s.issuer = by_issuer AND s.subject = by_subject AND u.kind = 'staff')
$$;
COMMENT ON FUNCTION accounts_taken(bigint, text, text) IS 'for other functions';

-- A first login that fits an account by name alone: it waits, and nobody is let in. Nobody is acting. Returns the outcome so
-- far ('' while it waits); NULL where no account takes it: there is none, or it is bound to somebody else already.
CREATE OR REPLACE FUNCTION accounts_ask_first_login(
    wanted_name text, by_issuer text, by_subject text, by_claim text, shown_name text, permit text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account bigint;
    known accounts_firstlogin;
BEGIN
    PERFORM access_demand(permit, 'accounts_ask_first_login', wanted_name, by_issuer, by_subject, by_claim, shown_name);
    SELECT id INTO account FROM organisation_user
    WHERE username = lower(wanted_name) AND kind = 'staff' AND (ended_on IS NULL OR ended_on >= access_today());
    IF account IS NULL OR accounts_taken(account, by_issuer, by_subject) THEN
        RETURN NULL;
    END IF;
    INSERT INTO accounts_firstlogin AS f
        (user_id, issuer, subject, claim, login_name, full_name, asked_at, last_asked_at, outcome)
    VALUES (account, by_issuer, by_subject, by_claim, wanted_name, shown_name, now(), now(), '')
    -- Confirmed and released since (accounts_subject): it is asked anew.
    ON CONFLICT (user_id, issuer, subject) DO UPDATE SET last_asked_at = now(), login_name = excluded.login_name,
        full_name = excluded.full_name,
        outcome = CASE WHEN f.outcome = 'confirmed' THEN '' ELSE f.outcome END,
        answered_at = CASE WHEN f.outcome = 'confirmed' THEN NULL ELSE f.answered_at END,
        answered_by_id = CASE WHEN f.outcome = 'confirmed' THEN NULL ELSE f.answered_by_id END
    RETURNING f.* INTO known;
    RETURN known.outcome;
END $$;

-- Refused: by an administrator who is not the owner of the account, or with a no to the request (40_approvals.sql). A
-- request that waits is stopped.
CREATE OR REPLACE FUNCTION accounts_mark_refused(wanted bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE accounts_firstlogin SET outcome = 'refused', answered_at = now(), answered_by_id = access_user()
    WHERE id = wanted AND user_id <> access_user() AND outcome = '';
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION accounts_mark_refused(bigint) IS 'for other functions';

CREATE OR REPLACE FUNCTION accounts_refuse_first_login(wanted bigint, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'accounts_refuse_first_login', wanted::text);
    IF NOT access_has_role('administrator') OR NOT accounts_mark_refused(wanted) THEN
        RETURN false;
    END IF;
    UPDATE accounts_approvalrequest SET outcome = 'stopped', answered_at = now(), answered_by_id = access_user()
    WHERE first_login_id = wanted AND outcome = '';
    RETURN true;
END $$;

-- Confirmed, by whoever acts and approved it: the account is bound. Whether it could be: not where it was confirmed already,
-- the account has ended or is bound, or the identifier is another account's.
CREATE OR REPLACE FUNCTION accounts_confirm_first_login(wanted bigint, of_account bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked accounts_firstlogin;
BEGIN
    SELECT f.* INTO asked FROM accounts_firstlogin f JOIN organisation_user u ON u.id = f.user_id
    WHERE f.id = wanted AND f.user_id = of_account AND f.user_id <> access_user() AND u.kind = 'staff'
      AND (u.ended_on IS NULL OR u.ended_on >= access_today()) AND f.outcome IN ('', 'refused')
    FOR UPDATE OF f, u;
    IF NOT FOUND OR accounts_taken(asked.user_id, asked.issuer, asked.subject) THEN
        RETURN false;
    END IF;
    UPDATE accounts_firstlogin SET outcome = 'confirmed', answered_at = now(), answered_by_id = access_user()
    WHERE id = wanted;
    INSERT INTO accounts_subject (issuer, subject, user_id, bound_at)
    VALUES (asked.issuer, asked.subject, asked.user_id, now());
    RETURN true;
END $$;
COMMENT ON FUNCTION accounts_confirm_first_login(bigint, bigint) IS 'for other functions';
