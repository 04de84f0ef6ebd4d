-- Whose own cases these are, and what an employer's contact person may read: each function answers one narrow question
-- about the acting user. An employer's account sees no row of a case, a fact or a participant; what it learns beyond the
-- releases written for it (the visits its employer takes part in, whom to call) comes column by column from here.

CREATE OR REPLACE FUNCTION rights_own_cases() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(id), '{}') FROM cases_case WHERE participant_id = access_participant()
$$;

-- The contact person whose account is acting, while the account and the person's place at the employer last.
CREATE OR REPLACE FUNCTION rights_contact_person() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT p.id
    FROM rights_contactaccount a
    JOIN organisation_user u ON u.id = a.user_id AND u.kind = 'employer'
    JOIN employers_contactperson p ON p.id = a.contact_person_id
    WHERE a.user_id = access_user() AND (u.ended_on IS NULL OR u.ended_on >= access_today())
      AND (p.left_on IS NULL OR p.left_on > access_today())
$$;

CREATE OR REPLACE FUNCTION rights_employer() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT employer_id FROM employers_contactperson WHERE id = rights_contact_person()
$$;

-- The cases the acting contact person has access to: until it is withdrawn, or the follow-up has ended.
CREATE OR REPLACE FUNCTION rights_employer_cases() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(a.case_id), '{}')
    FROM rights_employeraccess a JOIN milestone_cache k ON k.case_id = a.case_id
    WHERE a.contact_person_id = rights_contact_person() AND a.ended_at IS NULL
      AND (k.ended_on IS NULL OR k.ended_on > access_today())
$$;

-- Accounts outside the staff that stand behind something in the cases the acting user sees: the participants', and those
-- of contact persons who have, or had, access.
CREATE OR REPLACE FUNCTION rights_accounts() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH visible AS (SELECT unnest(access_cases()) AS id UNION ALL SELECT id FROM access_whole)
    SELECT coalesce(array_agg(account), '{}') FROM (
        SELECT p.user_id AS account FROM visible v
        JOIN cases_case c ON c.id = v.id JOIN cases_participant p ON p.id = c.participant_id WHERE p.user_id IS NOT NULL
        UNION
        SELECT a.user_id FROM visible v
        JOIN rights_employeraccess e ON e.case_id = v.id
        JOIN rights_contactaccount a ON a.contact_person_id = e.contact_person_id
    ) accounts
$$;

-- Contact persons a participant or an employer's account may see: those with access to the participant's cases; oneself.
CREATE OR REPLACE FUNCTION rights_contact_persons() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(id), '{}') FROM (
        SELECT contact_person_id AS id FROM rights_employeraccess WHERE case_id = ANY (rights_own_cases())
        UNION SELECT rights_contact_person()
    ) known WHERE id IS NOT NULL
$$;

