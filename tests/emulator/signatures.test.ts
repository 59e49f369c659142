import { deepEqual, equal, match } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import {
  type Keys,
  type OssCall,
  ossV1,
  ossV1Url,
  ossV4,
  ossV4Url,
  type Reply,
  send,
  vodAcs3,
  vodRpc,
  xmlText,
} from "./client.ts";

let emulator: Emulator;
before(async () => {
  emulator = await startEmulator();
});
after(() => emulator.close());

const oss = { ossV1, ossV4, ossV1Url, ossV4Url };
const vod = { vodRpc, vodAcs3 };
const put: OssCall = { method: "PUT", key: "signed.bin", body: "body" };
const MINUTE = 60_000;

function outcome(reply: Reply): string {
  return `${reply.status} ${xmlText(reply.text, "Code")}`;
}

function vodOutcome(reply: Reply): string {
  const { Code } = JSON.parse(reply.text);
  return `${reply.status} ${Code ?? ""}`.trim();
}

for (const [name, sign] of Object.entries(oss)) {
  test(`${name}: a good signature is accepted, and tells in the log how it was made`, async () => {
    equal((await sign(emulator, put)).status, 200);
    equal(emulator.log.at(-1)?.operation, "PutObject");
    match(emulator.log.at(-1)?.signature ?? "", /^oss-v[14](-url)?$/);
  });

  test(`${name}: a wrong secret is refused with the server's own string to sign`, async () => {
    const keys: Keys = { accessKeyId: emulator.accessKeyId, accessKeySecret: "wrong" };
    const reply = await sign(emulator, { ...put, keys });
    equal(outcome(reply), "403 SignatureDoesNotMatch");
    match(xmlText(reply.text, "StringToSign"), /signed\.bin|OSS4-HMAC-SHA256/);
    equal(xmlText(reply.text, "OSSAccessKeyId"), emulator.accessKeyId);
    equal(reply.text.includes(emulator.accessKeySecret), false);
  });

  test(`${name}: an unknown key is refused`, async () => {
    const keys: Keys = { accessKeyId: "nobody", accessKeySecret: "x" };
    equal(outcome(await sign(emulator, { ...put, keys })), "403 InvalidAccessKeyId");
  });

  test(`${name}: method, key, signed headers and sub-resources cannot be changed afterwards`, async () => {
    const changes: ((call: {
      method: string;
      target: string;
      headers?: Record<string, string>;
    }) => void)[] = [
      (call) => {
        call.method = "DELETE";
      },
      (call) => {
        call.target = call.target.replace("signed.bin", "other.bin");
      },
      (call) => {
        call.headers = { ...call.headers, "content-type": "text/html" };
      },
      (call) => {
        call.headers = { ...call.headers, "x-oss-meta-added": "later" };
      },
      (call) => {
        call.target += `${call.target.includes("?") ? "&" : "?"}partNumber=1&uploadId=0123`;
      },
    ];
    for (const tamper of changes) {
      equal(outcome(await sign(emulator, { ...put, tamper })), "403 SignatureDoesNotMatch");
    }
  });

  test(`${name}: a temporary credential works only with its own token`, async () => {
    const mine = emulator.issueTemporaryCredential();
    const other = emulator.issueTemporaryCredential();
    equal((await sign(emulator, { ...put, keys: mine })).status, 200);
    const { securityToken: _, ...withoutToken } = mine;
    equal(outcome(await sign(emulator, { ...put, keys: withoutToken })), "403 InvalidAccessKeyId");
    const swapped = { ...mine, securityToken: other.securityToken };
    equal(
      outcome(await sign(emulator, { ...put, keys: swapped })),
      "403 AccessKeyIdAndSecurityTokenNotMatch",
    );
    const forged = { ...mine, securityToken: `${mine.securityToken.slice(0, -8)}AAAAAAA=` };
    equal(outcome(await sign(emulator, { ...put, keys: forged })), "403 InvalidSecurityToken");
  });

  test(`${name}: a token that has run out is refused as expired`, async () => {
    const keys = emulator.issueTemporaryCredential(-1);
    equal(outcome(await sign(emulator, { ...put, keys })), "403 SecurityTokenExpired");
  });
}

for (const [name, sign] of Object.entries({ ossV1, ossV4 })) {
  test(`${name}: a clock more than 15 minutes off is refused, with the server's time in Date`, async () => {
    for (const minutes of [-16, 16]) {
      const began = Math.floor(Date.now() / 1000) * 1000;
      const date = new Date(began + minutes * MINUTE);
      const reply = await sign(emulator, { ...put, date });
      equal(outcome(reply), "403 RequestTimeTooSkewed");
      const serverTime = Date.parse(reply.headers.date ?? "");
      equal(serverTime >= began && serverTime <= Date.now(), true);
    }
    const date = new Date(Date.now() - 14 * MINUTE);
    equal((await sign(emulator, { ...put, date })).status, 200);
  });
}

for (const [name, sign] of Object.entries({ ossV1Url, ossV4Url })) {
  test(`${name}: a presigned URL stops working when its time is up`, async () => {
    const date = new Date(Date.now() - 2 * MINUTE);
    const reply = await sign(emulator, { ...put, date }, 60);
    equal(outcome(reply), "403 AccessDenied");
    match(xmlText(reply.text, "Message"), /expired/);
    equal((await sign(emulator, { ...put, date }, 600)).status, 200);
  });
}

