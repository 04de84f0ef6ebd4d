-- Which cases the acting user sees: one definition, used by every policy and compared with the program's own rules
-- (plass.access.rules) by a test. Each line that ends in "-- rule: x" says the rule of that name; a test takes them out
-- one by one and must see the difference.

CREATE OR REPLACE FUNCTION access_participant() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT p.id FROM cases_participant p JOIN organisation_user u ON u.id = p.user_id
    WHERE p.user_id = access_user() AND u.kind = 'participant' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
$$;

-- Participants the acting user must never open at work: themselves, and those close to them. For other functions: a tie may be
-- said of any number, and the answer would tell whether it is known here. What they may be told is access_kept_from(), below.
CREATE OR REPLACE FUNCTION access_ties() RETURNS TABLE (participant_id bigint, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT p.id, t.kind FROM access_conflictofinterest t JOIN cases_participant p ON p.identity_hash = t.identity_hash
    WHERE t.user_id = access_user() AND t.ended_at IS NULL
    UNION
    -- And every row of the same number: somebody else may have referred them without seeing who they are.
    SELECT same.id, 'self' FROM cases_participant p JOIN organisation_user u ON u.id = p.user_id
    JOIN cases_participant same ON same.identity_hash = p.identity_hash
    WHERE p.user_id = access_user() AND u.kind = 'staff'
$$;
COMMENT ON FUNCTION access_ties() IS 'for other functions';

CREATE OR REPLACE FUNCTION access_ties_of(wanted text) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(participant_id), '{}') FROM access_ties() WHERE kind = wanted
$$;
COMMENT ON FUNCTION access_ties_of(text) IS 'for other functions';

-- Cases that were given to the acting user, or that they took in an emergency, and whose time has not run out.
CREATE OR REPLACE FUNCTION access_grants(wanted text) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(case_id), '{}') FROM access_grant
    WHERE user_id = access_user() AND kind = wanted AND expires_at > now()
$$;

-- The cases among them where the acting user may also record.
CREATE OR REPLACE FUNCTION access_grants_to_record() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(case_id), '{}') FROM access_grant
    WHERE user_id = access_user() AND kind = 'given' AND level >= 3 AND expires_at > now()
$$;

-- The offices where the acting user has one of these roles today. What stands in a case about somebody holds only there.
CREATE OR REPLACE FUNCTION access_offices(roles text[]) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT office_id), '{}') FROM access_memberships()
    WHERE role = ANY (roles) AND office_id IS NOT NULL
$$;

-- Participants of whom somebody who works here says "this is me", as long as nobody who decides about them has answered
-- (50_own_employees.sql). It is worked out while the tie stands, and written nowhere.
CREATE OR REPLACE FUNCTION cases_said_unanswered()
RETURNS TABLE (participant_id bigint, user_id bigint, said_at timestamptz, tie_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT p.id, t.user_id, t.declared_at, t.id
    FROM access_conflictofinterest t
    JOIN organisation_user u ON u.id = t.user_id AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
    JOIN cases_participant p ON p.identity_hash = t.identity_hash
    WHERE t.kind = 'self' AND t.ended_at IS NULL AND p.protection = ''
      AND (p.own_employee_answered_at IS NULL OR p.own_employee_answered_at < t.declared_at)
$$;
COMMENT ON FUNCTION cases_said_unanswered() IS 'for other functions';

-- Until it is answered the case is closed to cover and to emergencies, whoever else sees it: did it stay open where all who decide
-- keep away, whoever covers would learn by it which of them said so. Where nobody is left the data protection officer is told.
CREATE OR REPLACE FUNCTION cases_said_own_employees() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT participant_id), '{}') FROM cases_said_unanswered()
$$;
COMMENT ON FUNCTION cases_said_own_employees() IS 'for other functions';

