import { defineConfig } from "@playwright/test";

import tests from "./playwright.config";

// The pictures of the documentation, of the Baton that BATON_URL names: `scripts/pictures`.
export default defineConfig({
  ...tests,
  testDir: "pictures",
  use: { ...tests.use, trace: "off", colorScheme: "light", viewport: { width: 1280, height: 960 } },
});
