// Each way to fail has its own code, a sentence that helps, its exit code, and leaves nothing behind.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { type CliOptions, vodlift } from "../support/cli.ts";
import { type Origin, type Route, startOrigin } from "../support/origin.ts";
import { assertNothingStored, type Emulator, startService } from "../support/service.ts";

const MIB = 1024 * 1024;

let service: Emulator;
let origin: Origin;
let count = 0;

before(async () => {
  origin = await startOrigin();
});
after(() => origin.close());
// Each story has a service of its own, so that what one leaves behind is not blamed on the next.
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

interface Expected {
  exit: number;
  code: string;
  says?: RegExp;
}

async function fails(
  args: string[],
  expected: Expected,
  options: CliOptions = { service },
): Promise<void> {
  const result = await vodlift(["upload", ...args, "--json", "--part-size", "256KiB"], options);
  const { error } = result.json ?? {};
  assert.deepEqual([error?.code, result.code], [expected.code, expected.exit], result.stderr);
  assert.match(error.message, expected.says ?? /./);
  assert.ok(error.hint.length > 10, "a hint that helps");
  assert.deepEqual(Object.keys(error), ["code", "message", "hint", "retryable", "requestId"]);
  assert.ok(
    result.stderr.includes(`error: ${error.message}\nhint: ${error.hint}\n`),
    result.stderr,
  );
  await assertNothingStored(service);
}

/** A source that misbehaves. */
function sourceFails(route: Route, expected: Expected): Promise<void> {
  count += 1;
  const url = origin.add(`/bad-${count}.mp4`, route);
  return fails([`${url}?token=not-to-be-shown`, "--allow-private"], expected);
}

function good(size = MIB): string[] {
  return [origin.add("/good.mp4", { size }), "--allow-private"];
}

const at = (over: Partial<Emulator>): CliOptions => {
  const { endpoint, region, accessKeyId, accessKeySecret } = service;
  return { service: { endpoint, region, accessKeyId, accessKeySecret, ...over } };
};

test("an unknown AccessKey id", () =>
  fails(good(), { exit: 4, code: "access_key_unknown" }, at({ accessKeyId: "LTAI-nobody" })));

test("a wrong AccessKey secret", () =>
  fails(good(), { exit: 4, code: "signature_mismatch" }, at({ accessKeySecret: "wr0ng-s3cret" })));

test("a VOD endpoint where nobody listens", () =>
  fails(good(), { exit: 5, code: "vod_unreachable" }, at({ endpoint: "http://127.0.0.1:1" })));

test("a VOD endpoint that is another server", () =>
  fails(good(), { exit: 5, code: "reply_invalid" }, at({ endpoint: origin.url })));

test("a region that does not exist", () => {
  const { accessKeyId, accessKeySecret } = service;
  const env = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
  };
  const args = [...good(), "--region", "cn-nowhere"];
  return fails(args, { exit: 5, code: "vod_unreachable", says: /cn-nowhere/ }, { env });
});

test("a temporary key works with its token, and is told apart when the token is over or another's", async () => {
  const { accessKeyId, accessKeySecret, securityToken } = service.issueTemporaryCredential();
  const options = {
    ...at({ accessKeyId, accessKeySecret }),
    env: { ALIBABA_CLOUD_SECURITY_TOKEN: securityToken },
  };
  const withToken = (token: string) => ({
    ...options,
    env: { ALIBABA_CLOUD_SECURITY_TOKEN: token },
  });
  await fails(good(), { exit: 4, code: "token_invalid" }, { ...options, env: {} });
  await fails(good(), { exit: 4, code: "token_invalid" }, withToken("another-token"));
  const over = service.issueTemporaryCredential(0.001);
  await fails(
    good(),
    { exit: 4, code: "token_expired" },
    { ...at(over), env: { ALIBABA_CLOUD_SECURITY_TOKEN: over.securityToken } },
  );
  const { code, stderr } = await vodlift(["upload", ...good()], options);
  assert.equal(code, 0, stderr);
});

test("no keys at all, and the variables to set", () =>
  fails(
    good(),
    {
      exit: 4,
      code: "credentials_missing",
      says: /ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set/,
    },
    {},
  ));

