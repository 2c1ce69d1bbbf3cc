#!/usr/bin/env python3
"""Writes the golden files of the MinAtar games: asterix, breakout, freeway, seaquest, space_invaders.

An implementation of its own from the published rules (sources: the heads of envs/minatar/*.c),
slow and literal: lists and sets of cells. Nothing here comes from the C code, but for what no rule
says: how a number is drawn from pcg32, and that an episode begins without a last action.

minatar_breakout.jsonl and minatar_seaquest.jsonl are not made here: they are episodes recorded from
MinAtar itself (of December 2024), with every random draw. They are replayed here first, so that
what follows is written by a program that reproduces them.

An episode, one JSON object a line: env, options, rng = [state, inc] of pcg32, with which it begins
with a reset; start, the numbers of the observation that are 1; actions; reward, terminal and flips
by step: which numbers of the observation changed from 0 to 1 or back. Number
(y * 10 + x) * channels + channel, as everywhere.

    cd tests/golden && python3 make_minatar.py
"""
import copy
import json
import random

from make_golden import Pcg32, clip, write

NOOP, LEFT, UP, RIGHT, DOWN, FIRE = range(6)


class Tape:
    """Draws that were recorded."""

    def __init__(self):
        self.left = []

    def unit(self):
        kind, value = self.left.pop(0)
        assert kind == "u"
        return value

    def integer(self, low, high):
        kind, *bounds, value = self.left.pop(0)
        assert kind == "i" and bounds == [low, high]
        return value


class Stream(Pcg32):
    def integer(self, low, high):
        return low + self.below(high - low)


class Game:
    def __init__(self, draws, sticky=0.1, ramping=True, actions="minimal"):
        self.draws, self.sticky, self.ramping = draws, sticky, ramping
        self.actions = self.minimal if actions == "minimal" else list(range(6))
        self.executed = NOOP
        self.reset()

    def step(self, choice):
        """Returns reward, terminal."""
        action = self.actions[choice]
        if self.draws.unit() < self.sticky:
            action = self.executed
        self.executed = action
        self.reward, self.over = 0, False
        self.play(action)
        return self.reward, self.over

    def seen(self):
        """The numbers of the observation that are 1."""
        channels = self.channels()
        return {(y * 10 + x) * len(channels) + c for c, cells in enumerate(channels)
                for x, y in cells if 0 <= x <= 9 and 0 <= y <= 9}

    def value(self):
        """What a player who looks ahead likes besides rewards."""
        return 0


class Breakout(Game):
    minimal = [NOOP, LEFT, RIGHT]
    ways = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    mirror_x, mirror_y, reverse = [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1]

    def reset(self):
        self.ball, self.way = ((9, 3), 3) if self.draws.integer(0, 2) else ((0, 3), 2)
        self.last, self.paddle, self.strike = self.ball, 4, False
        self.build()

    def build(self):
        self.bricks = {(x, y) for x in range(10) for y in (1, 2, 3)}

    def play(self, action):
        if action == LEFT:
            self.paddle = max(0, self.paddle - 1)
        if action == RIGHT:
            self.paddle = min(9, self.paddle + 1)
        self.last, touched = self.ball, False
        old_x, old_y = self.ball
        x, y = old_x + self.ways[self.way][0], old_y + self.ways[self.way][1]
        if x < 0 or x > 9:
            x = clip(x, 0, 9)
            self.way = self.mirror_x[self.way]
        if y < 0:
            y = 0
            self.way = self.mirror_y[self.way]
        elif (x, y) in self.bricks:
            touched = True
            if not self.strike:
                self.reward += 1
                self.strike = True
                self.bricks.remove((x, y))
                y = old_y
                self.way = self.mirror_y[self.way]
        elif y == 9:
            if not self.bricks:
                self.build()
            if old_x == self.paddle:
                self.way = self.mirror_y[self.way]
                y = old_y
            elif x == self.paddle:
                self.way = self.reverse[self.way]
                y = old_y
            else:
                self.over = True
        if not touched:
            self.strike = False
        self.ball = x, y

    def channels(self):
        return [[(self.paddle, 9)], [self.ball], [self.last], self.bricks]

    def value(self):
        return -0.1 * abs(self.paddle - self.ball[0])


