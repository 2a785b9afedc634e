"""Writes dual.json: dual functions and their gaps at harsh covariances, from closed forms in 150-digit arithmetic.

Differences are taken naively there, so nothing of the rearrangements in the library is repeated. hard-tanh: quadrature
over the first variable of the conditional expectation of the second.
"""
import json
import mpmath as mp

mp.mp.dps = 150


def half(x):
    return mp.mpf(x) / 2


def probit(q1, q2, k):
    p = (1 + q1) * (1 + q2)
    return half(1) / 2 + mp.asin(k / mp.sqrt(p)) / (2 * mp.pi), 1 / (2 * mp.pi * mp.sqrt(p - k * k))


def erf(q1, q2, k):
    p = (1 + 2 * q1) * (1 + 2 * q2)
    return 2 / mp.pi * mp.asin(2 * k / mp.sqrt(p)), 4 / mp.pi / mp.sqrt(p - 4 * k * k)


def gelu(q1, q2, k):
    p = (1 + q1) * (1 + q2)
    d = p - k * k
    a, b = probit(q1, q2, k)
    e = (1 - q1 * q2) / p
    m = q1 * q2 + k * k * e
    return k * a + b * m, a + k * b + b * k / d * m + 2 * b * k * e


def sin(q1, q2, k):
    s = mp.exp(-(q1 + q2) / 2)
    return s * mp.sinh(k), s * mp.cosh(k)


def cos(q1, q2, k):
    return sin(q1, q2, k)[::-1]


def gaussian(q1, q2, k):
    d = (1 + 2 * q1) * (1 + 2 * q2) - 4 * k * k
    return 1 / mp.sqrt(d), 4 * k / mp.sqrt(d) ** 3


def exp(q1, q2, k):
    f = mp.exp((q1 + q2) / 2 + k)
    return f, f


def angular(n, theta):
    """J_n = (-1)^n sin^(2n+1) (1/sin d/dtheta)^n ((pi - theta)/sin), by its polynomials for small n."""
    s, c = mp.sin(theta), mp.cos(theta)
    eta = mp.pi - theta
    return [eta, s + eta * c, 3 * s * c + eta * (1 + 2 * c * c), s * (4 + 11 * c * c) + eta * (9 * c + 6 * c ** 3)][n]


def rectified(n):
    def dual(q1, q2, k):
        g = mp.sqrt(q1 * q2)
        theta = mp.acos(k / g)
        return (g ** n * angular(n, theta) / (2 * mp.pi),
                n * n * g ** (n - 1) * angular(n - 1, theta) / (2 * mp.pi))
    return dual


def piecewise(left, right):
    a, b = mp.mpf(right + left) / 2, mp.mpf(right - left) / 2

    def dual(q1, q2, k):
        g = mp.sqrt(q1 * q2)
        theta = mp.acos(k / g)
        even = mp.sin(theta) + (mp.pi / 2 - theta) * mp.cos(theta)
        return a * a * k + b * b * g * 2 / mp.pi * even, a * a + b * b * (1 - 2 * theta / mp.pi)
    return dual


