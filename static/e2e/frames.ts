// The other end of a terminal's WebSocket, played by a test: frames as the API writes them.
import type { Page, WebSocketRoute } from "@playwright/test";

const HEAD = 12;

function frame(kind: number, offset: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(kind, 0);
  head.writeBigUInt64LE(BigInt(offset), 4);
  return Buffer.concat([head, payload]);
}

const json = (words: object) => Buffer.from(JSON.stringify(words));

function sized(cols: number, rows: number, rest = ""): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16LE(cols, 0);
  size.writeUInt16LE(rows, 2);
  return Buffer.concat([size, Buffer.from(rest)]);
}

export interface Heard {
  kind: number;
  offset: number;
  payload: Buffer;
}

/** What the page sent: subscribe 65, ack 66, input 67, resize 68, ping 70. */
export function read(message: string | Buffer): Heard {
  const bytes = Buffer.from(message as Buffer);
  return {
    kind: bytes.readUInt8(0),
    offset: Number(bytes.readBigUInt64LE(4)),
    payload: bytes.subarray(HEAD),
  };
}

/** One connection, as the server sees it. */
export class Connection {
  readonly heard: Heard[] = [];
  readonly #route: WebSocketRoute;

  constructor(route: WebSocketRoute, onheard: (heard: Heard) => void) {
    this.#route = route;
    route.onMessage((message) => {
      const heard = read(message);
      this.heard.push(heard);
      onheard(heard);
    });
  }

  hello(epoch: number, gate: object = {}): void {
    this.#say(
      1,
      0,
      json({
        run: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a",
        attempt: 1,
        terminal: "agent",
        epoch,
        size: { cols: 80, rows: 24 },
        gate,
        at: new Date().toISOString(),
      }),
    );
  }

  snapshot(offset: number, dump: string): void {
    this.#say(2, offset, sized(80, 24, dump));
  }

  output(offset: number, text: string): void {
    this.#say(3, offset, Buffer.from(text));
  }

  writer(offset: number, gate: object): void {
    this.#say(6, offset, json(gate));
  }

  gap(from: number, to: number): void {
    const end = Buffer.alloc(8);
    end.writeBigUInt64LE(BigInt(to));
    this.#say(9, from, end);
  }

  accepted(offset: number, grant: string, seq: number): void {
    const rest = Buffer.alloc(8);
    rest.writeBigUInt64LE(BigInt(seq));
    this.#say(10, offset, Buffer.concat([Buffer.from(grant.replaceAll("-", ""), "hex"), rest]));
  }

  refused(refused: object): void {
    this.#say(11, 0, json(refused));
  }

  exit(offset: number, code: number): void {
    this.#say(8, offset, json({ code }));
  }

  close(code: number, reason = ""): void {
    void this.#route.close({ code, reason });
  }

  /** What was typed over this connection. */
  get typed(): string {
    const inputs = this.heard.filter(({ kind }) => kind === 67);
    return inputs.map(({ payload }) => payload.subarray(32).toString()).join("");
  }

  /** How often it subscribed, and with what. */
  get subscriptions(): Record<string, unknown>[] {
    return this.heard
      .filter(({ kind }) => kind === 65)
      .map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
  }

  #say(kind: number, offset: number, payload: Buffer): void {
    this.#route.send(frame(kind, offset, payload));
  }
}

/** Plays the API's part in every terminal connection that the page opens. */
export async function playTerminal(
  page: Page,
  onheard: (connection: Connection, heard: Heard) => void,
): Promise<Connection[]> {
  const connections: Connection[] = [];
  await page.routeWebSocket(/\/live-session\/terminal/, (route) => {
    const connection: Connection = new Connection(route, (heard) => onheard(connection, heard));
    connections.push(connection);
  });
  return connections;
}
