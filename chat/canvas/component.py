"""What all components are: parameters checked at loading, and a run that turns inputs into an output."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chat.canvas.events import RunEvent
from chat.canvas.schema import Source
from chat.exchange import Reference
from chat.writing import Material

if TYPE_CHECKING:
    from chat.canvas.call import Call

Running = Generator[RunEvent, None, "Output"]


@dataclass(frozen=True, slots=True)
class Output:
    """What came of a component: texts, for a list one each; passages of a search; the reference of an answer.

    `nothing_found` is what a search that found nothing has to say; `chosen` the successor that a router picked.
    """

    texts: tuple[str, ...] = ()
    material: Material | None = None
    reference: Reference | None = None
    nothing_found: str | None = None
    chosen: str = ""

    @property
    def text(self) -> str:
        """All texts, one below the other."""
        return "\n".join(self.texts)

    @property
    def size(self) -> int:
        """Characters of all texts, without putting them together."""
        return sum(map(len, self.texts)) + len(self.texts)


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters that every component has."""

    query: tuple[Source, ...] = ()
    message_history_window_size: int = 22


class Component:
    """A component of a canvas; a subclass says what it takes and what it does.

    `transparent` ones have no output of their own: who stands behind them reads through them. A `router` picks one successor,
    and what `gathers` takes in the passages of every search before it.
    """

    kind: ClassVar[str] = ""
    schema: ClassVar[type[Params]] = Params
    transparent: ClassVar[bool] = False
    router: ClassVar[bool] = False
    gathers: ClassVar[bool] = False

    def __init__(self, id: str, params: Any) -> None:
        self.id = id
        self.params = params
        self.check()

    def check(self) -> None:
        """Refuse parameters that cannot work. Raises InvalidInput dsl.invalid."""

    def references(self) -> Iterable[str]:
        """The components, or `begin@key`, that it names and waits for."""
        return (source.component_id for source in self.params.query if source.type == "reference" and source.component_id)

    def mentions(self) -> Iterable[str]:
        """What stands in the braces of its texts; those that are components are waited for."""
        return ()

    def successors(self) -> Iterable[str]:
        """Those a router may pick."""
        return ()

    def run(self, call: Call) -> Running:
        """Do the work."""
        raise NotImplementedError
        yield
