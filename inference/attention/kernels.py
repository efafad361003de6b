"""Triton kernels of paged attention; `triton_paged` calls them. Triton's language has no types.

Softmax is kept online in base 2: with m the largest score so far, l = sum 2^(s - m) and acc = sum 2^(s - m) v, parts
over different keys are merged by rescaling with their m (Milakov and Gimelshein, arXiv:1805.02867).

Names of tiles: `tile` rows of queries, `span` keys at a time, `width` the head width `dim` up to a power of two,
`group` query heads that share a key head.
"""

import triton
import triton.language as tl


@triton.jit
def visit(
    q,
    rows,
    limit,
    keys,
    values,
    pages,
    first,
    last,
    kv_heads,
    head,
    scale,
    dim: tl.constexpr,
    width: tl.constexpr,
    page_size: tl.constexpr,
    tile: tl.constexpr,
    span: tl.constexpr,
):
    """Queries q [tile, width], each seeing the keys below its limit [tile], over the keys first..last: m, l and acc."""
    wide = tl.arange(0, width)
    top = tl.full([tile], float("-inf"), tl.float32)
    total = tl.zeros([tile], tl.float32)
    acc = tl.zeros([tile, width], tl.float32)
    for start in range(first, last, span):
        place = start + tl.arange(0, span)
        there = place < last
        page = tl.load(pages + place // page_size, mask=there, other=0).to(tl.int64)
        at = (page * page_size + place % page_size) * kv_heads + head
        held = there[:, None] & (wide < dim)[None, :]
        k = tl.load(keys + at[:, None] * dim + wide[None, :], mask=held, other=0.0)
        score = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        seen = (place[None, :] < limit[:, None]) & rows[:, None]
        score = tl.where(seen, score, float("-inf"))
        higher = tl.maximum(top, tl.max(score, 1))
        base = tl.where(higher == float("-inf"), 0.0, higher)  # a row that has seen nothing yet: -inf - -inf is NaN
        weight = tl.exp2(score - base[:, None])
        shrink = tl.exp2(top - base)
        v = tl.load(values + at[:, None] * dim + wide[None, :], mask=held, other=0.0)
        acc = acc * shrink[:, None] + tl.dot(weight.to(v.dtype), v, input_precision="ieee")
        total = total * shrink + tl.sum(weight, 1)
        top = higher
    return top, total, acc


@triton.jit
def extend(
    query,
    out,
    keys,
    values,
    pages,
    kv_lens,
    starts,
    sequences,
    stride,
    kv_heads,
    block,
    scale,
    dim: tl.constexpr,
    width: tl.constexpr,
    group: tl.constexpr,
    page_size: tl.constexpr,
    tile: tl.constexpr,
    span: tl.constexpr,
):
    """One block of tile // group tokens of one sequence, and one key head.

    Blocks are numbered through all sequences, with room for one ragged block each; which sequence a number belongs to
    is found by halving.
    """
    number, head = tl.program_id(0), tl.program_id(1)
    tokens_each: tl.constexpr = tile // group
    low, high = 0, sequences
    while low < high:
        middle = (low + high) // 2
        if tl.load(starts + middle) // tokens_each + middle <= number:
            low = middle + 1
        else:
            high = middle
    sequence = low - 1
    start = tl.load(starts + sequence)
    queries = tl.load(starts + sequence + 1) - start
    first = (number - start // tokens_each - sequence) * tokens_each  # of this block's tokens within the sequence
    if first < queries:
        length = tl.load(kv_lens + sequence)
        row = tl.arange(0, tile)
        token = first + row // group
        rows = (token < queries) & (row < tokens_each * group)
        limit = tl.minimum(((length - queries + token) // block + 1) * block, length)
        last = tl.max(tl.where(rows, limit, 0), 0)
        wide = tl.arange(0, width)
        at = ((start + token) * kv_heads * group + head * group + row % group)[:, None] * dim + wide[None, :]
        held = rows[:, None] & (wide < dim)[None, :]
        q = tl.load(query + at, mask=held, other=0.0)
        table = pages + sequence * stride
        _, total, acc = visit(
            q, rows, limit, keys, values, table, 0, last, kv_heads, head, scale, dim, width, page_size, tile, span
        )
        mixed = acc / tl.where(total == 0.0, 1.0, total)[:, None]
        tl.store(out + at, mixed.to(out.dtype.element_ty), mask=held)


@triton.jit
def decode(
    query,
    tops,
    totals,
    parts,
    keys,
    values,
    pages,
    kv_lens,
    stride,
    kv_heads,
    scale,
    dim: tl.constexpr,
    width: tl.constexpr,
    group: tl.constexpr,
    page_size: tl.constexpr,
    splits: tl.constexpr,
    tile: tl.constexpr,
    span: tl.constexpr,
):
    """One part of the keys of one sequence with one query, for one key head."""
    sequence, head, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    length = tl.load(kv_lens + sequence)
    size = tl.cdiv(tl.cdiv(length, splits), span) * span
    first = split * size
    last = tl.minimum(first + size, length)
    row, wide = tl.arange(0, tile), tl.arange(0, width)
    rows = row < group
    number = (sequence * kv_heads + head) * group + row  # of the query head among all
    held = rows[:, None] & (wide < dim)[None, :]
    q = tl.load(query + number[:, None] * dim + wide[None, :], mask=held, other=0.0)
    limit = tl.zeros([tile], tl.int32) + length
    table = pages + sequence * stride
    top, total, acc = visit(
        q, rows, limit, keys, values, table, first, last, kv_heads, head, scale, dim, width, page_size, tile, span
    )
    slot = number * splits + split
    tl.store(tops + slot, top, mask=rows)
    tl.store(totals + slot, total, mask=rows)
    tl.store(parts + slot[:, None] * dim + wide[None, :], acc, mask=held)


@triton.jit
def merge(tops, totals, parts, out, dim: tl.constexpr, width: tl.constexpr, splits: tl.constexpr):
    """The parts of one query head as one."""
    number = tl.program_id(0)
    split, wide = tl.arange(0, splits), tl.arange(0, width)
    slot = number * splits + split
    top = tl.load(tops + slot)
    highest = tl.max(top, 0)
    share = tl.exp2(top - tl.where(highest == float("-inf"), 0.0, highest))
    held = (wide < dim)[None, :]
    part = tl.load(parts + slot[:, None] * dim + wide[None, :], mask=held, other=0.0)
    total = tl.sum(share * tl.load(totals + slot), 0)
    mixed = tl.sum(share[:, None] * part, 0) / tl.where(total == 0.0, 1.0, total)
    tl.store(out + number * dim + wide, mixed.to(out.dtype.element_ty), mask=wide < dim)
