"""One run of a canvas: from the last Answer to the next, step by step (RAGFlow v1 contract 8.2)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import asdict

from chat.canvas import inputs
from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Running
from chat.canvas.components.answer import Answer
from chat.canvas.events import SHOWN, Limits, RunEvent, Spoken, Started, Step
from chat.canvas.graph import Graph
from chat.canvas.meter import MOST_TEXTS, Meter
from chat.canvas.state import State
from chat.canvas.world import World
from chat.exchange import Reference, Text
from chat.markers import ragflow_markers, without_markers
from chat.wording import NO_ANSWER
from chat.writing import Material
from models.errors import AppError

REPEATS = 6  # of one pattern of components within a round
CRASH = "Internal Server Error"

Flow = Generator[RunEvent, None, None]


class Runner:
    """Runs the components of one turn; `trace` has what was done, also where it failed."""

    def __init__(self, graph: Graph, state: State, world: World, limits: Limits) -> None:
        self._graph = graph
        self._state = state
        self._world = world
        self._meter = Meter(limits)
        self._deferred: dict[str, Component] = {}
        self.trace: list[Step] = []

    def turn(self, message_id: str) -> Flow:
        """Run to the next Answer and let it speak; the last event is Spoken. Raises what components and meter raise."""
        if not self._state.answer:
            yield from self._round()
        if not self._state.answer:
            raise AppError("run.silent", NO_ANSWER)
        answer = self._state.answer.pop(0)
        yield from self._ahead(answer)
        yield from self._speak(answer, message_id)

    def _round(self) -> Flow:
        """Everything between the last Answer and the next ones. An opener that was told already is passed over."""
        state = self._state
        if not state.path:
            yield from self._step(self._graph.components["begin"], opens=True)
        state.path.append([])
        yield from self._flow(self._graph.after(self._last()), "")
        if state.question() and len(state.path) == 2 and state.answer and not state.path[-1]:
            state.path[-1].append(state.answer.pop(0))
            state.open_with(state.outputs["begin"].text)
            state.path.append([])
            yield from self._flow(self._graph.after(self._last()), "")

    def _last(self) -> str:
        """The component that this round starts behind."""
        return next((round[-1] for round in reversed(self._state.path) if round), "begin")

    def _flow(self, starts: Iterable[str], scope: str) -> Generator[RunEvent, None, list[str]]:
        """Run components until none is left; returns the texts of those that lead nowhere further. `scope` is their Iteration."""
        ready, waiting, done = deque(dict.fromkeys(starts)), list[str](), set[str]()
        texts: list[str] = []
        while ready or waiting:
            forced = not ready
            id = waiting.pop(0) if forced else self._pick(ready)
            component = self._graph.components[id]
            if isinstance(component, Answer):
                self._state.answer += [] if id in self._state.answer else [id]
                continue
            if not forced and self._lacks(id, scope, done):
                waiting += [] if id in waiting else [id]
                continue
            yield from self._step(component)
            done.add(id)
            after = self._after(component)
            texts += self._state.outputs[id].texts if scope and not after else ()
            freed = [one for one in waiting if not self._lacks(one, scope, done)]
            waiting = [one for one in waiting if one not in freed]
            ready.extend(one for one in (*freed, *after) if one not in ready)
        return texts

    def _pick(self, ready: deque[str]) -> str:
        """The first that no other one leads to: where branches meet, all of them come first."""
        for id in ready if len(ready) > 1 else ():
            if not any(self._graph.leads(one, id) and not self._graph.leads(id, one) for one in ready if one != id):
                ready.remove(id)
                return id
        return ready.popleft()

    def _lacks(self, id: str, scope: str, done: set[str]) -> bool:
        """Whether a component names another of its scope that has not run in this round."""
        return any(self._graph.parents.get(one, "") == scope and one not in done for one in self._graph.waits(id))

    def _after(self, component: Component) -> list[str]:
        if not component.router:
            return self._graph.after(component.id)
        chosen = self._state.outputs[component.id].chosen
        return [chosen] if chosen else []

    def _step(self, component: Component, *, opens: bool = False) -> Flow:
        """Run one component, or leave it to the Answer that alone speaks it, so that its text can be told as it comes."""
        self._meter.step()
        round = [] if opens else self._state.path[-1]
        if opens:
            self._state.path.append(round)
        if self._is_spoken_alone(component):
            self._deferred[component.id] = component
            self._state.outputs[component.id] = Output()
            round.append(component.id)
        else:
            yield from self._silently(component)
            round.append(component.id)
        self._refuse_loops(round)

    def _is_spoken_alone(self, component: Component) -> bool:
        after = self._graph.after(component.id)
        if component.kind != "Generate" or component.id in self._graph.named:
            return False
        return len(after) == 1 and isinstance(self._graph.components[after[0]], Answer)

    def _silently(self, component: Component) -> Flow:
        """Run a component whose text is not told."""
        for event in self._run(component):
            if not isinstance(event, Text):
                yield event

    def _run(self, component: Component) -> Flow:
        """Run a component, keep its output, and note the step."""
        began, read, written = time.perf_counter(), self._meter.read, self._meter.written
        name = self._graph.names[component.id]
        yield Started(component.id, name)
        call = Call(component, self._graph, self._state, self._world, self._meter, self._item)
        shown, output, failure = "", Output(), CRASH
        try:
            shown = self._shown(call)
            output = self._kept(component.id, (yield from self._watched(component.run(call))))
            failure = ""
        except AppError as error:
            failure = error.message
            raise
        except GeneratorExit:
            failure = ""
            raise
        finally:
            spent = (self._meter.read - read, self._meter.written - written)
            seconds = time.perf_counter() - began
            self.trace.append(Step(component.id, component.kind, name, shown, output.text[:SHOWN], seconds, *spent, error=failure))

    def _kept(self, id: str, output: Output) -> Output:
        """Keep an output, as long as all that are kept stay within bounds."""
        self._meter.hold(id, output.size)
        before = self._state.outputs.get(id, Output())
        self._meter.hold(id, sum(one.size for one in self._state.outputs.values()) - before.size + output.size, most=MOST_TEXTS)
        self._state.outputs[id] = output
        return output

    def _watched(self, running: Running) -> Running:
        """The component's events, with an eye on the limits."""
        try:
            while True:
                try:
                    event = next(running)
                except StopIteration as end:
                    self._meter.check()
                    return end.value
                self._meter.check()
                yield event
        finally:
            running.close()

    def _shown(self, call: Call) -> str:
        """What comes into a component, as a trace shows it."""
        return "" if call.component.kind in ("Begin", "Message") else inputs.shown(call.inputs(), SHOWN)[:SHOWN]

    def _item(self, iteration: str, first: str, item: str) -> Generator[RunEvent, None, list[str]]:
        """Run the inside of an Iteration for one item; returns its texts."""
        for id in self._graph.inside(iteration):
            self._state.outputs.pop(id, None)
        self._meter.step()
        self._state.outputs[first] = Output((item,))
        self._state.path[-1].append(first)
        self.trace.append(Step(first, "IterationItem", self._graph.names[first], "", item[:SHOWN], 0.0))
        return (yield from self._flow(self._graph.after(first), iteration))

    def _ahead(self, answer: str) -> Flow:
        """Write what other Answers are to speak in later calls: a session keeps texts, not what is still to be written."""
        for waiting in self._state.answer:
            source = self._source(waiting)
            if source in self._deferred and source != self._source(answer):
                yield from self._silently(self._deferred.pop(source))

    def _source(self, answer: str) -> str:
        """The component that an Answer speaks for."""
        found = inputs.before(self._graph, self._state, answer)
        return found[0].source if found else ""

    def _speak(self, id: str, message_id: str) -> Flow:
        answer = self._graph.components[id]
        assert isinstance(answer, Answer)
        source = self._source(id)
        told = ""
        if source in self._deferred:
            for event in self._run(self._deferred.pop(source)):
                told = event.whole if isinstance(event, Text) else told
                yield event
        output = inputs.before(self._graph, self._state, id)[0].output if source else Output()
        text = (output.text or output.nothing_found or "") + answer.postfix()
        if text and not told:
            yield Text(text)
        reference = output.reference or _reference(output.material)
        self._note(id, text, reference, message_id)
        yield Spoken(text, reference, self._meter.usage, time.time(), id)

    def _note(self, id: str, text: str, reference: Reference | None, message_id: str) -> None:
        state = self._state
        state.path[-1].append(id)
        state.history.append(["assistant", without_markers(text)])
        state.messages.append({"role": "assistant", "content": ragflow_markers(text), **({"id": message_id} if message_id else {})})
        state.reference.append(asdict(reference) if reference else {})

    def _refuse_loops(self, round: list[str]) -> None:
        """Stop a round that repeats itself; the items of an Iteration are meant to."""
        items = [place for place, id in enumerate(round) if self._graph.components[id].kind == "IterationItem"]
        tail = round[items[-1] + 1 :] if items else round
        for size in range(1, len(tail) // (REPEATS + 1) + 1):
            pattern = tail[-size:]
            if tail[-size * (REPEATS + 1) :] == pattern * (REPEATS + 1):
                drawn = " => ".join(id.partition(":")[0] for id in pattern)
                raise AppError("run.loop", f"Too much loops: {drawn} => {drawn}")


def _reference(material: Material | None) -> Reference | None:
    """What passages that are spoken as they are stand on."""
    return Reference(material.total, material.passages, material.documents) if material else None
