-- Extracts for studies. Every function here is the read role's alone (plass.db.row_policies takes them from the web role by their
-- name): no page can make an extract. The read role has no table; what it gets, it gets from here, after a line in the log.
--
--   extracts_begin()          writes the line in the log; only for an evaluator, and only with a purpose
--   extracts_person_months()  a row a person and month, pseudonymised
--   extracts_spells()         waiting, and staying in work
--   extracts_finish()         the file's rows and fingerprint, beside the line
--
-- The others refuse unless the line was written by the same user in the same transaction: rows that are handed out and not
-- logged do not exist. Shielded participants are never in an extract.

CREATE OR REPLACE FUNCTION extracts_pad(key bytea, with_byte integer) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = public AS $$
    SELECT string_agg(
        set_byte('\x00'::bytea, 0, (CASE WHEN i < length(key) THEN get_byte(key, i) ELSE 0 END) # with_byte), ''::bytea ORDER BY i)
    FROM generate_series(0, 63) i
$$;

-- HMAC-SHA-256 (RFC 2104) from its two padded keys; the wheel's PostgreSQL has no pgcrypto.
CREATE OR REPLACE FUNCTION extracts_pseudonym(inner_pad bytea, outer_pad bytea, message text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public AS $$
    SELECT left(encode(sha256(outer_pad || sha256(inner_pad || convert_to(message, 'UTF8'))), 'hex'), 20)
$$;

-- Somebody who works here today as an evaluator, by user name.
CREATE OR REPLACE FUNCTION extracts_evaluator(wanted text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT u.id FROM organisation_user u
    WHERE u.username = wanted AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())
      AND EXISTS (
        SELECT FROM organisation_membership m WHERE m.user_id = u.id AND m.role = 'evaluator'
          AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today()))
$$;

-- The offices an evaluator may study: those of their places.
CREATE OR REPLACE FUNCTION extracts_offices() RETURNS TABLE (id bigint, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT DISTINCT o.id, o.name::text
    FROM organisation_membership m
    JOIN organisation_office o ON o.id = m.office_id OR (m.office_id IS NULL AND o.county_id = m.county_id)
    WHERE m.user_id = access_user() AND m.role = 'evaluator' AND access_is_staff()
      AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
$$;

-- The offices that somebody leads today, or whose county: they see that data about their offices was taken out.
CREATE OR REPLACE FUNCTION extracts_led_offices() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT o.id), '{}')
    FROM organisation_membership m
    JOIN organisation_office o ON o.id = m.office_id OR (m.office_id IS NULL AND o.county_id = m.county_id)
    WHERE m.user_id = access_user() AND m.role = 'leader' AND access_is_staff()
      AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today())
$$;

CREATE OR REPLACE FUNCTION extracts_begin(
    for_study text, because text, by_account text, first_wanted date, last_wanted date
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    made bigint;
BEGIN
    IF access_user() IS NULL OR NOT access_is_staff() OR NOT access_has_role('evaluator') THEN
        RAISE EXCEPTION 'Only an evaluator may make an extract.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF length(trim(because)) < 10 OR length(trim(for_study)) = 0 THEN
        RAISE EXCEPTION 'An extract needs a study and a purpose.' USING ERRCODE = 'check_violation';
    END IF;
    -- Two UUIDs hold 244 random bits.
    INSERT INTO extracts_studykey (study, key, made_at)
    VALUES (for_study, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), now())
    ON CONFLICT (study) DO NOTHING;
    -- No page reaches this function: whoever comes here came by the command line, and nobody has proved who they are.
    INSERT INTO extracts_extract (at, user_id, through, offices, run_by, study, purpose, first_month, last_month)
    VALUES (
        now(), access_user(), 'command_line', (SELECT coalesce(array_agg(o.id ORDER BY o.id), '{}') FROM extracts_offices() o),
        by_account, for_study, trim(because), date_trunc('month', first_wanted)::date,
        -- A month is measured on its last day, so the one that runs is not there yet.
        least(date_trunc('month', last_wanted), date_trunc('month', access_today()) - interval '1 month')::date)
    RETURNING id INTO made;
    RETURN made;
END $$;

-- The line in the log, for whoever wrote it in this transaction; else an error.
CREATE OR REPLACE FUNCTION extracts_logged(wanted bigint) RETURNS extracts_extract
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    found extracts_extract;
BEGIN
    SELECT * INTO found FROM extracts_extract WHERE id = wanted AND user_id = access_user() AND at = now();
    IF found.id IS NULL THEN
        RAISE EXCEPTION 'The extract is not in the log.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN found;
