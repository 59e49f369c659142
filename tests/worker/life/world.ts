// A world of a few ingests, their runs and all that can happen to them, from one seed. Time stands still unless it is moved.
import { born, holds, type Life, type Notice } from "../../../worker/src/life/life.ts";
import type { next as realNext } from "../../../worker/src/life/next.ts";
import type { Limits, OtherSaid, RunSaid, Said, Step } from "../../../worker/src/life/said.ts";
import type { Dice } from "../../support/dice.ts";
import { CALM, type Draw, draw, type Faults } from "./faults.ts";
import { Broken, isAtRest, Judge } from "./rules.ts";
import {
  type Answer,
  type Beyond,
  Refused,
  type Run,
  request,
  Unanswered,
  workflow,
} from "./runs.ts";

export type Next = typeof realNext;
export type Seen = (before: Life, said: Said, step: Step) => void;
interface How {
  seen?: Seen;
  /** Keeps what was said. */
  isTraced?: boolean;
}

const BEGINNING = 1_000_000;
const STEPS = 200;
/** Looks at everything within which all comes to rest once nothing goes wrong any more. */
const PATIENCE = 400;
const PARTS = 5;

interface Actor {
  ingest: Ingest;
  run: number;
  body: Run;
  /** What it says next. */
  word: RunSaid | undefined;
  sleepsUntil: number;
}

interface Ingest {
  life: Life;
  judge: Judge;
  held: boolean;
  /** What OSS has: an upload that is open, its parts, and the object. */
  open: boolean;
  parts: number;
  object: boolean;
  /** Ends that receivers were told of, and those of which they could not be. */
  heard: Set<string>;
  givenUp: Set<string>;
}

export class World {
  readonly #luck: Dice;
  readonly #next: Next;
  readonly #draw: Draw;
  readonly #seen: Seen;
  readonly #ingests: Ingest[] = [];
  #actors: Actor[] = [];
  #faults: Faults;
  readonly #path: string[] | undefined;
  #now = BEGINNING;
  #alarm: number | undefined;
  #paused = false;

  constructor(luck: Dice, next: Next, { seen = () => {}, isTraced = false }: How = {}) {
    this.#path = isTraced ? [] : undefined;
    this.#luck = luck;
    this.#next = next;
    this.#seen = seen;
    this.#draw = draw(luck);
    this.#faults = this.#draw.faults;
  }

