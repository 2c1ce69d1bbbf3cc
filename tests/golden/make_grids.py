#!/usr/bin/env python3
"""Writes the golden files of the finite tasks other than corridor and frozen_lake.

An implementation of its own from the published rules (sources: the heads of envs/grid/*.c), over
complex numbers: a cell is column + row * 1j from the top left, a heading has length 1, its left is
heading * -1j and its right heading * 1j. Nothing here comes from the C code, but for two choices
that no paper makes: which outcome is listed first, and how a reset draws.

A table, one JSON object a line: env, options, start (the states, equally likely, in which episodes
start), kinds, rows. A kind is [[probability, reward, terminal], ...], one for each outcome. rows is
a text: for each state (they end with ';') and each action the number of its kind, and for each
outcome how far the number of the next state is from this one. Episodes: see make_golden.py.

    cd tests/golden && python3 make_grids.py
"""
import random

from make_golden import sampled, write

UP, RIGHT, DOWN, LEFT = -1j, 1, 1j, -1
COMPASS = (UP, RIGHT, DOWN, LEFT)


class Map:
    def __init__(self, text):
        self.rows = text.split("/")
        self.width = len(self.rows[0])
        self.cells = [x + 1j * y for y, row in enumerate(self.rows) for x in range(len(row))]

    def number(self, cell):
        return int(cell.real + self.width * cell.imag)

    def letter(self, cell):
        x, y = int(cell.real), int(cell.imag)
        return self.rows[y][x] if 0 <= y < len(self.rows) and 0 <= x < self.width else "#"

    def go(self, cell, way):
        """The whole columns of way first, then its rows; blocked by walls and borders."""
        for part in [complex(way.real, 0), complex(0, way.imag)]:
            for _ in range(int(abs(part))):
                ahead = cell + part / abs(part)
                if self.letter(ahead) != "#":
                    cell = ahead
        return cell

    def all(self, letters):
        return [self.number(cell) for cell in self.cells if self.letter(cell) in letters]

    def table(self, actions, over, outcomes):
        """outcomes(cell, action) for every cell but those of the letters over, which are ends."""
        return [[[[1.0, self.number(cell), 0.0, 1]] if self.letter(cell) in over else
                 [[p, self.number(to), float(r), int(end)] for p, to, r, end in outcomes(cell, a)]
                 for a in actions] for cell in self.cells]


def drawn(states):
    return lambda stream: states[stream.below(len(states))]


def only(states):
    return lambda stream: states[0]


def packed(options, start, table):
    kinds, rows = [], []
    for s, state in enumerate(table):
        for outcomes in state:
            kind = [[p, r, end] for p, _, r, end in outcomes]
            if kind not in kinds:
                kinds.append(kind)
            rows.append(" ".join(map(str, [kinds.index(kind)] + [to - s for _, to, _, _ in outcomes])))
        rows.append(";")
    return {"options": options, "start": start, "kinds": kinds, "rows": " ".join(rows)}


# --- maps -----------------------------------------------------------------------------------------

def gridworld(text, wind=None, slip=0.2, step=-0.04, goal=1.0, trap=-1.0):
    grid = Map(text)
    arrows = dict(zip("^>v<", COMPASS))

    def outcome(cell, heading, p):
        wind_up = int(wind[int(cell.real)]) if wind else 0
        way = heading + arrows.get(grid.letter(cell), 0) + UP * wind_up
        to = grid.go(cell, way)
        pays = {"G": goal, "T": trap, "H": trap}.get(grid.letter(to), step)
        return p, to, pays, grid.letter(to) in "GTH"

    def outcomes(cell, heading):
        if slip == 0:
            return [outcome(cell, heading, 1.0)]
        return [outcome(cell, heading, 1 - slip), outcome(cell, heading * -1j, slip / 2),
                outcome(cell, heading * 1j, slip / 2)]
    return grid.table(COMPASS, "#GTH", outcomes), grid.all("S") or grid.all(".")


def four_rooms(success):
    grid = Map("/".join("""
        ############# #.....#.....# #.....#.....# #...........# #.....#.....# #.....#.....#
        ##.####.....# #.....###G### #.....#.....# #.....#.....# #...........# #.....#.....#
        #############""".split()))
    assert len(grid.all(".G")) == 104  # as the paper says

    def outcomes(cell, heading):
        for turn in range(4):
            to = grid.go(cell, heading * 1j**turn)
            goal = grid.letter(to) == "G"
            yield success if turn == 0 else (1 - success) / 3, to, goal, goal
    return grid.table(COMPASS, "#G", outcomes), grid.all(".")


