from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("organisation", "0003_roles_of_trust")]

    operations = [
        # Names as they are sorted, and as they are searched (docs/decisions/0142), alike on every server: with ICU or
        # without, whatever its locale. Immutable, so that columns can be made from it; here and not among what is made
        # anew, because columns depend on it. One expression, so that PostgreSQL puts it where it is called.
        #
        # For order æ, ø and å (and ä, ö, aa) come last, as "{", "|" and "}" do after "z", and ü is a y. For search they are
        # ae, o and a. Any other accent is left out. Letters that are no letter with an accent stand in lists.
        migrations.RunSQL(
            r"""
            CREATE FUNCTION plain_name(name text, for_order boolean) RETURNS text
            LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT CASE WHEN for_order
                THEN replace(replace(replace(translate(regexp_replace(normalize(replace(translate(
                        lower(normalize(btrim(name), NFKC)),
                        'æǽäøǿöőåüű', '{{{||||}yy'), 'aa', '}'), NFD), '[\u0300-\u036f]+', '', 'g'),
                        'łđðħıŧŋ’‘ʼ´`‐‑–', 'lddhitn''''''''''---'), 'ß', 'ss'), 'þ', 'th'), 'œ', 'oe')
                ELSE regexp_replace(replace(replace(replace(replace(translate(regexp_replace(normalize(
                        lower(normalize(btrim(name), NFKC)), NFD), '[\u0300-\u036f]+', '', 'g'),
                        'øłđðħıŧŋ’‘ʼ´`‐‑–', 'olddhitn''''''''''---'), 'æ', 'ae'), 'ß', 'ss'), 'þ', 'th'), 'œ', 'oe'),
                        'aa+', 'a', 'g')
                END
            $$
            """,
            "DROP FUNCTION plain_name(text, boolean)",
        ),
    ]
