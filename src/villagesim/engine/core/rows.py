"""One kernel for every row phase: load the arguments of the rule, call it, store its results.

`load` and `store` are written for numba's code generator, so that a phase needs no kernel of its own: what a rule reads
and writes is declared in the schedule, and the compiler sees straight loads and stores of the columns.
"""

from collections.abc import Callable
from typing import Any

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from villagesim.compiled import compiled
from villagesim.draws import bell_of, block, lane

BELL = 4
NO_DRAW = -1


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Where array[index] lies; the index is not negative and not checked."""
    made = arrayobj.make_array(array_type)(context, builder, array)
    return cgutils.get_item_pointer(context, builder, array_type, made, [index], wraparound=False, boundscheck=False)


def _element(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> tuple[Any, Any]:
    """Value and type of array[index], whole numbers as int64 (narrow and unsigned ones would change arithmetic)."""
    value = arrayobj.load_item(context, builder, array_type, _pointer(context, builder, array_type, array, index))
    wide = types.int64 if isinstance(array_type.dtype, types.Integer) else array_type.dtype
    return context.cast(builder, value, array_type.dtype, wide), wide


def _wide(array_type: Any) -> Any:
    return types.int64 if isinstance(array_type.dtype, types.Integer) else array_type.dtype


def _is_pair(source: Any) -> bool:
    return isinstance(source, types.BaseTuple) and len(source) == 2


def _is_row(source: Any) -> bool:
    return _is_pair(source) and isinstance(source[0], types.Array) and isinstance(source[1], types.Integer)


def _is_via(source: Any) -> bool:
    return _is_pair(source) and all(isinstance(part, types.Array) for part in source)


@intrinsic
def settle(typingctx, sources):
    """Sources with every (column, row number) replaced by its value, once before the loop."""
    kinds = tuple(_wide(source[0]) if _is_row(source) else source for source in sources)
    result = types.Tuple(kinds)

    def codegen(context, builder, signature, args):
        parts = []
        for place, source in enumerate(sources):
            part = builder.extract_value(args[0], place)
            if _is_row(source):
                array, row = builder.extract_value(part, 0), builder.extract_value(part, 1)
                row = context.cast(builder, row, source[1], types.intp)
                part, _ = _element(context, builder, source[0], array, row)
            elif context.enable_nrt:
                # The result owns a reference of its own to every array that it passes on.
                context.nrt.incref(builder, source, part)
            parts.append(part)
        return context.make_tuple(builder, result, parts)

    return result(sources), codegen


@intrinsic(prefer_literal=True)
def load(typingctx, sources, i, drawn, lanes):
    """The rule's arguments for row i: own and keyed columns loaded, draws put in their places, the rest as it is."""
    if not all(isinstance(pick, types.IntegerLiteral) for pick in lanes):
        return None
    picks = [pick.literal_value for pick in lanes]
    left = list(sources)
    kinds = []
    for pick in picks:
        source = None if pick >= 0 else left.pop(0)
        if source is None:
            kinds.append(types.float64)
        elif isinstance(source, types.Array):
            kinds.append(_wide(source))
        else:
            kinds.append(_wide(source[1]) if _is_via(source) else source)
    result = types.Tuple(tuple(kinds))

    def codegen(context, builder, signature, args):
        given, index, luck, _ = args
        parts, place = [], 0
        for pick in picks:
            if pick >= 0:
                parts.append(builder.extract_value(luck, pick))
                continue
            source, part = sources[place], builder.extract_value(given, place)
            place += 1
            if isinstance(source, types.Array):
                part, _ = _element(context, builder, source, part, index)
            elif _is_via(source):
                key, kind = _element(context, builder, source[0], builder.extract_value(part, 0), index)
                row = context.cast(builder, key, kind, types.intp)
                part, _ = _element(context, builder, source[1], builder.extract_value(part, 1), row)
            parts.append(part)
        return context.make_tuple(builder, result, parts)

    return result(sources, types.intp, drawn, lanes), codegen


@intrinsic
def store(typingctx, columns, i, values):
    """columns[k][i] = values[k] for every k; a single value stands for a tuple of one."""
    many = isinstance(values, types.BaseTuple)

    def codegen(context, builder, signature, args):
        arrays, index, results = args
        for place, column in enumerate(columns):
            pointer = _pointer(context, builder, column, builder.extract_value(arrays, place), index)
            value, kind = (builder.extract_value(results, place), values[place]) if many else (results, values)
            arrayobj.store_item(context, builder, column, context.cast(builder, value, kind, column.dtype), pointer)
        return context.get_dummy_value()

    if len(columns) != (len(values) if many else 1):
        raise TypeError(f"the rule returns {len(values) if many else 1} values for {len(columns)} columns")
    return types.void(columns, types.intp, values), codegen


if config.DISABLE_JIT:
    # The same three in Python, so that the kernels can be run and covered without a compiler.

    def settle(sources):
        return tuple(
            source[0][source[1]].item() if isinstance(source, tuple) and len(source) == 2 and isinstance(source[1], int)
            else source for source in sources)

    def load(sources, i, drawn, lanes):
        left = iter(sources)
        values = []
        for pick in lanes:
            source = drawn[pick] if pick >= 0 else next(left)
            if hasattr(source, "dtype"):
                source = source[i].item()
            elif type(source) is tuple:
                source = source[1][source[0][i]].item()
            values.append(source)
        return tuple(values)

    def store(columns, i, values):
        for column, value in zip(columns, values if type(values) is tuple else (values,), strict=True):
            column[i] = value


def row_kernel(rule: Callable, lanes: tuple[int, ...], purpose: int) -> Callable:
    """kernel(rows, sources, columns, seed, month) that applies the rule to rows 0 ... rows-1.

    lanes: one number for each argument of the rule: NO_DRAW (taken from sources in turn), 0-3 (a uniform of the rule's
    block of four) or BELL. purpose: any purpose of that block.
    """

    def kernel(rows, sources, columns, seed, month):
        settled = settle(sources)
        for i in range(rows):
            store(columns, i, rule(*load(settled, i, (), lanes)))

    def drawing_kernel(rows, sources, columns, seed, month):
        settled = settle(sources)
        for i in range(rows):
            words = block(seed, month, i, purpose)
            drawn = (lane(words, 0), lane(words, 1), lane(words, 2), lane(words, 3), bell_of(words))
            store(columns, i, rule(*load(settled, i, drawn, lanes)))

    return compiled(kernel if all(pick == NO_DRAW for pick in lanes) else drawing_kernel)
