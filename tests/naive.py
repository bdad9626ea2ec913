# SPDX-License-Identifier: GPL-2.0-only
"""The naive checker: read this first. It interprets a System directly and is the oracle for every engine.

It shares no code with the project; it only reads the values of `dfsrace.system`. States are dictionaries, nothing is
renamed, nothing is fast. `naive(system)` gives the verdict, the shortest length of a violation of each property, and
the number of states and transitions, as `--reduce none` has to give them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from dfsrace.system import System
from dfsrace.system import expressions as x
from dfsrace.system import program as p
from dfsrace.system import types as t

Wait = type("Wait", (Exception,), {})
Pool = type("Pool", (Exception,), {})


class Bad(Exception):
    """An automatic violation, by name."""


@dataclass
class Result:
    verdict: str
    violated: dict[str, int | None]
    states: int
    transitions: int


def values(kind):
    if isinstance(kind, t.OptionalType):
        return [None, *values(kind.base)]
    if isinstance(kind, t.RangeType):
        return list(range(kind.low, kind.high + 1))
    if isinstance(kind, t.NamedType):
        return list(range(len(kind.values)))
    return list(range({t.BoolType: 2}.get(type(kind)) or getattr(kind, "size", getattr(kind, "count", 0))))


def base(kind):
    return getattr(kind, "base", kind)


def check(value, kind):
    if value is None and not isinstance(kind, t.OptionalType):
        raise Bad("null dereference")
    if isinstance(base(kind), t.RangeType) and value is not None and not base(kind).low <= value <= base(kind).high:
        raise Bad("value out of range")
    return value


class World:
    """The state being executed: `cells[(variable, position, part)]`, each thread's place and live locals."""

    def __init__(self, system, cells, places):
        self.system, self.cells, self.places = system, dict(cells), [(pc, dict(loc)) for pc, loc in places]

    def frozen(self):
        return tuple(self.cells.items()), tuple((pc, tuple(sorted(loc.items()))) for pc, loc in self.places)

    # ---- pools and stamps

    def reach(self, found):
        """Everything that the pool values in `found` lead to, through fields of held values."""
        found = set(found)
        while True:
            more = {
                (base(v.type), self.cells[key])
                for key in self.cells
                if isinstance(base((v := self.system.variables[key[0]]).type), t.PoolType)
                and (v.owner, key[1][:1] and key[1][0]) in found
                and self.cells[key] is not None
            }
            if more <= found:
                return found
            found |= more

    def roots(self):
        for (index, position, part), value in self.cells.items():
            v = self.system.variables[index]
            if isinstance(v.owner, t.PoolType):
                if v.type.__class__ is t.LockType and v.type.kind not in ("bit_lock", "semaphore"):
                    kept = value not in (None, "nothing", 0) if part[0] == "readers" else value not in (None, "nothing")
                    if kept and part[0] != "waiting" and part[0] != "sequence":
                        yield v.owner, position[0]
            elif isinstance(base(v.type), t.PoolType) and value is not None:
                yield base(v.type), value

    def from_cells(self):
        """What quantifiers see: reachable from cells that are no pool fields."""
        plain = (
            (base(v.type), value)
            for (i, _, _), value in self.cells.items()
            if not isinstance((v := self.system.variables[i]).owner, t.PoolType)
            and isinstance(base(v.type), t.PoolType)
            and value is not None
        )
        return self.reach(plain)

    def local_values(self):
        for thread, (_, loc) in zip(self.system.threads, self.places, strict=True):
            for slot, value in loc.items():
                if value is not None:
                    yield base(thread.locals[slot].type), value

    def held(self):
        return self.reach([*self.roots(), *(e for e in self.local_values() if isinstance(e[0], t.PoolType))])

    def clear(self):
        held = self.held()
        for key in self.cells:
            owner = self.system.variables[key[0]].owner
            if isinstance(owner, t.PoolType) and (owner, key[1][0]) not in held:
                self.cells[key] = "nothing"

    def fresh(self, kind, target, also=()):
        held = self.held() | set(also)
        used = {value for stamp, value in self.local_values() if stamp == kind}
        for key, value in self.cells.items():
            owner = self.system.variables[key[0]].owner
            counts = not isinstance(owner, t.PoolType) or (owner, key[1][0]) in held
            if key != target and counts and stamp_of(self.system, key) == kind:
                used.add(value)
        return next(n for n in range(len(used) + 1) if n not in used)


