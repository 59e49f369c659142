import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseFault, startEmulator } from "../support/emulator.ts";

test("a fault is operation, occasion and action", () => {
  const rules = {
    "UploadPart:3:reset-after": {
      operation: "UploadPart",
      nth: 3,
      action: { kind: "reset-after" },
    },
    "*:*:delay=20": { operation: "*", action: { kind: "delay", ms: 20 } },
    "UploadPart/2:1:wrong-crc": {
      operation: "UploadPart",
      partNumber: 2,
      nth: 1,
      action: { kind: "wrong-crc" },
    },
    "PutObject:2-4:503=ServiceUnavailable": {
      operation: "PutObject",
      from: 2,
      count: 3,
      action: { kind: "answer", status: 503, code: "ServiceUnavailable" },
    },
    "UploadPart:5+:early-403=SecurityTokenExpired": {
      operation: "UploadPart",
      from: 5,
      action: { kind: "early-close", status: 403, code: "SecurityTokenExpired" },
    },
    "RefreshUploadVideo:1:404=InvalidVideo.NotFound": {
      operation: "RefreshUploadVideo",
      nth: 1,
      action: { kind: "answer", status: 404, code: "InvalidVideo.NotFound" },
    },
    "UploadPart:1:reset-mid-body=65536": {
      operation: "UploadPart",
      nth: 1,
      action: { kind: "reset-mid-body", afterBytes: 65536 },
    },
    "UploadPart:1:reset-mid-body": {
      operation: "UploadPart",
      nth: 1,
      action: { kind: "reset-mid-body" },
    },
    "*:1:clock-skew=-3600000": {
      operation: "*",
      nth: 1,
      action: { kind: "clock-skew", ms: -3_600_000 },
    },
  };
  for (const [text, rule] of Object.entries(rules)) deepEqual(parseFault(text), rule, text);
});

test("what is no fault is refused with what would be one", () => {
  throws(() => parseFault("UploadPart"), /`UploadPart` is no fault: write OPERATION:WHEN:ACTION/);
  throws(() => parseFault("UploadPart:0:stall"), /`0` says not when/);
  throws(() => parseFault("UploadPart:5-3:stall"), /`5-3` says not when/);
  for (const action of ["explode", "delay", "stall=3", "delay=-1", "700=X", "503"]) {
    throws(() => parseFault(`*:1:${action}`), /is no fault's action: there are 503=Serv/, action);
  }
});

test("a program may write faults as the command line does", async () => {
  const emulator = await startEmulator({ faults: ["*:1:503=ServiceUnavailable"] });
  try {
    equal((await fetch(emulator.endpoint)).status, 503);
    emulator.setFaults(["*:1:500=InternalError"]);
    equal((await fetch(emulator.endpoint)).status, 500);
  } finally {
    await emulator.close();
  }
  await rejects(startEmulator({ faults: ["UploadPart"] }), /`UploadPart` is no fault/);
});
