"""Which services are installed: what packages offer under the entry point group `buurtthuis.services`."""

import gc
from importlib.metadata import EntryPoint, entry_points

from buurtthuis.core.errors import why
from buurtthuis.core.settings import SERVICES, SettingsError
from buurtthuis.runtime.service import Service


def offered(entry: EntryPoint) -> Service:
    """The service that a package offers. Raises SettingsError where it cannot be imported, or is none."""
    try:
        service = entry.load()
    except Exception as error:  # at an import there are no people's words yet that it could quote
        raise SettingsError(
            f"The service {entry.name} cannot be loaded: {why(error)}: {error}. "
            f"`python -c 'import {entry.module}'` shows all of it."
        ) from error
    if not isinstance(service, Service):
        raise SettingsError(f"The service {entry.name} is a {type(service).__name__}, and no Service.")
    return service


def installed_services() -> dict[str, Service]:
    """Every service that is installed here, by name; an extension is one like any other. Raises SettingsError."""
    gc.disable()  # what is imported stays: to look through all of it again and again takes half a second
    try:
        found = [offered(entry) for entry in entry_points(group=SERVICES)]
    finally:
        gc.enable()
        gc.freeze()
    return {service.name: service for service in sorted(found, key=lambda service: service.name)}
