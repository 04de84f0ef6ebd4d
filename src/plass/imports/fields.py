"""What a column of a list may hold."""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    """What a column may hold."""

    IDENTITY_NUMBER = "identity_number"
    BIRTH_DATE = "birth_date"
    PERSONAL_NUMBER = "personal_number"
    NAME = "name"
    GIVEN_NAME = "given_name"
    MIDDLE_NAME = "middle_name"
    FAMILY_NAME = "family_name"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    PLACE = "place"
    PROTECTION = "protection"
    REFERRED_ON = "referred_on"
    STARTED_ON = "started_on"
    LAST_MET_ON = "last_met_on"
    SPECIALIST = "specialist"
    COUNSELLOR = "counsellor"
    WISHES = "wishes"
    STATUS = "status"
    PLANNED_END_ON = "planned_end_on"
    EMPLOYER = "employer"
    EMPLOYER_NUMBER = "employer_number"
    JOB_TITLE = "job_title"
    JOB_FORM = "job_form"
    JOB_HOURS = "job_hours"
    JOB_PERCENT = "job_percent"
    JOB_STARTED_ON = "job_started_on"
    JOB_ENDED_ON = "job_ended_on"
    JOB_END_REASON = "job_end_reason"
    SUBSIDISED = "subsidised"
    EMPLOYER_2 = "employer_2"
    EMPLOYER_NUMBER_2 = "employer_number_2"
    JOB_TITLE_2 = "job_title_2"
    JOB_FORM_2 = "job_form_2"
    JOB_HOURS_2 = "job_hours_2"
    JOB_PERCENT_2 = "job_percent_2"
    JOB_STARTED_ON_2 = "job_started_on_2"
    JOB_ENDED_ON_2 = "job_ended_on_2"
    JOB_END_REASON_2 = "job_end_reason_2"
    SUBSIDISED_2 = "subsidised_2"
    ENDED_ON = "ended_on"
    END_CAUSE = "end_cause"
    IGNORED = ""


#: How and where somebody is reached.
CONTACT = (Field.PHONE, Field.EMAIL, Field.ADDRESS, Field.POSTAL_CODE, Field.PLACE)
#: What is told of a job, and the same of a second one that stands beside it in the row.
SECOND_JOB = {Field(field.value.removesuffix("_2")): field for field in Field if field.value.endswith("_2")}
#: The fields of a job.
OF_A_JOB = tuple(SECOND_JOB)
#: The fields that hold a date.
DATES = (
    Field.REFERRED_ON,
    Field.STARTED_ON,
    Field.LAST_MET_ON,
    Field.ENDED_ON,
    Field.PLANNED_END_ON,
    Field.JOB_STARTED_ON,
    Field.JOB_ENDED_ON,
    Field.JOB_STARTED_ON_2,
    Field.JOB_ENDED_ON_2,
)
