// Drop a file: it goes to OSS in parts, straight from here. Pause it, close the page, come back and drop the same file: it goes on
// where it was. What this page ever sees of the account are tickets, each good for one file and for about 50 minutes.
import { storageCheckpoint, type UploadTicket, uploadWithTicket } from "vodlift";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const bar = element<HTMLProgressElement>("bar");
const pause = element<HTMLButtonElement>("pause");
const say = (text: string) => {
  element("state").textContent = text;
};

let chosen: File | undefined;
let stop: AbortController | undefined;

/** A new media, or a newer ticket for the one with this id. */
async function ticketFor(file: File, id = ""): Promise<UploadTicket> {
  const query = new URLSearchParams({ name: file.name, size: String(file.size), id });
  const reply = await fetch(`/tickets?${query}`, { method: "POST" });
  if (!reply.ok) throw new Error(await reply.text());
  return reply.json();
}

async function upload(file: File): Promise<void> {
  const checkpoint = storageCheckpoint(
    localStorage,
    `upload ${file.name} ${file.size} ${file.lastModified}`,
  );
  stop = new AbortController();
  pause.disabled = false;
  pause.textContent = "Pause";
  try {
    const before = (await checkpoint.load())?.place?.mediaId;
    const ticket = await ticketFor(file, before);
    const end = await uploadWithTicket(ticket, file, {
      refresh: () => ticketFor(file, ticket.mediaId),
      checkpoint,
      stop: stop.signal,
      onProgress({ bytesSent, bytesTotal = file.size }) {
        bar.value = bytesSent / bytesTotal;
        say(`${Math.floor(bar.value * 100)} %`);
      },
    });
    if ("suspended" in end) {
      say("Paused. It goes on here, or after a reload when you choose the same file.");
      pause.textContent = "Go on";
      return;
    }
    bar.value = 1;
    say(`Uploaded: media id ${end.mediaId}`);
  } catch (error) {
    const { message, hint = "" } = error as Error & { hint?: string };
    say(`${message} ${hint}`);
    pause.textContent = "Go on";
    return;
  } finally {
    stop = undefined;
  }
  pause.disabled = true;
}

function take(file: File | undefined): void {
  if (file === undefined || stop !== undefined) return;
  chosen = file;
  void upload(file);
}

element<HTMLInputElement>("file").addEventListener("change", ({ target }) => {
  take((target as HTMLInputElement).files?.[0]);
});
const drop = element("drop");
drop.addEventListener("dragover", (event) => event.preventDefault());
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer?.files[0]);
});
pause.addEventListener("click", () => {
  if (stop === undefined) take(chosen);
  else stop.abort();
});
