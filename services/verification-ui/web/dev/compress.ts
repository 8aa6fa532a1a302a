import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const text = /\.(js|css|html|svg|json)$/;
/** Below this many bytes a compressed file saves nothing. */
const least = 1_000;

/** Writes each text file of the build compressed beside itself (`.br`, `.gz`), so that the service need not compress. */
export function compress(): Plugin {
  let directory = "";
  return {
    name: "tandem-compress",
    apply: "build",
    configResolved: (config) => {
      directory = config.build.outDir;
    },
    closeBundle: () => {
      for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => text.test(name))) {
        const path = join(directory, name);
        const content = readFileSync(path);
        if (content.length < least) continue;
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}
