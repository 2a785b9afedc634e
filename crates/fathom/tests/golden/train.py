"""Losses of 50 training steps by JAX in double precision, for given weights and data: train.json.

Written with jax 0.4.25 and numpy 1.26: `python train.py > train.json`. Parameters are those of the parameterization,
omega = W / c, and the loss is a sum over inputs; what is listed is its mean before every step and after the last.
"""

import json

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np

WIDTHS, ROWS, STEPS = [5, 16, 16, 3], 12, 50
ACTIVATIONS = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "leaky-relu:0.1": lambda z: jnp.where(z > 0, z, 0.1 * z),
}
rng = np.random.default_rng(6)
inputs = rng.standard_normal((ROWS, WIDTHS[0])).round(6)
classes = rng.integers(0, WIDTHS[-1], ROWS)
targets = np.eye(WIDTHS[-1])[classes]
layers = [
    ((rng.standard_normal((o, i)) * np.sqrt(2 / i)).round(6), (0.3 * rng.standard_normal(o)).round(6))
    for i, o in zip(WIDTHS, WIDTHS[1:])
]


def outputs(phi, factors, omega):
    h = jnp.asarray(inputs)
    for layer, ((w, b), (cw, cb)) in enumerate(zip(omega, factors)):
        z = cw * h @ w.T + cb * b
        h = phi(z) if layer < len(omega) - 1 else z
    return h


def total(loss, f):
    if loss == "squared":
        return 0.5 * jnp.sum((f - targets) ** 2)
    return -jnp.sum(targets * jax.nn.log_softmax(f, axis=1))


def update(optimizer, rate, omega, gradient, state, step):
    tree = jax.tree_util.tree_map
    if optimizer["kind"] == "gradient-descent":
        return tree(lambda p, g: p - rate * g, omega, gradient), state
    if optimizer["kind"] == "momentum":
        m = tree(lambda m, g: optimizer["momentum"] * m + g, state[0], gradient)
        return tree(lambda p, m: p - rate * m, omega, m), (m, state[1])
    b1, b2, eps = optimizer["beta1"], optimizer["beta2"], optimizer["epsilon"]
    m = tree(lambda m, g: b1 * m + (1 - b1) * g, state[0], gradient)
    v = tree(lambda v, g: b2 * v + (1 - b2) * g * g, state[1], gradient)
    moved = tree(
        lambda p, m, v: p - rate * (m / (1 - b1**step)) / (jnp.sqrt(v / (1 - b2**step)) + eps), omega, m, v
    )
    return moved, (m, v)


def run(case):
    # Squares of the factors; 0 for what is not trained.
    factors = [(np.sqrt(w) or 1.0, np.sqrt(b) or 1.0) for w, b in case["scales"]]
    trained = [(float(w > 0), float(b > 0)) for w, b in case["scales"]]
    omega = [(jnp.asarray(w / cw), jnp.asarray(b / cb)) for (w, b), (cw, cb) in zip(layers, factors)]
    phi = ACTIVATIONS[case["activation"]]
    value = lambda omega: total(case["loss"], outputs(phi, factors, omega))
    zero = jax.tree_util.tree_map(jnp.zeros_like, omega)
    state, losses = (zero, zero), []
    for step in range(1, STEPS + 1):
        loss, gradient = jax.value_and_grad(value)(omega)
        gradient = [(gw * tw, gb * tb) for (gw, gb), (tw, tb) in zip(gradient, trained)]
        losses.append(float(loss) / ROWS)
        omega, state = update(case["optimizer"], case["learning_rate"], omega, gradient, state, step)
    losses.append(float(value(omega)) / ROWS)
    return losses


standard = [[1.0, 1.0]] * 3
ntk = [[2 / i, 0.09] for i in WIDTHS[:-1]]
partly = [[0.0, 0.0], [2 / 16, 0.0], [2 / 16, 0.09]]
gd = {"kind": "gradient-descent"}
momentum = {"kind": "momentum", "momentum": 0.9}
adam = {"kind": "adam", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
cases = [
    ("relu", "squared", gd, standard, 2e-3),
    ("tanh", "squared", gd, ntk, 2e-2),
    ("gelu", "squared", momentum, standard, 5e-4),
    ("leaky-relu:0.1", "cross-entropy", momentum, ntk, 1e-2),
    ("tanh", "cross-entropy", adam, standard, 1e-2),
    ("relu", "squared", adam, ntk, 2e-2),
    ("gelu", "cross-entropy", gd, partly, 5e-2),
]
keys = ["activation", "loss", "optimizer", "scales", "learning_rate"]
described = [dict(zip(keys, case)) for case in cases]
for case in described:
    case["losses"] = run(case)
print(
    json.dumps(
        {
            "rows": ROWS,
            "widths": WIDTHS,
            "inputs": inputs.ravel().tolist(),
            "targets": targets.ravel().tolist(),
            "layers": [{"weights": w.ravel().tolist(), "biases": b.tolist()} for w, b in layers],
            "cases": described,
        }
    )
)
