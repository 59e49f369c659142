// Whatever was started is ended: at the end, after a failure, and at Ctrl-C.

type Task = () => void | Promise<void>;

const tasks: Task[] = [];

/** Runs at the end, last come first served. */
export function onCleanUp(task: Task): void {
  tasks.push(task);
}

export async function cleanUp(): Promise<void> {
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    try {
      await task();
    } catch (error) {
      console.error(`cleaning up: ${error instanceof Error ? error.message : error}`);
    }
  }
}

let asked = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (asked) process.exit(130);
    asked = true;
    void cleanUp().then(() => process.exit(130));
  });
}
