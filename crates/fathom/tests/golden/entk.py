"""Makes entk.json: empirical NTKs of small networks by neural-tangents 0.6.5 (jax 0.4.25, f64).

Gradients are with respect to the weights and biases themselves. `full[i][j][a][b]` is the kernel of inputs i and j and
outputs a and b; `jacobian_error` is its largest deviation from the product of jax's own Jacobians, relative to the
largest entry.
"""
import json

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
import neural_tangents as nt

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "erf": jax.scipy.special.erf,
               "gelu": lambda z: jax.nn.gelu(z, approximate=False), "silu": jax.nn.silu, "linear": lambda z: z}
CASES = [("relu", [4, 6, 5, 3], True, 5), ("tanh", [3, 7, 2], False, 4), ("erf", [2, 5, 4, 3, 1], True, 4),
         ("gelu", [3, 4, 4, 2], True, 3), ("silu", [5, 3, 2], True, 3), ("linear", [3, 2], True, 3)]


def case(seed, name, widths, biased, rows):
    rng = np.random.default_rng(seed)
    params = [(rng.standard_normal((n, m)) * np.sqrt(2 / m), rng.standard_normal(n) if biased else None)
              for m, n in zip(widths[:-1], widths[1:])]
    params = jax.tree_util.tree_map(jnp.asarray, params)
    x = jnp.asarray(rng.standard_normal((rows, widths[0])))

    def f(params, x):
        for i, (w, b) in enumerate(params):
            x = x @ w.T + (0 if b is None else b)
            if i + 1 < len(params):
                x = ACTIVATIONS[name](x)
        return x

    full = np.asarray(nt.empirical_ntk_fn(f, trace_axes=(), implementation=3, vmap_axes=0)(x, None, params))
    jac = jax.tree_util.tree_leaves(jax.jacobian(f)(params, x))
    jac = np.concatenate([np.asarray(j).reshape(rows, widths[-1], -1) for j in jac], axis=2)
    error = np.abs(np.einsum("iap,jbp->ijab", jac, jac) - full).max() / np.abs(full).max()
    return {"activation": name, "widths": widths, "inputs": x.tolist(), "weights": [w.tolist() for w, _ in params],
            "biases": [b.tolist() for _, b in params] if biased else None, "full": full.tolist(),
            "jacobian_error": float(error)}


print(json.dumps([case(i, *c) for i, c in enumerate(CASES)]))
