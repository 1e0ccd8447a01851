"""Chat and rerank models: a tenant's own, those of the settings, and which one a name means (RAGFlow v1 contract 2.8, design.md 6)."""

from __future__ import annotations

from chat import catalogue
from chat.catalogue import Model
from models.base import database
from models.errors import InvalidInput, NotFound
from models.model_tables import TenantModel
from models.tables import ModelSetting


def chat_model(tenant: str, name: str = "") -> Model:
    """The model of this name, without one the tenant's default. Raises InvalidInput chat_model.unknown."""
    return _named(tenant, "chat", name, "chat_model")


def rerank_model(tenant: str, name: str) -> Model:
    """The reranker of this name. Raises InvalidInput rerank.unknown."""
    return _named(tenant, "rerank", name, "rerank")


def chat_model_name(tenant: str) -> str:
    """The name by which a chat whose client named no model is echoed."""
    return _default_name(tenant, "chat")


def list_chat_models(tenant: str) -> list[Model]:
    """The models that answer the tenant, each name once: its own, those of the settings, the built-in one."""
    found = {model.label: model for model in reversed([*_own(tenant, "chat"), *catalogue.listed("chat")])}
    return list(reversed(found.values()))


def knows_chat_model(tenant: str, name: str) -> bool:
    """Whether the tenant may use a chat model of this name."""
    return catalogue.find("chat", name, _own(tenant, "chat")) is not None


def knows_rerank_model(tenant: str, name: str) -> bool:
    """Whether the tenant may use a reranker of this name."""
    return catalogue.find("rerank", name, _own(tenant, "rerank")) is not None


def add(tenant: str, purpose: str, model: Model, *, default: bool = False) -> None:
    """Give the tenant a model of its own, in place of one of the same name; `default` makes it the one for chats that name none."""
    fields = {"base_url": model.base_url, "path": model.path or model.name, "key": model.key, "context_tokens": model.context_tokens}
    with database.atomic():
        _delete(tenant, purpose, model.name, model.factory)
        TenantModel.create(tenant=tenant, purpose=purpose, name=model.name, factory=model.factory, **fields)
        if default:
            ModelSetting.delete().where((ModelSetting.tenant == tenant) & (ModelSetting.purpose == purpose)).execute()
            ModelSetting.create(tenant=tenant, purpose=purpose, name=model.label)


def remove(tenant: str, purpose: str, name: str) -> None:
    """Take a model of the tenant's own away, and its being the default. Raises NotFound."""
    with database.atomic():
        bare, _, factory = name.rpartition("@")
        if not (_delete(tenant, purpose, name, "") or _delete(tenant, purpose, bare, factory)):
            raise NotFound("model", name)
        here = (ModelSetting.tenant == tenant) & (ModelSetting.purpose == purpose)
        ModelSetting.delete().where(here & (ModelSetting.name == name)).execute()


def list_(tenant: str) -> list[tuple[str, Model]]:
    """Purpose and model of each of the tenant's own."""
    return [(purpose, model) for purpose in catalogue.PURPOSES for model in _own(tenant, purpose)]


def _named(tenant: str, purpose: str, name: str, noun: str) -> Model:
    if not name:
        name = _default_name(tenant, purpose)
    found = catalogue.find(purpose, name, _own(tenant, purpose))
    if found is None:
        raise InvalidInput("model", f"Model({name}) not authorized", condition=f"{noun}.unknown", model=name)
    return found


def _default_name(tenant: str, purpose: str) -> str:
    setting = ModelSetting.get_or_none((ModelSetting.tenant == tenant) & (ModelSetting.purpose == purpose))
    return str(setting.name) if setting else catalogue.default(purpose).label


def _own(tenant: str, purpose: str) -> list[Model]:
    rows = TenantModel.select().where((TenantModel.tenant == tenant) & (TenantModel.purpose == purpose)).order_by(TenantModel.name)
    return [Model(row.name, row.factory, row.base_url, row.path, row.key, row.context_tokens) for row in rows]


def _delete(tenant: str, purpose: str, name: str, factory: str) -> int:
    here = (TenantModel.tenant == tenant) & (TenantModel.purpose == purpose)
    return int(TenantModel.delete().where(here & (TenantModel.name == name) & (TenantModel.factory == factory)).execute())
