// Who may do what: scopes, the dashboard's session, other sites, guesses.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../support/until.ts";
import { cannotKill, startVictim } from "../support/victim.ts";
import {
  type Answer,
  callWorker,
  NOWHERE,
  type RunningWorker,
  sha256,
  startWorker,
} from "../support/worker.ts";

const SCOPES = ["create", "read", "cancel", "admin"] as const;
const SAID: Partial<Record<string, string>> = { admin: "pause or resume the service" };
const ALL = "all-of-it";

let worker: RunningWorker;
before(async () => {
  const tokens = [
    { name: "all", sha256: sha256(ALL) },
    { name: "nothing", sha256: sha256("nothing"), scopes: [] },
    { name: "miswritten", sha256: sha256("miswritten"), scopes: "read" },
    ...SCOPES.map((scope) => ({ name: scope, sha256: sha256(scope), scopes: [scope] })),
  ];
  const settings = { VODLIFT_TOKENS: JSON.stringify(tokens) };
  worker = await startWorker({ service: NOWHERE, token: ALL, settings });
});
after(() => worker.close());

const as = (token: string, path: string, method: string, body?: object): Promise<Answer> =>
  callWorker({ ...worker, token }, path, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });

test("what is miswritten in the tokens opens nothing, and the log names it", {
  skip: cannotKill,
}, async () => {
  const unusable: [settings: string, said: RegExp][] = [
    ["[{", /VODLIFT_TOKENS: it must be a JSON array/],
    ['{"sha256":"hush"}', /VODLIFT_TOKENS: it must be a JSON array/],
    [
      '[null,{"sha256":"hush"}]',
      /entry 1 opens nothing[\s\S]*entry 2 opens nothing: its sha256 must/,
    ],
    // A limit that is not read would be none.
    [JSON.stringify([{ sha256: sha256("t"), scope: ["read"] }]), /entry 1 .* no members but name/],
    ...["", "\n"].map((nothing): [string, RegExp] => [
      JSON.stringify([{ name: "unset", sha256: sha256(nothing) }]),
      /entry 1 opens nothing: its sha256 is that of an empty token/,
    ]),
    [JSON.stringify([{ name: "ops\u3164", sha256: sha256("t") }]), /its name and owner must be/],
  ];
  for (const [tokens, said] of unusable) {
    const settings = { VODLIFT_TOKENS: tokens };
    const closed = await startVictim({ service: NOWHERE, token: "t", settings });
    try {
      const { status, body } = await callWorker(closed, "/v1/ingests");
      assert.deepEqual([status, body.code], [503, "token_not_configured"]);
      assert.match(body.hint, /the log says/);
      assert.doesNotMatch(JSON.stringify(body), /hush/);
      await until(() => said.test(closed.output()));
      assert.doesNotMatch(closed.output(), /hush/);
    } finally {
      await closed.close();
    }
  }
});

test("a token does what its scopes say, and no more", async () => {
  const routes: [(typeof SCOPES)[number], string, string][] = [
    ["create", "POST", "/v1/ingests"],
    ["create", "POST", "/v1/ingests/abc/retry"],
    ["create", "PUT", "/v1/uploads?title=a"],
    ["read", "GET", "/v1/ingests"],
    ["read", "GET", "/v1/ingests.csv"],
    ["read", "GET", "/v1/ingests/abc"],
    ["read", "GET", "/v1/ingests/abc/events"],
    ["read", "GET", "/v1/ingests/abc/checkpoint"],
    ["read", "GET", "/v1/stats"],
    ["cancel", "DELETE", "/v1/ingests/abc"],
    ["cancel", "POST", "/v1/ingests/abc/stop"],
    ["admin", "POST", "/v1/pause"],
    ["admin", "POST", "/v1/resume"],
  ];
  for (const [needed, method, path] of routes) {
    for (const scope of [...SCOPES, "nothing", "miswritten"]) {
      const response = await fetch(worker.url + path, {
        method,
        headers: { authorization: `Bearer ${scope}` },
        ...(method === "PUT" && { body: "" }),
      });
      const text = await response.text();
      if (scope === needed) {
        assert.ok([200, 400, 404].includes(response.status), `${method} ${path}: ${text}`);
        continue;
      }
      const { code, detail, hint } = JSON.parse(text);
      assert.deepEqual([response.status, code], [403, "scope_missing"], `${scope} ${path}`);
      assert.equal(detail, `this token may not ${SAID[needed] ?? needed}`);
      assert.equal(hint, `Use a token whose scopes include "${needed}".`);
    }
  }
});

async function logIn(token: string): Promise<{ status: number; cookie: string }> {
  const init = { method: "POST", body: JSON.stringify({ token }) };
  const response = await fetch(`${worker.url}/session`, init);
  await response.body?.cancel();
  return { status: response.status, cookie: response.headers.get("set-cookie") ?? "" };
}

