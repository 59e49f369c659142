/**
 * A local ApsaraVideo VOD and OSS, for tests and for trying things without a cloud account. Node only.
 *
 *     const emulator = await startEmulator({ credentialLifeSeconds: 2 });
 *     // VOD and OSS at once: emulator.endpoint; an object is the file `${emulator.dir}/${emulator.bucket}/${key}`
 *     emulator.setFaults([{ operation: "UploadPart", nth: 3, action: { kind: "reset-mid-body" } }]);
 *     await emulator.close();
 *
 * It shares no code with vodlift's core: what it accepts, it accepts by its own reading of the protocol. To read it:
 *
 * - `options.ts`, `habits.ts`, `faults.ts`, `fault-text.ts`: what a caller sets and sees;
 * - `server.ts`, `tls.ts`, `door.ts`, `exchange.ts`, `body.ts`, `send.ts`: the life of one request;
 * - `outgoing.ts`, `addresses.ts`: the one way to others, and where it may lead;
 * - `sign/`: the four signature schemes as pure stages, from canonical request to signature;
 * - `credentials.ts`: the account's key, and temporary credentials that really expire;
 * - `vod/`: the VOD API, `vod/actions/` one file an action; `vod/events.ts` what VOD tells when a file has arrived;
 * - `oss/`: OSS, `oss/operations/` one file an operation;
 * - `store/`: what is on disk, and how it survives a restart.
 */
export { parseHostName, parseOrigin } from "./door.ts";
export { parseFault } from "./fault-text.ts";
export type { FaultAction, FaultRule } from "./faults.ts";
export { drawHabits, type HabitName, type Habits, parseHabit } from "./habits.ts";
export type {
  Emulator,
  EmulatorOptions,
  EventCallback,
  MediaEvent,
  OpenUpload,
  RequestInfo,
  SignatureScheme,
  StreamInfo,
  TemporaryCredential,
} from "./options.ts";
export { startEmulator } from "./server.ts";
