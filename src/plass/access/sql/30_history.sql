-- When something was done is the database's to say, not the writer's. db/row_policies.py attaches it to every column that says
-- so (Rows.began: as the beginning of the transaction). The first two are the same, quicker: most rows have one of them.
CREATE OR REPLACE FUNCTION access_set_time() RETURNS trigger
LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF TG_ARGV[0] = 'recorded_at' THEN
        NEW.recorded_at := clock_timestamp();
    ELSIF TG_ARGV[0] = 'at' THEN
        NEW.at := clock_timestamp();
    ELSE
        NEW := jsonb_populate_record(NEW, jsonb_build_object(
            TG_ARGV[0], CASE TG_ARGV[1] WHEN 'began' THEN now() ELSE clock_timestamp() END));
    END IF;
    RETURN NEW;
END $$;

-- What says that something is over is set once: for the columns that RowPolicy calls `one_way`.
CREATE FUNCTION access_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what is over in % stays as it is', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- The history of who changed: one trigger function for every table that is changed in place. db/row_policies.py attaches it to
-- the tables whose Rows say `history`, with: audience, participant column, user column, hidden columns, ignored columns.
-- It runs as the owner, so whoever may change the row need not be able to write here, and nobody else can.

CREATE OR REPLACE FUNCTION access_keep_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    known jsonb := coalesce(after, before);
    hidden text[] := string_to_array(TG_ARGV[3], ',');
    ignored text[] := string_to_array(TG_ARGV[4], ',');
    was jsonb;
    is_now jsonb;
    about bigint := CASE WHEN TG_ARGV[2] <> '' THEN (known ->> TG_ARGV[2])::bigint END;
    audience text := TG_ARGV[0];
BEGIN
    -- Only the columns that changed; and what is secret is said to have changed, without its contents.
    SELECT jsonb_object_agg(key, CASE WHEN secret AND earlier <> 'null' THEN '"***"'::jsonb ELSE earlier END)
               FILTER (WHERE before IS NOT NULL),
           jsonb_object_agg(key, CASE WHEN secret AND later <> 'null' THEN '"***"'::jsonb ELSE later END)
               FILTER (WHERE after IS NOT NULL)
    INTO was, is_now
    FROM (
        SELECT key, before -> key AS earlier, after -> key AS later,
               key = ANY (hidden) OR key ~ '(password|secret|token|hash)'
                   OR coalesce(before ->> key, after ->> key) LIKE '\\x%' AS secret
        FROM jsonb_object_keys(known) AS key
        WHERE key <> ALL (ignored) AND before -> key IS DISTINCT FROM after -> key
    ) changed;
    IF was IS NULL AND is_now IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' AND TG_ARGV[0] IN ('participant', 'nobody') THEN
        -- Deleted is deleted: that it was done stays, and nothing of what it held. With a participant goes all that is kept about
        -- them; with a row that only points to one goes the row's own, for the participant is somebody else, and is still there.
        DELETE FROM access_change WHERE "table" = TG_TABLE_NAME AND "row" = (known ->> 'id')::bigint;
        IF TG_ARGV[1] = 'id' THEN
            DELETE FROM access_change WHERE participant_id = (known ->> 'id')::bigint;
        END IF;
        was := NULL;
    END IF;
    -- Accounts are of those who work here, and of participants and contact persons, whose history is not the organisation's.
    -- An account that is not known is nobody's who works here.
    IF audience = 'organisation' AND about IS NOT NULL AND 'staff' IS DISTINCT FROM (CASE
        WHEN TG_TABLE_NAME = 'organisation_user' THEN known ->> 'kind'
        ELSE (SELECT kind FROM organisation_user WHERE id = about) END) THEN
        audience := 'account';
    END IF;
    INSERT INTO access_change
        (at, who, db_role, "table", "row", audience, participant_id, about_user, operation, old, new)
    VALUES (clock_timestamp(), access_user(), coalesce(nullif(current_setting('role', true), 'none'), session_user),
            TG_TABLE_NAME, (known ->> 'id')::bigint, audience,
            CASE WHEN TG_ARGV[1] <> '' THEN (known ->> TG_ARGV[1])::bigint END,
            about,
            lower(TG_OP), was, is_now);
    RETURN NULL;
END $$;
