"""People and sessions on the wire (contract 2)."""

from __future__ import annotations

from marshmallow import fields

from api.openwebui.ids import spelled
from api.openwebui.schemas.base import JsonBody
from api.wire.fields import Text
from api.wire.objects import Reply

PICTURE = "/user.png"


class SignUp(JsonBody):
    name = Text(most=255, required=True)
    email = Text(most=255, required=True)
    password = Text(least=1, most=1000, required=True)


class SignIn(JsonBody):
    email = Text(most=255, required=True)
    password = Text(most=1000, required=True)


class Person(Reply):
    """A user as everybody may see it."""

    id = fields.Function(lambda user: spelled(user.id), metadata={"type": "string"}, required=True)
    email = fields.String(required=True)
    name = fields.Function(lambda user: user.nickname or user.email, metadata={"type": "string"}, required=True)
    role = fields.String(required=True)
    profile_image_url = fields.Constant(PICTURE, required=True)


class Session(Reply):
    """A session that is under way."""

    token = fields.String(required=True)
    token_type = fields.Constant("Bearer", required=True)
    expires_at = fields.Integer(required=True, allow_none=True)
    id = fields.Function(lambda session: spelled(session.user.id), metadata={"type": "string"}, required=True)
    email = fields.String(attribute="user.email", required=True)
    name = fields.Function(lambda session: session.user.nickname or session.user.email, metadata={"type": "string"}, required=True)
    role = fields.String(attribute="user.role", required=True)
    profile_image_url = fields.Constant(PICTURE, required=True)
    permissions = fields.Constant({}, required=True)


class Key(Reply):
    api_key = fields.String(required=True)