def moment(m, n, q1, q2, k):
    if (m - n) % 2:
        return mp.mpf(0)
    odd = lambda i: mp.fac2(i - 1) if i > 0 else mp.mpf(1)
    return mp.fsum(mp.factorial(j) * mp.binomial(m, j) * mp.binomial(n, j) * odd(m - j) * odd(n - j) * k ** j
                   * q1 ** ((m - j) // 2) * q2 ** ((n - j) // 2) for j in range(m % 2, min(m, n) + 1, 2))


def polynomial(*p):
    d = [i * c for i, c in enumerate(p)][1:]

    def dual(q1, q2, k):
        total = lambda r: mp.fsum(a * b * moment(i, j, q1, q2, k) for i, a in enumerate(r) for j, b in enumerate(r))
        return total(p), total(d)
    return dual


def hard_tanh(q1, q2, k):
    a, b = 1 / mp.sqrt(q1), 1 / mp.sqrt(q2)
    c = k / mp.sqrt(q1 * q2)
    s = mp.sqrt((1 - c) * (1 + c))
    pdf, cdf = mp.npdf, mp.ncdf

    def inside(x):
        if s == 0:
            return mp.mpf(abs(c * x) < b)
        return cdf((b - c * x) / s) - cdf((-b - c * x) / s)

    def clamped(x):
        """E[hard-tanh(v) | u = x / a]."""
        if s == 0:
            return max(-1, min(1, c * x / b))
        lo, hi = (-b - c * x) / s, (b - c * x) / s
        return (c * x * (cdf(hi) - cdf(lo)) + s * (pdf(lo) - pdf(hi))) / b + cdf(-hi) - cdf(lo)

    cuts = {-mp.mpf(12), mp.mpf(12), -a, a, mp.mpf(0)}
    for x in (-b, b) if s == 0 else ():
        cuts.add(x)
    if s:
        for edge in (-b / c, b / c) if c else ():
            for j in (0, 1, 3, 6, 10, 16):
                cuts |= {edge - j * s / abs(c), edge + j * s / abs(c)}
    cuts = sorted(x for x in cuts if abs(x) <= 12)
    value = mp.quad(lambda x: max(-1, min(1, x / a)) * clamped(x) * pdf(x), cuts)
    window = [x for x in cuts if abs(x) <= a]
    return value, mp.quad(lambda x: inside(x) * pdf(x), window)


DUALS = {
    "relu": piecewise(0, 1), "abs": piecewise(-1, 1), "leaky-relu:0.25": piecewise(0.25, 1),
    "leaky-relu:-2": piecewise(-2, 1),
    "probit": probit, "erf": erf, "gelu": gelu, "sin": sin, "cos": cos, "gaussian": gaussian, "exp": exp,
    "rectified-power:2": rectified(2), "rectified-power:3": rectified(3),
    "polynomial:0.25,1,-0.5,0.125": polynomial(*map(mp.mpf, (0.25, 1, -0.5, 0.125))),
    "polynomial:0,0,1,0,-0.25": polynomial(*map(mp.mpf, (0, 0, 1, 0, -0.25))),
}
NORMS = [(1.0, 1.0), (0.5, 3.0), (1e-8, 1e-8), (30.0, 31.0), (1e8, 1e8), (1e8, 2.0)]
# The smaller of gap and cogap is exact.
GAPS = [(1e-12, 2.0), (1e-4, 1.9999), (0.25, 1.75), (1.0, 1.0), (1.5, 0.5), (2.0, 1e-12)]


def entry(name, dual, q, gap, cogap):
    q1, q2 = map(mp.mpf, q)
    g = mp.sqrt(q1 * q2)
    c = 1 - mp.mpf(gap) if gap <= 1 else mp.mpf(cogap) - 1
    top, here = dual(q1, q2, g), dual(q1, q2, g * c)
    text = lambda x: mp.nstr(x, 20, min_fixed=0, max_fixed=0)
    return {"act": name, "q1": q[0], "q2": q[1], "gap": gap, "cogap": cogap, "value": text(here[0]),
            "slope": text(here[1]), "value_gap": text(top[0] - here[0]), "slope_gap": text(top[1] - here[1])}


def main():
    entries = [entry(name, dual, q, *gaps) for name, dual in DUALS.items() for q in NORMS for gaps in GAPS
               if not (name == "exp" and max(q) > 100)]
    mp.mp.dps = 40
    for q in [(1.0, 1.0), (0.5, 3.0), (0.01, 0.01), (100.0, 100.0), (1.0, 1.0001), (1e6, 2.0)]:
        for gaps in [(1e-8, 1.99999999), (1e-4, 1.9999), (0.25, 1.75), (1.5, 0.5)]:
            entries.append(entry("hard-tanh", hard_tanh, q, *gaps))
    with open("dual.json", "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")


main()
