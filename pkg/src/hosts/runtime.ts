// Where the code runs, for the host that every bundler can take. Node, Deno and Bun have a host of their own here, which
// checks the address that a name resolves to; a bundler that does not know their conditions leaves it out without a word.

interface Globals {
  Deno?: { version?: unknown };
  Bun?: unknown;
  EdgeRuntime?: unknown;
  navigator?: { userAgent?: string };
  process?: { versions?: { node?: string }; type?: string };
}

/** The runtime for which this is the wrong host. */
export function misplacedOn(globals: Globals = globalThis as Globals): string | undefined {
  const { Deno, Bun, process } = globals;
  // These speak some of Node, and give nobody an address.
  if (isEdge(globals)) return undefined;
  if (Deno?.version !== undefined) return "Deno";
  if (Bun !== undefined) return "Bun";
  // A window of Electron fetches as Chromium does.
  const node = process?.versions?.node !== undefined && process.type !== "renderer";
  return node ? "Node" : undefined;
}

/** An isolate that serves many requests and drops each with its client. */
export function isEdge({ EdgeRuntime, navigator }: Globals = globalThis as Globals): boolean {
  return EdgeRuntime !== undefined || isWorkers(navigator);
}

function isWorkers(navigator: Globals["navigator"]): boolean {
  return navigator?.userAgent?.startsWith("Cloudflare-Workers") ?? false;
}

/** What is wrong, and the setting of each bundler that mends it. */
export function misplaced(runtime: string): string {
  return (
    `this bundle of vodlift runs on ${runtime}, but was made without the condition "node", and so without the check of ` +
    'addresses: set it (Rollup: nodeResolve({ exportConditions: ["node"] }); esbuild: platform "node", or conditions ' +
    '["node"]; webpack: target "node"; Vite: ssr.resolve.conditions), or keep vodlift external'
  );
}