-- Whether the acting user has had a part in a case: referred it, was given it, was let in, or was in by an emergency when it was
-- shielded. Of a case that is shielded because somebody else is, whom they may not know of, they see what they would of any other; losing it, or being refused an
-- emergency, would tell them. Asked of such cases alone, which are few.
CREATE OR REPLACE FUNCTION cases_had_a_part(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_case c JOIN cases_participant p ON p.id = c.participant_id
                   WHERE c.id = wanted AND p.protection = '' AND (
                       c.referred_by_id = access_user()
                       OR EXISTS (SELECT FROM cases_assignment a WHERE a.case_id = c.id AND a.user_id = access_user())
                       OR EXISTS (SELECT FROM access_grant g WHERE g.case_id = c.id AND g.user_id = access_user() AND (
                           g.kind = 'given' OR EXISTS (
                               SELECT FROM cases_possibleduplicate d JOIN access_change h ON h.participant_id = d.existing_id
                               WHERE d.participant_id = c.participant_id AND h."table" = 'cases_participant'
                                 AND h.old ->> 'protection' = '' AND h.at >= g.granted_at AND h.at < g.expires_at)))))
$$;
COMMENT ON FUNCTION cases_had_a_part(bigint) IS 'for other functions';

-- The cases that the acting user sees, some of them more than once, and what each relation allows: 1 see, 2 record a
-- contact, 3 record, 4 decide (plass.access.rules.Level). A view, so that the same rules are asked of all cases
-- and of one: "WHERE id = x" reaches every line and finds its row by the key. The web role may not read it.
-- A function's answer stands in a scalar subquery, so that it is asked for once and the index is used.
-- First what their work opens to them, whoever it is about.
CREATE OR REPLACE VIEW access_by_work AS
    SELECT id, participant_id, level FROM (
        SELECT id, participant_id, 0 AS level FROM cases_case WHERE false
        UNION ALL SELECT id, participant_id, 4 FROM cases_case WHERE specialist_id = (SELECT access_user()) AND office_id = ANY ((SELECT access_offices('{specialist,supervisor}'))::bigint[])  -- rule: specialist
        UNION ALL SELECT id, participant_id, 4 FROM cases_case WHERE counsellor_id = (SELECT access_user()) AND office_id = ANY ((SELECT access_offices('{counsellor}'))::bigint[])  -- rule: counsellor
        UNION ALL SELECT id, participant_id, 4 FROM cases_case WHERE referred_by_id = (SELECT access_user()) AND (referrer_ended_at IS NULL OR referrer_ended_at >= now()) AND office_id = ANY ((SELECT access_offices('{specialist,supervisor,counsellor}'))::bigint[])  -- rule: referred
        UNION ALL SELECT id, participant_id, CASE WHEN id = ANY ((SELECT access_grants_to_record())::bigint[]) THEN 3 ELSE 1 END FROM cases_case WHERE id = ANY ((SELECT access_grants('given'))::bigint[])  -- rule: given
        UNION ALL SELECT id, participant_id, level FROM (
            SELECT id, participant_id, shielded, referred_by_id, 0 AS level FROM cases_case WHERE false
            UNION ALL SELECT id, participant_id, shielded, referred_by_id, 4 FROM cases_case WHERE team_id = ANY ((SELECT access_led_teams())::bigint[])  -- rule: leads
            UNION ALL SELECT id, participant_id, shielded, referred_by_id, level FROM (
                SELECT id, participant_id, shielded, referred_by_id, 0 AS level FROM cases_case WHERE false
                UNION ALL SELECT id, participant_id, shielded, referred_by_id, 3 FROM cases_case WHERE team_id = ANY ((SELECT access_teams())::bigint[])  -- rule: team
                UNION ALL SELECT id, participant_id, shielded, referred_by_id, 2 FROM cases_case WHERE id = ANY ((SELECT access_grants('emergency'))::bigint[])  -- rule: emergency
            ) by_cover
            WHERE true
                AND (participant_id <> ALL ((SELECT cases_said_own_employees())::bigint[]) OR referred_by_id = (SELECT access_user()))  -- rule: said
        ) by_place
        WHERE true
            AND (NOT shielded OR cases_had_a_part(id))  -- rule: shielded
    ) by_work
    WHERE true
        AND (SELECT access_works_with_people())  -- rule: no role
