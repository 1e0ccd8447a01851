"""Users, the tenants they own, and the teams they join (decisions B12)."""

from __future__ import annotations

from werkzeug.security import generate_password_hash

from models.base import database, new_id
from models.errors import Conflict, NotFound
from models.tables import Membership, Tenant, User

ADMIN, MEMBER, PENDING = "admin", "user", "pending"


def create(*, email: str, nickname: str = "", password: str | None = None, role: str = MEMBER) -> User:
    """Make a user and the tenant it owns; who is pending waits to be let in. Raises Conflict when the address is taken."""
    id = new_id()
    with database.atomic():
        if User.get_or_none(User.email == email) is not None:
            raise Conflict("user.email_taken", f"Email: {email} has already registered!", email=email)
        Tenant.create(id=id, name=nickname or email)
        hashed = generate_password_hash(password) if password else None
        return User.create(id=id, email=email, nickname=nickname, password_hash=hashed, role=role)


def find(email: str) -> User:
    """The user with this address. Raises NotFound."""
    user = User.get_or_none(User.email == email)
    if user is None:
        raise NotFound("user", email)
    return user


def set_password(*, email: str, password: str) -> None:
    """Let the user log in with this password alone; who is logged in has to log in again. Raises NotFound."""
    User.change(User.id == find(email).id, password_hash=generate_password_hash(password))


def set_role(*, email: str, role: str) -> None:
    """Let the user do from now on what the role may. Raises NotFound."""
    User.change(User.id == find(email).id, role=role)


def list_() -> list[User]:
    """All users, oldest first."""
    return list(User.select().order_by(User.create_time, User.id))


def add_member(*, team: str, member: str) -> None:
    """Let `member` read and write the team datasets of `team`, both by email. Raises NotFound, Conflict."""
    owner, guest = find(team), find(member)
    if owner.id == guest.id:
        raise Conflict("member.owner", f"{member} owns this team.")
    with database.atomic():
        if Membership.get_or_none((Membership.tenant == owner.id) & (Membership.user == guest.id)) is not None:
            raise Conflict("member.present", f"{member} is already a member of {team}.")
        Membership.create(tenant=owner.id, user=guest.id)


def remove_member(*, team: str, member: str) -> None:
    """End the membership. Raises NotFound when there is none."""
    gone = Membership.delete().where((Membership.tenant == find(team).id) & (Membership.user == find(member).id)).execute()
    if not gone:
        raise NotFound("member", member)
