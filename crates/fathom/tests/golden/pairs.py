"""Writes pairs.json: NNGP, NTK and both gaps of pairs of inputs, by brute force.

Every expectation is an iterated integral: over u, and over v given u, both by composite Gauss-Legendre that splits at
the kinks of the activation and resolves the layer of width sqrt(1 - c^2) around them. Gaps are plain subtractions in
42-digit arithmetic. No closed form, no series, no polar coordinates: nothing of the library is repeated.
Inputs are the f64 numbers written. Needs gmpy2, python-flint and mpmath. Each case is computed twice, with fewer nodes the second
time; the script stops if they differ by more than 1e-15.
"""
import json
import os
import sys
import gmpy2
from gmpy2 import mpfr, exp, sqrt, tanh, log1p, expm1, atan
import flint
import mpmath

flint.ctx.prec = 230
gmpy2.get_context().precision = 145
mpmath.mp.prec = 180
ONE, TWO = mpfr(1), mpfr(2)
PI = gmpy2.const_pi()


def rule(n, cache={}):
    if n not in cache:
        pairs = []
        for i in range(n):
            pairs.append(newton(n, i))
        cache[n] = [(mpfr(mpmath.nstr(x, 50)), mpfr(mpmath.nstr(w, 50))) for x, w in pairs]
    return cache[n]


def newton(n, i):
    x = mpmath.cos(mpmath.pi * (i + mpmath.mpf(3) / 4) / (n + mpmath.mpf(1) / 2))
    for _ in range(8):
        p0, p1 = mpmath.mpf(1), x
        for k in range(2, n + 1):
            p0, p1 = p1, ((2 * k - 1) * x * p1 - (k - 1) * p0) / k
        d = n * (x * p1 - p0) / (x * x - 1)
        x -= p1 / d
    p0, p1 = mpmath.mpf(1), x
    for k in range(2, n + 1):
        p0, p1 = p1, ((2 * k - 1) * x * p1 - (k - 1) * p0) / k
    d = n * (x * p1 - p0) / (x * x - 1)
    return x, 2 / ((1 - x * x) * d * d)


def sech2(z):
    t = exp(-2 * abs(z))
    return 4 * t / (1 + t) ** 2


def logistic(z):
    return 1 / (1 + exp(-z))


def softplus(z):
    return log1p(exp(-abs(z))) + (z if z > 0 else 0)


def erfc(z):
    """By flint, which is much faster at this precision."""
    mantissa, exponent = flint.arb(tuple(int(i) for i in z.as_mantissa_exp())).erfc().mid().man_exp()
    return gmpy2.mul_2exp(mpfr(int(mantissa)), int(exponent)) if exponent >= 0 else gmpy2.div_2exp(mpfr(int(mantissa)), -int(exponent))


def normal_cdf(z):
    return erfc(-z / sqrt(TWO)) / 2


def density(z):
    return exp(-z * z / 2) / sqrt(2 * PI)


SELU_L, SELU_A = mpfr(1.0507009873554805), mpfr(1.6732632423543772)


def mish(z):
    w, s = tanh(softplus(z)), logistic(z)
    return z * w, w + z * (1 - w) * (1 + w) * s


def silu(z):
    s = logistic(z)
    return z * s, s + z * s * (1 - s)


