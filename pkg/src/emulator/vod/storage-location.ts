/** `StorageLocation`: the emulator has one bucket, so only that one may be named. */
import type { World } from "../world.ts";
import { VodError } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

export function storageLocation(world: World): string {
  const { bucket, region } = world.settings;
  return `${bucket}.oss-${region}.aliyuncs.com`;
}

export function checkStorage(world: World, parameters: Parameters): void {
  const location = parameters.text("StorageLocation");
  if (location === undefined || location === storageLocation(world)) return;
  // A habit such as `status-403`.
  const status = Number(world.habits.storageNotFound.slice("status-".length));
  throw new VodError(
    status,
    "InvalidStorage.NotFound",
    "The specified StorageLocation does not exist.",
  );
}
