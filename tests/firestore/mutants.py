"""Variations of the rules file, each with one thing wrong: what a careless edit could make of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

COMMENT = re.compile(r"//.*")
MATCH = re.compile(r"match /(?P<collection>\w+)/\{(?P<name>\w+)\} \{")
ALLOW = re.compile(r"allow (?P<methods>[a-z]+): if (?P<condition>[^;]+);")
RETURN = re.compile(r"return (?P<condition>[^;\[]+(?:\[[^;]*\])?);")
LIST = re.compile(r"\[(?P<items>[^\[\]]+)\]")
TEXT = re.compile(r"'[A-Za-z]\w*'")
Change = tuple[int, int, str]  # from, to, and what stands there instead
# What a line's word for methods covers.
COVERED: dict[str, frozenset[str]] = {
    "read": frozenset({"get", "list"}),
    "write": frozenset({"create", "update", "delete"}),
    **{method: frozenset({method}) for method in ("get", "list", "create", "update", "delete")},
}
WRITES = ("allow write", "allow create", "allow update", "allow delete")
# Words that are one letter from wrong, and what they could be confused with.
SWAPS = (
    ("hasAny", "hasAll"),
    ("hasAny", "hasOnly"),
    ("affectedKeys", "addedKeys"),
    ("affectedKeys", "changedKeys"),
    ("affectedKeys", "removedKeys"),
    ("affectedKeys", "unchangedKeys"),
    ("request.resource.data.keys()", "resource.data.keys()"),
    ("request.resource.data.diff(resource.data)", "resource.data.diff(resource.data)"),
    ("request.resource.data.diff(resource.data)", "request.resource.data.diff(request.resource.data)"),
    ("owns(resource.data.userId)", "owns(entryId)"),
    ("== true", "!= true"),
    ("== true", "!= null"),
    ("token.staff", "token.admin"),
)
# Blocks that open what another line denies: lines are OR-ed.
BROAD = (
    "match /{document=**} { allow read: if true; }",
    "match /{document=**} { allow read: if request.auth != null; }",
    "match /{document=**} { allow write: if request.auth != null; }",
    "match /{document=**} { allow read, write: if request.auth.token.staff == true; }",
    "match /{collection}/{document} { allow list: if request.auth != null; }",
    "match /{collection}/{document} { allow update: if owns(document); }",
    "match /{collection}/{document} { allow delete: if owns(document); }",
    "match /users/{documentId}/{rest=**} { allow read, write: if owns(documentId); }",
    "match /{path=**}/transactions/{entryId} { allow read: if owns(resource.data.userId); }",
    "match /{path=**}/security_alerts/{alertId} { allow read: if request.auth.token.staff == true; }",
    "match /{path=**}/packages/{code} { allow read: if true; }",
)
# Lines that could be added to each collection.
ADDED = (
    "allow read: if request.auth != null;",
    "allow list: if request.auth != null;",
    "allow write: if request.auth != null;",
    "allow create: if request.auth.token.staff == true;",
    "allow update: if request.auth.token.staff == true;",
    "allow delete: if request.auth != null;",
)


@dataclass(frozen=True)
class Mutant:
    """The whole file with one change. `collection` is whose rules it changes; empty: those of several."""

    name: str
    collection: str
    source: str


def bare(source: str) -> str:
    """The rules without their comments."""
    return COMMENT.sub("", source)


def mutants(source: str) -> list[Mutant]:
    """Every variation, each once."""
    text = bare(source)
    found: dict[str, Mutant] = {}
    for start, end, replacement in _changes(text):
        changed = text[:start] + replacement + text[end:]
        if changed != text:
            line = text.count("\n", 0, start) + 1
            was = " ".join(text[start:end].split())
            name = f"line {line}: {was[:70]!r} becomes {' '.join(replacement.split())[:70]!r}"
            found.setdefault(changed, Mutant(name, _collection_at(text, start), changed))
    return list(found.values())


def _changes(text: str) -> Iterator[Change]:
    """Where, and what it becomes."""
    for allow in ALLOW.finditer(text):
        yield from _another_condition(allow)
        yield from _other_methods(allow)
    for returned in RETURN.finditer(text):
        yield from _taken_apart(*returned.span("condition"), returned["condition"])
    for listed in LIST.finditer(text):
        yield from _without_each(listed)
    yield from _other_words(text)
    yield from _more_lines(text)


def _another_condition(allow: re.Match[str]) -> Iterator[Change]:
    """Open the line, shut it, take its condition apart."""
    span, condition = allow.span("condition"), allow["condition"]
    for another in ("true", "request.auth != null", "false"):
        yield *span, another
    if condition not in {"true", "false"}:
        yield from _taken_apart(*span, condition)


def _other_methods(allow: re.Match[str]) -> Iterator[Change]:
    """Have the line say more methods, or one of two."""
    methods, condition = allow["methods"], allow["condition"]
    if condition == "false":
        return
    known = COVERED[methods]
    for method, covered in COVERED.items():
        if any(_can_be_asked(each, condition) for each in covered - known):
            yield *allow.span("methods"), f"{methods}, {method}"
        if covered < known:
            yield *allow.span("methods"), method


def _can_be_asked(method: str, condition: str) -> bool:
    """Whether the condition is more than an error there: reads bring no document, births find none."""
    if method == "create":
        return "(resource." not in condition
    return method == "update" or "request.resource" not in condition


def _taken_apart(start: int, end: int, condition: str) -> Iterator[Change]:
    """Invert the whole; drop and invert each part; join the parts by the other word."""
    if condition.startswith("["):
        return
    yield start, end, f"!({condition})"
    for joint, other in (("&&", "||"), ("||", "&&")):
        parts = condition.split(joint)
        if len(parts) == 1:
            continue
        yield start, end, other.join(parts)
        for number, part in enumerate(parts):
            yield start, end, joint.join(parts[:number] + parts[number + 1 :])
            yield start, end, joint.join([*parts[:number], f" !({part.strip()}) ", *parts[number + 1 :]])


def _without_each(listed: re.Match[str]) -> Iterator[Change]:
    """A list without one of its items; with a `(` in it, an item ends at the comma outside."""
    items = [item.strip() for item in re.findall(r"[^,(]+(?:\([^)]*\))?", listed["items"]) if item.strip()]
    for number in range(len(items)):
        yield *listed.span("items"), ", ".join(items[:number] + items[number + 1 :])


def _other_words(text: str) -> Iterator[Change]:
    for word in TEXT.finditer(text):
        yield *word.span(), f"{word[0][:-1]}_'"
    for was, becomes in SWAPS:
        for place in re.finditer(re.escape(was), text):
            yield *place.span(), becomes


def _more_lines(text: str) -> Iterator[Change]:
    """Wildcards that reach below, lines beside those that are there, and blocks around them."""
    for match in MATCH.finditer(text):
        yield *match.span(), match[0].replace(f"{{{match['name']}}}", f"{{{match['name']}=**}}")
        block = text[match.end() : text.index("}", match.end())]
        for line in ADDED:
            if "allow read: if true" not in block or line.startswith(WRITES):
                yield match.end(), match.end(), f"\n{line}"
    opening = "/databases/{database}/documents {"
    inside = text.index(opening) + len(opening)
    for block in BROAD:
        yield inside, inside, f"\n{block}"


def _collection_at(text: str, place: int) -> str:
    """The collection in whose block the place is; users for the functions, whose rules use them all."""
    before = [match["collection"] for match in MATCH.finditer(text) if match.start() <= place]
    return before[-1] if before else "users" * (place > text.index("function"))
