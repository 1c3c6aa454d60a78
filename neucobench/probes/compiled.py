"""The inner loops of the linear probe, compiled by numba.

A fold fetches each training row once per epoch: four rows at a time, their outputs are
computed and their share of the batch gradient is added while they are in the first
level of cache, and the next four are on their way meanwhile. Everything is float32, as
in the reference. Rows are padded to a multiple of 16 columns; the parameters have 16
more, of which the first is the bias, so that no loop has a remainder.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from neucobench.probes.compiled_as import exactly, summing
from neucobench.probes.compiled_draws import WORDS, draw_epoch

F32 = NDArray[np.float32]
Rows = NDArray[np.uintp]
Four = tuple[Any, Any, Any, Any]

LINE = 16  # float32 in a cache line


def _type_prefetch(_context: Any, array: Any, _row: Any, _column: Any) -> Any:
    """Return the type and the code of a request for the cache line of an element."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = signature.args[0]
        unpacked = context.make_array(kind)(context, builder, values[0])
        item = _locate(context, builder, kind, unpacked, list(values[1:]))
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        call = builder.module.declare_intrinsic("llvm.prefetch", (byte,), form)
        # To be read, kept in the second level of cache, data.
        hints = [number(0), number(2), number(1)]
        builder.call(call, [builder.bitcast(item, byte), *hints])
        return context.get_dummy_value()

    return types.void(array, types.uintp, types.uintp), generate


_locate: Any = cgutils.get_item_pointer
_prefetch: Any = intrinsic(_type_prefetch)


@summing
def _dot(row: F32, weights: F32) -> np.float32:
    total = np.float32(0)
    for j in range(row.size):
        total += row[j] * weights[j]
    return total


@summing
def _dot_four(table: F32, at: Four, weights: F32) -> Four:
    a, b, c, d = table[at[0]], table[at[1]], table[at[2]], table[at[3]]
    s = t = u = v = np.float32(0)
    for j in range(a.size):
        s += a[j] * weights[j]
        t += b[j] * weights[j]
        u += c[j] * weights[j]
        v += d[j] * weights[j]
    return s, t, u, v


@summing
def _add_four(table: F32, at: Four, errors: Four, gradient: F32) -> None:
    a, b, c, d = table[at[0]], table[at[1]], table[at[2]], table[at[3]]
    p, q, r, s = errors
    for j in range(a.size):
        gradient[j] += p * a[j] + q * b[j] + r * c[j] + s * d[j]


@exactly
def _fetch_four(table: F32, at: Four) -> None:
    for j in range(0, table.shape[1], LINE):
        for row in at:
            _prefetch(table, row, np.uintp(j))


@exactly
def _error(output: np.float32, label: np.float32, classify: bool) -> np.float32:
    """Return half the slope of the squared error, or that of the cross entropy."""
    if classify:
        output = np.float32(1) / (np.float32(1) + np.exp(-output))
    return output - label


@exactly
def _add_batch(
    table: F32, at: Rows, labels: F32, p: F32, scale: np.float32, classify: bool, g: F32
) -> None:
    """Add the gradient of one batch to ``g``; ``at`` runs on past the batch.

    Args:
        table: (rows, width) features.
        at: (batch + 4 or more,) rows of the batch, then rows to fetch ahead.
        labels: (batch,) labels of these rows.
        p: (width + 16,) parameters.
        scale: factor of every error.
        classify: whether the loss is the cross entropy.
        g: (width + 16,) the gradient.
    """
    width = table.shape[1]
    w, bias, gradient = p[:width], p[width], g[:width]
    whole = labels.size // 4 * 4
    for i in range(0, whole, 4):
        four = (at[i], at[i + 1], at[i + 2], at[i + 3])
        s, t, u, v = _dot_four(table, four, w)
        _fetch_four(table, (at[i + 4], at[i + 5], at[i + 6], at[i + 7]))
        errors = (
            scale * _error(s + bias, labels[i], classify),
            scale * _error(t + bias, labels[i + 1], classify),
            scale * _error(u + bias, labels[i + 2], classify),
            scale * _error(v + bias, labels[i + 3], classify),
        )
        _add_four(table, four, errors, gradient)
        g[width] += errors[0] + errors[1] + errors[2] + errors[3]
    for i in range(whole, labels.size):
        row = table[at[i]]
        error = scale * _error(_dot(row, w) + bias, labels[i], classify)
        for j in range(width):
            gradient[j] += error * row[j]
        g[width] += error


