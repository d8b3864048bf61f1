"""Another forecast as a second opinion: taken with its known bias, and weighed by how sure each is."""

import numpy as np


def without_bias(growth, bias, spread):
    """Another's forecast growth without its known bias, and how sure it then is.

    Parameters
    ----------
    growth : array, shape (T,)
        Forecast over the latest count. [-]
    bias, spread : array, shape (T,)
        Mean and standard deviation of earlier errors, forecast less found over found. [-]

    Returns
    -------
    tuple of (array, array)
        Growth and its standard deviation, relative to the latest count. [-]

    Examples
    --------
    A forecast of 5% growth by one who is usually 2% too high:

    >>> [float(part[0].round(4)) for part in without_bias(np.array([1.05]), np.array([0.02]), np.array([0.01]))]
    [1.0294, 0.0103]
    """
    corrected = np.asarray(growth, float) / (1.0 + np.asarray(bias, float))
    return corrected, corrected * np.asarray(spread, float)


def drawn_together(draws, growth, spread):
    """Draws of a total moved to what they and another forecast say together.

    Parameters
    ----------
    draws : array, shape (T, R)
        Own draws of the total over its latest count. [-]
    growth, spread : array, shape (T,)
        The other forecast and its standard deviation; NaN where there is none. [-]

    Returns
    -------
    array, shape (T, R)
        By what each draw is to be multiplied. [-]

    Notes
    -----
    Two independent opinions, each counted by one over its variance. *Counterexample:* an authority whose forecast rests on
    the same births; its opinion then counts twice.

    Examples
    --------
    >>> factors = drawn_together(np.array([[0.9, 1.1]]), np.array([1.2]), np.array([0.1]))
    >>> (np.array([[0.9, 1.1]]) * factors).mean().round(3).item()
    1.1
    """
    mean, own = draws.mean(axis=-1, keepdims=True), draws.var(axis=-1, keepdims=True)
    other = np.asarray(spread, float)[:, None] ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(np.isfinite(other) & (own > 0), own / (own + other), 0.0)
        middle = mean + weight * (np.nan_to_num(np.asarray(growth, float))[:, None] - mean)
        moved = middle + (draws - mean) * np.sqrt(1.0 - weight)
        return np.where(draws > 0, np.maximum(moved, 0.0) / np.where(draws > 0, draws, 1.0), 1.0)
