-- What is agreed and not settled yet has one definition, here; pages that show a day or a case read the view, and forms look up
-- their one row in it.

-- Steps of plans that are neither done nor given up.
CREATE OR REPLACE VIEW plan_open_steps WITH (security_invoker = true) AS
SELECT p.id, p.case_id, p.what, p.who, p.due_on, p.goal
FROM plan_planstep p
WHERE p.superseded_at IS NULL
  AND NOT EXISTS (SELECT FROM plan_planstepdone d WHERE d.step_id = p.id AND d.superseded_at IS NULL)
  AND NOT (
    EXISTS (SELECT FROM cases_correction k WHERE k.case_id = p.case_id AND k.kind = 'step' AND k.replacement_id = p.id)
    AND EXISTS (SELECT FROM plan_planstepdone d WHERE d.case_id = p.case_id AND d.superseded_at IS NULL
                AND d.step_id = ANY (cases_versions('step', p.case_id, p.id)))
  );