def stamp_of(system, key):
    v = system.variables[key[0]]
    if isinstance(v.type, t.LockType):
        return t.StampType(f"{v.name} sequence") if key[2][0] == "sequence" else None
    return v.type if isinstance(v.type, t.StampType) else None


def evaluate(e, w, me, bound=None):
    bound = bound or {}

    def go(part):
        return evaluate(part, w, me, bound)

    match e:
        case x.Const(value):
            return value
        case x.Local(slot):
            return w.places[me][1][slot]
        case x.Bound(slot):
            return bound[slot]
        case x.Read(variable, indices):
            return w.cells[variable, tuple(go(i) for i in indices), ("", None)]
        case x.Not(operand):
            return int(not go(operand))
        case x.And(operands):
            return int(all(go(o) for o in operands))
        case x.Or(operands):
            return int(any(go(o) for o in operands))
        case x.IfElse(test, then, other):
            return go(then) if go(test) else go(other)
        case x.Checked(operand, kind):
            return check(go(operand), kind)
        case x.Finished(thread):
            node = w.system.threads[thread].nodes[w.places[thread][0]]
            return int(isinstance(node.operation, p.Finish))
        case x.Compare(operator, left, right):
            a, b = go(left), go(right)
            if operator in ("==", "!="):
                return int((a == b) == (operator == "=="))
            return int({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])
        case x.Arithmetic(operator, left, right):
            a, b = go(left), go(right)
            if operator in ("//", "%") and b == 0:
                raise Bad("value out of range")
            if operator in ("min", "max"):
                return min(a, b) if operator == "min" else max(a, b)
            return {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "//": a.__floordiv__, "%": a.__mod__}[operator](b)
        case x.Quantifier(kind=kind, slot=slot, domain=domain, condition=condition, body=body):
            total = 0
            for value in domain_of(domain, w):
                inner = {**bound, slot: value}
                if condition is None or evaluate(condition, w, me, inner):
                    result = evaluate(body, w, me, inner)
                    total += result
                    if kind != "sum" and bool(result) == (kind == "any"):
                        return result
            return total if kind == "sum" else int(kind == "all")
    raise TypeError(e)


def domain_of(domain, w):
    if isinstance(domain, t.PoolType):
        return sorted(value for pool, value in w.from_cells() if pool == domain)
    return values(domain)


class Lock:
    """One lock's parts, as attributes of the state."""

    def __init__(self, w, access, me):
        self.w, self.me, self.n = w, me, len(w.system.threads)
        self.at = access.variable, tuple(evaluate(i, w, me) for i in access.indices)
        self.kind = w.system.variables[access.variable].type

    def __getitem__(self, part):
        return self.w.cells[(*self.at, part if isinstance(part, tuple) else (part, None))]

    def __setitem__(self, part, value):
        self.w.cells[(*self.at, part if isinstance(part, tuple) else (part, None))] = value

    def renew(self):
        key = (*self.at, ("sequence", None))
        self["sequence"] = self.w.fresh(stamp_of(self.w.system, key), key)

    def others(self, part):
        return any(self[part, i] for i in range(self.n) if i != self.me)


def need(condition, name):
    if not condition:
        raise Bad(name)


def grant(condition):
    if not condition:
        raise Wait


