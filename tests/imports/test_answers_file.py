"""What the file of questions tells of people whose address may be protected."""

from __future__ import annotations

from plass.imports import answers_file
from plass.imports.questions import NO_ANSWERS, OF_A_PERSON, WITHOUT_WORDS, Kind

from .test_moved_cells import HEAD, MOVED, WHO, read


def test_nothing_of_whom_an_address_may_be_protected_stands_in_the_file_of_questions():
    text = HEAD + "Adresse;Telefon;Merknad\n" + WHO + "Storgata 1;kode 6;99887766\n"
    made = read(text)
    assert {question.kind for question in made.open_questions} == {Kind.MOVED, Kind.PROTECTION}
    told = answers_file.write(made.open_questions, NO_ANSWERS).decode()
    assert "kode 6" not in told and "Kari" not in told
    assert "3. etg" in answers_file.write(read(MOVED[0][0]).open_questions, NO_ANSWERS).decode()


def test_each_kind_of_question_is_said_to_show_what_one_person_s_rows_say_or_not():
    """Whoever adds a kind says so: else its words stand in the file of questions while an address may be protected."""
    of_words_or_columns = {
        *(Kind.COLUMN, Kind.DAY_AND_MONTH, Kind.HOURS, Kind.UNREADABLE, Kind.STATUS, Kind.TITLE),
        *(Kind.END_CAUSE, Kind.JOB_END_REASON, Kind.JOB_FORM, Kind.JOB, Kind.EMPLOYER, Kind.EMPLOYERS),
    }
    assert set(Kind) == WITHOUT_WORDS | OF_A_PERSON | of_words_or_columns
    assert not of_words_or_columns & (WITHOUT_WORDS | OF_A_PERSON)
