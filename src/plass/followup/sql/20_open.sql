-- What is agreed and not settled yet. Each has one definition, here; pages that show a day or a case read the views, and
-- forms look up their one row in them.

-- Meetings that stand, are not called off and not recorded as held (nor were before they were corrected). Few are ever
-- corrected, so the rarer question behind that is seldom asked.
CREATE OR REPLACE VIEW followup_open_meetings WITH (security_invoker = true) AS
SELECT m.id, m.case_id, m.staff_id, m.employer_id, m.starts_at, m.minutes, m.parties, m.channel, m.place, m.address, m.purpose
FROM followup_meeting m
WHERE m.superseded_at IS NULL
  AND NOT EXISTS (SELECT FROM followup_contact h WHERE h.meeting_id = m.id AND h.superseded_at IS NULL)
  AND NOT EXISTS (SELECT FROM followup_meetingcancelled x WHERE x.meeting_id = m.id AND x.superseded_at IS NULL)
  AND NOT (
    EXISTS (SELECT FROM cases_correction k WHERE k.case_id = m.case_id AND k.kind = 'meeting' AND k.replacement_id = m.id)
    AND (
      EXISTS (SELECT FROM followup_contact h WHERE h.case_id = m.case_id AND h.superseded_at IS NULL
              AND h.meeting_id IS NOT NULL AND h.meeting_id = ANY (cases_versions('meeting', m.case_id, m.id)))
      OR EXISTS (SELECT FROM followup_meetingcancelled x WHERE x.case_id = m.case_id AND x.superseded_at IS NULL
                 AND x.meeting_id = ANY (cases_versions('meeting', m.case_id, m.id)))
    )
  );

-- Contacts that promised an employer to be in touch again: a promise is settled by a later contact with the same employer by
-- the same person, or about the same case by anybody, unless it reached nobody and set no new day.
CREATE OR REPLACE VIEW followup_promises WITH (security_invoker = true) AS
SELECT f.id, f.case_id, f.employer_id, f.contact_person_id, f.recorded_by_id, f.next_contact_on
FROM followup_contact f
WHERE f.superseded_at IS NULL AND f.employer_id IS NOT NULL AND f.next_contact_on IS NOT NULL
  AND 'employer' = ANY (f.parties)
  AND NOT EXISTS (
    SELECT FROM followup_contact l
    WHERE l.employer_id = f.employer_id AND l.happened_on >= f.happened_on AND l.superseded_at IS NULL
      AND 'employer' = ANY (l.parties)
      AND (NOT l.no_show OR l.next_contact_on IS NOT NULL)
      -- Not a plain OR, for which all that the person ever recorded was read once more for each promise.
      AND coalesce(l.recorded_by_id = f.recorded_by_id OR l.case_id = f.case_id, false)
      AND (l.happened_on > f.happened_on OR l.id > f.id)
  );
