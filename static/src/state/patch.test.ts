import { describe, expect, it } from "vitest";

import { parsePatch } from "./patch";

const PATCH = String.raw`diff --git a/src/a.rs b/src/a.rs
index 1..2 100644
--- a/src/a.rs
+++ b/src/a.rs
@@ -1,3 +1,3 @@ fn main
 one
--- looks like a header
+++ looks like one too
 three
\ No newline at end of file
diff --git a/new file.md b/new file.md
new file mode 100644
--- /dev/null
+++ b/new file.md
@@ -0,0 +1 @@
+text
diff --git a/old.rs b/moved.rs
similarity index 100%
rename from old.rs
rename to moved.rs
diff --git a/logo.png b/logo.png
Binary files a/logo.png and b/logo.png differ
diff --git "a/gr\303\274n.md" "b/gr\303\274n.md"
deleted file mode 100644
--- "a/gr\303\274n.md"
+++ /dev/null
@@ -1 +0,0 @@
-x
`;

describe("a patch", () => {
  it("is read file by file", () => {
    const files = parsePatch(PATCH).map((file) => [
      file.path,
      file.status,
      file.insertions,
      file.deletions,
    ]);
    expect(files).toEqual([
      ["src/a.rs", "changed", 1, 1],
      ["new file.md", "added", 1, 0],
      ["moved.rs", "renamed", 0, 0],
      ["logo.png", "binary", 0, 0],
      ["grün.md", "deleted", 0, 1],
    ]);
  });

  it("counts lines before and after", () => {
    const lines = parsePatch(PATCH)[0]?.lines.map((line) => [line.kind, line.old, line.new]);
    expect(lines).toEqual([
      ["hunk", null, null],
      ["same", 1, 1],
      ["remove", 2, null],
      ["add", null, 2],
      ["same", 3, 3],
      ["note", null, null],
    ]);
  });

  it.each(["", "no patch at all\n", "diff --git"])("makes nothing of %j", (text) => {
    expect(parsePatch(text)).toEqual([]);
  });

  it("bears a patch that is cut", () => {
    expect(parsePatch(PATCH.slice(0, 120))).toHaveLength(1);
  });
});
