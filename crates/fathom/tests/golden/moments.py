"""Writes moments.json: statistics of integer sequences by their definitions, in exact rationals.

Standard errors are means of squared influence functions, summed draw by draw. Numbers are [mantissa, binary exponent].
"""
import json
from fractions import Fraction as F

import mpmath as mp

mp.mp.prec = 20000


def x(i, offset, octaves):
    return ((i * 7919) % 1009 + offset) * 2 ** (octaves * ((i * 31) % 41))


def y(i):
    return (i * i * 17) % 733 - 300


def number(value):
    value = mp.mpf(value.numerator) / value.denominator if isinstance(value, F) else value
    mantissa, exponent = mp.frexp(value)
    return [float(mantissa), int(exponent)]


def root(value):
    return mp.sqrt(mp.mpf(value.numerator) / value.denominator)


def statistics(n, offset, octaves):
    # Some draws do not define x.
    kept = [i for i in range(n) if i % 13 != 5]
    xs, ys = [F(x(i, offset, octaves)) for i in kept], [F(y(i)) for i in kept]
    every_y = [F(y(i)) for i in range(n)]
    count = len(xs)
    average = lambda values: sum(values) / len(values)
    mean, mean_y = average(xs), average(ys)
    moment = lambda p: average([(v - mean) ** p for v in xs])
    moment_y = lambda p: average([(v - average(every_y)) ** p for v in every_y])
    mu2, mu3, mu4 = moment(2), moment(3), moment(4)
    s2 = mu2 * count / (count - 1)
    second = average([v * v for v in xs])
    relative = [((v - mean) ** 2 - mu2) / mean**2 - 2 * mu2 * (v - mean) / mean**3 for v in xs]
    product = average([(a - mean) * (b - mean_y) for a, b in zip(xs, ys)])
    spread_y = average([(b - mean_y) ** 2 for b in ys])
    r = mp.mpf(product.numerator) / product.denominator / root(mu2) / root(spread_y)
    kurtosis, kurtosis_y = mu4 / mu2**2, moment_y(4) / moment_y(2) ** 2
    bound = root(mu4) * root(moment_y(4)) - mp.mpf((product**2).numerator) / (product**2).denominator
    return {
        "mean": [number(mean), number(root(s2 / count))],
        "variance": [number(s2), number(root((mu4 - mu2**2 * F(count - 3, count - 1)) / count))],
        "second_moment": [number(second), number(root(average([(v * v - second) ** 2 for v in xs]) / count))],
        "relative_variance": [number(s2 / mean**2), number(root(average([v * v for v in relative]) / count))],
        "covariance": [number(product * count / (count - 1)), number(mp.sqrt(bound / count))],
        "correlation": [number(r), number((1 - r * r) * root((kurtosis + kurtosis_y) / 6 / count))],
        "skewness": number(mp.mpf(mu3.numerator) / mu3.denominator / root(mu2) ** 3),
        "kurtosis": number(kurtosis),
    }


CASES = [(2, 1, 0), (3, -500, 0), (257, 1, 0), (1000, -400, 0), (3000, 1000000, 0), (700, 1, 25), (1500, -504, 25),
         (5000, -300, 3)]
cases = [{"n": n, "offset": offset, "octaves": octaves, **statistics(n, offset, octaves)} for n, offset, octaves in CASES]
lines = ",\n".join(json.dumps(case) for case in cases)
open("moments.json", "w").write(f'{{"cases": [\n{lines}\n]}}\n')
