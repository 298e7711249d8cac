"""Every way in which the service says no: one table from code to HTTP status and sentence."""

from pydantic import BaseModel, Field

PROBLEMS: dict[str, tuple[int, str]] = {
    "unauthorized": (401, "A valid bearer token is needed."),
    "requester_unknown": (403, "It must be known on whose behalf this is done: name an existing account."),
    "vip_account": (403, "Executive accounts are changed by the executive support team only."),
    "not_manager": (403, "Only the person's manager or Human Resources may ask for this."),
    "group_restricted": (403, "The group is restricted: an access request is needed."),
    "not_owner": (403, "Only the owner of the group decides on its access requests."),
    "own_request": (403, "Nobody decides on their own access request."),
    "vpn_longer_than_90_days": (403, "VPN access is granted for at most 90 days."),
    "quota_over_100": (403, "A mailbox holds at most 100 GB."),
    "external_address": (403, "Mail is never forwarded outside northwind-harbour.example."),
    "not_found": (404, "There is no such record."),
    "not_member": (404, "The person is not a member."),
    "no_vpn_access": (404, "The person has no active VPN access."),
    "not_assigned": (404, "The person holds no licence of this product."),
    "method_not_allowed": (405, "This address does not accept the method."),
    "account_disabled": (409, "The account is disabled."),
    "account_locked": (409, "The account is locked: unlock it first."),
    "not_locked": (409, "The account is not locked."),
    "mfa_not_enrolled": (409, "The person has no second factor enrolled."),
    "already_disabled": (409, "The account is disabled already."),
    "not_disabled": (409, "The account is not disabled."),
    "already_member": (409, "The person is a member already."),
    "group_not_restricted": (409, "The group is open: add the member directly."),
    "already_pending": (409, "A request of this person for this group is pending already."),
    "not_pending": (409, "The request is decided already."),
    "not_in_stock": (409, "Only a device in stock can be assigned."),
    "device_not_assigned": (409, "Only a device that is assigned to someone can be reported lost."),
    "already_locked": (409, "The device is locked already."),
    "not_lost": (409, "Only a lost or locked device is wiped."),
    "pool_empty": (409, "No licence of this product is left."),
    "already_assigned": (409, "The person holds a licence of this product already."),
    "already_delegate": (409, "The person is a delegate of this mailbox already."),
    "ticket_closed": (409, "The ticket is closed and cannot be changed."),
    "idempotency_conflict": (409, "The idempotency key was used for another request."),
    "invalid": (422, "The request has a missing or malformed value."),
    "date_in_past": (422, "The last day of VPN access lies in the past."),
    "internal_error": (500, "The service failed; the log says why."),
    "injected_fault": (503, "A fault was injected for a test."),
}


class Error(BaseModel):
    """Body of every answer that is not a success."""

    code: str = Field(description="Name of the error, for programs")
    message: str = Field(description="What went wrong, for people")


class Problem(Exception):
    """A refusal by rule; `code` is a key of PROBLEMS."""

    def __init__(self, code: str, message: str | None = None, *, status: int | None = None) -> None:
        default_status, sentence = PROBLEMS[code]
        self.status = status or default_status
        self.error = Error(code=code, message=message or sentence)
        super().__init__(self.error.message)


def documented(codes: tuple[str, ...]) -> dict[int | str, dict[str, object]]:
    """The OpenAPI responses that name these codes, grouped by status."""
    sentences: dict[int, list[str]] = {}
    for code in codes:
        status, sentence = PROBLEMS[code]
        sentences.setdefault(status, []).append(f"{code}: {sentence}")
    return {status: {"model": Error, "description": " ".join(lines)} for status, lines in sorted(sentences.items())}