test("a source that is not there", () =>
  sourceFails({ status: 404 }, { exit: 3, code: "source_not_found", says: /404/ }));

test("a source that says no", () =>
  sourceFails({ status: 403 }, { exit: 3, code: "source_forbidden", says: /403/ }));

test("a host where nobody listens", () =>
  fails(["http://127.0.0.1:1/film.mp4", "--allow-private"], {
    exit: 3,
    code: "source_unreachable",
  }));

test("a source that redirects for ever", () =>
  sourceFails({ size: MIB, redirects: 50 }, { exit: 3, code: "source_redirect" }));

test("a source that always dies midway", () =>
  sourceFails({ size: MIB, dieAfter: 100_000 }, { exit: 3, code: "source_truncated" }));

test("a stream that dies midway cannot be read again", () =>
  sourceFails(
    { size: MIB, noRanges: true, dieAfter: 700_000 },
    { exit: 3, code: "source_truncated" },
  ));

test("a source that changes midway", () =>
  sourceFails({ size: 2 * MIB, changeAfter: 3 }, { exit: 3, code: "source_changed" }));

test("a source that answers compressed", () =>
  sourceFails(
    { size: MIB, compressed: true },
    { exit: 3, code: "source_encoded", says: /Content-Encoding/ },
  ));

test("an empty source, and the rule it breaks", () =>
  sourceFails({ size: 0 }, { exit: 2, code: "empty_source", says: /0 bytes|1 byte/ }));

test("a file that is not there", () =>
  fails(["/nowhere/film.mp4"], {
    exit: 3,
    code: "source_missing",
    says: /film\.mp4: no such file/,
  }));

test("what is neither a file nor a URL, and was to be one", async () => {
  const told = { exit: 2, code: "invalid_argument" };
  await fails(["www.example.com/film.mp4"], { ...told, says: /no file that is there, and no URL/ });
  await fails(["https:/example.com/a.mp4"], { ...told, says: /looks like a URL/ });
});

test("a loopback source without --allow-private", () =>
  fails([origin.add("/private.mp4", { size: 10 })], { exit: 7, code: "address_refused" }));

test("a source on a host that is not wanted, and one that redirects there", async () => {
  const refused = { exit: 7, code: "source_host_refused", says: /127\.0\.0\.1/ };
  await fails([...good(), "--allow-hosts", "media.example.com,*.example.org"], refused);
  await fails([...good(), "--deny-hosts", "127.0.0.1"], refused);
  const away = origin.add("/away.mp4", { redirectTo: "https://elsewhere.example/film.mp4" });
  const { host } = new URL(away);
  await fails([away, "--allow-private", "--allow-hosts", host], {
    ...refused,
    says: /elsewhere\.example/,
  });
});

test("a rule that is no host", () =>
  fails([...good(), "--allow-hosts", "https://example.com/"], {
    exit: 2,
    code: "invalid_argument",
    says: /`--allow-hosts`/,
  }));

test("a URL that is no http", () =>
  fails(["ftp://example.com/film.mp4"], { exit: 7, code: "url_refused" }));

test("a title that is too long is refused before anything is sent", async () => {
  const before = service.log.length;
  const args = [...good(), "--title", "x".repeat(129)];
  await fails(args, { exit: 2, code: "invalid_argument", says: /title.*128.*129/ });
  assert.equal(service.log.length, before);
});

test("a command line that means nothing", async () => {
  const result = await vodlift(["upload", "a.mp4", "--chekpoint", "x", "--json"], { service });
  assert.equal(result.code, 2);
  assert.equal(result.json.error.code, "invalid_argument");
  assert.match(
    result.stderr,
    /^error: unknown option '--chekpoint'\nhint: .*\nhelp: vodlift upload --help\n$/,
  );
});

test("the help names every exit code", async () => {
  const { code, stdout } = await vodlift(["--help"]);
  assert.equal(code, 0);
  for (const exit of ["0", "2", "3", "4", "5", "6", "7", "130"]) {
    assert.match(stdout, new RegExp(`(^|\\s)${exit}  [a-z]`, "m"));
  }
});