;
CREATE OR REPLACE VIEW access_visible AS
    SELECT id, participant_id, 0 AS level FROM cases_case WHERE false
    UNION ALL SELECT id, participant_id, 1 FROM cases_case WHERE participant_id = (SELECT access_participant())  -- rule: own
    UNION ALL SELECT id, participant_id, level FROM access_by_work
    WHERE true
        AND participant_id <> ALL ((SELECT access_ties_of('self'))::bigint[])  -- rule: own data
        AND participant_id <> ALL ((SELECT access_ties_of('family'))::bigint[])  -- rule: close family
;

-- Participants whom the acting user would see if they need not keep away from them: those have gone from their pages, so that
-- they are told nothing new.
CREATE FUNCTION access_kept_from() RETURNS TABLE (participant_id bigint, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.participant_id, t.kind FROM access_ties() t
    WHERE EXISTS (SELECT FROM access_by_work w WHERE w.participant_id = t.participant_id)
$$;

-- What the acting user may do with each of the cases that are worked with (plass.case; commas between them): by their numbers, worked
-- out once and kept, as in access_cases(), from the same view. NULL where one case alone, or none, is worked with.
CREATE OR REPLACE FUNCTION access_levels() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these text := current_setting('plass.case', true);
    kept text;
    levels jsonb;
BEGIN
    IF strpos(these, ',') > 0 THEN
        kept := access_kept('levels');
        IF starts_with(kept, these || ':') THEN
            RETURN substr(kept, length(these) + 2)::jsonb;
        END IF;
        SELECT coalesce(jsonb_object_agg(id, level), '{}') INTO levels
        FROM (SELECT id, max(level) AS level FROM access_visible
              WHERE id = ANY (string_to_array(these, ',')::bigint[]) GROUP BY id) each;
        PERFORM access_keep('levels', these || ':' || levels::text);
        RETURN levels;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION access_levels() IS 'for other functions';

-- What the acting user may do with one case (plass.access.rules.Level; 0 where they do not see it). For a row that is
-- written: its price does not grow with the number of cases.
CREATE OR REPLACE FUNCTION access_level(wanted bigint) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    these text := current_setting('plass.case', true);
BEGIN
    IF strpos(these, ',') > 0 AND wanted = ANY (string_to_array(these, ',')::bigint[]) THEN
        RETURN coalesce((access_levels() ->> wanted::text)::integer, 0);
    END IF;
    RETURN (SELECT coalesce(max(level), 0) FROM access_visible WHERE id = wanted);
END $$;

-- Of the cases that are worked with, where they are several, those with which the acting user may do so much: asked once for all the
-- rows that a statement writes. None otherwise; each row's case is asked about then (access_level).
CREATE OR REPLACE FUNCTION access_cases_allowing(level integer) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT ARRAY(SELECT key::bigint FROM jsonb_each_text(access_levels()) WHERE value::integer >= level)
$$;

-- The same for a participant: the most that a case of theirs allows.
CREATE OR REPLACE FUNCTION access_participant_level(wanted bigint) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(max(level), 0) FROM access_visible WHERE participant_id = wanted
$$;

-- Whether the acting user covers for a team's case: they work in the team, and see the case by that, and not only because
-- they were let in for a time to a case that is closed to cover.
CREATE OR REPLACE FUNCTION access_covers(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_case c JOIN cases_participant p ON p.id = c.participant_id
                   WHERE c.id = wanted AND c.team_id = ANY (access_teams()) AND p.protection = '' AND access_level(c.id) >= 3
                     AND (c.referred_by_id = access_user() OR c.participant_id <> ALL (cases_said_own_employees())))
$$;

-- Whether the acting user, a specialist of the team, may take a case that nobody follows: a way to widen what one
-- may do by oneself. Cover is the ground for it, or deciding; a way in for a time is not.
CREATE OR REPLACE FUNCTION access_may_take(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_case c WHERE c.id = wanted AND c.specialist_id IS NULL AND c.team_id = ANY (access_teams())
                   AND (access_level(c.id) >= 4 OR access_covers(c.id)))
$$;

-- The acting user takes it: their assignment may be written next. Signed, for a statement could else take a case, read what
-- only those who decide are told (which referrals wait, what was typed in those that were joined), and take it back.
CREATE OR REPLACE FUNCTION cases_take(wanted bigint, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'cases_take', wanted::text);
    IF NOT access_may_take(wanted) THEN
        RETURN false;
    END IF;
    PERFORM access_keep('takes', wanted::text);
    RETURN true;
END $$;

-- Whether they said so, for the policy of assignments: it holds until the first change of what access is worked out from.
CREATE OR REPLACE FUNCTION cases_takes(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(access_kept('takes') = wanted::text, false) AND access_may_take(wanted)
$$;

-- Whether a referral by the acting user to this team attaches to a participant: they decide about the person, or cover for
-- a case of the person in the very team (as where they take one that waits). What ends by itself gives no part that lasts.
-- Without a team: whether they have such a part at all.
CREATE OR REPLACE FUNCTION access_may_refer(wanted bigint, to_office bigint, to_team bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM access_visible v JOIN cases_case c ON c.id = v.id
        WHERE v.participant_id = wanted
          AND (v.level >= 4 OR (v.level >= 3 AND access_covers(c.id)
               AND (to_team IS NULL OR (c.team_id = to_team AND c.office_id = to_office)))))
$$;

-- Whether the acting user must keep away from whoever has this identity number, known here or not.
CREATE OR REPLACE FUNCTION access_keeps_away(wanted bytea) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM access_conflictofinterest WHERE user_id = access_user() AND identity_hash = wanted AND ended_at IS NULL)
        OR EXISTS (SELECT FROM cases_participant p JOIN access_ties() t ON t.participant_id = p.id
                   WHERE p.identity_hash = wanted)
$$;

-- Whether the acting user registers a participant in this very transaction.
CREATE OR REPLACE FUNCTION cases_just_registered(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT access_is_staff() AND EXISTS (
        SELECT FROM cases_participant WHERE id = wanted AND registered_by_id = access_user() AND registered_at = now()
          AND NOT access_keeps_away(identity_hash))
$$;

-- Whether the acting user sees one case. For a row that is written: its price does not grow with the number of cases. The answer
-- about the case that was asked for last is kept, as below: an act asks several times about the same one.
CREATE OR REPLACE FUNCTION access_sees_case(wanted bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    what text := wanted || ':';
    kept text := access_kept('sees');
    found boolean;
BEGIN
    IF starts_with(kept, what) THEN
        RETURN substr(kept, length(what) + 1)::boolean;
    END IF;
    -- Where several cases are worked with, rows of all of them are written by one statement: which are seen is known then.
    IF strpos(current_setting('plass.case', true), ',') > 0 AND wanted = ANY (access_cases()) THEN
        RETURN true;
    END IF;
    found := EXISTS (SELECT FROM access_visible WHERE id = wanted);
    PERFORM access_keep('sees', what || found);
    RETURN found;
END $$;

-- All of them, worked out now.
CREATE OR REPLACE FUNCTION access_cases_now() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(id), '{}') FROM (SELECT DISTINCT id FROM access_visible) visible
$$;

-- How many cases are told one by one. Who sees more sees their teams whole, below.
CREATE OR REPLACE FUNCTION access_most_one_by_one() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 500';
COMMENT ON FUNCTION access_most_one_by_one() IS 'for other functions';

-- Whoever is in teams with many cases is not told them one by one: that would cost more with each case, on every page. The
-- database asks of a row whether its case is in one of these teams, neither shielded nor of somebody they keep away from
-- (the view access_whole, and the policy of cases_case). Every other case that they see is told one by one.
-- Not a team that they only cover for, while somebody says "this is me" about a case of it: the row does not tell.
-- Whether they are many is counted of all cases of the teams but their own referrals: neither a case that is quietly shielded nor
-- what a statement adds and takes back makes a difference.
CREATE OR REPLACE FUNCTION access_whole_teams() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    kept text;
    led bigint[];
    covered bigint[];
    found bigint[] := '{}';
BEGIN
    IF current_setting('plass.case', true) <> '' THEN
        RETURN '{}';
    END IF;
    kept := access_kept('whole');
    IF kept IS NOT NULL THEN
        RETURN kept::bigint[];
    END IF;
    led := access_led_teams();
    covered := access_teams();
    IF (SELECT count(*) FROM (SELECT FROM cases_case WHERE team_id = ANY (led || covered) AND referred_by_id <> (SELECT access_user())
                              LIMIT access_most_one_by_one() + 1) theirs) > access_most_one_by_one() THEN
        found := led || ARRAY(
            SELECT unnest(covered)
            EXCEPT SELECT team_id FROM cases_case WHERE participant_id = ANY (cases_said_own_employees())  -- whole: said
        );
    END IF;
    PERFORM access_keep('whole', found::text);
    RETURN found;
END $$;

-- The participants that the acting user keeps away from at work, of those whom they would see.
CREATE OR REPLACE FUNCTION access_tied() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    kept text := access_kept('tied');
    found bigint[];
BEGIN
    IF kept IS NOT NULL THEN
        RETURN kept::bigint[];
    END IF;
    found := ARRAY(SELECT DISTINCT participant_id FROM access_kept_from());
    PERFORM access_keep('tied', found::text);
    RETURN found;
END $$;

-- The cases of those teams. The web role may not read it: for functions that run as the owner, whom no policy stops.
CREATE OR REPLACE VIEW access_whole AS
    SELECT id, participant_id FROM cases_case
    WHERE team_id = ANY ((SELECT access_whole_teams())::bigint[])
        AND NOT shielded AND participant_id <> ALL ((SELECT access_tied())::bigint[]);

-- From which number on a policy asks beyond the cases that are told one by one; NULL for whoever has no such team.
CREATE OR REPLACE FUNCTION access_beyond() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT CASE WHEN access_whole_teams() <> '{}' THEN 0 END
$$;

-- The cases that the acting user sees, but for those that they see with a whole team (access_whole): worked out once a
-- transaction and kept in a setting that ends with it, for a page asks some thirty times, once for
-- each table it reads. Whose cases they are is kept with it, for whoever reads a case reads a participant.
-- Every statement that changes what the answer is made of forgets it (the triggers below), and what is
-- kept for one user is never given to another. It is signed (access_keep), so that no statement can write it.
-- A transaction that works with one case alone, or with some, says so in "plass.case" (cases.gate.only; commas between them): it
-- sees those at most, and nothing that it would not have seen without.
CREATE OR REPLACE FUNCTION access_cases() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    kept text;
    only_these text := nullif(current_setting('plass.case', true), '');
    whole bigint[];
    other_teams bigint[];
    these bigint[];
    found bigint[];
    theirs bigint[];
BEGIN
    IF strpos(only_these, ',') > 0 THEN
        kept := access_kept('some');
        IF starts_with(kept, only_these || ':') THEN
            RETURN substr(kept, length(only_these) + 2)::bigint[];
        END IF;
        SELECT coalesce(array_agg(DISTINCT id), '{}') INTO found FROM access_visible
        WHERE id = ANY (string_to_array(only_these, ',')::bigint[]);
        PERFORM access_keep('some', only_these || ':' || found::text);
        RETURN found;
    ELSIF only_these IS NOT NULL THEN
        RETURN CASE WHEN access_sees_case(only_these::bigint) THEN ARRAY[only_these::bigint] ELSE '{}'::bigint[] END;
    END IF;
    kept := access_kept('cases');
    IF kept IS NOT NULL THEN
        RETURN kept::bigint[];
    END IF;
    whole := access_whole_teams();
    IF whole = '{}' THEN
        SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(DISTINCT participant_id), '{}') INTO found, theirs
        FROM (SELECT DISTINCT id, participant_id FROM access_visible) visible;
    ELSE
        -- Which may be theirs otherwise than by a whole team; that they are is asked as ever.
        other_teams := ARRAY(SELECT unnest(access_led_teams() || access_teams()) EXCEPT SELECT unnest(whole));
        these := ARRAY(
            SELECT id FROM cases_case WHERE participant_id = access_participant()
            UNION SELECT id FROM cases_case WHERE specialist_id = access_user()
            UNION SELECT id FROM cases_case WHERE counsellor_id = access_user()
            UNION SELECT id FROM cases_case WHERE referred_by_id = access_user()
            UNION SELECT case_id FROM access_grant WHERE user_id = access_user() AND (expires_at > now() OR kind = 'given')
            -- Of those that they once had too: told one by one, whether or not they are shielded by now.
            UNION SELECT case_id FROM cases_assignment WHERE user_id = access_user()
            UNION SELECT id FROM cases_case WHERE team_id = ANY (other_teams));
        SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(DISTINCT participant_id), '{}') INTO found, theirs
        FROM (SELECT DISTINCT id, participant_id FROM access_visible WHERE id = ANY (these)) visible;
    END IF;
    PERFORM access_keep('cases', found::text),
            access_keep('participants', (theirs || access_participant())::text);
    RETURN found;