# name: (phi and phi', kinks)
FUNCTIONS = {
    "tanh": (lambda z: (tanh(z), sech2(z)), []),
    "elu": (lambda z: (z, ONE) if z > 0 else (expm1(z), exp(z)), [0]),
    "elu:0.5": (lambda z: (z, ONE) if z > 0 else (expm1(z) / 2, exp(z) / 2), [0]),
    "selu": (lambda z: (SELU_L * z, SELU_L) if z > 0 else (SELU_L * SELU_A * expm1(z), SELU_L * SELU_A * exp(z)), [0]),
    "softsign": (lambda z: (z / (1 + abs(z)), 1 / (1 + abs(z)) ** 2), [0]),
    "hard-tanh": (lambda z: (min(max(z, -ONE), ONE), ONE if abs(z) < 1 else mpfr(0)), [-1, 1]),
    "mish": (mish, []),
    "arctan": (lambda z: (atan(z), 1 / (1 + z * z)), []),
    "sigmoid": (lambda z: (logistic(z), logistic(z) * logistic(-z)), []),
    "gelu": (lambda z: (z * normal_cdf(z), normal_cdf(z) + z * density(z)), []),
    "silu": (silu, []),
    "softplus": (lambda z: (softplus(z), logistic(z)), []),
    "sin": (lambda z: (gmpy2.sin(z), gmpy2.cos(z)), []),
    "cos": (lambda z: (gmpy2.cos(z), -gmpy2.sin(z)), []),
    "gaussian": (lambda z: (exp(-z * z), -2 * z * exp(-z * z)), []),
    "rectified-power:2": (lambda z: (z * z, 2 * z) if z > 0 else (mpfr(0), mpfr(0)), [0]),
    "leaky-relu:0.2": (lambda z: (z, ONE) if z > 0 else (mpfr(0.2) * z, mpfr(0.2)), [0]),
    "erf": (lambda z: (1 - erfc(z), 2 / sqrt(PI) * exp(-z * z)), []),
}


def edges(special, largest, reach):
    """Panel ends: around each (centre, scale) steps of 2 scales, then doubling up to `largest`."""
    points = {-reach, reach}
    for centre, scale in special:
        if abs(centre) >= reach:
            continue
        points.add(centre)
        for sign in (-1, 1):
            offset, step = mpfr(0), 2 * scale
            while abs(centre + sign * (offset + step)) < reach and step < largest:
                offset += step
                points.add(centre + sign * offset)
                if offset >= 12 * scale:
                    step *= 2
    ends = sorted(points)
    ends = [ends[0]] + [b for a, b in zip(ends, ends[1:]) if b - a > mpfr(10) ** -30]
    out = [ends[0]]
    for a, b in zip(ends, ends[1:]):
        pieces = max(1, int(gmpy2.ceil((b - a) / largest)))
        out += [a + (b - a) * i / pieces for i in range(1, pieces + 1)]
    return out


def panels(ends, n):
    for a, b in zip(ends, ends[1:]):
        middle, half = (a + b) / 2, (b - a) / 2
        for x, w in rule(n):
            z = middle + half * x
            yield z, half * w * density(z)


def one(phi, kinks, q, n, reach):
    s = sqrt(q)
    largest = mpfr(3) / 2 / max(ONE, s)
    sums = [mpfr(0)] * 2
    for x, w in panels(edges([(k / s, largest) for k in kinks], largest, reach), n):
        value, slope = phi(s * x)
        sums[0] += w * value * value
        sums[1] += w * slope * slope
    return sums


def two(phi, kinks, q1, q2, gap, n, reach):
    s1, s2, c, width = sqrt(q1), sqrt(q2), 1 - gap, sqrt(gap * (2 - gap))
    largest = mpfr(3) / 2 / max(ONE, s1, s2)
    special = [(k / s1, largest) for k in kinks]
    if abs(c) > 0.01:
        special += [(k / (s2 * c), min(largest, width / abs(c))) for k in kinks]
    inner_largest = min(mpfr(7), largest / width)
    smooth = list(panels(edges([], inner_largest, reach), n + 6))
    value, slope = mpfr(0), mpfr(0)
    for x, w in panels(edges(special, largest, reach), n):
        cuts = [(k / s2 - c * x) / width for k in kinks]
        cuts = [(cut, inner_largest) for cut in cuts if abs(cut) < reach]
        a, b = mpfr(0), mpfr(0)
        for y, v in panels(edges(cuts, inner_largest, reach), n + 6) if cuts else smooth:
            f, d = phi(s2 * (c * x + width * y))
            a += v * f
            b += v * d
        f, d = phi(s1 * x)
        value += w * f * a
        slope += w * d * b
    return value, slope


