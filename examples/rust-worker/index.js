// The module that workerd loads: it starts the wasm, and hands requests to it.
import { ingest, initSync, mayIngest } from "./build/rust_worker.js";
import module from "./build/rust_worker.wasm";

initSync({ module });

const encoder = new TextEncoder();

export default {
  fetch(request, env, ctx) {
    if (!mayIngest(request, env)) return new Response(null, { status: 401 });
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const write = (text) => writer.write(encoder.encode(text)).catch(() => {});
    // JSON may begin with line breaks. They keep the connection open, and a server that cannot write notices that its client
    // has left: then `request.signal` aborts the upload.
    const beat = setInterval(write, 1000, "\n");
    const over = async () => {
      clearInterval(beat);
      await writer.close().catch(() => {});
    };
    // What an aborted upload takes to clean up outlives the request.
    ctx.waitUntil(ingest(request, env).then(write).finally(over));
    return new Response(readable, { headers: { "content-type": "application/json" } });
  },
};
