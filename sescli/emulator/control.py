"""The switches of the embedded SES: what a test or a demonstration turns, and AWS would decide."""

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
    """A switch that does not exist, or a value that it cannot take."""


class ControlSettings:
    """`reset_services` resets the services that are not SES."""

    def __init__(self, router: Router, controls: Controls, reset_services: Callable[[], None]) -> None:
        self._router = router
        self._controls = controls
        self._reset_services = reset_services

    def apply(self, wanted: Any) -> None:
        """Turn the switches named in `wanted`; the caller holds the store's lock. Raises ControlError.

        `sandbox` true or false; `quota` recipients in 24 hours (-1 without end); `rate` recipients a second;
        `fail` CODE or CODE:N, the next N calls that send fail so; `verify` NAME of an identity;
        `dedicated_ip` ADDRESS, AWS leases this account the IP; `enforcement` HEALTHY, PROBATION or SHUTDOWN;
        `review` PENDING, FAILED, GRANTED or DENIED, AWS's answer to the request for production access. All
        act on `region` (us-east-1 without one), `fail` and `clock` (+25h, an ISO 8601 time, real) on the server.
        """
        if not isinstance(wanted, dict):
            raise ControlError("the switches must be a JSON object")
        region = self._region(_text(wanted.pop("region", DEFAULT_REGION), "region"))
        # To enter or leave the sandbox sets the quota and the rate, so one that is given comes after it.
        for switch in sorted(wanted.keys() - {"fail", "clock"}, key=lambda each: (each in _LIMITS, each)):
            self._apply_to_region(region, switch, wanted[switch])
        # These are held in memory: they come last, when nothing else can be refused any more.
        if "fail" in wanted:
            self._fail(_text(wanted["fail"], "fail"))
        if "clock" in wanted:
            self._set_clock(region.store, _text(wanted["clock"], "clock"))

    def _apply_to_region(self, region: Region, switch: str, value: Any) -> None:
        """Turn a switch of a region."""
        match switch:
            case "sandbox":
                account.set_production(region, not _flag(value, switch))
            case "quota" | "rate":
                account.change(region, **{switch: _number(value, switch)})
            case "verify":
                self._verify(region, _text(value, switch))
            case "dedicated_ip":
                dedicated_ips.lease(region, _ip(value, switch))
            case "enforcement":
                account.change(region, enforcement=_choice(value, switch, _ENFORCEMENTS))
            case "review":
                account.set_review(region, _choice(value, switch, account.REVIEWS))
            case _:
                raise ControlError(f"there is no switch {switch}")

    def current(self, region_name: str) -> dict[str, Any]:
        """How the switches stand in a region; the caller holds the store's lock."""
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
        """Forget what is held outside the store: clock, failures that were asked for, the other services."""
        self._controls.failures.clear()
        self._controls.clock.set(clock.REAL)
        self._router.clear_regions()
        self._reset_services()

    def _region(self, name: str) -> Region:
        if not is_region(name):
            raise ControlError(f"{name!r} is not the name of a region")
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
            raise ControlError("fail takes CODE or CODE:N")
        wanted = min(int(times or 1), _MAX_FAILURES)
        faults: deque[Fault] = deque(fault_for_code(code) for _ in range(wanted))
        self._controls.failures.extend(faults)

    def _verify(self, region: Region, name: str) -> None:
        record = identities.find(region, name)
        if record is None:
            raise ControlError(f"there is no identity {name} in {region.name}")
        identities.verify(region, record)
        identities.save(region, record)


def _text(value: Any, switch: str) -> str:
    if not isinstance(value, str) or not value:
        raise ControlError(f"{switch} takes a text")
    return value


def _ip(value: Any, switch: str) -> str:
    try:
        return str(ipaddress.ip_address(_text(value, switch)))
    except ValueError as error:
        raise ControlError(f"{switch} takes an IP address, not {value!r}") from error


def _choice(value: Any, switch: str, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ControlError(f"{switch} takes {', '.join(choices)}")
    return str(value)


def _flag(value: Any, switch: str) -> bool:
    if not isinstance(value, bool):
        raise ControlError(f"{switch} takes true or false")
    return value


def _number(value: Any, switch: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (value <= 0 and value != -1):
        raise ControlError(f"{switch} takes a number above 0")
    return float(value)
