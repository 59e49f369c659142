// What the examples use of Deno and Bun, so that one type check on Node reads them all.
type Handler = (request: Request) => Promise<Response>;

declare const Deno: {
  env: { toObject(): Record<string, string> };
  serve(how: { port: number; onListen(address: { port: number }): void }, handler: Handler): void;
};

declare const Bun: {
  serve(how: { port: number; idleTimeout: number; fetch: Handler }): { port: number };
};