class Thing:
    """What moves along a row; equal if all its numbers are."""

    def __init__(self, **numbers):
        self.__dict__.update(numbers)

    def __eq__(self, other):
        return self.__dict__ == other.__dict__

    @property
    def cell(self):
        return self.x, self.y

    @property
    def behind(self):
        return self.x + (-1 if self.right else 1), self.y

    def move(self):
        self.x += 1 if self.right else -1
        return 0 <= self.x <= 9


class Asterix(Game):
    minimal = [NOOP, LEFT, UP, RIGHT, DOWN]

    def reset(self):
        self.x, self.y, self.slots = 5, 5, [None] * 8
        self.spawn_speed = self.spawn_timer = 10
        self.move_speed = self.move_timer = 5
        self.ramp_timer, self.ramp_index = 100, 0

    def spawn(self):
        right, gold = self.draws.unit() < 1 / 2, self.draws.unit() < 1 / 3
        free = [i for i in range(8) if self.slots[i] is None]
        if free:
            i = free[self.draws.integer(0, len(free))]
            self.slots[i] = Thing(x=0 if right else 9, y=i + 1, right=right, gold=gold)

    def meet(self, i):
        thing = self.slots[i]
        if thing is not None and thing.cell == (self.x, self.y):
            if thing.gold:
                self.slots[i] = None
                self.reward += 1
            else:
                self.over = True

    def play(self, action):
        if self.spawn_timer == 0:
            self.spawn()
            self.spawn_timer = self.spawn_speed
        self.x = clip(self.x + {LEFT: -1, RIGHT: 1}.get(action, 0), 0, 9)
        self.y = clip(self.y + {UP: -1, DOWN: 1}.get(action, 0), 1, 8)
        for i in range(8):
            self.meet(i)
        if self.move_timer == 0:
            self.move_timer = self.move_speed
            for i in range(8):
                if self.slots[i] is not None:
                    if not self.slots[i].move():
                        self.slots[i] = None
                    self.meet(i)
        self.spawn_timer -= 1
        self.move_timer -= 1
        if self.ramping and (self.spawn_speed > 1 or self.move_speed > 1):
            if self.ramp_timer >= 0:
                self.ramp_timer -= 1
            else:
                if self.move_speed > 1 and self.ramp_index % 2 == 1:
                    self.move_speed -= 1
                if self.spawn_speed > 1:
                    self.spawn_speed -= 1
                self.ramp_index += 1
                self.ramp_timer = 100

    def channels(self):
        things = [thing for thing in self.slots if thing]
        return [[(self.x, self.y)], [t.cell for t in things if not t.gold],
                [t.behind for t in things], [t.cell for t in things if t.gold]]


class Freeway(Game):
    minimal = [NOOP, UP, DOWN]

    def reset(self):
        self.cars = [[0, row, 0, 0] for row in range(1, 9)]  # x, row, countdown, signed speed
        self.randomise()
        self.row, self.move_timer, self.terminate_timer = 9, 3, 2500

    def randomise(self):
        speeds = [self.draws.integer(1, 6) for _ in range(8)]
        signs = [-1 if self.draws.unit() < 0.5 else 1 for _ in range(8)]
        for car, speed, sign in zip(self.cars, speeds, signs):
            car[2:] = [speed, speed * sign]

    def play(self, action):
        if action in (UP, DOWN) and self.move_timer == 0:
            self.move_timer = 3
            self.row = max(0, self.row - 1) if action == UP else min(9, self.row + 1)
        if self.row == 0:
            self.reward += 1
            self.randomise()
            self.row = 9
        for car in self.cars:
            if car[:2] == [4, self.row]:
                self.row = 9
            if car[2] == 0:
                car[2] = abs(car[3])
                car[0] = (car[0] + (1 if car[3] > 0 else -1)) % 10
                if car[:2] == [4, self.row]:
                    self.row = 9
            else:
                car[2] -= 1
        if self.move_timer > 0:
            self.move_timer -= 1
        self.terminate_timer -= 1
        if self.terminate_timer < 0:
            self.over = True

    def channels(self):
        trails = [[] for _ in range(5)]
        for x, row, _, speed in self.cars:
            trails[abs(speed) - 1].append(((x - 1 if speed > 0 else x + 1) % 10, row))
        return [[(4, self.row)], [car[:2] for car in self.cars]] + trails

    def value(self):
        return -0.1 * self.row


