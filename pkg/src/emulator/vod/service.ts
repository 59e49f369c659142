/** A call of the VOD API: read its parameters, verify its signature, find its action, shape reply or error. */
import { BodyTooLarge, paceOf, readText } from "../body.ts";
import { complain } from "../complain.ts";
import { type Answer, type Exchange, header } from "../exchange.ts";
import type { RefusalFault } from "../oss/service.ts";
import { type Headers, headerValue, type Parameter, parseQuery } from "../sign/text.ts";
import type { World } from "../world.ts";
import { actions } from "./actions/index.ts";
import { errorAnswer, replyAnswer, wantsJson } from "./answer.ts";
import { authenticate, type SignedCall } from "./authenticate.ts";
import { missingParameter, VodError } from "./errors.ts";
import { Parameters } from "./parameters.ts";

const VERSION = "2017-03-21";
const MAX_BODY = 1024 * 1024;
const FORM = "application/x-www-form-urlencoded";

export type VodCall = {
  run(): Promise<Answer>;
  refuse(fault: RefusalFault): Answer;
};

/** Everything else on the listener is OSS. */
export function isVodRequest(
  method: string,
  path: string,
  query: readonly Parameter[],
  headers: Headers,
): boolean {
  if (path !== "/" || method === "OPTIONS") return false;
  if ("x-acs-action" in headers || query.some(([name]) => name === "Action")) return true;
  return method === "POST" && (headerValue(headers, "content-type") ?? "").startsWith(FORM);
}

/** What is answered at the door. */
export function vodDenied(world: World, exchange: Exchange, message: string): Answer {
  return errorAnswer(world, exchange, true, new VodError(403, "Forbidden", message));
}

/** Reads the body at once: the action may be named in it. */
export async function vodService(world: World, exchange: Exchange): Promise<VodCall> {
  const call = await readCall(exchange);
  const parameters =
    call instanceof VodError ? new Parameters([]) : new Parameters([...call.query, ...call.form]);
  const action = header(exchange, "x-acs-action") ?? parameters.text("Action");
  if (action !== undefined) exchange.info.operation = action;
  const json = wantsJson(exchange, parameters);
  return {
    run: async () => {
      try {
        if (call instanceof VodError) throw call;
        return await perform(world, exchange, call, parameters, json);
      } catch (error) {
        return errorAnswer(world, exchange, json, toVodError(error));
      }
    },
    refuse: (fault) => errorAnswer(world, exchange, json, fromFault(fault)),
  };
}

async function readCall(exchange: Exchange): Promise<SignedCall | VodError> {
  const malformed = new VodError(
    400,
    "InvalidParameter",
    "The parameters are not valid percent-encoded UTF-8.",
  );
  if (exchange.malformed) return malformed;
  try {
    const body = await readText(exchange, paceOf(undefined), MAX_BODY);
    const isForm = (header(exchange, "content-type") ?? "").startsWith(FORM);
    return { query: exchange.query, form: isForm ? parseQuery(body.toString()) : [], body };
  } catch (error) {
    if (error instanceof URIError) return malformed;
    if (error instanceof BodyTooLarge) {
      return new VodError(413, "RequestEntityTooLarge", "The request body is too large.");
    }
    throw error;
  }
}

async function perform(
  world: World,
  exchange: Exchange,
  call: SignedCall,
  parameters: Parameters,
  json: boolean,
): Promise<Answer> {
  const name = header(exchange, "x-acs-action") ?? parameters.text("Action");
  if (name === undefined) throw missingParameter("Action");
  const version = header(exchange, "x-acs-version") ?? parameters.text("Version");
  if (version === undefined) throw missingParameter("Version");
  if (version !== VERSION) {
    throw new VodError(400, "InvalidVersion", "Specified parameter Version is not valid.");
  }
  const action = actions.find((candidate) => candidate.name === name);
  if (!action) {
    throw new VodError(
      404,
      "InvalidAction.NotFound",
      "Specified api is not found, please check your url and method.",
    );
  }
  authenticate(world, exchange, call);
  checkRegion(world, parameters);
  world.throttle.count(exchange.arrived, world.habits.throttling);
  const reply = await action.run({ world, exchange, parameters });
  return replyAnswer(world, exchange, json, name, reply);
}

/** What an endpoint of another region would say: media of one region cannot be reached from another. */
function checkRegion(world: World, parameters: Parameters): void {
  const region = parameters.text("RegionId");
  if (region === undefined || region === world.settings.region) return;
  throw new VodError(
    404,
    "InvalidRegionId.NotFound",
    `The emulator serves the region ${world.settings.region}; the specified RegionId is another one.`,
  );
}

function toVodError(error: unknown): VodError {
  if (error instanceof VodError) return error;
  complain(error);
  return new VodError(
    500,
    "InternalError",
    "The request processing has failed due to some unknown error, exception or failure.",
  );
}

function fromFault(fault: RefusalFault): VodError {
  const headers = { ...fault.headers };
  if (fault.retryAfter !== undefined) headers["Retry-After"] = String(fault.retryAfter);
  return new VodError(
    fault.status,
    fault.code,
    fault.message ?? "Injected by a fault rule.",
    headers,
  );
}