test("a session is a cookie that no script reads and no other site sends", async () => {
  const { status, cookie } = await logIn(ALL);
  assert.equal(status, 204);
  assert.match(cookie, /^vodlift=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.ok(!cookie.includes(ALL));
  const headers = { cookie: cookie.split(";")[0] ?? "" };
  const who = await fetch(`${worker.url}/session`, { headers });
  assert.deepEqual(await who.json(), {
    name: "all",
    scopes: ["create", "read", "cancel", "all", "admin"],
  });
  assert.equal((await fetch(`${worker.url}/v1/ingests`, { headers })).status, 200);
  const post = (origin?: string) =>
    fetch(`${worker.url}/v1/pause`, {
      method: "POST",
      headers: { ...headers, ...(origin && { origin }) },
    });
  for (const origin of [undefined, "https://evil.example", "null", `${worker.url}.evil.example`]) {
    const refused = await post(origin);
    assert.equal(refused.status, 403, origin);
    assert.equal(((await refused.json()) as Answer["body"]).code, "cross_origin");
  }
  assert.equal((await post(worker.url)).status, 200);
  await as(ALL, "/v1/resume", "POST");
  const out = await fetch(`${worker.url}/session`, { method: "DELETE", headers });
  assert.match(out.headers.get("set-cookie") ?? "", /^vodlift=; Max-Age=0/);
});

test("a session has its token's scopes, and a forged one none", async () => {
  const { cookie } = await logIn("read");
  const good = cookie.split(";")[0] ?? "";
  const call = (value: string, path: string, method: string) =>
    fetch(worker.url + path, { method, headers: { cookie: value, origin: worker.url } });
  assert.equal((await call(good, "/v1/ingests", "GET")).status, 200);
  assert.equal((await call(good, "/v1/pause", "POST")).status, 403);
  const forged = [good.slice(0, -2), `${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`];
  for (const value of [...forged, "vodlift=", "vodlift=%", "vodlift=all", `vodlift=${ALL}`]) {
    assert.equal((await call(value, "/v1/ingests", "GET")).status, 401, value);
  }
});

test("no other site may read: there is no CORS", async () => {
  for (const path of ["/v1/ingests", "/session", "/healthz", "/openapi.json"]) {
    for (const method of ["GET", "OPTIONS"]) {
      const response = await fetch(worker.url + path, {
        method,
        headers: {
          origin: "https://evil.example",
          authorization: `Bearer ${ALL}`,
          "access-control-request-method": "POST",
        },
      });
      await response.body?.cancel();
      const allowed = [...response.headers.keys()].filter((one) => one.startsWith("access-"));
      assert.deepEqual(allowed, [], `${method} ${path}`);
    }
  }
});

test("a login from another site's page is refused, and so is a logout", async () => {
  const init = { method: "POST", body: JSON.stringify({ token: ALL }) };
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `${worker.url}.evil.example` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    for (const how of [init, { method: "DELETE" }]) {
      const response = await fetch(`${worker.url}/session`, { ...how, headers: headers as never });
      const { code } = (await response.json()) as Answer["body"];
      assert.deepEqual([response.status, code], [403, "cross_origin"], JSON.stringify(headers));
      assert.equal(response.headers.get("set-cookie"), null);
    }
  }
  const own = await fetch(`${worker.url}/session`, { ...init, headers: { origin: worker.url } });
  assert.equal(own.status, 204);
});

test("over https the cookie has a name that no other host can plant; over http it is given away on loopback only", async () => {
  const at = (origin: string, path: string, init: RequestInit = {}) =>
    fetch(worker.url + path, {
      ...init,
      // workerd's local front takes this for the address that was asked for.
      headers: { ...init.headers, "mf-original-url": origin + path },
    });
  const init = { method: "POST", body: JSON.stringify({ token: ALL }) };
  const secure = "https://vodlift.example";
  const cookie = (await at(secure, "/session", init)).headers.get("set-cookie") ?? "";
  assert.match(
    cookie,
    /^__Host-vodlift=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const [pair = ""] = cookie.split(";");
  const status = async (sent: string) =>
    (await at(secure, "/v1/ingests", { headers: { cookie: sent } })).status;
  assert.equal(await status(pair), 200);
  assert.equal(await status(pair.replace("__Host-", "")), 401, "a sibling can plant that one");
  for (const open of [
    "http://vodlift.example",
    "http://192.168.0.5:8787",
    "http://127.evil.example",
  ]) {
    const response = await at(open, "/session", init);
    assert.deepEqual([response.status, response.headers.get("set-cookie")], [403, null], open);
    assert.equal(((await response.json()) as Answer["body"]).code, "https_needed");
  }
  for (const near of ["http://localhost:8787", "http://[::1]:8787", "http://127.0.0.1"]) {
    const given = (await at(near, "/session", init)).headers.get("set-cookie") ?? "";
    assert.match(
      given,
      /^vodlift=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
      near,
    );
  }
});

test("guesses are counted: at the login, and apart from that at the API", async () => {
  // Counts begin anew each minute, which a slow machine may see midway: so it goes on until the first refusal.
  const refused = async <R extends { status: number }>(guess: () => Promise<R>): Promise<R> => {
    for (let n = 0; n < 300; n += 1) {
      const answer = await guess();
      if (answer.status !== 401) return answer;
    }
    assert.fail("300 guesses, and none was refused");
  };
  const { status, headers, body } = await refused(() => as("wrong", "/v1/ingests", "GET"));
  assert.deepEqual(
    [status, body.code, headers.get("retry-after")],
    [429, "too_many_requests", "60"],
  );
  assert.equal((await as(ALL, "/v1/ingests", "GET")).status, 200, "the right token is let in");
  assert.equal((await logIn("wrong")).status, 401, "no wrong bearer has used up the login");
  assert.equal((await refused(() => logIn("wrong"))).status, 429);
  assert.equal((await logIn(ALL)).status, 204, "nor can wrong logins lock it");
});