@exactly
def _step(work: F32, factors: F32) -> None:
    """Take one step of AdamW and clear the gradient.

    Args:
        work: (4, width + 16) parameters, gradient and the means of it and its square.
        factors: (7,) what weight decay leaves, 1 - beta1, beta2, 1 - beta2, eps, and
            the corrected step size and the root of the second correction.
    """
    keep, one_less_1, beta2, one_less_2, eps, size, root = factors
    p, g, m, v = work[0], work[1], work[2], work[3]
    for j in range(p.size):
        slope = g[j]
        m[j] += one_less_1 * (slope - m[j])
        v[j] = beta2 * v[j] + one_less_2 * (slope * slope)
        p[j] = p[j] * keep - size * m[j] / (math.sqrt(v[j]) / root + eps)
        g[j] = np.float32(0)


@exactly
def train_fold(
    table: F32,
    rows: Rows,
    labels: F32,
    drawn: NDArray[np.uint32],
    state: NDArray[np.uint32],
    work: F32,
    batch: int,
    classify: bool,
    learning_rate: float,
    betas: tuple[float, float],
    factors: F32,
    weights: F32,
) -> None:
    """Train one fold and keep its parameters after every epoch.

    Args:
        table: (rows, width) features, aligned to cache lines.
        rows: (train,) rows to train on, before any shuffling.
        labels: (train,) their labels.
        drawn: (epochs, validation) filled with the order of the validation rows.
        state: (625,) generator before the first epoch; used up.
        work: (4, width + 16) initial parameters in the first row, zeros below.
        batch: rows of a batch.
        classify: whether the loss is the cross entropy on logits.
        learning_rate: step size.
        betas: decay of the two running means.
        factors: (7,) as in ``_step``; the last two are filled in here.
        weights: (epochs, width + 16) the parameters after every epoch.
    """
    count = rows.size
    words, used = state, int(state[WORDS])
    order = np.empty(count, np.uint32)
    at = np.empty(count + 8, np.uintp)
    shuffled = np.empty(count, np.float32)
    step = 0
    for epoch in range(weights.shape[0]):
        used = draw_epoch(words, used, order, drawn[epoch])
        for i in range(count):
            at[i] = rows[order[i]]
            shuffled[i] = labels[order[i]]
        for i in range(count, at.size):
            at[i] = rows[0]
        for start in range(0, count, batch):
            stop = min(start + batch, count)
            scale = np.float32((1 if classify else 2) / (stop - start))
            ahead, truth = at[start : stop + 8], shuffled[start:stop]
            _add_batch(table, ahead, truth, work[0], scale, classify, work[1])
            step += 1
            factors[5] = learning_rate / (1 - betas[0] ** step)
            factors[6] = math.sqrt(1 - betas[1] ** step)
            _step(work, factors)
        for j in range(work.shape[1]):
            weights[epoch, j] = work[0, j]


@exactly
def apply(table: F32, rows: Rows, weights: F32, outputs: F32) -> None:
    """Fill in the outputs of several sets of parameters; each row is read once.

    Args:
        table: (rows, width) features.
        rows: (samples,) which of them.
        weights: (epochs, width + 16) parameters.
        outputs: (epochs, samples) to be filled.
    """
    width = table.shape[1]
    whole = rows.size // 4 * 4
    for i in range(0, whole, 4):
        four = (rows[i], rows[i + 1], rows[i + 2], rows[i + 3])
        for epoch in range(weights.shape[0]):
            p = weights[epoch]
            s, t, u, v = _dot_four(table, four, p[:width])
            outputs[epoch, i] = s + p[width]
            outputs[epoch, i + 1] = t + p[width]
            outputs[epoch, i + 2] = u + p[width]
            outputs[epoch, i + 3] = v + p[width]
    for i in range(whole, rows.size):
        for epoch in range(weights.shape[0]):
            p = weights[epoch]
            outputs[epoch, i] = _dot(table[rows[i]], p[:width]) + p[width]


def load() -> None:
    """Load or compile the loops, by training on one row of zeros.

    Raises:
        OSError: when the compiled code cannot be stored.
    """
    table, words = np.zeros((1, LINE), np.float32), np.zeros(WORDS + 1, np.uint32)
    row, work = np.zeros(1, np.uintp), np.zeros((4, 2 * LINE), np.float32)
    weights, drawn = work[:1].copy(), np.zeros((1, 1), np.uint32)
    label, factors = np.zeros(1, np.float32), np.ones(7, np.float32)
    betas = (0.9, 0.999)
    train_fold(
        table, row, label, drawn, words, work, 1, False, 0.1, betas, factors, weights
    )
    apply(table, row, weights, np.zeros((1, 1), np.float32))