def cliff(slippery):
    grid = Map("/".join(3 * ["." * 12] + ["S" + 10 * "C" + "G"]))

    def outcomes(cell, heading):
        headings = [heading * -1j, heading, heading * 1j] if slippery else [heading]
        for h in headings:
            to = grid.go(cell, h)
            falls = grid.letter(to) == "C"
            yield 1 / len(headings), 3j if falls else to, -100 if falls else -1, to == 11 + 3j
    return grid.table(COMPASS, "", outcomes), [36]


def windy(moves, stochastic):
    grid = Map("/".join(3 * ["." * 10] + ["S......G.."] + 3 * ["." * 10]))
    strength = [0, 0, 0, 1, 1, 1, 2, 2, 1, 0]
    actions = [UP, RIGHT, DOWN, LEFT, UP + RIGHT, DOWN + RIGHT, DOWN + LEFT, UP + LEFT, 0][:moves]

    def outcomes(cell, action):
        wind = strength[int(cell.real)]
        winds = [wind - 1, wind, wind + 1] if stochastic and wind else [wind]
        for w in winds:
            to = cell + action + w * UP
            to = complex(min(max(to.real, 0), 9), min(max(to.imag, 0), 6))
            yield 1 / len(winds), to, -1, to == 7 + 3j
    return grid.table(actions, "G", outcomes), [30]


def maze4(slip):
    grid = Map("S.../.###/..../.#R.")
    actions = [0, UP, DOWN, LEFT, RIGHT]

    def outcomes(cell, action):
        legal = [way for way in actions if grid.letter(cell + way) != "#"]
        pays = cell == 2 + 3j
        yield 1 - slip, cell + action if action in legal else cell, pays, False
        for way in legal:
            yield slip / len(legal), cell + way, pays, False
    return grid.table(actions, "#", outcomes), [0]


# --- chains, the deep sea -------------------------------------------------------------------------

def double_chain(length, success, left=0.0, right=0.0):
    def row(s, way):
        pays = {0: left, length - 1: right}.get(s, 0.0)
        ends = [min(max(s + w, 0), length - 1) for w in (way, -way)]
        return [[success, ends[0], pays, 0], [1 - success, ends[1], pays, 0]]
    return [[row(s, -1), row(s, 1)] for s in range(length)]


def river_swim(n, on, back, first, last, low, high):
    table = [[[[1.0, max(s - 1, 0), 0.0, 0]],
              [[on, s + 1, 0.0, 0], [1 - on - back, s, 0.0, 0], [back, s - 1, 0.0, 0]]]
             for s in range(n)]
    table[0] = [[[1.0, 0, low, 0]], [[first, 1, 0.0, 0], [1 - first, 0, 0.0, 0]]]
    table[-1][1] = [[last, n - 1, high, 0], [1 - last, n - 2, 0.0, 0]]
    return table


def deep_sea(size, cost, stochastic):
    def rows(depth, x):
        end, under = int(depth == size - 1), (depth + 1) * size
        pays = float(x == size - 1) - cost / size
        right = [[1.0, under + min(x + 1, size - 1), pays, end]]
        if stochastic:
            right = [[1 - 1 / size, right[0][1], pays, end], [1 / size, under + x, pays, end]]
        return [[[1.0, under + max(x - 1, 0), 0.0, end]], right]
    bed = [[[[1.0, size * size + x, 0.0, 1]]] * 2 for x in range(size)]
    return [rows(depth, x) for depth in range(size) for x in range(size)] + bed


def sea_fields(options):
    return lambda s: list(divmod(s, options.get("size", 10)))


# --- taxi: Gymnasium's, read off its map ----------------------------------------------------------

TAXI = ["+---------+", "|R: | : :G|", "| : | : : |", "| : : : : |", "| | : | : |", "|Y| : |B: |",
        "+---------+"]
STANDS = [0, 4, 4j, 3 + 4j]


