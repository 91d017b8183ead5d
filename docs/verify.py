#!/usr/bin/env python3
"""Verifies exports of Causerie's compliance records with nothing but the public key.

    python3 verify.py EXPORT... KEY

EXPORT: a folder, a zip, or a directory of them; of several it is checked too that they fit together and none is missing
between them. KEY: 64 hexadecimal digits, or a file with the key as PEM; the key that signed first, from which all later
ones are reached.

Says what is wrong and ends with 1, or says what was verified and ends with 0. Needs Python 3.9 and no library. The format
is described in proof.md.
"""
import base64, bisect, hashlib, json, os, re, sys, zipfile, zlib

MAX_LINE = 16 * 1024 * 1024
RETIRABLE = ("CHAT", "JOIN", "PART", "BACKCHAT", "DELETED", "DENIED", "PURGED")  # kinds of a room's records that may be tombstones


class Wrong(Exception):
    pass


# --- Ed25519, RFC 8032 section 6 ---
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    p, q = times(s, BASE), add(r, times(h, a))
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


# --- the format ---
def sha(data):
    return hashlib.sha256(data).digest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Wrong("a member is there twice")
    return dict(pairs)


def members(text, needed, optional=()):
    """The object in a line, which must be written in the one way and have these members."""
    try:
        value = json.loads(text, object_pairs_hook=once)
        text.encode("utf-8") and canonical(value).encode("utf-8")
    except ValueError as error:
        raise Wrong(f"it is no JSON: {error}")
    if not isinstance(value, dict) or canonical(value) != text:
        raise Wrong("it isn't written as such lines are")
    for name, kind in {**needed, **{n: k for n, k in optional if n in value}}.items():
        if type(value.get(name)) is not kind or (kind is int and not -2**63 <= value[name] < 2**64):
            raise Wrong(f"its member {name} isn't right")
    for name in value:
        if name not in needed and name not in dict(optional):
            raise Wrong(f"it has a member {name}, which isn't known")
    for name in ("hash", "previous", "root", "key", "nextKey", "sha256"):
        if name in value and not re.fullmatch("[0-9a-f]{64}", value[name]):
            raise Wrong(f"its {name} isn't 64 hexadecimal digits")
    return value


def leaf(position, record):
    return sha(b"\0" + position.to_bytes(8, "big") + record)


def root(first, size, records, nodes):
    """RFC 9162 section 2.1, down to the nodes and records that are there."""
    if (first, size) in nodes:
        return nodes[first, size]
    if size == 0:
        return sha(b"")
    if size == 1:
        if first not in records:
            raise Wrong(f"neither a record nor a node is there for position {first}")
        return leaf(first, records[first])
    left = 1 << (size - 1).bit_length() - 1
    return sha(b"\1" + root(first, left, records, nodes) + root(first + left, size - left, records, nodes))


def record_hash(record):
    if record["chain"] == "system":
        kind, row = 0, 0
    elif record["chain"] == "compliance":
        kind, row = 2, 0
    elif re.fullmatch("room:[1-9][0-9]*", record["chain"]):
        kind, row = 1, int(record["chain"][5:])
    else:
        raise Wrong("it is of no chain")
    data = b"causerie record 1\0" + bytes.fromhex(record["previous"]) + bytes([kind]) + row.to_bytes(8, "big")
    data += record["number"].to_bytes(8, "big") + record["at"].to_bytes(8, "big", signed=True)
    for name in ("actor", "kind", "body"):
        text = record[name].encode("utf-8")
        data += len(text).to_bytes(4, "big") + text
    return sha(data)


class Folder:
    def __init__(self, path):
        self.path, self.names = path, os.listdir(path)

    def open(self, name):
        path = os.path.join(self.path, name)
        if os.path.islink(path) or not os.path.isfile(path):
            raise Wrong(f"{name} is missing")
        return open(path, "rb")


