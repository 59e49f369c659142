// The package as this Worker uses it: its account, and its errors as answers.
import { Vodlift, VodliftError } from "vodlift";
import type { Env } from "./env.ts";
import type { Problem } from "./problem.ts";

export function client(env: Env): Vodlift {
  return new Vodlift({
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID ?? "",
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET ?? "",
    ...(env.ALIBABA_CLOUD_SECURITY_TOKEN
      ? { securityToken: env.ALIBABA_CLOUD_SECURITY_TOKEN }
      : {}),
    ...(env.VODLIFT_REGION ? { region: env.VODLIFT_REGION } : {}),
    ...(env.VODLIFT_ENDPOINT ? { endpoint: env.VODLIFT_ENDPOINT } : {}),
  });
}

export function asProblem(error: unknown): Problem {
  if (error instanceof VodliftError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: "internal",
    message: error instanceof Error ? error.message : "something else than an error was thrown",
    hint: "This is a fault in vodlift: please report it with the message.",
  };
}