def taxi(rain=None):
    """rain: None, 3 (Taxi-v3, faults included) or 4 (Taxi-v4)."""
    def sign(cell, side):
        return TAXI[1 + int(cell.imag)][int(1 + 2 * cell.real + side.real)]

    def inside(cell):
        return 0 <= cell.real < 5 and 0 <= cell.imag < 5

    def drive(cell, heading):
        if heading in (LEFT, RIGHT):
            return cell + heading if sign(cell, heading) == ":" else cell
        return cell + heading if inside(cell + heading) else cell

    def old_slip(cell, to, side):
        """Taxi-v3 looks for a ':' on one side of the target, whatever the way there."""
        to = to if inside(to) else cell
        return to if sign(to, side) == ":" else cell

    def wet(cell, heading):
        """Where the two slips lead."""
        ahead = drive(cell, heading)
        if rain == 4:
            sides = (heading * -1j, heading * 1j)
            return [cell if ahead == cell else drive(cell, h) for h in sides]
        if heading in (LEFT, RIGHT) and ahead == cell:
            return [cell, cell]
        sides = (DOWN, UP) if heading in (LEFT, RIGHT) else (LEFT, RIGHT)
        return [old_slip(cell, cell + sides[0], RIGHT), old_slip(cell, cell + sides[1], LEFT)]

    def number(cell, passenger, destination):
        return int(((cell.imag * 5 + cell.real) * 5 + passenger) * 4 + destination)

    def row(cell, passenger, destination, a):
        if a < 4:
            heading = (DOWN, UP, RIGHT, LEFT)[a]
            ends = [drive(cell, heading)] + (wet(cell, heading) if rain else [])
            chances = [0.8, 0.1, 0.1] if rain else [1.0]
            return [[p, number(to, passenger, destination), -1.0, 0]
                    for p, to in zip(chances, ends)]
        pays, end = -10.0, 0
        if a == 4 and passenger < 4 and STANDS[passenger] == cell:
            passenger, pays = 4, -1.0
        elif a == 5 and passenger == 4 and cell in STANDS:
            passenger, pays = STANDS.index(cell), -1.0
            if passenger == destination:
                pays, end = 20.0, 1
        return [[1.0, number(cell, passenger, destination), pays, end]]

    return [[row(x + 1j * y, passenger, destination, a) for a in range(6)] for y in range(5)
            for x in range(5) for passenger in range(5) for destination in range(4)]


def taxi_fields(s):
    return [s // 100, s // 20 % 5, s // 4 % 5, s % 4]


def taxi_drawn(_):
    def draw(stream):
        row, col, passenger = stream.below(5), stream.below(5), stream.below(4)
        return ((row * 5 + col) * 5 + passenger) * 4 + (passenger + 1 + stream.below(3)) % 4
    return draw


# --- files ----------------------------------------------------------------------------------------

def file(name, variants, rng, starting=drawn, fields=lambda options: lambda s: [s], steps=60):
    """Each variant's table, and an episode of it."""
    rand, records = random.Random(name), []
    for options, table, start in variants:
        records.append(packed(options, start, table))
        actions = [rand.randrange(len(table[0])) for _ in range(steps)]
        records.append(sampled(table, starting(start), rng, actions, options, fields(options)))
    write(name, records)


def main():
    windy_map = "S..^^#G/.#>>.#./..<<vT./H.....S"
    file("gridworld", [
        ({}, *gridworld("...G/.#.T/S...")),
        ({"map": windy_map, "wind": "0001230", "slip": 0.3, "reward_step": -1, "reward_goal": 5,
          "reward_trap": -7}, *gridworld(windy_map, "0001230", 0.3, -1.0, 5.0, -7.0)),
        ({"map": "....G/..#../.....", "slip": 0}, *gridworld("....G/..#../.....", slip=0)),
    ], (31, 7))
    file("four_rooms", [({}, *four_rooms(2 / 3)), ({"success": 1}, *four_rooms(1.0))], (5, 9))
    file("cliff_walking", [({}, *cliff(False)), ({"slippery": 1}, *cliff(True))], (11, 3))
    file("windy_grid", [
        ({}, *windy(4, False)),
        ({"moves": "8", "stochastic": 1}, *windy(8, True)),
        ({"moves": "9"}, *windy(9, False)),
    ], (77, 1))
    file("maze4", [({}, *maze4(0.1))], (8, 8))

    file("double_chain", [
        ({}, double_chain(31, 0.9), [15]),
        ({"length": 6, "success": 0.75, "reward_left": -1, "reward_right": 2},
         double_chain(6, 0.75, -1.0, 2.0), [3]),
    ], (21, 12), starting=only)
    file("river_swim", [
        ({}, river_swim(6, 0.3, 0.1, 0.3, 0.3, 5.0, 10000.0), [1, 2]),
        ({"length": 8, "forward": 0.35, "back": 0.05, "first": 0.6, "last": 0.6,
          "reward_left": 0.005, "reward_right": 1},
         river_swim(8, 0.35, 0.05, 0.6, 0.6, 0.005, 1.0), [1, 2]),
    ], (4, 19))
    file("deep_sea", [
        ({}, deep_sea(10, 0.01, False), [0]),
        ({"size": 20, "stochastic": 1, "move_cost": 0.02}, deep_sea(20, 0.02, True), [0]),
    ], (3, 33), starting=only, fields=sea_fields)

    waiting = [s for s in range(500) if taxi_fields(s)[2] not in (4, taxi_fields(s)[3])]
    assert len(waiting) == 300
    file("taxi", [
        ({}, taxi(), waiting),
        ({"rainy": 1}, taxi(4), waiting),
        ({"rainy": 1, "version": 3}, taxi(3), waiting),
    ], (64, 46), starting=taxi_drawn, fields=lambda _: taxi_fields)


if __name__ == "__main__":
    main()