  /** @throws Broken */
  live(): void {
    for (let n = 0; n < this.#draw.ingests; n += 1) this.#add();
    for (let n = 0; n < STEPS; n += 1) this.#step();
    this.#faults = CALM;
    if (this.#paused) this.#wake();
    this.#paused = false;
    for (const ingest of this.#ingests) ingest.held = false;
    this.#rest();
    for (const ingest of this.#ingests) this.#verdict(ingest);
  }

  /** What was said, and what became of it; kept only if it was asked for. */
  get path(): readonly string[] {
    return this.#path ?? [];
  }

  #add(): void {
    const source = this.#luck.oneIn(4) ? "request" : "stored";
    const life = born(source, !this.#luck.oneIn(3), this.#now, this.#limits());
    const judge = new Judge(life);
    const beyond = { held: false, open: false, parts: 0, object: false };
    const ingest: Ingest = { life, judge, ...beyond, heard: new Set(), givenUp: new Set() };
    this.#ingests.push(ingest);
    if (source === "request") this.#begin(ingest, request);
    this.#wake();
  }

  #limits(): Limits {
    return { ...this.#draw.limits, paused: this.#paused };
  }

  #often(perMille: number): boolean {
    return this.#luck.below(1_000) < perMille;
  }

  #step(): void {
    this.#now += this.#luck.pick([0, 1, 50, 200, 1_000]);
    if (this.#alarm !== undefined && this.#alarm <= this.#now) this.#ring();
    if (this.#often(this.#draw.callers)) this.#call();
    if (this.#often(this.#draw.callbacks)) this.#callBack();
    if (this.#often(this.#draw.operators)) this.#operate();
    if (this.#actors.length > 0) this.#act(this.#luck.pick(this.#actors));
  }

  // The index, as far as it is more than one life.

  #say(ingest: Ingest, said: Said): Step {
    const before = ingest.life;
    const step = this.#next(before, said, this.#now, this.#limits());
    if (this.#path) this.#note(ingest, said, step);
    ingest.judge.see(before, said, step, this.#now, this.#limits());
    this.#seen(before, said, step);
    ingest.life = step.life;
    if (said.type === "told" && said.webhook === "failed") {
      for (const { attempt, state } of said.notices) ingest.givenUp.add(`${attempt}.${state}`);
    }
    if (step.wake) this.#wake();
    return step;
  }

  #note(ingest: Ingest, said: Said, { life }: Step): void {
    const { attempt, run, lease } = life;
    const how = life.at === "over" ? life.end : life.at;
    const left = lease === null ? "no lease" : `lease for ${lease - this.#now} ms`;
    const text = `${how} ${attempt}, run ${run}, ${left}`;
    this.#path?.push(
      `${this.#now - BEGINNING} #${this.#ingests.indexOf(ingest)} ${JSON.stringify(said)}: ${text}`,
    );
  }

  #wake(): void {
    this.#alarm = this.#now;
  }

  #ring(): void {
    this.#alarm = this.#now + Math.min(15_000, this.#draw.limits.staleMs / 2);
    if (this.#often(this.#faults.alarm)) return;
    for (const ingest of this.#ingests) {
      if (ingest.life.lease !== null || ingest.life.at === "running") this.#say(ingest, TICK);
      if (ingest.held && ingest.life.at === "running") {
        this.#say(ingest, { type: "hold", text: "held" });
      }
    }
    const made = this.#places();
    // What is written stays; runs that were not made are lost.
    if (this.#often(this.#faults.alarm)) return;
    for (const ingest of made) {
      if (!this.#often(this.#faults.unmade)) this.#begin(ingest, workflow);
    }
    if (this.#ingests.every(({ life }) => isAtRest(life))) this.#alarm = undefined;
  }

  /** Whose turn it is. */
  #places(): Ingest[] {
    const running = this.#ingests.filter(({ life }) => life.at === "running").length;
    const waiting = this.#ingests.filter(
      ({ life, held }) => life.at === "queued" && life.lease === null && !held,
    );
    const turns = this.#paused ? [] : waiting.slice(0, Math.max(0, this.#draw.places - running));
    const owed = this.#ingests.filter(
      ({ life }) => life.at === "over" && life.lease === null && !isAtRest(life),
    );
    return [...turns, ...owed].filter((ingest) => this.#say(ingest, { type: "start" }).create);
  }

  // Callers, VOD, operators.

  #call(): void {
    const ingest = this.#luck.pick(this.#ingests);
    const stored = ["cancel", "cancel", "stop", "retry", "retry"] as const;
    const sends = ["cancel", "stop", "send", "retry"] as const;
    const type = this.#luck.pick(ingest.life.source === "stored" ? stored : sends);
    const { refusal, life } = this.#say(ingest, { type } as OtherSaid);
    if (refusal || (type !== "retry" && type !== "send")) return;
    if (!("checkpoint" in life) || !life.checkpoint) this.#anew(ingest);
    if (type === "send") this.#begin(ingest, request);
  }

  /** Without a checkpoint a media is made once more. */
  #anew(ingest: Ingest): void {
    Object.assign(ingest, { parts: 0, object: false });
  }

  #callBack(): void {
    const there = this.#ingests.filter(({ object }) => object);
    const ingest = this.#luck.pick(there.length > 0 ? there : this.#ingests);
    this.#say(ingest, { type: ingest.object && !this.#luck.oneIn(4) ? "ready" : "doubt" });
  }

  #operate(): void {
    const ingest = this.#luck.pick(this.#ingests);
    switch (this.#luck.below(4)) {
      case 0:
        this.#paused = !this.#paused;
        this.#wake();
        return;
      case 1:
        ingest.held = !ingest.held;
        this.#wake();
        return;
      case 2:
        this.#say(ingest, { type: "yield" });
        return;
      default:
        // Of an alarm that rings for nothing.
        this.#say(ingest, this.#luck.oneIn(2) ? TICK : { type: "start" });
        // The run of a start that came so was never made.
        return;
    }
  }

  // Runs.

  #begin(ingest: Ingest, body: (beyond: Beyond) => Run): void {
    const { run } = ingest.life;
    const actor: Actor = {
      ...{ ingest, run, sleepsUntil: 0, word: undefined },
      body: body(this.#beyond(ingest, run)),
    };
    this.#actors.push(actor);
    this.#goOn(actor, () => actor.body.next({}));
  }

  #goOn(actor: Actor, how: () => IteratorResult<object, void>): void {
    try {
      const { value, done } = how();
      actor.word = done ? undefined : ({ ...value, run: actor.run } as RunSaid);
    } catch (error) {
      if (error instanceof Broken || !(error instanceof Unanswered || error instanceof Refused))
        throw error;
      actor.word = undefined;
    }
    if (actor.word === undefined) this.#actors = this.#actors.filter((one) => one !== actor);
  }

  #act(actor: Actor): void {
    const { word, ingest } = actor;
    if (word === undefined || actor.sleepsUntil > this.#now) return;
    if (this.#often(this.#faults.dies)) {
      this.#actors = this.#actors.filter((one) => one !== actor);
      return;
    }
    if (this.#often(this.#faults.late)) {
      actor.sleepsUntil = this.#now + 2 * this.#draw.limits.staleMs;
      return;
    }
    const isLost = this.#often(this.#faults.lost);
    const answer: Answer = isLost ? {} : this.#say(ingest, word);
    if (!isLost && this.#often(this.#faults.twice)) this.#say(ingest, word);
    const isAnswered = !isLost && !this.#often(this.#faults.unanswered);
    const { body } = actor;
    this.#goOn(actor, () => (isAnswered ? body.next(answer) : body.throw(new Unanswered())));
  }

  #beyond(ingest: Ingest, run: number): Beyond {
    const refuse = (perMille: number, retryable: boolean) => {
      if (this.#often(perMille)) throw new Refused(retryable);
    };
    return {
      often: (perMille) => this.#often(perMille),
      move: () => {
        refuse(this.#faults.source, !this.#luck.oneIn(3));
        const { life } = ingest;
        // Whoever begins anew makes an upload; whoever goes on finds that it is gone.
        if (!ingest.open && !ingest.object) {
          if (ingest.parts > 0 || !holds(life, run)) throw new Refused(false);
          Object.assign(ingest, { open: true, parts: 0 });
        }
        ingest.parts += 1;
        return ingest.parts >= PARTS;
      },
      complete: () => {
        if (!ingest.open && !ingest.object) throw new Refused(false);
        Object.assign(ingest, { open: false, object: true });
        // VOD may say so before its run does.
        if (this.#often(2 * this.#draw.callbacks)) this.#say(ingest, { type: "ready" });
      },
      remove: () => {
        refuse(this.#faults.stuck, true);
        ingest.open = false;
      },
      untold: () => (holds(ingest.life, run) ? ingest.life.untold : []),
      deliver: ({ attempt, state }: Notice) => {
        refuse(this.#faults.deaf, true);
        ingest.heard.add(`${attempt}.${state}`);
      },
      ask: () => {
        refuse(this.#faults.source, true);
        if (ingest.object) this.#say(ingest, { type: "ready" });
      },
    };
  }

  // The end: nothing goes wrong any more.

  #rest(): void {
    for (let n = 0; n < PATIENCE; n += 1) {
      if (this.#ingests.every(({ life }) => isAtRest(life)) && this.#actors.length === 0) return;
      for (let acts = 0; acts < 8 && this.#actors.length > 0; acts += 1) {
        this.#act(this.#luck.pick(this.#actors));
      }
      // Of what still happens the next thing.
      const next = Math.min(this.#alarm ?? Number.POSITIVE_INFINITY, ...this.#wakings());
      if (Number.isFinite(next)) this.#now = Math.max(this.#now, next) + 1;
      if (this.#alarm !== undefined && this.#alarm <= this.#now) this.#ring();
    }
    const restless = this.#ingests.filter(({ life }) => !isAtRest(life));
    if (restless.length > 0)
      throw new Broken("it comes to rest", JSON.stringify(restless[0]?.life));
  }

  #wakings(): number[] {
    return this.#actors.map(({ sleepsUntil }) => sleepsUntil).filter((at) => at > this.#now);
  }

  #verdict({ life, judge, heard, givenUp, open, object }: Ingest): void {
    if (life.at !== "over") throw new Broken("an attempt ends exactly once", `it is ${life.at}`);
    const isStored = life.end === "done" || life.end === "ready";
    if (isStored && !object) throw new Broken("nothing is left behind", "there is no object");
    const isKept = life.source === "stored" && "left" in life && life.left === "checkpoint";
    if (!isStored && !isKept && open) throw new Broken("nothing is left behind", life.end);
    for (const one of judge.told.keys()) {
      // A receiver that was deaf for long was given up.
      if (!heard.has(one) && !givenUp.has(one)) throw new Broken(TOLD, `${one} is never heard`);
    }
  }
}

const TICK = { type: "tick" } as const;
const TOLD = "each end is told once, in order";