def kernel(case, fewer):
    phi, kinks = FUNCTIONS[case["activation"]]
    fine = case["gap"] < 0.01
    n, reach = (28 if fine else 20) - fewer, mpfr(13 if fine else 10.2)
    a, bias = mpfr(case["weight_var"]), mpfr(case["bias_var"])
    xx, yy, gap = mpfr(case["xx"]), mpfr(case["yy"]), mpfr(case["gap"])
    s = [a * xx + bias, a * yy + bias, a * sqrt(xx * yy) * (1 - gap) + bias]
    g = a * sqrt(xx * yy)
    det = (g * gap * (2 * bias + g * (2 - gap)) + a * bias * (sqrt(xx) - sqrt(yy)) ** 2)
    t = list(s)
    rows = []
    for layer in range(2, case["depths"][-1] + 1):
        p = sqrt(s[0] * s[1])
        u = 1 - s[2] / p
        f11, d11 = one(phi, kinks, s[0], n, reach)
        f22, d22 = (f11, d11) if s[0] == s[1] else one(phi, kinks, s[1], n, reach)
        f12, d12 = two(phi, kinks, s[0], s[1], u, n, reach)
        s = [a * f + bias for f in (f11, f22, f12)]
        t = [k + a * d * old for k, d, old in zip(s, (d11, d22, d12), t)]
        if layer in case["depths"]:
            gap_out = 1 - s[2] / sqrt(s[0] * s[1])
            rows.append({"depth": layer, "nngp": s[:], "ntk": t[:], "gap": gap_out, "ntk_gap": (t[0] + t[1]) / 2 - t[2]})
    return rows


def text(x):
    return "{0:.20e}".format(x)


def cases():
    for name in FUNCTIONS:
        a, bias = {"rectified-power:2": (0.6, 0.1), "sigmoid": (6.0, 0.3), "gaussian": (3.0, 0.1)}.get(name, (1.5, 0.1))
        shallow = name in ("rectified-power:2", "gelu", "erf", "mish")
        for xx, yy, gap in [(1.1, 1.1, 1e-12), (0.8, 1.7, 1e-12), (0.8, 1.7, 1e-6), (1.1, 1.1, 0.3), (0.8, 1.7, 1.0), (0.3, 2.5, 1.7)]:
            yield {"activation": name, "weight_var": a, "bias_var": bias, "xx": xx, "yy": yy, "gap": gap, "depths": [2, 5] if gap == 0.3 and not shallow else [2, 3]}
    for name, a in [("tanh", 2.5), ("elu", 1.6), ("hard-tanh", 2.0)]:
        yield {"activation": name, "weight_var": a, "bias_var": 0.05, "xx": 0.8, "yy": 1.7, "gap": 0.3, "depths": [30]}


def run(case):
    rows, coarse = kernel(case, 0), kernel(case, 3)
    worst = 0.0
    for row, other in zip(rows, coarse):
        for key in ("gap", "ntk_gap"):
            worst = max(worst, float(abs(row[key] / other[key] - 1)))
    if worst > 1e-15:
        raise SystemExit(f"not converged: {case} {worst}")
    rows = [{k: v if k == "depth" else [text(x) for x in v] if isinstance(v, list) else text(v) for k, v in row.items()} for row in rows]
    return {**{k: v for k, v in case.items() if k != "depths"}, "rows": rows}, worst


if __name__ == "__main__":
    import multiprocessing
    out = []
    with multiprocessing.Pool(2) as pool:
        for result, worst in pool.imap(run, list(cases())):
            out.append(result)
            print(result["activation"], result["gap"], worst, file=sys.stderr, flush=True)
    path = os.path.join(os.path.dirname(__file__), "pairs.json")
    with open(path, "w") as file:
        json.dump({"about": "see pairs.py", "cases": out}, file, indent=0)
        file.write("\n")