-- What an employer's contact person needs to know about a case beside the releases: whom to call ...
CREATE OR REPLACE FUNCTION rights_whom_to_call(wanted bigint)
RETURNS TABLE (name text, phone text, email text, office text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT btrim(u.given_name || ' ' || u.family_name), u.phone::text, u.email::text, o.name::text
    FROM cases_case c JOIN organisation_user u ON u.id = c.specialist_id JOIN organisation_office o ON o.id = c.office_id
    WHERE c.id = wanted AND c.id = ANY (rights_employer_cases())
$$;

-- ... the agreed visits and meetings the employer takes part in (when, how, where, with whom; never why or what was noted) ...
CREATE OR REPLACE FUNCTION rights_visits(wanted bigint)
RETURNS TABLE (starts_at timestamptz, minutes smallint, channel text, place text, address text, staff text, phone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.starts_at, m.minutes, m.channel::text, m.place::text, CASE WHEN m.place = 'home' THEN '' ELSE m.address::text END,
           btrim(u.given_name || ' ' || u.family_name), u.phone::text
    FROM followup_meeting m JOIN organisation_user u ON u.id = m.staff_id
    WHERE m.case_id = wanted AND m.case_id = ANY (rights_employer_cases())
      AND m.employer_id = rights_employer() AND 'employer' = ANY (m.parties)
      AND m.superseded_at IS NULL AND m.starts_at > now() - interval '1 hour'
      AND NOT EXISTS (SELECT FROM followup_meetingcancelled x WHERE x.superseded_at IS NULL AND x.case_id = m.case_id
                      AND x.meeting_id = ANY (cases_versions('meeting', m.case_id, m.id)))
      AND NOT EXISTS (SELECT FROM followup_contact x WHERE x.superseded_at IS NULL AND x.case_id = m.case_id
                      AND x.meeting_id = ANY (cases_versions('meeting', m.case_id, m.id)))
    ORDER BY m.starts_at, m.id LIMIT 20
$$;

-- ... and the steps of the plan that were released for them, as they stand: who, by when, and whether they are done. A step
-- that was corrected since is another step, and not released.
CREATE OR REPLACE FUNCTION rights_agreements(wanted bigint)
RETURNS TABLE (what text, who text, due_on date, outcome text, done_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT r.text, s.who::text, s.due_on, d.outcome::text, d.happened_on
    FROM rights_release r
    JOIN plan_planstep s ON s.id = r.step_id AND s.superseded_at IS NULL
    LEFT JOIN plan_planstepdone d ON d.step_id = s.id AND d.superseded_at IS NULL
    WHERE r.case_id = wanted AND r.case_id = ANY (rights_employer_cases()) AND r.employer_id = rights_employer()
      AND r.withdrawn_at IS NULL AND (r.until IS NULL OR r.until >= access_today())
    ORDER BY d.happened_on NULLS FIRST, s.due_on NULLS LAST, s.id LIMIT 50
$$;

-- Makes the account of a contact person, for whoever works with people here. Whether it did: they may have one already.
-- NULL where there is no such person any more.
-- Signed, as all that opens an account: a statement smuggled into a page would choose the password.
CREATE OR REPLACE FUNCTION rights_open_account(
    person bigint, wanted_username text, hashed text, given text, family text, permit text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE made bigint;
BEGIN
    PERFORM access_demand(permit, 'rights_open_account', person::text, wanted_username, hashed, given, family);
    IF NOT access_works_with_people() THEN
        RAISE EXCEPTION 'accounts of contact persons are made by those who work with people' USING ERRCODE = '42501';
    END IF;
    PERFORM FROM employers_contactperson WHERE id = person AND (left_on IS NULL OR left_on > access_today()) FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF EXISTS (SELECT FROM rights_contactaccount WHERE contact_person_id = person) THEN RETURN false; END IF;
    INSERT INTO organisation_user (password, username, kind, given_name, family_name, phone, email, language, started_on)
    VALUES (hashed, wanted_username, 'employer', given, family, '', '', 'nb', access_today()) RETURNING id INTO made;
    INSERT INTO rights_contactaccount (user_id, contact_person_id, opened_at, opened_by_id)
    VALUES (made, person, now(), access_user());
    RETURN true;
END $$;

-- Whether anybody but the acting user has handed out a way into a contact person's account: opened it, made it a new password
-- or let its phone be forgotten. They could be the contact person, so that whoever gives it another participant to read
-- about makes sure on the phone that they are not. Also where it opens by a login service: whoever got in first by the
-- password may have bound their own identity.
CREATE OR REPLACE FUNCTION rights_needs_code(person bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_works_with_people() AND EXISTS (
        SELECT FROM rights_contactaccount a
        WHERE a.contact_person_id = person
          AND (a.opened_by_id <> access_user()
               OR EXISTS (SELECT FROM access_change h WHERE h."table" = 'organisation_user' AND h.row = a.user_id
                          AND h.new ? 'password' AND h.who IS DISTINCT FROM a.user_id AND h.who IS DISTINCT FROM access_user())
               OR EXISTS (SELECT FROM rights_factorreset r
                          WHERE r.contact_person_id = person AND r.reset_by_id <> access_user())))
$$;

-- The code with which a contact person shows somebody who works here, on the phone, that they have the account: six digits
-- made with the key (HMAC, as in access_mac) from the account, the one who calls and the day.
CREATE OR REPLACE FUNCTION rights_code(account bigint, caller bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT lpad((('x' || encode(substr(sha256(outer_pad || sha256(inner_pad || convert_to(
        'contact person|' || account || '|' || caller || '|' || access_today(), 'UTF8'))), 1, 6), 'hex'))::bit(48)::bigint
        % 1000000)::text, 6, '0')
    FROM access_actingkey
$$;
COMMENT ON FUNCTION rights_code(bigint, bigint) IS 'for other functions';

-- The acting contact person's own, for the caller whose number they were told. Any number has one: it tells of nobody.
CREATE OR REPLACE FUNCTION rights_own_code(caller bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT rights_code(access_user(), caller) WHERE rights_contact_person() IS NOT NULL
$$;

-- Whether a code is the right one of a contact person for the acting user. Signed, and so never guessed by a statement.
CREATE OR REPLACE FUNCTION rights_code_fits(person bigint, typed text, permit text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_demand(permit, 'rights_code_fits', person::text, typed);
    SELECT EXISTS (SELECT FROM rights_contactaccount a
                   WHERE a.contact_person_id = person AND typed = rights_code(a.user_id, access_user()))
$$;

-- Lets a contact person read about a participant, by whoever decides about the case. NULL where a code is needed and this is
-- not the right one. Nobody adds such a row otherwise.
CREATE OR REPLACE FUNCTION rights_give_access(
    wanted_case bigint, person bigint, agreed date, how text, typed text, permit text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE made bigint;
BEGIN
    PERFORM access_demand(permit, 'rights_give_access', wanted_case::text, person::text, agreed::text, how, typed);
    IF NOT access_is_staff() OR access_level(wanted_case) < 4 THEN
        RAISE EXCEPTION 'only those who decide about a case let somebody read about it' USING ERRCODE = '42501';
    END IF;
    -- Who has left is given nothing, also where somebody says so meanwhile.
    PERFORM FROM employers_contactperson WHERE id = person AND left_on IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this contact person has left' USING ERRCODE = '23514';
    END IF;
    -- Two who give it at once, or one who gives while another makes a new password, come one after the other.
    PERFORM FROM rights_contactaccount WHERE contact_person_id = person FOR UPDATE;
    IF rights_needs_code(person) AND NOT EXISTS (
        SELECT FROM rights_contactaccount a
        WHERE a.contact_person_id = person AND typed = rights_code(a.user_id, access_user())) THEN
        RETURN NULL;
    END IF;
    INSERT INTO rights_employeraccess (case_id, contact_person_id, agreed_on, agreed_how, given_at, given_by_id)
    VALUES (wanted_case, person, agreed, how, now(), access_user()) RETURNING id INTO made;
    RETURN made;
END $$;

-- Whether everything that a contact person reads about is about people whom the acting user works with, one of them as one
-- who decides. A way in for a time does not count: as the contact person they would go on reading when it is over.
CREATE OR REPLACE FUNCTION rights_reads_of_own_alone(person bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_works_with_people() AND coalesce(min(access_level(case_id)) >= 4, false)
    FROM rights_employeraccess WHERE contact_person_id = person AND ended_at IS NULL
$$;
COMMENT ON FUNCTION rights_reads_of_own_alone(bigint) IS 'for other functions';

-- Whether some of it is about a person for whom the acting user decides.
CREATE OR REPLACE FUNCTION rights_reads_of_own(person bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_works_with_people() AND coalesce(max(access_level(case_id)) >= 4, false)
    FROM rights_employeraccess WHERE contact_person_id = person AND ended_at IS NULL
$$;
COMMENT ON FUNCTION rights_reads_of_own(bigint) IS 'for other functions';

-- A new password for such an account, where everything it reads is about people whom the acting user works with: otherwise
-- somebody could take it over to read about others. All else that it opened with ends: somebody else may be in.
CREATE OR REPLACE FUNCTION rights_new_password(person bigint, hashed text, permit text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_username text;
    account bigint;
BEGIN
    PERFORM access_demand(permit, 'rights_new_password', person::text, hashed);
    IF NOT rights_reads_of_own_alone(person) THEN
        RETURN NULL;
    END IF;
    -- First of all, as whoever comes in or changes their password does: else each could wait for the other.
    PERFORM accounts_hold(user_id) FROM rights_contactaccount WHERE contact_person_id = person;
    UPDATE rights_contactaccount SET chosen_at = NULL WHERE contact_person_id = person RETURNING user_id INTO account;
    UPDATE organisation_user SET password = hashed WHERE id = account RETURNING username INTO found_username;
    IF FOUND THEN
        PERFORM accounts_end_every_way_in(account, 'new_password');
    END IF;
    RETURN found_username;
END $$;

-- Since when such an account has codes from a phone, for whoever decides for somebody it reads about; never the secret.
CREATE OR REPLACE FUNCTION rights_factor_since(person bigint) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT f.confirmed_at FROM accounts_secondfactor f JOIN rights_contactaccount a ON a.user_id = f.user_id
    WHERE a.contact_person_id = person AND rights_reads_of_own(person)
$$;

-- Since when such an account opens by a login service too, for the same.
CREATE OR REPLACE FUNCTION rights_bound_since(person bigint) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT max(s.bound_at) FROM accounts_subject s JOIN rights_contactaccount a ON a.user_id = s.user_id
    WHERE a.contact_person_id = person AND rights_reads_of_own(person)
$$;

-- The phone is lost: nothing but the password opens the account any more, and at the next login another phone is set up. For
-- whoever decides for somebody it reads about. Where it also reads about others, only if the password is one that nobody but
-- the contact person has read: else whoever gave that password could be them. Each case is told (rights_factorreset).
-- Returns whether it was done; NULL where it is not for the acting user.
CREATE OR REPLACE FUNCTION rights_forget_factor(person bigint, how text, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account rights_contactaccount;
BEGIN
    PERFORM access_demand(permit, 'rights_forget_factor', person::text, how);
    IF rights_reads_of_own(person) THEN
        -- First of all, as in rights_new_password.
        PERFORM accounts_hold(user_id) FROM rights_contactaccount WHERE contact_person_id = person;
    END IF;
    SELECT * INTO account FROM rights_contactaccount WHERE contact_person_id = person FOR UPDATE;
    IF NOT FOUND OR NOT rights_reads_of_own(person)
        OR (account.chosen_at IS NULL AND NOT rights_reads_of_own_alone(person)) THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM accounts_secondfactor WHERE user_id = account.user_id)
        AND NOT EXISTS (SELECT FROM accounts_subject WHERE user_id = account.user_id) THEN
        RETURN false;
    END IF;
    PERFORM accounts_end_every_way_in(account.user_id, 'lost_phone');
    INSERT INTO rights_factorreset (case_id, contact_person_id, proof, reset_at, reset_by_id)
    SELECT case_id, person, how, now(), access_user() FROM rights_employeraccess
    WHERE contact_person_id = person AND ended_at IS NULL;
    RETURN true;
END $$;

-- An account whose password somebody else has read is not its owner's yet: nobody binds a login of their own to it.
CREATE OR REPLACE FUNCTION rights_binding_is_the_owners() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- One after the other with whoever makes a new password.
    PERFORM FROM rights_contactaccount WHERE user_id = NEW.user_id FOR UPDATE;
    IF EXISTS (SELECT FROM rights_contactaccount WHERE user_id = NEW.user_id AND chosen_at IS NULL) THEN
        RAISE EXCEPTION 'somebody else has read the password of this account' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plass_binding_is_the_owners BEFORE INSERT ON accounts_subject
    FOR EACH ROW WHEN (access_user() IS NOT NULL) EXECUTE FUNCTION rights_binding_is_the_owners();

-- A contact person who changes their own password has one that nobody else has read.
CREATE OR REPLACE FUNCTION rights_password_chosen() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE rights_contactaccount SET chosen_at = now() WHERE user_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER plass_password_chosen AFTER UPDATE OF password ON organisation_user
    FOR EACH ROW WHEN (NEW.kind = 'employer' AND NEW.id = access_user() AND NEW.password <> OLD.password)
    EXECUTE FUNCTION rights_password_chosen();

-- A contact person reads about a participant: one line in the log of who looked, which the participant reads.
CREATE OR REPLACE FUNCTION rights_note_reading(wanted_access bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO access_accesslogentry (at, user_id, role, case_id, participant_id, purpose, rule, allowed)
    SELECT clock_timestamp(), access_user(), 'employer', a.case_id, c.participant_id, 'employer page', 'employer', true
    FROM rights_employeraccess a JOIN cases_case c ON c.id = a.case_id
    WHERE a.id = wanted_access AND a.contact_person_id = rights_contact_person()
      AND a.case_id = ANY (rights_employer_cases());
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no access' USING ERRCODE = '42501';
    END IF;
END $$;

-- Whom to ask to say that a contact person has left or is back: '' where the acting user may say it themselves, else whoever
-- opened the account, or let them in first where there is none yet. It ends what the person reads, so it is for those who may end some of it (record); anybody who works
-- with people says it of somebody who reads nothing.
CREATE OR REPLACE FUNCTION rights_who_says_left(person bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE
        WHEN NOT EXISTS (SELECT FROM rights_employeraccess a WHERE a.contact_person_id = person AND a.ended_at IS NULL)
            OR EXISTS (SELECT FROM rights_employeraccess a
                       WHERE a.contact_person_id = person AND a.ended_at IS NULL AND access_level(a.case_id) >= 3) THEN ''
        ELSE (SELECT btrim(u.given_name || ' ' || u.family_name) FROM organisation_user u WHERE u.id = coalesce(
            (SELECT a.opened_by_id FROM rights_contactaccount a WHERE a.contact_person_id = person),
            (SELECT a.given_by_id FROM rights_employeraccess a WHERE a.contact_person_id = person AND a.ended_at IS NULL
             ORDER BY a.given_at, a.id LIMIT 1))) END
    WHERE access_works_with_people()
$$;

-- A contact person who has left reads nothing more, for good: every access ends, told at each case (ended_by), and every
-- login. Who comes back is given access anew by each who follows somebody. The account stays with its employer: at another
-- it would read what was shared there.
CREATE OR REPLACE FUNCTION rights_person_left() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.employer_id <> OLD.employer_id AND EXISTS (SELECT FROM rights_contactaccount WHERE contact_person_id = NEW.id) THEN
        RAISE EXCEPTION 'a contact person with an account stays at the employer' USING ERRCODE = '23514';
    END IF;
    IF NEW.left_on IS NOT DISTINCT FROM OLD.left_on THEN
        RETURN NEW;
    END IF;
    IF NEW.left_on > access_today() THEN
        RAISE EXCEPTION 'nobody has left ahead of time' USING ERRCODE = '23514';
    END IF;
    IF access_user() IS NOT NULL AND rights_who_says_left(NEW.id) IS DISTINCT FROM '' THEN
        RAISE EXCEPTION 'those who follow whom they read about say that they have left' USING ERRCODE = '42501';
    END IF;
    PERFORM accounts_hold(user_id) FROM rights_contactaccount WHERE contact_person_id = NEW.id;
    UPDATE rights_employeraccess SET ended_at = now(), ended_by_id = access_user()
    WHERE contact_person_id = NEW.id AND ended_at IS NULL;
    PERFORM accounts_end_every_login(user_id, '') FROM rights_contactaccount WHERE contact_person_id = NEW.id;
    RETURN NEW;
END $$;

CREATE TRIGGER plass_person_left BEFORE UPDATE ON employers_contactperson
    FOR EACH ROW EXECUTE FUNCTION rights_person_left();
