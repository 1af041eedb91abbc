"""The emulator's settings: what AWS decides in production, and tests and demos decide here."""

from __future__ import annotations

import ipaddress
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from sescli.emulator import clock
from sescli.emulator.router import DEFAULT_REGION, is_region
from sescli.emulator.ses.account import account, dedicated_ips
from sescli.emulator.ses.faults import Fault, fault_for_code
from sescli.emulator.ses.identities import identities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.emulator.router import Router
    from sescli.emulator.ses.region import Controls, Region
    from sescli.emulator.store import Store

_MAX_FAILURES = 100_000
_LIMITS = frozenset({"quota", "rate"})
_ENFORCEMENTS = ("HEALTHY", "PROBATION", "SHUTDOWN")


class ControlError(ValueError):
    """An unknown setting, or a value that is not valid for it."""


class ControlSettings:
    """`reset_services` resets the services other than SES."""

    def __init__(self, router: Router, controls: Controls, reset_services: Callable[[], None]) -> None:
        self._router = router
        self._controls = controls
        self._reset_services = reset_services

    def apply(self, changes: Any) -> None:
        """Apply the settings in `changes`. The caller holds the store's lock. Raises ControlError.

        `sandbox`: true or false. `quota`: recipients per 24 hours (-1: unlimited). `rate`: recipients per second.
        `fail`: CODE or CODE:N; the next N send calls fail with it. `verify`: name of an identity. `dedicated_ip`: an
        IP address that AWS leases to the account. `enforcement`: HEALTHY, PROBATION or SHUTDOWN. `review`: PENDING,
        FAILED, GRANTED or DENIED, AWS's answer to the request for production access. `clock`: +25h, an ISO 8601
        time, or real. `fail` and `clock` apply to the server, the others to `region` (default us-east-1).
        """
        if not isinstance(changes, dict):
            raise ControlError("the settings must be a JSON object")
        region = self._region(_text(changes.pop("region", DEFAULT_REGION), "region"))
        # Entering or leaving the sandbox changes quota and rate, so a given quota or rate is applied after it.
        for setting in sorted(changes.keys() - {"fail", "clock"}, key=lambda each: (each in _LIMITS, each)):
            self._apply_to_region(region, setting, changes[setting])
        # These are not part of the transaction, so they come last, when no other setting can fail.
        if "fail" in changes:
            self._fail(_text(changes["fail"], "fail"))
        if "clock" in changes:
            self._set_clock(region.store, _text(changes["clock"], "clock"))

    def _apply_to_region(self, region: Region, setting: str, value: Any) -> None:
        """Apply one setting of a region."""
        match setting:
            case "sandbox":
                account.set_production(region, not _flag(value, setting))
            case "quota" | "rate":
                account.change(region, **{setting: _number(value, setting)})
            case "verify":
                self._verify(region, _text(value, setting))
            case "dedicated_ip":
                dedicated_ips.lease(region, _ip(value, setting))
            case "enforcement":
                account.change(region, enforcement=_choice(value, setting, _ENFORCEMENTS))
            case "review":
                account.set_review(region, _choice(value, setting, account.REVIEWS))
            case _:
                raise ControlError(f"unknown setting: {setting}")

    def current(self, region_name: str) -> dict[str, Any]:
        """Return the settings of a region. The caller holds the store's lock."""
        region = self._region(region_name)
        record = account.load(region)
        failures = Counter(fault.v2_code for fault in self._controls.failures)
        return {
            "region": region.name,
            "sandbox": not record["production"],
            "quota": record["quota"],
            "rate": record["rate"],
            "enforcement": record["enforcement"],
            "review": record.get("details", {}).get("ReviewDetails", {}).get("Status"),
            "dedicated_ips": [name for name, _ in region.store.iter_records(region.name, dedicated_ips.IP)],
            "failures": [{"code": code, "left": left} for code, left in failures.items()],
            "verification": self._controls.verification,
            "clock": self._controls.clock.describe(),
        }

    def reset(self) -> None:
        """Reset what is kept outside the store: the clock, requested failures, the other services."""
        self._controls.failures.clear()
        self._controls.clock.set(clock.REAL)
        self._router.clear_regions()
        self._reset_services()

    def _region(self, name: str) -> Region:
        if not is_region(name):
            raise ControlError(f"{name!r} is not a valid region name")
        return self._router.region(name)

    def _set_clock(self, store: Store, setting: str) -> None:
        try:
            self._controls.clock.set(setting)
        except clock.ClockError as error:
            raise ControlError(str(error)) from error
        clock.save(store, self._controls.clock)

    def _fail(self, text: str) -> None:
        code, _, times = text.partition(":")
        if times and not times.isdecimal():
            raise ControlError("fail must be CODE or CODE:N")
        changes = min(int(times or 1), _MAX_FAILURES)
        faults: deque[Fault] = deque(fault_for_code(code) for _ in range(changes))
        self._controls.failures.extend(faults)

    def _verify(self, region: Region, name: str) -> None:
        record = identities.find(region, name)
        if record is None:
            raise ControlError(f"identity {name} not found in {region.name}")
        identities.verify(region, record)
        identities.save(region, record)


def _text(value: Any, setting: str) -> str:
    if not isinstance(value, str) or not value:
        raise ControlError(f"{setting} must be a non-empty string")
    return value


def _ip(value: Any, setting: str) -> str:
    try:
        return str(ipaddress.ip_address(_text(value, setting)))
    except ValueError as error:
        raise ControlError(f"{setting} must be an IP address, not {value!r}") from error


def _choice(value: Any, setting: str, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ControlError(f"{setting} must be one of {', '.join(choices)}")
    return str(value)


def _flag(value: Any, setting: str) -> bool:
    if not isinstance(value, bool):
        raise ControlError(f"{setting} must be true or false")
    return value


def _number(value: Any, setting: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (value <= 0 and value != -1):
        raise ControlError(f"{setting} must be a number above 0")
    return float(value)
