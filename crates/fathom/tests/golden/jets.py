"""Writes jets.json: values and derivatives of activations, from their formulas in 400-digit arithmetic.

Derivatives are finite differences in that arithmetic, independent of any recurrence.
"""
import json
import mpmath as mp

mp.mp.dps = 400
LAMBDA = mp.mpf("1.0507009873554804934193349852946")
ALPHA = mp.mpf("1.6732632423543772848170429916717")

PHI = {
    "erf": mp.erf,
    "tanh": mp.tanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "probit": mp.ncdf,
    "arctan": mp.atan,
    "softsign": lambda z: z / (1 + abs(z)),
    "hard-tanh": lambda z: max(-1, min(1, z)),
    "gelu": lambda z: z * mp.ncdf(z),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "mish": lambda z: z * mp.tanh(mp.log1p(mp.exp(z))),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "elu:0.5": lambda z: z if z > 0 else mp.expm1(z) / 2,
    "selu": lambda z: LAMBDA * (z if z > 0 else ALPHA * mp.expm1(z)),
    "leaky-relu:0.25": lambda z: z if z > 0 else z / 4,
    "sin": mp.sin,
    "cos": mp.cos,
    "gaussian": lambda z: mp.exp(-z * z),
    "exp": mp.exp,
    "step": lambda z: mp.mpf(z > 0),
    "rectified-power:3": lambda z: max(mp.mpf(0), z) ** 3,
    "rectified-power:7": lambda z: max(mp.mpf(0), z) ** 7,
    "polynomial:0.25,1,-0.5,0.125": lambda z: mp.mpf(1) / 4 + z - z * z / 2 + z ** 3 / 8,
}
# Exact in f64.
POINTS = [-60.0, -20.5, -7.25, -3.0, -1.5, -0.625, -0.0078125, 0.125, 0.875, 2.25, 5.0, 12.5, 60.0]


def derivative(f, z, order, h=mp.mpf(10) ** -30):
    """Central difference; its error is of order h^2, improved once by Richardson's rule to h^4."""
    def central(h):
        return mp.fsum((-1) ** i * mp.binomial(order, i) * f(z + (mp.mpf(order) / 2 - i) * h)
                       for i in range(order + 1)) / h ** order
    return (4 * central(h / 2) - central(h)) / 3


def main():
    rows = []
    for name, f in PHI.items():
        for z in POINTS:
            jet = [mp.nstr(derivative(f, mp.mpf(z), n) if n else f(mp.mpf(z)), 18, min_fixed=0, max_fixed=0)
                   for n in range(7)]
            rows.append({"act": name, "z": z, "jet": [j if abs(mp.mpf(j)) > 1e-200 else "0.0" for j in jet]})
    with open("jets.json", "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


main()
