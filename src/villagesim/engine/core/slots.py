"""How a compiled step reaches columns: by addresses in a row of slots, so that every step has one signature.

A step is called as step(first, last, bounds, seed, month, slots): rows bounds[first] ... bounds[last] - 1 of its table,
in runs bounds[k] ... bounds[k + 1] - 1 within which all keys are constant. What lies behind each slot is written in the
step's `Spec`, known to the compiler. Different slots are different arrays; the compiler is told so, since it could not
otherwise know that a row's results do not change what the next row reads, and would not vectorise.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.extending import intrinsic
from numba.np import arrayobj

SIGNATURE = types.void(
    types.intp, types.intp, types.CPointer(types.intp), types.int64, types.int64, types.CPointer(types.intp))
# Where an argument of a rule comes from: its own row; the row that its key names, for the whole run or row by row;
# one value or one tuple of parameters for all rows; the row's random words.
OWN, NEAR, VIA, FIXED, PARAMETERS, WORDS = "own", "near", "via", "fixed", "parameters", "words"


class Place(NamedTuple):
    """One argument or result of a rule: what kind, in which slot, of which dtype; key: slot of the key, or the lane;
    codes: the parameters that choose a form, as "place=code,...": compiled in, so that only that form is computed."""

    kind: str
    slot: int
    dtype: str
    key: str = "0"
    codes: str = ""


def written(arguments: tuple[Place, ...], results: tuple[Place, ...]) -> str:
    """Places as text: a constant of this kind is part of the type of what is compiled."""
    return "|".join(" ".join(":".join(map(str, place)) for place in places)
                    for places in (arguments, results))


def read(text: str) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """The arguments and results that a text names."""
    arguments, results = (tuple(Place(kind, int(slot), *rest)
                                for kind, slot, *rest in (part.split(":") for part in places.split()))
                          for places in text.split("|"))
    return arguments, results


def _number(place: Place) -> Any:
    """numba's type of one value in a place."""
    return from_dtype(np.dtype(place.dtype))


def _wide(kind: Any) -> Any:
    """Whole numbers enter rules as int64: narrow and unsigned ones would change arithmetic."""
    return types.int64 if isinstance(kind, types.Integer) else kind


class _Memory:
    """Loads from and stores to slots, each marked as touching no other slot's array."""

    def __init__(self, context: Any, builder: Any, slots: int) -> None:
        self.context, self.builder = context, builder
        module = builder.module
        domain = module.add_metadata([ir.MetaDataString(module, f"villagesim {builder.function.name}")])
        scopes = [module.add_metadata([ir.MetaDataString(module, f"slot {slot}"), domain]) for slot in range(slots)]
        self.only = [module.add_metadata([scope]) for scope in scopes]
        self.others = [module.add_metadata([other for other in scopes if other is not scope]) for scope in scopes]

    def _mark(self, instruction: Any, slot: int) -> Any:
        instruction.set_metadata("alias.scope", self.only[slot])
        if len(self.only) > 1:
            instruction.set_metadata("noalias", self.others[slot])
        return instruction

    def load(self, base: Any, slot: int, kind: Any, row: Any) -> Any:
        """slot[row] as the rule sees it."""
        pointer = self._pointer(base, kind, row)
        value = self._mark(self.builder.load(pointer), slot)
        value = self.context.data_model_manager[kind].from_data(self.builder, value)
        return self.context.cast(self.builder, value, kind, _wide(kind))

    def store(self, base: Any, slot: int, kind: Any, row: Any, value: Any, of: Any) -> None:
        """slot[row] = value, cast from its own type."""
        value = self.context.cast(self.builder, value, of, kind)
        value = self.context.data_model_manager[kind].as_data(self.builder, value)
        self._mark(self.builder.store(value, self._pointer(base, kind, row)), slot)

    def _pointer(self, base: Any, kind: Any, row: Any) -> Any:
        typed = self.builder.bitcast(base, self.context.get_data_type(kind).as_pointer())
        return self.builder.gep(typed, [row])


def _count(text: Any) -> int:
    """Slots that a text names; random words lie in four."""
    places = [place for some in read(text.literal_value) for place in some]
    keys = [int(place.key) for place in places if place.kind in (NEAR, VIA)]
    return 1 + max(*keys, *(place.slot + (3 if place.kind == WORDS else 0) for place in places), 0)


def _known(text: Any) -> bool:
    return isinstance(text, types.StringLiteral)


def _parameters(kind: Any) -> Any:
    """The type of a tuple of parameters whose values are not known to the compiler."""
    return types.BaseTuple.from_types([types.unliteral(member) for member in kind], kind.instance_class)


@intrinsic(prefer_literal=True)
def bases(typingctx, slots, text):
    """Where the array behind each slot begins, a tuple of pointers."""
    if not _known(text):
        return None
    count = _count(text)
    result = types.UniTuple(types.voidptr, count)

    def codegen(context, builder, signature, args):
        parts = []
        for slot in range(count):
            address = builder.load(builder.gep(args[0], [context.get_constant(types.intp, slot)]))
            parts.append(builder.inttoptr(address, context.get_value_type(types.voidptr)))
        return context.make_tuple(builder, result, parts)

    return result(slots, text), codegen


