// A Baton to test against: the one that BATON_URL names, otherwise one of our own, started from
// the built binary (BATON_BIN, or the debug build) and ended with the tests.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const READY = /Baton is ready: (http:\/\/\S+)/;
const PATIENCE_MS = 120_000;
const STOP_MS = 30_000;

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.BATON_URL !== undefined) return undefined;
  const binary = resolve(process.env.BATON_BIN ?? "../target/debug/baton");
  if (!existsSync(binary)) {
    throw new Error(`there is no ${binary}: build it, or set BATON_BIN, or BATON_URL`);
  }
  const state = mkdtempSync(join(tmpdir(), "baton-page-"));
  const child = spawn(binary, ["dev", "--state", state, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BATON_WORKER_RUN_TYPES: "command", BATON_WORKER_SLOTS: "2" },
  });
  process.env.BATON_URL = await readLink(child);
  return async () => {
    await stop(child);
    rmSync(state, { recursive: true, force: true });
  };
}

async function readLink(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("baton has no output");
  const late = setTimeout(() => child.kill("SIGTERM"), PATIENCE_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const link = READY.exec(line)?.[1];
      if (link !== undefined) return link;
    }
  } finally {
    clearTimeout(late);
  }
  throw new Error(`baton dev ended before it was ready (exit ${String(child.exitCode)})`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGINT");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(late);
}
