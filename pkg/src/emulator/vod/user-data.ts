/** `UserData`, the JSON a media file is created with: where its notifications go, and what they carry along. */
import type { Asset } from "../store/assets.ts";

export type UserData = {
  /** `MessageCallback.CallbackURL`, for callbacks by HTTP. */
  callbackUrl?: string;
  /** `Extend` as text: every notification repeats it. */
  extend?: string;
};

export function userDataOf(parameters: Asset["parameters"]): UserData {
  const value = readObject(parameters.UserData);
  const callback = readObject(value.MessageCallback);
  const type = callback.CallbackType ?? "http";
  const { CallbackURL: url } = callback;
  const { Extend: extend } = value;
  return {
    ...(typeof url === "string" && url !== "" && type === "http" ? { callbackUrl: url } : {}),
    ...(extend === undefined
      ? {}
      : { extend: typeof extend === "string" ? extend : JSON.stringify(extend) }),
  };
}

/** An object, also one written as text inside the JSON, as older examples have it. Anything else counts as empty. */
function readObject(value: unknown): Record<string, unknown> {
  const parsed = typeof value === "string" ? parse(value) : value;
  return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
