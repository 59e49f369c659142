/** @alicloud/pop-core, the generic API client for JavaScript: VOD calls in the RPC style. */
import { deepEqual, equal, match } from "node:assert/strict";
import PopCore from "@alicloud/pop-core";
import { check, emulator, finish } from "./harness.ts";

type Reply = Record<string, string>;

function clientOf(options: Partial<PopCore.Config> = {}): PopCore {
  const { endpoint, accessKeyId, accessKeySecret } = emulator;
  return new PopCore({
    endpoint,
    accessKeyId,
    accessKeySecret,
    apiVersion: "2017-03-21",
    ...options,
  });
}

async function create(client: PopCore, method: string, parameters: object = {}): Promise<Reply> {
  const all = { Title: "Ünïcode ~*'()!+% 映画", FileName: "film.mp4", ...parameters };
  return client.request<Reply>("CreateUploadVideo", all, { method });
}

async function refusalOf(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await call;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("the call was not refused");
}

for (const method of ["GET", "POST"]) {
  await check(`pop-core creates and refreshes an upload by ${method}`, async () => {
    const created = await create(clientOf(), method);
    const address = JSON.parse(Buffer.from(created.UploadAddress ?? "", "base64").toString());
    equal(address.Endpoint, emulator.endpoint);
    const refreshed = await clientOf().request<Reply>(
      "RefreshUploadVideo",
      { VideoId: created.VideoId },
      { method },
    );
    equal(refreshed.UploadAddress, created.UploadAddress);
  });
}

await check("pop-core signs with a temporary credential", async () => {
  const { accessKeyId, accessKeySecret, securityToken } = emulator.temporaryCredential;
  const client = clientOf({ accessKeyId, accessKeySecret, securityToken });
  match((await create(client, "POST")).VideoId ?? "", /^[0-9a-f]{32}$/);
});

await check("pop-core sees the service's refusals", async () => {
  const codes = await Promise.all(
    [
      create(clientOf({ accessKeyId: "nobody" }), "GET"),
      create(clientOf({ accessKeySecret: "wrong" }), "GET"),
      create(clientOf(), "GET", { FileName: "film" }),
      create(clientOf(), "GET", { Tags: Array.from({ length: 17 }, (_, n) => `t${n}`).join(",") }),
      clientOf().request("NoSuchAction", {}, { method: "GET" }),
    ].map(async (call) => (await refusalOf(call)).code),
  );
  deepEqual(codes, [
    "InvalidAccessKeyId.NotFound",
    "SignatureDoesNotMatch",
    "InvalidFileName.Extension",
    "TagsExceededMax",
    "InvalidAction.NotFound",
  ]);
});

finish();
