-- An administrator says when a role or an account ends. Signed: a statement could else end the roles of others, ask what is told
-- where nobody decides, leads or watches any more, and take it back. So what others' roles answer is changed by no statement.
-- A role is not lengthened: that is a new one, which a second person answers.
CREATE OR REPLACE FUNCTION organisation_end_role(wanted bigint, last_day date, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'organisation_end_role', wanted::text, last_day::text);
    UPDATE organisation_membership SET ended_on = last_day
    WHERE id = wanted AND access_has_role('administrator') AND last_day <= coalesce(ended_on, 'infinity');
    RETURN FOUND;
END $$;

-- The end of somebody else's account, or that it has none (NULL). One that has ended is opened by the latter alone, which ends
-- every role first (administration.actions.come_back).
CREATE OR REPLACE FUNCTION organisation_end_account(wanted bigint, last_day date, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'organisation_end_account', wanted::text, last_day::text);
    UPDATE organisation_user SET ended_on = last_day
    WHERE id = wanted AND kind = 'staff' AND id <> access_user() AND access_has_role('administrator')
      AND (last_day IS NULL OR last_day < access_today() OR coalesce(ended_on, 'infinity') >= access_today());
    RETURN FOUND;
END $$;
