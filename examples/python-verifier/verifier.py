"""Verifies an audit package (docs/spec/package.md, section 10). Ends with 0 if it holds, 1 if it does not, 2 if it is none.

    verifier.py REPOSITORY PACKAGE [POLICY]
"""

import hashlib
import io
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python-reader"))

import cbor2

from canonical import Refused, encode
from entries import Entry
from keybook import KeyBook
from members import BadPackage, Damaged, Members
from notes import Checkpoint, Note, Policy
from schema import Schema
from shape import check as check_shape
from tables import acceptances, component_rows, current, figure, lines, record_rows, row, selects, verdict_rows

SCHEMA = "vouchsafe-package@v1"
MIMETYPE = b"application/vnd.vouchsafe.package+zip"
UNLISTED = {"mimetype", "index.json", "documents.json"}


def hexdigest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(size: int, leaves: list[tuple[int, bytes]], hashes: list[bytes]) -> bytes:
    """Section 4; leaves ascend."""
    rest = iter(hashes)

    def walk(low: int, high: int, first: int, last: int) -> bytes:
        if first == last:
            return next(rest)
        if high - low == 1:
            return leaves[first][1]
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        cut = first
        while cut < last and leaves[cut][0] < middle:
            cut += 1
        left = walk(low, middle, first, cut)
        return node(left, walk(middle, high, cut, last))

    try:
        root = walk(0, size, 0, len(leaves))
    except StopIteration:
        raise Refused("there are too few hashes for the entries that are left out") from None
    if next(rest, None) is not None:
        raise Refused("there are more hashes than entries left out need")
    return root


