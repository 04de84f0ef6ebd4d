"""Approved requests in words: what was asked for and who said yes, and how somebody logged in by one."""

from __future__ import annotations

from django.utils.translation import gettext

from .models import ApprovalRequest


def approval(approval_request: ApprovalRequest) -> str:
    """What was asked for, by whom, and who said yes."""
    names = {"what": _granted(approval_request), "admin": approval_request.asked_by.name}
    if approval_request.outcome == ApprovalRequest.Outcome.PROVEN:
        return gettext("%(what)s: asked for by %(admin)s, shown to be right by themselves") % names
    names["leader"] = approval_request.answered_by.name if approval_request.answered_by else ""
    return gettext("%(what)s: asked for by %(admin)s, approved by %(leader)s") % names


def _granted(approval_request: ApprovalRequest) -> str:
    """What somebody got by it, without their name: that stands beside it."""
    names = {"role": approval_request.get_role_display(), "group": approval_request.group}
    role = gettext("New role as %(role)s, with a link to choose a password")
    return {
        ApprovalRequest.Kind.PASSWORD: gettext("New password link"),
        ApprovalRequest.Kind.FACTOR: gettext("Codes on the phone and passkeys taken away"),
        ApprovalRequest.Kind.ROLE: role if approval_request.link_id else gettext("New role as %(role)s"),
        ApprovalRequest.Kind.GROUP: gettext("The group %(group)s gives the role of %(role)s"),
        ApprovalRequest.Kind.LOGIN: gettext("First login through the login service"),
    }[ApprovalRequest.Kind(approval_request.kind)] % names


def login(approval_request: ApprovalRequest) -> str:
    """What a line of the log of who looked says of an approved login: by a new link or role, a reset phone, the first."""
    name = approval_request.answered_by.name if approval_request.answered_by else ""
    if approval_request.kind == ApprovalRequest.Kind.ROLE:
        return gettext("logged in with the link to a new role approved by %(name)s") % {"name": name}
    if approval_request.kind == ApprovalRequest.Kind.FACTOR:
        return gettext("logged in with a new phone approved by %(name)s") % {"name": name}
    if approval_request.kind == ApprovalRequest.Kind.LOGIN:
        return gettext("logged in through the login service, the first time approved by %(name)s") % {"name": name}
    return gettext("logged in with a new link approved by %(name)s") % {"name": name}