def operate(call, lock, argument, atomic):
    """One lock operation by the table of section 6; gives its result, or "registered"."""
    me, trying = lock.me, "trylock" in call
    twice, missing = "lock taken twice", "unlock of a lock not held"
    if call in ("spin_lock", "mutex_lock"):
        need(lock["owner"] != me, twice)
        grant(lock["owner"] is None)
        lock["owner"] = me
    elif call in ("spin_trylock", "mutex_trylock"):
        got = lock["owner"] is None
        lock["owner"] = me if got else lock["owner"]
        return int(got)
    elif call in ("spin_unlock", "mutex_unlock"):
        need(lock["owner"] == me, missing)
        lock["owner"] = None
    elif call in ("lock_page", "trylock_page"):
        got = not lock["locked"]
        if not trying:
            grant(got)
        lock["locked"] = 1
        return int(got)
    elif call == "unlock_page":
        need(lock["locked"], missing)
        lock["locked"] = 0
    elif call in ("down", "down_trylock"):
        got = lock["count"] > 0
        if not trying:
            grant(got)
        lock["count"] -= int(got)
        return int(got)
    elif call == "up":
        need(lock["count"] < lock.kind.maximum, "value out of range")
        lock["count"] += 1
    elif call in ("read_lock", "read_trylock"):
        if not trying:
            need(lock["writer"] != me, twice)
            grant(lock["writer"] is None)
        got = lock["writer"] is None
        need(not got or lock["readers", me] < 3, "value out of range")
        lock["readers", me] += int(got)
        return int(got)
    elif call in ("write_lock", "write_trylock"):
        if not trying:
            need(lock["writer"] != me and not lock["readers", me], twice)
        got = lock["writer"] is None and not lock.others("readers") and not lock["readers", me]
        if not trying:
            grant(got)
        lock["writer"] = me if got else lock["writer"]
        return int(got)
    elif call == "read_unlock":
        need(lock["readers", me], missing)
        lock["readers", me] -= 1
    elif call in ("write_unlock", "up_write"):
        need(lock["writer"] == me, missing)
        lock["writer"] = None
    elif call.startswith("down_"):
        mine = lock["writer"] == me or lock["readers", me]
        if not trying:
            need(not mine, twice)
        free = lock["writer"] is None and not lock.others("readers") and not mine
        waiting = any(lock["waiting", i] for i in range(lock.n))
        if "read" in call:
            got = lock["writer"] is None and not waiting and not mine
            if not trying:
                grant(got)
            lock["readers", me] = 1 if got else lock["readers", me]
            return int(got)
        if trying:
            got = free and not waiting
            lock["writer"] = me if got else lock["writer"]
            return int(got)
        if not free and not atomic and not lock["waiting", me]:
            lock["waiting", me] = 1
            return "registered"
        grant(free)
        lock["writer"], lock["waiting", me] = me, 0
    elif call == "up_read":
        need(lock["readers", me], missing)
        lock["readers", me] = 0
    elif call == "downgrade_write":
        need(lock["writer"] == me, missing)
        lock["writer"], lock["readers", me] = None, 1
    elif call in ("read_seqbegin", "read_seqcount_begin"):
        need(lock["writer"] != me, twice)
        grant(lock["writer"] is None)
        return lock["sequence"]
    elif call in ("read_seqretry", "read_seqcount_retry"):
        return int(lock["writer"] is not None or lock["sequence"] != argument)
    elif call in ("write_seqlock", "write_seqcount_begin"):
        need(lock["writer"] != me, twice)
        if call == "write_seqlock":
            grant(lock["writer"] is None)
        need(lock["writer"] is None, "seqcount written twice")
        lock["writer"] = me
        lock.renew()
    elif call in ("write_sequnlock", "write_seqcount_end"):
        need(lock["writer"] == me, missing)
        lock["writer"] = None
    else:
        raise TypeError(call)
    return None


def owns(w, me, spinning):
    """True if the thread owns a lock (`spinning`: one under which it may not sleep)."""
    for (index, _, (part, whose)), value in w.cells.items():
        kind = w.system.variables[index].type
        spins = isinstance(kind, t.LockType) and kind.kind in ("spinlock", "rwlock", "seqlock")
        if isinstance(kind, t.LockType) and value not in ("nothing", None) and (spins or not spinning):
            if part in ("owner", "writer") and value == me:
                return True
            if part == "readers" and whose == me and value:
                return True
    return False


SLEEPS = ("mutex_lock", "down", "down_read", "down_write", "lock_page")