@intrinsic(prefer_literal=True)
def settle(typingctx, pointers, row, text, templates):
    """What is the same for all rows of a run that begins at this row: fixed, parameters and keyed values."""
    if not _known(text):
        return None
    places = [place for place in read(text.literal_value)[0] if place.kind in (NEAR, FIXED, PARAMETERS)]
    kinds = [_parameters(templates[int(place.key)]) if place.kind == PARAMETERS else _wide(_number(place))
             for place in places]
    result = types.Tuple(tuple(kinds))

    def codegen(context, builder, signature, args):
        pointers, row, _, _ = args
        memory = _Memory(context, builder, _count(text))
        zero, parts = context.get_constant(types.intp, 0), []
        for place, kind in zip(places, kinds, strict=True):
            base = builder.extract_value(pointers, place.slot)
            if place.kind == PARAMETERS:
                codes = dict(map(int, code.split("=")) for code in place.codes.split(",") if code)
                members = [context.get_constant(member, codes[number]) if number in codes else
                           memory.load(base, place.slot, member, context.get_constant(types.intp, number))
                           for number, member in enumerate(kind)]
                parts.append(context.make_tuple(builder, kind, members))
            elif place.kind == NEAR:
                key = int(place.key)
                named = memory.load(builder.extract_value(pointers, key), key, types.uint32, row)
                parts.append(memory.load(base, place.slot, _number(place), named))
            else:
                parts.append(memory.load(base, place.slot, _number(place), zero))
        return context.make_tuple(builder, result, parts)

    return result(pointers, row, text, templates), codegen


@intrinsic(prefer_literal=True)
def words_of(typingctx, pointers, row, text):
    """The four random words of a row, of the step's words in its last slots."""
    if not _known(text):
        return None
    places = [place for place in read(text.literal_value)[0] if place.kind == WORDS]
    result = types.UniTuple(types.int64, 4)

    def codegen(context, builder, signature, args):
        memory = _Memory(context, builder, _count(text))
        slot = places[0].slot
        parts = [memory.load(builder.extract_value(args[0], slot + lane), slot + lane, types.uint32, args[1])
                 for lane in range(4)]
        return context.make_tuple(builder, result, parts)

    return result(pointers, row, text), codegen


@intrinsic(prefer_literal=True)
def load(typingctx, pointers, settled, row, drawn, text):
    """The rule's arguments for a row."""
    if not _known(text):
        return None
    places, left = read(text.literal_value)[0], list(settled)
    kinds = []
    for place in places:
        if place.kind == WORDS:
            kinds.append(types.float64)
        else:
            kinds.append(_wide(_number(place)) if place.kind in (OWN, VIA) else left.pop(0))
    result = types.Tuple(tuple(kinds))

    def codegen(context, builder, signature, args):
        pointers, settled, row, drawn, _ = args
        memory = _Memory(context, builder, _count(text))
        parts, at = [], 0
        for place in places:
            if place.kind == WORDS:
                parts.append(builder.extract_value(drawn, int(place.key)))
            elif place.kind in (OWN, VIA):
                named = row
                if place.kind == VIA:
                    key = int(place.key)
                    named = memory.load(builder.extract_value(pointers, key), key, types.uint32, row)
                base = builder.extract_value(pointers, place.slot)
                parts.append(memory.load(base, place.slot, _number(place), named))
            else:
                parts.append(builder.extract_value(settled, at))
                at += 1
        return context.make_tuple(builder, result, parts)

    return result(pointers, settled, row, drawn, text), codegen


@intrinsic(prefer_literal=True)
def store(typingctx, pointers, row, values, text):
    """Results of a rule into their columns; a single value stands for a tuple of one."""
    if not _known(text):
        return None
    places, many = read(text.literal_value)[1], isinstance(values, types.BaseTuple)
    if len(places) != (len(values) if many else 1):
        raise TypeError(f"the rule returns {len(values) if many else 1} values for {len(places)} columns")

    def codegen(context, builder, signature, args):
        pointers, row, results, _ = args
        memory = _Memory(context, builder, _count(text))
        for at, place in enumerate(places):
            value, kind = (builder.extract_value(results, at), values[at]) if many else (results, values)
            memory.store(builder.extract_value(pointers, place.slot), place.slot, _number(place), row, value, kind)
        return context.get_dummy_value()

    return types.void(pointers, row, values, text), codegen


@intrinsic(prefer_literal=True)
def arrays(typingctx, slots, text):
    """The arrays of an exchange: (address, length) a place, one after the other in the slots."""
    if not _known(text):
        return None
    kinds = [types.Array(_number(place), 1, "C") for place in read(text.literal_value)[0]]
    result = types.Tuple(tuple(kinds))

    def codegen(context, builder, signature, args):
        parts = []
        for number, kind in enumerate(kinds):
            address, length = (
                builder.load(builder.gep(args[0], [context.get_constant(types.intp, 2 * number + which)]))
                for which in (0, 1))
            made = arrayobj.make_array(kind)(context, builder)
            size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
            arrayobj.populate_array(
                made, data=builder.inttoptr(address, context.get_data_type(kind.dtype).as_pointer()), shape=[length],
                strides=[size], itemsize=size, meminfo=None)
            parts.append(made._getvalue())
        return context.make_tuple(builder, result, parts)

    return result(slots, text), codegen


@intrinsic
def call(typingctx, address, first, last, bounds, seed, month, slots):
    """Call the step at an address."""

    def codegen(context, builder, signature, args):
        whole = ir.IntType(64)
        pointer = whole.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [whole, whole, pointer, whole, whole, pointer])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [args[1], args[2], builder.inttoptr(args[3], pointer), args[4], args[5],
                                builder.inttoptr(args[6], pointer)])
        return context.get_dummy_value()

    return types.void(address, first, last, bounds, seed, month, slots), codegen

