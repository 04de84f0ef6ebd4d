"""Bringing an office's list in: the file, its columns, what would be written, writing it, and the rest as a file."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import PurePath
from typing import cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plass.access import idempotency, log
from plass.access.user_roles import UserRoles, user_roles
from plass.cases import identity
from plass.cases.gate import NotAllowed
from plass.organisation.models import Team
from plass.ui.breadcrumbs import BreadcrumbsFrom

from .. import actions, column_choices, mapping, queries, result_page, sheet, state, tasks, template_workbook
from ..files import reading
from ..files.reading import UnreadableFile
from ..forms import ColumnsForm, QuestionsForm, UploadForm, WriteForm
from ..kept_rows import PARTS
from ..models import REST, Upload
from ..plan_types import RowReport
from ..questions import Kind
from ..state import State

PER_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: After so long a file is forgotten (``sql/10_forget.sql``).
KEPT = timedelta(days=7)

_crumbs = BreadcrumbsFrom(gettext_lazy("Import"), "imports:start")


def _in_a_team(request: HttpRequest) -> UserRoles:
    who = user_roles(request.user)
    if who is None or not who.teams:
        raise NotAllowed("works in no team")
    return who


def own_upload(request: HttpRequest, upload_id: int, *, to_end_it: bool = False) -> tuple[UserRoles, Upload]:
    """One's own file of this number, for those who work in a team. Raises Http404 and NotAllowed.

    What another version of the program read begins to be read anew, unless its owner is about to end what goes on with it.
    """
    who = _in_a_team(request)
    own = queries.uploads_of(who).filter(pk=upload_id)
    upload = own.first()
    if upload is None:
        raise Http404
    if not to_end_it and not upload.is_worked_on and state.is_outdated(upload) and tasks.read_anew(upload, by=who.user):
        upload = own.get()
    return who, upload


def _show_as_recorded_now(who: UserRoles, rows: list[RowReport]) -> None:
    """Leave out of rows that are shown what must not be any more, and write that what is recorded was looked at."""
    seen = queries.cases_seen({row.case_id for row in rows if row.case_id})
    for row in rows:
        if row.case_id in seen and seen[row.case_id].participant.hides_address:
            row.differences = [one for one in row.differences if not one.is_of_the_address]
    if seen:
        log.log_export(who, "differences", queries.log_lines(who, seen.values()))


def _page_of(upload: Upload) -> str:
    return reverse("imports:result", args=[upload.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Choose a file, or go on with one that is not done."""
    who = _in_a_team(request)
    posted = request.method == "POST"
    if posted and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)):
        return HttpResponseRedirect(earlier, status=303)
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    if posted and form.is_valid():
        try:
            goes_to = idempotency.run_once(
                form.cleaned_data["submission"], by=who.user, act=lambda: _keep(who, form.cleaned_data["file"])
            )
            return HttpResponseRedirect(goes_to, status=303)
        except UnreadableFile as error:
            form.add_error("file", str(error))
    context = {
        "title": _("Import a list"),
        "form": form,
        "uploads": [(upload, upload.at + KEPT) for upload in queries.uploads_of(who)[:20]],
    }
    return render(request, "imports/start.html", context, status=422 if form.is_bound else 200)


def _keep(who: UserRoles, file: UploadedFile[bytes]) -> str:
    """Read and keep a file; the address of the page with its columns, or of its progress where reading takes longer.

    Raises UnreadableFile.
    """
    content = file.read()
    if not reading.is_read_at_once(content):
        return _keep_unread(who, file.name or "", content)
    held = reading.read(content)
    if not reading.is_gone_through_at_once(held):
        return _keep_unread(who, file.name or "", content)
    read = sheet.of_file(held)
    team = cast(Team, queries.teams_to_import_to(who).first())
    upload = actions.keep_upload(
        by=who.user,
        team=team,
        name=PurePath(file.name or "").name,
        content=content,
        mapping=mapping.recognise(read, team),
        state=state.of_sheet(read, mapping.by_headings(read)).with_answers(mapping.confirmed_before(read, team)).dump(),
    )
    return reverse("imports:columns", args=[upload.pk])


