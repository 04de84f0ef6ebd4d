-- Cases that nobody sees any more because those who did have left: a shielded participant is seen by those named in the case
-- alone, and when the last of them ends, by whatever act or day, nobody is told by anything else.

-- Open cases in which nobody who works here today has a lasting part. Asked of how things stand today, so that it does not
-- matter how a part ended. A way in for a time is none; a referral that waits to be joined has those who may join it
-- (40_duplicates.sql). The shares of rules.py are written once more here, because they are asked of everybody at once.
CREATE FUNCTION cases_seen_by_nobody() RETURNS TABLE (id bigint, office_id bigint, team_id bigint, referred_on date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH works AS MATERIALIZED (
        SELECT m.user_id, m.role, m.team_id, coalesce(m.office_id, t.office_id) AS office_id
        FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
        LEFT JOIN organisation_team t ON t.id = m.team_id
        WHERE u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND m.role IN ('specialist', 'supervisor', 'counsellor')
    ), tied AS MATERIALIZED (
        SELECT t.user_id, p.id AS participant_id FROM access_conflictofinterest t
        JOIN cases_participant p ON p.identity_hash = t.identity_hash WHERE t.ended_at IS NULL
        UNION
        SELECT p.user_id, same.id FROM cases_participant p JOIN organisation_user u ON u.id = p.user_id AND u.kind = 'staff'
        JOIN cases_participant same ON same.identity_hash = p.identity_hash
    )
    SELECT c.id, c.office_id, c.team_id, k.referred_on
    FROM milestone_cache k JOIN cases_case c ON c.id = k.case_id
    WHERE (k.ended_on IS NULL OR k.ended_on > access_today())
      AND NOT EXISTS (SELECT FROM works w WHERE w.user_id = c.specialist_id AND w.office_id = c.office_id
          AND w.role <> 'counsellor' AND (w.user_id, c.participant_id) NOT IN (SELECT * FROM tied))
      AND NOT EXISTS (SELECT FROM works w WHERE w.user_id = c.counsellor_id AND w.office_id = c.office_id
          AND w.role = 'counsellor' AND (w.user_id, c.participant_id) NOT IN (SELECT * FROM tied))
      AND NOT EXISTS (SELECT FROM works w WHERE w.user_id = c.referred_by_id AND w.office_id = c.office_id
          AND c.referrer_ended_at IS NULL AND (w.user_id, c.participant_id) NOT IN (SELECT * FROM tied))
      AND NOT EXISTS (SELECT FROM works w WHERE w.team_id = c.team_id AND NOT c.shielded
          AND (w.role = 'supervisor' OR (w.role = 'specialist' AND c.participant_id <> ALL ((SELECT cases_said_own_employees())::bigint[])))
          AND (w.user_id, c.participant_id) NOT IN (SELECT * FROM tied))
      AND NOT EXISTS (SELECT FROM cases_possibleduplicate d
                      WHERE d.participant_id = c.participant_id AND d.answered_at IS NULL);
END $$;
COMMENT ON FUNCTION cases_seen_by_nobody() IS 'for other functions';

-- The same as the acting data protection officer reads it, of their offices: where and since when, and nobody's name. Not of
-- themselves, nor of somebody close: that is another officer's.
CREATE FUNCTION cases_without_anybody()
RETURNS TABLE (id bigint, office_id bigint, office text, team text, referred_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT n.id, n.office_id, o.name::text, t.name::text, n.referred_on
    FROM (SELECT * FROM cases_seen_by_nobody() WHERE access_has_role('data_protection')) n
    JOIN organisation_office o ON o.id = n.office_id
    LEFT JOIN organisation_team t ON t.id = n.team_id
    JOIN cases_case c ON c.id = n.id AND c.participant_id NOT IN (SELECT participant_id FROM access_ties())
    WHERE cases_answers_for(n.office_id)
    ORDER BY n.referred_on, n.id
$$;
COMMENT ON FUNCTION cases_without_anybody() IS 'for other functions';

-- The same for their page. Signed: a statement could else name each colleague in a case in turn, ask who leaves it to nobody, and
-- take it back: they must keep away.
CREATE FUNCTION cases_without_anybody_to_give(permit text)
RETURNS TABLE (id bigint, office_id bigint, office text, team text, referred_on date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'cases_without_anybody_to_give', VARIADIC '{}'::text[]);
    RETURN QUERY SELECT * FROM cases_without_anybody();
END $$;

-- How many they are at offices that no data protection officer answers for, for administrators, who can give somebody that
-- role. Where there is one who need not keep away an administrator learns nothing. Signed, as above: administrators may have cases too.
CREATE FUNCTION cases_without_anybody_to_tell(permit text) RETURNS TABLE (office text, number bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'cases_without_anybody_to_tell', VARIADIC '{}'::text[]);
    RETURN QUERY SELECT o.name::text, count(*)
    FROM (SELECT * FROM cases_seen_by_nobody() WHERE access_has_role('administrator')) n
    JOIN organisation_office o ON o.id = n.office_id JOIN cases_case c ON c.id = n.id
    WHERE NOT EXISTS (
        SELECT FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
        WHERE m.role = 'data_protection' AND NOT cases_must_keep_away(m.user_id, c.participant_id)
          AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
          AND (m.office_id = o.id OR m.county_id = o.county_id OR (m.office_id IS NULL AND m.county_id IS NULL)))
    GROUP BY o.id ORDER BY plain_name(o.name, true) COLLATE "C";
END $$;

-- The acting data protection officer gives such a case to a counsellor at its office, or to somebody of a team there. Never to
-- themselves. 'given', or 'no': also where somebody has got it meanwhile; or 'keeps away', where it is about them or somebody close,
-- which is a finding (plass.access.log.kept_away). Signed, as cases_appoint_joiner.
CREATE FUNCTION cases_give_to_somebody(wanted bigint, who bigint, why text, permit text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'cases_give_to_somebody', wanted::text, who::text, why);
    -- As the acts of the program do (cases.facts.lock_case_ids): of two at once the second sees what the first did.
    PERFORM access_lock('case ' || wanted);
    IF who = access_user() OR NOT EXISTS (SELECT FROM cases_without_anybody() n WHERE n.id = wanted) THEN
        RETURN 'no';
    ELSIF EXISTS (SELECT FROM cases_case c WHERE c.id = wanted AND cases_must_keep_away(who, c.participant_id)) THEN
        RETURN 'keeps away';
    END IF;
    INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, user_id, team_id, reason)
    SELECT wanted, access_today(), now(), access_user(), CASE m.role WHEN 'counsellor' THEN 'counsellor' ELSE 'specialist' END,
           who, m.team_id, btrim(why)
    FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id
    LEFT JOIN organisation_team t ON t.id = m.team_id
    JOIN cases_case c ON c.id = wanted AND c.office_id = coalesce(m.office_id, t.office_id)
    WHERE m.user_id = who AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
      AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
      AND (m.role = 'counsellor' OR (m.role IN ('specialist', 'supervisor') AND m.team_id IS NOT NULL))
    ORDER BY m.role <> 'counsellor', m.team_id IS DISTINCT FROM c.team_id, m.id LIMIT 1;
    RETURN CASE WHEN FOUND THEN 'given' ELSE 'no' END;
END $$;