END $$;

-- Cases that may be studied: of the evaluator's offices, referred, of nobody who is shielded.
CREATE OR REPLACE FUNCTION extracts_cases() RETURNS TABLE (
    case_id bigint, participant_id bigint, office text, referred_on date, started_on date, ended_on date, born_on date
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT k.case_id, k.participant_id, o.name, k.referred_on, k.started_on, k.ended_on, p.born_on
    FROM milestone_cache k
    JOIN cases_case c ON c.id = k.case_id AND NOT c.shielded
        AND c.participant_id <> ALL ((SELECT cases_said_own_employees())::bigint[])
    JOIN cases_participant p ON p.id = k.participant_id AND p.protection = ''
    JOIN extracts_offices() o ON o.id = k.office_id
    WHERE k.referred_on IS NOT NULL
$$;

-- How many participants are left out because they are shielded; NULL where that is fewer than five.
CREATE OR REPLACE FUNCTION extracts_shielded(wanted bigint) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT CASE WHEN number >= 5 THEN number END FROM (
        SELECT count(DISTINCT c.participant_id)::integer AS number
        FROM extracts_logged(wanted) e, cases_case c JOIN extracts_offices() o ON o.id = c.office_id
        -- First, whatever the plan: where there is nobody to count, the line would else not be asked for.
        WHERE (SELECT (extracts_logged(wanted)).id) IS NOT NULL
          AND (c.shielded OR c.participant_id = ANY ((SELECT cases_said_own_employees())::bigint[]))
    ) counted
$$;

-- A row a person and month, from the month after the referral and `follow` months on, measured on the month's last day. Work is
-- taken to last until its end is recorded, also after the follow-up has ended.
CREATE OR REPLACE FUNCTION extracts_person_months(wanted bigint, follow integer) RETURNS TABLE (
    office text, month date, person text, in_work smallint, hours_per_week numeric, part_time smallint,
    wage_subsidy smallint, work_trial smallint, age_group text, months_followed text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH logged AS MATERIALIZED (
        SELECT e.first_month, e.last_month, extracts_pad(k.key, 54) AS inner_pad, extracts_pad(k.key, 92) AS outer_pad
        FROM extracts_logged(wanted) e JOIN extracts_studykey k ON k.study = e.study
    ), studied AS MATERIALIZED (
        SELECT * FROM extracts_cases()
    ), people AS MATERIALIZED (
        SELECT k.participant_id, range_agg(k.work) AS work, range_agg(k.trial) AS trial
        FROM milestone_cache k WHERE k.participant_id IN (SELECT participant_id FROM studied) GROUP BY 1
    ), months AS MATERIALIZED (
        -- Of two cases of one person the later one has the month.
        SELECT DISTINCT ON (s.participant_id, m.month)
            s.participant_id, s.office, s.referred_on, s.born_on, m.month::date AS month,
            (m.month + interval '1 month - 1 day')::date AS day
        FROM studied s CROSS JOIN logged l
        CROSS JOIN LATERAL generate_series(
            greatest(date_trunc('month', s.referred_on) + interval '1 month', l.first_month),
            least(date_trunc('month', s.referred_on) + follow * interval '1 month', l.last_month),
            interval '1 month') m (month)
        ORDER BY s.participant_id, m.month, s.referred_on DESC, s.case_id DESC
    ), jobs AS MATERIALIZED (
        SELECT k.participant_id, w.job_id, w.started_on, w.ended_on, w.hours_at_start, w.subsidised
        FROM milestone_cache k JOIN jobs_periods w ON w.case_id = k.case_id
        WHERE w.paid AND k.participant_id IN (SELECT participant_id FROM studied)
    ), held AS MATERIALIZED (
        SELECT m.participant_id, m.month, bool_or(j.subsidised) AS subsidised, sum(coalesce((
                SELECT c.hours_per_week FROM jobs_jobchanged c
                WHERE c.job_id = j.job_id AND c.superseded_at IS NULL AND c.happened_on <= m.day
                ORDER BY c.happened_on DESC, c.id DESC LIMIT 1), j.hours_at_start)) AS hours
        FROM months m JOIN jobs j ON j.participant_id = m.participant_id AND j.started_on <= m.day
          AND (j.ended_on IS NULL OR j.ended_on >= m.day)
        GROUP BY 1, 2
    )
    SELECT
        m.office, m.month, extracts_pseudonym(l.inner_pad, l.outer_pad, m.participant_id::text),
        (p.work @> m.day)::integer::smallint,
        CASE WHEN p.work @> m.day THEN coalesce(j.hours, 0) ELSE 0 END,
        (p.work @> m.day AND coalesce(j.hours, 0) < 30)::integer::smallint,
        (p.work @> m.day AND coalesce(j.subsidised, false))::integer::smallint,
        (p.trial @> m.day)::integer::smallint,
        CASE WHEN age(m.referred_on, m.born_on) < interval '30 years' THEN 'under 30'
             WHEN age(m.referred_on, m.born_on) < interval '45 years' THEN '30 to 44' ELSE '45 and over' END,
        CASE WHEN m.month <= date_trunc('month', m.referred_on) + interval '6 months' THEN '1 to 6'
             WHEN m.month <= date_trunc('month', m.referred_on) + interval '12 months' THEN '7 to 12' ELSE 'over 12' END
    FROM months m CROSS JOIN logged l JOIN people p ON p.participant_id = m.participant_id
    LEFT JOIN held j ON j.participant_id = m.participant_id AND j.month = m.month
    WHERE (SELECT (extracts_logged(wanted)).id) IS NOT NULL
$$;

-- Spells: 'waiting' from referral to the first meeting (or the end without one), 'retention' from the first day of work to the
-- last. Their days are moved to the first of the month they began in; how long they lasted is exact.
CREATE OR REPLACE FUNCTION extracts_spells(wanted bigint, kind text) RETURNS TABLE (
    office text, person text, started date, ended date, followed_until date, ended_how text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH logged AS MATERIALIZED (
        SELECT e.first_month, e.last_month, extracts_pad(k.key, 54) AS inner_pad, extracts_pad(k.key, 92) AS outer_pad
        FROM extracts_logged(wanted) e JOIN extracts_studykey k ON k.study = e.study
    ), spells AS (
        SELECT s.office, s.participant_id, s.referred_on AS began, coalesce(s.started_on, s.ended_on) AS over,
               CASE WHEN s.started_on IS NOT NULL THEN 'met' WHEN s.ended_on IS NOT NULL THEN 'ended without a meeting' END AS how
        FROM extracts_cases() s WHERE kind = 'waiting'
        UNION ALL
        SELECT s.office, s.participant_id, lower(r), CASE WHEN NOT upper_inf(r) THEN upper(r) END,
               CASE WHEN NOT upper_inf(r) THEN 'out of work' END
        FROM extracts_cases() s JOIN milestone_cache k ON k.case_id = s.case_id CROSS JOIN LATERAL unnest(k.work) r
        WHERE kind = 'retention' AND lower(r) >= s.referred_on
    )
    SELECT s.office, extracts_pseudonym(l.inner_pad, l.outer_pad, s.participant_id::text), m.first,
           CASE WHEN s.over <= access_today() THEN m.first + (s.over - s.began) END,
           m.first + (access_today() - s.began),
           CASE WHEN s.over <= access_today() THEN s.how END
    FROM spells s CROSS JOIN logged l CROSS JOIN LATERAL (SELECT date_trunc('month', s.began)::date AS first) m
    WHERE (SELECT (extracts_logged(wanted)).id) IS NOT NULL
      AND s.began >= l.first_month AND s.began < l.last_month + interval '1 month' AND s.began <= access_today()
      AND (s.over IS NULL OR s.over >= s.began)
$$;

CREATE OR REPLACE FUNCTION extracts_finish(
    wanted bigint, file text, number bigint, persons integer, fingerprint text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM extracts_logged(wanted);
    INSERT INTO extracts_extractfile (extract_id, name, rows_written, people, sha256)
    VALUES (wanted, file, number, persons, fingerprint);
END $$;

-- Who may call what; plass.db.row_policies reads these words.
COMMENT ON FUNCTION extracts_evaluator(text) IS 'for the read role';
COMMENT ON FUNCTION extracts_offices() IS 'for the read role';
COMMENT ON FUNCTION extracts_begin(text, text, text, date, date) IS 'for the read role';
COMMENT ON FUNCTION extracts_shielded(bigint) IS 'for the read role';
COMMENT ON FUNCTION extracts_person_months(bigint, integer) IS 'for the read role';
COMMENT ON FUNCTION extracts_spells(bigint, text) IS 'for the read role';
COMMENT ON FUNCTION extracts_finish(bigint, text, bigint, integer, text) IS 'for the read role';
COMMENT ON FUNCTION extracts_cases() IS 'for other functions';
COMMENT ON FUNCTION extracts_logged(bigint) IS 'for other functions';
