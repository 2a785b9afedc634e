"""Makes peer-composed.json: kernels of networks of blocks computed by neural-tangents 0.6.5 (jax 0.4.25, f64).

Reads an oracle file of kernels made with that library (argument 1) and keeps the networks that Fathom describes, as
Fathom describes them: blocks with variances instead of standard deviations.
"""
import json, sys

FUNCTIONS = {"Relu": "relu", "Erf": "erf"}
PADDING = {"SAME": "same", "VALID": "valid", "CIRCULAR": "circular"}

def weights(layer):
    return {"weight_var": layer["W_std"] ** 2, "bias_var": (layer["b_std"] or 0.0) ** 2}

def block(layer):
    kind = layer["type"]
    if kind == "dense":
        width = {"width": layer["width"]} if "width" in layer else {}
        return {"type": "dense", **weights(layer), **width}
    if kind == "act":
        return {"type": "activation", "function": FUNCTIONS[layer["name"]]}
    if kind == "residual":
        shortcut = {"shortcut": [block(b) for b in layer["skip"]]} if "skip" in layer else {}
        return {"type": "residual", "branch": [block(b) for b in layer["branch"]], **shortcut}
    if kind == "LayerNorm":
        return {"type": "layer-norm"}
    if kind == "conv":
        channels = {"channels": layer["width"]} if "width" in layer else {}
        return {"type": "conv", "filter": layer["filter"], "stride": layer["strides"],
                "padding": PADDING[layer["padding"]], **weights(layer), **channels}
    if kind == "pool" and layer["name"] == "AvgPool":
        return {"type": "average-pool", "window": layer["window"], "stride": layer["strides"],
                "padding": PADDING[layer["padding"]]}
    if kind == "GlobalAvgPool":
        return {"type": "global-average-pool"}
    if kind == "Flatten":
        return {"type": "flatten"}
    raise KeyError(kind)

oracle = json.load(open(sys.argv[1]))
networks = []
for kernel in oracle["kernels"]:
    layers = kernel["spec"]
    if all(layer["type"] in ("dense", "act") for layer in layers):
        continue
    try:
        blocks = [block(layer) for layer in layers]
    except KeyError as missing:
        print("left out:", kernel["name"], missing)
        continue
    standard = any(layer.get("parameterization") == "standard" for layer in layers)
    networks.append({
        "name": kernel["name"], "x1": kernel["x1"], "x2": kernel["x2"],
        "blocks": blocks, "parameterization": "standard" if standard else "ntk",
        "nngp": kernel["nngp"], "ntk": kernel["ntk"],
        "nngp_self": kernel.get("nngp_self"), "ntk_self": kernel.get("ntk_self"),
    })
names = {network[key] for network in networks for key in ("x1", "x2")}
document = {"inputs": {name: oracle["inputs"][name] for name in sorted(names)}, "networks": networks}
json.dump(document, open("peer-composed.json", "w"), indent=1)
