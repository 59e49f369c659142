// The pictures in docs/dashboard, taken anew when SCREENSHOTS=1 asks for them.
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import type { Ingest } from "../../worker/src/api/schema.ts";
import type { FakeWorld } from "./fake-world.ts";
import { logIn, type WorldVisit, withWorld } from "./harness.ts";

const MIB = 1024 * 1024;
const DESK = { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1.5 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };
const light = { colorScheme: "light" } as const;
const dark = { colorScheme: "dark" } as const;

if (process.env.SCREENSHOTS) {
  withWorld([
    ["light", (visit) => shoot(visit, "light"), { ...DESK, ...light }],
    ["dark", (visit) => shoot(visit, "dark"), { ...DESK, ...dark }],
    ["phone", (visit) => shoot(visit, "phone"), { ...PHONE, ...light }],
    ["detail", (visit) => shoot(visit, "detail", "#job=ing_failed"), { ...DESK, ...light }],
    ["add", (visit) => shoot(visit, "add", "", addFile), { ...DESK, ...light }],
  ]);
}

async function shoot(
  visit: WorldVisit,
  name: string,
  at = "",
  then?: (page: Page) => Promise<void>,
): Promise<void> {
  const { page, target, world } = visit;
  scene(world);
  await logIn(visit);
  await page.evaluate(remember, Date.now());
  await page.goto(`${target.url}/?again${at}`);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(2_500);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await then?.(page);
  await page.waitForTimeout(700);
  await save(page, name);
}

async function save(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../docs/dashboard/${name}.png`, import.meta.url));
  await page.screenshot({ path });
}

async function addFile(page: Page): Promise<void> {
  await page.locator("#add-open").click();
  const rows = Array.from({ length: 240 }, (_, n) => {
    const url = n === 41 ? "films.example.com/041.mp4" : `https://films.example.com/${n}.mp4`;
    return `${url},Lecture ${n + 1},"physics,2026",3`;
  });
  const text = ["url,title,tags,concurrency", ...rows].join("\n");
  const file = { name: "lectures.csv", mimeType: "text/csv", buffer: Buffer.from(text) };
  await page.locator("#file").setInputFiles(file);
}

/** Ten minutes of throughput, as the page itself would have measured them. */
function remember(now: number): void {
  const samples = Array.from({ length: 118 }, (_, n) => {
    const wave = Math.sin(n / 9) * 14 + Math.sin(n / 3.1) * 5 + Math.sin(n * 2.3) * 2.5;
    const at = Math.floor((now - (118 - n) * 5_000) / 5_000) * 5_000;
    return {
      at,
      rate: Math.max(0, n < 8 ? n * 3 : 24 + wave / 2 + (n > 70 ? 8 : 0)) * 1024 * 1024,
    };
  });
  sessionStorage.setItem("throughput", JSON.stringify(samples));
}

function scene(world: FakeWorld): void {
  world.paused = false;
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  const films = [
    "Tidal power",
    "A field guide to moss",
    "The night train",
    "Glass and fire",
    "Low orbit",
  ];
  for (let n = 0; n < 46; n += 1) {
    const title = `${films[n % films.length]}, part ${Math.floor(n / films.length) + 1}`;
    const size = Math.round((180 + ((n * 977) % 3_900)) * MIB);
    const state = n % 5 === 0 ? "done" : "ready";
    world.seed({
      title,
      state,
      size,
      bytes: size,
      created: ago(2_000 - n * 40),
      mediaId: `7e1d${n}`,
    });
  }
  const failed: Partial<Ingest> = {
    id: "ing_failed",
    title: "Interview with the archivist",
    url: "https://archive.example.org/masters/interview-archivist.mov",
    state: "failed",
    size: 4_812 * MIB,
    bytes: 1_936 * MIB,
    parts: 121,
    partsTotal: 301,
    attempts: 2,
    resumable: true,
    created: ago(34),
    started: ago(33),
    ended: ago(21),
    error: {
      code: "SourceChanged",
      message: "The source changed while it was read: its ETag is another one.",
      hint: "Upload a file that no longer changes, then retry.",
      requestId: "6F1C22AB-9D40",
    },
  };
  world.seed({
    title: "Harbour, raw camera",
    state: "canceled",
    created: ago(64),
    size: 900 * MIB,
    bytes: 120 * MIB,
    url: "https://cdn.example.net/raw/harbour.mxf",
  });
  world.seed(failed, [
    ["started", "Started: 4.7 GiB, the source answers ranges, 301 parts."],
    ["slice", "A run has used up its time; another one goes on from part 74."],
    ["retried", "Queued again by tests."],
    ["failed", "The source changed while it was read: its ETag is another one."],
  ]);
  world.seed({
    title: "Opening keynote",
    state: "done",
    created: ago(12),
    size: 2_204 * MIB,
    bytes: 2_204 * MIB,
    url: "https://events.example.com/2026/keynote.mp4",
  });
  const running: [string, string, number, number, number][] = [
    [
      "Restored negative, reel 4",
      "https://archive.example.org/reels/slow/reel-04.mov",
      5_200,
      38,
      9,
    ],
    ["Coral time-lapse", "https://media.example.com/slow/coral-timelapse.mp4", 2_900, 21, 6],
    [
      "Team all-hands, November",
      "https://files.example.com/slow/all-hands-november.mp4",
      700,
      14,
      3,
    ],
  ];
  for (const [title, url, done, rate, age] of running) {
    const id = done === 2_900 ? { id: "ing_running" } : {};
    const whole = { size: 6_000 * MIB, bytes: done * MIB, rate: rate * MIB };
    const parts = { parts: Math.round(done / 8), partsTotal: 750, phase: "uploading" };
    world.seed(
      {
        ...id,
        title,
        url,
        state: "running",
        created: ago(age),
        started: ago(age),
        ...whole,
        ...parts,
      },
      [
        ["started", "Started: 5.9 GiB, the source answers ranges, 750 parts."],
        ["created", "VOD has given the media its id."],
      ],
    );
  }
  world.seed({
    title: "Workshop, day two",
    url: "https://files.example.com/queued/workshop-2.mp4",
    created: ago(1),
  });
  world.seed({ url: "https://files.example.com/queued/IMG_2291.MOV", created: ago(0.2) });
}
