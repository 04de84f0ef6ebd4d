-- Whether whoever acts was refused so many cases within the last hour that more of them are slowed down: in how many seconds that is
-- over (NULL where they are not), and whether it begins now, which is then said by a line ('slowed'). It looks at the latest lines
-- alone, however many there are; and at some more than the most, for of several at the same moment none may be the very next.
CREATE FUNCTION access_slowed(most integer, OUT seconds integer, OUT begins boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH latest AS MATERIALIZED (
        SELECT l.at, l.purpose = 'slowed' AS is_said FROM access_accesslogentry l
        WHERE l.user_id = access_user() AND NOT l.allowed AND l.at > clock_timestamp() - interval '1 hour'
          AND (l.case_id IS NOT NULL OR l.purpose = 'slowed')
        ORDER BY l.at DESC LIMIT most + 20
    ), refused AS (
        SELECT count(*) AS number, array_agg(at ORDER BY at DESC) AS times FROM latest WHERE NOT is_said
    )
    SELECT CASE WHEN number > most THEN
               greatest(1, ceil(extract(epoch FROM times[most + 1] + interval '1 hour' - clock_timestamp())))::integer END,
           number BETWEEN most + 1 AND most + 19 AND NOT EXISTS (SELECT FROM latest WHERE is_said)
    FROM refused
$$;
