// Steps of the bundling that Vite has no setting for: languages we do not speak left out, licences gathered, files compressed.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";

const WEB = import.meta.dirname;
const SPOKEN = new Set(["en-US", "ar-AE", "zh-CN"]); // React Aria has no Persian: those few sentences are English there

/** React Aria brings its sentences in 34 languages; ours are three of them. */
export function leaveOutLanguages(): Plugin {
  return {
    name: "leave-out-languages", enforce: "pre",
    load(id) {
      const found = /react-(?:aria|stately)[^?]*\/intl\/[^?]*\/([a-z]{2}-[A-Z]{2})\.m?js$/.exec(id);
      return found && !SPOKEN.has(found[1] ?? "") ? "export default {};" : null;
    },
  };
}

export function removeOldAssets(portal: string): Plugin {
  return { name: "remove-old-assets", apply: "build", buildStart: () => rmSync(resolve(portal, "assets"), { recursive: true, force: true }) };
}

interface Lock { packages: Record<string, { version?: string; license?: string; dev?: boolean; optional?: boolean; peer?: boolean }> }

/** Our notice, the map's sources, and the licence of every package that may be in the bundle. */
export function gatherNotice(): Plugin {
  return {
    name: "gather-notice", apply: "build",
    generateBundle() {
      const lock = JSON.parse(readFileSync(resolve(WEB, "package-lock.json"), "utf8")) as Lock;
      const parts = [readFileSync(resolve(WEB, "../NOTICE"), "utf8"), readFileSync(resolve(WEB, "basemap/SOURCES.md"), "utf8")];
      for (const [path, one] of Object.entries(lock.packages)) {
        const folder = resolve(WEB, path);
        if (!path || one.dev || one.optional || !existsSync(folder)) continue;
        const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
        const text = file ? readFileSync(resolve(folder, file), "utf8").trim() : "";
        parts.push(`${path.replace(/^.*node_modules\//, "")} ${one.version ?? ""} · ${one.license ?? ""}\n\n${text}`);
      }
      this.emitFile({ type: "asset", fileName: "notice.txt", source: parts.join(`\n\n${"-".repeat(72)}\n\n`) });
    },
  };
}

/** Each text beside its brotli form, which is a fifth smaller than gzip and too slow to make while someone waits. */
export function compress(portal: string): Plugin {
  return {
    name: "compress", apply: "build",
    closeBundle() {
      const assets = resolve(portal, "assets");
      if (!existsSync(assets)) return;
      for (const name of readdirSync(assets).filter((one) => /\.(js|css|svg)$/.test(one))) {
        const raw = readFileSync(resolve(assets, name));
        if (raw.length < 1024) continue;
        writeFileSync(resolve(assets, `${name}.br`), brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}
