"""Singular vectors of rows: exactly, from streamed moments, or as scikit-learn does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import row_chunks
from neucobench.encoders.reducers.moments import scatter_matrix


@dataclass(frozen=True, kw_only=True, eq=False)
class Basis:
    """Hold the directions of largest variance.

    Attributes:
        count: number of rows.
        mean: (dims_in,) what was subtracted from the rows.
        singular: (dims,) singular values of the rows less the mean, descending.
        vectors: (dims_in, dims) the directions, of unit length.
        total: sum of the squares of all singular values.
    """

    count: int
    mean: NDArray[np.float64]
    singular: NDArray[np.float64]
    vectors: NDArray[np.float64]
    total: float

    @property
    def ratio(self) -> NDArray[np.float64]:
        """Return (dims,) the share of the variance that lies in each direction."""
        return self.singular**2 / (self.total or 1.0)


def exact_basis(features: NDArray[np.float32], dims: int, *, center: bool) -> Basis:
    """Return the basis from a full decomposition in float64; all rows are in memory.

    Args:
        features: (samples, dims_in)
        dims: directions wanted, at most the smaller side.
        center: whether the mean of the columns is subtracted first.
    """
    from scipy.linalg import qr, svd

    # Fortran order lets LAPACK work in place.
    rows = np.empty(features.shape, np.float64, order="F")
    start = 0
    for chunk in row_chunks(features):
        rows[start : start + len(chunk)] = chunk
        start += len(chunk)
    mean = rows.mean(axis=0) if center else np.zeros(rows.shape[1])
    rows -= mean
    if len(rows) > rows.shape[1]:
        # R has the singular values and the right vectors of the rows: the left ones,
        # as large as the rows, are not needed.
        rows = qr(rows, mode="raw", overwrite_a=True, check_finite=False)[1]
    _, singular, vectors = svd(
        rows, full_matrices=False, overwrite_a=True, check_finite=False
    )
    return Basis(
        count=len(features),
        mean=mean,
        singular=singular[:dims],
        vectors=orient(vectors[:dims].T),
        total=float(np.sum(singular**2)),
    )


def streamed_basis(features: NDArray[np.float32], dims: int) -> Basis:
    """Return the centered basis from moments; memory does not depend on the rows.

    The squares of the singular values carry an error of about 1e-16 of the largest
    square: directions below 1e-6 of the largest singular value lose their digits, as
    float32 features have no more.
    """
    from scipy.linalg import eigh

    scatter = scatter_matrix(features)
    size = len(scatter.matrix)
    total = float(np.trace(scatter.matrix))
    values, vectors = eigh(
        scatter.matrix,
        lower=False,
        subset_by_index=[size - dims, size - 1],
        overwrite_a=True,
        check_finite=False,
    )
    return Basis(
        count=scatter.count,
        mean=scatter.mean,
        singular=np.sqrt(np.maximum(values[::-1], 0)),
        vectors=orient(vectors[:, ::-1]),
        total=total,
    )


def sklearn_basis(
    features: NDArray[np.float32], dims: int, *, solver: str, seed: int
) -> Basis:
    """Return the centered basis that scikit-learn's ``PCA`` finds, in float32.

    Args:
        features: (samples, dims_in), two rows or more.
        dims: directions wanted, at most the smaller side.
        solver: ``svd_solver`` of ``PCA``.
        seed: ``random_state`` of ``PCA``.
    """
    from sklearn.decomposition import PCA

    # Rows without any variance divide by zero in the ratio, which is not used.
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = PCA(n_components=dims, svd_solver=solver, random_state=seed).fit(
            np.ascontiguousarray(features)
        )
        share = float(np.nan_to_num(fitted.explained_variance_ratio_).sum())
    singular = fitted.singular_values_.astype(np.float64)
    return Basis(
        count=len(features),
        mean=fitted.mean_.astype(np.float64),
        singular=singular,
        vectors=fitted.components_.astype(np.float64).T,
        total=float(np.sum(singular**2)) / (share or 1.0),
    )


def orient(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (dims_in, dims) with each column's largest absolute entry positive.

    This is scikit-learn's convention; which sign a decomposition gives is chance.
    """
    largest = np.argmax(np.abs(vectors), axis=0)
    signs = np.sign(vectors[largest, np.arange(vectors.shape[1])])
    return np.asarray(vectors * signs)