def _keep_unread(who: UserRoles, name: str, content: bytes) -> str:
    upload = actions.keep_upload(
        by=who.user,
        team=cast(Team, queries.teams_to_import_to(who).first()),
        name=PurePath(name).name,
        content=content,
        mapping={},
        state=state.UNREAD.dump(),
    )
    tasks.start(upload, by=who.user, doing=tasks.READ)
    return _page_of(upload)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, upload_id: int) -> HttpResponse:
    """What each column holds, and which team the list is for. Sending it checks the whole list."""
    who, upload = own_upload(request, upload_id)
    if upload.is_worked_on:
        return HttpResponseRedirect(_page_of(upload), status=303)
    file_state = state.load(upload)
    if not file_state.is_read:
        return HttpResponseRedirect(_page_of(upload), status=303)
    form = ColumnsForm(
        request.POST if request.method == "POST" else None,
        teams=queries.teams_to_import_to(who),
        file_state=file_state,
        chosen=queries.mapping_of(upload.mapping),
        confirmed=file_state.answers,
        who_chose=column_choices.who_chose(
            file_state.columns, queries.column_choices(upload.team, file_state.headings)
        ),
        initial={"team": upload.team_id, "follower": file_state.follower or queries.follows_by_default(who)},
    )
    if form.is_bound and form.is_valid():
        act = _read_other_sheets if form.has_other_sheets else _check
        try:
            goes_to = idempotency.run_once(
                form.cleaned_data["submission"], by=who.user, act=lambda: act(who, upload, form, file_state)
            )
        except UnreadableFile as error:
            form.add_error("sheets", str(error))
        else:
            if form.has_other_sheets:
                messages.info(request, _("Other sheets are read now. Look at the columns, and check the list."))
            return HttpResponseRedirect(goes_to, status=303)
    title = _("What the columns hold")
    context = {
        "title": title,
        "crumbs": _crumbs(title),
        "form": form,
        "upload": upload,
        "file_state": file_state,
        "about_sheets": mapping.about_sheets(file_state.sheets, file_state.hidden_sheets),
        "about_the_file": [
            *mapping.about_the_file(file_state.remarks, file_state.sheets),
            *mapping.about_the_referral(
                [(column.index, column.heading, column.examples) for column in file_state.columns],
                queries.mapping_of(upload.mapping),
            ),
        ],
        "several_teams": len(who.teams) > 1,
        "read": sum(1 for field in queries.mapping_of(upload.mapping).values() if field),
        "guesses": len(form.guessed),
    }
    return render(request, "imports/columns.html", context, status=422 if form.is_bound else 200)


def _read_other_sheets(who: UserRoles, upload: Upload, form: ColumnsForm, file_state: State) -> str:
    """Read the sheets that were chosen, and show their columns. Raises UnreadableFile."""
    team = form.cleaned_data["team"]
    read = sheet.read(identity.unseal(upload.content), upload.name, form.cleaned_data["sheets"])
    state_now = state.of_sheet(read, mapping.by_headings(read)).followed_by(int(form.cleaned_data["follower"]))
    chosen = mapping.recognise(read, team) | mapping.carried_over(file_state.columns, form.chosen, read)
    actions.choose(upload, by=who.user, team=team, mapping=chosen, state=state_now.dump())
    return reverse("imports:columns", args=[upload.pk])


def _check(who: UserRoles, upload: Upload, form: ColumnsForm, file_state: State) -> str:
    """Keep what was chosen, and check the list."""
    chosen, team = form.chosen, form.cleaned_data["team"]
    follower = int(form.cleaned_data["follower"])
    state_now = file_state.unchecked().followed_by(follower).with_answers(form.confirmed)
    actions.choose(upload, by=who.user, team=team, mapping=chosen, state=state_now.dump())
    tasks.start(upload, by=who.user, doing=tasks.CHECK)
    return _page_of(upload)