class Seaquest(Game):
    minimal = list(range(6))

    def reset(self):
        self.oxygen, self.carried, self.x, self.y, self.right = 200, 0, 5, 0, False
        self.shots, self.bombs, self.fish, self.subs, self.divers = [], [], [], [], []
        self.e_speed = self.e_timer = 20
        self.d_timer, self.move_speed, self.ramp_index = 30, 5, 0
        self.shot_timer, self.surfaced = 0, True

    def spawn_enemy(self):
        right, is_sub = self.draws.unit() < 1 / 2, self.draws.unit() < 1 / 3
        row = self.draws.integer(1, 9)
        if any(e.y == row and e.right != right for e in self.fish + self.subs):
            return
        numbers = {"x": 0 if right else 9, "y": row, "right": right, "timer": self.move_speed}
        if is_sub:
            self.subs.append(Thing(shot=10, **numbers))
        else:
            self.fish.append(Thing(**numbers))

    def spawn_diver(self):
        right = self.draws.unit() < 1 / 2
        row = self.draws.integer(1, 9)
        self.divers.append(Thing(x=0 if right else 9, y=row, right=right, timer=5))

    def is_player(self, thing):
        return thing.cell == (self.x, self.y)

    def player(self, action):
        if action == FIRE and self.shot_timer == 0:
            self.shots.append(Thing(x=self.x, y=self.y, right=self.right))
            self.shot_timer = 5
        elif action in (LEFT, RIGHT):
            self.right = action == RIGHT
            self.x = clip(self.x + (1 if self.right else -1), 0, 9)
        elif action in (UP, DOWN):
            self.y = clip(self.y + (1 if action == DOWN else -1), 0, 8)

    def move_shots(self):
        for shot in reversed(self.shots):
            if not shot.move():
                self.shots.remove(shot)
                continue
            for enemies in (self.fish, self.subs):
                met = [enemy for enemy in enemies if enemy.cell == shot.cell]
                if met:
                    enemies.remove(met[0])
                    self.shots.remove(shot)
                    self.reward += 1
                    break

    def move_divers(self):
        for diver in reversed(self.divers):
            if self.is_player(diver) and self.carried < 6:
                self.divers.remove(diver)
                self.carried += 1
            elif diver.timer == 0:
                diver.timer = 5
                if not diver.move():
                    self.divers.remove(diver)
                elif self.is_player(diver) and self.carried < 6:
                    self.divers.remove(diver)
                    self.carried += 1
            else:
                diver.timer -= 1

    def move_enemies(self, enemies):
        for enemy in reversed(enemies):
            if self.is_player(enemy):
                self.over = True
            if enemy.timer == 0:
                enemy.timer = self.move_speed
                if not enemy.move():
                    enemies.remove(enemy)
                elif self.is_player(enemy):
                    self.over = True
                else:
                    met = [shot for shot in self.shots if shot.cell == enemy.cell]
                    if met:
                        enemies.remove(enemy)
                        self.shots.remove(met[0])
                        self.reward += 1
            else:
                enemy.timer -= 1
            if enemies is self.subs:
                if enemy.shot == 0:
                    enemy.shot = 10
                    self.bombs.append(Thing(x=enemy.x, y=enemy.y, right=enemy.right))
                else:
                    enemy.shot -= 1

    def move_bombs(self):
        for bomb in reversed(self.bombs):
            if self.is_player(bomb):
                self.over = True
            if not bomb.move():
                self.bombs.remove(bomb)
            elif self.is_player(bomb):
                self.over = True

    def surface(self):
        self.surfaced = True
        if self.carried == 6:
            self.carried = 0
            self.reward += self.oxygen * 10 // 200
        self.oxygen = 200
        self.carried -= 1
        if self.ramping and (self.e_speed > 1 or self.move_speed > 2):
            if self.move_speed > 2 and self.ramp_index % 2 == 1:
                self.move_speed -= 1
            if self.e_speed > 1:
                self.e_speed -= 1
            self.ramp_index += 1

    def play(self, action):
        if self.e_timer == 0:
            self.spawn_enemy()
            self.e_timer = self.e_speed
        if self.d_timer == 0:
            self.spawn_diver()
            self.d_timer = 30
        self.player(action)
        self.move_shots()
        self.move_divers()
        self.move_enemies(self.subs)
        self.move_bombs()
        self.move_enemies(self.fish)
        self.e_timer, self.d_timer, self.shot_timer = (
            max(0, timer - 1) for timer in (self.e_timer, self.d_timer, self.shot_timer))
        if self.oxygen <= 0:
            self.over = True
        if self.y > 0:
            self.oxygen -= 1
            self.surfaced = False
        elif not self.surfaced:
            if self.carried == 0:
                self.over = True
            else:
                self.surface()

    def channels(self):
        gauge = max(0, self.oxygen) * 10 // 200
        trailing = self.fish + self.subs + self.divers
        return [[(self.x, self.y)], [(self.x + (-1 if self.right else 1), self.y)],
                [t.cell for t in self.shots], [t.behind for t in trailing],
                [t.cell for t in self.bombs], [t.cell for t in self.fish],
                [t.cell for t in self.subs], [(x, 9) for x in range(gauge)],
                [(x, 9) for x in range(9 - self.carried, 9)], [t.cell for t in self.divers]]

    def value(self):
        up = self.carried == 6 or (self.oxygen < 60 and self.carried != 0)
        return self.carried + (-0.5 * self.y if up else 0.1 * (self.y > 0)) + 0.01 * self.oxygen


