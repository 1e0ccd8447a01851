"""The components that a canvas may be made of, by the names that its DSL gives them."""

from __future__ import annotations

from chat.canvas.components.answer import Answer
from chat.canvas.component import Component
from chat.canvas.components.begin import Begin
from chat.canvas.components.categorize import Categorize
from chat.canvas.components.concentrator import Concentrator
from chat.canvas.components.exesql import ExeSQL
from chat.canvas.components.generate import Generate
from chat.canvas.components.invoke import Invoke
from chat.canvas.components.iteration import Iteration, IterationItem
from chat.canvas.components.keywords import KeywordExtract
from chat.canvas.components.message import Message
from chat.canvas.components.relevant import Relevant
from chat.canvas.components.retrieval import Retrieval
from chat.canvas.components.rewrite import RewriteQuestion
from chat.canvas.components.switch import Switch
from chat.canvas.components.template import Template

KINDS: dict[str, type[Component]] = {
    kind.kind: kind
    for kind in (
        Answer, Begin, Categorize, Concentrator, ExeSQL, Generate, Invoke, Iteration, IterationItem, KeywordExtract,
        Message, Relevant, Retrieval, RewriteQuestion, Switch, Template,
    )
}  # fmt: skip
REFUSED = {"Code": "Code is not offered: nothing here confines what a script may read, send or destroy."}