def execute(w, me, node, atomic, pick):
    """Executes one node of a thread; gives the number of the successor taken, or None to stay."""
    op, loc = node.operation, w.places[me][1]
    after = w.system.threads[me].nodes[node.next[0]].live if node.next else frozenset()

    def at(access):
        return access.variable, tuple(evaluate(i, w, me) for i in access.indices), ("", None)

    def keep(slots):
        w.places[me] = (w.places[me][0], {s: v for s, v in loc.items() if s in slots})

    if isinstance(op, p.LockOperation):
        at(op.access)
    if isinstance(op, p.Sleep | p.Wait) or (isinstance(op, p.LockOperation) and op.call in SLEEPS):
        need(not owns(w, me, True), "sleeping while atomic")
    match op:
        case p.Assign(local, value) | p.Evaluate(local, value):
            if local in after or isinstance(op, p.Evaluate) or not isinstance(value, x.Local):
                loc[local] = evaluate(value, w, me)
        case p.Branch(test):
            return node.next[0 if evaluate(test, w, me) else 1]
        case p.Choose(local, domain, slot, condition):
            options = [v for v in domain_of(domain, w) if condition is None or evaluate(condition, w, me, {slot: v})]
            grant(options)
            loc[local] = pick(options)
        case p.Load(local, access):
            loc[local] = w.cells[at(access)]
        case p.Store(access, value):
            target = at(access)
            w.cells[target] = evaluate(value, w, me)
        case p.Wait(condition):
            grant(evaluate(condition, w, me))
        case p.Assert(condition):
            need(evaluate(condition, w, me), "assertion")
        case p.Renew(access):
            target = at(access)
            keep(after)
            w.cells[target] = w.fresh(stamp_of(w.system, target), target)
            return node.next[0]
        case p.Alloc(local, pool):
            keep(after - {local})
            held = {v for k, v in w.held() if k == pool}
            new = next((v for v in range(pool.size) if v not in held), None)
            if new is None:
                raise Pool
            mine = [k for k in w.cells if w.system.variables[k[0]].owner == pool and k[1][0] == new]
            for key in mine:
                w.cells[key] = initial_part(w.system.variables[key[0]], key[2])
            for key in mine:
                if stamp_of(w.system, key) is not None:
                    w.cells[key] = "nothing"
            for key in mine:
                if (kind := stamp_of(w.system, key)) is not None:
                    w.cells[key] = w.fresh(kind, key, [(pool, new)])
            w.places[me][1][local] = new
            return node.next[0]
        case p.Atomic(call, access, arguments, local):
            target = at(access)
            old, given = w.cells[target], [evaluate(a, w, me) for a in arguments]
            kind = w.system.variables[access.variable].type
            new = {"atomic_inc": lambda: old + 1, "xchg": lambda: given[0]}.get(call, lambda: old - 1)
            new = (given[1] if old == given[0] else old) if call == "cmpxchg" else new()
            w.cells[target] = check(new, kind)
            if local is not None:
                loc[local] = int(new == 0) if call == "atomic_dec_and_test" else old
        case p.LockOperation(call, access, local, argument):
            given = None if argument is None else evaluate(argument, w, me)
            lock = Lock(w, access, me)
            if call.startswith("write_seq"):
                keep(after)
            result = operate(call, lock, given, atomic)
            if result == "registered":
                return None
            if local is not None:
                w.places[me][1][local] = result
        case p.Finish():
            need(not owns(w, me, False), "lock held at exit")
    return node.next[0] if node.next else None


def initial_part(variable, part):
    if not isinstance(variable.type, t.LockType):
        return variable.initial
    return {"owner": None, "writer": None, "count": variable.initial}.get(part[0], 0)


def starts(node):
    op = node.operation
    local = isinstance(op, p.Nop | p.Assign | p.Branch | p.Sleep | p.Barrier | p.Finish)
    if isinstance(op, p.Choose):
        local = op.condition is None and not isinstance(op.domain, t.PoolType)
    return not local and not node.atomic


def run(w, me, pick, first=True):
    """One step of a thread in `w` (`first` False: its first local nodes). Gives the cells after the access."""
    nodes, pc, access, count, seen = w.system.threads[me].nodes, w.places[me][0], None, 0, set()
    atomic = first and isinstance(nodes[pc].operation, p.AtomicBegin)
    try:
        while first or not starts(nodes[pc]):
            node = nodes[pc]
            if not first and not node.atomic and access is None:
                access = dict(w.cells)
            known = tuple(sorted((s, v) for s, v in w.places[me][1].items() if s in node.live))
            key = (pc, known, tuple(w.cells.items()))
            if key in seen:
                raise RuntimeError("loops without a shared access")
            seen.add(key)
            following = execute(w, me, node, node.atomic, pick)
            if not isinstance(node.operation, p.AtomicBegin):
                local = isinstance(node.operation, p.Nop | p.Assign | p.Branch | p.Sleep | p.Barrier | p.Finish)
                plain = isinstance(node.operation, p.Choose) and node.operation.condition is None
                count += not local and not (plain and not isinstance(node.operation.domain, t.PoolType))
            first = False
            if following is None:
                break
            pc = following
            w.places[me] = (pc, w.places[me][1])
    except Wait:
        if atomic and count:
            return access, "blocks inside atomic"
        raise
    except Bad as bad:
        return access, str(bad)
    live = nodes[pc].live
    w.places[me] = (pc, {s: v for s, v in w.places[me][1].items() if s in live})
    access = access if access is not None else dict(w.cells)
    w.clear()
    return access, None


