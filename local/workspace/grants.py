"""Grants of Unity Catalog. One of them is enforced: who may create schemas in the catalog."""

from __future__ import annotations

from typing import Any

from local.workspace.errors import ApiError, invalid
from local.workspace.store import Document, Store

__all__ = ["Grants"]

_GRANTS = "grants"
_EVERYONE = "account users"
_ALL = "ALL_PRIVILEGES"


class Grants:
    """The privileges by securable. At first, all users have all privileges on the catalog."""

    def __init__(self, store: Store, catalog: str) -> None:
        self._store = store
        self._catalog = catalog

    def assignments(self, kind: str, name: str) -> list[Document]:
        """Return the principals of a securable with their privileges."""
        stored = self._store.get(_GRANTS, f"{kind}/{name}")
        if stored:
            return list(stored["assignments"])
        if kind == "catalog":
            return [{"principal": _EVERYONE, "privileges": [_ALL]}]
        return []

    def change(self, kind: str, name: str, changes: list[Any]) -> list[Document]:
        """Add and remove privileges.

        Returns:
            The assignments afterwards.

        Raises:
            ApiError: Raised when a change has no principal.
        """
        privileges = {
            entry["principal"]: set(entry["privileges"]) for entry in self.assignments(kind, name)
        }
        for change in changes:
            if not isinstance(change, dict) or not change.get("principal"):
                raise invalid(f"Expected a principal in each change; got {change!r}.")
            held = privileges.setdefault(change["principal"], set())
            removed = set(change.get("remove") or [])
            held -= held.copy() if _ALL in removed else removed
            held |= set(change.get("add") or [])
        assignments = [
            {"principal": principal, "privileges": sorted(held)}
            for principal, held in privileges.items()
            if held
        ]
        self._store.put(_GRANTS, f"{kind}/{name}", {"assignments": assignments})
        return assignments

    def forget(self, kind: str, name: str) -> None:
        """Remove the grants of a deleted securable."""
        self._store.delete(_GRANTS, f"{kind}/{name}")

    def require(self, privilege: str, kind: str, name: str) -> None:
        """Check that everyone has a privilege: the local workspace has one user.

        Raises:
            ApiError: Raised when the grants do not have it.
        """
        held = {
            granted
            for entry in self.assignments(kind, name)
            if entry["principal"] == _EVERYONE
            for granted in entry["privileges"]
        }
        if not held & {privilege, _ALL}:
            title = privilege.replace("_", " ")
            raise ApiError(
                403,
                "PERMISSION_DENIED",
                f"PERMISSION_DENIED: User does not have {title} on {kind.title()} '{name}'. "
                f"Grant it to '{_EVERYONE}'.",
            )