END $$;

CREATE OR REPLACE FUNCTION access_forget() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO access_state AS s (backend, state) VALUES (pg_backend_pid(), gen_random_uuid())
    ON CONFLICT (backend) DO UPDATE SET state = excluded.state;
    PERFORM set_config('plass.cases', '', true), set_config('plass.participants', '', true),
            set_config('plass.sees', '', true), set_config('plass.some', '', true),
            set_config('plass.whole', '', true), set_config('plass.tied', '', true);
    RETURN NULL;
END $$;

DO $$
DECLARE behind text;
BEGIN
    FOREACH behind IN ARRAY ARRAY['cases_case', 'cases_participant', 'access_grant', 'access_conflictofinterest',
                                  'organisation_membership', 'organisation_user'] LOOP
        EXECUTE format('CREATE TRIGGER plass_forget AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION access_forget()', behind);
    END LOOP;
END $$;

-- The participants of those cases, and the one who acts.
CREATE OR REPLACE FUNCTION access_participants() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    cases bigint[] := access_cases();
    kept text;
BEGIN
    IF coalesce(current_setting('plass.case', true), '') = '' THEN
        kept := access_kept('participants');
        IF kept IS NOT NULL THEN
            RETURN kept::bigint[];
        END IF;
    END IF;
    RETURN ARRAY(SELECT participant_id FROM cases_case WHERE id = ANY (cases)) || access_participant();