class Member:
    """A file in a zip, whose bytes may be damaged."""

    def __init__(self, archive, path, name):
        self.name = name
        self.file = self.told(archive.open, path)

    def told(self, work, *arguments):
        try:
            return work(*arguments)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise Wrong(f"{self.name} can't be read: {error}")

    def read(self, *size):
        return self.told(self.file.read, *size)

    def readline(self, *size):
        return self.told(self.file.readline, *size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


class Zip:
    """A zip of files, or of one folder with files in it."""

    def __init__(self, path):
        try:
            self.zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise Wrong(f"it can't be read: {error}")
        names = self.zip.namelist()
        if len(set(names)) != len(names):
            raise Wrong("it can't be read: two files in it have the same name")
        self.folder = names[0].split("/")[0] + "/" if names else ""
        if not all(name.startswith(self.folder) for name in names):
            self.folder = ""
        self.names = [name[len(self.folder):] for name in names if name != self.folder]

    def open(self, name):
        if self.folder + name not in self.zip.NameToInfo:
            raise Wrong(f"{name} is missing")
        return Member(self.zip, self.folder + name, name)


class Export:
    def __init__(self, path, trusted):
        self.files = Folder(path) if os.path.isdir(path) else Zip(path)
        self.exported, self.restarted = [], []
        self.checkpoints, self.last = [], None
        self.keys, self.begun = [trusted], False  # the trusted key and those that lead on from it
        self.nodes, self.records, self.found = {}, {}, {}
        self.reach = 0  # the last position of the last node
        self.chain, self.missing, self.aside, self.names = None, {}, set(), {}

    def open(self, name):
        return self.files.open(name)

    def manifest(self):
        with self.open("manifest.json") as file:
            data = file.read()
        self.digest = sha(data).hex()
        with self.open("manifest.sig") as file:
            line = file.read()
        try:
            signature = members(line.decode("utf-8").removesuffix("\n"), {"key": str, "signature": str})
            self.signer = bytes.fromhex(signature["key"])
            good = line.endswith(b"\n") and re.fullmatch("[0-9a-f]{128}", signature["signature"])
        except (Wrong, UnicodeDecodeError) as error:
            raise Wrong(f"manifest.sig: {error}")
        if not good:
            raise Wrong("manifest.sig: it isn't written as signatures are")
        if not signed(self.signer, b"causerie manifest 1\0" + data, bytes.fromhex(signature["signature"])):
            raise Wrong("manifest.json: its signature isn't right")
        self.told = json.loads(data)
        there = set(self.files.names) - {"manifest.json", "manifest.sig"}
        for name in ("records.ndjson", "checkpoints.ndjson", "nodes.ndjson"):
            if name not in self.told["files"]:
                raise Wrong(f"manifest.json: it names no {name}")
        for name in sorted(set(self.told["files"]) - there):
            raise Wrong(f"{name} is missing")
        for name in sorted(there - set(self.told["files"])):
            raise Wrong(f"{name} was added: the manifest doesn't name it")

    def compare(self, name, each=None):
        """Compares a file with the manifest, and gives its lines to `each`."""
        told, digest, length, wrong = self.told["files"][name], hashlib.sha256(), 0, None
        with self.open(name) as file:
            pieces = (lambda: file.readline(MAX_LINE)) if each else (lambda: file.read(1 << 20))
            for number, data in enumerate(iter(pieces, b""), 1):
                digest.update(data)
                length += len(data)
                if each and not wrong:
                    try:
                        if not data.endswith(b"\n"):
                            raise Wrong("it has no end")
                        each(data[:-1].decode("utf-8"))
                    except (Wrong, UnicodeDecodeError, OverflowError) as error:
                        wrong = f"line {number}: {error}"
        where = f"; {wrong}" if wrong else "" if each else self.locate(name)
        if length < told["bytes"]:
            where += self.expected() if name == "records.ndjson" else ""
            raise Wrong(f"{name} was changed: it has {length} of {told['bytes']} bytes{where}")
        if length > told["bytes"]:
            raise Wrong(f"{name} was changed: it has {length - told['bytes']} bytes more than it had{where}")
        if digest.hexdigest() != told["sha256"]:
            raise Wrong(f"{name} was changed{where}")
        if wrong:
            raise Wrong(f"{name}, {wrong}")

    def locate(self, name):
        """The first part of a file that differs, in words; nothing if there is no list of its parts or none differs."""
        if name + ".parts" not in self.told["files"]:
            return ""
        with self.open(name + ".parts") as parts, self.open(name) as data:
            at = 0
            for line in iter(lambda: parts.readline(MAX_LINE), b""):
                try:
                    part = json.loads(line)
                    piece = data.read(part["bytes"])
                    if len(piece) < part["bytes"] or sha(piece).hex() != part["sha256"]:
                        position = part.get("position")
                        what = self.names.get(position, f"the record at position {position}")
                        what = f": {what} (position {position})" if position else ", which isn't of a record"
                        return f"; first differs at byte {at}{what}"
                    at += part["bytes"]
                except (ValueError, KeyError, TypeError):
                    return ""
        return ""

    def checkpoint(self, line):
        texts = {"key": str, "previous": str, "root": str, "signature": str}
        numbers = {"after": int, "at": int, "number": int, "upTo": int}
        this = members(line, {**texts, **numbers}, [("nextKey", str)])
        bare = {name: value for name, value in this.items() if name != "signature"}
        covered = b"causerie checkpoint 1\0" + canonical(bare).encode("utf-8")
        name, key = f"checkpoint {this['number']}: ", bytes.fromhex(this["key"])
        if not re.fullmatch("[0-9a-f]{128}", this["signature"]) or not signed(key, covered, bytes.fromhex(this["signature"])):
            raise Wrong(name + "its signature isn't right")
        if this["upTo"] < this["after"]:
            raise Wrong(name + "it ends before it begins")
        trusted = key == self.keys[-1]
        turn = trusted or not self.begun
        if self.last:
            before, hash_before = self.last
            if this["number"] <= before["number"] or this["after"] < before["upTo"] or this["at"] < before["at"]:
                raise Wrong(name + "it is out of order")
            if this["number"] == before["number"] + 1:
                if this["previous"] != hash_before.hex():
                    raise Wrong(name + "the checkpoint before it isn't the one that it was made after")
                if this["after"] != before["upTo"]:
                    raise Wrong(name + "it doesn't begin where the one before it ends")
                turn = turn and this["key"] == before.get("nextKey", before["key"])
        if not turn:
            raise Wrong(name + "it is signed by another key than the one whose turn it was")
        if trusted:
            self.begun = True
            if "nextKey" in this:
                self.keys.append(bytes.fromhex(this["nextKey"]))
        self.last = (this, sha(covered))
        self.checkpoints.append((this, trusted))

    def node(self, line):
        this = members(line, {"hash": str, "leaves": int, "position": int})
        first, size = this["position"], this["leaves"]
        if size < 1 or size & (size - 1):
            raise Wrong(f"{size} leaves are no power of two")
        if first < 1 or first + size >= 2**64:
            raise Wrong("there are no such positions")
        if first <= self.reach:
            raise Wrong(f"it begins at position {first}, and the line before reaches position {self.reach}")
        self.reach = first + size - 1
        self.nodes[first, size] = bytes.fromhex(this["hash"])

    def record(self, line):
        texts = ("actor", "body", "chain", "hash", "kind", "previous")
        this = members(line, {**{n: str for n in texts}, "at": int, "number": int, "position": int}, [("retired", bool)])
        title = f"record {this['number']} of {this['chain']}"
        name, position, number = f"{title} (position {this['position']}): ", this["position"], this["number"]
        if not self.told["after"] < position <= self.told["upTo"]:
            raise Wrong(name + "it isn't of the range that the manifest gives")
        if this["chain"] != self.chain:
            told = self.told["chains"].get(this["chain"])
            if told is None:
                raise Wrong(name + "the manifest names no such chain")
            if this["chain"] in self.found:
                raise Wrong(name + "the records of its chain aren't together")
            if number != told["first"]:
                raise Wrong(name + f"the first of its chain should be {told['first']}")
            self.chain, self.hash, self.at, self.chat, self.chat_known = this["chain"], told["previous"], None, 0, number == 1
            self.found[self.chain] = {"counts": {}, "first": number, "previous": this["previous"], "last": number - 1, "records": 0}
            if "room" in told:
                self.found[self.chain]["room"] = told["room"]
        found = self.found[self.chain]
        if number <= found["last"]:
            raise Wrong(name + "a record of this number was there already: one of them was added")
        if number > found["last"] + 1:
            if self.told["complete"]:
                self.missing.setdefault(self.chain, []).append((found["last"] + 1, number - 1))
            self.hash, self.chat, self.chat_known = None, 0, False
        if self.hash is not None and this["previous"] != self.hash:
            raise Wrong(name + "the record before it isn't the one that it was made after")
        if this.get("retired") and not (this["chain"].startswith("room:") and this["kind"] in RETIRABLE):
            raise Wrong(name + "its content is gone, and that of such a record never goes")
        digest = record_hash(this).hex()
        if (this["actor"] or this["body"]) if this.get("retired") else digest != this["hash"]:
            raise Wrong(name + "its content isn't what was recorded")
        if self.at is not None and this["at"] < self.at:
            raise Wrong(name + "its time is before that of the record before it")
        if this["kind"] == "CHAT":
            chat = self.chat + 1
            if not this.get("retired"):
                try:
                    chat = int(json.loads(this["body"])["chatId"])
                except (ValueError, KeyError, TypeError):
                    raise Wrong(name + "its content isn't what was recorded")
            if chat <= self.chat or (self.chat_known and chat != self.chat + 1):
                raise Wrong(name + "its message doesn't have the next number")
            self.chat, self.chat_known = chat, self.chat_known or not this.get("retired")
        self.hash, self.at = this["hash"], this["at"]
        found.update(last=number, head=this["hash"], records=found["records"] + 1)
        found["counts"][this["kind"]] = found["counts"].get(this["kind"], 0) + 1
        if position in self.records:
            raise Wrong(name + f"position {position} is there twice")
        self.records[position], self.names[position] = bytes.fromhex(this["hash"]), title
        if this["chain"] == "compliance" and this["kind"] == "SETASIDE":
            aside = json.loads(this["body"])
            self.aside.add((aside["chain"], aside["number"]))
        if this["chain"] == "compliance" and this["kind"] == "EXPORTED":
            self.exported.append((number, json.loads(this["body"])))
        if this["chain"] == "compliance" and this["kind"] == "CHANGED":
            changed = json.loads(this["body"])
            if changed.get("what") == "adapter.restart":
                self.restarted.append((number, changed["target"]))

    def expected(self):
        """The record that should come after those that were read, in words. Chains come as the service has them."""
        told, found = self.told["chains"], self.found
        if self.chain in found and found[self.chain]["last"] < told[self.chain]["last"]:
            last = found[self.chain]["last"]
            what = f"record {last + 1} of" if self.told["complete"] else f"one after record {last} of"
            return f"; the next should be {what} {self.chain}"
        order = {"system": (0, 0), "compliance": (1, 0)}
        rest = sorted(set(told) - set(found), key=lambda name: order.get(name) or (2, int(name.removeprefix("room:"))))
        return f"; the next should be record {told[rest[0]]['first']} of {rest[0]}" if rest else ""

    def together(self):
        for chain, gaps in self.missing.items():
            for first, last in gaps:
                for number in range(first, last + 1):
                    if (chain, number) not in self.aside:
                        raise Wrong(f"records.ndjson: of {chain} the records {number} to {last} are missing")
        for name, told in self.told["chains"].items():
            if self.found.get(name) != told:
                raise Wrong(f"manifest.json: what it tells of {name} isn't what records.ndjson has")
        if len(self.records) != self.told["records"]:
            raise Wrong(f"manifest.json: it tells of {self.told['records']} records, records.ndjson has {len(self.records)}")
        if self.told["complete"]:
            for position in range(self.told["after"] + 1, self.told["upTo"] + 1):
                if position not in self.records:
                    raise Wrong(f"records.ndjson: the record at position {position} is missing")
        order, heads = sorted(self.records), sorted(self.nodes)
        for first, size in heads:
            under = bisect.bisect_left(order, first)
            if under < len(order) and order[under] < first + size:
                raise Wrong(f"nodes.ndjson: the node over the positions {first} to {first + size - 1} covers position "
                            f"{order[under]}, whose record is in the export")
        self.covering, covered = 0, set()
        for this, trusted in self.checkpoints:
            name, first, last = f"checkpoint {this['number']}: ", this["after"] + 1, this["upTo"]
            some = order[bisect.bisect_left(order, first):bisect.bisect_right(order, last)]
            own = heads[bisect.bisect_left(heads, (first, 0)):bisect.bisect_left(heads, (last + 1, 0))]
            if not some and not own and ("nextKey" in this or last < first):
                continue  # there for the key that it names
            if not trusted:
                raise Wrong(name + "it is signed by a key to which nothing leads from the trusted key")
            for begin, size in own:
                over = f"over the positions {begin} to {begin + size - 1}"
                if begin + size - 1 > last:
                    raise Wrong(name + f"the node {over} goes on after its end")
                if (begin - first) % size:
                    raise Wrong(name + f"its tree has no node {over}")
            try:
                found = root(first, last - first + 1, self.records, self.nodes).hex()
            except Wrong as missing:
                raise Wrong(name + str(missing))
            if found != this["root"]:
                raise Wrong(name + f"the records and nodes at positions {first} to {last} aren't those that it was made over")
            self.covering += 1
            covered.update(some, own)
        outside = [position for position in order if position not in covered]
        stray = [node[0] for node in heads if node not in covered]
        for position in stray + (outside if self.told["complete"] else []):
            raise Wrong(f"no checkpoint covers what is at position {position}")
        return len(outside)

    def verify(self):
        self.manifest()
        self.compare("checkpoints.ndjson", self.checkpoint)
        if self.signer not in self.keys:
            raise Wrong("manifest.json is signed by a key to which nothing leads from the trusted key")
        self.compare("nodes.ndjson", self.node)
        self.compare("records.ndjson", self.record)
        outside = self.together()
        rest = set(self.told["files"]) - {"checkpoints.ndjson", "nodes.ndjson", "records.ndjson"}
        for name in sorted(rest, key=lambda name: (name.endswith(".parts"), name)):
            self.compare(name)
        note = f", {outside} records not covered by a checkpoint" if outside else ""
        return (f"{self.told['batch']}: {len(self.records)} records in {len(self.found)} chains, "
                f"{self.covering} checkpoints, {len(self.told['files'])} files: as they were made{note}")


class Series:
    """Exports that were each verified: whether they fit together, and whether one of them is missing."""

    def __init__(self):
        self.members, self.exported, self.restarted, self.aside = {}, [], {}, set()

    def add(self, export):
        self.members[export.digest] = export.told
        self.exported += export.exported
        for number, of in export.restarted:
            self.restarted[of] = max(number, self.restarted.get(of, 0))
        self.aside |= export.aside

    def verify(self):
        members = sorted(self.members.items(), key=lambda m: (m[1]["of"], m[1]["after"], m[1]["upTo"]))
        known, reach, told_of = {}, {}, {}
        for digest, told in members:
            for chain, part in told["chains"].items():
                for number, value in ((part["first"] - 1, part["previous"]), (part["last"], part["head"])):
                    if known.setdefault((chain, number), value) != value:
                        raise Wrong(f"{told['batch']}: record {number} of {chain} isn't the one that another export has")
        for digest, told in members:
            if not told["complete"]:
                continue
            of = told["of"]
            after, up_to, lasts = reach.get(of, (told["after"], told["after"], {}))
            if told["after"] > up_to:
                raise Wrong(f"{of}: no export here has the positions {up_to + 1} to {told['after']}: one is missing")
            for chain, part in told["chains"].items():
                end = lasts.setdefault(chain, part["first"] - 1 if after else 0)
                for number in range(end + 1, part["first"]):
                    if (chain, number) not in self.aside:
                        raise Wrong(f"{told['batch']}: before it the records {number} to {part['first'] - 1} of {chain} "
                                    "are missing, and no SETASIDE record here tells of them")
                lasts[chain] = max(end, part["last"])
            reach[of] = (after, max(up_to, told["upTo"]), lasts)
        for number, told in self.exported:
            told_of.setdefault((told["of"], told["batch"]), []).append((number, told))
        for digest, told in members:
            records = told_of.get((told["of"], told["batch"]), [])
            if records and not any(record["manifest"] == digest for _, record in records):
                raise Wrong(f"{told['batch']}: its manifest isn't the one that an EXPORTED record tells of")
        here = {(told["of"], told["batch"], digest) for digest, told in members}
        for number, told in self.exported:
            of, batch = told["of"], told["batch"]
            begins = self.restarted.get(of, 0)  # what was exported before is in what was exported since
            if re.fullmatch(re.escape(of) + "-[0-9]{12,}", batch):
                continue  # of a selection, and not of the adapter that is called so
            if number <= begins or of not in reach or told["after"] < reach[of][0]:
                continue
            if not any(after > begins and (of, batch, record["manifest"]) in here for after, record in told_of[of, batch]):
                raise Wrong(f"{batch}: it is missing: an EXPORTED record tells of it, with the positions "
                            f"{told['after'] + 1} to {told['upTo']}")
        return [f"{of}: all records at the positions {after + 1} to {up_to}" for of, (after, up_to, _) in reach.items()]


def exports_at(path):
    own = ("manifest.json", "manifest.sig", "records.ndjson")
    if not os.path.isdir(path) or any(os.path.exists(os.path.join(path, name)) for name in own):
        return [path]
    names = [os.path.join(path, name) for name in sorted(os.listdir(path)) if not name.startswith(".")]
    return [name for name in names if os.path.isdir(name) or name.endswith(".zip")] or [path]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    *paths, key = sys.argv[1:]
    path = None
    try:
        if os.path.isfile(key):
            with open(key, encoding="ascii") as file:
                key = file.read().strip()
        if key.startswith("-----BEGIN PUBLIC KEY-----"):
            der = base64.b64decode("".join(key.splitlines()[1:-1]))
            key = der[12:].hex() if der[:12].hex() == "302a300506032b6570032100" else ""
        if not re.fullmatch("[0-9a-fA-F]{64}", key):
            raise Wrong("this is no public key: neither 64 hexadecimal digits nor PEM")
        series, exports = Series(), [export for named in paths for export in exports_at(named)]
        for path in exports:
            export = Export(path, bytes.fromhex(key))
            print(export.verify())
            series.add(export)
        path = None
        reached = series.verify()
        if len(exports) > 1:
            print("\n".join(reached))
    except (Wrong, OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        print(f"WRONG: {path}: {error}" if path and len(exports) > 1 else f"WRONG: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
