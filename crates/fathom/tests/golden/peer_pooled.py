"""Makes peer-pooled.json: kernels of residual networks that pool inside their blocks, or add lists of features to flattened
images, computed by neural-tangents 0.6.5 (jax 0.4.25, f64). Every network is written as Fathom describes it, with variances,
and translated here.
"""
import json

import jax

jax.config.update("jax_enable_x64", True)
import numpy as np  # noqa: E402
from neural_tangents import stax  # noqa: E402

WIDTH = 16  # does not matter in the NTK parameterization


def conv(window, stride=(1, 1), padding="same", weight_var=1.7, bias_var=0.3):
    return {"type": "conv", "filter": list(window), "stride": list(stride), "padding": padding,
            "weight_var": weight_var, "bias_var": bias_var}


def dense(weight_var=1.3, bias_var=0.2):
    return {"type": "dense", "weight_var": weight_var, "bias_var": bias_var}


def pool(window, stride, padding):
    return {"type": "average-pool", "window": list(window), "stride": list(stride), "padding": padding}


RELU = {"type": "activation", "function": "relu"}
ERF = {"type": "activation", "function": "erf"}
GAP, FLATTEN = {"type": "global-average-pool"}, {"type": "flatten"}


def residual(lambda_sq, branch, shortcut=()):
    return {"type": "residual", "lambda_sq": lambda_sq, "branch": list(branch), "shortcut": list(shortcut)}


def layer(block):
    kind = block["type"]
    if kind == "conv":
        return stax.Conv(WIDTH, tuple(block["filter"]), tuple(block["stride"]), block["padding"].upper(),
                         W_std=block["weight_var"] ** 0.5, b_std=block["bias_var"] ** 0.5)
    if kind == "dense":
        return stax.Dense(WIDTH, W_std=block["weight_var"] ** 0.5, b_std=block["bias_var"] ** 0.5)
    if kind == "activation":
        return {"relu": stax.Relu(), "erf": stax.Erf()}[block["function"]]
    if kind == "average-pool":
        return stax.AvgPool(tuple(block["window"]), tuple(block["stride"]), block["padding"].upper())
    if kind == "global-average-pool":
        return stax.GlobalAvgPool()
    if kind == "flatten":
        return stax.Flatten()
    if kind == "residual":
        # λ goes into the last weights of the branch, whose variances it multiplies.
        *rest, last = block["branch"]
        ends = [last] if last["type"] in ("conv", "dense") else []
        if ends:
            scaled = dict(last, weight_var=last["weight_var"] * block["lambda_sq"],
                          bias_var=last["bias_var"] * block["lambda_sq"])
            branch = serial(rest + [scaled])
        else:
            assert block["lambda_sq"] == 1.0
            branch = serial(block["branch"])
        shortcut = serial(block["shortcut"]) if block["shortcut"] else stax.Identity()
        return stax.serial(stax.FanOut(2), stax.parallel(branch, shortcut), stax.FanInSum())
    raise KeyError(kind)


def serial(blocks):
    return stax.serial(*map(layer, blocks))


NETWORKS = {
    "pooled shortcut": ([6, 5, 2], [
        conv((3, 3)),
        residual(0.7, [RELU, conv((3, 3), (2, 2)), RELU, conv((3, 3))], [pool((2, 2), (2, 2), "same"), conv((1, 1))]),
        residual(0.5, [RELU, conv((3, 3))]), RELU, GAP, dense()]),
    "pooled branch": ([6, 5, 2], [
        conv((3, 3)), residual(0.6, [RELU, pool((2, 2), (1, 1), "same"), conv((3, 3))]), RELU, FLATTEN, dense()]),
    "both ways": ([6, 6, 2], [
        conv((3, 3), padding="circular"),
        residual(1.0, [RELU, conv((3, 3)), pool((2, 2), (2, 2), "valid")], [pool((2, 2), (2, 2), "valid")]),
        residual(0.4, [ERF, pool((3, 3), (1, 1), "same"), conv((2, 2), padding="circular")]), ERF, GAP, dense()]),
    # The shortcut has weights: this library adds nothing to a flattened image itself.
    "flattened": ([4, 3, 2], [
        conv((3, 3)), RELU, conv((3, 3)), FLATTEN, residual(0.6, [dense(), RELU, dense()], [dense()]), RELU, dense()]),
}

random = np.random.default_rng(5)
networks = []
for name, (size, blocks) in NETWORKS.items():
    x1, x2 = (random.standard_normal((n, *size)) for n in (3, 2))
    kernel_fn = jax.jit(serial(blocks)[2], static_argnames="get")
    across = kernel_fn(x1, x2, get=("nngp", "ntk"))
    networks.append({"name": name, "input": size, "blocks": blocks, "x1": x1.ravel().tolist(), "x2": x2.ravel().tolist(),
                     "nngp": np.asarray(across.nngp).ravel().tolist(), "ntk": np.asarray(across.ntk).ravel().tolist()})
json.dump({"networks": networks}, open("peer-pooled.json", "w"), indent=1)
