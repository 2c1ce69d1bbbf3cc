#!/usr/bin/env python3
"""Writes the golden files of mountain_car, mountain_car_continuous, acrobot, corridor, frozen_lake.

An implementation of its own, from the documented equations and rules, in plain Python floats
(which are IEEE doubles); nothing here comes from the C code. cartpole.jsonl and pendulum.jsonl are
not made here: they are episodes recorded from Gymnasium 1.3.0, as are the two 4x4 tables in
frozen_lake.jsonl, which this script keeps. make_grids.py writes those of the other grids.

One JSON object a line. An episode: env, options, state0, actions, and per step state, obs, reward,
terminal. A table: env, options, table[s][a] = [[probability, next, reward, terminal], ...].
A sampled episode has rng = [state, inc] of pcg32 instead of state0, and begins with a reset.

    cd tests/golden && python3 make_golden.py
"""
import json
import math
import random
import struct


def single(x):
    """x rounded to single precision."""
    return struct.unpack("f", struct.pack("f", x))[0]


def clip(x, low, high):
    return min(max(x, low), high)


def write(name, records):
    with open(name + ".jsonl", "w") as out:
        for record in records:
            out.write(json.dumps({"env": name, **record}, separators=(",", ":")) + "\n")


def episode(step, state, actions, observe, options=None):
    """Plays actions from state until a terminal step."""
    record = {"options": options or {}, "state0": list(state), "actions": [],
              "state": [], "obs": [], "reward": [], "terminal": []}
    for action in actions:
        state, reward, terminal = step(state, action)
        record["actions"].append(action)
        record["state"].append(list(state))
        record["obs"].append([float("%.9g" % single(x)) for x in observe(state)])
        record["reward"].append(reward)
        record["terminal"].append(int(terminal))
        if terminal:
            break
    return record


# --- mountain car: Moore 1990; Singh and Sutton 1996 ----------------------------------------------

def mountain(position, velocity, push):
    velocity = clip(velocity + push - 0.0025 * math.cos(3 * position), -0.07, 0.07)
    position = clip(position + velocity, -1.2, 0.6)
    if position == -1.2 and velocity < 0:
        velocity = 0.0
    return position, velocity


def mountain_car(state, action):
    position, velocity = mountain(*state, (action - 1) * 0.001)
    return (position, velocity), -1.0, position >= 0.5 and velocity >= 0


def mountain_car_continuous(state, action):
    position, velocity = mountain(*state, clip(action, -1.0, 1.0) * 0.0015)
    done = position >= 0.45 and velocity >= 0
    return (single(position), single(velocity)), (100.0 if done else 0.0) - 0.1 * action**2, done


def energetic(step, state, push, n):
    """Actions that always push the way the car rolls: they reach the flag."""
    actions = []
    for _ in range(n):
        actions.append(push(state[1]))
        state, _, done = step(state, actions[-1])
        if done:
            break
    return actions


# --- acrobot: Sutton 1996, equations of Sutton and Barto's book -----------------------------------

def acrobot_rates(t1, t2, w1, w2, torque):
    g, m, l, lc, inertia = 9.8, 1.0, 1.0, 0.5, 1.0
    d1 = m * lc**2 + m * (l**2 + lc**2 + 2 * l * lc * math.cos(t2)) + inertia + inertia
    d2 = m * (lc**2 + l * lc * math.cos(t2)) + inertia
    phi2 = m * lc * g * math.cos(t1 + t2 - math.pi / 2)
    phi1 = (-m * l * lc * w2**2 * math.sin(t2) - 2 * m * l * lc * w2 * w1 * math.sin(t2)
            + (m * lc + m * l) * g * math.cos(t1 - math.pi / 2) + phi2)
    a2 = ((torque + d2 / d1 * phi1 - m * l * lc * w1**2 * math.sin(t2) - phi2)
          / (m * lc**2 + inertia - d2**2 / d1))
    return w1, w2, -(d2 * a2 + phi1) / d1, a2


def acrobot(state, action):
    dt, torque = 0.2, action - 1.0

    def ahead(rates, h):
        return [y + h * r for y, r in zip(state, rates)]

    k1 = acrobot_rates(*state, torque)
    k2 = acrobot_rates(*ahead(k1, dt / 2), torque)
    k3 = acrobot_rates(*ahead(k2, dt / 2), torque)
    k4 = acrobot_rates(*ahead(k3, dt), torque)
    y = [s + dt / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4)]
    for i in range(2):
        while y[i] > math.pi:
            y[i] -= 2 * math.pi
        while y[i] < -math.pi:
            y[i] += 2 * math.pi
    y[2] = clip(y[2], -4 * math.pi, 4 * math.pi)
    y[3] = clip(y[3], -9 * math.pi, 9 * math.pi)
    done = -math.cos(y[0]) - math.cos(y[1] + y[0]) > 1.0
    return tuple(y), 0.0 if done else -1.0, done


def acrobot_sees(y):
    return (math.cos(y[0]), math.sin(y[0]), math.cos(y[1]), math.sin(y[1]), y[2], y[3])


# --- finite tasks ---------------------------------------------------------------------------------

def corridor_table(length, slip):
    def row(s, a):
        if s == length - 1:
            return [[1.0, s, 0.0, 1]]
        wanted, slipped = (min(s + 1, length - 1), max(s - 1, 0))[:: 1 if a else -1]
        return [[p, n, float(n == length - 1), int(n == length - 1)]
                for p, n in ((1 - slip, wanted), (slip, slipped))]
    return [[row(s, a) for a in range(2)] for s in range(length)]