END $$;

-- Whether somebody is a participant, or said that they are close to them: by any row of the number, for somebody else may have
-- referred the person without seeing who it is, and whoever has an account need not have said that it is them.
CREATE OR REPLACE FUNCTION cases_must_keep_away(who bigint, wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM cases_participant p JOIN access_conflictofinterest t ON t.identity_hash = p.identity_hash
                   WHERE p.id = wanted AND t.user_id = who AND t.ended_at IS NULL)
        OR EXISTS (SELECT FROM cases_participant p JOIN cases_participant same ON same.identity_hash = p.identity_hash
                   WHERE p.id = wanted AND same.user_id = who)
$$;
COMMENT ON FUNCTION cases_must_keep_away(bigint, bigint) IS 'for other functions';

-- Which of the people asked about may be given which case, two lists side by side: not those who are the participant, or
-- close to them. For those who see the case.
-- Signed: a statement smuggled into a page could else ask it of every colleague in turn. Whoever does so by the pages is
-- found (plass.access.log.kept_away).
CREATE OR REPLACE FUNCTION access_may_follow(users text[], cases text[], permit text)
RETURNS TABLE (user_id bigint, case_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM access_demand(permit, 'access_may_follow', array_to_string(users, E'\n'), array_to_string(cases, E'\n'));
    RETURN QUERY
        SELECT asked.who, asked.wanted FROM unnest(users::bigint[], cases::bigint[]) AS asked (who, wanted)
        WHERE access_sees_case(asked.wanted)
          AND NOT EXISTS (SELECT FROM cases_case c WHERE c.id = asked.wanted AND cases_must_keep_away(asked.who, c.participant_id));
END $$;

-- Break glass: a way into a case of another team or office for some hours, with a reason. Returns whether it was given.
-- Never to a shielded participant, to oneself or to somebody close; and an unknown number is answered alike.
-- Signed: a statement smuggled into a page could else take it, read, and take it back, and would learn who is shielded.
CREATE OR REPLACE FUNCTION access_break_glass(wanted bigint, why text, hours integer, most integer, permit text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM access_demand(permit, 'access_break_glass', wanted::text, why, hours::text, most::text);
    IF access_sees_case(wanted) THEN
        RETURN access_works_with_people();
    END IF;
    -- One's emergencies come one after the other, or more than the most would be open: each counts those before it.
    PERFORM access_lock('emergencies of ' || access_user());
    PERFORM cases_lock_person_of(wanted);
    IF NOT access_works_with_people() OR btrim(why) = '' OR hours NOT BETWEEN 1 AND 168
       OR NOT EXISTS (SELECT FROM cases_case WHERE id = wanted AND (NOT shielded OR cases_had_a_part(id))
                      AND participant_id <> ALL (cases_said_own_employees())
                      AND participant_id NOT IN (SELECT participant_id FROM access_ties()))
       OR (SELECT count(*) FROM access_grant WHERE user_id = access_user() AND kind = 'emergency'
           AND granted_at > now() - interval '24 hours') >= least(most, 5) THEN
        RETURN false;
    END IF;
    INSERT INTO access_grant (kind, level, user_id, case_id, reason, granted_by_id, expires_at)
    VALUES ('emergency', 2, access_user(), wanted, btrim(why), access_user(), now() + make_interval(hours => hours));
    RETURN true;
END $$;

-- The participant with each identity number to whom a referral by the acting user to this team attaches (without a team: in
-- whom they have a part that does not end by itself): the main row before what was typed of somebody else's. Whom they do
-- not see, or only for a time, is not known to them here, and so is nobody's case. A row for each number, in their order.
CREATE OR REPLACE FUNCTION cases_known_participants(
    wanted bytea[], to_office bigint DEFAULT NULL, to_team bigint DEFAULT NULL
) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN (SELECT access_is_staff()) THEN (
        SELECT p.id FROM cases_participant p
        WHERE p.identity_hash = w.hash AND access_may_refer(p.id, to_office, to_team)
        ORDER BY EXISTS (SELECT FROM cases_possibleduplicate d WHERE d.participant_id = p.id), p.id LIMIT 1) END
    FROM unnest(wanted) WITH ORDINALITY AS w (hash, place) ORDER BY w.place
$$;

-- Every row with an identity number that the acting user sees, for the search by number. No column tells the number, nor
-- that two rows have the same.
CREATE OR REPLACE FUNCTION cases_seen_with(wanted bytea) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT p.id FROM cases_participant p WHERE p.identity_hash = wanted
        AND (p.id = ANY ((SELECT access_participants())::bigint[])
             OR EXISTS (SELECT FROM access_whole w WHERE w.participant_id = p.id))
$$;

-- Whether somebody has follow-up at an office already, as far as the acting user sees it.
CREATE OR REPLACE FUNCTION cases_has_open_case(wanted_participant bigint, wanted_office bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN access_is_staff() AND EXISTS (
        SELECT FROM milestone_cache
        WHERE participant_id = wanted_participant AND office_id = wanted_office
          AND (ended_on IS NULL OR ended_on > access_today()) AND access_level(case_id) > 0);
END $$;

-- A refused line says why, and about whom, although the one who was refused cannot know: those who review read it.
CREATE OR REPLACE FUNCTION cases_refused_because() RETURNS trigger
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    SELECT c.participant_id, CASE
        WHEN c.participant_id = ANY (access_ties_of('self')) THEN 'own data'
        WHEN c.participant_id = ANY (access_ties_of('family')) THEN 'close family'
        -- Not where it is so only because of somebody whom those who read the line may not know of.
        WHEN c.shielded AND EXISTS (
            SELECT FROM cases_participant p WHERE p.id = c.participant_id AND p.protection <> '') THEN 'shielded'
        -- After what is a finding by itself, whoever tries: leaders and administrators too.
        WHEN NOT access_works_with_people() THEN 'no role'
        ELSE 'no relation' END
    INTO NEW.participant_id, NEW.rule
    FROM cases_case c WHERE c.id = NEW.case_id;
    NEW.rule := coalesce(NEW.rule, 'unknown');
    RETURN NEW;
END $$;

CREATE TRIGGER plass_refused_because BEFORE INSERT ON access_accesslogentry
    FOR EACH ROW WHEN (NEW.rule = 'unknown' AND NOT NEW.allowed AND NEW.case_id IS NOT NULL)
    EXECUTE FUNCTION cases_refused_because();