class SpaceInvaders(Game):
    minimal = [NOOP, LEFT, RIGHT, FIRE]

    def reset(self):
        self.x, self.dir, self.interval = 5, -1, 12
        self.move_timer, self.alien_shot_timer, self.shot_timer = 12, 10, 0
        self.shots, self.bombs = set(), set()
        self.wave()

    def wave(self):
        self.aliens = {(x, y) for x in range(2, 8) for y in range(4)}

    def play(self, action):
        if action == FIRE and self.shot_timer == 0:
            self.shots.add((self.x, 9))
            self.shot_timer = 5
        self.x = clip(self.x + {LEFT: -1, RIGHT: 1}.get(action, 0), 0, 9)
        cannon = (self.x, 9)
        self.shots = {(x, y - 1) for x, y in self.shots if y > 0}
        self.bombs = {(x, y + 1) for x, y in self.bombs if y < 9}
        self.over |= cannon in self.bombs
        self.over |= cannon in self.aliens
        if self.move_timer == 0:
            self.move_timer = min(len(self.aliens), self.interval)
            edge = 0 if self.dir < 0 else 9
            if any(x == edge for x, _ in self.aliens):
                self.dir = -self.dir
                self.over |= any(y == 9 for _, y in self.aliens)
                self.aliens = {(x, (y + 1) % 10) for x, y in self.aliens}
            else:
                self.aliens = {(x + self.dir, y) for x, y in self.aliens}
            self.over |= cannon in self.aliens
        if self.alien_shot_timer == 0:
            self.alien_shot_timer = 10
            self.bombs.add(min(self.aliens, key=lambda a: (abs(a[0] - self.x), a[0], -a[1])))
        hit = self.aliens & self.shots
        self.reward += len(hit)
        self.aliens -= hit
        self.shots -= hit
        self.shot_timer -= self.shot_timer > 0
        self.move_timer -= 1
        self.alien_shot_timer -= 1
        if not self.aliens:
            if self.interval > 6 and self.ramping:
                self.interval -= 1
            self.wave()

    def channels(self):
        left, right = (self.aliens, []) if self.dir < 0 else ([], self.aliens)
        return [[(self.x, 9)], self.aliens, left, right, self.shots, self.bombs]

    hollow = False

    def value(self):
        """hollow: to have the outer columns only, and the cannon between them."""
        edges = min(x for x, _ in self.aliens), max(x for x, _ in self.aliens)
        gap = min(self.x - edges[0], edges[1] - self.x, 1)
        return gap + sum(10 if x in edges else -10 for x, _ in self.aliens) if self.hollow else 0


# --- the recorded episodes ------------------------------------------------------------------------

def check_recorded(game_class, name):
    for line in open(f"minatar_{name}.jsonl"):
        record, tape = json.loads(line), Tape()

        def compare(lists, game):
            assert [sorted(y * 10 + x for x, y in cells if 0 <= x <= 9)
                    for cells in game.channels()] == [sorted(cells) for cells in lists]
        tape.left = record["reset_draws"]
        game = game_class(tape, record["sticky"], record["ramping"], "full")
        compare(record["init_state"], game)
        for step in record["steps"]:
            tape.left = step["draws"]
            assert game.step(step["a"]) == (step["r"], bool(step["d"]))
            assert game.executed == step["eff"] and not tape.left
            compare(step["s"], game)


