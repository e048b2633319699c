// One WebSocket to a terminal: frames in, frames out, and how it ended.
import { decode, encode, FrameError, SUBPROTOCOL, type Shown, type Wish } from "./frames";

export interface SocketHandlers {
  opened: () => void;
  frame: (frame: Shown) => void;
  closed: (closed: { code: number; reason: string }) => void;
}

export interface Socket {
  /** Sends, if the connection is open. */
  send: (wish: Wish) => void;
  /** Closes it; `closed` is told. */
  close: () => void;
  /** Closes it and says no more. */
  drop: () => void;
}

/** What we close with when the other side makes no sense. */
const NONSENSE = 4_000;

/** Opens a connection to a path of the API. */
export function openSocket(path: string, handlers: SocketHandlers): Socket {
  const address = new URL(path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, [SUBPROTOCOL]);
  socket.binaryType = "arraybuffer";
  let over = false;

  function end(closed: { code: number; reason: string }): void {
    if (over) return;
    over = true;
    handlers.closed(closed);
  }

  socket.addEventListener("open", () => {
    if (!over) handlers.opened();
  });
  socket.addEventListener("message", (message: MessageEvent<unknown>) => {
    if (over || !(message.data instanceof ArrayBuffer)) return;
    try {
      handlers.frame(decode(new Uint8Array(message.data)));
    } catch (thrown) {
      if (!(thrown instanceof FrameError)) throw thrown;
      socket.close(NONSENSE, "a frame cannot be read");
      end({ code: NONSENSE, reason: thrown.message });
    }
  });
  socket.addEventListener("close", ({ code, reason }) => end({ code, reason }));
  return {
    send(wish) {
      if (socket.readyState === WebSocket.OPEN) socket.send(encode(wish));
    },
    close() {
      socket.close();
      end({ code: NONSENSE, reason: "" });
    },
    drop() {
      over = true;
      socket.close();
    },
  };
}
