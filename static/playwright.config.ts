import { defineConfig } from "@playwright/test";

// Chromium's own sandbox needs a user that is not root.
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/baton.ts",
  outputDir: "test-results",
  reporter: "list",
  // One Baton serves every test; its worker has few slots.
  workers: 1,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  use: {
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.BATON_CHROMIUM ?? "/usr/bin/chromium",
      args: asRoot ? ["--no-sandbox", "--disable-dev-shm-usage"] : ["--disable-dev-shm-usage"],
    },
  },
});
