# SPDX-License-Identifier: GPL-2.0-only
"""The standard library's `dataclass`, made in a third of the time where a class is frozen and plain.

Some two hundred of these classes are made whenever a model is checked: most of what starting takes. The standard one
compiles six functions of each from text; here that is `__init__` alone, and the others are shared. What they do is the
same. A class that is not frozen with slots, or has a factory, an inherited field or a method of its own in the place of
one of ours, is left to the standard one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from operator import attrgetter

    _OURS = {"__init__", "__post_init__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__getstate__"}

    def dataclass(**options):
        """As dataclasses.dataclass."""
        usual = dataclasses.dataclass(**options)
        if options != {"frozen": True, "slots": True}:
            return usual
        return lambda cls: _made(cls) if _is_plain(cls) else usual(cls)

    def _is_plain(cls):
        if not _OURS.isdisjoint(vars(cls)) or any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__):
            return False
        given = (value for value in vars(cls).values() if isinstance(value, dataclasses.Field))
        missing = dataclasses.MISSING
        return all(f.init and f.default_factory is missing and f.kw_only is not True for f in given)

    def _made(cls):
        own_repr = "__repr__" in vars(cls)
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        fields = dataclasses.fields(made)
        made.__init__ = _init(made, fields)
        made.__eq__, made.__hash__ = _comparing([f.name for f in fields if f.compare])
        if not own_repr:
            made.__repr__ = _repr([f.name for f in fields if f.repr])
        made.__setattr__, made.__delattr__ = _setattr, _delattr
        made.__getstate__, made.__setstate__ = _getstate, _setstate
        return made

    def _init(made, fields):
        """Sets each field through the descriptor of its slot, which `__setattr__` does not see."""
        names = {f"_set_{f.name}": vars(made)[f.name].__set__ for f in fields}
        names |= {f"_default_{f.name}": f.default for f in fields}
        heads = [f.name if f.default is dataclasses.MISSING else f"{f.name}=_default_{f.name}" for f in fields]
        body = "\n".join(f" _set_{f.name}(self, {f.name})" for f in fields) or " pass"
        exec(f"def __init__({', '.join(['self', *heads])}):\n{body}", names)
        function = names["__init__"]
        function.__qualname__, function.__module__ = f"{made.__qualname__}.__init__", made.__module__
        function.__annotations__ = {f.name: f.type for f in fields} | {"return": None}
        return function

    def _comparing(names):
        get = attrgetter(*names) if names else type

        def equal(self, other):
            return get(self) == get(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self):
            return hash(get(self))

        return equal, hashed

    def _repr(names):
        def shown(self):
            return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

        return shown

    def _setattr(self, name, value):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _delattr(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def _getstate(self):
        return [getattr(self, name) for name in self.__dataclass_fields__]

    def _setstate(self, state):
        for name, value in zip(self.__dataclass_fields__, state, strict=True):
            object.__setattr__(self, name, value)


__all__ = ["dataclass"]
