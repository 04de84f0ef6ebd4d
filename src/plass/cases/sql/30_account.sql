-- The sealed identity number of somebody whom the acting user sees: for the pages that show it, one at a time.
CREATE OR REPLACE FUNCTION cases_identity_number(wanted bigint, permit text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT access_demand(permit, 'cases_identity_number', wanted::text);
    SELECT identity_number FROM cases_participant
    WHERE id = wanted AND (id = ANY ((SELECT access_participants())::bigint[])
         OR EXISTS (SELECT FROM access_whole w WHERE w.participant_id = wanted))
$$;

-- The account of the participant with an identity number, found by its keyed hash. Asked when ID-porten has said who
-- somebody is, before anybody is acting. Of several rows with the number it is the main one. Who has none gets one: it has
-- no password, and opens their own pages alone.
CREATE OR REPLACE FUNCTION cases_account_of(wanted bytea, permit text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    person cases_participant;
    account bigint;
BEGIN
    PERFORM access_demand(permit, 'cases_account_of', encode(wanted, 'hex'));
    SELECT * INTO person FROM cases_participant p WHERE identity_hash = wanted
        AND NOT EXISTS (SELECT FROM cases_possibleduplicate d WHERE d.participant_id = p.id) FOR UPDATE;
    IF NOT FOUND OR person.user_id IS NOT NULL THEN
        RETURN person.user_id;
    END IF;
    INSERT INTO organisation_user
        (username, password, kind, given_name, family_name, phone, email, language, started_on)
    VALUES ('deltaker-' || person.id, '!' || gen_random_uuid(), 'participant', '', '', '', '', 'nb', access_today())
    RETURNING id INTO account;
    UPDATE cases_participant SET user_id = account WHERE id = person.id;
    RETURN account;
END $$;
