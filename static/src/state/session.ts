// Who looks at the page, and what that one may do. Pure: what happened is handed in.
import type { Me } from "../api/types";

export type Role = "viewer" | "operator" | "admin";

const RANKS: readonly Role[] = ["viewer", "operator", "admin"];

export type Session =
  /** The server has not said yet who asks. */
  | { state: "asking" }
  | { state: "known"; me: Me }
  /** The server wants to know who asks. What was known before stays on the page below. */
  | { state: "unknown"; why: string; before: Me | null };

export const ASKING: Session = { state: "asking" };

export type SessionEvent =
  | { type: "told"; me: Me }
  /** An answer 401: whatever was known of whoever asks is good no more. */
  | { type: "refused" }
  | { type: "left" };

export function step(session: Session, event: SessionEvent): Session {
  switch (event.type) {
    case "told":
      return { state: "known", me: event.me };
    case "left":
      return { state: "unknown", why: "You are signed out.", before: null };
    case "refused":
      return refused(session);
  }
}

function refused(session: Session): Session {
  if (session.state === "unknown") return session;
  if (session.state === "asking") return { state: "unknown", why: "", before: null };
  const why =
    "You were signed out: your token was revoked or changed, or your sign-in came to its end. " +
    "What you looked at is still here.";
  return { state: "unknown", why, before: session.me };
}

function roleOf(me: Me): Role | null {
  return RANKS.find((role) => role === me.role) ?? null;
}

/** Why whoever asks may not do what needs this role; null if they may. */
export function whyNot(session: Session, needs: Role): string | null {
  if (session.state === "asking") return "the server has not said yet who you are";
  if (session.state === "unknown") return "sign in first";
  const role = roleOf(session.me);
  if (role !== null && RANKS.indexOf(role) >= RANKS.indexOf(needs)) return null;
  const have = role === null ? "a worker's token" : `the role ${role}`;
  return `this needs the role ${needs}; you have ${have}`;
}

/** Who is signed in, in the words of the header. */
export function described(me: Me): string {
  const role = roleOf(me) ?? me.kind;
  return me.by === "default" ? `${me.name}, ${role} without a token` : `${me.name}, ${role}`;
}