def every(make, act):
    """Runs `act` on a new world for each combination of choices; yields (world, what act gave)."""
    prefixes = [[]]
    while prefixes:
        prefix = prefixes.pop()
        taken = []

        def pick(options, prefix=prefix, taken=taken):
            if len(taken) == len(prefix):
                prefixes.extend([*prefix, *[0] * 0, n] for n in range(len(options) - 1, 0, -1))
                prefix.append(0)
            taken.append(prefix[len(taken)])
            return options[taken[-1]]

        w = make()
        try:
            yield w, act(w, pick)
        except Wait:
            continue


def naive(system: System, limit: int = 100_000) -> Result:
    """Explores everything, breadth first."""
    keys = [
        (i, position, (part, whose))
        for i, v in enumerate(system.variables)
        for position in product(*(values(d) for d in v.dimensions))
        for part, whose in parts_of(v.type, len(system.threads))
    ]
    found, cut, transitions = {}, system.exhausted is not None, 0
    everyone = range(len(system.threads))

    def ended(w):
        return [isinstance(system.threads[i].nodes[w.places[i][0]].operation, p.Finish) for i in everyone]

    def judge(w, depth, cells=None):
        over = cells is None and all(e or th.daemon for e, th in zip(ended(w), system.threads, strict=True))
        seen = World(system, cells or w.cells, w.places)
        for prop in system.properties:
            speaks = any(isinstance(e, x.Finished) for e in x.walk(prop.condition)) or prop.at_end
            if (cells is not None and speaks) or (prop.at_end and not over):
                continue
            if bool(evaluate(prop.condition, seen, 0)) == (prop.kind == "reach"):
                found.setdefault(prop.name, depth)

    def first_locals(w, pick):
        for me in everyone:
            _, bad = run(w, me, pick, first=False)
            if bad:
                return bad
        return None

    states, frontier = set(), []
    for initial in system.initial:
        cells = dict(zip(keys, initial.cells, strict=True))
        cells.update({k: "nothing" for k, v in cells.items() if v is None and stamp_of(system, k) is not None})
        for w, bad in every(lambda c=cells: World(system, c, [(th.entry, {}) for th in system.threads]), first_locals):
            w.clear()
            judge(w, 0, w.cells)
            if bad:
                found.setdefault(bad, 0)
            elif w.frozen() not in states:
                states.add(w.frozen())
                frontier.append(w)
                judge(w, 0)
    depth = 0
    while frontier:
        depth, following = depth + 1, []
        for w in frontier:
            moves = False
            for me in everyone:
                if isinstance(system.threads[me].nodes[w.places[me][0]].operation, p.Finish):
                    continue
                try:
                    runs = every(lambda w=w: World(system, w.cells, w.places), lambda v, pick, me=me: run(v, me, pick))
                    for v, (cells, bad) in runs:
                        moves = True
                        if cells is not None:
                            judge(v, depth, cells)
                        if bad:
                            found.setdefault(bad, depth)
                            continue
                        transitions += 1
                        if v.frozen() not in states:
                            states.add(v.frozen())
                            following.append(v)
                            judge(v, depth)
                except Pool:
                    moves = cut = True
            if not moves and not all(e or th.daemon for e, th in zip(ended(w), system.threads, strict=True)):
                found.setdefault("deadlock", depth - 1)
            if len(states) > limit:
                raise OverflowError(limit)
        frontier = following
    violated = {name: steps for name, steps in found.items() if not is_reach(system, name)}
    if not cut:
        violated.update({q.name: None for q in system.properties if q.kind == "reach" and q.name not in found})
    verdict = "violated" if violated else "inconclusive" if cut else "holds"
    return Result(verdict, violated, len(states), transitions)


def is_reach(system, name):
    return any(q.name == name and q.kind == "reach" for q in system.properties)


def parts_of(kind, n):
    if not isinstance(kind, t.LockType):
        return [("", None)]
    rows = [(r, i) for r in ("readers", "waiting") for i in range(n)]
    return {
        "spinlock": [("owner", None)],
        "mutex": [("owner", None)],
        "bit_lock": [("locked", None)],
        "semaphore": [("count", None)],
        "rwlock": [("writer", None), *(r for r in rows if r[0] == "readers")],
        "rwsem": [("writer", None), *rows],
    }.get(kind.kind, [("writer", None), ("sequence", None)])
