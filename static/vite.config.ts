import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const api = process.env.BATON_URL ?? "http://127.0.0.1:7700";

// The API answers to its own name and its own page alone.
const proxy = { "/api": { target: api, ws: true, changeOrigin: true, headers: { origin: api } } };

export default defineConfig({
  base: "/",
  plugins: [svelte()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    // The page's CSP knows no inline script, so nothing may be inlined.
    modulePreload: { polyfill: false },
  },
  server: { host: "127.0.0.1", port: 5173, proxy },
  preview: { host: "127.0.0.1", port: 4173, proxy },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts"],
  },
});