def lake_table(rows, slippery, success=1 / 3):
    height, width = len(rows), len(rows[0])

    def outcome(s, a, p):
        y, x = divmod(s, width)
        dx, dy = ((-1, 0), (0, 1), (1, 0), (0, -1))[a % 4]
        y, x = clip(y + dy, 0, height - 1), clip(x + dx, 0, width - 1)
        return [p, y * width + x, float(rows[y][x] == "G"), int(rows[y][x] in "GH")]

    def row(s, a):
        if rows[s // width][s % width] in "GH":
            return [[1.0, s, 0.0, 1]]
        if not slippery:
            return [outcome(s, a, 1.0)]
        side = (1 - success) / 2
        return [outcome(s, a - 1, side), outcome(s, a, success), outcome(s, a + 1, side)]
    return [[row(s, a) for a in range(4)] for s in range(height * width)]


class Pcg32:
    """O'Neill 2014, PCG-XSH-RR 64/32."""

    def __init__(self, state, inc):
        self.state, self.inc = state, inc | 1

    def bits(self):
        old = self.state
        self.state = (old * 6364136223846793005 + self.inc) & (2**64 - 1)
        x, k = (((old >> 18) ^ old) >> 27) & (2**32 - 1), old >> 59
        return ((x >> k) | (x << (-k & 31))) & (2**32 - 1)

    def unit(self):
        high, low = self.bits(), self.bits()
        return ((high << 21) | (low >> 11)) / 2**53

    def below(self, n):
        """Lemire 2019."""
        while True:
            high, low = divmod(self.bits() * n, 2**32)
            if low >= 2**32 % n:
                return high


def sampled(table, begin, rng, actions, options, fields=lambda s: [s]):
    """An episode that draws from table as the host does: outcome by outcome, one unit a step; a
    single outcome takes no draw. begin draws the first state; fields are the state variables."""
    stream = Pcg32(*rng)
    s = begin(stream)
    record = {"options": options, "rng": [str(x) for x in rng], "actions": [],
              "state": [], "obs": [], "reward": [], "terminal": []}
    for a in actions:
        outcomes, k = table[s][a], 0
        if len(outcomes) > 1:
            left = stream.unit()
            for k, row in enumerate(outcomes):
                left -= row[0]
                if left < 0:
                    break
        _, s, reward, terminal = outcomes[k]
        record["actions"].append(a)
        record["state"].append(fields(s))
        record["obs"].append([float(s)])
        record["reward"].append(reward)
        record["terminal"].append(terminal)
        if terminal:
            break
    return record


def main():
    rand = random.Random(7)

    write("mountain_car", [
        episode(mountain_car, (-0.5, 0.0), [rand.randrange(3) for _ in range(60)], tuple),
        episode(mountain_car, (-0.43, 0.0), [0] * 60, tuple),
        episode(mountain_car, (-1.15, -0.06), [0] * 5, tuple),
        episode(mountain_car, (-0.55, 0.0),
                energetic(mountain_car, (-0.55, 0.0), lambda v: 2 if v >= 0 else 0, 200), tuple),
    ])
    write("mountain_car_continuous", [
        episode(mountain_car_continuous, (-0.4712345678901234, 0.0),
                [single(rand.uniform(-1.5, 1.5)) for _ in range(80)], tuple),
        episode(mountain_car_continuous, (-1.19, -0.069), [-1.0] * 4, tuple),
        episode(mountain_car_continuous, (-0.58, 0.0),
                energetic(mountain_car_continuous, (-0.58, 0.0),
                          lambda v: 1.0 if v >= 0 else -1.0, 300), tuple),
    ])
    write("acrobot", [
        episode(acrobot, [single(rand.uniform(-0.1, 0.1)) for _ in range(4)],
                [rand.randrange(3) for _ in range(60)], acrobot_sees),
        episode(acrobot, (3.0, -1.0, 12.0, -28.0), [0, 2, 1] * 8, acrobot_sees),
        episode(acrobot, (0.0, 0.0, 0.0, 0.0), [2 * (t // 8 % 2) for t in range(60)], acrobot_sees),
        episode(acrobot, (2.0, 0.1, 2.0, 0.5), [1] * 10, acrobot_sees),
    ])

    def only(stream):
        return 0

    def lake(stream):
        return stream.below(1)  # which of the start cells

    short, options = corridor_table(5, 0.2), {"length": 5, "slip": 0.2}
    write("corridor", [
        {"options": options, "table": short},
        sampled(short, only, (1234567, 89), [1] * 30, options),
        sampled(short, only, (42, 54), [rand.randrange(2) for _ in range(50)], options),
        sampled(corridor_table(4, 0.0), only, (1, 1), [1, 0, 0, 1, 1, 1],
                {"length": 4, "slip": 0}),
    ])

    with open("frozen_lake.jsonl") as old:
        recorded = [r for r in map(json.loads, old) if "gymnasium" in r]
    small = ["SFFF", "FHFH", "FFFH", "HFFG"]
    large = ["SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF",
             "FFFHFFFG"]
    odd = ["FGF", "HSF"]
    write("frozen_lake", recorded + [
        {"options": {"map": "8x8", "slippery": 1}, "table": lake_table(large, True)},
        {"options": {"map": "FGF/HSF", "slippery": 1, "success": 0.75},
         "table": lake_table(odd, True, 0.75)},
        sampled(lake_table(small, True), lake, (2024, 7), [0, 3] * 20,
                {"map": "4x4", "slippery": 1}),
        sampled(lake_table(large, True), lake, (99, 100), [2, 1, 1, 2] * 30,
                {"map": "8x8", "slippery": 1}),
        sampled(lake_table(small, False), lake, (5, 6), [1, 1, 2, 2, 1, 2],
                {"map": "4x4", "slippery": 0}),
    ])


if __name__ == "__main__":
    main()