@require_safe
def result(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Row by row what would be written or was, and what is wrong; while that is being found out, how far it is."""
    who, upload = own_upload(request, upload_id)
    if upload.is_worked_on:
        return render(
            request,
            "imports/working.html",
            {"title": _title(upload), "upload": upload, "crumbs": _crumbs(upload.name)},
        )
    file_state, unseen = tasks.as_seen(upload)
    checked = file_state.checked
    if file_state.refusal:
        context = {"title": _("The file cannot be read"), "upload": upload, "why": file_state.refusal}
        return render(request, "imports/unreadable.html", context | {"crumbs": _crumbs(upload.name)})
    if checked is None:
        if not upload.was_interrupted:
            return HttpResponseRedirect(reverse("imports:columns", args=[upload.pk]))
        context = {"title": _ended_title(upload), "upload": upload, "file_state": file_state}
        return render(request, "imports/interrupted.html", context | {"crumbs": _crumbs(upload.name)})
    counts = {key: len(checked.rows_of(key)) for key in result_page.TABS}
    counts["utelatt"] = len(file_state.left_out)
    part = request.GET.get("vis", "")
    is_chosen = part in PARTS
    part = part if is_chosen else "alle"
    rows = checked.rows_of(part)
    marks = [mark for mark in checked.marks if mark.is_in(part)]
    given = checked.rows_with(lambda mark: mark.is_given)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    labels = result_page.labels(written=checked.written)
    here = _page_of(upload)
    rows_alone = is_chosen or page.number > 1
    first = [] if rows_alone else result_page.look_at_first(checked)
    _show_as_recorded_now(who, [*page, *first])
    context = {
        "title": _title(upload),
        "crumbs": _crumbs(upload.name),
        "upload": upload,
        "file_state": file_state,
        "checked": checked,
        "about": checked.overview,
        "here": here,
        "tabs": [
            (f"{here}?vis={key}", labels[key], counts.get(key, len(rows)), key == part)
            for key in dict.fromkeys((*result_page.TABS, part))
            if counts.get(key, len(rows)) or key in ("alle", part)
        ],
        "part": part,
        # Whoever came for some rows, or turned the page, has seen what stands above them.
        "rows_alone": rows_alone,
        "hidden": len(unseen),
        "compared": len(checked.case_ids),
        "page": page,
        "missing": []
        if is_chosen
        else sorted(queries.cases_seen(checked.missing).values(), key=lambda case: case.participant.sort_name),
        # Of a check the numbers are those of cases that were undone.
        "seen": queries.cases_seen(row.written_to for row in page if row.written_to) if checked.written else {},
        "people": len({mark.person for mark in marks if mark.person}),
        "left_out": file_state.left_out if part == "utelatt" else [],
        "wrong": counts["feil"],
        "not_written": len(checked.not_written),
        "rest_is_there": tasks.makes_rest_at_once(file_state) or tasks.kept_rest(upload, unseen) is not None,
        **_asked(file_state),
        "odd": counts["se"],
        "first": first,
        "equations": result_page.equations(checked.overview),
        "to_look_at": result_page.to_look_at(file_state),
        "what_is_written": result_page.what_is_written(checked.overview.sums),
        "rows_to_write": counts["skrives"],
        "differing": sum(mark.open_differences for mark in checked.marks),
        "left_differences": sum(mark.left_differences for mark in checked.marks),
        "about_sheets": mapping.about_sheets(file_state.sheets, file_state.hidden_sheets),
        "about_the_file": [
            *mapping.about_the_file(file_state.remarks, file_state.sheets),
            *mapping.about_the_referral(
                [(column.index, column.heading, column.examples) for column in file_state.columns],
                queries.mapping_of(upload.mapping),
            ),
        ],
        "given": len(given),
        "given_to": given[0].given_to if given else "",
        "is_theirs": upload.team_id in who.teams,
        "forgotten_on": upload.at + KEPT,
        "wrong_word": _("Wrong"),
        "waits_word": _("Waits for an answer"),
        "odd_word": _("Look at this"),
        "all_form": WriteForm(initial={"how": tasks.WRITE_ALL}, auto_id="all_%s"),
        "goes_together": actions.goes_together(file_state.rows),
        "good_form": WriteForm(initial={"how": tasks.WRITE_GOOD}, auto_id="good_%s"),
    }
    return render(request, "imports/result.html", context)


#: So many questions are asked at a time; the next come when these are answered.
QUESTIONS_AT_A_TIME = 50


def _asked(file_state: State, data: QueryDict | None = None) -> dict[str, object]:
    """What the page needs for asking: the form, how many questions are open, and how many of them it leaves for later."""
    of_the_check = file_state.checked.questions if file_state.checked else []
    # What columns hold is asked on the page of columns.
    questions = [question for question in of_the_check if question.kind is not Kind.COLUMN]
    still_open = [question for question in questions if file_state.answered.to(question) is None]
    if data is not None:
        asked = [question for question in questions if f"answer_{question.key}" in data]
    else:
        still_asked = set(still_open)
        answered = [question for question in questions if question not in still_asked]
        asked = [*still_open[:QUESTIONS_AT_A_TIME], *answered[:QUESTIONS_AT_A_TIME]]
    return {
        "questions_form": QuestionsForm(data, questions=asked, answers=file_state.answers, before=file_state.before),
        "open_questions": len(still_open),
        "later_questions": max(0, len(still_open) - QUESTIONS_AT_A_TIME),
        "waiting": len(file_state.checked.waiting) if file_state.checked else 0,
    }


@require_POST
def answer(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Keep the answers to what the check asked, and check the list anew with them."""
    who, upload = own_upload(request, upload_id)
    file_state = state.load(upload)
    form = cast(QuestionsForm, _asked(file_state, request.POST)["questions_form"])
    if upload.is_worked_on or not form.is_valid():
        for error in () if upload.is_worked_on else form.non_field_errors():
            messages.warning(request, str(error))
        return HttpResponseRedirect(_page_of(upload), status=303)

    def act() -> str:
        # Where the work began just now in another window, the page shows that.
        with suppress(actions.StillWorkedOn):
            actions.answer(upload, by=who.user, answers=form.chosen)
            tasks.start(upload, by=who.user, doing=tasks.CHECK)
        return _page_of(upload)

    return HttpResponseRedirect(idempotency.run_once(form.cleaned_data["submission"], by=who.user, act=act), status=303)


def _title(upload: Upload) -> str:
    if upload.is_worked_on:
        titles = {
            tasks.READ: _("The file is being read"),
            tasks.CHECK: _("The list is being checked"),
            REST: _("The file with the rest is being made"),
        }
        return titles.get(upload.doing, _("The list is being written"))
    return _("What the list says")


def _ended_title(upload: Upload) -> str:
    """What to call a reading or a check that ended before its end."""
    if upload.was_cancelled:
        return _("The reading is cancelled") if upload.doing == tasks.READ else _("The check is cancelled")
    return _("The reading was interrupted") if upload.doing == tasks.READ else _("The check was interrupted")


@require_safe
def progress(request: HttpRequest, upload_id: int) -> HttpResponse:
    """A fragment: how far it is. When it is done, the browser goes to the result."""
    _who, upload = own_upload(request, upload_id)
    if not upload.is_worked_on:
        return HttpResponse(status=204, headers={"HX-Redirect": _page_of(upload)})
    return render(request, "imports/_progress.html", {"upload": upload})


@require_POST
def cancel(request: HttpRequest, upload_id: int) -> HttpResponse:
    """End what goes on with the file. What was written stays."""
    who, upload = own_upload(request, upload_id, to_end_it=True)
    actions.cancel(upload, by=who.user)
    return HttpResponseRedirect(_page_of(upload), status=303)


@require_POST
def go_on(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Do on what was cancelled or interrupted. What was written before is not written twice."""
    who, upload = own_upload(request, upload_id)
    if upload.was_interrupted:
        tasks.go_on(upload, by=who.user)
    return HttpResponseRedirect(_page_of(upload), status=303)


@require_POST
def write(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Write the list: all of it or nothing, or what is right in it."""
    who, upload = own_upload(request, upload_id)
    form = WriteForm(request.POST)
    if not form.is_valid() or state.load(upload).checked is None:
        return HttpResponseRedirect(_page_of(upload), status=303)

    def act() -> str:
        try:
            tasks.start(upload, by=who.user, doing=form.cleaned_data["how"])
        except actions.ColumnsNotConfirmed:
            return reverse("imports:columns", args=[upload.pk])
        except actions.TooLongTogether:
            # The page shows how it is written.
            pass
        return _page_of(upload)

    return HttpResponseRedirect(idempotency.run_once(form.cleaned_data["submission"], by=who.user, act=act), status=303)


@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """An empty list to fill in."""
    _in_a_team(request)
    return _as_file(template_workbook.workbook(), _("List of participants.xlsx"))


@require_http_methods(["GET", "HEAD", "POST"])
def rest(request: HttpRequest, upload_id: int) -> HttpResponse:
    """The rows that are not written as a file to mend. Of a long list a job makes it: sending this begins that."""
    who, upload = own_upload(request, upload_id)
    file_state, unseen = tasks.as_seen(upload)
    checked = file_state.checked
    if checked is None or not checked.not_written:
        raise Http404
    if request.method == "POST":
        tasks.make_rest(upload, by=who.user)
        return HttpResponseRedirect(_page_of(upload), status=303)
    if tasks.makes_rest_at_once(file_state):
        content: bytes | None = tasks.rest_of(upload, file_state)
    else:
        content = tasks.kept_rest(upload, unseen)
    if content is None:
        return HttpResponseRedirect(_page_of(upload), status=303)
    to_mend = _("to mend")
    name = f"{PurePath(upload.name).stem} - {to_mend}.xlsx"
    return _as_file(content, name)


def _as_file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename=name))
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def forget(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Delete the file. What was written from it stays."""
    who, upload = own_upload(request, upload_id, to_end_it=True)
    if not upload.is_worked_on:
        actions.forget(upload, by=who.user)
        messages.success(request, _("The file is deleted. What was written from it stays."))
    return HttpResponseRedirect(reverse("imports:start"), status=303)
