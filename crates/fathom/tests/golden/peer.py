"""Makes peer.json and peer-functions.json: kernels of fully connected networks computed by neural-tangents 0.6.5 (jax
0.4.25, f64); the latter of activations that Fathom has no name for.

Reads an oracle file of kernels made with that library (argument 1) and keeps the networks that Fathom describes, in
Fathom's words: variances instead of standard deviations, depth in weight layers.
"""
import json, sys

FUNCTIONS = ["erf_abc_L2", "abrelu_L3", "sin_abc_L2", "rbf1_L1", "gaussian_L2", "exp_L1", "gabor_L1", "sigmoidlike_L2",
             "gelu_approx_L2"]

NAMES = {"Relu": "relu", "Erf": "erf", "Abs": "abs", "Gelu": "gelu", "Sin": "sin", "tanh": "tanh", "sigmoid": "sigmoid",
         "swish": "silu", "softplus": "softplus"}

def activation(act):
    options = {k: v for k, v in act.items() if k not in ("type", "name", "deg", "do_stabilize")}
    name = act["name"]
    if name == "LeakyRelu":
        return f"leaky-relu:{options['alpha']}"
    if name == "RectifiedMonomial":
        return f"rectified-power:{options['degree']}"
    if name == "Monomial" and options["degree"] == 2:
        return "polynomial:0,0,1"
    return NAMES.get(name) if not options else None

oracle = json.load(open(sys.argv[1]))
networks = []
for kernel in oracle["kernels"]:
    layers = kernel["spec"]
    if any(layer["type"] not in ("dense", "act") for layer in layers):
        continue
    dense = [layer for layer in layers if layer["type"] == "dense"]
    acts = {activation(layer) for layer in layers if layer["type"] == "act"}
    if len(acts) != 1 or None in acts or len(layers) != 2 * len(dense) - 1:
        continue
    networks.append({
        "name": kernel["name"],
        "activation": acts.pop(),
        "weight_var": [layer["W_std"] ** 2 for layer in dense],
        "bias_var": [(layer["b_std"] or 0.0) ** 2 for layer in dense],
        "hidden": [layer.get("width") for layer in dense[:-1]],
        "parameterization": dense[0].get("parameterization", "ntk"),
        "without_bias": all(layer["b_std"] is None for layer in dense),
        "numerical": any("deg" in layer for layer in layers),
        "nngp": kernel["nngp"], "ntk": kernel["ntk"],
    })
functions = []
for kernel in oracle["kernels"]:
    if kernel["name"] in FUNCTIONS:
        dense = [layer for layer in kernel["spec"] if layer["type"] == "dense"]
        functions.append({
            "name": kernel["name"], "depth": len(dense), "weight_var": dense[0]["W_std"] ** 2,
            "bias_var": (dense[0]["b_std"] or 0.0) ** 2, "nngp": kernel["nngp"], "ntk": kernel["ntk"],
        })
json.dump({"networks": functions}, open("peer-functions.json", "w"), indent=1)
document = {"x1": oracle["inputs"]["x1"], "x2": oracle["inputs"]["x2"], "networks": networks}
json.dump(document, open("peer.json", "w"), indent=1)
