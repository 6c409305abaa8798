// Bundles the portal into the Python package; the map beside it is drawn by web/basemap.
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress, gatherNotice, leaveOutLanguages, removeOldAssets } from "./bundle";

const portal = resolve(import.meta.dirname, "../src/waykeep/portal");

export default defineConfig({
  plugins: [react(), leaveOutLanguages(), removeOldAssets(portal), gatherNotice(), compress(portal)],
  build: {
    outDir: portal,
    emptyOutDir: false, // the map lies there too
    assetsInlineLimit: 0, // nothing inline: the content security policy allows our own files only
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 1400,
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": { target: "http://localhost:8082", ws: true }, "/map": "http://localhost:8082" } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
