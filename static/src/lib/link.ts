// Addresses that a program printed. Nothing it says is opened before a person has seen where it leads.

/** The address as it would be opened; null unless it is of the web. */
export function webAddress(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return url.href;
}

/** What is worth a warning: names that look like others, names and passwords in front of them. */
export function suspicion(address: string): string | null {
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") {
    return `What stands before the @ is no place: this leads to ${url.hostname}.`;
  }
  if (url.hostname.split(".").some((part) => part.startsWith("xn--"))) {
    return "The name has letters that may look like others.";
  }
  return url.protocol === "http:" ? "The connection would not be encrypted." : null;
}
