"""The state of the application: the service, and what a test records and injects around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .faults import Fault, Faults, SocketFault
from .recorded_requests import RequestLog

if TYPE_CHECKING:
    from ..service import Service
    from .origins import AllowedHosts


@dataclass
class AppState:
    """The state of an application.

    Attributes:
        service: The emulated service.
        allowed_hosts: The hostnames under which it is served.
        activity_timeout: Real seconds after which a client of the socket sends a ping.
        requests: The recorded requests.
        faults: The faults of the next requests.
        socket_faults: The faults of the next connections to the socket.
    """

    service: Service
    allowed_hosts: AllowedHosts
    activity_timeout: float
    requests: RequestLog = field(default_factory=RequestLog)
    faults: Faults[Fault] = field(default_factory=Faults[Fault])
    socket_faults: Faults[SocketFault] = field(default_factory=Faults[SocketFault])