test("V4 signs every query parameter, V1 only sub-resources", async () => {
  const tamper = (call: { target: string }) => {
    call.target += "&max-uploads=1";
  };
  const call: OssCall = { method: "GET", query: { uploads: "" }, tamper };
  equal((await ossV1(emulator, call)).status, 200);
  equal(outcome(await ossV4(emulator, call)), "403 SignatureDoesNotMatch");
});

test("V4 for another region is refused before anything else of it is looked at", async () => {
  for (const sign of [ossV4, ossV4Url]) {
    const reply = await sign(emulator, { ...put, region: "cn-beijing" });
    equal(outcome(reply), "400 InvalidArgument");
    equal(reply.headers["x-oss-ec"], "0002-00000226");
  }
});

test("V4 presigned for more than seven days is refused", async () => {
  equal((await ossV4Url(emulator, put, 604_800)).status, 200);
  equal(outcome(await ossV4Url(emulator, put, 604_801)), "400 InvalidArgument");
});

test("an unsigned request is denied, a garbled Authorization is invalid", async () => {
  const target = `/${emulator.bucket}/x`;
  const anonymous = await send(emulator.endpoint, { method: "GET", target });
  equal(outcome(anonymous), "403 AccessDenied");
  for (const authorization of ["OSS x", "OSS4-HMAC-SHA256 nothing", "Bearer x"]) {
    const reply = await send(emulator.endpoint, {
      method: "GET",
      target,
      headers: { authorization },
    });
    equal(outcome(reply), "400 InvalidArgument", authorization);
  }
});

for (const [name, call] of Object.entries(vod)) {
  const ask = { action: "CreateUploadVideo", parameters: { Title: "a b+c~*ü", FileName: "a.mp4" } };

  test(`${name}: a good signature is accepted with the parameters in the URL or in a form`, async () => {
    equal((await call(emulator, ask)).status, 200);
    equal((await call(emulator, { ...ask, method: "POST" })).status, 200);
    equal((await call(emulator, { ...ask, form: true })).status, 200);
  });

  test(`${name}: a wrong secret and an unknown key are refused`, async () => {
    const wrong = { accessKeyId: emulator.accessKeyId, accessKeySecret: "wrong" };
    const reply = await call(emulator, { ...ask, keys: wrong });
    equal(vodOutcome(reply), "400 SignatureDoesNotMatch");
    match(JSON.parse(reply.text).Message, /server string to sign is:(POST|GET|ACS3)/);
    const nobody = { accessKeyId: "nobody", accessKeySecret: "x" };
    equal(
      vodOutcome(await call(emulator, { ...ask, keys: nobody })),
      "404 InvalidAccessKeyId.NotFound",
    );
  });

  test(`${name}: a nonce works once, and a refused call does not use it up`, async () => {
    const nonce = randomUUID();
    const wrong = { accessKeyId: emulator.accessKeyId, accessKeySecret: "wrong" };
    equal(
      vodOutcome(await call(emulator, { ...ask, nonce, keys: wrong })),
      "400 SignatureDoesNotMatch",
    );
    equal((await call(emulator, { ...ask, nonce })).status, 200);
    equal(vodOutcome(await call(emulator, { ...ask, nonce })), "400 SignatureNonceUsed");
  });

  test(`${name}: a clock more than 15 minutes off is refused`, async () => {
    for (const minutes of [-16, 16]) {
      const date = new Date(Date.now() + minutes * MINUTE);
      equal(vodOutcome(await call(emulator, { ...ask, date })), "400 InvalidTimeStamp.Expired");
    }
  });

  test(`${name}: changed parameters are refused`, async () => {
    const tamper = (wire: { target: string }) => {
      wire.target = wire.target.replace("a.mp4", "b.mp4");
    };
    equal(vodOutcome(await call(emulator, { ...ask, tamper })), "400 SignatureDoesNotMatch");
  });

  test(`${name}: temporary credentials expire, mismatch and cannot be forged`, async () => {
    const mine = emulator.issueTemporaryCredential();
    equal((await call(emulator, { ...ask, keys: mine })).status, 200);
    const expired = emulator.issueTemporaryCredential(-1);
    const swapped = { ...mine, securityToken: expired.securityToken };
    const forged = { ...mine, securityToken: "CAISforged" };
    const outcomes = await Promise.all(
      [expired, swapped, forged].map(async (keys) =>
        vodOutcome(await call(emulator, { ...ask, keys })),
      ),
    );
    deepEqual(outcomes, [
      "400 InvalidSecurityToken.Expired",
      "400 InvalidSecurityToken.MismatchWithAccessKey",
      "400 InvalidSecurityToken.Malformed",
    ]);
  });
}

test("ACS3: a header of the scheme that is not signed is refused", async () => {
  const tamper = (wire: { headers?: Record<string, string> }) => {
    wire.headers = { ...wire.headers, "x-acs-added": "later" };
  };
  const reply = await vodAcs3(emulator, { action: "GetMezzanineInfo", tamper });
  equal(vodOutcome(reply), "400 IncompleteSignature");
});

test("RPC: each missing parameter of the protocol is named", async () => {
  for (const name of [
    "AccessKeyId",
    "SignatureNonce",
    "Timestamp",
    "SignatureMethod",
    "Signature",
  ]) {
    const tamper = (wire: { target: string }) => {
      wire.target = wire.target.replace(new RegExp(`${name}=[^&]*&?`), "");
    };
    const reply = await vodRpc(emulator, { action: "GetMezzanineInfo", tamper });
    equal(vodOutcome(reply), `400 Missing${name}`);
  }
});
