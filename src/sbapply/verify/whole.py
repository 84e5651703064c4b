"""Claim and judge every kind of object that the questions for single facts do not cover."""

from collections.abc import Mapping, Sequence
from typing import cast

from sbapply.catalog.names import named
from sbapply.catalog.whole import STAND_INS_DIFFER, CatalogObject, Identity, WholeCatalog, differences, untold_facts
from sbapply.database import Json
from sbapply.verify.claims import Claim
from sbapply.verify.queries import TYPE, WHOLE_KINDS
from sbapply.verify.verdict import ClaimResult

_TYPES = ("enum", "domain", "composite type", "range type")


def is_claimed(item: CatalogObject) -> bool:
    """Say whether an object is claimed as a whole."""
    return item.kind in WHOLE_KINDS


def claim_of(item: CatalogObject, version: str) -> Claim:
    """Return the claim that ``item`` is on the project as it is in the rehearsal after ``version`` wrote it."""
    left_out = STAND_INS_DIFFER.get(item.kind, frozenset())
    facts = {name: value for name, value in item.facts.items() if name not in left_out}
    return Claim(version, named(item.kind, item.key), item.kind, item.key, facts)


def claim_of_absence(identity: Identity, version: str) -> Claim:
    """Return the claim that an object which ``version`` took away is not on the project."""
    return Claim(version, named(*identity), *identity, None)


def standing(identity: Identity, catalog: WholeCatalog) -> CatalogObject | None:
    """Return the object of this identity; of a ``TYPE`` the type of this name, whatever kind it is of."""
    kind, key = identity
    kinds = _TYPES if kind == TYPE else (kind,)
    return next((found for each in kinds if (found := catalog.objects.get((each, key))) is not None), None)


def judge_whole(claims: Sequence[Claim], found: WholeCatalog, rehearsed_on: int) -> Mapping[Identity, ClaimResult]:
    """Return the result of each claim, by its kind and key; ``rehearsed_on`` is a server_version_num."""
    expected: dict[Identity, CatalogObject] = {
        (claim.kind, claim.key): CatalogObject(claim.kind, claim.key, cast("Mapping[str, Json]", claim.expected))
        for claim in claims
        if claim.expected is not None
    }
    there = {
        identity: _claimable(item) for identity in expected if (item := found.objects.get(identity)) is not None
    }
    claimed, present = WholeCatalog(expected, rehearsed_on), WholeCatalog(there, found.server_version)
    untold = untold_facts(claimed, present)
    different = {
        each.identity: [name for name in each.facts() if (each.identity[0], name) not in untold]
        for each in differences(claimed, present)
    }
    results: dict[Identity, ClaimResult] = {}
    for claim in claims:
        identity = (claim.kind, claim.key)
        item = there.get(identity)
        if claim.expected is None:
            results[identity] = _judge_absence(claim, standing(identity, found))
        elif item is None:
            results[identity] = ClaimResult.of(claim, None, "missing")
        elif identity in different:
            names = different[identity]
            results[identity] = ClaimResult.of(
                claim, _only(item.facts, names), "differs", _only(expected[identity].facts, names)
            )
        else:
            results[identity] = ClaimResult.of(claim, claim.expected, "confirmed")
    return results


def _judge_absence(claim: Claim, item: CatalogObject | None) -> ClaimResult:
    # What an extension brings depends on its version.
    if item is None or item.belongs.startswith("extension "):
        return ClaimResult.of(claim, None, "confirmed")
    return ClaimResult.of(claim, dict(item.facts) or "present", "differs")


def _claimable(item: CatalogObject) -> CatalogObject:
    left_out = STAND_INS_DIFFER.get(item.kind)
    if not left_out:
        return item
    return CatalogObject(
        item.kind, item.key, {name: value for name, value in item.facts.items() if name not in left_out}
    )


def _only(facts: Mapping[str, Json], names: Sequence[str]) -> Json:
    return {name: facts.get(name) for name in names}
