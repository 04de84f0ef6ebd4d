-- Whether whoever acts was refused so many cases within the last hour that more of them are slowed down: in how many seconds that is
-- over (NULL where they are not), and whether it begins now, which is then said by a line ('slowed'): not where one was said within
-- the hour, however many refusals came since. It looks at the latest of them alone, and finds that line by an index of its own.
CREATE FUNCTION access_slowed(most integer, OUT seconds integer, OUT begins boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH latest AS MATERIALIZED (
        SELECT l.at FROM access_accesslogentry l
        WHERE l.user_id = access_user() AND NOT l.allowed AND l.at > clock_timestamp() - interval '1 hour' AND l.case_id IS NOT NULL
        ORDER BY l.at DESC LIMIT most + 1
    ), refused AS (
        SELECT count(*) AS number, min(at) AS first FROM latest
    )
    SELECT CASE WHEN number > most THEN
               greatest(1, ceil(extract(epoch FROM first + interval '1 hour' - clock_timestamp())))::integer END,
           number > most AND NOT EXISTS (
               SELECT FROM access_accesslogentry l
               WHERE l.user_id = access_user() AND l.purpose = 'slowed' AND l.at > clock_timestamp() - interval '1 hour')
    FROM refused
$$;
