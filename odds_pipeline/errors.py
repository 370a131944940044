"""Every exception the platform raises on purpose.

Belongs here: exception types and the exit code each one means on the command line.
Does not belong here: handling, logging, texts of single faults.

    OddsPipelineError                 exit 1   base of all
    ├── UsageError                    exit 2   the caller asked for what cannot be
    │   └── SettingsError             exit 2   a setting is missing or wrong
    ├── NotFound                      exit 3   the named event, book, market or file is not here
    ├── StorageError                  exit 4   PostgreSQL refused or cannot be reached
    │   ├── DatabaseUnavailable       exit 4
    │   │   └── ConnectionLost        exit 4   in mid-work; what it did is unknown
    │   ├── SchemaOutOfDate           exit 4   run `odds db migrate`
    │   └── NotYetNormalised          exit 4   an answer would change: raw of that time is pending
    ├── ProviderError                 exit 5   the odds provider answered with an error
    │   ├── ProviderUnreachable       exit 5   no answer after the allowed retries
    │   ├── ProviderRefused           exit 5   4xx with the provider's error_code and message
    │   │   ├── InvalidKey            exit 5
    │   │   ├── OutOfCredits          exit 6
    │   │   ├── NotOnPlan             exit 5   a bought plan would have it (history)
    │   │   ├── UnknownSport          exit 5
    │   │   ├── EventNotFound         exit 5   usually: the game has ended
    │   │   ├── MarketsRefused        exit 5   one such market refuses the whole call
    │   │   └── TooManyCalls          exit 5   429, after the allowed retries
    │   ├── CallsPaused               exit 5   nothing was asked: earlier calls failed
    │   └── MalformedResponse         exit 5   an answer that cannot be read at all
    ├── BudgetExceeded                exit 6   the reservation would pass quota minus reserve
    ├── AlreadyRunning                exit 7   another process holds this role or port
    ├── ConfirmationRequired          exit 8   a paid action was not confirmed
    └── AlertNotSent                  exit 9   a channel did not take an alert; it waits
"""


class OddsPipelineError(Exception):
    """Base of all our errors; its text is one line that says what, where and what to do."""

    exit_code = 1


class UsageError(OddsPipelineError):
    """The caller asked for something that cannot be done."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is missing or has a value that cannot be used."""


class NotFound(OddsPipelineError):
    """The named event, bookmaker, market, capture or file is not here."""

    exit_code = 3


class StorageError(OddsPipelineError):
    """PostgreSQL refused a request or cannot be reached."""

    exit_code = 4


class DatabaseUnavailable(StorageError):
    """No connection could be made."""


class ConnectionLost(DatabaseUnavailable):
    """The connection broke in mid-work: it was undone, unless it broke during the commit."""


class SchemaOutOfDate(StorageError):
    """The database is not at the revision this code needs."""


class NotYetNormalised(StorageError):
    """Raw responses known by the asked time are not normalised yet, so an answer would change."""


class ProviderError(OddsPipelineError):
    """The provider did not give a usable answer."""

    exit_code = 5


class ProviderUnreachable(ProviderError):
    """No answer within the deadline and the allowed retries."""


class ProviderRefused(ProviderError):
    """The provider answered 4xx.

    Args:
        status: HTTP status.
        error_code: the provider's code, for example ``INVALID_MARKET``; empty when it gave none.
        message: the provider's own sentence.
    """

    def __init__(self, status: int, error_code: str, message: str) -> None:
        self.status = status
        self.error_code = error_code
        self.message = message
        super().__init__(f"provider answered {status} {error_code or '(no code)'}: {message}")

    def __reduce__(self) -> tuple[type["ProviderRefused"], tuple[int, str, str]]:
        # Pickling would hand the one text in `args` to the constructor, which takes three.
        return type(self), (self.status, self.error_code, self.message)


class InvalidKey(ProviderRefused):
    """The API key is missing, wrong or deactivated."""


class OutOfCredits(ProviderRefused):
    """The month's credits are used up; the free endpoints still answer."""

    exit_code = 6


class NotOnPlan(ProviderRefused):
    """The key is good, but its plan does not include what was asked: history needs a paid one."""


class UnknownSport(ProviderRefused):
    """The provider has no sport of that key."""


class EventNotFound(ProviderRefused):
    """The provider has no event of that id, usually because the game has ended."""


class MarketsRefused(ProviderRefused):
    """Markets were asked for that the endpoint, sport or date does not have: nothing was served."""


class TooManyCalls(ProviderRefused):
    """The provider's frequency limit held through the allowed retries."""


class CallsPaused(ProviderError):
    """Nothing was asked: calls with this key pause after failures, until a stated time."""


class MalformedResponse(ProviderError):
    """The body cannot be read as what the endpoint promises."""


class BudgetExceeded(OddsPipelineError):
    """A call may not be paid: its key's quota, floor or reserve forbids it.

    Args:
        message: why, in words.
        reason: why, as the slot's gap has it: ``quota`` or ``reserve``.
    """

    exit_code = 6

    def __init__(self, message: str, reason: str = "quota") -> None:
        self.reason = reason
        super().__init__(message)

    def __reduce__(self) -> tuple[type["BudgetExceeded"], tuple[str, str]]:
        # Pickling would hand on the message alone.
        return type(self), (str(self), self.reason)


class AlreadyRunning(OddsPipelineError):
    """Another process holds this role, port or folder."""

    exit_code = 7


class ConfirmationRequired(OddsPipelineError):
    """A paid action needs a confirmation that was not given."""

    exit_code = 8


class AlertNotSent(OddsPipelineError):
    """A channel did not take an alert, or may not be used; the alert waits in the outbox."""

    exit_code = 9
