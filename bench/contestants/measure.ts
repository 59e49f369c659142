// What every contestant in JavaScript does alike: reads what to do, takes its own time, and says how it went.
import { peakKib } from "../../tests/support/peak-kib.ts";

interface Service {
  endpoint: string;
  accessKeyId: string;
  accessKeySecret: string;
  region: string;
}

export const service: Service = JSON.parse(process.env.VODLIFT_EMULATOR ?? "{}");
export const [from, source = "", ...more] = process.argv.slice(2);

/** @param upload Says the key of the object it has made. */
export async function measure(upload: () => Promise<string>): Promise<void> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const objectKey = await upload();
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - began;
  console.log(
    JSON.stringify({ objectKey, wallMs, cpuMs: (user + system) / 1000, peakKib: peakKib() }),
  );
  process.exit();
}