class Verification:
    def __init__(self, repository: Path, raw: bytes, policy: bytes | None):
        self.specs = repository / "docs" / "spec"
        self.schema = Schema((self.specs / "entry.cddl").read_text("utf-8"))
        self.members, self.policy = Members(raw), policy
        self.problems, self.notes, self.not_checked = [], [], []
        self.bad = set()
        if "index.json" not in self.members:
            raise BadPackage("it has no index.json")
        try:
            self.raw_index = self.members.read("index.json")
            self.index = json.loads(self.raw_index)
            said = self.index["schema"]
        except (Damaged, ValueError, KeyError, TypeError) as error:
            raise BadPackage(f"its index.json: {error}") from error
        if said != SCHEMA:
            later = isinstance(said, str) and said.startswith("vouchsafe-package@")
            raise BadPackage(f"a package of the later version {said}" if later else "its schema is another one")
        self.digest = hexdigest(self.raw_index)

    def problem(self, member: str, what) -> None:
        self.bad.add(member)
        self.problems.append((member, str(what)))

    def read(self, member: str):
        if member in self.bad:
            return None
        try:
            return self.members.read(member)
        except KeyError:
            self.problem(member, "it is missing")
        except Damaged as error:
            self.problem(member, error)
        return None

    def run(self) -> None:
        try:
            shape = json.loads((self.specs / "package-index.schema.json").read_text("utf-8"))
            check_shape(shape, self.index, shape)
        except Refused as error:
            raise BadPackage(f"its index.json: {error}") from error
        self.check_members()
        self.check_checkpoint()
        self.check_entries()
        self.check_tree()
        self.check_blobs()
        self.check_tables()
        self.check_documents()

    def check_members(self) -> None:
        names = self.members.names()
        if self.read("mimetype") != MIMETYPE or names[0] != "mimetype":
            self.problem("mimetype", "it is not the first member, or does not say that this is a package")
        listed = {m["path"]: m for m in self.index["members"]}
        for path, member in listed.items():
            if path not in self.members:
                self.problem(path, "index.json states it, and it is missing")
            elif (raw := self.read(path)) is not None and (hexdigest(raw), len(raw)) != (member["sha256"], member["bytes"]):
                self.problem(path, "its bytes are not those that index.json states")
        for name in names:
            if name not in listed and name not in UNLISTED and not name.startswith("documents/"):
                self.problem(name, "index.json does not state it")

    def check_checkpoint(self) -> None:
        self.carried = []
        try:
            own = Policy(self.read("trust.policy") or b"")
            self.carried = [key.text for key in own.logs]
        except (Refused, ValueError, IndexError) as error:
            own = None
            self.problem("trust.policy", error)
        if (raw := self.read("checkpoint")) is None:
            return
        try:
            note = Note(raw)
            checkpoint = Checkpoint(note)
            tree = self.index["tree"]
            if (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) != (self.index["origin"], tree["size"], tree["root"]):
                raise Refused("it states another log, size or root than index.json")
            if self.policy is not None:
                key, witnesses = Policy(self.policy).verify(note, checkpoint)
                self.notes.append(f"signed by {key.text}, cosigned by {len(witnesses)} witnesses of the policy")
            elif own and not any(note.signed_by(key) for key in own.logs):
                raise Refused("no key that the package carries has signed it")
        except (Refused, ValueError, IndexError) as error:
            self.problem("checkpoint", error)

    def check_entries(self) -> None:
        self.leaves, self.facts, self.blobs = [], {}, set()
        self.tables = {t["definition"]["name"]: [] for t in self.index["tables"] if t["definition"]["kind"] == "entries"}
        projections = [t["definition"] for t in self.index["tables"] if t["definition"]["kind"] == "entries"]
        self.book, heads, time = KeyBook(self.schema), {}, None
        self.stated, self.flagged, self.made = [], set(), []
        self.reported, self.pushed, self.accepted = [], [], []
        held = [n for n in self.members.names() if n.startswith("entries/")]
        for n, name in enumerate(held):
            if name != f"entries/{n:06}.cborseq" or (raw := self.read(name)) is None:
                self.problem(name, "damaged, or not numbered one after the other")
                return
            index = None
            try:
                for index, entry_raw in self.sequence(raw):
                    if self.leaves and self.leaves[-1][0] >= index or index >= self.index["known"]["size"]:
                        raise Refused("its index does not ascend, or lies beyond what was known")
                    entry = Entry(self.schema, entry_raw)
                    self.book.take(index, entry)
                    said = entry.json()
                    body, content = said["body"], said["body"]["content"]
                    if body["fact"] in ("Tick", "Genesis"):
                        moment = content["time" if body["fact"] == "Tick" else "created"]
                        time = moment if time is None else max(time, moment)
                    if body["fact"] == "Genesis":
                        if (content["clock"] == "simulated") != self.index["simulated"]:
                            self.problem("index.json", "it is silent or wrong about the log's time being simulated")
                    place, head = (body["source"], body["stream"]), heads.get((body["source"], body["stream"]), (0, None))
                    if body["sequence"] == head[0] and body.get("previous") != head[1]:
                        raise Refused("it does not continue its stream")
                    if body["sequence"] >= head[0]:
                        heads[place] = (body["sequence"] + 1, said["entry"])
                    self.leaves.append((index, hashlib.sha256(b"\0" + entry_raw).digest()))
                    self.facts[body["fact"]] = self.facts.get(body["fact"], 0) + 1
                    self.name_blobs(content)
                    if body["fact"] in ("RecordRevised", "RecordRetired"):
                        self.stated.append((index, time, said))
                    if body["fact"] == "ResultReported":
                        self.reported.append((index, time, said))
                    if body["fact"] == "CommitPushed":
                        self.pushed.append((index, content))
                    if body["fact"] in ("LinkAccepted", "LinkWithdrawn"):
                        self.accepted.append((index, time, body))
                    if body["fact"] == "ReleaseMade":
                        self.made.append((index, said))
                    if body["fact"] in ("Corrected", "Voided"):
                        self.flagged.add(content["entry"]["index"])
                    for definition in projections:
                        if selects(definition, said):
                            self.tables[definition["name"]].append(row(definition, index, time, said))
            except Refused as error:
                return self.problem(name, f"entry {index}: {error}")
        if not self.leaves or self.leaves[0][0] != 0:
            self.problem("entries", "the first entry of the log is not among them")
        if self.book.origin != self.index["origin"] and self.index["known"]["size"] == self.index["tree"]["size"]:
            self.problem("index.json", "it states another origin than the entries of the log")

    @staticmethod
    def sequence(raw: bytes):
        """The items of a CBOR sequence, each in the one encoding."""
        stream = io.BytesIO(raw)
        while (at := stream.tell()) < len(raw):
            try:
                item = cbor2.CBORDecoder(stream, read_size=1).decode()
            except TypeError:
                raise
            except Exception as error:
                raise Refused(f"not CBOR at byte {at}: {error}") from error
            if type(item) is not list or [type(i) for i in item] != [int, bytes] \
                    or encode(item) != raw[at:stream.tell()]:
                raise Refused(f"at byte {at}: not [index, entry] in the one encoding")
            yield item

    def name_blobs(self, value) -> None:
        if isinstance(value, dict):
            if set(value) == {"digest", "length", "media_type"}:
                self.blobs.add(value["digest"])
            for item in value.values():
                self.name_blobs(item)
        elif isinstance(value, list):
            for item in value:
                self.name_blobs(item)

    def check_tree(self) -> None:
        raw = self.read("hashes")
        if raw is None or any(m.startswith("entries") or m == "checkpoint" for m in self.bad):
            return
        hashes = [raw[i:i + 32] for i in range(0, len(raw), 32)]
        counted = {"held": len(self.leaves), "left_out": self.index["tree"]["size"] - len(self.leaves), "hashes": len(hashes)}
        if counted != self.index["entries"]:
            self.problem("index.json", "it states another number of entries or hashes than there are")
        try:
            if root_of(self.index["tree"]["size"], self.leaves, hashes).hex() != self.index["tree"]["root"]:
                self.problem("entries", "entries and hashes lead to another root than the checkpoint's")
        except Refused as error:
            self.problem("hashes", error)

    def check_blobs(self) -> None:
        held = {n.removeprefix("blobs/") for n in self.members.names() if n.startswith("blobs/")}
        for digest in held:
            if (raw := self.read(f"blobs/{digest}")) is not None and hexdigest(raw) != digest:
                self.problem(f"blobs/{digest}", "its digest is not its name")
        missing = {m["sha256"] for m in self.index["missing_blobs"]}
        for digest in self.blobs - held - missing:
            self.problem(f"blobs/{digest}", "an entry names it, and it is neither there nor said to be missing")

    def check_tables(self) -> None:
        if any(m.startswith("entries") for m in self.bad):
            return
        self.same, self.states = 0, 0
        def blob(digest):
            return self.read(f"blobs/{digest}") if f"blobs/{digest}" in self.members else None

        at = self.index["at"]
        records = current(self.stated, self.flagged, at, blob)
        accepted = acceptances(self.accepted, self.flagged, at)
        for table in self.index["tables"]:
            definition = table["definition"]
            name = definition["name"]
            member = f"tables/{name}.jsonl"
            if (raw := self.read(member)) is None:
                continue
            try:
                rows = lines(raw)
                if len(rows) != table["rows"]:
                    raise Refused("it has another number of rows than index.json states")
                held = {index for index, _ in self.leaves}
                if any(r["entry"] is not None and r["entry"] not in held for r in rows):
                    raise Refused("a row cites an entry that is not in the package")
                if definition["kind"] != "state":
                    if definition["kind"] == "components":
                        self.tables[name] = component_rows(definition, self.made, blob)
                    elif definition["kind"] == "verdicts":
                        self.tables[name] = verdict_rows(definition, records, self.stated, self.reported, self.pushed,
                                                         self.flagged, at)
                    elif definition["kind"] != "entries":
                        self.tables[name] = record_rows(definition, records, accepted)
                    if rows != self.tables[name]:
                        raise Refused("its rows are not those that the entries give")
                    self.same += 1
                else:
                    self.tables[name] = rows
                    self.states += 1
            except (Refused, ValueError, KeyError) as error:
                self.problem(member, error)
        if self.index["about"] != in_words(self.index["scope"]):
            self.problem("index.json", "what it says it is about is not its scope in words")
        for spec in self.index["figures"]:
            try:
                if figure(spec, self.tables, self.facts) != spec["value"]:
                    self.problem("index.json", f"the figure {spec['name']} is not what its table gives")
            except (Refused, KeyError) as error:
                self.problem("index.json", f"the figure {spec['name']}: {error}")

    def check_documents(self) -> None:
        stray = {n for n in self.members.names() if n.startswith("documents/")}
        if "documents.json" in self.members and (raw := self.read("documents.json")) is not None:
            try:
                listed = json.loads(raw)
                if listed["schema"] != "vouchsafe-documents@v1" or listed["evidence"] != self.digest:
                    raise Refused("the documents were made from other evidence")
                for document in listed["documents"]:
                    stray.discard(document["path"])
                    pdf = self.read(document["path"])
                    if pdf is not None and (hexdigest(pdf), len(pdf)) != (document["sha256"], document["bytes"]):
                        self.problem(document["path"], "its bytes are not those that documents.json states")
            except (Refused, ValueError, KeyError, TypeError) as error:
                self.problem("documents.json", error)
        for name in stray:
            self.problem(name, "documents.json does not state it")

    def report(self) -> str:
        out = []
        if self.problems:
            out.append("The package does not hold.")
            out += [f"  {member}: {what}" for member, what in self.problems]
        elif self.policy is None:
            out.append(f"The package is only consistent under the keys it carries itself, {', '.join(self.carried)}.")
        else:
            out.append("The package holds under the trust policy.")
        out += [f"  {note}" for note in self.notes]
        out.append(f"  about: {self.index['about']}; digest {self.digest}")
        out.append(f"  checked: {len(self.leaves)} entries, {self.book.inner} signatures inside them, "
                   f"{getattr(self, 'same', 0)} tables, {len(self.index['figures'])} figures")
        out.append(f"  not checked: {getattr(self, 'states', 0)} tables of states, which need the rules; documents against "
                   f"the tables; whether figures are called what they count; {self.index['entries']['left_out']} entries that are hashes; whether what is said is true")
        return "\n".join(out)


def in_words(scope: dict) -> str:
    """What `about` must say (section 10, 9)."""
    match scope["kind"]:
        case "all":
            return "the whole log"
        case "period":
            return f"{scope['from']} to {scope['to']}"
        case "release":
            return f"release {scope['version']}"
        case kind:
            return f"{kind} {scope['device']}"


def main(arguments: list[str]) -> int:
    repository, package, *policy = arguments
    try:
        run = Verification(Path(repository), Path(package).read_bytes(), Path(policy[0]).read_bytes() if policy else None)
        run.run()
    except BadPackage as error:
        print(f"python-verifier: {package} is no package: {error}", file=sys.stderr)
        return 2
    print(run.report())
    return 1 if run.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