# --- new ones -------------------------------------------------------------------------------------

def at_random(game, rand):
    while True:
        yield rand.randrange(len(game.actions))


def looking_ahead(game, rand, choices=6, depth=12, tries=24):
    """The first of the best of some random plans; it even knows what will be drawn."""
    plan, choices = [], min(choices, len(game.actions))

    def worth(plan):
        ahead, sum_ = copy.deepcopy(game), 0
        for t, action in enumerate(plan):
            reward, over = ahead.step(action)
            sum_ += reward
            if over:
                return sum_ - 100 + t
        return sum_ + ahead.value()

    def random_plan():
        plan = []
        while len(plan) < depth:
            plan += [rand.randrange(choices)] * rand.randint(1, 5)
        return plan[:depth]
    while True:
        plans = [plan + random_plan()[:depth - len(plan)]] + [random_plan() for _ in range(tries)]
        plan = max(plans, key=worth)
        yield plan[0]
        plan = plan[1:]


def holding_fire(game, rand):
    """Dodges in space_invaders, until the aliens are down."""
    return looking_ahead(game, rand, choices=3)


def hollowing(game, rand):
    """In space_invaders, ends between aliens that turn in the lowest row."""
    game.hollow = True
    return looking_ahead(game, rand)


def episode(game_class, options, player, steps, rand, note):
    rng = (rand.randrange(2**64), rand.randrange(2**64))
    sticky = options.get("sticky", 0.1)
    game = game_class(Stream(*rng), sticky, options.get("ramping", 1), options.get("actions", "minimal"))
    seen = game.seen()
    record = {"options": options, "rng": [str(x) for x in rng], "start": sorted(seen), "actions": [],
              "reward": [], "terminal": [], "flips": []}
    for action, _ in zip(player(game, rand), range(steps)):
        reward, over = game.step(action)
        now = game.seen()
        record["actions"].append(action)
        record["reward"].append(reward)
        record["terminal"].append(int(over))
        record["flips"].append(sorted(seen ^ now))
        seen = now
        note(game)
        if over:
            break
    return record


def file(name, game_class, plays, reached):
    """plays: options, player, most steps. reached: what the games get to, printed for people."""
    rand, records, most = random.Random(name), [], {}

    def note(game):
        for what, value in reached(game).items():
            low, high = most.get(what, (value, value))
            most[what] = min(low, value), max(high, value)
    for options, player, steps in plays:
        records.append(episode(game_class, options, player, steps, rand, note))
    write(name, records)
    print(name, [(len(r["actions"]), sum(r["reward"])) for r in records], most)


def main():
    check_recorded(Breakout, "breakout")
    check_recorded(Seaquest, "seaquest")
    few = [({}, at_random, 400)] * 4
    file("breakout", Breakout,
         few + [({}, looking_ahead, 1000),
                ({"actions": "full", "sticky": 0.5}, looking_ahead, 200)],
         lambda g: {"bricks": len(g.bricks)})
    file("asterix", Asterix,
         few + [({}, looking_ahead, 1400),
                ({"actions": "full", "sticky": 0, "ramping": 0}, looking_ahead, 200)],
         lambda g: {"spawn_speed": g.spawn_speed, "move_speed": g.move_speed})
    file("freeway", Freeway,
         [({}, at_random, 300), ({"actions": "full", "sticky": 0.3}, looking_ahead, 300),
          ({}, looking_ahead, 700)],
         lambda g: {"row": g.row, "terminate_timer": g.terminate_timer})
    file("seaquest", Seaquest,
         few + [({}, looking_ahead, 2000),
                ({"actions": "full", "sticky": 0.25, "ramping": 0}, looking_ahead, 300)],
         lambda g: {"carried": g.carried, "e_speed": g.e_speed, "move_speed": g.move_speed,
                    "subs": len(g.subs), "fish": len(g.fish), "bombs": len(g.bombs),
                    "shots": len(g.shots), "divers": len(g.divers)})
    file("space_invaders", SpaceInvaders,
         few + [({}, looking_ahead, 1000),
                ({"actions": "full", "sticky": 0, "ramping": 0}, looking_ahead, 300),
                ({}, holding_fire, 2000), ({"sticky": 0}, hollowing, 2000)],
         lambda g: {"interval": g.interval, "lowest": max(y for _, y in g.aliens)})


if __name__ == "__main__":
    main()
