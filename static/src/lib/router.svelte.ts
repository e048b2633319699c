// Where the reader is. Links are plain `<a href>`; the browser's history does the rest.

export type Route =
  | { view: "runs" }
  | { view: "run"; id: string }
  | { view: "inbox" }
  | { view: "workers" }
  | { view: "dead-letters" }
  | { view: "tokens" }
  | { view: "unknown" };

const PLACES = ["inbox", "workers", "dead-letters", "tokens"] as const;

/** The view that a path names. */
export function routeOf(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second, third] = parts;
  if (first === undefined) return { view: "runs" };
  const place = PLACES.find((each) => each === first);
  if (place !== undefined && second === undefined) return { view: place };
  if (first === "runs" && second !== undefined && third === undefined) {
    return { view: "run", id: second };
  }
  return { view: "unknown" };
}

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  route = $derived(routeOf(this.path));
  query = $derived(new URLSearchParams(this.search));

  constructor() {
    addEventListener("popstate", () => this.#read());
    document.addEventListener("click", (event) => this.#click(event));
  }

  go(href: string): void {
    history.pushState(null, "", href);
    this.#read();
    scrollTo(0, 0);
  }

  /** Changes the query alone, without a step in the history. */
  setQuery(query: URLSearchParams): void {
    const search = query.size === 0 ? "" : `?${query.toString().replaceAll("%2C", ",")}`;
    history.replaceState(null, "", this.path + search);
    this.#read();
  }

  #read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }

  #click(event: MouseEvent): void {
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    event.preventDefault();
    this.go(url.pathname + url.search + url.hash);
  }
}

export const router = new Router();
